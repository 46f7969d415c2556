// Retention through the whole pipeline, on real tables: what runs out goes, what stays is exactly what its facts say.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dayMs } from '../consent/retention/retention.js';
import { type Removal, retentionPreview, retentionRuns } from '../consent/retention/store.js';
import { purposes } from '../contract/purposes.js';
import type { KeyContext } from '../log/log.js';
import { readModelOf } from '../profiles/open.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { dumpLines } from './rebuild.js';
import { runEveryMs } from './retention.js';
import { rowOf, settle, submissionOf } from './sent.fixture.js';
import { openWriter, type Writer } from './writer.js';

const seed = Number(process.env.WEFT_SEED);
const runs = Number(process.env.WEFT_RUNS ?? 20);

const folder = mkdtempSync(join(tmpdir(), 'weft-retention-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const startAt = Date.UTC(2026, 10, 2, 9);
const ledgerKey: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };
const serverKey: KeyContext = { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} };
const document = (days: Record<string, number>, more: object = {}) => ({
  policy: { version: JSON.stringify(days) },
  purposes: [
    { id: 'necessary', always: true },
    ...Object.entries(days).map(([id, retentionDays]) => ({ id, retentionDays })),
  ],
  ...more,
});
const usual = { measurement: 395, personalisation: 180, marketing: 90, sharing: 30 };

const open = (consent: object, path = ':memory:'): Writer => {
  files += 1;
  const file = join(folder, `consent-${files}.json`);
  writeFileSync(file, JSON.stringify(consent));
  return openWriter({
    path,
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: file,
  });
};

/** A shop's key with days of its own. */
const keyOf = (writer: Writer, retention: NonNullable<KeyContext['retention']>): KeyContext => {
  writer.command({
    kind: 'keys',
    act: 'upsert',
    value: {
      id: 'sk',
      kind: 'secret',
      label: '',
      publicValue: null,
      verifier: 'x',
      mode: 'external',
      purposes,
      categories: {},
      roles: [],
      retention,
      seeded: false,
      createdAt: 0,
      revokedAt: null,
    },
  });
  return { ...serverKey, retention };
};

const orderOf = (id: string, email?: string) => ({
  type: 'track',
  event: 'Order Completed',
  properties: { order_id: id, total: 1, currency: 'EUR', ...(email && { email }) },
});

let minted = 0;
const named = (prefix: string): string => {
  minted += 1;
  return `${prefix}${minted}`.padEnd(22, '_');
};
const send = (
  writer: Writer,
  calls: object[],
  at: number,
  { key = ledgerKey, consent }: { key?: KeyContext; consent?: object } = {},
) => {
  const body = {
    batch: calls.map((call) => ({ messageId: named('m'), timestamp: new Date(at).toISOString(), ...call })),
    ...(consent && { consent }),
  };
  return settle(writer, submissionOf(body, at, { key, origin: 'https://shop.test' }));
};
/** A visitor who agreed to all: a view, a cart, a name; `at` is when. */
const visit = (
  writer: Writer,
  visitorId: string,
  at: number,
  { query = '?gclid=CLICK123', traits = { plan: 'gold' } }: { query?: string; traits?: object } = {},
) => {
  const consent = rowOf(writer, at, { receipt: named('r'), visitorId, kind: 'grant' });
  const context = { consent: { receipt: consent.receipt }, sessionId: `s-${visitorId}`, campaign: { source: 'x' } };
  const answer = send(
    writer,
    [
      { type: 'page', anonymousId: visitorId, context, properties: { url: `https://shop.test/${query}` } },
      {
        type: 'track',
        event: 'Product Added',
        anonymousId: visitorId,
        context,
        properties: { product_id: 'p1', price: 10, currency: 'EUR' },
      },
      { type: 'identify', userId: `U-${visitorId}`, anonymousId: visitorId, context, traits },
    ],
    at,
    { consent },
  );
  expect(answer.accepted).toBe(3);
  return consent.receipt;
};
const text = (writer: Writer): string =>
  writer.store
    .prepare<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .all()
    .map(({ name }) => `${name}: ${JSON.stringify(writer.store.prepare(`SELECT * FROM ${name}`).all())}`)
    .join('\n');
const isTrue = (writer: Writer, at: number): boolean =>
  (writer.command({ kind: 'rebuild', at, check: true }).body as { equal: boolean }).equal;
