// The demo shop whole, as shoppers meet it: a real Chromium, the script as it is built, the collector as a process. What
// they did is then read as a shop would read it, with the secret key.

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Anything,
  type Device,
  hasAnswered,
  knownConsent,
  leftBehind,
  phone,
  weft,
} from '../testing/browser.fixture.js';
import { until } from '../testing/collector.fixture.js';
import { startVisit } from '../testing/visit.fixture.js';
import { startWire, type Wire } from '../testing/wire.fixture.js';
import { accept, addToBasket, enter, logIn, order, refuseLater, signUp } from './shopper.fixture.js';

const visit = startVisit();

let wire: Wire;
beforeAll(async () => {
  wire = await startWire(visit.collector.url);
});
afterAll(() => wire?.stop());
afterEach(() => {
  wire.sent.splice(0);
  wire.fail({});
});
const device = (options = {}): Promise<Device> => visit.device({ home: wire.url, ...options });
const names = async (profileId: string): Promise<string[]> =>
  (await visit.collector.list(profileId, 'events')).reverse().map(({ type, event }) => event ?? type);
/** Until then a page may still have told what it had to tell. */
const sinceWithdrawal = () => wire.sent.slice(wire.sent.findIndex(({ body }) => body.kind === 'withdraw'));
const none = { local: [], session: [], databases: [] };

describe('who has not answered, or refuses', () => {
  test('consent 1, consent 2, consent 3: leaves nothing on the device and sends nothing but the refusal', async () => {
    const before = await visit.collector.events();
    const { sent } = wire;
    const { page, context, record, anonymousId } = await device();
    const look = async (...paths: string[]) => {
      for (const path of paths) {
        await page.goto(`/demo${path}`);
        await page.mouse.wheel(0, 400);
      }
    };
    await page.goto('/demo/');
    await page.waitForSelector('.first');
    await look('/c/table', '/search?q=mug', '/p/morning-mug', '/account');
    expect(await context.cookies()).toEqual([]);
    expect(await leftBehind(page)).toEqual(none);
    await addToBasket(page, 'teapot-for-two', 1);
    // The shop's own basket is the shop's own affair.
    expect((await context.cookies()).map(({ name }) => name)).toEqual(['oxlip_basket']);
    expect(sent).toEqual([]);

    const heard = page.waitForResponse('**/v1/consent');
    await page.click('.first button:text-is("Reject all")');
    await (await heard).finished();
    await until(async () => !(await record()).rows?.length);
    expect(sent).toHaveLength(1);
    const { path, body } = sent[0]!;
    expect([path, body.kind]).toEqual(['/v1/consent', 'refuse']);
    expect([body.receipt, body.visitorId, body.epoch].filter((id) => id != null)).toEqual([]);
    await look('/search?q=linen', '/basket');
    await page.click('.footer [data-weft-consent]');
    await page.waitForSelector('dialog[open]');
    expect(
      await page.$$eval('dialog input', (switches) => switches.filter((one) => (one as HTMLInputElement).checked)),
    ).toEqual([]);
    await page.keyboard.press('Escape');
    const kept = await record();
    expect(Object.values(kept.decisions).map((decision) => (decision as { value: string }).value)).toEqual(
      Array(4).fill('denied'),
    );
    expect([kept.receipt, kept.epoch, await anonymousId()]).toEqual([undefined, undefined, undefined]);
    expect((await context.cookies()).map(({ name }) => name).sort()).toEqual(['oxlip_basket', 'weft_consent']);
    expect(await leftBehind(page)).toEqual(none);
    expect(sent).toHaveLength(1);
    expect(await visit.collector.events()).toEqual(before);
  });
});

