// For tests: the privacy room over the real store, writer and reader, filled through the commands that the house itself uses.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditNotes } from '../../audit/notes.js';
import { openLivePolicy } from '../../consent/policy/live.js';
import { purposes } from '../../contract/purposes.js';
import { type Engines, openEmbedded } from '../../embedded.js';
import { makeExport } from '../../jobs/exports.js';
import type { KeyContext } from '../../log/log.js';
import { submissionOf } from '../../pipeline/sent.fixture.js';
import { type StaffAccount, staffCredential } from '../../site/keys.js';
import { accountsOfTests, keysOf, type Visitor, visit } from '../fixtures/staff.js';
import { type DashboardOptions, dashboard } from '../index.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

const external: KeyContext = { id: 'seed', trust: 'secret', mode: 'external', purposes, categories: {} };
const publicKey: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };

/** 22 characters of the receipt alphabet. */
export const receiptOf = (n: number): string => `receipt${n}`.padEnd(22, '_');
export const email = 'ada.audited@shop.example';

export interface Room extends Engines {
  folder: string;
  app: ReturnType<typeof dashboard>;
  audit: ReturnType<typeof openAuditNotes>;
  live: Awaited<ReturnType<typeof openLivePolicy>>;
  now: number;
  /** Logged in as one of the accounts of tests. */
  enter: (name?: string) => Promise<Visitor>;
  /** One answer to the banner, some days ago. */
  answer: (n: number, daysAgo: number, grants: readonly string[], more?: Record<string, unknown>) => Promise<number>;
  end: () => Promise<void>;
}

export const openRoom = async ({
  answers = true,
  asked = false,
  consentFile = null,
  accounts = accountsOfTests,
  ...options
}: {
  answers?: boolean;
  /** Whether people have asked for something: a copy, an erasure with a recipient to be told by hand, an objection. */
  asked?: boolean;
  /** What the consent file says; null = the one that ships. */
  consentFile?: Record<string, unknown> | null;
  accounts?: readonly StaffAccount[];
} & Partial<DashboardOptions> = {}): Promise<Room> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-room-'));
  const exportsFolder = join(folder, 'exports');
  const file = consentFile === null ? null : join(folder, 'consent.json');
  if (file !== null) writeFileSync(file, JSON.stringify(consentFile));
  const engines = await openEmbedded({
    store: { kind: 'sqlite', folder },
    bots: 'keep',
    reservedEmail: 'allow',
    identitySecret: null,
    consentFile: file,
    siteFile: null,
  });
  const { log, reader } = engines;
  const now = Date.now();
  const { configHash } = (await log.command({ kind: 'policy', act: 'live' })).body as { configHash: string };
  const answer: Room['answer'] = async (n, daysAgo, grants, more = {}) => {
    const at = now - daysAgo * dayMs - hourMs;
    const refused = grants.length === 0;
    const { status } = await log.command({
      kind: 'consent',
      row: {
        receipt: refused ? null : receiptOf(n),
        kind: refused ? 'refuse' : 'grant',
        visitorId: refused ? null : `visitor-${n}`,
        epoch: 'e1',
        supersedes: null,
        decisions: purposes.map((purpose) => ({
          purpose,
          value: grants.includes(purpose) ? 'granted' : 'denied',
          source: 'user',
        })),
        policy: { configHash },
        text: { locale: n % 3 === 0 ? 'fr' : 'en', sha256: 'ab'.repeat(32) },
        ui: {
          layer: 'first',
          action: refused ? 'reject-all' : grants.length < purposes.length ? 'save' : 'accept-all',
        },
        gpc: { js: false, ack: false },
        jurisdiction: { code: n % 3 === 0 ? 'FR' : 'DE' },
        clientAt: new Date(at).toISOString(),
        ...more,
      },
      receivedAt: at,
      key: publicKey,
      gpc: false,
      origin: 'https://shop.example',
      country: n % 3 === 0 ? 'FR' : 'DE',
    });
    return status;
  };
  for (const { id, name, role } of accounts)
    await log.command({
      kind: 'keys',
      act: 'upsert',
      value: await staffCredential('right horse', { label: name, seeded: false, at: now }, { id, role }),
    });
  if (answers) {
    let n = 0;
    for (let daysAgo = 9; daysAgo >= 0; daysAgo -= 1)
      for (let each = 0; each < 11 + (daysAgo % 3) * 4; each += 1) {
        n += 1;
        const grants = n % 4 === 0 ? [] : n % 5 === 0 ? ['measurement'] : purposes;
        const status = await answer(n, daysAgo, grants);
        if (status !== 200) throw new Error(`an answer of the fixture was refused: ${status}`);
      }
    const at = (minutesAgo: number): string => new Date(now - minutesAgo * 60_000).toISOString();
    await log.append(
      submissionOf(
        {
          batch: [
            {
              type: 'page',
              messageId: 'r1',
              anonymousId: 'device-of-ada',
              timestamp: at(20),
              properties: { path: '/' },
            },
            {
              type: 'identify',
              messageId: 'r2',
              anonymousId: 'device-of-ada',
              userId: 'u-ada',
              timestamp: at(19),
              traits: { email, name: 'Ada Audited' },
            },
          ],
        },
        now,
        { key: external },
      ),
    );
    // What a day does by itself: signs, ages, ends what is due.
    await log.command({ kind: 'due', at: now });
    await log.command({ kind: 'retention', at: now });
  }
  if (asked) {
    const named = {
      type: 'identify',
      messageId: 'b1',
      anonymousId: 'device-of-bo',
      userId: 'u-bo',
      traits: { name: 'Bo' },
    };
    await log.append(submissionOf({ batch: [named] }, now, { key: external }));
    const [bo] = await reader.profilesBy({ userId: 'u-bo' }, { purposes, now });
    await log.command({ kind: 'delivered', recipient: 'mailer', profiles: [bo!.id], at: now });
    // Asked when half of the month was over, and then some.
    const by = { by: 'staff_piet', at: now - 25 * dayMs };
    await log.command({ kind: 'erase', subject: { userId: 'u-bo' }, ...by });
    await log.command({ kind: 'access', subject: { userId: 'u-ada' }, ...by });
    await log.command({ kind: 'object', subject: { anonymousId: 'device-of-cy' }, purposes, lift: false, ...by });
    await log.command({ kind: 'due', at: now });
    await makeExport({ log, reader, folder: exportsFolder });
  }
  const live = await openLivePolicy({ log, file, now: () => now, onChange: () => {} });
  const audit = openAuditNotes(log);
  const app = dashboard({
    reader,
    log,
    audit,
    keys: keysOf(accounts),
    exportsFolder,
    sessionSecret: 'a secret of tests',
    policy: { live, replayScript: () => null },
    links: { demo: null, docs: '/docs' },
    now: () => now,
    ...options,
  });
  return {
    ...engines,
    folder,
    app,
    audit,
    live,
    now,
    answer,
    enter: async (name = 'Piet') => {
      const visitor = visit(app);
      await visitor.logIn(name);
      return visitor;
    },
    end: async () => {
      await audit.close();
      await engines.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
