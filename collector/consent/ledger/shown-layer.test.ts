// The text of a layer against the banner itself: the same words in the same order, whatever the file, the region and how the
// person stood. The banner draws into elements that are plain objects here; what it says does not depend on them.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ConsentDocument, Scene, Texts } from '../../../sdk/banner/document.js';
import { first, link } from '../../../sdk/banner/first.js';
import { preferences } from '../../../sdk/banner/preferences.js';
import { readVariant } from '../../../sdk/banner/variant.js';
import ar from '../locales/ar.json' with { type: 'json' };
import en from '../locales/en.json' with { type: 'json' };
import fr from '../locales/fr.json' with { type: 'json' };
import more from '../locales/more.json' with { type: 'json' };
import { type ShownDocument, type ShownOf, shownLayer } from './shown-layer.js';

vi.mock('../../../sdk/browser/element.js', () => ({
  element: (tag: string) => ({ tag, append: () => {}, replaceChildren: () => {}, focus: () => {} }),
  countryName: (code: string, locale: string) => new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code,
  digest: async () => undefined,
}));

const nothing = () => {};
const never = async () => {};
const acts = {
  accept: nothing,
  reject: nothing,
  choose: nothing,
  close: nothing,
  optOut: nothing,
  oppose: nothing,
  save: nothing,
  copy: never,
  download: never,
  erase: never,
};

/** As sdk/banner/replay.ts draws it. */
const drawn = ({ document, texts, locale, layer, region, gpc, variant }: ShownOf): [string, string][] => {
  const config = document as ConsentDocument;
  const all = (config.purposes ?? []).filter(({ always }) => !always).map(({ id }) => id);
  const { odd, ...told } = readVariant(variant, all);
  const scene: Scene = { config, texts: texts as Texts, locale, region, signal: gpc, ...told };
  if (layer === 'preferences') {
    const shown = preferences(scene, acts);
    if (odd[0]) shown.warn(odd);
    return shown.words.shown;
  }
  return (region.ui === 'link' ? link : first)(scene, acts).words.shown;
};
const sha256 = (words: unknown): string => createHash('sha256').update(JSON.stringify(words)).digest('hex');

/** With the words that only some sites say. */
const merged = (locale: string, texts: object): Record<string, unknown> => {
  const both = { ...texts } as Record<string, object>;
  for (const feature of Object.values(more) as Record<string, Record<string, object>>[])
    for (const [section, words] of Object.entries(feature[locale] ?? {}))
      both[section] = { ...both[section], ...words };
  return both;
};
const languages = [
  ['en', merged('en', en)],
  ['fr', merged('fr', fr)],
  ['ar', merged('ar', ar)],
  ['en', { purposes: {} }],
] as const;

const ids = ['measurement', 'personalisation', 'marketing', 'sharing'];
const requires: Record<string, string[]> = {
  personalisation: ['measurement'],
  marketing: ['personalisation'],
  sharing: ['personalisation'],
};
const some = (values: readonly string[]) => fc.subarray([...values]);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const document: fc.Arbitrary<ShownDocument> = fc
  .record({
    necessary: fc.boolean(),
    listed: some(ids),
    gpc: some(ids),
    basis: optional(fc.constantFrom('consent', 'legitimate-interest', 'vital-interest')),
    data: some(['pages', 'cart', 'shoe-size']),
    retentionDays: optional(fc.constantFrom(30, 395)),
    recipients: some(['mailer', 'adnet', 'plain']),
    automated: fc.boolean(),
    privacy: optional(fc.constant('/privacy')),
    imprint: optional(fc.constant('/imprint')),
    controller: optional(fc.record({ name: fc.constant('Example SAS'), contact: optional(fc.constant('dpo@x.test')) })),
    onClose: fc.constantFrom('ignore', 'reject'),
    scope: fc.constantFrom('device', 'account'),
    buttons: optional(fc.shuffledSubarray(['reject', 'accept', 'choose'], { minLength: 3 })),
  })
  .map((it) => {
    const { basis, data, retentionDays, automated, recipients } = it;
    const terms = { data, automated, recipients, ...(basis && { basis }), ...(retentionDays && { retentionDays }) };
    const { privacy, imprint } = it;
    return {
      purposes: [
        ...(it.necessary ? [{ id: 'necessary', always: true }] : []),
        ...it.listed.map((id) => ({
          id,
          requires: requires[id] ?? [],
          gpc: it.gpc.includes(id) ? 'deny' : 'ignore',
          ...terms,
        })),
      ],
      recipients: {
        mailer: { name: 'Mail service', country: 'FR', role: 'processor', policy: 'https://mailer.example/privacy' },
        adnet: { name: 'Ad network', country: 'US', role: 'seller', cookies: ['_adn*', '_adx'] },
      },
      policy: {
        version: '2026-11-01',
        links: { ...(privacy && { privacy }), ...(imprint && { imprint }) },
      },
      ...(it.controller && { controller: { name: it.controller.name, contact: it.controller.contact ?? '' } }),
      decision: { onClose: it.onClose, scope: it.scope },
      ui: it.buttons ? { buttons: it.buttons } : {},
    };
  });