describe('who accepts', () => {
  test('is told of from then on: the present page and basket first, each thing looked at once', async () => {
    const { page, anonymousId } = await device();
    await addToBasket(page, 'morning-mug', 1);
    await page.goto('/demo/c/table?utm_source=letter&utm_medium=email&email=ada@example.com');
    await accept(page);
    await page.click('text=Deep bowl');
    await page.waitForURL('**/p/deep-bowl');
    await page.fill('#q', 'linen');
    await page.press('#q', 'Enter');
    await page.waitForURL('**/search?q=linen');
    await weft(page, 'flush');
    const profile = await visit.collector.profileWith('Products Searched', (await anonymousId())!);
    const told = await names(profile.id);
    // What the data layer and the markup both say of a thing is said once, and nothing from before the grant.
    expect(told.slice(0, 2).sort()).toEqual(['Cart Updated', 'page']);
    expect(told.filter((name) => name === 'Product Viewed')).toHaveLength(1);
    expect(told).not.toContain('Product Added');
    expect(profile.counts).toMatchObject({ pageViews: 3, productViews: 1, sessions: 1, cartsOpen: 1, orders: 0 });
    expect(profile.cart!.lines).toMatchObject([{ productId: 'OX-101', quantity: 1, priceMinor: 1900 }]);
    expect(profile.touches).toMatchObject([{ channel: 'Email', source: 'letter' }]);
    expect(profile.lastSession!.device).toMatchObject({ kind: 'desktop' });
    // An address in a link is nobody's to keep.
    expect(JSON.stringify([profile, await visit.collector.list(profile.id, 'events')])).not.toContain(
      'ada@example.com',
    );
  });

  test('C1, C2: has one cart here, which after each change is what the shop’s basket is', async () => {
    const { page, anonymousId } = await device();
    await enter(page);
    const id = (await anonymousId())!;
    const basket = () =>
      page.evaluate(async () => {
        const { snapshot } = await (await fetch('/demo/basket.json')).json();
        return snapshot as {
          value: number;
          products: { product_id: string; variant: string; quantity: number }[];
        } | null;
      });
    const agree = async () => {
      await weft(page, 'flush');
      const shop = await basket();
      const wanted = JSON.stringify([
        Math.round((shop?.value ?? 0) * 100),
        shop?.products.map((one) => `${one.product_id} ${one.variant} ${one.quantity}`).sort() ?? [],
      ]);
      await until(async () => {
        const cart = (await visit.collector.profiles({ anonymousId: id }))[0]?.cart;
        const lines = cart?.lines.map((one) => `${one.productId} ${one.variant} ${one.quantity}`).sort() ?? [];
        return JSON.stringify([cart?.valueMinor ?? 0, lines]) === wanted;
      });
    };
    const changed = (count: number) => page.waitForSelector(`[data-count="${count}"]`);
    await addToBasket(page, 'morning-mug', 1);
    await agree();
    await page.check('input[value="OX-101-moss"]', { force: true });
    await page.selectOption('select[name=quantity]', '2');
    await page.click('text=Add to basket');
    await changed(3);
    await agree();
    await addToBasket(page, 'teapot-for-two', 4);
    await page.goto('/demo/basket');
    await page.fill('.line:has-text("Moss"):has-text("Morning mug") input.quantity', '5');
    await page.dispatchEvent('.line:has-text("Moss"):has-text("Morning mug") input.quantity', 'change');
    await changed(7);
    await agree();
    await page.click('[aria-label="Remove Morning mug, Oat"]');
    await changed(6);
    await agree();
    await page.fill('#coupon', 'OXLIP10');
    await page.click('text=Use it');
    await page.waitForSelector('.saved');
    await agree();
    await page.click('text=Empty the basket');
    await changed(0);
    await weft(page, 'flush');
    const profile = await until(async () => {
      const [found] = await visit.collector.profiles({ anonymousId: id });
      return found?.cart === null && found;
    });
    expect(profile.counts).toMatchObject({ cartsOpen: 0, cartsAbandoned: 0, cartAdds: 4 });
    expect((await visit.collector.list(profile.id, 'carts')).map(({ state }) => state)).toEqual(['emptied']);
  });

  test('I2, R3, C6, C8: with two devices and one account is one person with one order, told by page and server', async () => {
    const bo = { name: 'Bo Ek', email: 'bo@shop.example', password: 'lantern' };
    const laptop = await device({ viewport: { width: 1280, height: 900 } });
    await enter(laptop.page, '/demo/?utm_source=partner&utm_medium=affiliate');
    await laptop.page.goto('/demo/c/light');
    await addToBasket(laptop.page, 'iron-pan', 1);
    const userId = await signUp(laptop.page, bo);
    await addToBasket(laptop.page, 'morning-mug', 2);

    const mobile = await device(phone);
    await enter(mobile.page);
    await mobile.page.goto('/demo/c/kitchen');
    expect(await logIn(mobile.page, bo)).toBe(userId);
    await mobile.page.waitForSelector('[data-count="2"]');
    const orderId = await order(mobile.page);
    await Promise.all([weft(laptop.page, 'flush'), weft(mobile.page, 'flush')]);

    const ids = [await laptop.anonymousId(), await mobile.anonymousId()];
    expect(new Set(ids).size).toBe(2);
    const tellings = (await until(async () => {
      const [profile] = await visit.collector.profiles({ userId });
      const events = profile ? await visit.collector.list(profile.id, 'events') : [];
      const told = events.filter(({ event }) => event === 'Order Completed');
      return told.length === 2 && told;
    }))!;
    expect(tellings.map(({ properties }) => properties.order_id)).toEqual([orderId, orderId]);
    expect(new Set(tellings.map(({ messageId }) => messageId)).size).toBe(2);

    const [profile, ...others] = await visit.collector.profiles({ userId });
    expect(others).toEqual([]);
    const of = (type: string) => profile!.identifiers.filter((one) => one.type === type).map(({ value }) => value);
    expect(of('anonymous_id').sort()).toEqual(ids.sort());
    expect([of('user_id'), of('email')]).toEqual([[userId], [bo.email]]);
    for (const query of [{ anonymousId: ids[0]! }, { anonymousId: ids[1]! }, { email: bo.email }, { orderId }])
      expect((await visit.collector.profiles(query)).map(({ id }) => id)).toEqual([profile!.id]);
    expect(profile!.counts).toMatchObject({ orders: 1, cartsOpen: 0, sessions: 2, cartAdds: 2 });
    expect(profile!.revenue).toEqual([{ currency: 'EUR', minor: 7800 }]);
    expect(profile!.traits.name!.value).toBe('Bo Ek');
    // First touch stays that of the device that came first (I2).
    expect(profile!.touches[0]).toMatchObject({ source: 'partner' });
    expect(await visit.collector.list(profile!.id, 'orders')).toMatchObject([
      { orderId, revenueMinor: 7800, state: 'completed', lines: [{ productId: 'OX-202' }, { productId: 'OX-101' }] },
    ]);
    expect((await visit.collector.list(profile!.id, 'carts')).map(({ state }) => state)).toEqual(['converted']);
    expect((await visit.collector.list(profile!.id, 'merges')).map(({ reason }) => reason)).toEqual([
      'identify',
      'identify',
    ]);
  });

  test('I6, R9: who logs out leaves the next person at this screen nothing, and neither is the other', async () => {
    const eva = { name: 'Eva Berg', email: 'eva@shop.example', password: 'lantern' };
    const finn = { name: 'Finn Dahl', email: 'finn@shop.example', password: 'thimble' };
    const { page, anonymousId, record } = await device();
    await enter(page);
    await addToBasket(page, 'seed-tin', 1);
    const evaId = await signUp(page, eva);
    const [evasDevice, evasReceipt] = [await anonymousId(), (await record()).receipt];
    await page.click('text=Log out');
    await page.waitForSelector('[data-count="0"]');
    await page.goto('/demo/c/garden');
    const [finnsDevice, finnsReceipt] = [await anonymousId(), (await record()).receipt];
    // The answer stands for whoever sits here now, without a word of who sat here before.
    expect(await page.isVisible('.first:not(.link)')).toBe(false);
    expect(finnsDevice).not.toBe(evasDevice);
    expect(finnsReceipt).not.toBe(evasReceipt);
    const finnId = await signUp(page, finn);
    await addToBasket(page, 'hand-trowel', 1);
    await weft(page, 'flush');
    const theirs = await until(async () => {
      const [profile] = await visit.collector.profiles({ userId: finnId });
      return profile?.cart && profile;
    });
    const [hers] = await visit.collector.profiles({ userId: evaId });
    const devicesOf = ({ identifiers }: typeof theirs) =>
      identifiers.filter(({ type }) => type === 'anonymous_id').map(({ value }) => value);
    expect([devicesOf(hers!), devicesOf(theirs)]).toEqual([[evasDevice], [finnsDevice]]);
    expect([hers!.traits.name!.value, theirs.traits.name!.value]).toEqual(['Eva Berg', 'Finn Dahl']);
    expect(hers!.cart!.lines.map(({ productId }) => productId)).toEqual(['OX-405']);
    expect(theirs.cart!.lines.map(({ productId }) => productId)).toEqual(['OX-403']);
    expect(theirs.counts).toMatchObject({ cartAdds: 1, sessions: 1 });
    const rows = wire.sent.flatMap(({ body }) => body.consent ?? (body.kind ? body : []));
    const finns = rows.find(({ receipt }) => receipt === finnsReceipt);
    expect(JSON.stringify(finns)).not.toContain(evasReceipt);
    expect(JSON.stringify(finns)).not.toContain(evasDevice);
  });

  test('consent 8, consent 11: may withdraw in the footer; then it is gone, here, in the other tab and at the collector', async () => {
    const { sent } = wire;
    const { page, context, anonymousId, record } = await device();
    await enter(page);
    await addToBasket(page, 'deep-bowl', 1);
    const other = await context.newPage();
    await other.goto('/demo/c/garden');
    await weft(page, 'flush');
    await weft(other, 'flush');
    const id = (await anonymousId())!;
    const [profile] = await until(async () => {
      const found = await visit.collector.profiles({ anonymousId: id });
      return found[0]?.cart && found[0].counts.pageViews >= 3 && found;
    });
    const batches = sent.filter(({ body }) => body.batch?.[0].anonymousId === id).map(({ text }) => text);
    expect(batches.length).toBeGreaterThan(0);

    await refuseLater(page);
    await until(async () => !(await anonymousId()));
    expect(await anonymousId()).toBeUndefined();
    await other.evaluate(() =>
      (globalThis as unknown as { dataLayer: object[] }).dataLayer.push({ event: 'search', search_term: 'after' }),
    );
    await until(async () => (await visit.collector.profiles({ anonymousId: id })).length === 0);
    expect(
      (await fetch(`${visit.collector.url}/v1/profiles/${profile!.id}`, { headers: visit.collector.asShop })).status,
    ).toBe(404);

    await page.goto('/demo/c/table');
    await other.reload();
    await until(async () => (await record()).rows === undefined || (await record()).rows.length === 0);
    const kept = await record();
    expect([kept.receipt, kept.epoch, kept.anonymousId, kept.userId]).toEqual(Array(4).fill(undefined));
    expect((await leftBehind(page)).databases).toEqual([]);
    // The row of the withdrawal and nothing else; once more where a page left before it heard the answer.
    const after = sinceWithdrawal().map(({ path, body }) => [path, body.kind, body.receipt].join());
    expect([...new Set(after)]).toEqual([expect.stringMatching(/^\/v1\/consent,withdraw,/)]);
    expect(sent.flatMap(({ body }) => body.batch ?? []).filter(({ event }) => event === 'Products Searched')).toEqual(
      [],
    );

    // Whoever kept what the device once sent brings nobody back.
    const counts = await visit.collector.events();
    for (const body of batches) {
      const answer = await fetch(`${visit.collector.url}/v1/batch`, { method: 'POST', body });
      const { accepted, dropped, duplicates } = (await answer.json()) as {
        accepted: number;
        dropped: { code: string }[];
        duplicates: number;
      };
      expect([accepted, duplicates]).toEqual([0, 0]);
      expect([...new Set(dropped.map(({ code }) => code))]).toEqual(['withdrawn']);
    }
    expect((await visit.collector.events()).accepted).toBe(counts.accepted);
    expect(await visit.collector.profiles({ anonymousId: id })).toEqual([]);
  });
});

