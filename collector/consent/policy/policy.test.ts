import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { configReply } from '../../contract/config-reply.js';
import { purposesOf } from '../mask.js';
import { PolicyError, parsePolicy, readPolicy, termsHold } from './policy.js';
import { publicConfig } from './public-config.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The example of consent.md, section 10, as a privacy team would write it. */
const example = {
  $schema: 'https://example.invalid/consent.schema.json',
  site: 'shop-fr',
  policy: { version: '2026-11-01', reconsent: 'material', links: { privacy: '/privacy', imprint: '/imprint' } },
  controller: { name: 'Example SAS', contact: 'privacy office' },
  decision: { days: 180, onClose: 'ignore', countRefusals: true, scope: 'device' },
  preConsent: { mode: 'hold', maxEvents: 50, maxMinutes: 30 },
  onWithdraw: 'erase',
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', basis: 'consent', gpc: 'ignore', retentionDays: 395, data: ['pages', 'cart'], recipients: [] },
    {
      id: 'personalisation',
      requires: ['measurement'],
      basis: 'consent',
      retentionDays: 180,
      data: ['profile', 'cart'],
    },
    { id: 'marketing', requires: ['personalisation'], gpc: 'deny', retentionDays: 90, recipients: ['mailer'] },
    { id: 'sharing', requires: ['personalisation'], gpc: 'deny', retentionDays: 30, recipients: ['adnet'] },
  ],
  recipients: {
    mailer: { name: 'Mail service', country: 'FR', role: 'processor', cookies: [] },
    adnet: { name: 'Ad network', country: 'US', role: 'controller', cookies: ['_adn*'] },
  },
  ui: { layer1: 'box' },
};
const hashOf = (json: unknown, id: string) => parsePolicy(json).purposes.find((one) => one.id === id)?.materialHash;
const changed = (index: number, change: object) => ({
  ...example,
  purposes: example.purposes.map((one, at) => (at === index ? { ...one, ...change } : one)),
});

describe('a consent file', () => {
  test('without any file the defaults hold: all four purposes, 180 days, nothing held before the grant', () => {
    const policy = readPolicy(null);
    expect(purposesOf(policy.available)).toEqual(['measurement', 'personalisation', 'marketing', 'sharing']);
    expect(purposesOf(policy.gpcDeny)).toEqual(['marketing', 'sharing']);
    expect(policy.decisionMaxMs).toBe(180 * 86_400_000);
    expect(policy.preConsentMaxMs).toBe(0);
    expect(policy.onWithdraw).toBe('erase');
  });

  test('the example of the specification is read whole, and what it leaves out is filled in for the page', () => {
    const policy = parsePolicy(example);
    expect(policy.version).toBe('2026-11-01');
    expect(policy.preConsentMaxMs).toBe(30 * 60_000);
    expect(policy.document.ui).toMatchObject({ layer1: 'box', position: 'bottom-start', theme: { dark: 'auto' } });
  });

  test.each<[string, unknown, string]>([
    ['a purpose nobody knows', { purposes: [{ id: 'profiling' }] }, 'purposes.0.id: "profiling" is no purpose'],
    ['a purpose twice', { purposes: [{ id: 'measurement' }, { id: 'measurement' }] }, 'listed twice'],
    ['a requirement that is not listed', { purposes: [{ id: 'marketing' }] }, '"marketing" requires "personalisation"'],
    ['another requirement than ours', changed(3, { requires: ['measurement'] }), 'requires "personalisation"'],
    ['a purpose without decision', changed(1, { always: true }), 'only "necessary" needs no decision'],
    ['sharing that ignores the signal', changed(4, { gpc: 'ignore' }), 'purposes.4.gpc'],
    ['an undescribed recipient', changed(3, { recipients: ['ghost'] }), '"ghost" is not described'],
    [
      'a recipient without a country',
      { recipients: { mailer: { name: 'M', role: 'processor' } } },
      'recipients.mailer.country',
    ],
    ['an unknown model', { regions: [{ match: ['FR'], model: 'opt-maybe' }] }, 'regions.0.model'],
    ['a region that is no code', { regions: [{ match: ['france'], model: 'opt-in' }] }, 'regions.0.match.0'],
    ['a year of consent and more', { decision: { days: 700 } }, 'decision.days'],
    ['closing as accepting', { decision: { onClose: 'accept' } }, 'decision.onClose'],
    ['a cookie that would travel in the clear', { storage: { secure: false } }, 'storage.secure: true: there is no'],
    [
      'grants without an end',
      { bridges: { legacy: { from: 'klaro', equivalent: true } } },
      'bridges.legacy.equivalent: klaro',
    ],
    ['no object at all', [], '(file)'],
  ])('%s is refused, and the finding says where', (_, json, finding) => {
    let message = '';
    try {
      parsePolicy(json);
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      message = (error as PolicyError).message;
    }
    expect(message).toContain(finding);
  });

  test('all findings are told at once', () => {
    const json = { purposes: [{ id: 'x' }, { id: 'y' }] };
    expect(() => parsePolicy(json)).toThrowError(/"x"[\s\S]*"y"/);
  });

  test('a file that is missing or no JSON is named', () => {
    expect(() => readPolicy(join(folder, 'none.json'))).toThrowError(
      /none\.json is not valid:\s+\(file\): it cannot be read/,
    );
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"policy":');
    expect(() => readPolicy(broken)).toThrowError(/broken\.json is not valid:\s+line 1, column 11: \(file\): not JSON/);
    const good = join(folder, 'good.json');
    writeFileSync(good, JSON.stringify(example));
    expect(readPolicy(good).configHash).toBe(parsePolicy(example).configHash);
  });
});

