// The page and the collector read the same region under the same rules: what the page takes as its default, and what the
// collector lets stand of it, are one thing. A page that asked nobody where the collector would have asked is the worst
// that can happen here.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { parsePolicy } from '../collector/consent/policy/policy.js';
import { publicConfig } from '../collector/consent/policy/public-config.js';
import {
  models,
  type RegionRule,
  regionCode,
  regionGrantStands,
  regionOf,
} from '../collector/consent/policy/region.js';
import { decide } from '../sdk/consent/decide.js';
import { enforce, isOptIn, place } from '../sdk/consent/rules.js';
import { type RemoteConfig, resolve } from '../sdk/options.js';

vi.stubGlobal('navigator', {});

/** What the page makes of it, and what its rows say. */
const onPage = (regions: readonly RegionRule[], told: string | undefined, seen: string | null) => {
  const known = publicConfig(parsePolicy({ regions }), { said: told, seen }) as unknown as RemoteConfig;
  resolve({ writeKey: 'wk', host: 'http://c' });
  enforce(known, undefined);
  const [row] = decide(undefined, { measurement: true }, { kind: 'region-default' })?.rows ?? [];
  return { model: place.model, ui: place.ui, gpcStatus: place.gpcStatus, isOptIn, row };
};

const simple: RegionRule[] = [
  { match: ['EU', 'GB'], model: 'opt-in' },
  { match: ['*'], model: 'opt-out', fallback: true },
];

describe('where the visitor is, as the page says it', () => {
  test.each([
    ['DE-BY', 'opt-in'],
    ['FR-75', 'opt-in'],
    ['fr', 'opt-in'],
    [' EU-FR ', 'opt-in'],
    ['gb-sct', 'opt-in'],
    ['US-CA', 'opt-out'],
    ['JP', 'opt-out'],
    // Nobody knows: the strictest configured.
    ['somewhere', 'opt-in'],
    ['USA', 'opt-in'],
  ])('%s is %s for the page too', (told, model) => {
    expect(onPage(simple, told, null).model).toBe(model);
    expect(onPage([...simple].reverse(), told, null).model).toBe(model);
  });

  test('the row says it in the spelling the ledger has', () => {
    expect(onPage(simple, 'us-ca', 'FR').row?.jurisdiction).toEqual({ code: 'US-CA' });
    expect(onPage(simple, 'somewhere', 'US').row).not.toHaveProperty('jurisdiction.code');
    expect(onPage(simple, undefined, 'US').row).not.toHaveProperty('jurisdiction.code');
  });
});

const code = fc.constantFrom(
  'FR',
  'DE',
  'DE-BY',
  'DE-BE',
  'US',
  'US-CA',
  'US-NV',
  'JP',
  'JP-13',
  'NO',
  'GB',
  'EU',
  'RE',
  'ZZ',
);
const rule = fc.record({
  match: fc.uniqueArray(fc.oneof(code, fc.constantFrom('EU', 'EEA', '*')), { minLength: 1, maxLength: 4 }),
  model: fc.constantFrom(...models),
  gpcStatus: fc.boolean(),
});
const rules = fc
  .tuple(fc.array(rule, { maxLength: 5 }), fc.constantFrom(...models), fc.nat(5), fc.boolean())
  .map(([some, model, at, isMarked]): RegionRule[] => {
    const fallback = { match: ['*'], model, ...(isMarked && { fallback: true }) };
    return [...some.slice(0, at), fallback, ...some.slice(at)];
  });
const spelled = fc.tuple(code, fc.constantFrom('', ' ', 'EU-'), fc.boolean()).map(([one, before, isLow]) => {
  const text = before + one;
  return isLow ? text.toLowerCase() : text;
});
const said = fc.oneof(spelled, fc.constantFrom('', 'somewhere', 'USA', 'U', 'F-R'), fc.constant(undefined));

test('page and collector agree on the model for any file and any region, and no row contradicts its grant', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  console.info(`seed ${seed}`);
  fc.assert(
    fc.property(rules, said, fc.option(code), (regions, told, seen) => {
      const page = onPage(regions, told, seen);
      const toldCode = (page.row?.jurisdiction || undefined)?.code;
      // As a row is read.
      const { model, ui, gpcStatus } = regionOf(regions, regionCode(toldCode) ?? regionCode(seen));
      expect(page).toMatchObject({ model, ui, gpcStatus, isOptIn: model === 'opt-in' });
      if (regionGrantStands(regions, toldCode, seen)) expect(model).not.toBe('opt-in');
      const sameCountry = !regionCode(told) || !seen || regionCode(told)?.slice(0, 2) === seen.slice(0, 2);
      if (sameCountry) expect(regionGrantStands(regions, toldCode, seen)).toBe(model !== 'opt-in');
    }),
    { seed, numRuns: 2000 },
  );
});
