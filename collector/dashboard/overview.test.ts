import { describe, expect, it } from 'vitest';
import { openShop } from './fixtures/shop.js';
import { loggedIn, text } from './fixtures/staff.js';

describe('the overview', () => {
  it('tells the figures, the refusals with reason and next step, and the warnings', async () => {
    const { staff } = await loggedIn();
    const words = text(await staff.page('/'));
    expect(words).toContain('People 1,284');
    expect(words).toContain('€18,934.20');
    expect(words).toContain('41 recovered, 25%');
    expect(words).toMatch(
      /Dropped The event carries no consent receipt\. no_receipt Use weft\.js, or set the mode of the write key\. 214/,
    );
    expect(words).toMatch(/A price came without a currency\. currency_missing Send currency, such as “EUR”\. 12/);
  });

  it('draws the last 24 hours and says the same in a table', async () => {
    const { staff, shop } = await loggedIn();
    const html = await staff.page('/');
    expect(html).toMatch(
      /role="img" aria-label="Events in the last 24 hours, by hour: [\d,]+ accepted, [\d,]+ refused\./,
    );
    // As long as they are counted (consent/retention), not since the beginning.
    expect(text(html)).toContain('accepted in the last 25 months');
    const hours = html.slice(html.indexOf('id="hours"'));
    expect(hours.match(/class="bar first" x=/g)).toHaveLength(24);
    const { at, accepted, refused } = shop.overview.eventsByHour[3]!;
    expect(text(html)).toContain(`${at.slice(11, 16)} UTC ${accepted} ${refused}`);
  });

  it('S-1: draws visitors and visits of two weeks by day, each chart with a table of its own', async () => {
    const { staff, shop } = await loggedIn();
    const html = await staff.page('/');
    const days = html.slice(html.indexOf('id="days"'), html.indexOf('id="hours"'));
    expect(days).toMatch(/aria-label="Visitors active, by day: [\d,]+ visitors active\./);
    expect(days).toMatch(/aria-label="Visits begun, by day: [\d,]+ visits begun\./);
    expect(days.match(/class="bar (first|second)" x=/g)).toHaveLength(28);
    const ids = [...html.matchAll(/<details class="more" id="([\w-]+)"/g)].map(([, id]) => id);
    expect(ids.slice(0, 3)).toEqual(['visitors-numbers', 'visits-numbers', 'chart-numbers']);
    expect(days).toContain(`>${shop.overview.days[13]!.visitors}<`);
  });

  it('C4: says beside the carts that were abandoned how often they were left', async () => {
    const { staff } = await loggedIn();
    expect(text(await staff.page('/'))).toContain('Carts abandoned 164 41 recovered, 25%; left 203 times in all');
  });

  it('with nothing in it tells how to get the first event, with the key and the address at hand', async () => {
    const { staff } = await loggedIn({ empty: true });
    const html = await staff.page('/');
    expect(html).toContain(
      '&lt;script async src=&quot;http://localhost/weft.js&quot; data-key=&quot;wk_shown_to_all&quot;&gt;&lt;/script&gt;',
    );
    expect(html).toContain('href="/demo"');
    expect(html).not.toContain('<svg width="100%"');
  });

  it('shows refusals even before the first event, for they are why there is none', async () => {
    const shop = openShop({ empty: true });
    shop.overview.refusals = [{ verdict: 'dropped', code: 'no_receipt', count: 3 }];
    const { staff } = await loggedIn({ shop });
    const words = text(await staff.page('/'));
    expect(words).toContain('Waiting for the first event');
    expect(words).toContain('The event carries no consent receipt.');
  });

  it('writes numbers as the reader does', async () => {
    const { staff } = await loggedIn();
    const html = await (await staff.get('/', { 'accept-language': 'de-DE' })).text();
    expect(html).toContain('1.284');
    expect(html).toContain('18.934,20\u00a0€');
  });
});