const variant = fc
  .record({
    ask: optional(some(ids)),
    since: optional(fc.constantFrom('2026-09-01', '2026-11-01', '9')),
    on: some(ids),
  })
  .chain((it) =>
    fc
      .record({ has: some(['receipt', 'device', 'counts']), odd: some(ids), objected: some(ids) })
      .map(({ has, odd, objected }) =>
        Object.entries({
          ask: it.ask?.join(),
          since: it.since,
          on: it.on.join(),
          has: has.join(),
          odd: odd.join(),
          objected: objected.join(),
        })
          .filter(([, value]) => value)
          .map((pair) => pair.join('='))
          .join('&'),
      ),
  );

describe('a layer as text', () => {
  it('section 6: says what the banner said, word by word and in its order, so that its hash is the receipt’s', () => {
    fc.assert(
      fc.property(
        document,
        fc.constantFrom(...languages),
        fc.constantFrom('first' as const, 'preferences' as const),
        fc.constantFrom(
          { model: 'opt-in', ui: 'banner' },
          { model: 'opt-out', ui: 'link' },
          { model: 'none', ui: 'link' },
        ),
        fc.boolean(),
        variant,
        (it, [locale, language], layer, region, gpc, told) => {
          const texts = {
            ...language,
            changes: { '2026-10-01': 'A mail service.', '2026-11-01': 'An ad network.', '2027-01-01': 'Not yet.' },
          };
          const given: ShownOf = { document: it, texts, locale, layer, region, gpc, decisions: {}, variant: told };
          const words = drawn(given);
          const { sha256: hash, lines } = shownLayer(given);
          expect(hash, JSON.stringify(words)).toBe(sha256(words));
          // And what a reader sees holds no placeholder, and of every purpose its switch.
          expect(JSON.stringify(lines)).not.toMatch(/\{\w+\}/);
          const switches = lines.filter(({ kind }) => kind === 'purpose').length;
          expect(switches).toBe(layer === 'preferences' ? it.purposes!.length : 0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('section 6: names what was asked, buttons in the order they stood in, terms, recipients and switches', () => {
    const config = {
      purposes: [
        { id: 'necessary', always: true },
        { id: 'measurement', basis: 'consent', data: ['pages'], retentionDays: 395, recipients: [] },
        { id: 'personalisation', requires: ['measurement'], retentionDays: 180, recipients: ['mailer'] },
      ],
      recipients: { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } },
      policy: { version: '4', links: { privacy: '/privacy' } },
      ui: { buttons: ['accept', 'reject', 'choose'] },
    };
    const given: ShownOf = {
      document: config,
      texts: en,
      locale: 'en',
      layer: 'first',
      region: { model: 'opt-in', ui: 'banner' },
      gpc: false,
      decisions: { measurement: true },
      variant: 'ask=personalisation&since=3&on=measurement',
    };
    expect(shownLayer(given).lines).toEqual([
      { kind: 'title', text: 'Something has changed' },
      { kind: 'text', text: 'We have to ask you again about: Personal profile. Your other answers stand.' },
      { kind: 'text', text: 'Privacy policy: /privacy' },
      { kind: 'button', text: 'Allow' },
      { kind: 'button', text: 'Refuse' },
      { kind: 'button', text: 'Choose' },
    ]);
    const { lines } = shownLayer({ ...given, layer: 'preferences' });
    expect(lines.filter(({ kind }) => kind === 'purpose')).toEqual([
      { kind: 'purpose', text: 'Necessary', on: null },
      { kind: 'purpose', text: 'Visit statistics', on: true },
      { kind: 'purpose', text: 'Personal profile', on: false },
    ]);
    expect(lines).toContainEqual({ kind: 'term', text: 'Kept, in days', values: ['395'] });
    expect(lines).toContainEqual({
      kind: 'term',
      text: 'Recipients',
      values: ['Mail service (France). Works on our instructions.'],
    });
    expect(lines.filter(({ kind }) => kind === 'button').map(({ text }) => text)).toEqual([
      'Close',
      'Reject all',
      'Accept all',
      'Save choices',
    ]);
  });
});
