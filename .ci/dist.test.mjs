// @ts-check
// What was built is what we promise to ship: files, manifests, and nothing that points outside.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Script } from 'node:vm';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { root } from './root.mjs';

const dist = join(root, 'dist');
const read = (/** @type {string} */ path) => readFileSync(join(dist, path), 'utf8');
const json = (/** @type {string} */ path) => JSON.parse(read(path));
const scripts = (/** @type {string} */ folder) =>
  readdirSync(join(dist, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.js$/.test(entry.name))
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)));
const packagesOf = (/** @type {readonly string[]} */ paths) => {
  const specifiers = paths.flatMap((path) =>
    ts.preProcessFile(read(path), true, true).importedFiles.map((one) => one.fileName),
  );
  const outside = specifiers.filter((one) => !/^[./]|^node:/.test(one) && !builtinModules.includes(one));
  return [...new Set(outside.map((one) => /^(?:@[^/]+\/)?[^/]+/.exec(one)?.[0] ?? one))].sort();
};

describe('dist/sdk', () => {
  const { chunks } = json('sdk/bundled.json');

  test('weft.js is one classic script without a map', () => {
    const text = read('sdk/weft.js');
    expect(() => new Script(text)).not.toThrow();
    expect(text).not.toContain('sourceMappingURL');
  });

  test('each chunk that sdk/chunks.json lists is built under a hashed name that the script knows', () => {
    const listed = JSON.parse(readFileSync(join(root, 'sdk/chunks.json'), 'utf8'));
    expect(Object.keys(chunks).sort()).toEqual(Object.keys(listed).sort());
    for (const [name, file] of Object.entries(chunks)) {
      expect(file).toMatch(new RegExp(`^${name}-[0-9a-f]{8}\\.js$`));
      expect(read(`sdk/weft/${file}`)).toMatch(/export\s*\{/);
      expect(read('sdk/weft.js')).toContain(file.slice(name.length + 1, -'.js'.length));
    }
    const built = existsSync(join(dist, 'sdk/weft')) ? readdirSync(join(dist, 'sdk/weft')) : [];
    expect(built.filter((file) => !/-[0-9a-f]{8}\.js$/.test(file))).toEqual([]);
  });

  test('the npm entry needs no package, and can be imported where there is no page', async () => {
    expect(packagesOf(scripts('sdk'))).toEqual([]);
    expect(json('sdk/package.json').dependencies).toBeUndefined();
    const entry = await import(join(dist, json('sdk/package.json').exports['.'].default.replace('./', 'sdk/')));
    expect(typeof entry.init).toBe('function');
    expect(existsSync(join(dist, 'sdk', json('sdk/package.json').types))).toBe(true);
  });
});

describe('dist/collector', () => {
  test('the manifest lists what the built files import, and nothing else', () => {
    const imported = packagesOf(scripts('collector'));
    expect(Object.keys(json('collector/package.json').dependencies)).toEqual(imported);
  });

  test('every file that the built code names by URL is there', () => {
    const urls = scripts('collector').flatMap((path) =>
      [...read(path).matchAll(/new URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url/g)].map(([, url]) =>
        join(dirname(path), url ?? ''),
      ),
    );
    expect(urls.filter((path) => !existsSync(join(dist, path)))).toEqual([]);
  });

  test('the command runs', () => {
    const help = execFileSync(process.execPath, [join(dist, 'collector/cli.js'), '--help'], { encoding: 'utf8' });
    expect(help).toContain('serve');
  });
});