/** A run does to events what the preview said it would. */
const retain = (writer: Writer, at: number) => {
  const order = (removed: readonly Removal[]) =>
    removed.filter((it) => it.class === 'events').sort((a, b) => String(a.purpose).localeCompare(String(b.purpose)));
  const would = retentionPreview(writer.store, at);
  writer.command({ kind: 'retention', at });
  const run = retentionRuns(writer.store, 1)[0]!;
  expect(order(would)).toEqual(order(run.removed));
  return run;
};
const count = (writer: Writer, table = 'events'): number =>
  writer.store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n;

describe('what runs out', () => {
  it('goes purpose by purpose, fields first, and the state stays what its facts say (R10)', () => {
    const writer = open(document(usual));
    visit(writer, 'A1', startAt);
    const read = readModelOf(writer.store);
    const person = (now: number) => read.profilesBy({ userId: 'U-A1' }, { purposes, now })[0];

    expect(text(writer)).toContain('CLICK123');
    let run = retain(writer, startAt + 30 * dayMs);
    expect(run.removed).toEqual([{ class: 'events', purpose: 'sharing', deleted: 0, narrowed: 3 }]);
    expect(person(startAt + 30 * dayMs)?.traits).toMatchObject({ plan: { value: 'gold' } });

    run = retain(writer, startAt + 90 * dayMs);
    expect(run.removed).toEqual([{ class: 'events', purpose: 'marketing', deleted: 0, narrowed: 3 }]);
    expect(text(writer)).not.toContain('CLICK123');
    expect(person(startAt + 90 * dayMs)?.counts).toMatchObject({ events: 3 });
    expect(isTrue(writer, startAt + 90 * dayMs)).toBe(true);

    run = retain(writer, startAt + 180 * dayMs);
    expect(run.removed).toEqual([
      { class: 'events', purpose: null, deleted: 1, narrowed: 0 },
      { class: 'events', purpose: 'personalisation', deleted: 0, narrowed: 3 },
    ]);
    expect(person(startAt + 180 * dayMs)).toBeUndefined();
    for (const gone of ['U-A1', 'gold', '"A1"']) expect(text(writer)).not.toContain(gone);
    expect([count(writer), count(writer, 'sessions'), count(writer, 'profiles')]).toEqual([2, 1, 0]);
    expect(isTrue(writer, startAt + 180 * dayMs)).toBe(true);

    run = retain(writer, startAt + 395 * dayMs);
    expect(run.removed).toEqual([
      { class: 'events', purpose: null, deleted: 2, narrowed: 0 },
      { class: 'events', purpose: 'measurement', deleted: 0, narrowed: 2 },
    ]);
    for (const table of ['events', 'nodes', 'devices', 'sessions', 'profiles', 'namings', 'measured_visits'])
      expect([table, count(writer, table)]).toEqual([table, 0]);
    expect(isTrue(writer, startAt + 395 * dayMs)).toBe(true);
    writer.close();
  });

  it('an order the shop keeps on a basis of its own stays when all around it has gone', () => {
    const writer = open(document(usual));
    visit(writer, 'A1', startAt);
    send(
      writer,
      [
        {
          type: 'track',
          event: 'Order Completed',
          userId: 'U-A1',
          properties: { order_id: 'O1', total: 20, currency: 'EUR' },
        },
      ],
      startAt,
      { key: serverKey },
    );
    const at = startAt + 4_000 * dayMs;
    retain(writer, at);
    const [person] = readModelOf(writer.store).profilesBy({ userId: 'U-A1' }, { purposes, now: at });
    expect(person).toMatchObject({ counts: { orders: 1, events: 1 }, revenue: [{ currency: 'EUR', minor: 2_000 }] });
    expect(isTrue(writer, at)).toBe(true);
    writer.close();
  });

  it('an external key’s own days count, and its orders’', () => {
    const writer = open(document(usual));
    const key = keyOf(writer, { days: 10, orderDays: 20 });
    send(
      writer,
      [
        { type: 'identify', userId: 'U' },
        { ...orderOf('O'), userId: 'U' },
      ],
      startAt,
      { key },
    );
    retain(writer, startAt + 10 * dayMs);
    expect(count(writer)).toBe(1);
    retain(writer, startAt + 20 * dayMs);
    expect(count(writer)).toBe(0);
    writer.close();
  });

  it('R10: who was first seen by what has gone is a person of the age of what is left', () => {
    const writer = open(document(usual));
    const key = keyOf(writer, { days: 10, orderDays: 20 });
    const order = (id: string, minute: number, more: object = {}) =>
      send(writer, [{ ...orderOf(id, 'ada@shop.test'), ...more }], startAt + minute * 60_000, { key });
    send(writer, [{ type: 'page', anonymousId: 'A' }], startAt, { key });
    order('O1', 1);
    order('O2', 2, { anonymousId: 'A' });
    const profile = () => writer.store.prepare('SELECT kind FROM profiles JOIN nodes ON id = profiles.leader').all();
    expect(profile()).toEqual([{ kind: 'anonymous_id' }]);
    retain(writer, startAt + 10 * dayMs);
    expect(profile()).toEqual([{ kind: 'email' }]);
    const strangers = writer.store.prepare('SELECT 1 FROM nodes WHERE first_id NOT IN (SELECT mid FROM events)').all();
    expect(strangers).toEqual([]);
    expect(isTrue(writer, startAt + 10 * dayMs)).toBe(true);
    writer.close();
  });

  it('what was collected under an earlier policy keeps its terms, whatever the next one says', () => {
    const path = join(folder, 'two-policies.sqlite');
    let writer = open(document({ ...usual, marketing: 365 }), path);
    visit(writer, 'A1', startAt);
    writer.close();
    writer = open(document({ ...usual, marketing: 10 }), path);
    visit(writer, 'B1', startAt + dayMs);
    const run = retain(writer, startAt + 11 * dayMs);
    expect(run.removed).toEqual([{ class: 'events', purpose: 'marketing', deleted: 0, narrowed: 3 }]);
    const left = (receipt: string) => text(writer).includes(receipt);
    expect(left('U-A1')).toBe(true);
    const marketing = readModelOf(writer.store).profilesBy(
      { userId: 'U-A1' },
      { purposes: ['marketing'], now: startAt + 11 * dayMs },
    );
    expect(marketing).toHaveLength(1);
    writer.close();
  });

  it('new arrivals after everything has gone age too, although the order of arrival began again', () => {
    const path = join(folder, 'emptied.sqlite');
    let writer = open(document(usual), path);
    visit(writer, 'A1', startAt);
    retain(writer, startAt + 400 * dayMs);
    expect(count(writer)).toBe(0);
    writer.close();
    writer = open(document(usual), path);
    visit(writer, 'B1', startAt + 401 * dayMs);
    retain(writer, startAt + 800 * dayMs);
    expect(count(writer)).toBe(0);
    writer.close();
  });

  it.each([1, 100])('rows of %i visits from a clock that stood wrong hold nothing up', (wrong) => {
    const writer = open(document(usual));
    visit(writer, 'A1', startAt);
    for (let n = 0; n < wrong; n += 1) visit(writer, `B${n}`, startAt + 1_000 * dayMs);
    visit(writer, 'C1', startAt + dayMs);
    retain(writer, startAt + 396 * dayMs);
    expect(count(writer)).toBe(3 * wrong);
    retain(writer, startAt + 1_395 * dayMs);
    expect(count(writer)).toBe(0);
    writer.close();
  });
});

