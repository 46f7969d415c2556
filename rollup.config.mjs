// What is built, and from what. dist/ mirrors the tree: collector/x.ts becomes dist/collector/x.js, and every file beside
// it that is not code is copied to the same place, so that `new URL('./x.css', import.meta.url)` means the same file from
// the source and from dist/. JSON is imported and becomes a module. The page's script is the exception: one classic file,
// and beside it the chunks it may fetch, whose hashed names it must know, so they are built first.

import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import esbuild from 'rollup-plugin-esbuild';
import { declarations } from './.ci/declarations.mjs';
import { filesUnder } from './.ci/files.mjs';
import { root } from './.ci/root.mjs';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const posix = (path) => path.split(sep).join('/');
const inRoot = (path) => posix(relative(root, path));

const isCode = /\.tsx?$/;
const isApart = /\.(test|bench|fixture)\.\w+$|(^|\/)fixtures\//;

const sourcesUnder = (folder) =>
  filesUnder(join(root, folder))
    .map(inRoot)
    .filter((path) => !isApart.test(path));

// --- the page's side ------------------------------------------------------------------------------------------------

/** Chunk name → file name, filled when the chunks are written, read when what fetches them is built. */
const chunkFiles = {};
/** npm packages that ended up inside dist/sdk; THIRD-PARTY-NOTICES.md must hold each (a test compares). */
const bundledPackages = new Set();

const sdkChunks = JSON.parse(readFileSync(join(root, 'sdk/chunks.json'), 'utf8'));

/**
 * One hash for all of them, of all they are made from: a hash for each would cost the script fifteen bytes a chunk, and
 * their files change together with the release anyway.
 */
const chunksHash = ['package-lock.json', 'rollup.config.mjs', 'sdk/chunks.json', ...sourcesUnder('sdk').sort()]
  .reduce((hash, path) => hash.update(readFileSync(join(root, path))), createHash('sha256'))
  .digest('hex')
  .slice(0, 8);

const noteChunks = {
  name: 'note-chunks',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk' && file.isEntry) chunkFiles[file.name] = file.fileName.replace(/^weft\//, '');
    }
  },
};

const notePackages = {
  name: 'note-packages',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      for (const id of Object.keys(file.modules ?? {})) {
        const inside = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(posix(id));
        if (inside) bundledPackages.add(inside[1]);
      }
    }
  },
};

const sayChunks = {
  name: 'say-chunks',
  transform(code) {
    if (!code.includes('__WEFT_CHUNKS__')) return null;
    return { code: code.replaceAll('__WEFT_CHUNKS__', JSON.stringify(chunksHash)), map: null };
  },
};

/** One keyword for all that is declared is repeated, and what is repeated costs nothing. TypeScript has seen to the rest. */
const letOnly = {
  name: 'let-only',
  renderChunk(code) {
    let text = code;
    const visit = (node) => {
      if (node?.type === 'VariableDeclaration' && node.kind === 'const') {
        text = `${text.slice(0, node.start)}let  ${text.slice(node.start + 'const'.length)}`;
      }
      for (const value of Object.values(node ?? {})) if (typeof value === 'object') visit(value);
    };
    visit(this.parse(code));
    return { code: text, map: null };
  },
};

/** Only names that end in an underscore are shortened: they are ours by promise and cross no file boundary. */
const tight = (module) =>
  terser({
    ecma: 2020,
    module,
    toplevel: true,
    maxWorkers: 1,
    // Unsafe only where somebody replaces what JavaScript itself brings; and `unsafe_comps` where something other than a
    // number is compared: it turns a comparison round, which with undefined is another answer.
    compress: {
      // More passes inline what then repeats less: measured, two give the fewest bytes after brotli.
      passes: 2,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_comps: true,
      keep_fargs: false,
      inline: 1,
      hoist_props: false,
      loops: false,
      lhs_constants: false,
    },
    mangle: { properties: { regex: /[a-zA-Z]_$/ } },
    format: { comments: /^!/ },
  });

const pagePlugins = () => [
  // Fields are plain assignments: defined through a quoted name, they would escape the shortening of `tight`.
  esbuild({
    target: 'es2021',
    sourceMap: false,
    tsconfig: false,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
  }),
  sayChunks,
  nodeResolve({ browser: true }),
  commonjs(),
  json({ preferConst: true, compact: true }),
  notePackages,
];
const notice = (what) => `/*! ${what} MIT */`;

/** A file of dist/ that no source file becomes. */
const alsoWrites = (name, files) => ({
  name,
  async generateBundle(_, bundle) {
    for (const [fileName, source] of Object.entries(await files(bundle))) {
      this.emitFile({ type: 'asset', fileName, source });
    }
  },
});

const sdkManifest = () => ({
  name: '@weft/sdk',
  version: manifest.version,
  description: 'The page side of Weft: records page views and cart actions with consent and delivers them.',
  license: manifest.license,
  type: 'module',
  exports: { '.': { types: './index.d.ts', default: './index.js' }, './weft.js': './weft.js' },
  types: './index.d.ts',
  main: './index.js',
  sideEffects: ['./weft.js'],
});

// --- the server's side ----------------------------------------------------------------------------------------------

/** The programs, and the threads: a thread is an entry of its own because a URL names it, not an import. */
const collectorEntries = () => [
  'collector/main.ts',
  ...sourcesUnder('collector').filter((path) => path === 'collector/cli.ts' || path.endsWith('-thread.ts')),
];

