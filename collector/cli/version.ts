// Which build this is, and where what is built with it lies: the source and dist/ lie differently.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const first = (candidates: readonly string[]): string | null =>
  candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path)) ?? null;

export const ownVersion = (): string => {
  const file = first(['../package.json', '../../package.json']);
  return file === null ? '0.0.0' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
};

/** The script of the pages; null = it was not built. */
export const builtScript = (): string | null => first(['../../sdk/weft.js', '../../dist/sdk/weft.js']);
