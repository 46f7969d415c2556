// What the region and the signal of a browser decide before anybody answers.

import { describe, expect, it } from 'vitest';
import { until } from './fixtures/chromium.js';
import { configOf } from './fixtures/collector.js';
import {
  arrived,
  call,
  collector,
  context,
  cookies,
  open,
  ready,
  rule,
  set,
  setPage,
  site,
  sleep,
  visitors,
  writes,
} from './visitors.fixture.js';

visitors();

describe('regions and signals', () => {
  const california = configOf({}, { code: 'US-CA', model: 'opt-out' });

  it.each([1, 2, 3])(
    'an answer survives although nothing was acknowledged before it, after %i others',
    async (steps) => {
      const hash = (n: number) => `${n}`.repeat(64);
      rule({
        config: configOf(
          {
            purposes: ['measurement', 'personalisation', 'marketing', 'sharing', 'recommendations-by-partners'].map(
              (id, n) => ({
                id,
                gpc: 'ignore',
                requires: n ? ['measurement'] : [],
                compatibleWith: [],
                materialHash: hash(n),
              }),
            ),
          },
          { code: 'US-CA', model: 'opt-out' },
        ),
        fault: ({ method }) => (method === 'POST' ? { kind: 'down' } : undefined),
      });
      const page = await open();
      const variant = 'ask=measurement,personalisation,marketing,sharing&since=2026-11-01&has=receipt,device';
      const how = (n: number) => ({
        source: 'banner',
        layer: 'preferences',
        action: 'save',
        textHash: hash(n),
        locale: 'pt-BR',
        variant,
      });
      for (let n = 1; n < steps; n++) await set(page, { marketing: n % 2 === 0 }, how(n));
      await set(page, { sharing: false }, how(9));
      const [cookie] = await context.cookies();
      expect(cookie!.value.length).toBeLessThan(3_600);
      const { weft_consent: record } = await cookies();
      expect(record.decisions.sharing).toMatchObject({ value: 'denied', source: 'user' });
      // Nothing that proves it was left out.
      expect(record.rows.at(-1)).toMatchObject({
        kind: 'withdraw',
        visitorId: expect.any(String),
        text: { sha256: hash(9) },
      });
      expect(record.rows.at(-1).decisions).toHaveLength(5);
      rule({ config: california });
      const next = await open('/next');
      expect(await call(next, `weft.consent.get().sharing`)).toBe(false);
      await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    },
  );

  it('what a foreign banner says at length gives way to the answer', async () => {
    rule({ config: california, fault: ({ method }) => (method === 'POST' ? { kind: 'down' } : undefined) });
    const page = await open();
    const tcString = Array.from({ length: 500 }, (_, n) => `${n.toString(36)}CQx`).join('~');
    await set(page, { sharing: false }, { source: 'tcf', cmp: { name: 'foreign', version: '1', tcString } });
    expect((await cookies()).weft_consent.decisions.sharing.value).toBe('denied');
    expect(await call(await open('/next'), `weft.consent.get().sharing`)).toBe(false);
  });

  it('consent 17: where the default is yes, ids and buffer begin at once under a region-default receipt', async () => {
    rule({ config: california });
    const page = await open();
    await call(page, `weft.cart.add({ product_id: 'p1' }), weft.flush()`);
    const [added] = await arrived('Product Added');
    const row = collector.ledger.get(added.context.consent.receipt);
    expect(row).toMatchObject({ kind: 'region-default', visitorId: added.anonymousId });
    expect(row.decisions.map(({ purpose, value, source }: any) => `${purpose} ${value} ${source}`)).toEqual([
      'measurement granted region',
      'personalisation granted region',
      'marketing granted region',
      'sharing granted region',
    ]);
    const { weft_consent: ids } = await cookies();
    expect(ids.anonymousId).toBe(added.anonymousId);
    await page.goto(`${site.url}/next`);
    await ready(page);
    await call(page, `weft.flush()`);
    await until(() => collector.named('page').length === 2);
    expect(collector.ledger.size).toBe(1);
  });

  it('consent 18: the opt-out signal denies marketing and sharing, and leaves no mark on the device', async () => {
    rule({ config: california });
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
    const page = await open('/?gclid=abc');
    await call(page, `weft.flush()`);
    const [view] = await arrived('page');
    const row = collector.ledger.get(view.context.consent.receipt);
    expect(row.gpc).toEqual({ js: true });
    expect(row.decisions.map(({ purpose, value, source }: any) => `${purpose} ${value} ${source}`)).toEqual([
      'measurement granted region',
      'personalisation granted region',
    ]);
    expect(view.context.page.url).toBe(`${site.url}/`);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    expect(JSON.stringify(await cookies())).not.toMatch(/gpc|denied|marketing|sharing/);
    expect(await call(page, `weft.consent.get()`)).toEqual({
      measurement: true,
      personalisation: true,
      marketing: false,
      sharing: false,
    });
  });

  it('the page’s own word on its region goes before the collector’s', async () => {
    rule({ config: california });
    setPage({ attributes: { 'data-region': 'FR' } });
    const page = await open();
    await call(page, `weft.track('X'), weft.flush()`);
    await sleep(200);
    expect(collector.posts()).toEqual([]);
    expect(await writes(page)).toEqual([]);
  });

  it('a region that turns stricter stops what nobody answered', async () => {
    rule({ config: california });
    const page = await open();
    await call(page, `weft.flush()`);
    await until(() => collector.events.size);
    rule({ config: configOf() });
    setPage({ attributes: { 'data-region': 'DE' } });
    await page.goto(`${site.url}/next`);
    await ready(page);
    const count = collector.posts().length;
    await call(page, `weft.track('X'), weft.flush()`);
    await sleep(200);
    expect(collector.posts()).toHaveLength(count);
    expect(await call(page, `weft.consent.get().measurement`)).toBeNull();
  });
});
