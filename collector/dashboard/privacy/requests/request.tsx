// One request: how far it is, and what came of it. An erasure has a certificate, a copy has a file.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import { openExportFile } from '../../../consent/rights/export-file.js';
import type { RightsRequest } from '../../../consent/rights/view.js';
import { type Certificate, signedCertificate } from '../../../contract/certificate.js';
import { CertificateText, countWords, stepWords } from '../../certificate.js';
import { type House, noteRead, respondTrouble, type StaffContext, type Staffed, tokenOf } from '../../frame.js';
import { Badge } from '../../kit/badge.js';
import { Empty, Notice, Panel } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { type Column, Row, Table } from '../../kit/table.js';
import { Time } from '../../kit/time.js';
import { numberFormat, useView } from '../../kit/view.js';
import { NoticeActs, noticeStates, troubleWords } from '../recipients.js';
import { noSuchIn, respondRoom } from '../room.js';
import { Due, erasureSteps, Far, here, isOpen, kindWords, pathOf, whoAsked } from './standing.js';

const exportState = z.object({ state: z.string(), expiresAt: z.string().nullable(), bytes: z.number().nullable() });

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

/** One of them, its certificate and its file. */
export const requestPage = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();
  const noSuchRequest = (c: StaffContext): Response =>
    noSuchIn(c, house, {
      here,
      title: 'There is no such request',
      words: 'The address may be mistyped, or the request is older than requests are kept.',
      back: 'See all requests',
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
    const file = request.state === 'done' ? await openExportFile(house.exportsFolder, request.id) : null;
    if (file === null)
      return respondTrouble(c, house, {
        status: 404,
        title: 'There is no file',
        words: `The export is ${request.state}.`,
        step: <a href={pathOf(request.id)}>See what to do</a>,
      });
    noteRead(c, house, 'access.file', [], request.id);
    return c.body(file.body, 200, {
      ...file.headers,
      'Content-Disposition': `attachment; filename="${request.id}.zip"`,
    });
  });
  return app;
};