describe('where the law lets a shop begin without asking', () => {
  const california = { 'cf-ipcountry': 'US', 'cf-region-code': 'CA' };

  test('consent 17: events come with the receipt of the region, and everything is granted until somebody objects', async () => {
    const { page, anonymousId, record } = await device({ extraHTTPHeaders: california });
    await addToBasket(page, 'deep-bowl', 1);
    expect(await page.isVisible('.first:not(.link)')).toBe(false);
    await weft(page, 'flush');
    const id = (await anonymousId())!;
    const profile = await until(async () => {
      const [found] = await visit.collector.profiles({ anonymousId: id });
      return found?.cart && found;
    });
    const rows = wire.sent.flatMap(({ body }) => body.consent ?? []);
    expect(rows[0].receipt).toBe((await record()).receipt);
    for (const purpose of ['measurement', 'personalisation', 'marketing', 'sharing'])
      expect(profile.consent[purpose]).toMatchObject({ value: 'granted', source: 'region' });
  });

  test('consent 18: a browser that asks for no sale or sharing is heard, and nothing of it stays on the device', async () => {
    const made = await device({ extraHTTPHeaders: { ...california, 'sec-gpc': '1' } });
    const { page, anonymousId, record } = made;
    await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => true }));
    await addToBasket(page, 'deep-bowl', 1);
    expect(await weft(page, 'consent.get')).toMatchObject({
      measurement: true,
      personalisation: true,
      marketing: false,
      sharing: false,
    });
    await weft(page, 'flush');
    const id = (await anonymousId())!;
    const profile = await until(async () => {
      const [found] = await visit.collector.profiles({ anonymousId: id });
      return found?.cart && found;
    });
    for (const purpose of ['measurement', 'personalisation'])
      expect(profile.consent[purpose]).toMatchObject({ value: 'granted' });
    for (const purpose of ['marketing', 'sharing']) expect(profile.consent[purpose]?.value).not.toBe('granted');
    expect(JSON.stringify(await record())).not.toMatch(/gpc/i);
  });
});

