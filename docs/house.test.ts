// The import table of architecture.md, held against every source; and the judge itself, held against made-up offenders.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { offences, readHouse, unitOf } from './house.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const house = readHouse(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));

const sources = (): Map<string, string> => {
  const paths = ['sdk', 'collector', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
};

describe('the house', () => {
  test('every import goes where the table of docs/architecture.md lets it go', () => {
    const files = sources();
    expect(files.size).toBeGreaterThan(20);
    expect(offences(house, files)).toEqual([]);
  });

  test('the table is read whole', () => {
    expect(house.floors.get('collector/contract')).toBe(1);
    expect(house.floors.get('collector/capabilities/*')).toBe(7);
    expect(house.floors.get('sdk/snippet')).toBe(8);
    expect(house.stated.get('collector/serve')).toEqual([
      'collector/app',
      'collector/capabilities',
      'collector/embedded',
    ]);
    expect([...house.floors.values()].every((floor) => Number.isInteger(floor) && floor >= 1)).toBe(true);
  });

  test.each([
    ['collector/events/event.ts', 'collector/events'],
    ['collector/app.tsx', 'collector/app'],
    ['collector/dashboard/kit/table.tsx', 'collector/dashboard/kit'],
    ['collector/profiles/aspect.ts', 'collector/profiles/aspect'],
    ['collector/profiles/fold.ts', 'collector/profiles'],
    ['collector/dashboard/live.tsx', 'collector/dashboard'],
    ['collector/capabilities/index.ts', 'collector/capabilities'],
    ['collector/capabilities/segments/rule.ts', 'collector/capabilities/segments'],
    ['sdk/sources/cart/lines.ts', 'sdk/sources'],
    ['collector/attic/trunk.ts', undefined],
  ])('%s belongs to %s', (path, unit) => {
    expect(unitOf(house, path)).toBe(unit);
  });
});

describe('the judge of the house', () => {
  test('a unit on two floors is refused, with both', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const twice = page.replace('enrich, sessions,', 'enrich, pipeline, sessions,');
    expect(twice).not.toBe(page);
    expect(() => readHouse(twice)).toThrow('puts collector/pipeline on floor 3 and on 6');
  });

  test.each([
    ['up', 'collector/events/a.ts', "import { b } from '../profiles/b.js';", 'collector/profiles'],
    ['up by type', 'collector/events/a.ts', "import type { B } from '../profiles/b.js';", 'collector/profiles'],
    ['up by an inline type', 'collector/events/a.ts', "let x: import('../profiles/b.js').B;", 'collector/profiles'],
    ['up by re-export', 'collector/events/a.ts', "export * from '../profiles/b.js';", 'collector/profiles'],
    ['up by import()', 'collector/events/a.ts', "await import('../profiles/b.js');", 'collector/profiles'],
    ['up by require', 'collector/events/a.ts', "require('../profiles/b.js');", 'collector/profiles'],
    ['up for effect', 'collector/events/a.ts', "import '../profiles/b.js';", 'collector/profiles'],
    ['sideways', 'collector/carts/a.ts', "import { b } from '../profiles/b.js';", 'collector/profiles'],
    ['from rib to rib', 'collector/capabilities/x/a.ts', "import { b } from '../y/b.js';", 'collector/capabilities/y'],
    [
      'from rib to the list',
      'collector/capabilities/x/a.ts',
      "import { b } from '../index.js';",
      'collector/capabilities',
    ],
    ['from the kit up', 'collector/dashboard/kit/a.ts', "import { b } from '../live.js';", 'collector/dashboard'],
    ['of the process entry', 'collector/cli.ts', "import './main.js';", 'collector/main'],
    ['up in the sdk', 'sdk/buffer/a.ts', "import { b } from '../client.js';", 'sdk/client'],
    [
      'of a value of the wire',
      'sdk/event.ts',
      "import { b } from '../collector/contract/b.js';",
      'never imports a value',
    ],
    [
      'of a value among types',
      'sdk/event.ts',
      "import { type A, b } from '../collector/contract/b.js';",
      'never imports a value',
    ],
    [
      'of another type',
      'sdk/event.ts',
      "import type { B } from '../collector/events/b.js';",
      'only the types of contract',
    ],
    ['of the sdk', 'collector/app.ts', "import type { B } from '../sdk/options.js';", 'collector never imports sdk'],
    [
      'of the collector by an example',
      'examples/shop/a.ts',
      "import { b } from '../../collector/config.js';",
      'an example',
    ],
    ['of an example', 'collector/ingest/a.ts', "import { b } from '../../examples/shop/b.js';", 'import an example'],
    ['of a driver', 'collector/events/a.ts', "import Database from 'better-sqlite3';", 'database driver'],
    ['of a driver by type', 'collector/events/a.ts', "import type { Pool } from 'pg';", 'database driver'],
    ['of a dialect', 'collector/events/a.ts', "import { SqliteDialect } from 'kysely';", 'database driver'],
    ['of a broker', 'collector/pipeline/a.ts', "import { connect } from '@nats-io/transport-node';", 'broker'],
    ['of hono', 'collector/profiles/a.ts', "import { Hono } from 'hono';", 'import hono'],
    ['of hono by a rib', 'collector/capabilities/x/rule.ts', "import { Hono } from 'hono';", 'import hono'],
    ['of hono by JSX', 'collector/profiles/a.tsx', 'export const A = () => <p/>;', 'import hono'],
    ['of more than zod', 'collector/contract/a.ts', "import { parse } from 'csv-parse';", 'no package but zod'],
    ['of a fixture', 'collector/events/a.ts', "import { b } from './b.fixture.js';", 'made for tests'],
    ['of a room without a floor', 'collector/events/a.ts', "import { b } from '../attic/b.js';", 'no floor'],
  ])('an import %s is caught', (_, path, text, why) => {
    expect(offences(house, new Map([[path, text]])).join('\n')).toContain(why);
  });

  test.each([
    ['process.env', 'collector/serve.ts', 'const port = process.env.PORT;'],
    ["process['env']", 'collector/serve.ts', "const port = process['env'].PORT;"],
    ['globalThis.process.env', 'collector/serve.ts', 'const port = globalThis.process.env.PORT;'],
    ['a destructured env', 'collector/serve.ts', 'const { env } = process;'],
    ['an imported env', 'collector/serve.ts', "import { env } from 'node:process';"],
    ['window', 'sdk/client.ts', 'export const w = window;'],
    ['a property of document', 'sdk/client.ts', 'export const t = () => document.title;'],
    ['a declared global', 'sdk/client.ts', 'declare const navigator: { x: 1 };\nexport const x = navigator.x;'],
    ['the clock', 'sdk/client.ts', 'export const now = () => Date.now();'],
    ['the clock, new', 'sdk/client.ts', 'export const now = () => new Date();'],
    ['a timer', 'sdk/delivery/a.ts', 'export const later = (f: () => void) => setTimeout(f, 1);'],
    ['a shorthand', 'sdk/client.ts', 'export const all = { localStorage };'],
    ['chance', 'sdk/event.ts', 'export const r = Math.random();'],
    ['a homeless folder', 'sdk/utils/a.ts', 'export const a = 1;'],
    ['a homeless folder below', 'collector/events/helpers/a.ts', 'export const a = 1;'],
    ['a file without a floor', 'collector/attic/a.ts', 'export const a = 1;'],
  ])('%s is caught', (_, path, text) => {
    expect(offences(house, new Map([[path, text]]))).toHaveLength(path.includes('utils/') ? 2 : 1);
  });

  test.each([
    ['down', 'collector/profiles/a.ts', "import { b } from '../events/b.js';"],
    ['within a folder', 'collector/profiles/a.ts', "import { b } from './deep/b.js';"],
    ['of a type of the wire', 'sdk/event.ts', "import type { B } from '../collector/contract/b.js';"],
    [
      'of nothing but types of the wire',
      'sdk/event.ts',
      "import { type A, type B } from '../collector/contract/b.js';",
    ],
    ['of the ribs by their list', 'collector/capabilities/index.ts', "import { x } from './x/index.js';"],
    [
      'of the kit by a rib',
      'collector/capabilities/x/page.tsx',
      "import { table } from '../../dashboard/kit/table.js';",
    ],
    ['of the app by serve', 'collector/serve.ts', "import { app } from './app.js';"],
    ["of kysely's sql", 'collector/events/a.ts', "import { sql, type Kysely } from 'kysely';"],
    ['of a driver by the store', 'collector/store/sqlite.ts', "import Database from 'better-sqlite3';"],
    ['of anything by a test', 'collector/events/a.test.ts', "import { b } from '../serve.js'; process.env.X;"],
  ])('an import %s passes', (_, path, text) => {
    expect(offences(house, new Map([[path, text]]))).toEqual([]);
  });

  test.each([
    ['a property of that name', 'sdk/client.ts', 'export const t = (page: { document: string }) => page.document;'],
    ['a parameter of that name', 'sdk/client.ts', 'export const t = (window: { x: 1 }) => window.x;'],
    ['a type', 'sdk/client.ts', 'export type W = { fetch: typeof fetch; history: History };'],
    ['a given instant', 'sdk/client.ts', 'export const iso = (at: number) => new Date(at).toISOString();'],
    ['the browser folder', 'sdk/browser/clock.ts', 'export const now = () => Date.now();'],
    ['the config', 'collector/config.ts', 'export const port = process.env.PORT;'],
  ])('%s is no offence', (_, path, text) => {
    expect(offences(house, new Map([[path, text]]))).toEqual([]);
  });
});
