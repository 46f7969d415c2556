// The smallest site that obeys what consent decides. Real tables, a list in place of the events table, and the duties of the
// pipeline (execute withdrawals and erasures) in a few lines.

import type { Purpose } from '../contract/purposes.js';
import type { EventType } from '../events/event.js';
import type { KeyContext } from '../log/log.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { type Consent, openConsent } from './consent.js';
import type { Candidate, DeviceState } from './gate.js';
import { consentMigrations } from './migrations.js';
import { type Policy, parsePolicy } from './policy/policy.js';
import type { ErasureSubject } from './rights/erase.js';
import { type ErasurePlan, planDeviceErasure, planPersonErasure } from './rights/plan.fixture.js';
import { planWithdrawal } from './rights/withdraw.js';
import type { RowResult } from './rows/act.js';
import { type ConsentViewer, openConsentView } from './view.js';

export const secret = 'a secret of this site';
export const dayMs = 86_400_000;
export const start = Date.UTC(2026, 10, 1, 12);

/** 22 characters of the receipt alphabet, readable in a failing test. */
export const receiptOf = (name: string | number): string => `${name}`.padEnd(22, '_').slice(0, 22);

export interface Kept {
  seq: number;
  messageId: string;
  type: EventType;
  name: string | null;
  at: number;
  receivedAt: number;
  anonymousId: string | null;
  userId: string | null;
  receipt: string | null;
  purposes: readonly Purpose[];
}

export interface Sent {
  events?: Partial<Candidate>[];
  row?: unknown;
  gpc?: boolean;
  key?: Partial<KeyContext>;
  country?: string | null;
  sentAt?: number | null;
}

export interface Answered {
  /** `kept`, or the code, by event. */
  codes: string[];
  row: RowResult | null;
  state: DeviceState | undefined;
}

export interface Site {
  sql: SqliteStore;
  policy: Policy;
  consent: Consent;
  view: ConsentViewer;
  events: Kept[];
  now: number;
  send: (sent: Sent) => Answered;
  post: (row: unknown, under?: Pick<Sent, 'gpc' | 'country' | 'sentAt'>) => RowResult;
  /** Requests, and executes what is open. */
  erase: (subject: ErasureSubject, until?: 'accepted' | 'running') => string;
  /** A row as the page sends it. */
  row: (fields: Record<string, unknown> & { grants?: readonly Purpose[]; denies?: readonly Purpose[] }) => object;
  userOf: (visitorId: string) => string | null;
  /** All that stands in any table, as text. */
  dump: () => string;
}

