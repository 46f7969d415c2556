import { describe, expect, it } from 'vitest';
import type { Merge } from '../../contract/profile.js';
import { adaId, bertaId, visitorId } from '../fixtures/person.js';
import { loggedIn, text } from '../fixtures/staff.js';

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
