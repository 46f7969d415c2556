// @ts-check
// The published declarations: readable without zod, and equal to what zod infers.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { declarations } from './declarations.mjs';
import { root } from './root.mjs';

const work = join(root, 'node_modules', '.cache', 'declarations');
mkdirSync(work, { recursive: true });
afterAll(() => rmSync(work, { recursive: true, force: true }));

/**
 * One program over all files, because TypeScript's start is most of the cost.
 * @param {Record<string, string>} files
 * @returns {Record<string, string[]>} what the compiler says, by file
 */
function complaints(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
  const program = ts.createProgram(
    Object.keys(files).map((name) => join(work, name)),
    {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    },
  );
  const said = Object.keys(files).map((name) => {
    const file = program.getSourceFile(join(work, name));
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return /** @type {const} */ ([
      name,
      diagnostics.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n')),
    ]);
  });
  return Object.fromEntries(said.filter(([, lines]) => lines.length > 0));
}

/**
 * Compares each named shape of a written file with the one of the wire, both ways. Brands are gone by intent, so both
 * sides are compared without them.
 * @param {string} flat file name @param {Record<string, string>} wire name → file
 */
const comparison = (flat, wire) => `
import type * as Flat from './${flat.replace(/\.d\.ts$/, '.js')}';
type Primitive = string | number | boolean | bigint | symbol | null | undefined;
type Unbranded<T> = T extends string
  ? (string extends T ? T : keyof T extends keyof string ? T : string)
  : T extends Primitive | Date ? T
  : T extends readonly (infer E)[] ? (number extends T['length'] ? readonly Unbranded<E>[] : { [K in keyof T]: Unbranded<T[K]> })
  : { [K in keyof T]: Unbranded<T[K]> };
const same = <A, B>(_: [A] extends [B] ? ([B] extends [A] ? true : 'the wire has more') : 'the page has more'): void => {};
${Object.entries(wire)
  .map(([name, file]) => {
    const theirs = `import('${file.replace(/\.ts$/, '.js')}').${name}`;
    return `same<Unbranded<${theirs}>, Unbranded<Flat.${name}>>(true);`;
  })
  .join('\n')}
`;

/** Exported names of a written file. */
const namesOf = (/** @type {string} */ flat) =>
  (/export \{ (.*) \};\n$/.exec(flat)?.[1] ?? '').split(', ').map((name) => name.replace(/^type /, ''));

/** @type {[string, (text: string) => string][]} */
const spoils = [
  ['a property that is gone', (text) => text.replace(/event: string;/, '')],
  ['a property that may be absent', (text) => text.replace(/event: string;/, 'event?: string;')],
  ['another type', (text) => text.replace(/event: string;/, 'event: number;')],
  ['a missing member of a union', (text) => text.replace(' | "b"', '')],
  ['a missing null', (text) => text.replace(/"image-url"\?: string \| null/, '"image-url"?: string')],
];

const entry = '.ci/fixtures/declarations/page/index.ts';

describe('declarations over a made-up wire', () => {
  const { text: all, wire } = declarations(root, entry, { exportAll: true });

  test('are written without an import, without zod, without any', () => {
    expect(all).not.toMatch(/\bimport\b|\bzod\b|\bz\.|\bany\b|\$brand/);
  });

  test('keep comments and names, and show only what the entry exports', () => {
    const flat = declarations(root, entry).text;
    expect(flat).toContain('/** Records what the shopper did. */');
    expect(flat).toContain("/** The shop's own number. */");
    expect(flat).toContain('products: Array<Product>');
    expect(namesOf(flat)).toEqual(['Client', 'Event', 'start as init', 'parse', 'Refusal']);
  });

  test('equal what zod infers, and a difference of any kind is noticed', () => {
    const shapes = ['Event', 'Product', 'Json', 'Grant', 'Options', 'Pair', 'Receipt', 'MessageId', 'Purpose'];
    expect(Object.keys(wire).sort()).toEqual(shapes.sort());
    const spoiled = spoils.map(([what, spoil], n) => ({ what, flat: `spoiled${n}.d.ts`, text: spoil(all) }));
    expect(spoiled.filter(({ text }) => text === all)).toEqual([]);
    const versions = [{ flat: 'true.d.ts', text: all }, ...spoiled];
    const files = versions.flatMap(({ flat, text }) => [
      [flat, text],
      [`compare-${flat.replace('.d', '')}`, comparison(flat, wire)],
    ]);
    const complained = Object.keys(complaints(Object.fromEntries(files)));
    expect(complained).toEqual(spoiled.map(({ flat }) => `compare-${flat.replace('.d', '')}`));
  });
});

describe('the declarations of the SDK', () => {
  const { text, wire } = declarations(root, 'sdk/index.ts', { exportAll: true });

  test('need no other package', () => {
    expect(text).not.toMatch(/\bimport[ (]|\bfrom '|\bzod\b|\$brand/);
  });

  test('equal what the wire says, shape by shape', () => {
    expect(Object.keys(wire)).toContain('Product');
    expect(complaints({ 'sdk.d.ts': text, 'compare-sdk.ts': comparison('sdk.d.ts', wire) })).toEqual({});
  });
});
