import { describe, expect, it } from 'vitest';
import { countGuesses } from './guesses.js';

const wrong = async () => null;
const right = async () => 'ada';
const clock = () => {
  let now = 0;
  return { now: () => now, pass: (ms: number) => (now += ms) };
};
const stranger = (name: string) => ({ name, known: false });

describe('guessing a password', () => {
  it('is stopped after five wrong ones from one place, and told how long to wait', async () => {
    const { now, pass } = clock();
    const guesses = countGuesses(now);
    for (let n = 0; n < 5; n += 1) expect(await guesses.attempt(stranger('a'), wrong)).toEqual({ kind: 'wrong' });
    let asked = 0;
    const spied = async () => {
      asked += 1;
      return 'ada';
    };
    const stopped = await guesses.attempt(stranger('a'), spied);
    expect(stopped).toEqual({ kind: 'wait', seconds: 30 });
    expect(asked).toBe(0);
    pass(30_000);
    expect(await guesses.attempt(stranger('a'), right)).toEqual({ kind: 'right', right: 'ada' });
  });

  it('costs nothing when it is right', async () => {
    const guesses = countGuesses(clock().now);
    for (let n = 0; n < 50; n += 1)
      expect(await guesses.attempt(stranger('a'), right)).toEqual({ kind: 'right', right: 'ada' });
  });

  it('from many places is bounded together, and does not lock out a browser that logged in before', async () => {
    const guesses = countGuesses(clock().now);
    const answers = new Map<string, number>();
    for (let n = 0; n < 100; n += 1) {
      const { kind } = await guesses.attempt(stranger(`place ${n}`), wrong);
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    expect(Object.fromEntries(answers)).toEqual({ wrong: 40, wait: 60 });
    expect(await guesses.attempt({ name: 'ours', known: true }, right)).toEqual({ kind: 'right', right: 'ada' });
    // A place cannot take the name of a known browser.
    expect((await guesses.attempt(stranger('ours'), right)).kind).toBe('wait');
  });

  it('runs two checks at a time: each takes memory', async () => {
    const guesses = countGuesses(clock().now);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = async () => {
      await held;
      return false;
    };
    const both = [guesses.attempt(stranger('a'), slow), guesses.attempt(stranger('b'), slow)];
    expect(await guesses.attempt(stranger('c'), right)).toEqual({ kind: 'wait', seconds: 1 });
    release();
    await Promise.all(both);
    expect(await guesses.attempt(stranger('c'), right)).toEqual({ kind: 'right', right: 'ada' });
  });

  it('forgets the places it heard from least lately, and stays bounded', async () => {
    const { now, pass } = clock();
    const guesses = countGuesses(now);
    for (let n = 0; n < 5; n += 1) await guesses.attempt(stranger('first'), wrong);
    for (let n = 0; n < 2_100; n += 1) {
      pass(1_500);
      await guesses.attempt(stranger(`place ${n}`), right);
    }
    expect(await guesses.attempt(stranger('first'), right)).toEqual({ kind: 'right', right: 'ada' });
  });
});