describe('the material hash', () => {
  test.each<[string, string, number, object, boolean]>([
    ['a new recipient', 'personalisation', 2, { recipients: ['mailer'] }, true],
    ['longer retention', 'personalisation', 2, { retentionDays: 181 }, true],
    ['another class of data', 'personalisation', 2, { data: ['profile', 'cart', 'health'] }, true],
    ['another basis', 'personalisation', 2, { basis: 'legitimate-interest' }, true],
    ['an automated decision', 'personalisation', 2, { automated: true }, true],
    ['the order of data classes', 'personalisation', 2, { data: ['cart', 'profile'] }, false],
    ['what the signal means', 'personalisation', 2, { gpc: 'deny' }, false],
    ['the consent mode names', 'personalisation', 2, { consentMode: ['x'] }, false],
  ])('consent 23: %s: whether %s is asked again', (_, id, index, change, changes) => {
    expect(hashOf(changed(index, change), id) !== hashOf(example, id)).toBe(changes);
  });

  test('consent 24: wording, theme and version are not in it', () => {
    const reworded = {
      ...example,
      policy: { version: '2027' },
      ui: { layer1: 'bar' },
      locales: { files: { en: null } },
    };
    for (const { id, materialHash } of parsePolicy(example).purposes) expect(hashOf(reworded, id)).toBe(materialHash);
    expect(parsePolicy(reworded).configHash).not.toBe(parsePolicy(example).configHash);
  });

  test('a recipient that becomes a controller, or moves out of the EEA, is another recipient', () => {
    const as = (recipient: object) => ({
      ...example,
      recipients: { ...example.recipients, mailer: { ...example.recipients.mailer, ...recipient } },
    });
    expect(hashOf(as({ role: 'controller' }), 'marketing')).not.toBe(hashOf(example, 'marketing'));
    expect(hashOf(as({ country: 'US' }), 'marketing')).not.toBe(hashOf(example, 'marketing'));
    expect(hashOf(as({ country: 'NO' }), 'marketing')).toBe(hashOf(example, 'marketing'));
    expect(hashOf(as({ name: 'Post' }), 'marketing')).toBe(hashOf(example, 'marketing'));
  });

  test('a decision stands under today’s terms, under compatible ones, or under the version it names; else it fails closed', () => {
    const old = hashOf(changed(2, { retentionDays: 365 }), 'personalisation');
    const strict = parsePolicy(example);
    const lenient = parsePolicy(changed(2, { compatibleWith: [old] }));
    const decision = (materialHash: string | null | undefined) => [{ purpose: 'personalisation', materialHash }];
    const holds = (policy: typeof strict, materialHash: string | null | undefined, under = {}) =>
      purposesOf(termsHold(policy, decision(materialHash), under));
    expect(holds(strict, hashOf(example, 'personalisation'))).toEqual(['personalisation']);
    expect(holds(strict, old)).toEqual([]);
    expect(holds(lenient, old)).toEqual(['personalisation']);
    expect(holds(strict, null, { version: '2026-11-01' })).toEqual(['personalisation']);
    expect(holds(strict, undefined, { version: '2020-01-01' })).toEqual([]);
    expect(holds(strict, undefined, { version: '2026-11-01', configHash: 'another' })).toEqual([]);
    expect(holds(strict, undefined)).toEqual([]);
    const carried = [{ purpose: 'personalisation', materialHash: null, carried: true }];
    expect(purposesOf(termsHold(strict, carried, { version: '2026-11-01' }))).toEqual([]);
    expect(purposesOf(termsHold(strict, [{ purpose: 'telepathy', materialHash: 'x' }], {}))).toEqual([]);
  });
});

