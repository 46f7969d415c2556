import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { contrast } from './contrast.js';
import { lint, type Surroundings } from './lint.js';
import { noticeTable } from './notice.js';
import { lineOf, parsePolicy, readSource, sourceOf } from './policy.js';
import { readText } from './read.js';
import { consentSchema } from './shape.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const good = {
  site: 'shop-fr',
  policy: { version: '2026-11-01', links: { privacy: '/privacy' } },
  controller: { name: 'Example SAS', contact: 'privacy office' },
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', retentionDays: 395, data: ['pages'] },
    { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'] },
    { id: 'marketing', retentionDays: 90, recipients: ['mailer'] },
  ] as Record<string, unknown>[],
  recipients: { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } } as Record<string, unknown>,
};
const purpose = (index: number, change: object) => ({
  ...good,
  purposes: good.purposes.map((one, at) => (at === index ? { ...one, ...change } : one)),
});
const lines = (json: unknown, own = {}) => {
  const text = JSON.stringify(json, null, 2);
  return lint({ text, own }).findings;
};
const found = (json: unknown) => lines(json).map(({ severity, rule, path }) => `${severity} ${rule} ${path}`);

describe('hosts that an answer is handed to', () => {
  test.each([
    'https://a.example',
    'a.example/path',
    'a.example:8443',
    '*.a.example',
    'A.example',
    '-a.example',
    'a..b',
    '',
    'müller.example',
  ])('%s is no plain host name', (host) => {
    expect(found({ ...good, transfer: [host] })).toEqual(['error shape transfer.0']);
  });
  test.each(['a.example', 'www.a-b.example', 'localhost', '127.0.0.1', 'xn--mller-kva.example'])(
    '%s is one',
    (host) => {
      expect(found({ ...good, transfer: [host] })).toEqual([]);
    },
  );
  test.each<[string, string, string[]]>([
    ['the own one', 'shop.example', ['error transfer-own transfer.0']],
    ['one below it', 'www.shop.example', ['error transfer-own transfer.0']],
    ['another, which cannot keep that cookie', 'outlet.example', ['error transfer-domain storage.domain']],
    ['one that only looks like it', 'myshop.example', ['error transfer-domain storage.domain']],
  ])('with a cookie of shop.example: %s', (_, host, expected) => {
    expect(found({ ...good, storage: { domain: '.shop.example' }, transfer: [host] })).toEqual(expected);
  });
  test('one is listed once', () => {
    expect(found({ ...good, transfer: ['a.example', 'b.example', 'a.example'] })).toEqual([
      'warning transfer-twice transfer.2',
    ]);
  });
});

describe('what the collector around a file does not do', () => {
  const within = (json: unknown, around: Surroundings) =>
    lint({ text: JSON.stringify(json), own: {} }, [], around).findings.map(
      ({ severity, rule, path }) => `${severity} ${rule} ${path}`,
    );
  const account = { ...good, decision: { scope: 'account' } };
  const handed = { ...good, transfer: ['a.example', 'b.example'] };
  const listed = (...origins: string[]) => ({ origins: { kind: 'listed' as const, origins } });
  test.each<[string, unknown, Surroundings, string[]]>([
    [
      'a choice that follows an account, and nothing proves one',
      account,
      { proof: false },
      ['error account-without-proof decision.scope'],
    ],
    ['the same, where it cannot be known', account, {}, ['warning account-without-proof decision.scope']],
    ['the same, where it is proved', account, { proof: true }, []],
    ['a choice that stays on its device', good, { proof: false }, []],
    [
      'a host whose pages may not ask',
      handed,
      listed('https://a.example', 'https://c.example'),
      ['warning transfer-origin transfer.1'],
    ],
    ['hosts that may, on any port', handed, listed('https://a.example', 'http://b.example:8080'), []],
    [
      'hosts where only the collector’s own pages may ask',
      handed,
      { origins: { kind: 'same' } },
      ['warning transfer-origin transfer.0', 'warning transfer-origin transfer.1'],
    ],
    ['hosts where all may ask', handed, { origins: { kind: 'any' } }, []],
    ['hosts, where it cannot be known', handed, {}, []],
  ])('%s', (_, json, around, expected) => {
    expect(within(json, around)).toEqual(expected);
  });
  test('a rule for a conflict that cannot be', () => {
    expect(found({ ...good, decision: { accountConflict: 'account' } })).toEqual([
      'warning conflict-of-no-account decision.accountConflict',
    ]);
  });
});

