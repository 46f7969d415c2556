import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePolicies, type Holders, narrows, noHolders, shareText } from './diff.js';
import { parsePolicy } from './policy.js';

const recipients = {
  a: { name: 'A', country: 'FR', role: 'processor' },
  b: { name: 'B', country: 'US', role: 'controller' },
};
const file = (change: object = {}, more: object = {}) => ({
  policy: { version: '3' },
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', data: ['pages', 'cart'] },
    { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'], recipients: ['a'], ...change },
  ],
  recipients,
  ...more,
});
const base = parsePolicy(file());
const hash = (id: string) => base.purposes.find((one) => one.id === id)!.materialHash;
const granted = (purpose: string, materialHash = hash(purpose)) => ({ purpose, value: 'granted', materialHash });
const under = { version: '3', configHash: base.configHash };
const holders: Holders = {
  total: 100,
  groups: [
    { holders: 61, policy: under, decisions: [granted('measurement'), granted('personalisation')] },
    {
      holders: 29,
      policy: under,
      decisions: [granted('measurement'), { ...granted('personalisation'), value: 'denied' }],
    },
    { holders: 10, policy: { version: '2', configHash: null }, decisions: [granted('measurement', 'f'.repeat(64))] },
  ],
};
const change = (after: object, purpose: string) =>
  comparePolicies(base, parsePolicy(after), holders).purposes.find((one) => one.purpose === purpose)!;

describe('what another policy asks again', () => {
  test.each<[string, object, 'changed' | 'narrowed' | 'same', boolean, number]>([
    ['consent 23: a new recipient', { recipients: ['a', 'b'] }, 'changed', true, 90],
    ['another basis', { basis: 'legitimate-interest' }, 'changed', true, 90],
    ['a longer time', { retentionDays: 181 }, 'changed', true, 90],
    ['decisions by machine', { automated: true }, 'changed', true, 90],
    ['a shorter time', { retentionDays: 90 }, 'narrowed', true, 90],
    ['fewer data', { data: ['cart'] }, 'narrowed', true, 90],
    ['fewer recipients', { recipients: [] }, 'narrowed', true, 90],
    ['fewer data but longer', { data: ['cart'], retentionDays: 200 }, 'changed', true, 90],
    [
      'a shorter time that says it is covered',
      { retentionDays: 90, compatibleWith: [hash('personalisation')] },
      'narrowed',
      false,
      0,
    ],
    ['the same in another order', { data: ['cart', 'profile'] }, 'same', false, 0],
    ['what the signal means', { gpc: 'deny' }, 'same', false, 0],
  ])('%s', (_, terms, kind, reasks, asked) => {
    expect(change(file(terms), 'personalisation')).toMatchObject({ kind, reasks, holders: asked });
    expect(change(file(terms), 'measurement')).toMatchObject({ kind: 'same', reasks: false, holders: 0 });
  });

  test('a purpose that is new asks everybody who holds a receipt; one that is gone asks nobody', () => {
    const wider = file({}, {});
    wider.purposes.push({ id: 'marketing', retentionDays: 90 } as never);
    expect(change(wider, 'marketing')).toMatchObject({ kind: 'new', reasks: true, holders: 100 });
    const fewer = { ...file(), purposes: file().purposes.slice(0, 2) };
    expect(change(fewer, 'personalisation')).toMatchObject({ kind: 'removed', reasks: false, holders: 0 });
  });

  test('consent 24: words, looks and regions ask nobody, and are named', () => {
    const after = parsePolicy(
      file({}, { policy: { version: '4' }, ui: { theme: { accent: '#000' } }, locales: { files: { en: 'en.json' } } }),
      { en: '{"layer1": {"title": "Hello"}}' },
    );
    const { reasked, others, words } = comparePolicies(base, after, holders);
    expect(reasked).toEqual([]);
    expect(words).toBe(true);
    expect(others).toEqual(['locales', 'policy', 'ui']);
  });

  test('another name or country under the same id of a recipient asks nobody, and is said', () => {
    const of = (recipient: object) =>
      parsePolicy(
        file(
          { recipients: ['a'] },
          { recipients: { a: recipient, b: { name: 'B', country: 'DE', role: 'processor' } } },
        ),
      );
    const before = of({ name: 'One', country: 'FR', role: 'processor' });
    const after = of({ name: 'Two', country: 'DE', role: 'processor' });
    const { reasked, recipients } = comparePolicies(before, after, holders);
    expect(reasked).toEqual([]);
    expect(recipients).toEqual(['a: name "Two" instead of "One"', 'a: country "DE" instead of "FR"']);
    expect(comparePolicies(before, before, holders).recipients).toEqual([]);
  });

  test('the share is said as a person would', () => {
    expect(shareText(61, 100)).toBe('about 61 % of 100 holders');
    expect(shareText(0, 0)).toBe('nobody yet: no device has a live receipt');
    expect(comparePolicies(base, base, noHolders).reasked).toEqual([]);
  });
});

