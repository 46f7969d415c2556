// The pages of the documentation, held against the code they speak of: tables, names, links. What the examples do is
// examples.test.ts's. `UPDATE_DOCS=1 npx vitest run docs/pages.test.ts` writes the tables anew.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openMeters } from '../collector/app/meters.js';
import { openapi } from '../collector/app/openapi.js';
import { kinds } from '../collector/cli/export.js';
import { exitCodes } from '../collector/cli/failure.js';
import { personOptions } from '../collector/cli/person.js';
import { type Config, readConfig } from '../collector/config.js';
import { lint } from '../collector/consent/policy/lint.js';
import { knownKeysAt } from '../collector/consent/policy/shape.js';
import { dropCodes, holdCodes } from '../collector/contract/codes.js';
import { defaultPlaceHeaders } from '../collector/enrich/place.js';
import { migrations } from '../collector/pipeline/migrations.js';
import { client as ownClient } from '../sdk/client.js';
import { blocksOf } from './examples.js';
import { tables, withTables } from './tables.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.split(sep).join('/')}`)
    .sort(),
];

/** Rows of the first table whose head begins so; cells without their marks. */
const rowsUnder = (page: string, head: string): string[][] => {
  const lines = page.split('\n');
  const at = lines.findIndex(
    (line) => line.startsWith(`| ${head} `) && /^\|[ -]+\|/.test(lines[lines.indexOf(line) + 1] ?? ''),
  );
  if (at < 0) throw new Error(`No table begins with "${head}".`);
  const rows: string[][] = [];
  for (const line of lines.slice(at + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
};
const bare = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');

describe('tables', () => {
  it('say what the code says', () => {
    const used = new Set<string>();
    for (const path of pages) {
      const page = read(path);
      for (const [, name] of page.matchAll(/<!-- table: ([\w ]+) -->/g)) used.add(name!);
      const made = withTables(page);
      if (process.env.UPDATE_DOCS !== undefined && made !== page) writeFileSync(join(root, path), made);
      expect(read(path), path).toBe(made);
    }
    expect([...used].sort()).toEqual(Object.keys(tables).sort());
  });
});

describe('operators', () => {
  const page = read('docs/operators.md');

  it('read of every variable of the environment, with its default', () => {
    const rows = new Map(rowsUnder(page, 'variable').map((row) => [bare(row[0]), row]));
    const source = read('collector/config.ts');
    const variables = /const variables = z\.object\(\{([\s\S]*?)\n\}\);/.exec(source)![1]!;
    const names = [...variables.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(10);
    expect([...rows.keys()].sort()).toEqual(names.sort());

    const said = (config: Config): Record<string, string> => ({
      PORT: String(config.port),
      HOST: config.host,
      WEFT_DATA: config.store.kind === 'sqlite' ? config.store.folder : '',
      WEFT_LOG: config.log.kind,
      WEFT_ROLE: config.role,
      WEFT_KEY_CONSENT: config.keyConsent,
      WEFT_CONSENT: config.consentFile ?? 'as shipped',
      WEFT_SITE: config.siteFile ?? 'defaults',
      WEFT_ORIGINS: { same: 'same origin', any: '*', listed: '' }[config.origins.kind],
      WEFT_RATE: String(config.ratePerS),
      WEFT_RATE_ADDRESS: String(config.addressRatePerS),
      WEFT_IDENTITY_SECRET: config.identitySecret ?? 'off',
      WEFT_BOTS: config.bots,
      WEFT_RESERVED_EMAIL: config.reservedEmail,
      WEFT_GEO: config.geoFile ?? 'off',
      WEFT_PROXIES: String(config.proxies),
      WEFT_URL: config.publicUrl ?? '–',
      WEFT_WEBHOOKS: config.webhooks,
      WEFT_DEMO: config.demo ? '1' : '0',
      WEFT_WRITE_KEY: config.writeKey ?? 'made once',
      WEFT_SECRET_KEY: config.secretKey ?? 'made once',
      WEFT_ADMIN_PASSWORD: config.adminPassword ?? 'made once',
    });
    const plain = said(readConfig({}));
    const demo = said(readConfig({ WEFT_DEMO: '1' }));
    for (const name of names) {
      const [, otherwise, inDemo] = rows.get(name)!;
      expect([name, bare(otherwise)]).toEqual([name, plain[name]]);
      expect([name, bare(inDemo)]).toEqual([name, demo[name] === plain[name] ? '' : demo[name]]);
    }
  });

  it('read of every metric that is ours', async () => {
    const text = await openMeters(() => 0, { process: false }).text();
    const names = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!);
    const shown = rowsUnder(page, 'metric').map((row) => bare(row[0]));
    expect(shown.filter((name) => name.startsWith('weft_')).sort()).toEqual(names.sort());
  });

  it('read of every header that tells a country', () => {
    const line = page
      .split('\n')
      .find((one) => one.startsWith('- **Country.**'))!
      .toLowerCase();
    for (const name of defaultPlaceHeaders.country) {
      expect([name, line.includes(name) || (name.includes('edgescape') && line.includes('edgescape'))]).toEqual([
        name,
        true,
      ]);
    }
  });
});

describe('the command', () => {
  const page = read('docs/cli.md');
  const source = read('collector/cli.ts');
  const flagsIn = (text: string): string[] => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);

  it('is shown with every command and exit code', () => {
    const made = [...source.matchAll(/(?:command|group|program\s*\.command|\.command)\(\s*'([a-z]+)'/g)].map(
      ([, name]) => name!,
    );
    const shown = rowsUnder(page, 'command').map((row) => /`([a-z]+)`/.exec(row[0]!)![1]!);
    expect(made.filter((name) => !shown.includes(name))).toEqual([]);
    expect(shown.filter((name) => !made.includes(name))).toEqual([]);
    const codes = rowsUnder(page, 'exit code').map((row) => Number(row[0]));
    expect(codes).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
  });

  it('is shown with every option, and with none that is not there', () => {
    const flags = new Set([
      ...[...source.matchAll(/[oO]ption\(\s*'([^']+)'/g)].flatMap(([, text]) => flagsIn(text!)),
      ...personOptions.flatMap(([text]) => flagsIn(text)),
      ...kinds.map((kind) => `--${kind}`),
    ]);
    flags.delete('--version');
    const shown = new Set(flagsIn(page));
    expect([...flags].filter((flag) => !shown.has(flag))).toEqual([]);
    expect([...shown].filter((flag) => !flags.has(flag))).toEqual([]);
    // What other pages show of it is there too.
    for (const path of pages.filter((one) => one !== 'docs/cli.md' && !one.includes('decisions'))) {
      for (const [line] of read(path).matchAll(
        /\bweft (?:keys )?(?:import|export|erase|rebuild|list|create|revoke|doctor|backup|restore)\b[^`\n]*/g,
      ))
        expect([path, flagsIn(line).filter((flag) => !flags.has(flag))]).toEqual([path, []]);
    }
  });
});

describe('privacy teams', () => {
  const page = read('docs/privacy.md');

  it('read of every table that is kept', () => {
    const made = migrations.flatMap(({ sql }) => [...sql.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name!));
    const shown = rowsUnder(page, 'table').flatMap((row) => [...row[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect(shown.sort()).toEqual([...new Set(made)].sort());
  });

  it('read of what is left to them', () => {
    const rows = rowsUnder(page, 'not done');
    expect(rows.length).toBeGreaterThan(8);
    for (const [not, left] of rows) expect([not, left ?? '']).toEqual([not, expect.stringMatching(/\S{3,}.{20,}/)]);
    // Nothing that a privacy team would take for granted is missing.
    const all = rows.flat().join('\n');
    for (const word of [/legal advice/i, /TC string/, /MaxMind/, /age/, /backups/, /recipients/i, /encrypted/])
      expect(all).toMatch(word);
  });

  it('are shown no table without rows, nor is anybody else', () => {
    const empty = pages.flatMap((path) => {
      const lines = read(path).split('\n');
      return lines.flatMap((line, at) =>
        /^\|[ :|-]+\|$/.test(line) && !lines[at + 1]?.startsWith('|') ? [`${path}:${at + 1}`] : [],
      );
    });
    expect(empty).toEqual([]);
  });

  it('read of every code a privacy refusal can have', () => {
    const shown = rowsUnder(page, '#').flatMap((row) => [...row[2]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect([...new Set(shown)].sort()).toEqual([...dropCodes, ...holdCodes].sort());
  });

  it('read of every name under which something lies on a device', () => {
    const sources = readdirSync(join(root, 'sdk'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/test|fixtures/.test(path))
      .map((path) => read(`sdk/${path.split(sep).join('/')}`))
      .join('\n');
    const cookies = [...sources.matchAll(/'(weft_[a-z]+)'/g)].map(([, name]) => name!);
    const shown = [...page.matchAll(/`(weft_[a-z]+)`/g)].map(([, name]) => name!);
    expect(cookies.length).toBeGreaterThan(0);
    expect([...new Set(shown)].sort()).toEqual([...new Set(cookies)].sort());
    expect([/`weft-\$\{[\w.]+\}`/.test(sources), page.includes('`weft-<write key>`')]).toEqual([true, true]);
  });

  it('are shown a consent file that is one, words and all, and that the linter lets pass', () => {
    const page = read('docs/consent-file.md');
    const shown = blocksOf(page).find(({ text }) => text.includes('"purposes"'))!;
    const words = blocksOf(page).find(({ text }) => text.includes('"wishlist"'))!;
    const { policy, findings } = lint({ text: shown.text, own: { fr: words.text } });
    expect(findings).toEqual([]);
    expect(policy?.version).toBe('2026-11-01');
  });

  it('read of every key of the consent file', () => {
    const page = read('docs/consent-file.md');
    const missing: string[] = [];
    const walk = (path: readonly string[]): void => {
      for (const key of knownKeysAt(path)) {
        if (!new Set(page.split(/[^\w$]+/)).has(key)) missing.push([...path, key].join('.'));
        walk([...path, key]);
      }
    };
    walk([]);
    for (const list of ['purposes', 'regions']) walk([list, '0']);
    walk(['recipients', 'x']);
    expect(missing).toEqual([]);
  });
});

describe('developers', () => {
  const page = read('docs/developers.md');

  it('read of every verb, and of none that is not there', () => {
    const client = ownClient as unknown as Record<string, unknown>;
    const verbs = Object.entries(client).flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : Object.keys(value as object).map((inner) => `${name}.${inner}`),
    );
    expect(verbs.length).toBeGreaterThan(20);
    const shown = new Set([...page.matchAll(/\bweft\.([a-zA-Z]+(?:\.[a-zA-Z]+)?)\(/g)].map(([, verb]) => verb!));
    expect([...shown].sort()).toEqual(verbs.sort());
  });

  it('everywhere else too, no verb is invented', () => {
    const client = ownClient as unknown as Record<string, Record<string, unknown>>;
    for (const path of pages) {
      for (const [, name, inner] of read(path).matchAll(/\bweft\.([a-zA-Z]+)(?:\.([a-zA-Z]+))?\(/g)) {
        // Of the queue, before the client is there.
        if (name === 'push') continue;
        const found = inner === undefined ? client[name!] : client[name!]?.[inner];
        expect([path, name, inner, typeof found]).toEqual([path, name, inner, 'function']);
      }
    }
  });
});

describe('links', () => {
  /** As GitHub makes them. */
  const anchorOf = (heading: string): string =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll('`', '')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
  const anchorsOf = (path: string): Set<string> =>
    new Set(
      read(path)
        .replace(/^```[\s\S]*?^```/gm, '')
        .split('\n')
        .filter((line) => /^#{1,6} /.test(line))
        .map((line) => anchorOf(line.replace(/^#+ /, ''))),
    );

  it.each(pages)('of %s lead somewhere', (path) => {
    const prose = read(path)
      .replace(/^```[\s\S]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '');
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file, anchor] = target!.split('#') as [string, string?];
      const absolute = file === '' ? join(root, path) : join(root, dirname(path), file);
      expect([path, target, existsSync(absolute)]).toEqual([path, target, true]);
      if (anchor !== undefined && absolute.endsWith('.md')) {
        const inRoot = relative(root, absolute).split(sep).join('/');
        expect([path, target, anchorsOf(inRoot).has(anchor)]).toEqual([path, target, true]);
      }
    }
  });

  it('routes that the pages name are routes of the collector', () => {
    const described = Object.keys(openapi('0').paths as object).map((path) => path.replace(/\{\w+\}/g, ':x'));
    const alsoThere = [
      '/v1/config',
      '/weft/:x',
      '/v1/b',
      '/v1/import',
      ...'tpsiag'.split('').map((one) => `/v1/${one}`),
    ];
    const later = ['/v1/ledger/verify', '/v1/receipts/:x', '/v1/privacy/exports'];
    const known = new Set([...described, ...alsoThere, ...later]);
    for (const path of pages.filter((one) => !one.includes('decisions'))) {
      for (const [, named] of read(path).matchAll(/`(?:GET |POST )?(\/v1\/[\w/:{}.-]+)[?`]/g)) {
        const route = named!.replace(/:\w+|\{\w+\}/g, ':x').replace(/\/$/, '');
        expect([path, named, known.has(route)]).toEqual([path, named, true]);
      }
    }
  });
});

describe('README', () => {
  it('promises the size that the build is held to', () => {
    const manifest = JSON.parse(read('package.json')) as { 'size-limit': { path: string; limit: string }[] };
    const { limit } = manifest['size-limit'].find(({ path }) => path.endsWith('weft.js'))!;
    expect(/script is at most ([\d.]+ kB)/.exec(read('README.md'))?.[1]).toBe(limit);
  });
});

describe('pictures', () => {
  it('are light', () => {
    const folder = join(root, 'docs/images');
    for (const name of readdirSync(folder)) {
      expect([name, statSync(join(folder, name)).size < 200_000]).toEqual([name, true]);
    }
  });
});