describe('the linter', () => {
  test('finds nothing in a file that is well made', () => {
    expect(lines(good)).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    [
      'no way to refuse on the first layer',
      { ...good, ui: { buttons: ['accept', 'choose'] } },
      'error no-reject ui.buttons',
    ],
    [
      'a colour of a single button',
      { ...good, ui: { theme: { acceptColor: '#fff' } } },
      'error unknown-key ui.theme.acceptColor',
    ],
    ['a purpose that is on before anybody said so', purpose(1, { always: true }), 'error pre-set purposes.1.always'],
    ['text nobody can read', { ...good, ui: { theme: { text: '#777777' } } }, 'error contrast ui.theme.text'],
    [
      'a button nobody can read',
      { ...good, ui: { theme: { accent: '#0b5fff', onAccent: '#88aaff' } } },
      'error contrast ui.theme.onAccent',
    ],
    [
      'a night nobody can read',
      { ...good, ui: { theme: { darkColours: { background: '#eeeeee' } } } },
      'error contrast ui.theme.darkColours.background',
    ],
    ['a colour that is none', { ...good, ui: { theme: { accent: 'red' } } }, 'error shape ui.theme.accent'],
    [
      'a size beyond what the schema allows',
      { ...good, ui: { theme: { radius: '900px' } } },
      'error shape ui.theme.radius',
    ],
    [
      'sharing that ignores the signal',
      { ...good, purposes: [...good.purposes, { id: 'sharing', gpc: 'ignore', retentionDays: 1 }] },
      'error sharing-ignores-gpc purposes.4.gpc',
    ],
    [
      'a recipient without a country',
      { ...good, recipients: { mailer: { name: 'M', role: 'processor' } } },
      'error shape recipients.mailer.country',
    ],
    [
      'a recipient without a role',
      { ...good, recipients: { mailer: { name: 'M', country: 'FR' } } },
      'error shape recipients.mailer.role',
    ],
    [
      'an opt-out region without a link',
      {
        ...good,
        regions: [
          { match: ['US'], model: 'opt-out', ui: 'none' },
          { match: ['*'], model: 'opt-in', fallback: true },
        ],
      },
      'error opt-out-without-link regions.0.ui',
    ],
    [
      'retention that is missing',
      purpose(2, { retentionDays: undefined }),
      'error no-retention purposes.2.retentionDays',
    ],
    [
      'no fallback region',
      { ...good, regions: [{ match: ['FR'], model: 'opt-in' }] },
      'error no-fallback-region regions',
    ],
    ['closing that accepts', { ...good, decision: { onClose: 'accept' } }, 'error on-close-accepts decision.onClose'],
    ['a first layer that traps the page', { ...good, ui: { modal: true } }, 'error shape ui.modal'],
    [
      'a refusal that ends sooner',
      { ...good, decision: { sameForRefusal: false } },
      'error shape decision.sameForRefusal',
    ],
    [
      'a question nobody asks',
      { ...good, regions: [{ match: ['*'], model: 'opt-in', ui: 'none', fallback: true }] },
      'error opt-in-without-question regions.0.ui',
    ],
    [
      'data before consent in Europe',
      {
        ...good,
        regions: [
          { match: ['EEA'], model: 'opt-out' },
          { match: ['*'], model: 'opt-in', fallback: true },
        ],
      },
      'error default-on regions.0.model',
    ],
    ...(
      [
        ['of one country of it, by its name', 'FR', 'opt-out'],
        ['of a part of it with a code of its own', 'RE', 'none'],
        ['of a region of it', 'DE-BY', 'none'],
      ] as const
    ).map(([what, place, model]): [string, object, string] => [
      `data before consent in Europe, ${what}`,
      {
        ...good,
        regions: [
          { match: [place], model, ui: model === 'none' ? 'none' : 'link' },
          { match: ['EEA'], model: 'opt-in' },
          { match: ['*'], model: 'opt-in', fallback: true },
        ],
      },
      'error default-on regions.0.model',
    ]),
    ...['GB', 'CH', 'BR', 'CA-QC'].map((place): [string, object, string] => [
      `data before consent in ${place}`,
      {
        ...good,
        regions: [
          { match: [place], model: 'none', ui: 'none' },
          { match: ['*'], model: 'opt-in', fallback: true },
        ],
      },
      'warning default-on regions.0.model',
    ]),
    [
      'a country outside the EEA that is not told',
      {
        ...good,
        recipients: { far: { name: 'Far', country: 'US', role: 'processor' } },
        purposes: [
          { id: 'necessary', always: true },
          { id: 'measurement', retentionDays: 30, recipients: ['far'], thirdCountries: [] },
        ],
      },
      'warning third-country-missing purposes.1.thirdCountries',
    ],
    [
      'asking again too soon after an opt-out',
      { ...good, decision: { reaskAfterOptOutDays: 30 } },
      'error reask-too-soon decision.reaskAfterOptOutDays',
    ],
    [
      'a language nobody wrote',
      { ...good, locales: { files: { en: null, tlh: null } } },
      'error locale-missing locales.files.tlh',
    ],
    [
      'a default language that is not offered',
      { ...good, locales: { default: 'fr', files: { en: null } } },
      'error locale-default locales.default',
    ],
    ['an answer that stands long', { ...good, decision: { days: 360 } }, 'warning long-decision decision.days'],
    ['data kept very long', purpose(1, { retentionDays: 2_000 }), 'warning long-retention purposes.1.retentionDays'],
    ['no version', { ...good, policy: {} }, 'warning no-version policy.version'],
    ['a class of data without words', purpose(1, { data: ['horoscopes'] }), 'warning locale-missing locales.files.en'],
    [
      'a recipient of nothing',
      { ...good, recipients: { ...good.recipients, ghost: { name: 'G', country: 'FR', role: 'processor' } } },
      'warning recipient-unused recipients.ghost',
    ],
  ])('says of %s what and where', (_, json, expected) => {
    expect(found(json)).toContain(expected);
    for (const { reason, next, line } of lines(json)) {
      expect(reason).not.toBe('');
      expect(next).not.toBe('');
      expect(line === null || line >= 1).toBe(true);
    }
  });

  test('of a key that is misspelt it says what was meant, with line and column', () => {
    const text = '{\n  "purposes": [\n    { "id": "measurement", "retentonDays": 395 }\n  ]\n}';
    const [finding] = lint({ text, own: {} }).findings;
    expect(finding).toMatchObject({ rule: 'unknown-key', line: 3, column: 28, next: 'Did you mean "retentionDays"?' });
    expect(lineOf(finding!)).toBe(
      'line 3, column 28: purposes.0.retentonDays: "retentonDays" is no key of a consent file here. Did you mean "retentionDays"?',
    );
  });

  test('contrast is computed as WCAG does', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777', '#fff')).toBeCloseTo(4.48, 2);
    expect(contrast('red', '#fff')).toBeNull();
  });

  test('the table for the privacy notice says purpose, basis, data, days and recipients in the language asked for', () => {
    const policy = parsePolicy(good);
    const table = noticeTable(policy, 'de');
    expect(table.split('\n')).toHaveLength(5);
    expect(table).toContain('| 90 | Mail service (FR, ');
    expect(table).not.toContain('Legal basis');
    expect(noticeTable(policy, 'en')).toContain('| Legal basis |');
  });

  test.each(['until-decision', 'on-reject', 'always'])('section 7: counting %s is described in the notice', (mode) => {
    const of = (more: object) => noticeTable(parsePolicy({ ...good, cookieless: { mode }, ...more }), 'en').split('\n');
    expect(of({})).toHaveLength(6);
    expect(of({}).at(-1)).toBe(
      '| Visits are counted here without storing anything on your device and without knowing who you are. | – | Pages seen, Cart and checkout | 760 | Nobody else |',
    );
    const told = of({
      cookieless: { mode, regions: ['FR', 'DE'], unique: 'daily-hash' },
      retention: { cookielessDays: 90 },
    }).at(-1);
    expect(told).toContain('who you are. (FR, DE) | – | Pages seen, Cart and checkout, Browser and device | 90 |');
    expect(of({ cookieless: { mode: 'off' } })).toHaveLength(5);
  });

  test('section 6: what is taken back is kept (`stop`) only where some purpose has another basis', () => {
    const stop = { ...good, onWithdraw: 'stop' };
    expect(found(stop)).toEqual(['error stop-without-basis onWithdraw']);
    expect(found({ ...stop, purposes: undefined })).toContain('error stop-without-basis onWithdraw');
    expect(found({ ...purpose(1, { basis: 'legitimate-interest' }), onWithdraw: 'stop' })).toEqual([
      'warning other-basis purposes.1.basis',
    ]);
    for (const onWithdraw of ['erase', 'anonymise']) expect(found({ ...good, onWithdraw })).toEqual([]);
  });
});

