// The words of a banner as a reader met them.

import { expect, test } from 'vitest';
import ar from '../locales/ar.json' with { type: 'json' };
import en from '../locales/en.json' with { type: 'json' };
import more from '../locales/more.json' with { type: 'json' };
import { asShown } from './receipt.js';

const purposes = [{ id: 'necessary', always: true }, { id: 'measurement' }, { id: 'sharing' }];
const layerOf = (document: object, texts: object = en) =>
  asShown(texts as never, document).layer1 as Record<string, string | undefined>;

test('what was asked is named, and nothing stands there that was not said', () => {
  expect(layerOf({ purposes }).body).toBe(
    'May we store data on this device for: Visit statistics, Passing data on? You can change your answer at any time.',
  );
  expect(layerOf({ purposes }).account).toBeUndefined();
  expect(JSON.stringify(asShown(en, { purposes }).again)).not.toMatch(/\{\w+\}/);
});

test('a link to the notice, and that an answer follows the account, stand there where the policy says so', () => {
  const shown = layerOf(
    { purposes, policy: { links: { privacy: '/privacy' } }, decision: { scope: 'account' } },
    {
      ...en,
      layer1: { ...en.layer1, ...more.account.en.layer1 },
    },
  );
  expect(shown.body?.endsWith(en.terms.policy)).toBe(true);
  expect(shown.account).toBe(more.account.en.layer1.account);
});

test('in another language, and with a purpose that has no words', () => {
  const { body } = layerOf({ purposes: [{ id: 'measurement' }, { id: 'chat' }] }, ar);
  expect(body).toContain(`${ar.purposes.measurement.title}${ar.list}chat`);
});

test('words that a site left out, or gave another shape, are no reason to fail', () => {
  expect(asShown({}, {})).toEqual({ layer1: {} });
  expect(() => asShown({ layer1: 'odd', purposes: null } as never, { purposes })).not.toThrow();
});