describe('what a page is told', () => {
  test('is what the contract promises: policy, every purpose with its hash, the region and its model', () => {
    const told = publicConfig(parsePolicy(example), { seen: 'FR' });
    expect(() => configReply.parse({ ...told, settings: {} })).not.toThrow();
    expect(told.policy.version).toBe('2026-11-01');
    expect(told.consent.purposes.map(({ id }) => id)).toEqual(example.purposes.map(({ id }) => id));
    expect(told.consent.purposes[0]).toMatchObject({ id: 'necessary', always: true });
    expect(told.consent.purposes[3]).toMatchObject({ gpc: 'deny', requires: ['personalisation'] });
    const days = { granted: 180, denied: 180 };
    expect(told.region).toEqual({ code: 'FR', model: 'opt-in', ui: 'banner', gpcStatus: false, days, rest: false });
    expect(told.consent).not.toHaveProperty('regions');
  });
  test.each<[string, object, string, boolean]>([
    ['nothing but events', {}, 'FR', false],
    ['a default that is granted, and a link', {}, 'US-CA', true],
    [
      'the signal that is said to be honoured',
      { regions: [{ match: ['*'], model: 'opt-in', ui: 'banner', gpcStatus: true, fallback: true }] },
      'FR',
      true,
    ],
    ['choices that follow an account', { decision: { scope: 'account' } }, 'FR', true],
    ['an answer that is handed on', { transfer: ['shop.test'] }, 'FR', true],
    ['counting', { cookieless: { mode: 'on-reject' } }, 'FR', true],
    ['a bridge', { bridges: { googleConsentMode: true } }, 'FR', true],
  ])('whether it needs more than to record events: for %s', (_, more, seen, rest) => {
    const bridges = { googleConsentMode: false };
    const { region, consent } = publicConfig(parsePolicy({ ...example, bridges, ...more }), { seen });
    expect(region.rest).toBe(rest);
    expect(consent).not.toHaveProperty('rest');
  });
  test('the page’s word on its region goes before what its requests show, where it is a region', () => {
    const policy = parsePolicy(example);
    expect(publicConfig(policy, { said: 'us-ca', seen: 'FR' }).region).toMatchObject({
      code: 'US-CA',
      model: 'opt-out',
      told: { code: 'US-CA' },
    });
    for (const said of ['-', '', 'somewhere', undefined, null])
      expect(publicConfig(policy, { said, seen: 'FR' }).region).toEqual(publicConfig(policy, { seen: 'FR' }).region);
    expect(publicConfig(policy, { seen: 'FR' }).region).not.toHaveProperty('told');
  });
  test('reaskAfterOptOutDays: a refusal stands longer where the default is yes, told by the collector', () => {
    const told = publicConfig(parsePolicy({ ...example, decision: { days: 90 } }), { seen: 'US-CA' });
    expect(told.region).toMatchObject({ model: 'opt-out', days: { granted: 90, denied: 365 } });
    const asked = publicConfig(parsePolicy({ ...example, decision: { days: 90 } }), { said: 'FR', seen: 'US-CA' });
    expect(asked.region.days).toEqual({ granted: 90, denied: 90 });
    const longer = publicConfig(parsePolicy({ ...example, decision: { days: 395 } }), { seen: 'US-CA' });
    expect(longer.region.days).toEqual({ granted: 395, denied: 395 });
  });
});

test('only a site with an age gate, or one that is off, has words for pages where nothing can be decided; off says more', () => {
  const said = (more: object): string | undefined =>
    (JSON.parse(parsePolicy({ ...example, ...more }).locales.en!.content) as { shut?: { body: string } }).shut?.body;
  expect(said({})).toBeUndefined();
  expect(said({ age: { gate: false } })).toBeUndefined();
  expect(said({ age: { gate: true } })).toContain('old enough');
  expect(said({ killSwitch: true })).toContain('collects nothing');
  expect(said({ age: { gate: true }, killSwitch: true })).toContain('collects nothing');
});
