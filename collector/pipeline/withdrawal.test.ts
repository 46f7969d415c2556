// What a withdrawal does to what is here, for each thing a consent file can ask of it, through the whole pipeline.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { anonymousCounts, kMin } from '../consent/rights/withdrawn-counts.js';
import { lifeReceiptsMax } from '../consent/rows/outlived.js';
import { purposes } from '../contract/purposes.js';
import { parseBody } from '../events/store.js';
import type { KeyContext } from '../log/log.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { rowOf, settle, submissionOf } from './sent.fixture.js';
import { openWriter, type Writer } from './writer.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-withdrawal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const startAt = Date.UTC(2026, 10, 2, 9);
const day = '2026-11-02';
const hourMs = 3_600_000;
const page: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };
const server: KeyContext = { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} };

const modes = ['erase', 'stop', 'anonymise'] as const;
let files = 0;
const open = (onWithdraw: (typeof modes)[number]): Writer => {
  files += 1;
  const file = join(folder, `consent-${files}.json`);
  writeFileSync(file, JSON.stringify({ onWithdraw }));
  return openWriter({
    path: ':memory:',
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: file,
  });
};

const send = (
  writer: Writer,
  batch: object[],
  at: number,
  { key = page, consent }: { key?: KeyContext; consent?: object } = {},
) => {
  const timestamp = new Date(at).toISOString();
  const body = { batch: batch.map((call) => ({ timestamp, ...call })), ...(consent && { consent }) };
  return settle(writer, submissionOf(body, at, { key, origin: 'https://shop.test' }));
};
const receiptOf = (visitor: string, act: string): string => `${act}${visitor}`.padEnd(22, '_');
const row = (
  writer: Writer,
  visitorId: string,
  at: number,
  kind: 'grant' | 'withdraw',
  denied: readonly string[] = [],
) =>
  rowOf(
    writer,
    at,
    {
      receipt: receiptOf(visitorId, kind),
      ...(kind === 'withdraw' && { supersedes: receiptOf(visitorId, 'grant') }),
      kind,
      visitorId,
      epoch: startAt,
    },
    (purpose) => denied.includes(purpose),
  );
const order = (id: string) => ({ order_id: id, revenue: 10.5, currency: 'EUR' });
/** A page, something of the shop's own, an order. */
const visit = (writer: Writer, id: string): void => {
  const context = { consent: { receipt: receiptOf(id, 'grant') }, sessionId: `s-${id}` };
  const call = (n: number, more: object) => ({ messageId: `${id}-${n}`, anonymousId: id, context, ...more });
  const answer = send(
    writer,
    [
      call(1, { type: 'page', properties: { url: 'https://shop.test/' } }),
      call(2, { type: 'track', event: `Waved to ${id}@shop.test` }),
      call(3, { type: 'track', event: 'Completed Order', properties: order(`o-${id}`) }),
    ],
    startAt,
    { consent: row(writer, id, startAt, 'grant') },
  );
  expect(answer).toMatchObject({ accepted: 3 });
};
const takeBack = (writer: Writer, id: string, denied: readonly string[] = purposes): void => {
  send(writer, [], startAt + hourMs, { consent: row(writer, id, startAt + hourMs, 'withdraw', denied) });
};
const count = (writer: Writer, table = 'events'): number =>
  writer.store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n;
const isTrue = (writer: Writer): boolean =>
  (writer.command({ kind: 'rebuild', at: startAt + 2 * hourMs, check: true }).body as { equal: boolean }).equal;
const counts = (writer: Writer) => anonymousCounts(writer.store, { from: day, to: day });

