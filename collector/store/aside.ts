// The stores that `weft restore` set aside: whole files of people beside the one in use, which no statement ever reaches. Owns
// their names and their end. They are a net under the restore, not an archive: the next erasure takes them, or a month does.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** As long as a backup may be kept (consent.md, section 6, step 8). */
export const asideMaxMs = 30 * 86_400_000;

/** Where a restore works; what stands there while none runs is what a killed one left. */
export const restoringRoom = (folder: string): string => join(folder, 'restoring');

const pattern = /^weft\.replaced-(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)-(\d{3}Z)\.sqlite/;

export const asideFile = (folder: string, now: number): string =>
  join(folder, `weft.replaced-${new Date(now).toISOString().replace(/[:.]/g, '-')}.sqlite`);

export interface Aside {
  path: string;
  at: number;
  bytes: number;
}

export const asideFiles = (folder: string): Aside[] => {
  const found: Aside[] = [];
  for (const name of readdirSync(folder)) {
    const named = pattern.exec(name);
    if (!named) continue;
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    const [, hour, minute, second, ms] = named;
    const at = Date.parse(`${hour}:${minute}:${second}.${ms}`);
    // Its name says since when it is aside: the file itself is as old as its last write.
    found.push({ path, at: Number.isNaN(at) ? stat.mtimeMs : at, bytes: stat.size });
  }
  return found;
};

/** Those set aside before then. How many went. */
export const dropAside = (folder: string, before: number): number => {
  const old = asideFiles(folder).filter(({ at }) => at < before);
  for (const { path } of old) rmSync(path, { force: true });
  return old.length;
};