export const openSite = (policyFile: unknown = {}, existing?: SqliteStore): Site => {
  const sql = existing ?? openSqlite(':memory:', consentMigrations);
  const policy = parsePolicy(policyFile);
  const consent = openConsent(sql, { policy, secret }, start);
  let seq = 0;
  let erasures = 0;

  const userOf = (visitorId: string): string | null =>
    site.events
      .filter((event) => event.anonymousId === visitorId && event.userId !== null)
      .sort((a, b) => a.at - b.at)
      .at(-1)?.userId ?? null;

  const execute = (row: RowResult | null): void => {
    if (!row || !('withdrawal' in row) || !row.withdrawal) return;
    const plan = planWithdrawal(row.withdrawal, site.events);
    site.events = site.events
      .filter((event) => !plan.deleted.includes(event.seq))
      .map((event) => {
        const narrowing = plan.narrowed.find((one) => one.seq === event.seq);
        if (!narrowing) return event;
        const identity = narrowing.identity ? { anonymousId: null, userId: null } : {};
        return { ...event, ...identity, purposes: narrowing.purposes };
      });
  };

  const runErasures = (until?: 'accepted' | 'running'): void => {
    if (until === 'accepted') return;
    for (const work of consent.erasures.open()) {
      if (work.state === 'accepted') {
        let plan: ErasurePlan;
        const { subject } = work;
        if (!subject) plan = { deleted: [], erased: [], cut: [], marks: [] };
        else if ('userId' in subject) {
          const userIds = [subject.userId];
          const visitorIds = [
            ...new Set(
              site.events.filter((one) => one.userId === subject.userId).flatMap((one) => one.anonymousId ?? []),
            ),
          ];
          plan = planPersonErasure(
            { userIds, visitorIds, receiptsOf: consent.receiptsOf },
            site.events.map((one) => ({ ...one, owned: one.userId === subject.userId })),
            () => 'somebody',
          );
        } else if ('anonymousId' in subject || 'visitorId' in subject) {
          const visitorId = 'visitorId' in subject ? subject.visitorId : subject.anonymousId;
          const device = { visitorId, receipts: consent.receiptsOf(visitorId) };
          plan = planDeviceErasure(
            device,
            site.events.map((one) => ({ ...one, owned: false })),
          );
        } else plan = { deleted: [], erased: [], cut: [], marks: [] };
        const userIds = subject && 'userId' in subject ? [subject.userId] : [];
        const closure = { userIds, aliases: [], visitorIds: plan.erased, contacts: [] };
        consent.erasures.begin(work.id, closure, plan, site.now);
      }
      if (until === 'running') return;
      const deleted = consent.erasures.events(work.id, 'delete', 1_000);
      site.events = site.events.filter((event) => !deleted.includes(event.seq));
      consent.erasures.through(work.id, deleted);
      consent.erasures.finish(work.id, { events: deleted.length }, site.now);
    }
  };

  const site: Site = {
    sql,
    policy,
    consent,
    view: openConsentView(sql, secret),
    events: [],
    now: start,
    userOf,
    send: ({ events = [], row, gpc = false, key, country = null, sentAt = null }) => {
      const door = consent.door({
        key: { trust: 'public', mode: 'ledger', purposes: [], categories: {}, ...key },
        receivedAt: site.now,
        sentAt,
        gpc,
        origin: 'https://shop.example',
        country,
        userOf,
        row,
      });
      execute(door.row);
      const codes = events.map((fields) => {
        const event: Candidate = {
          type: 'page',
          name: null,
          at: site.now,
          receivedAt: site.now,
          anonymousId: null,
          userId: null,
          receipt: null,
          ...fields,
        };
        const judgement = door.judge(event);
        if (judgement.kind !== 'pass') return judgement.code;
        door.kept(event, judgement);
        seq += 1;
        site.events.push({
          seq,
          messageId: `m${seq}`,
          type: event.type,
          name: event.name,
          at: event.at,
          receivedAt: event.receivedAt,
          anonymousId: judgement.strip.anonymousId ? null : event.anonymousId,
          userId: judgement.strip.userId ? null : event.userId,
          receipt: judgement.receipt,
          purposes: judgement.purposes,
        });
        return 'kept';
      });
      return { codes, row: door.row, state: door.state() };
    },
    post: (row, { gpc = false, country = null, sentAt = null } = {}) => {
      const result = consent.acceptRow(row, {
        receivedAt: site.now,
        sentAt,
        gpc,
        origin: 'https://shop.example',
        country,
        userOf,
      });
      execute(result);
      return result;
    },
    erase: (subject, until) => {
      erasures += 1;
      const { id } = consent.erasures.request(subject, {
        id: `erasure-${site.now}-${erasures}`,
        by: 'staff',
        at: site.now,
      });
      runErasures(until);
      return id;
    },
    row: ({ grants = [], denies = [], source = 'user', ...fields }) => ({
      kind: 'grant',
      visitorId: null,
      epoch: 'e1',
      supersedes: null,
      decisions: [
        ...grants.map((purpose) => ({ purpose, value: 'granted' })),
        ...denies.map((purpose) => ({ purpose, value: 'denied' })),
      ].map((decision) => ({
        ...decision,
        source,
        materialHash: policy.purposes.find((one) => one.id === decision.purpose)?.materialHash ?? null,
      })),
      policy: { version: policy.version, configHash: policy.configHash },
      text: { locale: 'en', sha256: 'ab'.repeat(32) },
      ui: { layer: 'first', action: 'accept-all', variant: 'box' },
      gpc: { js: false, ack: false },
      clientAt: new Date(site.now).toISOString(),
      ...fields,
    }),
    dump: () =>
      JSON.stringify(
        sql
          .prepare<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
          .all()
          .map(({ name }) => [name, sql.prepare(`SELECT * FROM ${name}`).all()]),
        (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value),
      ),
  };
  return site;
};
