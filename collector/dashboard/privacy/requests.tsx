// What people ask for: the list of it, one request with how far it is, and asking on somebody's behalf: to see, to be erased, or
// that nothing of theirs be used. A request is a command of the log; how far it is, the reader and the log say.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import { type RightsRequest, type Standing, standings } from '../../consent/rights/rights-view.js';
import { type Certificate, signedCertificate } from '../../contract/certificate.js';
import { purposes } from '../../contract/purposes.js';
import { CertificateText, countWords, stepWords } from '../certificate.js';
import {
  type House,
  noteRead,
  ownForm,
  queryOf,
  respondTrouble,
  type StaffContext,
  type Staffed,
  segment,
  staffOf,
  tokenOf,
  troubleOf,
} from '../frame.js';
import { Badge, type Tone } from '../kit/badge.js';
import { Act, Empty, Notice, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, More, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { staleForm } from '../login.js';
import { NoticeActs, noticeStates, troubleWords } from './recipients.js';
import { noSuchIn, respondRoom } from './room.js';

const here = '/privacy/requests';
const shownMax = 30;
const dayMs = 86_400_000;
/** What is due within this is pressing. */
export const nearMs = 7 * dayMs;

const subjects = {
  userId: 'User id',
  email: 'E-mail',
  anonymousId: 'Anonymous id (device)',
  profileId: 'Profile id',
} as const;
type SubjectName = keyof typeof subjects;
const isSubject = (name: string | undefined): name is SubjectName =>
  name !== undefined && Object.hasOwn(subjects, name);

const kinds = {
  access: {
    word: 'Make a copy of what is kept of them',
    verb: 'Make the copy',
    says: 'A file is made of all that is stored of them, for you to hand to them. It is kept for seven days, and goes at once if they are erased.',
  },
  erase: {
    word: 'Erase everything of them',
    verb: 'Erase for good',
    says: 'All that is stored of them is deleted, and they are kept from coming back with late events or imports. This cannot be undone.',
  },
  object: {
    word: 'Note an objection',
    verb: 'Note the objection',
    says: 'From now on nothing of theirs is used for any purpose; what only consent justified is deleted. They alone can lift it.',
  },
} as const;
type Kind = keyof typeof kinds;
const isKind = (name: string | undefined): name is Kind => name !== undefined && Object.hasOwn(kinds, name);

const kindWords: Readonly<Record<RightsRequest['kind'], string>> = {
  access: 'Access',
  erasure: 'Erasure',
  objection: 'Objection',
};
const standingWords: Readonly<Record<Standing, string>> = { open: 'Open', failed: 'Failed', closed: 'Closed' };
const isAmong = <Name extends string>(names: readonly Name[], name: string | null): name is Name =>
  name !== null && (names as readonly string[]).includes(name);
const requestKinds = Object.keys(kindWords) as RightsRequest['kind'][];

const erasureSteps = 10;
const isOpen = ({ state, pending }: RightsRequest): boolean =>
  state === 'accepted' || state === 'running' || pending > 0;
const stateTone = (state: string): Tone =>
  state === 'done'
    ? 'good'
    : state === 'failed'
      ? 'bad'
      : state === 'accepted' || state === 'running'
        ? 'warn'
        : 'plain';

/** Who asked, in words: the person, the shop's server, an account of staff, or a key by its id. */
const whoAsked = (house: House, by: string): string =>
  by === 'person' ? 'the person' : by === 'shop' ? 'your server' : (house.keys.account(by)?.name ?? by);

const Due: FC<{ request: RightsRequest }> = ({ request }) => {
  const { now } = useView();
  if (!isOpen(request) && request.state !== 'failed') return null;
  return (
    <>
      <Time at={request.dueAt} as="day" />{' '}
      {request.overdue || Date.parse(request.dueAt) < now ? (
        <Badge tone="bad">overdue</Badge>
      ) : (
        Date.parse(request.dueAt) - now < nearMs && <Badge tone="warn">due soon</Badge>
      )}
    </>
  );
};

const Far: FC<{ request: RightsRequest }> = ({ request: { state, step, pending } }) => {
  const { locale } = useView();
  return (
    <>
      <Badge tone={stateTone(state)}>{state}</Badge>
      {step !== null && state !== 'done' && (
        <span class="soft">
          {' '}
          step {String(step)} of {String(erasureSteps)}
        </span>
      )}
      {pending > 0 && <span class="soft"> {counted(pending, 'recipient', locale)} pending</span>}
    </>
  );
};

const columns: readonly Column[] = [
  { name: 'Asked' },
  { name: 'What' },
  { name: 'By' },
  { name: 'State' },
  { name: 'Due' },
];

const pathOf = (id: string): string => `${here}/${segment(id)}`;

const Ask: FC<{ csrf: string }> = ({ csrf }) => (
  <Act action={here} csrf={csrf} class="stack">
    <label for="by">Whom, by</label>
    <select id="by" name="by">
      {Object.entries(subjects).map(([name, word]) => (
        <option value={name}>{word}</option>
      ))}
    </select>
    <label for="value">Which</label>
    <input
      id="value"
      name="value"
      required
      maxlength={320}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
    <fieldset>
      <legend>What they ask for</legend>
      {Object.entries(kinds).map(([name, { word }]) => (
        <label class="choice">
          <input type="radio" name="kind" value={name} required /> <span>{word}</span>
        </label>
      ))}
    </fieldset>
    <div class="buttons">
      <button type="submit">Go on…</button>
    </div>
    <p class="soft small">
      Make sure first that it is they who ask. The answer is the same whether somebody is known here or not.
    </p>
  </Act>
);

const Filters: FC<{ kind: string | null; standing: string | null }> = ({ kind, standing }) => (
  <form method="get" action={here} class="stack row filter">
    <div>
      <label for="kind">What</label>
      <select id="kind" name="kind">
        <option value="">Everything</option>
        {requestKinds.map((name) => (
          <option value={name} selected={name === kind}>
            {kindWords[name]}
          </option>
        ))}
      </select>
    </div>
    <div>
      <label for="state">State</label>
      <select id="state" name="state">
        <option value="">Any</option>
        {standings.map((name) => (
          <option value={name} selected={name === standing}>
            {standingWords[name]}
          </option>
        ))}
      </select>
    </div>
    <button type="submit">Show</button>
  </form>
);

const exportState = z.object({ state: z.string(), expiresAt: z.string().nullable(), bytes: z.number().nullable() });
const made = z.object({ id: z.string() });

const destinationColumns: readonly Column[] = [
  { name: 'Recipient' },
  { name: 'State' },
  { name: 'Tries', end: true },
  { name: 'Do' },
];

const Destinations: FC<{ of: Certificate['destinations']; csrf: string; back: string }> = ({ of, csrf, back }) => (
  <Table label="Recipients who are told of it" columns={destinationColumns}>
    {of.map((it) => (
      <Row
        columns={destinationColumns}
        rowKey={it.id}
        cells={[
          <Said text={it.recipient} charsMax={60} />,
          <>
            <Badge tone={noticeStates[it.state].tone}>{noticeStates[it.state].word}</Badge>
            {it.settledAt !== null && (
              <span class="soft">
                {' '}
                <Time at={it.settledAt} as="day" />
              </span>
            )}
            {it.trouble !== null && <span class="soft"> {troubleWords(it.trouble)}</span>}
          </>,
          String(it.attempts),
          it.state === 'acknowledged' || it.state === 'settled' ? null : (
            <NoticeActs id={it.id} recipient={it.recipient} csrf={csrf} canRetry={it.state !== 'sent'} back={back} />
          ),
        ]}
      />
    ))}
  </Table>
);

const ErasureParts: FC<{ certificate: Certificate; csrf: string }> = ({ certificate, csrf }) => {
  const { locale } = useView();
  const back = pathOf(certificate.id);
  return (
    <>
      <Panel id="steps" title="Steps" aside={`${certificate.steps.length} of ${erasureSteps}`}>
        {certificate.steps.length === 0 ? (
          <Empty title="None is done yet.">
            <p>It goes on by itself, a slice at a time, and goes on where it was after a restart.</p>
          </Empty>
        ) : (
          <dl class="pairs short">
            {certificate.steps.map(({ step, at }) => (
              <div>
                <dt>{stepWords[step] ?? step}</dt>
                <dd>
                  <Time at={at} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
      <Panel id="counts" title="What was deleted">
        {Object.keys(certificate.counts).length === 0 ? (
          <Empty title="Nothing was counted yet." />
        ) : (
          <dl class="pairs short">
            {Object.entries(certificate.counts).map(([store, n]) => (
              <div>
                <dt>{countWords[store] ?? store}</dt>
                <dd>{numberFormat(locale).format(n)}</dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
      <Panel id="recipients" title="Recipients">
        {certificate.destinations.length === 0 ? (
          <Empty title="Nobody was ever given data of this person." />
        ) : (
          <Destinations of={certificate.destinations} csrf={csrf} back={back} />
        )}
      </Panel>
      <Panel id="proof" title="Proof">
        <p>
          <a href={`${back}/certificate`}>Certificate of erasure</a>, signed with the key of the ledger. It holds no
          identifier of a person. <a href={`${back}/certificate.json`}>As JSON</a>, whose signature anybody can check.
        </p>
      </Panel>
    </>
  );
};

export const requestPages = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();
  const noSuchRequest = (c: StaffContext): Response =>
    noSuchIn(c, house, {
      here,
      title: 'There is no such request',
      words: 'The address may be mistyped, or the request is older than requests are kept.',
      back: 'See all requests',
    });

  app.get(here, async (c) => {
    const [kindAsked, stateAsked] = [queryOf(c, 'kind', 20), queryOf(c, 'state', 20)];
    const kind = isAmong(requestKinds, kindAsked) ? kindAsked : null;
    const standing = isAmong(standings, stateAsked) ? stateAsked : null;
    const { items, next } = await reader.requests({
      kind,
      standing,
      now: now(),
      limit: shownMax,
      cursor: queryOf(c, 'after', 200),
    });
    return respondRoom(
      c,
      house,
      { title: 'Requests', here },
      <>
        <h1>Requests</h1>
        <Filters kind={kind} standing={standing} />
        <Panel id="list" title="Newest first">
          {items.length === 0 && (kind !== null || standing !== null) ? (
            <Empty title="No request is like this.">
              <p>
                <a href={here}>Show all of them</a>
              </p>
            </Empty>
          ) : items.length === 0 ? (
            <Empty title="Nobody has asked for anything yet.">
              <p>
                Requests come from people themselves, through the preferences of the banner, from your server with a key
                of the role <code>privacy</code>, and from the form below.
              </p>
            </Empty>
          ) : (
            <Table label="Requests, newest first" columns={columns}>
              {items.map((request) => (
                <Row
                  columns={columns}
                  rowKey={request.id}
                  cells={[
                    <Time at={request.requestedAt} />,
                    <a href={pathOf(request.id)}>
                      {kindWords[request.kind]} <Said text={request.id} charsMax={12} mono />
                    </a>,
                    <Said text={whoAsked(house, request.by)} charsMax={40} />,
                    <Far request={request} />,
                    isOpen(request) || request.state === 'failed' ? <Due request={request} /> : null,
                  ]}
                />
              ))}
            </Table>
          )}
          {next !== null && (
            <More href={`${here}?${new URLSearchParams({ kind: kind ?? '', state: standing ?? '', after: next })}`} />
          )}
        </Panel>
        <Panel id="ask" title="On somebody’s behalf">
          <Ask csrf={tokenOf(c, house)} />
        </Panel>
      </>,
    );
  });

  /** First what will happen, then, once it is confirmed, the act itself. */
  app.post(here, async (c: StaffContext) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const { by, kind } = fields;
    const value = (fields.value ?? '').trim().slice(0, 320);
    if (!isSubject(by) || !isKind(kind) || value === '') return c.redirect(here, 303);
    const { word, verb, says } = kinds[kind];
    if (fields.sure !== 'yes')
      return respondRoom(
        c,
        house,
        { title: word, here, narrow: true },
        <section class="panel">
          <h1>{word}?</h1>
          <p>
            {subjects[by]}: <Said text={value} charsMax={320} />
          </p>
          <p>{says}</p>
          <Act action={here} csrf={tokenOf(c, house)} class="confirm">
            <input type="hidden" name="by" value={by} />
            <input type="hidden" name="kind" value={kind} />
            <input type="hidden" name="value" value={value} />
            <label class="choice">
              <input type="checkbox" name="sure" value="yes" required /> It is they who ask, as far as I could find out
            </label>
            <div class="buttons">
              <button type="submit" class={kind === 'erase' ? 'danger' : undefined}>
                {verb}
              </button>
              <a class="button quiet" href={here}>
                Cancel
              </a>
            </div>
          </Act>
        </section>,
      );
    const asked = { subject: { [by]: value }, by: staffOf(c).id, at: now() };
    const result = await log.command(
      kind === 'object' ? { kind, ...asked, purposes, lift: false } : { kind, ...asked },
    );
    const request = made.safeParse(result.body);
    if (result.status >= 400 || !request.success) {
      const { message, hint } = troubleOf(result);
      return respondTrouble(c, house, {
        status: 409,
        title: 'Nothing was changed',
        words: `${message} ${hint}`,
        step: <a href={here}>Back to the requests</a>,
      });
    }
    return c.redirect(pathOf(request.data.id), 303);
  });

  const oneOf = async (id: string): Promise<RightsRequest | null> =>
    (await reader.requests({ id: id.slice(0, 64), now: now(), limit: 1, cursor: null })).items[0] ?? null;
  const signedOf = async (id: string): Promise<z.output<typeof signedCertificate> | null> => {
    const result = await log.command({ kind: 'certificate', id: id.slice(0, 64), at: now() });
    return result.status === 200 ? signedCertificate.parse(result.body) : null;
  };

  app.get('/privacy/requests/:id', async (c) => {
    const request = await oneOf(c.req.param('id'));
    if (request === null) return noSuchRequest(c);
    const signed = request.kind === 'erasure' ? await signedOf(request.id) : null;
    const copy =
      request.kind === 'access'
        ? exportState.safeParse((await log.command({ kind: 'export', id: request.id, token: null })).body)
        : null;
    const expiresAt = copy?.success ? copy.data.expiresAt : null;
    const isWaiting = request.state === 'accepted' || request.state === 'running';
    return respondRoom(
      c,
      house,
      { title: kindWords[request.kind], here },
      <>
        <div class="head">
          <h1>{kindWords[request.kind]}</h1>
          <Far request={request} />
        </div>
        <Panel id="request" title="Request">
          <dl class="pairs">
            <div>
              <dt>Number</dt>
              <dd>
                <Said text={request.id} charsMax={64} mono />
              </dd>
            </div>
            <div>
              <dt>Asked</dt>
              <dd>
                <Time at={request.requestedAt} /> by <Said text={whoAsked(house, request.by)} charsMax={40} />
              </dd>
            </div>
            <div>
              <dt>Due, one month (GDPR)</dt>
              <dd>
                {isOpen(request) || request.state === 'failed' ? (
                  <Due request={request} />
                ) : (
                  <Time at={request.dueAt} as="day" />
                )}
              </dd>
            </div>
            {request.doneAt !== null && (
              <div>
                <dt>Done</dt>
                <dd>
                  <Time at={request.doneAt} />
                </dd>
              </div>
            )}
          </dl>
          {request.state === 'failed' && (
            <Notice tone="bad">
              <p>
                <b>It could not be carried out.</b> The collector’s log says why; a full disk is the usual reason. Then
                make the request again: <a href={`${here}#ask`}>on somebody’s behalf</a>.
              </p>
            </Notice>
          )}
          {(request.state === 'expired' || request.state === 'erased') && (
            <Notice tone="plain">
              <p>
                {request.state === 'expired'
                  ? 'The file was kept for seven days and is deleted.'
                  : 'The person was erased, and the file went with them.'}{' '}
                A new one is made by <a href={`${here}#ask`}>asking again</a>.
              </p>
            </Notice>
          )}
          {request.kind === 'access' && request.state === 'done' && (
            <>
              <p class="buttons">
                <a class="button" href={`${pathOf(request.id)}/file`} download>
                  Download the ZIP
                </a>
              </p>
              {expiresAt !== null && (
                <p class="soft small">
                  Kept until <Time at={expiresAt} as="day" />; each download is noted in the audit log.
                </p>
              )}
            </>
          )}
          {request.kind === 'objection' && (
            <p>
              The objection is noted: nothing of theirs is used for any purpose from then on. They lift it by answering
              again in the preferences.
            </p>
          )}
          {isWaiting && (
            <p>
              <a href={pathOf(request.id)}>Look again</a> in a moment: it goes on by itself.
            </p>
          )}
        </Panel>
        {signed !== null && <ErasureParts certificate={signed.certificate} csrf={tokenOf(c, house)} />}
        <p>
          <a href={here}>Back to the requests</a>
        </p>
      </>,
    );
  });

  app.get('/privacy/requests/:id/certificate', async (c) => {
    const signed = await signedOf(c.req.param('id'));
    if (signed === null) return noSuchRequest(c);
    noteRead(c, house, 'certificate.read', [], signed.certificate.id);
    return respondRoom(
      c,
      house,
      { title: 'Certificate of erasure', here, narrow: true },
      <section class="panel certificate">
        <CertificateText {...signed} />
        <p>
          <a href={`${pathOf(signed.certificate.id)}/certificate.json`}>As JSON</a> ·{' '}
          <a href={pathOf(signed.certificate.id)}>Back to the request</a>
        </p>
      </section>,
    );
  });

  app.get('/privacy/requests/:id/certificate.json', async (c) => {
    const signed = await signedOf(c.req.param('id'));
    if (signed === null) return noSuchRequest(c);
    noteRead(c, house, 'certificate.read', [], signed.certificate.id);
    c.header('Content-Disposition', `attachment; filename="certificate-${signed.certificate.id}.json"`);
    return c.json(signed);
  });

  app.get('/privacy/requests/:id/file', async (c) => {
    const request = await oneOf(c.req.param('id'));
    if (request?.kind !== 'access') return noSuchRequest(c);
    const file =
      request.state === 'done' && house.exportsFolder !== null ? join(house.exportsFolder, `${request.id}.zip`) : null;
    const size =
      file === null
        ? null
        : await stat(file).then(
            ({ size: bytes }) => bytes,
            () => null,
          );
    if (file === null || size === null)
      return respondTrouble(c, house, {
        status: 404,
        title: 'There is no file',
        words: `The export is ${request.state}.`,
        step: <a href={pathOf(request.id)}>See what to do</a>,
      });
    noteRead(c, house, 'access.file', [], request.id);
    c.header('Content-Type', 'application/zip');
    c.header('Content-Length', String(size));
    c.header('Content-Disposition', `attachment; filename="${request.id}.zip"`);
    return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream);
  });
  return app;
};
