// The built command as its users run it: a process of its own, an environment of its own, a folder of its own. `npm test`
// builds dist/ before any test runs.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const command = fileURLToPath(new URL('../../dist/collector/cli.js', import.meta.url));
export const example = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
export const otto = fileURLToPath(new URL('../carts/fixtures/otto_sessions.jsonl', import.meta.url));

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
export const whenDone = (close: () => Promise<void> | void): void => {
  closing.push(close);
};

export const temporary = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-cli-'));
  whenDone(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}
export interface Started {
  child: ChildProcess;
  /** Resolves once stdout holds the words. */
  until: (words: string) => Promise<void>;
  ended: Promise<Ended>;
}

export type Environment = Readonly<Record<string, string>>;

export const start = (args: readonly string[], environment: Environment): Started => {
  if (!existsSync(command)) throw new Error('dist/ is not built: npm run build');
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: 'UTC', ...environment },
  });
  let stdout = '';
  let stderr = '';
  const waiting: { words: string; done: () => void }[] = [];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    for (const it of waiting) if (stdout.includes(it.words)) it.done();
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  whenDone(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  const until = async (words: string): Promise<void> => {
    if (stdout.includes(words)) return;
    const early = ended.then((it) => {
      throw new Error(`ended with ${it.code} before "${words}": ${it.stderr}`);
    });
    await Promise.race([new Promise<void>((done) => waiting.push({ words, done })), early]);
  };
  return { child, until, ended };
};

export const weft = (args: readonly string[], environment: Environment): Promise<Ended> =>
  start(args, environment).ended;

/** What it told as JSON; it must have ended well. */
export const told = async (args: readonly string[], environment: Environment): Promise<Record<string, unknown>> => {
  const ended = await weft([...args, '--json'], environment);
  if (ended.code !== 0) throw new Error(`weft ${args[0]} ended with ${ended.code}: ${ended.stderr}`);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
};

export const secretKey = 'sk_test_0123456789';
/** A collector on a free port, and its address. */
export const collector = async (data: string, more: Environment = {}): Promise<Started & { url: string }> => {
  const started = start(['serve'], {
    PORT: '0',
    WEFT_DATA: data,
    WEFT_SECRET_KEY: secretKey,
    WEFT_WRITE_KEY: 'wk_test_0123456789',
    WEFT_ADMIN_PASSWORD: 'correct horse',
    ...more,
  });
  let stdout = '';
  started.child.stdout!.on('data', (chunk) => {
    stdout += String(chunk);
  });
  await started.until('Ctrl+C');
  const url = /http:\/\/[\d.]+:\d+/.exec(stdout)?.[0];
  if (url === undefined) throw new Error('the collector told no address');
  return { ...started, url };
};