describe('what a withdrawal leaves', () => {
  it.each([
    ['erase', { events: 0, cells: 0 }],
    ['stop', { events: 3, cells: 0 }],
    ['anonymise', { events: 0, cells: 4 }],
  ] as const)('consent 8: onWithdraw %s leaves %j', (mode, { events, cells }) => {
    const writer = open(mode);
    visit(writer, 'A1');
    takeBack(writer, 'A1');
    expect([count(writer), count(writer, 'withdrawn_counts')]).toEqual([events, cells]);
    expect(isTrue(writer)).toBe(true);
    // The slip comes again: nothing is counted twice.
    takeBack(writer, 'A1');
    expect([count(writer), count(writer, 'withdrawn_counts')]).toEqual([events, cells]);
    if (cells > 0) {
      const kept = writer.store.prepare('SELECT * FROM withdrawn_counts ORDER BY event').all();
      const cell = (event: string, currency = '', minor = 0) => ({ day, event, currency, events: 1, people: 1, minor });
      expect(kept).toEqual([cell(':order', 'EUR', 1_050), cell(':other'), cell('Order Completed'), cell('page')]);
    }
    writer.close();
  });

  it('anonymise: what is counted tells of no group of fewer than ten, and holds no id', () => {
    const writer = open('anonymise');
    for (let n = 1; n < kMin; n += 1) {
      visit(writer, `A${n}`);
      takeBack(writer, `A${n}`);
    }
    expect(counts(writer)).toEqual({ k: kMin, events: [], orders: [], suppressed: 4 });
    visit(writer, 'A10');
    takeBack(writer, 'A10');
    const ten = { events: 10, people: 10 };
    expect(counts(writer)).toEqual({
      k: kMin,
      events: [
        { event: ':other', ...ten },
        { event: 'Order Completed', ...ten },
        { event: 'page', ...ten },
      ],
      orders: [{ currency: 'EUR', orders: 10, people: 10, revenueMinor: 10_500 }],
      suppressed: 0,
    });
    expect(JSON.stringify(writer.store.prepare('SELECT * FROM withdrawn_counts').all())).not.toMatch(/A\d|Waved|shop/);
    writer.close();
  });

  it.each([
    ['of a user', { event: 'Order Completed', userId: 'U1' }],
    ['of a guest, by an address', { event: 'Order Completed', traits: { email: 'ada@shop.test' } }],
    ['of a guest, by the order alone', { event: 'Order Completed' }],
    ['as news of an order', { event: 'Order Updated', userId: 'U1' }],
  ])('anonymise: what stays is not counted, nor is an order that the shop itself told %s', (_, told) => {
    const writer = open('anonymise');
    visit(writer, 'A1');
    send(writer, [{ type: 'track', messageId: 'server', properties: order('o-A1'), ...told }], startAt, {
      key: server,
    });
    takeBack(writer, 'A1');
    const lost = writer.store.prepare<{ event: string }>('SELECT event FROM withdrawn_counts ORDER BY event').all();
    expect(lost.map(({ event }) => event)).toEqual([':other', 'Order Completed', 'page']);
    expect(count(writer)).toBe(1);
    // Of this one all may still be measured.
    visit(writer, 'B1');
    takeBack(writer, 'B1', ['personalisation', 'marketing', 'sharing']);
    expect([count(writer), count(writer, 'withdrawn_counts')]).toEqual([4, 3]);
    writer.close();
  });
});

describe('an erasure that overtakes the row by which a device takes its lasting id', () => {
  it.each(modes)('R14, onWithdraw %s: takes what was measured before, as soon as the row tells whose it is', (mode) => {
    const writer = open(mode);
    const measured = ['personalisation', 'marketing', 'sharing'];
    const context = { consent: { receipt: receiptOf('A1', 'grant') }, sessionId: 's-A1' };
    const call = (n: number, more: object) => ({ messageId: `A1-${n}`, context, ...more });
    const first = { ...row(writer, 'A1', startAt, 'grant', measured), visitorId: undefined };
    const before = [
      call(1, { type: 'page', properties: { url: 'https://shop.test/' } }),
      call(2, { type: 'track', event: 'Completed Order', properties: order('o-A1') }),
    ];
    expect(send(writer, before, startAt, { consent: first })).toMatchObject({ accepted: 2 });
    visit(writer, 'B1');
    const asked = { kind: 'erase', subject: { anonymousId: 'A1' }, by: 'test', at: startAt + hourMs } as const;
    expect(writer.command(asked).status).toBe(202);
    writer.due(startAt + hourMs);
    expect(count(writer)).toBe(5);

    const update = {
      ...row(writer, 'A1', startAt + 60_000, 'grant'),
      receipt: receiptOf('A1', 'update'),
      supersedes: receiptOf('A1', 'grant'),
      kind: 'update',
    };
    const late = [call(3, { type: 'page' }), call(4, { type: 'page', anonymousId: 'A1' })];
    const answer = send(writer, late, startAt + 2 * hourMs, { consent: update });
    expect(answer.dropped.map(({ code }) => code)).toEqual(['erased', 'erased']);
    expect(count(writer)).toBe(3);
    expect(isTrue(writer)).toBe(true);
    writer.close();
  });
});