const terms = fc.record({
  retentionDays: fc.integer({ min: 1, max: 400 }),
  data: fc.subarray(['pages', 'cart', 'profile', 'contacts']),
  recipients: fc.subarray(['a', 'b']),
  automated: fc.boolean(),
});

describe('whatever the terms', () => {
  test('consent 23: what only narrows is recognised, and with what is proposed nobody is asked again, however long the chain', () => {
    fc.assert(
      fc.property(terms, fc.array(terms, { minLength: 1, maxLength: 5 }), (first, steps) => {
        let before = parsePolicy(file(first));
        const start = before;
        let now = first;
        for (const step of steps) {
          // Each step keeps a part of what was there: it can only narrow.
          now = {
            retentionDays: Math.min(now.retentionDays, step.retentionDays),
            data: now.data.filter((one) => step.data.includes(one)),
            recipients: now.recipients.filter((one) => step.recipients.includes(one)),
            automated: now.automated && step.automated,
          };
          const bare = parsePolicy(file(now));
          const { kind, compatibleWith } = comparePolicies(before, bare, noHolders).purposes.find(
            (one) => one.purpose === 'personalisation',
          )!;
          expect(['narrowed', 'same']).toContain(kind);
          const kept =
            kind === 'same'
              ? before.purposes.find((one) => one.id === 'personalisation')!.compatibleWith
              : compatibleWith;
          const after = parsePolicy(file({ ...now, compatibleWith: kept }));
          expect(comparePolicies(before, after, noHolders).reasked).toEqual([]);
          before = after;
        }
        expect(comparePolicies(start, before, noHolders).reasked).toEqual([]);
      }),
    );
  });

  test('what narrows one way widens the other', () => {
    fc.assert(
      fc.property(terms, terms, (one, other) => {
        const of = (given: object) =>
          parsePolicy(file(given)).purposes.find(({ id }) => id === 'personalisation')!.material;
        expect(narrows(of(one), of(other)) && narrows(of(other), of(one))).toBe(false);
        expect(narrows(of(one), of(one))).toBe(false);
      }),
    );
  });

  test('consent 24: the material hash knows no word and no colour', () => {
    fc.assert(
      fc.property(
        terms,
        fc.string({ minLength: 1, maxLength: 50 }),
        fc.integer({ min: 0, max: 0xffffff }),
        (given, title, colour) => {
          const plain = parsePolicy(file(given));
          const dressed = parsePolicy(
            file(given, {
              site: title,
              ui: { theme: { accent: `#${colour.toString(16).padStart(6, '0')}` } },
              locales: { files: { en: 'en.json' } },
              recipients: { ...recipients, a: { ...recipients.a, name: title } },
            }),
            { en: JSON.stringify({ controller: undefined, layer1: { title: `x${title.replace(/[{}]/g, '')}` } }) },
          );
          for (const [index, { materialHash }] of plain.purposes.entries())
            expect(dressed.purposes[index]?.materialHash).toBe(materialHash);
          expect(dressed.configHash).not.toBe(plain.configHash);
        },
      ),
    );
  });
});