describe('a purpose the consent file no longer lists', () => {
  const path = join(folder, 'removed', 'weft.sqlite');
  const { personalisation: _, marketing: __, sharing: ___, ...only } = usual;

  it('has its data erased a day later; another basis stays, and putting it back in time keeps all', () => {
    let writer = open(document(usual), path);
    visit(writer, 'A1', Date.now() - 3_600_000);
    send(writer, [{ type: 'identify', userId: 'U-S' }], Date.now() - 3_600_000, { key: serverKey });
    writer.close();
    writer = open(document(only), path);
    const removedAt = Date.now();
    writer.store.prepare("INSERT OR REPLACE INTO consent_removals VALUES ('personalisation', ?)").run(removedAt);
    retain(writer, Date.now() + dayMs / 2);
    expect(count(writer)).toBe(4);
    writer.close();
    writer = open(document(usual), path);
    retain(writer, Date.now() + 2 * dayMs);
    expect(count(writer)).toBe(4);
    writer.close();
    writer = open(document(only), path);
    const at = Date.now() + 2 * dayMs;
    const run = retain(writer, at);
    expect(run.removed).toContainEqual({ class: 'events', purpose: 'personalisation', deleted: 0, narrowed: 3 });
    expect(text(writer)).not.toContain('U-A1');
    expect(text(writer)).toContain('U-S');
    expect(count(writer)).toBe(3);
    expect(isTrue(writer, at)).toBe(true);
    expect(retain(writer, at + runEveryMs).removed).toEqual([]);
    writer.close();
  });
});

