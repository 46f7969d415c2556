// The npm entry on a server: whoever renders pages there imports the same module, and calls it before any page is.

import { expect, test } from 'vitest';
import { init } from './index.js';

const verbsOf = (of: object): [string, (...args: unknown[]) => unknown][] =>
  Object.entries(of).flatMap(([name, value]) =>
    typeof value === 'function'
      ? [[name, value]]
      : verbsOf(value).map(([inner, verb]): [string, typeof verb] => [`${name}.${inner}`, verb]),
  );

test('where there is no page every verb is there, and throws nothing', async () => {
  const options = { writeKey: 'wk_x', host: 'https://collect.shop.example' };
  const weft = init(options);
  expect(init(options)).toBe(weft);
  const verbs = verbsOf(weft).filter(([name]) => name !== 'debug');
  expect(verbs.map(([name]) => name)).toEqual(
    expect.arrayContaining(['page', 'track', 'identify', 'cart.add', 'order', 'reset', 'forget', 'consent.set', 'on']),
  );
  for (const [name, verb] of verbs)
    for (const args of [[], ['name', { a: 1 }], [{ measurement: true }]])
      expect(() => verb(...args), name).not.toThrow();
  await weft.flush();
  expect(weft.consent.get()).toEqual({});
});
