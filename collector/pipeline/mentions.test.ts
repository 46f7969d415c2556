// What others wrote of somebody who is erased: an address or an id in events that are not theirs (consent.md, section 6).

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { identify, openShop, page, secretKey, startAt } from './calls.fixture.js';
import { take, temporary } from './erasing.fixture.js';
import { openWriter, type Writer } from './writer.js';

describe('what others wrote of somebody who is erased', () => {
  const email = 'ada@shop.test';
  const shopped = () => {
    const shop = openShop({ reservedEmail: 'allow' });
    shop.send(
      [
        identify('A1', 'U1', 0, { traits: { email } }),
        identify('A2', 'U2', 1, {
          traits: { friend: { email: 'ADA@shop.test', name: 'A.' }, emails: [email, 'bob@shop.test'], city: 'Ghent' },
        }),
        // Properties lose addresses when they are accepted; traits and the buyer's of an order keep them.
        identify('A2', 'U2', 2, {
          traits: { note: `mail ${email} soon`, contactEmail: email, link: '/u?e=ada%40shop.test' },
        }),
        identify('A2', 'U2', 3, { traits: { other: 'mail x.ada@shop.test' } }),
        { ...identify('A2', 'U2', 4), type: 'group', groupId: 'G1', traits: { owner: { mail: [`mailto:${email}`] } } },
        identify('A3', 'U3', 4, { traits: { email: 'cy@shop.test', about: `a friend of ${email}` } }),
      ],
      { key: secretKey },
    );
    return shop;
  };
  const standsIn = (shop: ReturnType<typeof openShop>, text: string): string[] =>
    shop.writer.store
      .prepare<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => name)
      .filter((name) => {
        const rows = JSON.stringify(shop.writer.store.prepare(`SELECT * FROM ${name}`).all()).toLowerCase();
        return rows.replaceAll(`x.${text}`, '').replaceAll('%40', '@').includes(text);
      });

  it.each([
    ['the user', { userId: 'U1' }],
    ['the address', { email }],
  ])(
    'R14: loses the address in depth, in texts and where no contact says so, and keeps the rest; asked for by %s',
    (_, subject) => {
      const shop = shopped();
      expect(standsIn(shop, email)).toContain('events');
      const { body } = shop.writer.command({ kind: 'erase', subject, by: 'test', at: startAt + 600_000 } as never);
      shop.writer.due(startAt + 600_000);
      expect(standsIn(shop, email)).toEqual([]);
      const traits = shop.one({ userId: 'U2' }).traits;
      expect([traits.friend?.value, traits.emails?.value, traits.city?.value]).toEqual([
        { name: 'A.' },
        ['bob@shop.test'],
        'Ghent',
      ]);
      expect(shop.one({ userId: 'U3' }).traits.about?.value).toBe('a friend of :redacted');
      const bodies = JSON.stringify(shop.writer.store.prepare('SELECT body FROM events').all());
      expect(bodies).toContain('mail :redacted soon');
      expect(bodies).toContain('mail x.ada@shop.test');
      const { counts } = shop.writer.consent.erasures.status((body as { id: string }).id)!;
      expect(counts).toMatchObject({ events: 1, mentions: 4 });
      expect(shop.rebuild().equal).toBe(true);
    },
  );

  it.each([
    ['traits of an identify', (traits: object) => identify('A2', 'U2', 20, { traits })],
    ['context.traits', (traits: object) => page('A2', 20, { userId: 'U2', context: { traits } })],
  ])('R14: comes without the address, which is out, in any spelling, when it comes later: %s', (_, tells) => {
    const shop = openShop({ reservedEmail: 'allow' });
    const phone = '+4930123456';
    shop.send([identify('A1', 'U1', 0, { traits: { email, phone } })], { key: secretKey });
    shop.writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + 600_000 });
    shop.writer.due(startAt + 600_000);
    const told = { email: ` ${email.toUpperCase()}`, phone: '+49 30 123456', note: `of ${email}`, city: 'Ghent' };
    expect(shop.send([tells(told)])).toMatchObject({ accepted: 1 });
    expect([standsIn(shop, email), standsIn(shop, '123456')]).toEqual([[], []]);
    const { traits } = shop.one({ userId: 'U2' });
    expect(Object.keys(traits).sort()).toEqual(['city', 'note']);
  });

  it('R4, R14: loses the user id where a bot said it, which names nobody; the bot stays counted', () => {
    const shop = openShop();
    const userId = 'customer-104233';
    shop.send([identify('A1', userId, 0)]);
    shop.send([page('A2', 1, { userId, context: { userAgent: 'Googlebot/2.1' } })]);
    const { writer } = shop;
    writer.command({ kind: 'erase', subject: { userId }, by: 'test', at: startAt + 600_000 });
    writer.due(startAt + 600_000);
    expect(standsIn(shop, userId)).toEqual([]);
    expect(writer.store.prepare('SELECT flags FROM events').all()).toEqual([{ flags: 1 }]);
  });

  it('section 6: many who wait are looked for in one reading of the store, in slices, and killed anywhere goes on', () => {
    const folder = temporary();
    const options = { erasureRowsMax: 10 };
    const openSmall = (): Writer =>
      openWriter({
        path: join(folder, 'weft.sqlite'),
        rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
        site: { ...defaultSiteRules, reservedEmail: 'allow' },
        consentFile: null,
        ...options,
      });
    let writer = openSmall();
    const people = Array.from({ length: 12 }, (_, n) => n);
    for (const n of people) take(writer, [identify(`D${n}`, `U${n}`, 0, { traits: { email: `p${n}@shop.test` } })]);
    for (let n = 0; n < 400; n += 1)
      take(writer, [identify('W', 'UW', n % 60, { traits: { n, to: `p${n % 100}@shop.test` } })]);
    const ids = people.map((n) => {
      const asked = { kind: 'erase', subject: { userId: `U${n}` }, by: 'test', at: startAt + 700_000 } as never;
      return (writer.command(asked).body as { id: string }).id;
    });
    const read: number[] = [];
    const watch = (): void => {
      const { someAfter } = writer.pipeline.set.events;
      writer.pipeline.set.events.someAfter = (...asked) => {
        const rows = someAfter(...asked);
        read.push(rows.length);
        return rows;
      };
    };
    watch();
    let slices = 0;
    while (writer.slice(startAt + 800_000)) {
      slices += 1;
      if (slices !== 20) continue;
      writer.close();
      writer = openSmall();
      watch();
    }
    for (const id of ids)
      expect(writer.consent.erasures.status(id)).toMatchObject({ state: 'done', counts: { mentions: 4 } });
    // Once for all of them, and not once for each.
    expect(read.reduce((sum, n) => sum + n, 0)).toBeLessThan(2 * 400);
    expect(Math.max(...read)).toBeLessThanOrEqual(100);
    const bodies = writer.store
      .prepare<{ body: string }>('SELECT body FROM events')
      .all()
      .map(({ body }) => body)
      .join();
    for (const n of people) expect(bodies).not.toContain(`"p${n}@shop.test"`);
    expect(bodies).toContain('"p12@shop.test"');
    writer.close();
  });
});
