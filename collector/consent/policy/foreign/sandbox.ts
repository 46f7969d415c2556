// Runs the configuration of another banner to see what it says: those files are programs. In a thread of its own with little
// memory, in a context without a single global of ours (no require, no process, no timers, no fetch, no code from strings),
// and for a second at most. What comes back is data: functions and expressions are told as such and never run again.

import { Worker } from 'node:worker_threads';

export const scriptMaxBytes = 1024 * 1024;
const withinMs = 1_000;
const altogetherMs = 10_000;
const memoryMaxMb = 64;

/** What a file held, as plain data: `{"$function": …}` and `{"$regexp": …}` stand for what data cannot be. */
export type Ran =
  | { ok: true; candidates: readonly unknown[]; remarks: readonly string[] }
  | { ok: false; reason: string };

/** Modules and the simplest types are taken off: a configuration is one object, however it is exported. */
const asScript = (source: string): { script: string; remarks: string[] } => {
  const remarks: string[] = [];
  const script = source
    .replace(/^\uFEFF/, '')
    .replace(/^[ \t]*import\s[^;'"]*(?:from\s*)?['"]([^'"\n]+)['"];?/gm, (_, name: string) => {
      remarks.push(`The import of "${name.slice(0, 100)}" was left out.`);
      return '';
    })
    .replace(/^[ \t]*export\s+default\s+/gm, 'module.exports = ')
    .replace(/^[ \t]*export\s*\{[^}]*\};?/gm, '')
    .replace(/^(?:export\s+)?(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*(?::\s*[\w$.<>[\]| ]+)?=/gm, 'var $1 =')
    .replace(/\s+satisfies\s+[\w$.<>]+/g, '')
    .replace(/\s+as\s+const\b/g, '');
  return { script, remarks };
};

/** Written in the context's own words: no object of ours is ever within its reach. */
const prelude = `
  var module = { exports: {} };
  var exports = module.exports;
  var window = globalThis, self = globalThis, global = globalThis;
  var process = { env: {} };
  var __given = [];
  var __take = function (config) { __given.push(config); return {}; };
  var CookieConsent = { run: __take };
  var initCookieConsent = function () { return { run: __take }; };
  var klaro = { setup: __take, render: __take };
  var configureConsentManager = __take, createClient = __take, init = __take;
  var __before = Object.getOwnPropertyNames(globalThis);
`;
const collect = `
  (function () {
    var values = 0;
    var plain = function (value, depth, above) {
      values += 1;
      if (values > 20000 || depth > 14) throw new Error('too large or too deep');
      if (typeof value === 'function') return { $function: String(value.name || '') };
      if (value instanceof RegExp) return { $regexp: value.source };
      if (value === null || typeof value !== 'object')
        return typeof value === 'number' || typeof value === 'boolean' || value === null
          ? value
          : typeof value === 'string' ? value.slice(0, 20000) : undefined;
      if (above.indexOf(value) >= 0) throw new Error('a value contains itself');
      var inner = above.concat([value]);
      if (Array.isArray(value)) return value.slice(0, 2000).map(function (one) { return plain(one, depth + 1, inner); });
      var copy = {};
      Object.keys(value).slice(0, 2000).forEach(function (key) {
        if (key === '__proto__' || key === 'constructor' || key === 'prototype') return;
        var field = plain(value[key], depth + 1, inner);
        if (field !== undefined) copy[key] = field;
      });
      return copy;
    };
    var found = __given.slice();
    var exported = module.exports;
    if (exported && typeof exported === 'object' && Object.keys(exported).length > 0) found.push(exported.default || exported);
    Object.getOwnPropertyNames(globalThis).forEach(function (name) {
      if (__before.indexOf(name) < 0 && name !== '__before') found.push(globalThis[name]);
    });
    return JSON.stringify(
      found.filter(function (one) { return one && typeof one === 'object'; }).slice(0, 50).map(function (one) { return plain(one, 0, []); })
    );
  })()
`;

const thread = `
  const { parentPort, workerData } = require('node:worker_threads');
  const vm = require('node:vm');
  const context = vm.createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  const run = (code) => vm.runInContext(code, context, { timeout: workerData.withinMs, filename: 'config.js' });
  try {
    run(workerData.prelude);
    run(workerData.script);
    const found = run(workerData.collect);
    parentPort.postMessage({ found: typeof found === 'string' ? found : '[]' });
  } catch (error) {
    let reason = 'it cannot be run';
    try {
      const line = /config\\.js:(\\d+)/.exec(String(error.stack))?.[1];
      reason = String(error.message).slice(0, 300) + (line === undefined ? '' : ' (line ' + line + ')');
    } catch {}
    parentPort.postMessage({ reason });
  }
`;

export const runConfig = (source: string): Promise<Ran> => {
  if (Buffer.byteLength(source) > scriptMaxBytes)
    return Promise.resolve({ ok: false, reason: `it is larger than ${scriptMaxBytes} bytes` });
  const { script, remarks } = asScript(source);
  return new Promise((resolve) => {
    const worker = new Worker(thread, {
      eval: true,
      env: {},
      argv: [],
      execArgv: [],
      stdout: true,
      stderr: true,
      workerData: { script, prelude, collect, withinMs },
      resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    });
    const end = (ran: Ran): void => {
      clearTimeout(late);
      resolve(ran);
      void worker.terminate();
    };
    const late = setTimeout(() => end({ ok: false, reason: 'it does not come to an end' }), altogetherMs);
    worker.once('message', ({ found, reason }: { found?: string; reason?: string }) => {
      if (found === undefined) end({ ok: false, reason: reason ?? 'it cannot be run' });
      else end({ ok: true, candidates: JSON.parse(found) as unknown[], remarks });
    });
    worker.once('error', (error: Error & { code?: string }) =>
      end({
        ok: false,
        reason: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it needs more than ${memoryMaxMb} MB` : 'it cannot be run',
      }),
    );
    worker.once('exit', () => end({ ok: false, reason: 'it ended the thread it ran in' }));
  });
};
