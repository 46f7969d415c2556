import { describe, expect, test } from 'vitest';
import { parsePolicy } from './policy.js';
import { type RegionRule, regionCode, regionGrantStands, regionOf } from './region.js';

const preset = parsePolicy({}).regions;
const crossed: readonly RegionRule[] = [
  { match: ['*'], model: 'none', fallback: true },
  { match: ['EU', 'US'], model: 'opt-out' },
  { match: ['FR', 'US-CA'], model: 'opt-in' },
  { match: ['DE-BY'], model: 'opt-in' },
];
const lax: readonly RegionRule[] = [
  { match: ['CA-QC'], model: 'opt-in' },
  { match: ['JP'], model: 'none' },
  { match: ['*'], model: 'opt-out', fallback: true },
];

describe('the region of a visitor', () => {
  test.each<[readonly RegionRule[], string, unknown, string, string | null]>([
    [preset, 'preset', 'FR', 'opt-in', 'FR'],
    [preset, 'preset', 'fr', 'opt-in', 'FR'],
    [preset, 'preset', 'EU-FR', 'opt-in', 'FR'],
    [preset, 'preset', 'RE', 'opt-in', 'RE'],
    [preset, 'preset', 'NO', 'opt-in', 'NO'],
    [preset, 'preset', 'US-CA', 'opt-out', 'US-CA'],
    [preset, 'preset', 'US-NV', 'opt-in', 'US-NV'],
    [preset, 'preset', 'US', 'opt-in', 'US'],
    [preset, 'preset', null, 'opt-in', null],
    [preset, 'preset', 'somewhere', 'opt-in', null],
    [lax, 'a lax site', 'JP', 'none', 'JP'],
    [lax, 'a lax site', 'JP-13', 'none', 'JP-13'],
    [lax, 'a lax site', 'CA-ON', 'opt-out', 'CA-ON'],
    [lax, 'a lax site', 'CA', 'opt-in', 'CA'],
    [lax, 'a lax site', undefined, 'opt-in', null],
    [crossed, 'rules listed from the widest', 'FR-75', 'opt-in', 'FR-75'],
    [crossed, 'rules listed from the widest', 'US-CA', 'opt-in', 'US-CA'],
    [crossed, 'rules listed from the widest', 'US-NV', 'opt-out', 'US-NV'],
    [crossed, 'rules listed from the widest', 'US', 'opt-in', 'US'],
    [crossed, 'rules listed from the widest', 'DE-BE', 'opt-out', 'DE-BE'],
    [crossed, 'rules listed from the widest', 'JP', 'none', 'JP'],
    [[{ match: ['FR'], model: 'none' }], 'a site without fallback', 'DE', 'none', 'DE'],
    [[], 'a site without regions', 'DE', 'opt-in', 'DE'],
  ])(
    '%# under %2$s %3$s is %4$s: unknown, wholly or in part, is the strictest it may be',
    (rules, _, told, model, code) => {
      expect(regionOf(rules, told)).toMatchObject({ model, code });
    },
  );

  test.each<[unknown, string | null]>([
    [' us-ca ', 'US-CA'],
    ['USA', null],
    ['U', null],
    ['FR-', null],
    ['<script>', null],
    [7, null],
  ])('%j is read as %j', (value, code) => {
    expect(regionCode(value)).toBe(code);
  });

  test.each<[unknown, unknown, boolean]>([
    ['US-CA', null, true],
    ['US-CA', 'US', true],
    ['US-CA', 'US-CA', true],
    ['US-CA', 'FR', false],
    ['FR', null, false],
    ['FR', 'US-CA', false],
    [null, 'US-CA', true],
    [null, 'US', false],
    [null, 'FR', false],
    [null, null, false],
    ['nonsense', 'FR', false],
  ])('a default that nobody gave, page says %j and collector sees %j, stands: %s', (told, seen, stands) => {
    expect(regionGrantStands(preset, told, seen)).toBe(stands);
  });

  test('where every region is opt-in, no default ever stands', () => {
    const strict: readonly RegionRule[] = [{ match: ['*'], model: 'opt-in', fallback: true }];
    for (const told of [null, 'US-CA', 'FR']) expect(regionGrantStands(strict, told, null)).toBe(false);
  });
});
