import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lint } from '../lint.js';
import { globOf, plainText } from './draft.js';
import { type Foreigner, type Imported, importConfig } from './index.js';
import { runConfig } from './sandbox.js';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const imported = async (from: Foreigner, source: string): Promise<Imported> => {
  const result = await importConfig(from, source);
  if (!result.ok) throw new Error(result.reason);
  return result.imported;
};
const said = ({ remarks }: Imported, kind: string) =>
  remarks.filter((one) => one.kind === kind).map(({ what }) => what);
/** As somebody completes it: every recipient gets a country and a role. */
const completed = ({ file, locales }: Imported) => ({
  text: JSON.stringify(file)
    .replaceAll('"country":"TODO"', '"country":"FR"')
    .replaceAll('"role":"TODO"', '"role":"processor"'),
  own: Object.fromEntries(Object.entries(locales).map(([language, words]) => [language, JSON.stringify(words)])),
});

describe('coming from vanilla-cookieconsent', () => {
  test('its categories, services, words and looks are taken over, row by row of the table', async () => {
    const { file, locales } = await imported('vanilla', fixture('vanilla.js'));
    expect((file.purposes as { id: string }[]).map(({ id }) => id)).toEqual([
      'necessary',
      'measurement',
      'personalisation',
      'marketing',
    ]);
    expect(file.policy).toEqual({
      version: 'legacy-2',
      reconsent: 'material',
      links: { privacy: '/privacy', imprint: '/imprint' },
    });
    expect(file.storage).toEqual({ kind: 'cookie', domain: 'shop.example' });
    expect(file.ui).toEqual({ layer1: 'bar', position: 'bottom-end' });
    expect(file.bridges).toMatchObject({
      blocked: true,
      categories: { analytics: 'measurement', ads: 'marketing', matomo: 'measurement' },
    });
    expect(file.recipients).toMatchObject({
      matomo: { name: 'Matomo', country: 'TODO', role: 'TODO', cookies: ['_pk_ref'] },
      'analytics-cookies': { cookies: ['_ga*', '_gid'] },
    });
    expect(locales.en).toMatchObject({
      layer1: {
        title: 'We use cookies',
        body: 'For statistics. See our privacy policy. {policy}',
        accept: 'Accept all',
        reject: 'Reject all',
      },
      layer2: { title: 'Preferences', save: 'Save' },
      purposes: { measurement: { title: 'Statistics', body: 'Counts visits.' } },
      changes: { 'legacy-2': 'We changed our terms.' },
    });
    expect(locales.ar).toMatchObject({ dir: 'rtl' });
  });

  test('what a person could not have refused, and what is code, is refused and said', async () => {
    const refused = said(await imported('vanilla', fixture('vanilla.js')), 'refused').join('\n');
    for (const what of [
      '"analytics" is switched on before anybody said so',
      'cookie.expiresAfterDays is a function',
      'the category "horoscope"',
      'a cookie of "matomo" is an expression that no glob equals',
      'the buttons had unequal weight',
      'the first layer in "ar" had no button to refuse',
      'the page could not be used before an answer',
      'onAccept of the service "adnet" is a function',
      'onConsent is a function',
    ])
      expect(refused).toContain(what);
  });
});

describe('coming from klaro', () => {
  test('the configuration it ships is taken over', async () => {
    const result = await imported('klaro', fixture('klaro.js'));
    expect((result.file.purposes as { id: string }[]).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['necessary', 'measurement', 'marketing']),
    );
    expect(result.file.decision).toEqual({ days: 365 });
    expect((result.file.policy as { links: unknown }).links).toEqual({ privacy: '/#privacy' });
    expect(said(result, 'refused').join('\n')).toMatch(/callback of ".*" is code/);
    expect(result.locales.de).toBeDefined();
  });

  test('ok without acceptAll is no button to accept, and what is on by default is refused', async () => {
    const source = `var klaroConfig = { acceptAll: false, hideDeclineAll: true, cookieExpiresAfterDays: 30, storageMethod: 'localStorage',
      translations: { en: { ok: 'Fine', decline: 'No' } },
      services: [{ name: 'stats', title: 'Stats', default: true, purposes: ['statistics'], cookies: [[/^_st_.*$/, '/', 'shop.example']] },
                 { name: 'all', required: true, purposes: ['marketing'], optOut: true }] };`;
    const result = await imported('klaro', source);
    const refused = said(result, 'refused').join('\n');
    for (const what of [
      '"ok" in "en" was no button to accept',
      '"stats" is switched on',
      'was hidden',
      'localStorage',
      '"all" is required',
      '"all" ran until',
    ])
      expect(refused).toContain(what);
    expect(result.file.recipients).toMatchObject({ stats: { cookies: ['_st_*'] } });
    expect(result.locales.en).toEqual({ layer1: { reject: 'No' } });
  });
});

