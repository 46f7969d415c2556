import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Merge } from '../contract/profile.js';
import { Unavailable } from '../errors.js';
import { openTurnedAway } from '../ingest/turned-away.js';
import { hostile } from './fixtures/hostile.js';
import { adaId, back, bertaId, event, visitorId } from './fixtures/person.js';
import { openShop } from './fixtures/shop.js';
import { loggedIn, openDashboard, text, visit } from './fixtures/staff.js';

const json = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as string[];

const everyPage = [
  '/',
  '/live',
  '/people',
  '/people?find=zzz',
  `/people/${adaId}`,
  `/people/${adaId}/merges/m-phone/undo`,
  `/people/${adaId}/join?with=${bertaId}`,
  `/people/${adaId}/erase`,
  '/erasures/er_1',
  '/people/nobody',
];

it('the icon is where browsers look for it, also before anybody logs in', async () => {
  const { app } = openDashboard();
  const found = await app.request('/favicon.ico');
  const icon = await app.request(found.headers.get('location')!);
  expect([found.status, icon.status, icon.headers.get('content-type')]).toEqual([302, 200, 'image/svg+xml']);
});

describe('every page', () => {
  it.each(everyPage)('%s goes out under a strict policy, to be kept by nobody', async (path) => {
    const { staff } = await loggedIn();
    const { headers } = await staff.get(path);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });

  it.each(everyPage)('%s holds no script, style or handler of its own, so that the policy can hold', async (path) => {
    const { staff } = await loggedIn();
    const html = await staff.page(path);
    expect(html.match(/<script[^>]*>/g)).toHaveLength(1);
    expect(html).toMatch(/<script src="\/assets\/dashboard-[0-9a-f]{12}\.js" defer=""><\/script>/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(html).toMatch(/<title>[^<]+ · Weft<\/title>/);
  });

  it('answers a page that asks whether something changed with 304 until something has', async () => {
    const { staff, shop } = await loggedIn();
    for (const path of ['/', `/people/${adaId}`]) {
      const html = await staff.page(path);
      const version = /data-version="([^"]+)"/.exec(html)![1]!;
      const asking = { 'x-weft-refresh': '1', 'if-none-match': `"${version}"` };
      expect((await staff.get(path, asking)).status).toBe(304);
      shop.overview = { ...shop.overview, people: shop.overview.people + 1 };
      shop.people.get(adaId)!.profile.counts.events += 1;
      expect((await staff.get(path, asking)).status).toBe(200);
    }
  });

  it('is an error page with a next step when the reader breaks, and the reason is told to the log alone', async () => {
    const shop = openShop();
    const told: unknown[] = [];
    const { staff } = await loggedIn({ shop, report: (error) => told.push(error) });
    const bug = new Error('ada@shop.test is in this message');
    shop.reader.overview = () => Promise.reject(bug);
    const broken = await staff.get('/');
    expect(broken.status).toBe(500);
    expect(told).toEqual([bug]);
    const html = await broken.text();
    expect(html).not.toContain('ada@');
    expect(html).toContain('Try again');
    expect(broken.headers.get('cache-control')).toBe('no-store');
    shop.reader.people = () => Promise.reject(new Unavailable('gone'));
    const away = await staff.get('/people');
    expect(away.status).toBe(503);
    expect(await away.text()).toContain('/readyz');
  });

  it('says to whoever opens a wrong address where to go, and leaves the API its own answer', async () => {
    const { staff } = await loggedIn();
    const page = await staff.get('/nowhere');
    expect(page.status).toBe(404);
    expect(text(await page.text())).toContain('There is no such page');
    for (const [path, accept] of [
      ['/nowhere', 'application/json'],
      ['/v1/nowhere', 'text/html'],
    ] as const) {
      const response = await staff.get(path, { accept });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).not.toContain('html');
    }
  });

  it('is compressed where the browser asks for it', async () => {
    const { staff } = await loggedIn();
    expect((await staff.get(`/people/${adaId}`, { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBe(
      'gzip',
    );
  });
});

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

describe('the live table', () => {
  it('gives each event its verdict, and each refusal its reason, its place and its next step', async () => {
    const { staff } = await loggedIn();
    const words = text(await staff.page('/live'));
    expect(words).toContain('Accepted Product Added /p/linen-shirt Ada Lovelace');
    expect(words).toContain('Rejected Event timestamp is no date and time with a zone. Send ISO 8601');
    expect(words).toContain('bad_timestamp at timestamp');
    expect(words).toContain('Held Page view Its consent row is not known here');
    expect(words).toContain('Look A property that the event needs is missing.');
  });

  it.each([
    ['refused', ['Rejected', 'Dropped', 'Held'], ['Accepted', 'Duplicate']],
    ['held', ['Held'], ['Accepted', 'Rejected', 'Dropped']],
    ['nonsense', ['Accepted', 'Held'], []],
  ])('shows of ?verdict=%s what it should', async (filter, shown, hidden) => {
    const { staff } = await loggedIn();
    const html = await staff.page(`/live?verdict=${filter}`);
    const rows = html.slice(html.indexOf('<tbody'));
    for (const word of shown) expect(rows).toContain(`">${word}</span>`);
    for (const word of hidden) expect(rows).not.toContain(`">${word}</span>`);
  });

  it('hands on the rows after the last one seen, and how far it looked', async () => {
    const { staff, shop } = await loggedIn();
    const none = await staff.get('/live/rows?verdict=all&after=900');
    expect(none.status).toBe(204);
    expect(none.headers.get('x-weft-seq')).toBe('900');
    shop.live = [
      { ...shop.live[0]!, seq: 902 },
      { ...shop.live[0]!, seq: 901, verdict: 'dropped', code: 'gpc' },
      ...shop.live,
    ];
    const two = await staff.get('/live/rows?verdict=all&after=900');
    expect((await two.text()).match(/<tr /g)).toHaveLength(2);
    const filtered = await staff.get('/live/rows?verdict=held&after=900');
    expect(filtered.status).toBe(204);
    expect(filtered.headers.get('x-weft-seq')).toBe('902');
    for (const after of ['-1', 'x', '1.5', '99999999999999999999'])
      expect((await staff.get(`/live/rows?after=${after}`)).status).toBe(400);
  });

  it('says who was turned away at the door, why, and what to do about it', async () => {
    const turnedAway = openTurnedAway(() => Date.parse('2026-11-22T06:00:00Z'));
    const opening = { empty: true, turnedAway: turnedAway.list };
    const { staff } = await loggedIn(opening);
    expect(await staff.page('/live')).toMatch(/<section id="turned-away"[^>]* hidden/);
    expect((await staff.get('/live/rows?verdict=all&after=0')).headers.get('x-weft-turned-away')).toBe('0');
    for (let n = 0; n < 30; n += 1) turnedAway.note(`https://shop-${n}.example`, 'origin');
    turnedAway.note('https://shop-3.example', 'origin');
    expect((await staff.get('/live/rows?verdict=all&after=0')).headers.get('x-weft-turned-away')).toBe('31');
    const words = text(await staff.page('/live'));
    expect(words).toContain('Turned away at the door');
    expect(words).toMatch(/https:\/\/shop-3\.example .* 2 Pages of this address may not send\./);
    expect(words).toContain(
      'If it is yours: set https://shop-3.example as WEFT_ORIGINS , and start the collector again.',
    );
    expect(words).toMatch(/Others .* 10 More addresses than are told apart\./);

    const other = openTurnedAway(() => Date.parse('2026-11-22T06:00:00Z'));
    other.note('https://outlet.example', 'origin');
    other.note('null', 'origin');
    other.note('https://shop.example', 'bad_key');
    const listed = await loggedIn({
      turnedAway: other.list,
      origins: { kind: 'listed', origins: ['https://shop.example'] },
    });
    const said = text(await listed.staff.page('/live'));
    expect(said).toContain('If it is yours: add https://outlet.example to WEFT_ORIGINS');
    expect(said).toContain('No address');
    expect(said).toContain('data-key of its script must be a live write key');
  });

  it('with nothing in it says where events come from', async () => {
    const { staff } = await loggedIn({ empty: true });
    expect(text(await staff.page('/live'))).toContain('No event has reached the door yet.');
  });
});

describe('people', () => {
  it.each([['u_10'], ['ada@shop.test'], ['+49151'], ['a-laptop'], ['10021'], [adaId]])(
    'are found by %s',
    async (find) => {
      const { staff } = await loggedIn();
      const html = await staff.page(`/people?${new URLSearchParams({ find })}`);
      expect(html).toContain(`href="/people/${adaId}"`);
      expect(html).not.toContain(`href="/people/${visitorId}"`);
    },
  );

  it('are listed with what a shop asks first', async () => {
    const { staff } = await loggedIn();
    expect(text(await staff.page('/people'))).toMatch(
      /Ada Lovelace User u_1042 E-mail ada@shop\.test .* 1 min ago 2 €172\.90 Open €78\.00/,
    );
  });

  it('are turned page by page, also while searching', async () => {
    const shop = openShop();
    for (let n = 0; n < 40; n += 1) {
      const person = structuredClone(shop.people.get(visitorId)!);
      person.profile.id = `p-${n}`;
      person.profile.identifiers[0]!.value = `many-${n}`;
      shop.people.set(person.profile.id, person);
    }
    const { staff } = await loggedIn({ shop });
    const next = /href="(\/people\?[^"]*after=[^"]*)" rel="next"/.exec(await staff.page('/people?find=many'))![1]!;
    expect(next).toContain('find=many');
    const second = await staff.page(next.replaceAll('&amp;', '&'));
    expect(second.match(/data-key="p-/g)).toHaveLength(10);
    expect(second).not.toContain('rel="next"');
  });

  it('nobody has is said with what was looked for', async () => {
    const { staff } = await loggedIn();
    expect(text(await staff.page('/people?find=%3Cb%3Enobody'))).toContain('Nobody has this identifier.');
  });
});

describe('one person', () => {
  it('who left with a cart is told to have, at the end of that visit and of no other', async () => {
    const shop = openShop();
    const ada = shop.people.get(adaId)!;
    const visit = ada.sessions.find(({ id }) => id !== 'visit-phone' && ada.events.some((it) => it.sessionId === id))!;
    visit.leftWithCart = { at: visit.endedAt, cartId: 'c_1' };
    const { staff } = await loggedIn({ shop });
    const html = await staff.page(`/people/${adaId}`);
    expect(html.match(/data-told="Left with a cart"/g)).toHaveLength(1);
    expect(html.indexOf(`data-key="left:${visit.id}"`)).toBeGreaterThan(html.indexOf(`data-key="${visit.id}"`));
  });

  it('is told across devices and visits, each event with why it is theirs', async () => {
    const { staff } = await loggedIn();
    const words = text(await staff.page(`/people/${adaId}`));
    expect(words).toContain('Phone, Mobile Safari on iOS Device B');
    expect(words).toContain('Email from newsletter (spring) · Germany · 4 pages · 13 min, 4 min 20 s of it engaged');
    expect(words).toContain('Added Linen shirt, Sand × 2 to the cart, €78.00 same visit 10:41 UTC');
    expect(words).toContain('Got €19.90 back for order 10021 by order number');
    expect(words).toContain(
      'Why it is theirs: It happened before anyone ever signed in on this device, and this person was the first to.',
    );
    expect(words).not.toContain('Stayed on the page');
    expect(words.indexOf('Added Linen shirt')).toBeLessThan(words.indexOf('Signed in as u_1042'));
  });

  it('shows carts with their deadline and episodes, orders with refunds', async () => {
    const { staff } = await loggedIn();
    const words = text(await staff.page(`/people/${adaId}`));
    expect(words).toContain(
      'Open €78.00 2 × Linen shirt, Sand €78.00 Counts as abandoned in 43 min if nothing happens.',
    );
    expect(words).toMatch(/Left with a full cart 18 Nov 2026, 11:52 UTC , €79\.60 : came back and went on/);
    expect(words).toContain('10021 Partly refunded €133.80 €19.90 refunded, so €113.90 remain.');
    // S-2: of the order's visit.
    expect(words).toContain(
      'Came through, in equal shares: Email from newsletter (spring) first touch 50% Organic Search from duckduckgo last touch 50%',
    );
    expect(words).toContain('Garden twine price unknown');
  });

  it('says that nothing was joined, and of one identifier only where there is one', async () => {
    const { staff, shop } = await loggedIn();
    const alone = 'Nothing was joined. Everything here comes from one identifier.';
    expect(text(await staff.page(`/people/${visitorId}`))).toContain(alone);
    const { profile } = shop.people.get(visitorId)!;
    profile.identifiers.push({ ...profile.identifiers[0]!, type: 'email', value: 'cy@shop.test' });
    expect(text(await staff.page(`/people/${visitorId}`))).toContain(
      'Nothing was joined. What else names them came with what they did',
    );
  });

  it('shows traits and identifiers with their source and assurance', async () => {
    const { staff } = await loggedIn();
    const words = text(await staff.page(`/people/${adaId}`));
    expect(words).toContain('loyalty_tier gold your server transactional 2 days ago');
    expect(words).toContain('name Ada Lovelace a page claimed 3 days ago');
    expect(words).toContain('Phone +4915112345678 claimed');
    expect(words).toContain('Marketing no Sharing not asked');
  });

  it('R8: names beside the identifiers whom a page claimed to be without proof', async () => {
    const { staff, shop } = await loggedIn();
    const { profile } = shop.people.get(visitorId)!;
    const claimed = 'Claimed without proof, so nothing of theirs is here:';
    expect(text(await staff.page(`/people/${visitorId}`))).not.toContain(claimed);
    profile.claims = ['u-1', 'u-2'].map((userId) => ({ userId, at: profile.lastSeenAt! }));
    expect(text(await staff.page(`/people/${visitorId}`)).replaceAll(' ,', ',')).toContain(`${claimed} u-1, u-2`);
  });

  it('I10: only suggests who shares a claimed e-mail, and offers to join only two users', async () => {
    const { staff } = await loggedIn();
    const html = await staff.page(`/people/${adaId}`);
    expect(text(html)).toContain('A browser’s word alone joins nobody.');
    expect(html).toContain(`/people/${adaId}/join?with=${bertaId}`);
    expect(html).not.toContain(`with=${visitorId}`);
  });

  it('under an id they had once leads to the one they have', async () => {
    const { staff, shop } = await loggedIn();
    shop.people.set('old-id', shop.people.get(adaId)!);
    const response = await staff.get('/people/old-id?done=joined');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`/people/${adaId}?done=joined`);
    const asked = await staff.get('/people/old-id', { 'x-weft-refresh': '1' });
    expect(asked.status).toBe(200);
    expect(asked.headers.get('x-weft-moved')).toBe(`/people/${adaId}`);
  });

  it('who is known by nothing says so, and what comes next', async () => {
    const { staff } = await loggedIn();
    expect((await staff.get('/people/nobody')).status).toBe(404);
    expect((await staff.get('/people/%F0%9F%92%A9')).status).toBe(404);
    expect((await staff.get('/people/%ZZ')).status).toBe(404);
  });

  it('with a long history is turned page by page, and what is older does not mend itself', async () => {
    const shop = openShop();
    shop.people.get(adaId)!.events = Array.from({ length: 200 }, (_, n) =>
      event({ type: 'track', event: `Number ${n}`, at: back(n) }),
    );
    const { staff } = await loggedIn({ shop });
    const first = await staff.page(`/people/${adaId}`);
    expect(first).toContain('data-refresh=');
    const next = /href="([^"]+)" rel="next"/.exec(first)![1]!;
    const older = await staff.page(next.replaceAll('&amp;', '&').split('#')[0]!);
    expect(older).toContain('Number 80<');
    expect(older).not.toContain('Number 79<');
    expect(older).not.toContain('data-refresh=');
  });

  it('is handed out as JSON, as the API would', async () => {
    const { staff, shop } = await loggedIn();
    const response = await staff.get(`/people/${adaId}/profile.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual(shop.people.get(adaId)!.profile);
  });
});

describe('acts', () => {
  const undo = `/people/${adaId}/merges/m-phone/undo`;

  it('R12: an undo is explained, done once by a form of this session, and shown as done', async () => {
    const { staff, shop, clock } = await loggedIn();
    expect(text(await staff.page(undo))).toContain('Tell these two apart?');
    expect(shop.commands).toEqual([]);
    const response = await staff.post(undo, { csrf: await staff.csrf(undo) });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/people/${adaId}?done=undone#why`);
    expect(shop.commands).toEqual([{ kind: 'undo', mergeId: 'm-phone', by: 'staff_admin', at: clock.at }]);
    const html = await staff.page(`/people/${adaId}?done=undone`);
    expect(text(html)).toContain('Undone. The two are told apart from now on');
    expect(html).not.toContain(`href="${undo}"`);
    expect(text(await staff.page(undo))).toContain('These two are told apart already');
  });

  it('R12: a join names which user id stays', async () => {
    const { staff, shop, clock } = await loggedIn();
    const path = `/people/${adaId}/join?with=${bertaId}`;
    const csrf = await staff.csrf(path);
    await staff.post(path, { csrf, stays: 'here' });
    await staff.post(path, { csrf, stays: 'there' });
    expect(shop.commands).toEqual([
      { kind: 'merge', from: 'u_2001', into: 'u_1042', by: 'staff_admin', at: clock.at },
      { kind: 'merge', from: 'u_1042', into: 'u_2001', by: 'staff_admin', at: clock.at },
    ]);
    expect((await staff.post(path, { csrf, stays: 'nowhere' })).status).toBe(404);
  });

  describe('R12: before a join', () => {
    const path = `/people/${adaId}/join?with=${bertaId}`;
    const undone = (id: string, ...values: [type: string, value: string][]): Merge => ({
      id,
      at: '2026-11-01T10:00:00.000Z',
      cause: 'x',
      reason: 'staff',
      identifiers: values.map(([type, value]) => ({ type, value })),
      undoneAt: '2026-11-02T10:00:00.000Z',
    });
    const shown = async (merges: Record<string, Merge[]>) => {
      const { staff, shop } = await loggedIn();
      for (const [id, ofThem] of Object.entries(merges)) shop.people.get(id)!.merges = ofThem;
      const html = await staff.page(path);
      return { html, words: text(html), isOffered: html.includes('name="stays"') };
    };

    it('nothing is said where nothing was told apart between them', async () => {
      const other = undone('m-1', ['user_id', 'u_1042'], ['user_id', 'u_9']);
      const { words, isOffered } = await shown({ [adaId]: [other], [bertaId]: [] });
      expect([words.includes('told these apart'), isOffered]).toEqual([false, true]);
    });

    it('two users who were told apart are not offered: an undo is for good', async () => {
      const apart = undone('m-2', ['user_id', 'u_1042'], ['user_id', 'u_2001']);
      const { words, isOffered } = await shown({ [adaId]: [apart], [bertaId]: [apart] });
      expect(words).toContain('These two stay two people');
      expect(words).toContain('An undo is for good');
      expect(isOffered).toBe(false);
    });

    it('also under user ids that no list shows any more', async () => {
      const apart = undone('m-3', ['user_id', 'u_old'], ['user_id', 'u_older']);
      expect((await shown({ [adaId]: [apart], [bertaId]: [apart] })).isOffered).toBe(false);
    });

    it('of a device that the other has it says what comes along, and of an address what will be of neither', async () => {
      const { words, isOffered } = await shown({});
      expect(words).toContain('what the other user did there comes along');
      expect(isOffered).toBe(true);
      const address = undone('m-4', ['user_id', 'u_2001'], ['email', 'ada@shop.test']);
      const mail = await shown({ [adaId]: [], [bertaId]: [address] });
      expect(mail.words).toContain('will be of neither of the two');
      expect(mail.isOffered).toBe(true);
    });
  });

  it('R12: a join that the rules refuse says why, and never that they are one person', async () => {
    const { staff, shop } = await loggedIn();
    const path = `/people/${adaId}/join?with=${bertaId}`;
    const message = 'The two were told apart on 2026-11-02T10:00:00.000Z; they stay two people.';
    shop.answers.merge = { status: 409, body: { error: { code: 'conflict', message, hint: 'An undo is for good.' } } };
    const response = await staff.post(path, { csrf: await staff.csrf(path), stays: 'here' });
    expect(response.status).toBe(409);
    expect(text(await response.text())).toContain(`Nothing was changed ${message} An undo is for good.`);
  });

  it.each([visitorId, adaId, 'nobody', ''])('a join with %j, which is no other user, is not offered', async (other) => {
    const { staff, shop } = await loggedIn();
    const path = `/people/${adaId}/join?with=${other}`;
    expect((await staff.get(path)).status).toBe(404);
    expect((await staff.post(path, { csrf: await staff.csrf(undo), stays: 'here' })).status).toBe(404);
    expect(shop.commands).toEqual([]);
  });

  it('R14: an erasure needs a clear yes, and then shows the state of its job', async () => {
    const { staff, shop, clock } = await loggedIn();
    const path = `/people/${adaId}/erase`;
    const csrf = await staff.csrf(path);
    expect((await staff.post(path, { csrf })).headers.get('location')).toBe(path);
    expect(shop.commands).toEqual([]);
    const response = await staff.post(path, { csrf, sure: 'yes' });
    expect(response.headers.get('location')).toBe('/erasures/er_1');
    expect(shop.commands[0]).toEqual({ kind: 'erase', subject: { profileId: adaId }, by: 'staff_admin', at: clock.at });
    const words = text(await staff.page('/erasures/er_1'));
    expect(words).toContain('The person is erased');
    expect(words).toContain('events 21 deleted');
    shop.answers.erasure = { status: 200, body: { id: 'er_1', state: 'running' } };
    expect(await staff.page('/erasures/er_1')).toContain('data-refresh=');
    shop.answers.erasure = { status: 404, body: {} };
    expect((await staff.get('/erasures/er_1')).status).toBe(404);
  });

  it.each([undo, `/people/${adaId}/join?with=${bertaId}`, `/people/${adaId}/erase`])(
    '%s without its token, or from another site, changes nothing',
    async (path) => {
      const { staff, shop } = await loggedIn();
      const csrf = await staff.csrf(path);
      const fields = { sure: 'yes', stays: 'here' };
      expect((await staff.post(path, fields)).status).toBe(403);
      expect((await staff.post(path, { ...fields, csrf: `${csrf}x` })).status).toBe(403);
      expect((await staff.post(path, { ...fields, csrf }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
      const { staff: other } = await loggedIn();
      expect((await staff.post(path, { ...fields, csrf: await other.csrf(path) })).status).toBe(403);
      expect(shop.commands).toEqual([]);
    },
  );

  it('that the log refuses are told in its own words', async () => {
    const { staff, shop } = await loggedIn();
    shop.answers.undo = {
      status: 409,
      body: { error: { code: 'bad_request', message: 'It cannot be undone now.', hint: 'Come again.' } },
    };
    const response = await staff.post(undo, { csrf: await staff.csrf(undo) });
    expect(response.status).toBe(409);
    expect(text(await response.text())).toContain('Nothing was changed It cannot be undone now. Come again.');
  });

  it('on what is not there are answered so', async () => {
    const { staff, shop } = await loggedIn();
    const csrf = await staff.csrf(undo);
    expect((await staff.post(`/people/${adaId}/merges/none/undo`, { csrf })).status).toBe(404);
    expect((await staff.post(`/people/${bertaId}/merges/m-phone/undo`, { csrf })).status).toBe(404);
    expect((await staff.post('/people/nobody/erase', { csrf, sure: 'yes' })).status).toBe(404);
    expect(shop.commands).toEqual([]);
  });
});

describe('text of strangers', () => {
  /** Every element with the names of its attributes: what could act. */
  const skeleton = (html: string): Set<string> => {
    const elements = new Set<string>();
    const rest = html.replace(
      /<(\/?[a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*(?:="[^"<>]*")?)*)\s*\/?>/gi,
      (_, tag: string, attributes: string) => {
        const names = [...attributes.matchAll(/\s([a-z][a-z0-9-]*)(?:="[^"]*")?/gi)].map(([, name]) =>
          name!.toLowerCase(),
        );
        elements.add(`${tag.toLowerCase()} ${names.sort().join(' ')}`);
        return '';
      },
    );
    elements.add(`rest ${/[<>]/.test(rest.replaceAll('<!doctype html>', ''))}`);
    return elements;
  };
  /** All of these in the pages that list many; each in the pages of one. */
  const render = async (given: readonly string[]): Promise<[string, string][]> => {
    const shop = openShop({ empty: true });
    const { staff } = await loggedIn({ shop });
    const [live] = openShop().live;
    shop.live = given.flatMap((word, index) => [
      { ...live!, seq: index, name: word, pagePath: word, profileId: `p-${index}`, warnings: [word] },
      { ...live!, seq: index, verdict: 'rejected' as const, code: word, path: word, type: word },
      { ...live!, seq: index, type: 'page', name: word },
    ]);
    shop.overview = {
      ...openShop().overview,
      refusals: given.map((word) => ({ verdict: word, code: word, count: 1 })),
      discarded: given.map((word) => ({ reason: word, count: 1 })),
      warnings: given.map((word) => ({ code: word, count: 1 })),
    };
    const pages: [string, string][] = [];
    const add = async (word: string, path: string) => pages.push([word, await staff.page(path)]);
    for (const [index, word] of given.entries()) {
      const person = hostile(word);
      person.merges[0]!.id = 'x';
      person.profile.id = `p-${index}`;
      shop.people.set(person.profile.id, person);
      await add(word, `/people/p-${index}`);
      await add(word, `/people/p-${index}/merges/x/undo`);
      await add(word, `/people?${new URLSearchParams({ find: `nobody ${word}` })}`);
    }
    for (const path of ['/', '/live', '/people']) await add(given.join(' '), path);
    return pages;
  };
  const strings = [
    ...json('./fixtures/blns.json'),
    ...json('./fixtures/xss_payloads_sample.json'),
    '\u0000\u001b[2J\u202e</script>',
    '"><svg onload=x>',
    "'-->]]>",
  ];
  const batches = Array.from({ length: Math.ceil(strings.length / 30) }, (_, n) => strings.slice(n * 30, n * 30 + 30));

  it(`stays text, whatever of ${strings.length} naughty strings it is`, { timeout: 120_000 }, async () => {
    const tame = ['x', 'track', ' ', '12', 'EUR', 'page', 'DE', 'cart', 'y'.repeat(400), 'accepted', 'identify'];
    const allowed = new Set<string>();
    for (const [, html] of await render(tame)) for (const element of skeleton(html)) allowed.add(element);
    expect(allowed).toContain('rest false');
    expect(allowed).not.toContain('rest true');
    for (const batch of batches) {
      for (const [given, html] of await render(batch)) {
        expect([given, [...skeleton(html)].filter((element) => !allowed.has(element))]).toEqual([given, []]);
        expect(html).not.toMatch(/(?:href|src|action)="(?!\/|#|http:\/\/localhost)/);
        if (!given.includes('[object Object]')) expect(html).not.toContain('[object Object]');
        if (!given.includes('undefined')) expect(html).not.toContain('>undefined<');
      }
    }
  });

  it('never reaches a header', async () => {
    const { staff } = await loggedIn();
    const response = await staff.get(`/people?find=${encodeURIComponent('x\r\nset-cookie: a=b')}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('what a visitor may learn before the door', () => {
  it('is that there is a door', async () => {
    const { app } = openDashboard();
    const html = await visit(app).page('/login');
    expect(html).not.toMatch(/Ada|wk_|u_1042|People/);
  });
});
