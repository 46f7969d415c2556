// What people ask for, made here on their behalf: to be erased, or that nothing of theirs be used for a purpose. A request is a
// command of the log; which there were is read from the audit log, how far each is from the request itself.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { purposes } from '../../contract/purposes.js';
import { erasureState } from '../../contract/reading.js';
import {
  type House,
  ownForm,
  respondTrouble,
  type StaffContext,
  type Staffed,
  segment,
  staffOf,
  tokenOf,
  troubleOf,
} from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Act, Empty, Notice, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { staleForm } from '../login.js';
import { respondRoom } from './room.js';

const shownMax = 30;
/** One month (GDPR 12(3)), at its shortest. */
export const answeredWithinMs = 28 * 86_400_000;

const subjects = {
  userId: 'User id',
  email: 'E-mail',
  anonymousId: 'Device id',
  profileId: 'Profile id',
} as const;
type SubjectName = keyof typeof subjects;
const isSubject = (name: string | undefined): name is SubjectName =>
  name !== undefined && Object.hasOwn(subjects, name);

const kinds = {
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

const columns: readonly Column[] = [{ name: 'Asked' }, { name: 'What' }, { name: 'State' }, { name: 'Due' }];

const Ask: FC<{ csrf: string }> = ({ csrf }) => (
  <Act action="/privacy/requests" csrf={csrf} class="stack">
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

export const requestPages = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();

  const list = async () => {
    const asked = { by: null, profileId: null, from: null, to: null, limit: shownMax, cursor: null };
    const [erasures, objections] = await Promise.all([
      reader.auditLog({ ...asked, what: 'erasure.ask' }),
      reader.auditLog({ ...asked, what: 'objection.ask' }),
    ]);
    const items = [...erasures.items, ...objections.items].sort((a, b) => b.seq - a.seq).slice(0, shownMax);
    return Promise.all(
      items.map(async (item) => {
        const id = item.detail ?? '';
        if (item.what === 'objection.ask') return { item, id, state: 'done' };
        const job = erasureState.safeParse((await log.command({ kind: 'erasure', id })).body);
        return { item, id, state: job.success ? job.data.state : 'unknown' };
      }),
    );
  };

  app.get('/privacy/requests', async (c) => {
    const requests = await list();
    return respondRoom(
      c,
      house,
      { title: 'Requests', here: '/privacy/requests' },
      <>
        <h1>Requests</h1>
        {c.req.query('done') === 'objection' && (
          <Notice tone="good">
            <p>The objection is noted.</p>
          </Notice>
        )}
        <Panel id="list" title="Newest first">
          {requests.length === 0 ? (
            <Empty title="Nobody has asked for anything yet.">
              <p>
                Requests come from people themselves, through the preferences of the banner, from your server with a key
                of the role <code>privacy</code>, and from the form below.
              </p>
            </Empty>
          ) : (
            <Table label="Requests, newest first" columns={columns}>
              {requests.map(({ item, id, state }) => (
                <Row
                  columns={columns}
                  rowKey={String(item.seq)}
                  cells={[
                    <Time at={item.at} />,
                    item.what === 'objection.ask' ? (
                      'Objection'
                    ) : (
                      <a href={`/erasures/${segment(id)}`}>
                        Erasure <Said text={id} charsMax={12} mono />
                      </a>
                    ),
                    <Badge tone={state === 'done' ? 'good' : 'warn'}>{state}</Badge>,
                    state === 'done' ? null : (
                      <Time at={new Date(Date.parse(item.at) + answeredWithinMs).toISOString()} as="until" />
                    ),
                  ]}
                />
              ))}
            </Table>
          )}
        </Panel>
        <Panel id="ask" title="On somebody’s behalf">
          <Ask csrf={tokenOf(c, house)} />
        </Panel>
      </>,
    );
  });

  /** First what will happen, then, once it is confirmed, the act itself. */
  app.post('/privacy/requests', async (c: StaffContext) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const { by, kind } = fields;
    const value = (fields.value ?? '').trim().slice(0, 320);
    if (!isSubject(by) || !isKind(kind) || value === '') return c.redirect('/privacy/requests', 303);
    const { word, verb, says } = kinds[kind];
    if (fields.sure !== 'yes')
      return respondRoom(
        c,
        house,
        { title: word, here: '/privacy/requests', narrow: true },
        <section class="panel">
          <h1>{word}?</h1>
          <p>
            {subjects[by]}: <Said text={value} charsMax={320} />
          </p>
          <p>{says}</p>
          <Act action="/privacy/requests" csrf={tokenOf(c, house)} class="confirm">
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
              <a class="button quiet" href="/privacy/requests">
                Cancel
              </a>
            </div>
          </Act>
        </section>,
      );
    const asked = { subject: { [by]: value }, by: staffOf(c).id, at: now() };
    const result = await log.command(kind === 'erase' ? { kind, ...asked } : { kind, ...asked, purposes, lift: false });
    const job = erasureState.safeParse(result.body);
    if (result.status >= 400 || !job.success) {
      const { message, hint } = troubleOf(result);
      return respondTrouble(c, house, {
        status: 409,
        title: 'Nothing was changed',
        words: `${message} ${hint}`,
        step: <a href="/privacy/requests">Back to the requests</a>,
      });
    }
    return c.redirect(kind === 'erase' ? `/erasures/${segment(job.data.id)}` : '/privacy/requests?done=objection', 303);
  });
  return app;
};
