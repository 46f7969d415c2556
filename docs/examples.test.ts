// The examples of the pages, tried: each curl command against a collector, each answer beside it compared, each script
// run, each piece of TypeScript compiled against the SDK.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../collector/config.js';
import { lint } from '../collector/consent/policy/lint.js';
import { sourceOf } from '../collector/consent/policy/policy.js';
import { isProved } from '../collector/identity/proof.js';
import { type Served, serve } from '../collector/serve.js';
import { blocksOf, differences, requestOf, wordsOf } from './examples.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'weft-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('commands', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(
      readConfig({ PORT: '0', WEFT_DATA: ':memory:', WEFT_WRITE_KEY: 'wk_docs', WEFT_SECRET_KEY: 'sk_docs' }),
    );
  });
  afterAll(() => served.close());

  /** What the reader would copy out of the answer before. */
  const noted = (answer: unknown): Record<string, string> => {
    const { profiles, items, id } = (answer ?? {}) as {
      profiles?: { id: string }[];
      items?: { id?: string; identifiers?: unknown }[];
      id?: string;
    };
    return {
      ...(profiles?.[0] && { PROFILE: profiles[0].id }),
      ...(items?.[0]?.identifiers !== undefined && { MERGE: items[0].id! }),
      ...(id?.startsWith('e_') && { ERASURE: id }),
    };
  };

  it.each(['docs/developers.md', 'docs/wire.md', 'docs/privacy.md', 'docs/operators.md', 'README.md'])(
    'of %s answer what the page shows',
    async (path) => {
      const variables: Record<string, string> = { WEFT: served.url, WRITE_KEY: 'wk_docs', SECRET_KEY: 'sk_docs' };
      const ask = async (command: string): Promise<unknown> => {
        const { url, ...init } = requestOf(wordsOf(command, variables));
        const answer = await fetch(url, init);
        return answer.headers.get('content-type')?.startsWith('application/json') ? answer.json() : answer.text();
      };
      // Pages are read from the top, but not before one another.
      Object.assign(
        variables,
        noted(await ask('curl "$WEFT/v1/profiles?userId=u-42" -H "Authorization: Bearer $SECRET_KEY"')),
      );
      const blocks = blocksOf(read(path));
      let last: unknown;
      for (const [index, { language, text, line }] of blocks.entries()) {
        const before = blocks[index - 1];
        if (language === 'sh' && text.startsWith('curl')) {
          last = await ask(text);
          Object.assign(variables, noted(last));
        } else if (language === 'json' && before?.text.startsWith('curl')) {
          const shown: unknown = JSON.parse(text);
          expect(differences(shown, last), `${path}:${line}`).toEqual([]);
        }
      }
    },
  );
});

it('the consent file that the page begins with may ship', () => {
  const shown = blocksOf(read('docs/consent-file.md')).find(({ text }) => text.includes('"purposes"'))!;
  const file = join(folder, 'consent.json');
  writeFileSync(file, shown.text);
  const { source, findings } = sourceOf(file);
  expect(lint(source, findings).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});

describe('scripts', () => {
  it('the proof that the page shows is one', () => {
    const script = blocksOf(read('docs/developers.md')).find(({ text }) => text.includes('createHmac'))!;
    const file = join(folder, 'proof.mjs');
    writeFileSync(file, script.text);
    const run = spawnSync(process.execPath, [file], { env: { WEFT_IDENTITY_SECRET: 'docs' }, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(isProved('docs', 'u-42', run.stdout.trim(), Date.now())).toBe(true);
    expect(isProved('docs', 'u-43', run.stdout.trim(), Date.now())).toBe(false);
  });
});

describe('TypeScript', () => {
  const prelude = `import type { Client } from '@weft/sdk';\ndeclare global {\n  const weft: Client;\n}\n`;

  it('of the pages compiles against the SDK that was built', () => {
    const pages = ['README.md', 'docs/developers.md', 'docs/site-owners.md', 'docs/privacy.md'];
    const files = new Map<string, string>([[join(root, 'docs/example-prelude.ts'), `${prelude}export {};\n`]]);
    for (const page of pages) {
      for (const { language, text, line } of blocksOf(read(page))) {
        if (language !== 'ts') continue;
        // A module of its own for each, so that two blocks may use one name.
        files.set(join(root, `docs/${page.replaceAll('/', '-')}-${line}.ts`), `${text}\nexport {};\n`);
      }
    }
    expect(files.size).toBeGreaterThan(5);
    const options: ts.CompilerOptions = {
      ...(ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config.compilerOptions as object),
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      jsx: ts.JsxEmit.ReactJSX,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      // As a customer has them: the declarations that the build wrote.
      paths: { '@weft/sdk': [join(root, 'dist/sdk/index.d.ts')] },
      types: [],
      noEmit: true,
    };
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile, getSourceFile } = host;
    host.fileExists = (name) => files.has(name) || fileExists(name);
    host.readFile = (name) => files.get(name) ?? readFile(name);
    host.getSourceFile = (name, version, ...rest) => {
      const text = files.get(name);
      return text === undefined
        ? getSourceFile(name, version, ...rest)
        : ts.createSourceFile(name, text, version, true);
    };
    const program = ts.createProgram([...files.keys()], options, host);
    const found = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => file !== undefined && files.has(file.fileName))
      .map(({ file, start, messageText }) => {
        const { line } = file!.getLineAndCharacterOfPosition(start ?? 0);
        return `${file!.fileName.slice(root.length)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      });
    expect(found).toEqual([]);
  });
});
