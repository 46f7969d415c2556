// For tests: shoppers as chance makes them, at the wire. They have several devices and share some, their clocks are wrong,
// they answer, refuse and take back, log in and out, are bots, lie in a tunnel for days, and their shop's server speaks of
// their orders too. What the door makes of it all is the door's to say.

import fc from 'fast-check';
import { iso } from '../contract/instant.js';
import { purposes } from '../contract/purposes.js';
import type { Answer, KeyContext } from '../log/log.js';
import { rowOf, settle, submissionOf } from './sent.fixture.js';
import type { Writer } from './writer.js';

const minuteMs = 60_000;
const startAt = Date.UTC(2026, 10, 2, 9);
export const shoppersEndAt = startAt + 45 * 86_400_000;

const page: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };
const server: KeyContext = { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} };

const deviceArb = fc.integer({ min: 0, max: 3 });
const userArb = fc.constantFrom('U1', 'U2', 'U3');
const emailArb = fc.constantFrom('ada@shop.com', 'bob@shop.com', 'cyd@shop.com');
const productArb = fc.constantFrom('p1', 'p2');
const orderArb = fc.constantFrom('O1', 'O2', 'O3');

const actArb = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('page'), on: deviceArb, campaign: fc.constantFrom('', '', 'a', 'b') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('identify'), on: deviceArb, user: userArb, mail: fc.option(emailArb) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add'), on: deviceArb, product: productArb }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('buy'), on: deviceArb, order: orderArb, mail: fc.option(emailArb) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('beat'), on: deviceArb, ms: fc.integer({ min: 0, max: 60_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('serverOrder'),
      order: orderArb,
      user: fc.option(userArb),
      mail: fc.option(emailArb),
      cartOf: fc.option(deviceArb),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refund'), order: orderArb, cancel: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('alias'), from: userArb, to: userArb }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bot'), on: deviceArb }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('logout'), on: deviceArb, keepDevice: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('answer'),
      on: deviceArb,
      says: fc.constantFrom('all', 'all', 'measurement', 'none'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw'), on: deviceArb, all: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tunnel'), on: deviceArb, ends: fc.boolean() }) },
);

type Act = typeof actArb extends fc.Arbitrary<infer One> ? One : never;
export interface Shopping {
  /** Of each device, by which its clock is wrong. */
  skewMinutes: readonly number[];
  first: readonly string[];
  acts: readonly { after: number; act: Act }[];
}

export const shoppingArb: fc.Arbitrary<Shopping> = fc.record({
  skewMinutes: fc.array(fc.constantFrom(0, 0, 0.5, -7, 90, 1_576_800), { minLength: 4, maxLength: 4 }),
  first: fc.array(fc.constantFrom('all', 'all', 'all', 'measurement', 'none'), { minLength: 4, maxLength: 4 }),
  acts: fc.array(fc.record({ after: fc.constantFrom(0, 1, 1, 5, 29, 31, 61, 1441), act: actArb }), {
    minLength: 15,
    maxLength: 40,
    size: 'max',
  }),
});

interface Device {
  id: string;
  generation: number;
  visit: number;
  receipt: string | null;
  /** What is granted; null: nobody was asked, or nothing is. */
  granted: readonly string[] | null;
  user: string | null;
  inTunnel: boolean;
  queue: object[];
}