describe('words beside the file', () => {
  const write = (files: Record<string, string>, consent: object) => {
    const at = mkdtempSync(join(folder, 'site-'));
    mkdirSync(join(at, 'words'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(at, name), content);
    const path = join(at, 'consent.json');
    writeFileSync(path, JSON.stringify({ ...good, ...consent }));
    return path;
  };
  const problems = (path: string) => {
    const { source, findings } = sourceOf(path);
    return lint(source, findings).findings.filter(({ severity }) => severity === 'error');
  };

  test('lie over those that ship, and are named by their hash', () => {
    const path = write(
      { 'fr.json': '{"layer1": {"title": "Votre choix ?"}}' },
      { locales: { default: 'fr', files: { fr: 'fr.json', en: null } } },
    );
    expect(problems(path)).toEqual([]);
    const parsed = readSource(sourceOf(path).source);
    if (!parsed.ok) throw new Error('not valid');
    const words = JSON.parse(parsed.policy.locales.fr!.content) as { layer1: { title: string; reject: string } };
    expect(words.layer1.title).toBe('Votre choix ?');
    expect(words.layer1.reject).not.toBe('');
    expect(parsed.policy.document.texts).toMatchObject({
      fr: { href: `/consent/texts/${parsed.policy.locales.fr!.hash}.json`, dir: 'ltr' },
    });
    expect(Object.keys(parsed.policy.locales)).toEqual(['fr', 'en']);
  });

  test.each<[string, Record<string, string>, Record<string, string | null>, string, number | null]>([
    [
      'a misspelt key',
      { 'fr.json': '{\n "layer1": {\n  "titel": "x" } }' },
      { fr: 'fr.json', en: null },
      'locale-unknown-key',
      3,
    ],
    [
      'a placeholder nothing fills',
      { 'fr.json': '{"layer1": {"accept": "{site}"}}' },
      { fr: 'fr.json', en: null },
      'locale-placeholder',
      1,
    ],
    [
      'a text that is empty',
      { 'fr.json': '{"layer1": {"accept": " "}}' },
      { fr: 'fr.json', en: null },
      'locale-missing',
      1,
    ],
    ['a number for a text', { 'fr.json': '{"layer1": {"accept": 1}}' }, { fr: 'fr.json', en: null }, 'locale-shape', 1],
    ['no JSON', { 'fr.json': '{"layer1": ' }, { fr: 'fr.json', en: null }, 'not-json', 1],
    [
      'a language of one’s own that lacks texts',
      { 'sv.json': '{"layer1": {"title": "Ditt val"}}' },
      { sv: 'sv.json', en: null },
      'locale-missing',
      null,
    ],
    ['a file that is not there', {}, { fr: 'fr.json', en: null }, 'locale-file', 1],
    ['a file of another folder', {}, { fr: '../../secret.json', en: null }, 'locale-file', 1],
    ['a file by its whole path', {}, { fr: '/etc/passwd', en: null }, 'locale-file', 1],
  ])('with %s are refused, in their own file', (_, files, named, rule, line) => {
    const errors = problems(write(files, { locales: { files: named } }));
    expect(errors[0]).toMatchObject({ rule, line });
  });

  test('a link to another folder is not followed', () => {
    const path = write({}, { locales: { files: { fr: 'fr.json', en: null } } });
    symlinkSync('/etc/hostname', join(path, '..', 'fr.json'));
    expect(problems(path)[0]).toMatchObject({ rule: 'locale-file' });
  });
});

describe('a hostile file', () => {
  const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  test.each<[string, string, string]>([
    ['ten megabytes', JSON.stringify({ site: 'x'.repeat(10_000_000) }), 'too-large'],
    ['a thousand levels', deep, 'too-deep'],
    ['a hundred thousand values', `[${'1,'.repeat(100_000)}1]`, 'too-many'],
    ['a prototype', '{"__proto__": {"polluted": true}}', 'hostile-key'],
    ['a constructor', '{"recipients": {"constructor": {}}}', 'hostile-key'],
    ['a key twice', '{"site": "a", "site": "b"}', 'duplicate-key'],
    ['a comment', '{"site": "a" /* b */}', 'not-json'],
    ['a trailing comma', '{"site": "a",}', 'not-json'],
    ['half a file', '{"site": "a', 'not-json'],
    ['nothing', '', 'not-json'],
    ['no object', '[]', 'shape'],
    ['a number no JSON has', '{"decision": {"days": NaN}}', 'not-json'],
    ['a privacy notice that is a script', '{"policy": {"links": {"privacy": "javascript:alert(1)"}}}', 'shape'],
    ['a font that ends the sheet', '{"ui": {"theme": {"font": "a;} body {"}}}', 'shape'],
    [
      'requirements in a circle',
      '{"purposes": [{"id": "measurement", "requires": ["personalisation"]}, {"id": "personalisation", "requires": ["measurement"]}]}',
      'purpose-requires',
    ],
  ])('of %s is refused', (_, text, rule) => {
    const { policy, findings } = lint({ text, own: {} });
    expect(policy).toBeNull();
    expect(findings.map((finding) => finding.rule)).toContain(rule);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    for (const finding of findings) expect(lineOf(finding).length).toBeLessThan(1_000);
  });

  test('whatever the text, it is answered with findings, and a finding holds nothing a terminal obeys', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((it) => JSON.stringify(it)),
        ),
        (text) => {
          for (const finding of lint({ text, own: {} }).findings) expect(lineOf(finding)).not.toMatch(/\p{C}/u);
        },
      ),
    );
  });

  test('what is read and written again is the same', () => {
    fc.assert(
      fc.property(
        fc.record({
          site: fc.string({ maxLength: 20 }),
          policy: fc.record({ version: fc.string({ minLength: 1, maxLength: 20 }) }),
        }),
        (json) => {
          const read = readText(JSON.stringify(json));
          expect(read.ok && read.read.json).toEqual(JSON.parse(JSON.stringify(json)));
          expect(
            parsePolicy(JSON.parse(JSON.stringify(parsePolicy(json).document.policy === undefined ? {} : json)))
              .configHash,
          ).toBe(parsePolicy(json).configHash);
        },
      ),
    );
  });
});

test('the JSON Schema refuses unknown keys everywhere, as the collector does', () => {
  const open: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const fields = node as Record<string, unknown>;
    if (fields.type === 'object' && fields.properties !== undefined && fields.additionalProperties !== false)
      open.push(path);
    for (const [key, value] of Object.entries(fields)) walk(value, `${path}/${key}`);
  };
  walk(consentSchema(), '');
  expect(open).toEqual([]);
});

test('the schema that ships for editors is the one that is served', () => {
  const path = new URL('../../../docs/consent.schema.json', import.meta.url);
  const made = `${JSON.stringify(consentSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS !== undefined) writeFileSync(path, made);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(made));
});
