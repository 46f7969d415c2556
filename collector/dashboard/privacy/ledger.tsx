// The ledger of consent as its keepers see it: whether the chain holds and is signed, a check of all of it, the export, and
// one receipt. Judges no row itself; what it says is the ledger's own word.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { ledgerFile } from '../../consent/ledger/export-file.js';
import type { LedgerCheck, ReceiptProof } from '../../contract/proofs.js';
import {
  type House,
  noteRead,
  ownForm,
  queryOf,
  respondTrouble,
  type Staffed,
  segment,
  staffOf,
  tokenOf,
} from '../frame.js';
import { Badge, type Tone } from '../kit/badge.js';
import { Act, Empty, Notice, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { staleForm } from '../login.js';
import { draw } from '../session.js';
import { noSuchIn, respondRoom } from './room.js';

/** A page of a check takes about a tenth of a second; so many are made for one look at its progress. */
const pagesAtOnce = 8;
const checksMax = 50;
/** Signed once a day: two hours of grace before it is called late. */
const signedMaxMs = 26 * 3_600_000;

/** Rows that no signature covers, for too long. */
export const isUnsigned = ({ rows, head, signedAt, signedSeq }: LedgerCheck, now: number): boolean =>
  rows > 0 && (signedSeq ?? 0) < head.seq && (signedAt === null || now - Date.parse(signedAt) > signedMaxMs);

/** A check that is under way: how far, so that nobody can skip rows by typing an address. */
interface Check {
  cursor: number | undefined;
  startedAt: number;
  result: LedgerCheck | null;
}

const states: Readonly<Record<ReceiptProof['state'], { word: string; tone: Tone }>> = {
  valid: { word: 'Valid', tone: 'good' },
  superseded: { word: 'Replaced by a later answer', tone: 'plain' },
  withdrawn: { word: 'Withdrawn', tone: 'warn' },
  expired: { word: 'Expired', tone: 'plain' },
  erased: { word: 'The person is erased', tone: 'private' },
  refusal: { word: 'A refusal', tone: 'plain' },
};

const Hash: FC<{ text: string }> = ({ text }) => <Said text={text} charsMax={80} mono />;

const Health: FC<{ health: LedgerCheck; now: number }> = ({ health, now }) => {
  const { locale } = useView();
  const unsigned = isUnsigned(health, now);
  return (
    <Panel
      id="health"
      title="Health"
      aside={
        <Badge tone={health.ok ? (unsigned ? 'warn' : 'good') : 'bad'}>
          {health.ok ? (unsigned ? 'not signed lately' : 'in order') : 'broken'}
        </Badge>
      }
    >
      {health.brokenAt !== undefined && (
        <Notice tone="bad">
          <p>
            <b>Row {String(health.brokenAt.seq)} cannot be relied on.</b> {health.brokenAt.message}
          </p>
          <p>
            Somebody or something changed the file behind the collector’s back. Keep a copy of it as it is, compare it
            with the last backup and the last export (<code>weft ledger verify</code>), and find out who could write to
            the disk.
          </p>
        </Notice>
      )}
      <dl class="pairs">
        <div>
          <dt>Rows</dt>
          <dd>{numberFormat(locale).format(health.rows)}</dd>
        </div>
        <div>
          <dt>Head</dt>
          <dd>
            row {String(health.head.seq)}, <Hash text={health.head.hash} />
          </dd>
        </div>
        <div>
          <dt>Signed</dt>
          <dd>
            {health.signedAt === null ? (
              'not yet: the day’s head is signed once a day'
            ) : (
              <>
                <Time at={health.signedAt} as="ago" />, up to row {String(health.signedSeq ?? 0)};{' '}
                {counted(health.signatures, 'signature', locale)}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Last check</dt>
          <dd>
            {health.checkedAt === null ? 'not yet' : <Time at={health.checkedAt} as="ago" />}; a piece is checked each
            minute
          </dd>
        </div>
        <div>
          <dt>Checked from the first row</dt>
          <dd>{health.fullAt === null ? 'not yet' : <Time at={health.fullAt} as="ago" />}</dd>
        </div>
      </dl>
    </Panel>
  );
};

const keyColumns: readonly Column[] = [{ name: 'Key' }, { name: 'Since' }, { name: 'Until' }];

export const ledgerPages = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();
  const checks = new Map<string, Check>();

  app.get('/privacy/ledger', async (c) => {
    const health = await reader.ledgerHealth();
    return respondRoom(
      c,
      house,
      { title: 'Ledger', here: '/privacy/ledger' },
      <>
        <h1>Ledger</h1>
        {health.rows === 0 ? (
          <Panel id="none" title="No rows yet">
            <Empty title="Nobody has answered yet.">
              <p>
                Each act of consent becomes a row, chained to the one before it by its hash. The first answer to the
                banner begins the chain.
              </p>
            </Empty>
          </Panel>
        ) : (
          <>
            <Health health={health} now={now()} />
            <Panel id="check" title="Check it">
              <p>
                Every row is hashed again from the first to the last, and every signature is tried. It changes nothing
                and may be done at any time.
              </p>
              <Act action="/privacy/ledger/verify" csrf={tokenOf(c, house)}>
                <div class="buttons">
                  <button type="submit">Check all rows now</button>
                  <a class="button quiet" href="/privacy/ledger/export">
                    Export
                  </a>
                </div>
              </Act>
              <p class="soft small">
                The export is JSON Lines with rows, keys and signatures; <code>weft ledger verify</code> checks it
                anywhere, without this collector.
              </p>
            </Panel>
          </>
        )}
        <Panel id="receipt" title="Find a receipt">
          <form method="get" action="/privacy/receipts" class="stack">
            <label for="receipt-id">Receipt</label>
            <input
              id="receipt-id"
              name="receipt"
              required
              maxlength={64}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              aria-describedby="receipt-note"
            />
            <p id="receipt-note" class="soft small">
              22 characters, as the person finds it in the preferences of the banner. A refusal has none.
            </p>
            <div class="buttons">
              <button type="submit">Find it</button>
            </div>
          </form>
        </Panel>
        {health.keys.length > 0 && (
          <Panel id="keys" title="Keys that sign">
            <Table label="Keys that sign" columns={keyColumns}>
              {health.keys.map((key) => (
                <Row
                  columns={keyColumns}
                  cells={[
                    <Hash text={key.id} />,
                    <Time at={key.createdAt} as="day" />,
                    key.retiredAt === null ? <Badge tone="good">in use</Badge> : <Time at={key.retiredAt} as="day" />,
                  ]}
                />
              ))}
            </Table>
          </Panel>
        )}
      </>,
    );
  });

  app.post('/privacy/ledger/verify', async (c) => {
    if ((await ownForm(c, house)) === null) return staleForm(c, house);
    const id = draw();
    if (checks.size >= checksMax) checks.delete(checks.keys().next().value!);
    checks.set(id, { cursor: undefined, startedAt: now(), result: null });
    house.audit.note({
      at: now(),
      by: staffOf(c).id,
      what: 'ledger.verify',
      persons: [],
      purpose: staffOf(c).role,
      detail: null,
    });
    return c.redirect(`/privacy/ledger/verify/${segment(id)}`, 303);
  });

  // Each look goes on with the check, so that its progress is seen without a script; the page comes again by itself.
  app.get('/privacy/ledger/verify/:id', async (c) => {
    const check = checks.get(c.req.param('id'));
    if (check === undefined)
      return respondTrouble(c, house, {
        status: 404,
        title: 'There is no such check',
        words: 'It may be from before the collector was started again.',
        step: <a href="/privacy/ledger">Begin another one</a>,
      });
    for (let page = 0; page < pagesAtOnce && (check.result === null || check.result.next !== null); page += 1) {
      const asked = check.cursor;
      const result = await reader.ledgerCheck({ full: true, cursor: asked });
      check.result = result;
      if (!result.ok || result.next === null) {
        check.cursor = undefined;
        if (result.ok && result.complete)
          await log.command({ kind: 'ledger', act: 'checked', through: result.through, full: true, at: now() });
        if (result.brokenAt !== undefined)
          await log.command({ kind: 'ledger', act: 'broken', found: result.brokenAt, at: now() });
        check.result = { ...result, next: null };
        break;
      }
      check.cursor = result.next;
    }
    const result = check.result!;
    const isDone = result.next === null;
    if (!isDone) c.header('Refresh', '0');
    return respondRoom(
      c,
      house,
      { title: 'Check of the ledger', here: '/privacy/ledger', narrow: true },
      <section class="panel">
        <h1>{!isDone ? 'Checking the ledger' : result.ok ? 'Every row fits' : 'The chain is broken'}</h1>
        <progress max={Math.max(1, result.head.seq)} value={result.through} aria-label="Rows checked" />
        <p>
          {isDone && result.ok
            ? `All ${result.rows} rows were hashed again, each after the one before it, and every signature holds.`
            : `Row ${result.through} of ${result.head.seq}.`}
        </p>
        {result.brokenAt !== undefined && (
          <Notice tone="bad">
            <p>
              <b>Row {String(result.brokenAt.seq)} cannot be relied on.</b> {result.brokenAt.message}
            </p>
          </Notice>
        )}
        <p>
          {isDone ? (
            <a href="/privacy/ledger">Back to the ledger</a>
          ) : (
            <a href={`/privacy/ledger/verify/${segment(c.req.param('id'))}`}>Go on</a>
          )}
        </p>
      </section>,
    );
  });

  app.get('/privacy/ledger/export', (c) => {
    house.audit.note({
      at: now(),
      by: staffOf(c).id,
      what: 'ledger.export',
      persons: [],
      purpose: staffOf(c).role,
      detail: null,
    });
    const { body, headers } = ledgerFile(reader.ledgerExport, now());
    return c.body(body, 200, headers);
  });

  app.get('/privacy/receipts', async (c) => {
    const id = queryOf(c, 'receipt', 64);
    if (id === null) return c.redirect('/privacy/ledger#receipt', 303);
    const proof = await reader.receipt(id, { now: now() });
    if (proof === null)
      return noSuchIn(c, house, {
        here: '/privacy/ledger',
        title: 'The ledger has no such receipt',
        words:
          'A receipt has 22 characters, and large and small letters differ. It may also be older than the ledger is kept.',
        back: 'Look for another one',
        to: '/privacy/ledger#receipt',
      });
    // A receipt is an identifier: the log says that one was looked at, not which.
    noteRead(c, house, 'receipt.read', []);
    const state = states[proof.state];
    return respondRoom(
      c,
      house,
      { title: 'Receipt', here: '/privacy/ledger' },
      <>
        <div class="head">
          <h1>Receipt</h1>
          <Badge tone={state.tone}>{state.word}</Badge>
        </div>
        <Panel id="what" title="What was said" aside={<Time at={proof.at} />}>
          <dl class="pairs">
            {proof.decisions.map(({ purpose, value, source, stands }) => (
              <div>
                <dt>
                  <Said text={purpose} charsMax={40} />
                </dt>
                <dd>
                  <Said text={value} charsMax={20} />
                  {source !== null && (
                    <span class="soft">
                      {' '}
                      by <Said text={source} charsMax={20} />
                    </span>
                  )}{' '}
                  {stands && <Badge tone="good">stands</Badge>}
                </dd>
              </div>
            ))}
            <div>
              <dt>Policy</dt>
              <dd>
                <Said text={proof.policy.version ?? 'not said'} charsMax={40} />
              </dd>
            </div>
            <div>
              <dt>Valid until</dt>
              <dd>
                <Time at={proof.expiresAt} as="day" />
              </dd>
            </div>
            <div>
              <dt>Whose</dt>
              <dd>
                {proof.subject === 'linked'
                  ? 'A device’s, known to the ledger by a keyed hash.'
                  : proof.subject === 'erased'
                    ? 'Of somebody who was erased: the row proves that it existed, and links to nobody.'
                    : 'Nobody’s: a refusal has no identifier.'}
              </dd>
            </div>
            <div>
              <dt>In the chain</dt>
              <dd>
                row {String(proof.chain.seq)},{' '}
                {proof.chain.fits ? 'its hash fits' : <Badge tone="bad">its hash does not fit</Badge>},{' '}
                {proof.chain.signed === null ? (
                  'not signed yet'
                ) : (
                  <>
                    signed <Time at={proof.chain.signed.at} as="day" />
                  </>
                )}
              </dd>
            </div>
          </dl>
          <p>
            <a href={`/v1/receipts/${segment(id)}`}>The banner exactly as it was seen, and the whole proof</a>
          </p>
        </Panel>
      </>,
    );
  });
  return app;
};