describe('coming from c15t', () => {
  test('its categories, scripts and words are taken over; callbacks and conditions are not', async () => {
    const result = await imported('c15t', fixture('c15t.ts.txt').replace(' as string', ''));
    expect((result.file.purposes as { id: string }[]).map(({ id }) => id)).toEqual([
      'necessary',
      'measurement',
      'personalisation',
      'marketing',
    ]);
    expect(result.file.recipients).toMatchObject({ ga4: { name: 'ga4' }, chat: { name: 'chat' } });
    expect((result.file.policy as { links: unknown }).links).toEqual({ privacy: 'https://shop.example/privacy' });
    expect(result.file.locales).toMatchObject({ default: 'de', files: { de: 'de.json' } });
    expect(result.locales.de).toMatchObject({
      layer1: { reject: 'Alle ablehnen' },
      purposes: { measurement: { title: 'Statistik' } },
    });
    const refused = said(result, 'refused').join('\n');
    for (const what of [
      'the callback onConsentSet',
      'onLoad of "ga4"',
      'the condition of the script "chat"',
      'alwaysLoad',
    ])
      expect(refused).toContain(what);
  });
});

describe('whatever it comes from', () => {
  test.each(['vanilla.js', 'klaro.js', 'c15t.ts.txt'])(
    'what is made of %s is a valid file once recipients have country and role',
    async (name) => {
      const from = name.split('.')[0] as Foreigner;
      const result = await imported(from, fixture(name).replace(' as string', ''));
      const source = completed(result);
      const errors = lint(source).findings.filter(({ severity, file }) => severity === 'error' && file !== 'fr.json');
      expect(errors.filter(({ rule }) => rule !== 'locale-default')).toEqual([]);
      expect(said(result, 'todo').join('\n')).toContain('has no country and no role');
      expect(said(result, 'note').join('\n')).toContain('decisions that visitors made');
    },
  );

  test('a file without such a configuration is refused, and says what it looks like', async () => {
    expect(await importConfig('klaro', 'var a = 1;')).toMatchObject({
      ok: false,
      reason: 'no configuration of klaro is in it',
    });
    expect(await importConfig('vanilla', fixture('klaro.js'))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('looks like one of klaro'),
    });
  });
});

describe('the sandbox', () => {
  test.each<[string, string, RegExp]>([
    ['reads a file', "require('node:fs').readFileSync('/etc/passwd')", /require is not defined/],
    ['imports at run time', "import('node:fs').then(() => {})", /./],
    ['ends the process', 'process.exit(1)', /exit is not a function/],
    ['climbs out by a constructor', "this.constructor.constructor('return process')().exit(1)", /./],
    [
      'climbs out by a function it was given',
      "CookieConsent.run.constructor('return process')().exit(1)",
      /Code generation from strings/,
    ],
    ['makes code of text', "eval('1')", /Code generation from strings/],
    ['never ends', 'for (;;) {}', /timed out/],
    ['never ends, later', 'Promise.resolve().then(() => { for (;;) {} })', /timed out|come to an end/],
    [
      'takes all memory',
      'var a = []; for (;;) a.push(new Array(1e6).fill(a.length))',
      /MB|timed out|cannot be run|ended/,
    ],
    ['touches the page', "document.querySelector('a')", /document is not defined/],
    ['uses the network', "fetch('http://127.0.0.1')", /fetch is not defined/],
    ['is no script', '}{', /Unexpected token/],
    [
      'nests without end',
      'var klaroConfig = {services: []}; klaroConfig.services.push(klaroConfig)',
      /contains itself/,
    ],
  ])('a file that %s does so to nobody, and the reason is said', async (_, source, reason) => {
    const ran = await runConfig(source);
    if (ran.ok) expect(ran.candidates).toEqual([]);
    else expect(ran.reason).toMatch(reason);
  });

  test('names that mean more than a name are left behind', async () => {
    const ran = await runConfig('var klaroConfig = JSON.parse(\'{"services": [], "__proto__": {"polluted": true}}\');');
    expect(ran).toMatchObject({ ok: true, candidates: [{ services: [] }] });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a file that is too large is not run', async () => {
    expect(await runConfig('x'.repeat(2_000_000))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('larger'),
    });
  });
});

describe('cookies and words', () => {
  test.each<[unknown, string | null]>([
    ['_ga', '_ga'],
    [{ $regexp: '^_ga' }, '_ga*'],
    [{ $regexp: '^_pk_.*$' }, '_pk_*'],
    [{ $regexp: '^_gid$' }, '_gid'],
    [{ $regexp: 'ai_' }, '*ai_*'],
    [[{ $regexp: '^a\\.b$' }, '/', 'x'], 'a.b'],
    [{ $regexp: '^_(a|b)' }, null],
    [7, null],
  ])('%j as a glob is %s', (given, glob) => expect(globOf(given)).toBe(glob));

  test('HTML becomes words, and nothing of it survives', () => {
    expect(plainText('<p>Hi <script>x</script><b>you</b> &amp; <a href="/p">us</a></p>')).toEqual({
      text: 'Hi xyou & us',
      links: [{ href: '/p', text: 'us' }],
    });
  });
});