it('the ledger goes three years after a consent has ended, from its beginning, and what hung on it goes too', () => {
  const writer = open(document(usual, { retention: { ledgerDays: 200 } }));
  visit(writer, 'A1', startAt);
  visit(writer, 'B1', startAt + 300 * dayMs);
  expect([count(writer, 'consent_ledger'), count(writer, 'consent_receipts'), count(writer, 'consent_lives')]).toEqual([
    2, 2, 2,
  ]);
  retain(writer, startAt + (180 + 200) * dayMs);
  expect(count(writer, 'consent_ledger')).toBe(2);
  const run = retain(writer, startAt + (180 + 201) * dayMs);
  expect(run.removed).toContainEqual({ class: 'ledger', purpose: null, deleted: 1, narrowed: 0 });
  for (const table of ['consent_ledger', 'consent_receipts', 'consent_lives', 'consent_visitors'])
    expect([table, count(writer, table)]).toEqual([table, 1]);
  // Who is left is who they were.
  visit(writer, 'C1', startAt + 400 * dayMs);
  writer.close();
});

describe('a run', () => {
  it('goes on by the clock, a slice at a time, and a killed one is taken up where it stood', () => {
    const path = join(folder, 'sliced', 'weft.sqlite');
    let writer = open(document(usual), path);
    for (let at = 0; at < 150; at += 1) visit(writer, `V${at}`, startAt + at);
    const due = startAt + 181 * dayMs;
    writer.due(due);
    const halfway = retentionRuns(writer.store, 5);
    expect(halfway).toHaveLength(1);
    expect(halfway[0]!.endedAt).toBeNull();
    const narrowed = halfway[0]!.removed.find(({ purpose }) => purpose === 'sharing')!.narrowed;
    expect(narrowed).toBeGreaterThan(0);
    expect(narrowed).toBeLessThan(450);
    writer.close();
    writer = open(document(usual), path);
    for (let n = 0; n < 40; n += 1) writer.due(due);
    const [run, ...others] = retentionRuns(writer.store, 5);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      endedAt: due,
      removed: [
        { class: 'events', purpose: null, deleted: 150, narrowed: 0 },
        { class: 'events', purpose: 'marketing', deleted: 0, narrowed: 450 },
        { class: 'events', purpose: 'personalisation', deleted: 0, narrowed: 450 },
        { class: 'events', purpose: 'sharing', deleted: 0, narrowed: 450 },
      ],
    });
    writer.due(due + runEveryMs - 1);
    expect(retentionRuns(writer.store, 5)).toHaveLength(1);
    writer.due(due + runEveryMs);
    expect(retentionRuns(writer.store, 5)).toHaveLength(2);
    expect(isTrue(writer, due + runEveryMs)).toBe(true);
    writer.close();
  });

  it('what the disk refuses in the middle of a slice is done with the next one', () => {
    const writer = open(document(usual));
    for (let at = 0; at < 150; at += 1) visit(writer, `V${at}`, startAt + at);
    const due = startAt + 31 * dayMs;
    writer.store.exec(`CREATE TEMP TRIGGER full BEFORE UPDATE OF body ON events WHEN OLD.seq = 250
      BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
    expect(() => writer.due(due)).toThrow('the disk is full');
    writer.store.exec('DROP TRIGGER full');
    for (let n = 0; n < 40; n += 1) writer.due(due);
    const [run, ...others] = retentionRuns(writer.store, 5);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      endedAt: due,
      removed: [{ class: 'events', purpose: 'sharing', deleted: 0, narrowed: 450 }],
    });
    writer.close();
  });

  it('writes only the row of an event from which nothing else was read', () => {
    const writer = open(document(usual));
    visit(writer, 'A1', startAt, { query: '?utm_source=x' });
    visit(writer, 'B1', startAt);
    writer.store.exec(`CREATE TEMP TABLE moved (what TEXT);
      CREATE TEMP TRIGGER forgotten AFTER DELETE ON events BEGIN INSERT INTO moved VALUES ('events'); END;
      CREATE TEMP TRIGGER profiled AFTER UPDATE ON profiles BEGIN INSERT INTO moved VALUES ('profiles'); END;`);
    const moved = () => writer.store.prepare<{ n: number }>('SELECT count(*) AS n FROM moved').get()!.n;
    retain(writer, startAt + 30 * dayMs);
    expect(moved()).toBe(0);
    retain(writer, startAt + 90 * dayMs);
    // The click id of one view, and the person it was folded into.
    expect(moved()).toBeGreaterThan(0);
    expect(writer.store.prepare("SELECT count(*) AS n FROM moved WHERE what = 'events'").get()).toEqual({ n: 1 });
    writer.close();
  });

  it('announced carts are not revoked because what led to them has aged', () => {
    const writer = open(document(usual));
    visit(writer, 'A1', startAt);
    writer.due(startAt + dayMs);
    const kinds = () =>
      writer.store
        .prepare<{ kind: string }>('SELECT kind FROM announcements')
        .all()
        .map(({ kind }) => kind);
    expect(kinds()).toContain('cart.abandoned');
    retain(writer, startAt + 180 * dayMs);
    expect(kinds()).toEqual([]);
    writer.close();
  });

  it('refusals and counts age by their class', () => {
    const writer = open(document(usual));
    send(writer, [{ type: 'page', anonymousId: 'A' }], startAt);
    writer.command({
      kind: 'consent',
      row: { kind: 'refuse', decisions: [], policy: {}, gpc: { js: false } },
      receivedAt: startAt,
      key: ledgerKey,
      gpc: false,
      origin: null,
      country: null,
    });
    expect([count(writer, 'refusals'), count(writer, 'verdict_counts'), count(writer, 'consent_counts')]).toEqual([
      1, 1, 1,
    ]);
    retain(writer, startAt + 31 * dayMs);
    expect([count(writer, 'refusals'), count(writer, 'verdict_counts'), count(writer, 'consent_counts')]).toEqual([
      0, 1, 1,
    ]);
    retain(writer, startAt + 762 * dayMs);
    expect([count(writer, 'verdict_counts'), count(writer, 'consent_counts')]).toEqual([0, 0]);
    writer.close();
  });
});

it('R10: whatever is kept, and whenever retention looks, the state is the same as that of what is left', () => {
  console.log(`property seed ${seed} (WEFT_SEED repeats it)`);
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          on: fc.constantFrom('A', 'B', 'C'),
          day: fc.integer({ min: 0, max: 400 }),
          query: fc.constantFrom('', '?utm_source=news', '?gclid=CLICK123'),
          email: fc.constantFrom('ada@shop.test', 'Ada+spring@Shop.test'),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.array(
        fc.record({
          on: fc.constantFrom(null, 'A', 'B'),
          day: fc.integer({ min: 0, max: 400 }),
          isOrder: fc.boolean(),
          email: fc.constantFrom('ada@shop.test', 'bob@shop.test'),
        }),
        { maxLength: 8 },
      ),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      (visits, told, looks) => {
        const often = open(document(usual));
        const once = open(document(usual));
        const at = (day: number) => startAt + day * dayMs;
        const last = Math.max(...looks, 400);
        const ordered = [...visits].sort((a, b) => a.day - b.day);
        // What a shop's server tells: an order outlives the page before it, and keeps who was first seen there.
        const key = keyOf(often, { days: 60, orderDays: 200 });
        keyOf(once, key.retention!);
        const callOf = ({ on, isOrder, email }: (typeof told)[number], n: number) => ({
          ...(isOrder || on === null ? orderOf(`O${n}`, email) : { type: 'page' }),
          ...(on && { anonymousId: `${on}-shop` }),
        });
        const steps = [
          ...told.map((one, n) => ({
            day: one.day,
            run: (writer: Writer) => send(writer, [callOf(one, n)], at(one.day), { key }),
          })),
          ...ordered.map(({ on, day, query, email }, n) => ({
            day,
            run: (writer: Writer) => visit(writer, `${on}${n}`, at(day), { query, traits: { email } }),
          })),
          ...looks.map((day) => ({
            day,
            run: (writer: Writer) => (writer === often ? retain(writer, at(day)) : null),
          })),
        ].sort((a, b) => a.day - b.day);
        const names = minted;
        for (const writer of [often, once]) {
          minted = names;
          for (const { run } of steps) run(writer);
          retain(writer, at(last));
        }
        const comparable = (writer: Writer) =>
          dumpLines(writer.pipeline.set).map((line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id'));
        expect(comparable(often).sort()).toEqual(comparable(once).sort());
        for (const writer of [often, once]) {
          expect(isTrue(writer, at(last))).toBe(true);
          writer.close();
        }
      },
    ),
    { seed, numRuns: runs },
  );
});

it('the audit log goes after a year, or as the consent file says, and whom a row was about goes with it', () => {
  for (const [settings, days] of [
    [{}, 365],
    [{ retention: { auditDays: 30 } }, 30],
  ] as const) {
    const writer = open(document(usual, settings));
    visit(writer, 'A1', startAt);
    const { hid } = writer.store.prepare<{ hid: string }>('SELECT hid FROM nodes LIMIT 1').get()!;
    for (const at of [startAt, startAt + dayMs])
      writer.audit.add({ at, by: 'staff:ada', what: 'person.read', persons: [hid], purpose: null, detail: null });
    retain(writer, startAt + days * dayMs);
    expect([count(writer, 'audit_log'), count(writer, 'audit_persons')]).toEqual([2, 2]);
    const run = retain(writer, startAt + days * dayMs + 1);
    expect(run.removed).toContainEqual({ class: 'audit', purpose: null, deleted: 1, narrowed: 0 });
    expect([count(writer, 'audit_log'), count(writer, 'audit_persons')]).toEqual([1, 1]);
    writer.close();
  }
});

it('requests for a copy go three years after they ended, one that is still open never', () => {
  const writer = open(document(usual));
  const put = writer.store.prepare(
    "INSERT INTO exports (id, state, token_key, requested_by, requested_at) VALUES (?, ?, x'00', 'key', ?)",
  );
  for (const state of ['accepted', 'expired', 'erased', 'failed']) put.run(state, state, startAt);
  retain(writer, startAt + 1_095 * dayMs);
  expect(count(writer, 'exports')).toBe(4);
  retain(writer, startAt + 1_095 * dayMs + 1);
  expect(writer.store.prepare('SELECT id FROM exports').all()).toEqual([{ id: 'accepted' }]);
  writer.close();
});

it('an erasure goes with its certificate once it is done and told for as long as a proof is kept; what is open stays', () => {
  const writer = open(document(usual));
  const { store } = writer;
  const erasure = store.prepare(
    `INSERT INTO erasures (id, state, subject_key, requested_by, requested_at, done_at, step) VALUES (?, ?, ?, 'key', 1, ?, 10)`,
  );
  const notice = store.prepare(
    `INSERT INTO notices (id, erasure, recipient, state, attempts, created_at, settled_at) VALUES (?, ?, 'mailer', ?, 0, 1, ?)`,
  );
  const kept = (table: string): unknown[] =>
    store
      .prepare<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`)
      .all()
      .map(({ id }) => id);
  const day = (n: number): number => startAt + n * dayMs;
  for (const [id, doneAt] of [
    ['told', day(0)],
    ['late', day(0)],
    ['untold', day(0)],
    ['alone', day(0)],
  ] as const)
    erasure.run(id, 'done', Buffer.from(id), doneAt);
  erasure.run('running', 'running', Buffer.from('running'), null);
  notice.run('n-told', 'told', 'acknowledged', day(1));
  notice.run('n-late', 'late', 'settled', day(40));
  notice.run('n-untold', 'untold', 'manual', null);
  retain(writer, day(1_095));
  expect(kept('erasures')).toEqual(['alone', 'late', 'running', 'told', 'untold']);
  retain(writer, day(1_095) + 1);
  expect(kept('erasures')).toEqual(['late', 'running', 'told', 'untold']);
  const run = retain(writer, day(1_097));
  expect(run.removed).toEqual([
    { class: 'erasures', purpose: null, deleted: 1, narrowed: 0 },
    { class: 'notices', purpose: null, deleted: 1, narrowed: 0 },
  ]);
  expect([kept('erasures'), kept('notices')]).toEqual([
    ['late', 'running', 'untold'],
    ['n-late', 'n-untold'],
  ]);
  retain(writer, day(9_999));
  expect([kept('erasures'), kept('notices')]).toEqual([['running', 'untold'], ['n-untold']]);
  writer.close();
});
