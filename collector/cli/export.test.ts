// What an export for a recipient holds: of each person what the recipient's purposes permit now, and nobody before it is
// noted that they were given.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePolicy } from '../consent/policy/policy.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { KeyContext } from '../log/log.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { exportOf, purposesOfRecipient } from './export.js';
import { kinds } from './person.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const startAt = Date.UTC(2026, 10, 2, 9);
const hourMs = 3_600_000;
const document = {
  onWithdraw: 'stop',
  purposes: [
    { id: 'measurement', retentionDays: 395, recipients: ['counter'] },
    { id: 'personalisation', retentionDays: 180, recipients: [] },
    { id: 'marketing', retentionDays: 90, gpc: 'deny', recipients: ['mailer'] },
  ],
  recipients: {
    mailer: { name: 'Mail service', country: 'FR', role: 'processor' },
    counter: { name: 'Counter', country: 'FR', role: 'processor' },
    idle: { name: 'Idle', country: 'FR', role: 'processor' },
  },
};

const open = (): Writer => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-export-'));
  writeFileSync(join(folder, 'consent.json'), JSON.stringify(document));
  const writer = openWriter({
    path: ':memory:',
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: join(folder, 'consent.json'),
  });
  closing.push(() => {
    writer.close();
    rmSync(folder, { recursive: true });
  });
  return writer;
};

const page: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };
const server: KeyContext = { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} };
const send = (
  writer: Writer,
  batch: object[],
  at: number,
  { key = page, gpc = false, consent }: { key?: KeyContext; gpc?: boolean; consent?: object } = {},
): void => {
  const timestamp = new Date(at).toISOString();
  const text = JSON.stringify({
    batch: batch.map((call) => ({ timestamp, ...call })),
    ...(consent && { consent }),
  });
  const call = { text, type: null, receivedAt: at, key, gpc, userAgent: null, country: null, rejected: [] };
  const [settled] = writer.run([{ ...call, origin: 'https://shop.test' }], at);
  if (!settled || !('answer' in settled)) throw settled?.failed;
};
const receiptOf = (visitor: string, act: string): string => `${act}${visitor}`.padEnd(22, '_');
const row = (writer: Writer, visitorId: string, at: number, kind: 'grant' | 'withdraw', denied: readonly string[]) => ({
  receipt: receiptOf(visitorId, kind),
  ...(kind === 'withdraw' && { supersedes: receiptOf(visitorId, 'grant') }),
  kind,
  visitorId,
  epoch: startAt,
  decisions: writer.consent.policy.purposes.map(({ id, materialHash }) => ({
    purpose: id,
    value: denied.includes(id) ? 'denied' : 'granted',
    source: 'user',
    materialHash,
  })),
  policy: { version: writer.consent.policy.version, configHash: writer.consent.policy.configHash },
  gpc: { js: false },
  clientAt: new Date(at).toISOString(),
});
const visit = (writer: Writer, id: string, { denied = [] as string[], gpc = false, at = startAt } = {}): void =>
  send(
    writer,
    [
      {
        type: 'page',
        messageId: `${id}-${at}-${gpc}`,
        anonymousId: id,
        context: { consent: { receipt: receiptOf(id, 'grant') }, sessionId: `s-${id}` },
        properties: { url: 'https://shop.test/' },
      },
    ],
    at,
    { consent: row(writer, id, startAt, 'grant', denied), gpc },
  );
const takeBack = (writer: Writer, id: string, denied: readonly string[]): void =>
  send(writer, [], startAt + hourMs, { consent: row(writer, id, startAt + hourMs, 'withdraw', denied) });

