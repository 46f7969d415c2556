// @ts-check
// Walks a folder. By hand, because the first releases of Node 20 can't do it themselves.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} folder @returns {string[]} whole paths of all files at any depth, in order */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
  });
}
