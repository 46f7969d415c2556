import { describe, expect, it } from 'vitest';
import { idleMaxMs, knownMaxMs, openSessions, sessionMaxMs } from './session.js';

const ada = { id: 'staff_ada', stamp: 'one' };
const at = (start: number) => {
  let now = start;
  return { now: () => now, pass: (ms: number) => (now += ms) };
};

describe('a session', () => {
  it('is read from the cookie that opened it, by every process that has the secret', () => {
    const clock = at(1_000);
    const { cookie, session } = openSessions('secret', clock.now).open(ada);
    expect(openSessions('secret', clock.now).read(cookie)).toEqual(session);
    expect(session).toMatchObject({ account: 'staff_ada', stamp: 'one' });
    expect(openSessions('another secret', clock.now).read(cookie)).toBeNull();
  });

  it('is nobody’s once a character of its cookie changed', () => {
    const sessions = openSessions('secret', () => 0);
    const { cookie } = sessions.open(ada);
    for (let index = 0; index < cookie.length; index += 1) {
      const forged = `${cookie.slice(0, index)}${cookie[index] === 'A' ? 'B' : 'A'}${cookie.slice(index + 1)}`;
      expect([index, sessions.read(forged)]).toEqual([index, null]);
    }
  });

  it.each(['', '.', '...', 'a.b.c.d', 'x'.repeat(5_000), 'é.é.é.é'])('is nobody’s for the cookie %j', (cookie) => {
    expect(openSessions('secret', () => 0).read(cookie)).toBeNull();
  });

  it('ends when nobody came for its idle time', () => {
    const clock = at(5);
    const sessions = openSessions('secret', clock.now);
    const { cookie } = sessions.open(ada);
    clock.pass(idleMaxMs - 1);
    expect(sessions.read(cookie)).not.toBeNull();
    clock.pass(1);
    expect(sessions.read(cookie)).toBeNull();
  });

  it('goes on while someone comes, but not for ever', () => {
    const clock = at(5);
    const sessions = openSessions('secret', clock.now);
    let { cookie } = sessions.open(ada);
    let lastedMs = 0;
    for (;;) {
      clock.pass(idleMaxMs * 0.75);
      const session = sessions.read(cookie);
      if (session === null) break;
      lastedMs += idleMaxMs * 0.75;
      cookie = sessions.renewed(session) ?? cookie;
    }
    expect(lastedMs).toBeGreaterThan(idleMaxMs * 3);
    expect(lastedMs).toBeLessThanOrEqual(sessionMaxMs);
  });

  it('gets no new cookie while the present one is young', () => {
    const sessions = openSessions('secret', () => 0);
    expect(sessions.renewed(sessions.open(ada).session)).toBeNull();
  });

  it('is over once it was closed, for its renewed cookies too', () => {
    const clock = at(5);
    const sessions = openSessions('secret', clock.now);
    const { cookie, session } = sessions.open(ada);
    clock.pass(idleMaxMs * 0.75);
    const renewed = sessions.renewed(session)!;
    sessions.close(session);
    expect(sessions.read(cookie)).toBeNull();
    expect(sessions.read(renewed)).toBeNull();
  });
});

describe('the token of a form', () => {
  const sessions = openSessions('secret', () => 0);

  it('holds for whom it was written, and for nobody else', () => {
    const token = sessions.token('one');
    expect(sessions.checks('one', token)).toBe(true);
    expect(sessions.checks('two', token)).toBe(false);
    expect(openSessions('another', () => 0).checks('one', token)).toBe(false);
  });

  it('is another one each time, so that a compressed page gives nothing away', () => {
    expect(sessions.token('one')).not.toBe(sessions.token('one'));
  });

  it.each([undefined, null, 7, '', '.', 'a.b', 'a.b.c', 'x'.repeat(5_000)])('does not hold when it is %j', (token) => {
    expect(sessions.checks('one', token)).toBe(false);
  });

  it('is no session, and a session no token', () => {
    const { cookie, session } = sessions.open(ada);
    expect(sessions.checks(session.id, cookie)).toBe(false);
    expect(sessions.read(sessions.token(session.id))).toBeNull();
  });
});

describe('a browser that logged in before', () => {
  it('is known for a while, and forged by nobody', () => {
    const clock = at(0);
    const sessions = openSessions('secret', clock.now);
    const cookie = sessions.know();
    expect(sessions.known(cookie)).not.toBeNull();
    expect(sessions.known(`${cookie}x`)).toBeNull();
    expect(sessions.read(cookie)).toBeNull();
    clock.pass(knownMaxMs);
    expect(sessions.known(cookie)).toBeNull();
  });
});