/** The lines of an export for somebody, and what happened in which order. */
const exported = (writer: Writer, permitted: readonly Purpose[], gone: readonly string[] = []) => {
  const happened: string[] = [];
  const noted = new Set<string>();
  const { lines } = exportOf(writer.store, kinds, null, startAt + 2 * hourMs, {
    name: 'mailer',
    purposes: permitted,
    toPresent: () => happened.push('present'),
    deliver: (profiles) => {
      happened.push('noted');
      const shown = profiles.filter((id) => !gone.includes(id));
      for (const id of shown) noted.add(id);
      return new Set(shown);
    },
  });
  const devices = new Set<string>();
  const people = new Set<string>();
  for (const line of lines) {
    happened.push('line');
    const item = JSON.parse(line) as { profileId: string; anonymousId?: string; identifiers?: { value: string }[] };
    expect(noted).toContain(item.profileId);
    people.add(item.profileId);
    for (const { value } of item.identifiers ?? []) devices.add(value);
    if (item.anonymousId) devices.add(item.anonymousId);
  }
  return { happened, noted: [...noted].sort(), people: [...people].sort(), devices: [...devices].sort() };
};

describe('weft export --recipient', () => {
  it('section 4: holds of each person what the recipient’s purposes permit now, and nothing of nobody', () => {
    const writer = open();
    visit(writer, 'grants');
    visit(writer, 'no-mail', { denied: ['marketing'] });
    visit(writer, 'stop-some');
    takeBack(writer, 'stop-some', ['marketing']);
    visit(writer, 'stop-all');
    takeBack(writer, 'stop-all', purposes);
    visit(writer, 'signals');
    visit(writer, 'signals', { gpc: true, at: startAt + 60_000 });
    send(
      writer,
      [{ type: 'track', event: 'Order Completed', userId: 'objector', properties: { order_id: 'o1', revenue: 1 } }],
      startAt,
      { key: server },
    );
    // Counted, and of nobody.
    visit(writer, 'measured', { denied: ['personalisation', 'marketing'] });
    expect(exported(writer, ['marketing']).devices).toEqual(['grants', 'objector']);
    writer.command({
      kind: 'object',
      subject: { userId: 'objector' },
      purposes: ['marketing'],
      lift: false,
      by: 'person',
      at: startAt + hourMs,
    } as never);
    const mailer = exported(writer, ['marketing']);
    expect(mailer.devices).toEqual(['grants']);
    expect(mailer.noted).toEqual(mailer.people);
    // The same answer as GET /v1/profiles?purpose=personalisation gives: with `stop`, a row of no purpose is nobody's to see.
    expect(exported(writer, ['personalisation', 'marketing']).devices).toEqual([
      'grants',
      'no-mail',
      'objector',
      'signals',
      'stop-some',
    ]);
    // The operator's own copy has all of it, also what nobody may use any more.
    const own = [...exportOf(writer.store, kinds, null, startAt + 2 * hourMs).lines].join('\n');
    for (const text of ['stop-all', '"measured-', 'objector']) expect(own).toContain(text);
  });

  it('section 6: notes whom it gives before the first of their lines, and leaves out who was erased meanwhile', () => {
    const writer = open();
    for (let n = 0; n < 150; n += 1) visit(writer, `v${n}`);
    const { happened, people, noted } = exported(writer, ['marketing']);
    expect(happened.slice(0, 3)).toEqual(['present', 'noted', 'line']);
    expect(happened.filter((what) => what === 'noted')).toHaveLength(2);
    expect(people).toHaveLength(150);
    expect(noted).toEqual(people);
    expect(exported(writer, ['marketing'], [people[7]!]).people).not.toContain(people[7]);
  });

  it('is for those the consent file in force names, at a purpose that has profiles', () => {
    const policy = parsePolicy(document);
    expect(purposesOfRecipient(policy, 'mailer')).toEqual(['marketing']);
    for (const [name, said] of [
      ['stranger', /names no recipient "stranger"/],
      ['idle', /No purpose .* lists the recipient "idle"/],
      ['counter', /for measurement alone/],
    ] as const)
      expect(() => purposesOfRecipient(policy, name)).toThrow(said);
    expect(() => purposesOfRecipient(parsePolicy({ ...document, killSwitch: true }), 'mailer')).toThrow(/No purpose/);
  });
});
