import { describe, expect, it } from 'vitest';
import { openTurnedAway } from '../../ingest/turned-away.js';
import { loggedIn, text } from '../fixtures/staff.js';

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