const external = (id) => !/^[./]|^\0/.test(id) && !/^[A-Za-z]:[\\/]/.test(id);
const packageOf = (id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)[0];

/** The manifest names what the built files import, and nothing else. */
function collectorManifest(bundle) {
  const imported = Object.values(bundle).flatMap((file) => [...(file.imports ?? []), ...(file.dynamicImports ?? [])]);
  const packages = imported.filter((id) => !bundle[id] && !id.startsWith('node:') && !builtinModules.includes(id));
  const dependencies = {};
  for (const name of [...new Set(packages.map(packageOf))].sort()) {
    dependencies[name] = manifest.dependencies[name];
    if (!dependencies[name]) throw new Error(`the collector imports ${name}, which is no dependency in package.json`);
  }
  return {
    name: '@weft/collector',
    version: manifest.version,
    description: 'The collector of Weft: receives events, keeps them, and folds them into profiles.',
    license: manifest.license,
    type: 'module',
    engines: manifest.engines,
    bin: { weft: './cli.js' },
    main: './main.js',
    dependencies,
  };
}

const copiesWhatIsNotCode = {
  name: 'copies-what-is-not-code',
  writeBundle() {
    for (const path of ['collector', 'examples'].flatMap(sourcesUnder)) {
      if (isCode.test(path) || path.endsWith('.md') || /^collector\/.*\.json$/.test(path)) continue;
      mkdirSync(dirname(join(root, 'dist', path)), { recursive: true });
      copyFileSync(join(root, path), join(root, 'dist', path));
    }
    if (existsSync(join(root, 'dist/collector')))
      copyFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), join(root, 'dist/collector/THIRD-PARTY-NOTICES.md'));
    if (existsSync(join(root, 'dist/collector/cli.js'))) chmodSync(join(root, 'dist/collector/cli.js'), 0o755);
  },
};

// --- what runs --------------------------------------------------------------------------------------------------------

// An unresolved import is a broken build, not a remark.
function onwarn(warning, warn) {
  if (warning.code === 'UNRESOLVED_IMPORT' || warning.code === 'MISSING_EXPORT') throw new Error(warning.message);
  if (warning.code === 'CIRCULAR_DEPENDENCY' && /node_modules/.test(warning.message)) return;
  warn(warning);
}

/** What the sources have in common is a file of its own. What a first visit fetches is one file each, whole. */
const isWhole = (name) =>
  name === 'rest' || name === 'transfer' || name === 'legacy' || name === 'account' || name.startsWith('banner');
const chunkInputs = Object.entries(sdkChunks).map(([name, path]) => [name, join('sdk', path)]);
const chunkGroups = [
  chunkInputs.filter(([name]) => !isWhole(name)),
  ...chunkInputs.filter(([name]) => isWhole(name)).map((one) => [one]),
].filter((group) => group.length > 0);
/** Scripts of the example pages, built as the page's owner would: one module script a file. */
const exampleScripts = sourcesUnder('examples').filter((path) => /\.client\.ts$/.test(path));

export default () =>
  [
    ...chunkGroups.map((group) => ({
      input: Object.fromEntries(group),
      output: {
        dir: 'dist/sdk',
        format: 'es',
        entryFileNames: `weft/[name]-${chunksHash}.js`,
        chunkFileNames: 'weft/[name]-[hash].js',
        hashCharacters: 'hex',
      },
      plugins: [...pagePlugins(), tight(true), noteChunks],
      onwarn,
    })),
    {
      input: 'sdk/snippet.ts',
      output: { file: 'dist/sdk/weft.js', format: 'iife', strict: false },
      plugins: [...pagePlugins(), letOnly, tight(false)],
      onwarn,
    },
    {
      input: 'sdk/index.ts',
      output: { file: 'dist/sdk/index.js', format: 'es', banner: notice('@weft/sdk') },
      plugins: [
        ...pagePlugins(),
        alsoWrites('sdk-package', () => ({
          'index.d.ts': declarations(root, 'sdk/index.ts').text,
          'package.json': `${JSON.stringify(sdkManifest(), null, 2)}\n`,
          'THIRD-PARTY-NOTICES.md': readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8'),
          'bundled.json': `${JSON.stringify({ packages: [...bundledPackages].sort(), chunks: chunkFiles }, null, 2)}\n`,
        })),
      ],
      onwarn,
    },
    {
      input: collectorEntries(),
      output: {
        dir: 'dist',
        format: 'es',
        preserveModules: true,
        preserveModulesRoot: root,
        entryFileNames: '[name].js',
        sourcemap: true,
        sourcemapExcludeSources: false,
      },
      external,
      plugins: [
        esbuild({ target: 'node20', tsconfig: 'tsconfig.json' }),
        json({ preferConst: true, namedExports: false }),
        alsoWrites('collector-package', (bundle) => ({
          'collector/package.json': `${JSON.stringify(collectorManifest(bundle), null, 2)}\n`,
        })),
        copiesWhatIsNotCode,
      ],
      onwarn,
    },
    ...exampleScripts.map((path) => ({
      input: path,
      output: { file: `dist/${path.replace(isCode, '.js')}`, format: 'es' },
      plugins: [...pagePlugins()],
      onwarn,
    })),
  ].filter(Boolean);