describe('an id that its device gave up, and the one it took later in the same consent', () => {
  const narrower = ['personalisation', 'marketing', 'sharing'];
  /** Visits as A1, takes its profile back, is measured, and agrees again, as A2. */
  const changed = (writer: Writer): void => {
    visit(writer, 'A1');
    const at = (minutes: number) => startAt + minutes * 60_000;
    const call = (n: number, receipt: string, more: object) => ({
      messageId: `later-${n}`,
      type: 'page',
      context: { consent: { receipt }, sessionId: 's-A1' },
      ...more,
    });
    const measured = receiptOf('A1', 'withdraw');
    send(writer, [call(1, measured, {})], at(1), { consent: row(writer, 'A1', at(1), 'withdraw', narrower) });
    const again = {
      ...row(writer, 'A2', at(2), 'grant'),
      receipt: receiptOf('A1', 'again'),
      supersedes: measured,
      kind: 'update',
    };
    const answer = send(writer, [call(2, receiptOf('A1', 'again'), { anonymousId: 'A2' })], at(2), { consent: again });
    expect(answer).toMatchObject({ accepted: 1 });
    visit(writer, 'B1');
  };
  const erase = (writer: Writer, subject: object): Record<string, number> => {
    const { id } = writer.command({ kind: 'erase', subject, by: 'test', at: startAt + hourMs } as never).body as {
      id: string;
    };
    writer.due(startAt + hourMs);
    return writer.consent.erasures.status(id)!.counts as Record<string, number>;
  };

  it.each(
    modes.flatMap((mode) => [
      { mode, by: 'the later', subject: { visitorId: 'A2', receipt: receiptOf('A1', 'again') } },
      { mode, by: 'the earlier', subject: { anonymousId: 'A1' } },
    ]),
  )('R14, onWithdraw $mode: whoever asks by $by one has all of it erased', ({ mode, subject }) => {
    const writer = open(mode);
    changed(writer);
    expect(count(writer)).toBe(8);
    erase(writer, subject);
    expect(count(writer)).toBe(3);
    for (const id of ['A1', 'A2']) {
      const [receipt, context] = [receiptOf('A1', 'again'), { sessionId: 's-A1' }];
      const late = {
        type: 'page',
        messageId: `${id}-late`,
        anonymousId: id,
        context: { ...context, consent: { receipt } },
      };
      expect(send(writer, [late], startAt + 2 * hourMs).dropped).toMatchObject([{ code: 'erased' }]);
    }
    expect(isTrue(writer)).toBe(true);
    writer.close();
  });

  it('consent 8, onWithdraw stop: what a later withdrawal takes, it takes under both', () => {
    const writer = open('stop');
    changed(writer);
    const slip = { ...row(writer, 'A2', startAt + hourMs, 'withdraw', purposes), supersedes: receiptOf('A1', 'again') };
    send(writer, [], startAt + hourMs, { consent: slip });
    const left = writer.store.prepare<{ body: Uint8Array }>('SELECT * FROM events').all();
    const kept = left.map((one) => parseBody(one as never)).filter(({ purposes }) => purposes.length > 0);
    expect(kept.map(({ messageId }) => messageId)).toEqual(['B1-1', 'B1-2', 'B1-3']);
    writer.close();
  });

  it('R14: counts in the certificate as two ids', () => {
    const writer = open('stop');
    changed(writer);
    expect(erase(writer, { anonymousId: 'A2' })).toMatchObject({ devices: 2 });
    writer.close();
  });
});

describe('one answer more than a consent has room for', () => {
  it.each([
    ['a withdrawal of a part', { kind: 'withdraw', denied: ['marketing', 'sharing'] }],
    ['a grant', { kind: 'update', denied: [] }],
  ] as const)('consent 8: %s takes all, and the operator hears why', (_, { kind, denied }) => {
    const writer = open('erase');
    visit(writer, 'A1');
    writer.store.exec(`
      WITH RECURSIVE answers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM answers WHERE n < ${lifeReceiptsMax})
      INSERT INTO consent_receipts (receipt, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at,
        bound_at, superseded_at, expires_at, terms, digest)
      SELECT 'filled-' || n, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at, bound_at, at,
        expires_at, terms, digest FROM consent_receipts, answers`);
    const consent = { ...row(writer, 'A1', startAt + hourMs, 'withdraw', denied), kind };
    const { warnings } = send(writer, [], startAt + hourMs, { consent });
    expect(warnings).toEqual([{ index: 0, messageId: null, code: 'consent_full' }]);
    expect(count(writer)).toBe(0);
    const counted = () => writer.store.prepare('SELECT code, count FROM warnings').all();
    expect(counted()).toEqual([{ code: 'consent_full', count: 1 }]);
    // It comes again: the consent has ended, and of that nobody is told twice.
    send(writer, [], startAt + 2 * hourMs, { consent });
    expect(counted()).toEqual([{ code: 'consent_full', count: 1 }]);
    writer.close();
  });
});
