// What a publish from the editor sets going: the data of a purpose that was taken out goes, and a shorter time holds for what
// is collected from then on. The routes of the room, the real store, and retention as it runs.

import { afterEach, describe, expect, it } from 'vitest';
import { purposes } from '../../../contract/purposes.js';
import { databaseFile } from '../../../embedded.js';
import type { KeyContext } from '../../../log/log.js';
import { submissionOf } from '../../../pipeline/sent.fixture.js';
import { openSqlite } from '../../../store/sqlite.js';
import { openRoom, type Room, receiptOf } from '../room.fixture.js';

const dayMs = 86_400_000;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const publicKey: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };
const file = (purposesOf: object[]) => ({
  policy: { version: '1', links: { privacy: '/privacy' } },
  controller: { name: 'Example', contact: 'dpo@example.com' },
  purposes: [{ id: 'necessary', always: true }, ...purposesOf],
});
const measurement = { id: 'measurement', retentionDays: 395, data: ['pages'], recipients: [] };
const personalisation = { id: 'personalisation', retentionDays: 180, data: ['profile'], recipients: [] };

const open = async (): Promise<Room> => {
  const room = await openRoom({ answers: false, consentFile: file([measurement, personalisation]) });
  closing.push(room.end);
  const decisions = room.live
    .current()
    .policy.purposes.map(({ id, materialHash }) => ({ purpose: id, value: 'granted', source: 'user', materialHash }));
  expect(await room.answer(1, 0, purposes, { decisions })).toBe(200);
  return room;
};
const visit = async ({ log }: Room, name: string, at: number): Promise<void> => {
  const receipt = receiptOf(1);
  const common = {
    anonymousId: 'visitor-1',
    timestamp: new Date(at).toISOString(),
    context: { consent: { receipt }, sessionId: `s-${name}` },
  };
  const batch = [
    { type: 'page', messageId: `p-${name}`, properties: { path: `/${name}` }, ...common },
    { type: 'identify', messageId: `i-${name}`, userId: `U-${name}`, traits: { plan: `plan-${name}` }, ...common },
  ];
  await log.append(submissionOf({ batch }, at, { key: publicKey, origin: 'https://shop.example' }));
};
const stored = ({ folder }: Room): string => {
  const store = openSqlite(databaseFile(folder), [], { readonly: true });
  const text = JSON.stringify(
    ['events', 'nodes', 'profiles', 'sessions'].map((table) => store.prepare(`SELECT * FROM ${table}`).all()),
    (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value),
  );
  store.close();
  return text;
};
const people = ({ reader }: Room, userId: string, now: number) => reader.profilesBy({ userId }, { purposes, now });

/** As a privacy team does: looks at the change, and publishes what the last page holds. */
const publish = async (room: Room, document: object, press: 'publish' | 'ask nobody'): Promise<void> => {
  const staff = await room.enter();
  const csrf = await staff.csrf('/privacy/policy/edit', '/privacy/policy/review');
  const over = room.live.current().policy.configHash;
  let text = JSON.stringify(document, null, 2);
  const hidden = (html: string): string =>
    /name="text" value="([^"]*)"/
      .exec(html.slice(html.indexOf('id="diff"')))![1]!
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
  if (press === 'ask nobody') {
    const looked = await (await staff.post('/privacy/policy/review', { csrf, text, over })).text();
    expect(looked).toContain('Ask nobody about it');
    text = hidden(looked);
    expect(text).toContain('compatibleWith');
  }
  const looked = await (await staff.post('/privacy/policy/review', { csrf, text, over })).text();
  expect(looked).toContain('Publish it');
  const done = await staff.post('/privacy/policy', { csrf, text, over });
  expect([done.status, done.headers.get('location')]).toEqual([303, '/privacy/policy?published']);
};

describe('a policy published from the editor', () => {
  it('that no longer lists a purpose ends in the erasure of what was collected for it, and of nothing else', async () => {
    const room = await open();
    await visit(room, 'before', room.now - 1_000);
    expect(await people(room, 'U-before', room.now)).toHaveLength(1);
    await publish(room, file([measurement]), 'publish');

    // At once: what was granted for it is worth nothing any more.
    await visit(room, 'after', room.now + 1_000);
    expect(stored(room)).not.toContain('U-after');
    // For a day it may be put back.
    await room.log.command({ kind: 'retention', at: room.now + dayMs / 2 });
    expect(stored(room)).toContain('U-before');
    // Then it goes, wherever it was.
    const at = room.now + 2 * dayMs;
    await room.log.command({ kind: 'retention', at });
    for (const gone of ['U-before', 'plan-before', 'visitor-1']) expect(stored(room)).not.toContain(gone);
    expect(await people(room, 'U-before', at)).toEqual([]);
    // The view was counted for `measurement`, too, and stays without whom it was.
    expect(stored(room)).toContain('/before');
    const [run] = await room.reader.retentionRuns(1);
    expect(run!.removed).toContainEqual({ class: 'events', purpose: 'personalisation', deleted: 0, narrowed: 2 });
    const words = await (await room.enter()).page('/privacy/retention');
    expect(words).toContain('personalisation');
  }, 60_000);

  it('that keeps a purpose for less asks nobody, holds for what is collected from then on, and leaves what was promised before', async () => {
    const room = await open();
    await visit(room, 'before', room.now - 1_000);
    await publish(room, file([measurement, { ...personalisation, retentionDays: 20 }]), 'ask nobody');
    const releases = (await room.reader.policies(10)) as unknown as { reasked: unknown[] }[];
    expect(releases[0]!.reasked).toEqual([]);
    // The old receipt still grants: its terms were wider.
    await visit(room, 'after', room.now + 1_000);
    expect(await people(room, 'U-after', room.now + 2_000)).toHaveLength(1);

    await room.log.command({ kind: 'retention', at: room.now + 21 * dayMs });
    expect(stored(room)).not.toContain('plan-after');
    expect(stored(room)).toContain('plan-before');
    await room.log.command({ kind: 'retention', at: room.now + 181 * dayMs });
    expect(stored(room)).not.toContain('plan-before');
  }, 60_000);
});