test('consent 9: who withdraws without a network is withdrawn when there is one again, and nothing is sent besides', async () => {
  const { sent } = wire;
  const { page, context, anonymousId, record } = await device();
  await enter(page);
  await addToBasket(page, 'deep-bowl', 1);
  await weft(page, 'flush');
  const id = (await anonymousId())!;
  await until(async () => (await visit.collector.profiles({ anonymousId: id }))[0]?.cart);

  await context.setOffline(true);
  await refuseLater(page);
  await until(async () => !(await anonymousId()));
  expect(await anonymousId()).toBeUndefined();
  expect((await record()).rows).toHaveLength(1);
  expect(await visit.collector.profiles({ anonymousId: id })).toHaveLength(1);
  const before = sent.length;
  await context.setOffline(false);
  await page.goto('/demo/c/garden');
  await until(async () => (await visit.collector.profiles({ anonymousId: id })).length === 0);
  await until(async () => !(await record()).rows?.length);
  await page.goto('/demo/c/table');
  expect([...new Set(sent.slice(before).map(({ path, body }) => `${path} ${body.kind}`))]).toEqual([
    '/v1/consent withdraw',
  ]);
});

describe('a page out of the back-forward cache', () => {
  /** Marks the document, which only the cache brings back, and leaves it by a link once nothing is on its way to Weft. */
  const leave = async (page: Page, path: string) => {
    await page.evaluate(async () => {
      addEventListener('pageshow', ({ persisted }) => Object.assign(globalThis, { cameBack: persisted }));
      // A page that is left while it sends holds the lock that the next page waits for: then it is not kept.
      for (let quiet = 0; quiet < 10; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        quiet = (await navigator.locks?.query())?.held?.length ? 0 : quiet + 1;
      }
    });
    await page.evaluate((path) => location.assign(path), path);
    await page.waitForURL(`**${path}`);
  };
  /** Playwright's own way back waits for a load, which a page out of this cache does not have. */
  const back = async (page: Page, path: string) => {
    await page.evaluate(() => history.back());
    await page.waitForURL(`**${path}`, { waitUntil: 'commit' });
    const came = await page.waitForFunction(() => {
      const [{ type, notRestoredReasons: why }] = performance.getEntriesByType('navigation') as Anything;
      const { cameBack: persisted } = globalThis as Anything;
      return (persisted !== undefined || type === 'back_forward') && { persisted, why: JSON.stringify(why) };
    });
    expect(await came.jsonValue()).toEqual({ persisted: true, why: 'null' });
  };
  const views = async (profileId: string): Promise<(string | null | undefined)[]> =>
    (await visit.collector.list(profileId, 'events'))
      .reverse()
      .flatMap(({ type, page }) => (type === 'page' ? [page?.path] : []));
  /** The profile of a device, once all that was told before now is in it. */
  const whole = async ({ page, anonymousId }: Device) => {
    await weft(page, 'track', 'Last');
    await weft(page, 'flush');
    return visit.collector.profileWith('Last', await until(anonymousId));
  };

  test('S4: is one more page view of the same visit', async () => {
    const one = await device();
    const { page } = one;
    await enter(page, '/demo/c/table');
    await leave(page, '/demo/about');
    await hasAnswered(page);
    await back(page, '/demo/c/table');
    const profile = await whole(one);
    expect(await views(profile.id)).toEqual(['/demo/c/table', '/demo/about', '/demo/c/table']);
    expect((await visit.collector.list(profile.id, 'sessions')).map(({ pageViews }) => pageViews)).toEqual([3]);
  });

  // Whoever withdraws everything has the database deleted, and for that a browser gives up pages that have it open. A
  // page for which it keeps none is kept, with all that it could not tell in its memory.
  test('knows what was withdrawn on the page after it: nothing of what it still holds is told, and nothing more', async () => {
    const { page, context, anonymousId, record } = await device();
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('No.', 'SecurityError');
      };
      // Trying again takes the lock every now and then.
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    });
    await enter(page, '/demo/c/table');
    await weft(page, 'flush');
    const id = (await until(anonymousId))!;
    await until(async () => (await visit.collector.profiles({ anonymousId: id }))[0]);
    wire.fail({ isDown: true });
    await weft(page, 'track', 'Held');
    await weft(page, 'flush');
    await leave(page, '/demo/about');
    await hasAnswered(page);
    wire.fail({});
    await refuseLater(page);
    await until(async () => !(await record()).rows?.length);
    await until(async () => (await visit.collector.profiles({ anonymousId: id })).length === 0);

    await back(page, '/demo/c/table');
    expect(await knownConsent(page)).toBe(false);
    expect(await page.textContent('[data-strip-state]')).toContain('refused');
    await weft(page, 'track', 'After');
    await weft(page, 'flush');
    expect(await leftBehind(page)).toEqual(none);
    expect(await anonymousId()).toBeUndefined();
    expect([...new Set(sinceWithdrawal().map(({ path, body }) => `${path} ${body.kind}`))]).toEqual([
      '/v1/consent withdraw',
    ]);
    const told = wire.sent.flatMap(({ body }) => body.batch ?? []);
    expect(told.filter(({ event }) => event === 'Held' || event === 'After')).toEqual([]);
    expect(await visit.collector.profiles({ anonymousId: id })).toEqual([]);
  });

  test('consent 6: knows what was withdrawn in part, and tells no more than is left', async () => {
    const { sent } = wire;
    const { page, anonymousId, record } = await device();
    await enter(page, '/demo/c/table');
    await weft(page, 'flush');
    const id = (await until(anonymousId))!;
    await until(async () => (await visit.collector.profiles({ anonymousId: id }))[0]);
    await leave(page, '/demo/about');
    await hasAnswered(page);
    await weft(page, 'consent.withdraw', 'personalisation');
    await until(async () => !(await record()).rows?.length);
    const before = sent.length;

    await back(page, '/demo/c/table');
    expect(await weft(page, 'consent.get')).toMatchObject({ measurement: true, personalisation: false });
    await weft(page, 'track', 'After');
    await weft(page, 'flush');
    const told = sent.slice(before).flatMap(({ body }) => body.batch ?? []);
    expect(told.map(({ type, event }) => event ?? type)).toEqual(expect.arrayContaining(['page', 'After']));
    expect(told.flatMap(({ anonymousId, userId }) => [anonymousId, userId]).filter(Boolean)).toEqual([]);
    expect(await visit.collector.profiles({ anonymousId: id })).toEqual([]);
  });

  test('S4: knows what was granted on the page after it, and is viewed once', async () => {
    const one = await device();
    const { page } = one;
    await page.goto('/demo/c/table');
    await page.waitForSelector('.first');
    await leave(page, '/demo/about');
    await accept(page);
    await back(page, '/demo/c/table');
    expect(await knownConsent(page)).toBe(true);
    await page.waitForSelector('.first', { state: 'detached' });
    expect(await views((await whole(one)).id)).toEqual(['/demo/about', '/demo/c/table']);
  });
});
