import { describe, expect, it } from 'vitest';
import { adaId, back, bertaId, event, visitorId } from '../fixtures/person.js';
import { openShop } from '../fixtures/shop.js';
import { loggedIn, text } from '../fixtures/staff.js';

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
    expect(words).toContain('came back and bought €79.60 of it, with order 10021');
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
