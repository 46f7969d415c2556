// The gate over one event, and the first pass over its address; the collector makes the second.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { redactUrl } from '../../collector/enrich/redact/redact.fixture.js';
import { permit } from './permit.js';
import { redact } from './redact.js';
import type { PageEvent } from './wire.js';

const event = (more: Partial<PageEvent>): PageEvent => ({
  messageId: 'm',
  type: 'track',
  timestamp: '2026-11-29T00:00:00.000Z',
  anonymousId: 'a',
  userId: 'u',
  traits: { plan: 'gold' },
  context: { page: { url: 'http://shop/?gclid=1&utm_source=x', title: '', referrer: '' } },
  ...more,
});
const all = { measurement: true, personalisation: true, marketing: true };
/** As the collector tells them. */
const rules = { clickIds: ['gclid'] };

describe('permit: what an event needs', () => {
  test.each<[string, Partial<PageEvent>, string]>([
    ['page', { type: 'page' }, 'measurement'],
    ['track', { event: 'Product Added' }, 'measurement'],
    ['identify', { type: 'identify' }, 'personalisation'],
    ['alias', { type: 'alias' }, 'personalisation'],
    ['group', { type: 'group' }, 'personalisation'],
    ['a survey’s answer', { event: 'Survey Answered' }, 'personalisation'],
    ['a message’s event', { event: 'Message Opened' }, 'marketing'],
  ])('%s', (_, more, purpose) => {
    expect(permit(event(more), all)).toBeDefined();
    expect(permit(event(more), { ...all, [purpose]: false })).toBeUndefined();
    expect(permit(event(more), { ...all, [purpose]: null })).toBeUndefined();
    expect(permit(event(more), { ...all, measurement: false })).toBeUndefined();
  });

  test('consent 6: without personalisation no id, user or trait is left, without marketing no click id', () => {
    const bare = permit(event({}), { measurement: true }, rules);
    expect(JSON.stringify(bare)).not.toMatch(/anonymousId|userId|traits|gclid/);
    expect(bare?.context.page).toMatchObject({ url: 'http://shop/?utm_source=x' });
    expect(permit(event({}), all, rules)?.context.page).toMatchObject({ url: 'http://shop/?gclid=1&utm_source=x' });
    // Without a configuration nobody knows which they are.
    expect(permit(event({}), all)?.context.page).toMatchObject({ url: 'http://shop/?utm_source=x' });
    expect(permit(event({}), all)).toMatchObject({ anonymousId: 'a', userId: 'u' });
  });

  test('leaves the event it was given as it was', () => {
    const given = event({});
    permit(given, { measurement: true });
    expect(given).toEqual(event({}));
  });
});

describe('redact: an address', () => {
  test.each([
    ['consent 27', '/reset/eyJhbGciOi…?email=a@b.c&utm_source=x#t=1', '/reset/:redacted?utm_source=x'],
    ['an e-mail in the path', '/u/a@b.example/x', '/u/:redacted/x'],
    ['one written with %40', '/u/a%40b.example', '/u/:redacted'],
    ['a phone', '/call/+49 170 1234567', '/call/:redacted'],
    ['a card', '/pay/4111-1111-1111-1111', '/pay/:redacted'],
    ['a UUID', '/r/0190c3e2-7b1a-7c3d-8e4f-1234567890ab', '/r/:redacted'],
    ['a long token', '/i/a1b2c3d4e5f6g7h8i9j0', '/i/:redacted'],
    ['an article’s number stays', '/p/4006381333931', '/p/4006381333931'],
    ['words stay', '/a-very-long-name-of-a-product-indeed', '/a-very-long-name-of-a-product-indeed'],
    ['a secret in what may stay', '/?utm_source=a@b.c', '/?utm_source=%3Aredacted'],
    ['who logs in by the address', 'http://u:p@x/a', '/a'],
  ])('%s', (_, given, expected) => {
    expect(redact(given)).toBe(`http://x${expected}`);
  });

  test('the site’s own list stands for what begins so', () => {
    expect(redact('/?page=2&pages=3&q=x', ['page'])).toBe('http://x/?page=2&pages=3');
    expect(redact('/?f_color=red&q=x', ['f_*'])).toBe('http://x/?f_color=red');
  });

  test('twice is once', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const once = redact(`http://x${path}?${query}&utm_source=${query}`);
        expect(redact(once)).toBe(once);
      }),
    );
  });

  test('nothing that the collector would take out of a path as an e-mail or a card is left by the page', () => {
    const secret = fc.oneof(
      fc.emailAddress({ size: 'small' }).map(encodeURIComponent),
      fc.constantFrom('4111111111111111', '5500-0000-0000-0004', '+491701234567'),
    );
    fc.assert(
      fc.property(fc.constantFrom('u', 'order', 'a-b'), secret, (word, one) => {
        const url = redact(`http://shop.example/${word}/${one}/x`);
        expect(url).not.toContain(one);
        // There is nothing left for the second pass to take.
        expect(new URL(redactUrl(url) ?? '').pathname).toBe(new URL(url).pathname);
      }),
    );
  });
});

test('stamp: id, instant and page; an id made later is greater, also within a millisecond and after the clock was set back', async () => {
  vi.stubGlobal('location', { href: 'http://shop/a?b' });
  vi.stubGlobal('document', { title: 'T', referrer: 'http://from.example/account/a@b.c?x', hidden: true });
  vi.stubGlobal('navigator', { language: 'pl' });
  const { stamp } = await import('./stamp.js');
  vi.useFakeTimers({ now: 1.8e12 });
  const ids = [0, 0, -5000].map((ms) => {
    vi.setSystemTime(1.8e12 + ms);
    return stamp('page', {}, undefined);
  });
  vi.useRealTimers();
  expect(ids.map(({ messageId }) => messageId)).toEqual(ids.map(({ messageId }) => messageId).sort());
  expect(new Set(ids.map(({ messageId }) => messageId)).size).toBe(3);
  expect(ids[0]).toMatchObject({
    messageId: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/),
    timestamp: new Date(1.8e12).toISOString(),
    // Of a referrer the origin alone; a page loaded out of sight is no activity (S3).
    context: { page: { referrer: 'http://from.example' }, locale: 'pl', active: false },
  });
  expect(stamp('track', {}, undefined).context.active).toBe(true);
  expect(stamp('page', {}, 'http://shop').context.page?.referrer).toBe('http://shop');
  vi.unstubAllGlobals();
});