/** Lives the shopping at the door of a writer; gives every answer. */
export const live = (writer: Writer, { skewMinutes, first, acts }: Shopping): Answer[] => {
  const answers: Answer[] = [];
  let now = startAt;
  let minted = 0;
  const mint = (): string => {
    minted += 1;
    return `e${String(minted).padStart(4, '0')}`;
  };
  const submit = (body: object, key: KeyContext, userAgent: string | null = null): void => {
    answers.push(settle(writer, submissionOf(body, now, { key, userAgent, origin: 'https://shop.test' })));
  };
  const devices: Device[] = skewMinutes.map((_, n) => ({
    id: `A${n}.0`,
    generation: 0,
    visit: 0,
    receipt: null,
    granted: null,
    user: null,
    inTunnel: false,
    queue: [],
  }));
  const clockOf = (n: number): number => now + skewMinutes[n]! * minuteMs;
  const renew = (n: number): Device => {
    const device = devices[n]!;
    device.generation += 1;
    device.id = `A${n}.${device.generation}`;
    device.visit += 1;
    device.user = null;
    return device;
  };
  const said = (n: number, kind: string, granted: readonly string[], more: object = {}) =>
    rowOf(
      writer,
      clockOf(n),
      { receipt: `r${n}${mint()}`.padEnd(22, '_'), visitorId: devices[n]!.id, kind, ...more },
      (purpose) => !granted.includes(purpose),
    );
  const flush = (n: number, consent?: object): void => {
    const device = devices[n]!;
    if (device.inTunnel && consent === undefined) return;
    submit({ batch: device.inTunnel ? [] : device.queue, sentAt: iso(clockOf(n)), ...(consent && { consent }) }, page);
    if (!device.inTunnel) device.queue = [];
  };
  const answer = (n: number, says: string): void => {
    const device = devices[n]!;
    if (device.granted !== null) return;
    if (says === 'none') {
      submit({ batch: [], consent: { ...said(n, 'refuse', []), receipt: null, visitorId: null } }, page);
      return;
    }
    const granted = says === 'all' ? purposes : ['measurement'];
    const row = said(n, 'grant', granted);
    device.receipt = row.receipt;
    device.granted = granted;
    flush(n, row);
  };
  const say = (n: number, call: object): void => {
    const device = devices[n]!;
    // Our script sends nothing before a grant; another's may, and is refused at the door.
    if (device.granted === null) {
      submit({ batch: [{ messageId: mint(), anonymousId: device.id, timestamp: iso(clockOf(n)), ...call }] }, page);
      return;
    }
    // `measurement` alone sends the visit and no identifier.
    const isKnown = device.granted.includes('personalisation');
    device.queue.push({
      messageId: mint(),
      timestamp: iso(clockOf(n)),
      ...(isKnown && { anonymousId: device.id, ...(device.user !== null && { userId: device.user }) }),
      ...call,
      context: { sessionId: `s-${n}-${device.visit}`, consent: { receipt: device.receipt } },
    });
    flush(n);
  };
  const tell = (call: object): void => submit({ batch: [{ messageId: mint(), timestamp: iso(now), ...call }] }, server);
  const cartOf = (n: number): string => `cart-${n}-${devices[n]!.generation}`;
  const lines = (product: string) => [{ product_id: product, price: 10, quantity: 1 }];

  for (const [n, says] of first.entries()) answer(n, says);
  for (const { after, act } of acts) {
    now += after * minuteMs;
    switch (act.kind) {
      case 'page': {
        const { on, campaign } = act as { on: number; campaign: string };
        const query = campaign === '' ? '' : `?utm_source=${campaign}&utm_medium=email&utm_campaign=${campaign}`;
        say(on, { type: 'page', properties: { url: `https://shop.test/${query}`, path: '/' } });
        break;
      }
      case 'identify': {
        const { on, user, mail } = act as { on: number; user: string; mail: string | null };
        devices[on]!.user = user;
        say(on, { type: 'identify', traits: { plan: user, ...(mail && { email: mail }) } });
        break;
      }
      case 'add': {
        const { on, product } = act as { on: number; product: string };
        const properties = { ...lines(product)[0], cart_id: cartOf(on), currency: 'EUR' };
        say(on, { type: 'track', event: 'Product Added', properties });
        break;
      }
      case 'buy': {
        const { on, order, mail } = act as { on: number; order: string; mail: string | null };
        const properties = {
          order_id: order,
          total: 10,
          currency: 'EUR',
          products: lines('p1'),
          ...(mail && { email: mail }),
        };
        say(on, { type: 'track', event: 'Order Completed', properties });
        break;
      }
      case 'beat': {
        const { on, ms } = act as { on: number; ms: number };
        const properties = { page_message_id: `view-${on}`, engaged_ms: ms };
        say(on, { type: 'track', event: 'Page Engaged', properties });
        break;
      }
      case 'serverOrder': {
        const it = act as { order: string; user: string | null; mail: string | null; cartOf: number | null };
        const properties = {
          order_id: it.order,
          total: 10,
          currency: 'EUR',
          products: lines('p1'),
          ...(it.mail && { email: it.mail }),
          ...(it.cartOf !== null && { cart_id: cartOf(it.cartOf) }),
        };
        tell({ type: 'track', event: 'Order Completed', properties, ...(it.user && { userId: it.user }) });
        break;
      }
      case 'refund': {
        const { order, cancel } = act as { order: string; cancel: boolean };
        const properties = { order_id: order, currency: 'EUR', ...(!cancel && { total: 4 }) };
        tell({ type: 'track', event: cancel ? 'Order Cancelled' : 'Order Refunded', properties });
        break;
      }
      case 'alias': {
        const { from, to } = act as { from: string; to: string };
        if (from !== to) tell({ type: 'alias', previousId: from, userId: to });
        break;
      }
      case 'bot': {
        const { on } = act as { on: number };
        const call = { messageId: mint(), type: 'page', anonymousId: devices[on]!.id, timestamp: iso(now) };
        const context = {
          userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
          consent: { receipt: devices[on]!.receipt },
        };
        submit({ batch: [{ ...call, context }] }, page);
        break;
      }
      case 'logout': {
        const { on, keepDevice } = act as { on: number; keepDevice: boolean };
        const { granted } = devices[on]!;
        if (keepDevice) devices[on]!.user = null;
        else {
          // R9: the decisions are copied into a row of their own for the new id.
          const device = renew(on);
          if (granted !== null) {
            const row = said(on, 'grant', granted);
            device.receipt = row.receipt;
            flush(on, row);
          }
        }
        break;
      }
      case 'answer': {
        const { on, says } = act as { on: number; says: string };
        answer(on, says);
        break;
      }
      case 'withdraw': {
        const { on, all } = act as { on: number; all: boolean };
        const device = devices[on]!;
        if (device.granted === null) break;
        const kept = all ? [] : device.granted.filter((id) => id === 'measurement');
        const row = said(on, 'withdraw', kept, { supersedes: device.receipt });
        flush(on, row);
        if (all) {
          // What lies in its queue comes late, and is refused too.
          device.granted = null;
          device.receipt = null;
          renew(on);
        } else {
          device.granted = kept;
          device.receipt = row.receipt;
        }
        break;
      }
      case 'tunnel': {
        const { on, ends } = act as { on: number; ends: boolean };
        devices[on]!.inTunnel = !ends;
        if (devices[on]!.queue.length > 0) flush(on);
        break;
      }
    }
  }
  // Late phones come at last.
  now += 2 * 1440 * minuteMs;
  devices.forEach((device, n) => {
    device.inTunnel = false;
    if (device.queue.length > 0) flush(n);
  });
  return answers;
};
