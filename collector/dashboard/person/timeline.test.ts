import { describe, expect, it } from 'vitest';
import type { EventItem, SessionItem } from '../../contract/profile.js';
import { threadColours, threadsOf, visitsOf } from './timeline.js';

const event = (messageId: string, sessionId: string | null, name = 'Product Viewed'): EventItem =>
  ({ messageId, sessionId, type: 'track', event: name, anonymousId: 'a' }) as EventItem;
const session = (id: string, anonymousId: string): SessionItem => ({ id, anonymousId }) as SessionItem;

const shape = (events: EventItem[], sessions: SessionItem[] = []) =>
  visitsOf(events, sessions).map(({ key, anonymousId, events: own }) => [
    key,
    anonymousId,
    own.map(({ messageId }) => messageId).join(' '),
  ]);

describe('the timeline', () => {
  it('gathers events by visit, where the newest of each stands', () => {
    expect(
      shape(
        [event('5', 's2'), event('4', 's1'), event('3', 's2'), event('2', 's1')],
        [session('s1', 'laptop'), session('s2', 'phone')],
      ),
    ).toEqual([
      ['s2', 'phone', '5 3'],
      ['s1', 'laptop', '4 2'],
    ]);
  });

  it('lets events of no visit stand where they happened, together with their neighbours', () => {
    expect(shape([event('5', null), event('4', null), event('3', 's1'), event('2', null)])).toEqual([
      ['none:5', null, '5 4'],
      ['s1', 'a', '3'],
      ['none:2', null, '2'],
    ]);
  });

  it('S4: leaves beats out, and visits of nothing but beats with them', () => {
    expect(shape([event('2', 's1', 'Page Engaged'), event('1', 's2')])).toEqual([['s2', 'a', '1']]);
  });

  it('tells a visit whose own row was not read by its events alone', () => {
    expect(visitsOf([event('1', 's9')], [])[0]).toMatchObject({ key: 's9', session: null, anonymousId: 'a' });
  });
});

describe('the threads of devices', () => {
  it('are lettered in the order of first sight, and share colours only when there are more than colours', () => {
    const threads = threadsOf(Array.from({ length: 30 }, (_, index) => `device ${index}`));
    expect(threads.get('device 0')).toEqual({ letter: 'A', colour: 1 });
    expect(threads.get('device 5')).toEqual({ letter: 'F', colour: threadColours });
    expect(threads.get('device 6')).toEqual({ letter: 'G', colour: 1 });
    expect(threads.get('device 28')?.letter).toBe('29');
    expect(new Set([...threads.values()].map(({ letter }) => letter)).size).toBe(30);
  });
});
