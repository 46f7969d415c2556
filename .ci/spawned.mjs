// @ts-check
// Starts other programs. They never read from a terminal (nobody answers in CI), and a quiet one shows its output only
// when it failed, so that the story stays readable.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './root.mjs';

const quietOutputMaxChars = 400_000;

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, quiet?: boolean, cwd?: string }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when the program could not be started
 */
export function spawned(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', options.quiet ? 'pipe' : 'inherit', options.quiet ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32' && /\.cmd$/.test(program),
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-quietOutputMaxChars);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => resolve({ code: 127, output: String(error.message) }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }));
  });
}

/**
 * The first of these programs that the PATH holds.
 * @param {readonly string[]} names
 * @returns {string | undefined}
 */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (existsSync(path) && statSync(path).isFile()) return path;
      }
    }
  }
  return undefined;
}

/**
 * npm, the one that runs us where npm runs us.
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, quiet?: boolean, cwd?: string }} [options]
 */
export function npm(args, options) {
  const runBy = process.env.npm_execpath;
  if (runBy && /npm-cli\.[cm]?js$/.test(runBy)) return spawned(process.execPath, [runBy, ...args], options);
  return spawned(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}
