import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../contract/purposes.js';
import { purposesOf } from '../mask.js';
import { dayMs, openSite, type Site, start } from '../site.fixture.js';
import { acceptedRow, all, MP, probe, r1 } from './rows.fixture.js';
import { weigh } from './weigh.js';

describe('what a row grants', () => {
  const decision = (purpose: string, value: string, source: string | null = 'user') => ({ purpose, value, source });
  const weighed = (kind: string, decisions: unknown[], regionStands = false) =>
    weigh({ kind, decisions } as Parameters<typeof weigh>[0], regionStands);
  test.each<[string, string, unknown[], boolean, Purpose[], Purpose[]]>([
    ['what the person granted', 'grant', MP.map((one) => decision(one, 'granted')), false, MP, []],
    ['nothing without what it requires', 'grant', [decision('marketing', 'granted')], false, [], []],
    [
      'not what is denied too',
      'grant',
      [decision('measurement', 'granted'), decision('measurement', 'denied')],
      false,
      [],
      all,
    ],
    [
      'not what needs something denied',
      'grant',
      [...MP.map((one) => decision(one, 'granted')), decision('measurement', 'denied')],
      false,
      [],
      all,
    ],
    ['nothing the signal "granted"', 'grant', [decision('measurement', 'granted', 'gpc')], true, [], []],
    ['nothing an account granted elsewhere', 'grant', [decision('measurement', 'granted', 'account')], true, [], []],
    ['nothing a foreign banner was told', 'import', [decision('measurement', 'granted')], true, [], []],
    [
      'a region’s default where there are any',
      'region-default',
      [decision('measurement', 'granted')],
      true,
      ['measurement'],
      [],
    ],
    ['no region’s default where there are none', 'region-default', [decision('measurement', 'granted')], false, [], []],
    ['a region’s default under another kind', 'grant', [decision('measurement', 'granted', 'region')], false, [], []],
    [
      'what a site’s own banner was told',
      'grant',
      [decision('measurement', 'granted', 'own-cmp')],
      false,
      ['measurement'],
      [],
    ],
    ['no purpose nobody knows', 'grant', [decision('telepathy', 'granted')], false, [], []],
    ['nothing unset', 'restale', [decision('measurement', 'unset')], false, [], []],
  ])('%s', (_, kind, decisions, stands, granted, denied) => {
    const result = weighed(kind, decisions, stands);
    expect(purposesOf(result.granted)).toEqual(granted);
    expect(purposesOf(result.denied)).toEqual(denied);
  });

  test('an acknowledgement of the signal counts for the purpose, or for the whole row', () => {
    const one = weighed('grant', [
      { ...decision('measurement', 'granted'), ack: true },
      decision('marketing', 'granted'),
    ]);
    expect(purposesOf(one.ack)).toEqual(['measurement']);
    const whole = weigh(
      { kind: 'grant', decisions: [decision('measurement', 'granted')], gpc: { ack: true } } as Parameters<
        typeof weigh
      >[0],
      false,
    );
    expect(purposesOf(whole.ack)).toEqual(['measurement']);
  });

  test('an imported grant counts only while the file declares that the old words asked the same', () => {
    const row = (site: Site) =>
      site.row({ kind: 'import', receipt: r1, visitorId: 'v1', grants: all, clientAt: start - 100 * dayMs });
    const strange = openSite();
    acceptedRow(strange.post(row(strange)));
    expect(probe(strange, r1)).toBe('purpose');
    const legacy = { from: 'vanilla', equivalent: false };
    const undeclared = openSite({ bridges: { legacy } });
    acceptedRow(undeclared.post(row(undeclared)));
    expect(probe(undeclared, r1)).toBe('purpose');
    const declared = openSite({ bridges: { legacy: { ...legacy, equivalent: true } } });
    expect(acceptedRow(declared.post(row(declared))).expiresAt).toBe(start + 80 * dayMs);
    expect(probe(declared, r1)).toBe('measurement,personalisation,marketing,sharing');
  });
});
