// What an erasure leaves, and what an objection holds.

import { describe, expect, it } from 'vitest';
import { ended, filesWith, house, visit } from './rights.fixture.js';

describe('after an erasure', () => {
  it('section 6: no file holds the person in any spelling: database, logs of writes, journal, exports, certificates', async () => {
    const it = await house();
    const [user, device, email] = ['u-gone-ä/1', 'd-gone-77', 'gone.person@gone.test'];
    await it.ask('/v1/batch', visit(user, device, email));
    const made = await it.ask('/v1/privacy/exports', { userId: user });
    await ended(it, `/v1/privacy/exports/${made.body.id as string}`);
    expect(filesWith(it.folder, device)).not.toEqual([]);
    const asked = await it.ask('/v1/privacy/erasures', { userId: user });
    await ended(it, `/v1/privacy/erasures/${asked.body.id as string}`);
    await it.ask(`/v1/privacy/erasures/${asked.body.id as string}/certificate`);
    const late = await it.ask('/v1/batch', visit(user, device, email));
    expect(late.body).toMatchObject({ accepted: 0 });
    await it.close();
    for (const text of [user, device, email, `order-of-${user}`])
      expect([text, filesWith(it.folder, text)]).toEqual([text, []]);
  }, 60_000);
});

describe('art. 21: an objection', () => {
  it('holds against what the server tells, is listed, and is lifted by the same right', async () => {
    const it = await house();
    await it.ask('/v1/batch', visit('u-object', 'd-object', 'ada@object.test'));
    const orders = async () =>
      ((await it.ask('/v1/profiles?userId=u-object')).body.profiles as { counts?: { orders: number } }[])[0]?.counts
        ?.orders ?? 0;
    expect(await orders()).toBe(1);
    expect(
      (await it.ask('/v1/privacy/objections', { userId: 'u-object', purposes: ['measurement', 'nonsense'] })).status,
    ).toBe(400);
    const no = await it.ask('/v1/privacy/objections', { userId: 'u-object' });
    expect(no).toMatchObject({ status: 202, body: { state: 'done' } });
    expect(await it.ask('/v1/privacy/objections', { userId: 'nobody-at-all' })).toMatchObject({
      status: 202,
      body: { state: 'done' },
    });
    expect(await orders()).toBe(0);
    await it.ask('/v1/privacy/objections', { userId: 'u-object', lift: true });
    expect(await orders()).toBe(1);
  }, 60_000);
});
