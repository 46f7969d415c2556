// The live keys in the door's memory. `weft keys revoke` runs in another process, so the ring asks again every few
// seconds; a key it does not know makes it ask at once, but not more than once a second.

import { z } from 'zod';
import type { Log } from '../log/log.js';
import { type Credential, credential, type KeyTable, keyTable } from './keys.js';

export interface KeyRing extends KeyTable {
  /** For a key that was not found: true when the table changed meanwhile and looking again is worth it. */
  refresh: () => Promise<boolean>;
  /** After an act on the table in this process: what it changed holds from the next request on. */
  renew: () => Promise<void>;
  close: () => void;
}

const askEveryMs = 5_000;
const missEveryMs = 1_000;
const listed = z.object({ credentials: z.array(credential) });

export const credentialsOf = async (log: Log): Promise<Credential[]> => {
  const { body } = await log.command({ kind: 'keys', act: 'list', value: null });
  return listed.parse(body).credentials;
};

/** `now` in milliseconds of any origin. */
export const openKeyRing = async (log: Log, now: () => number = () => performance.now()): Promise<KeyRing> => {
  let known = '';
  let table: KeyTable = keyTable([]);
  let askedAt = 0;
  let asking: Promise<boolean> | null = null;
  const ask = async (): Promise<boolean> => {
    const credentials = await credentialsOf(log);
    const text = JSON.stringify(credentials);
    const changed = text !== known;
    if (changed) {
      known = text;
      table = keyTable(credentials);
    }
    askedAt = now();
    return changed;
  };
  await ask();
  const once = (): Promise<boolean> => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
  // A store that cannot answer now leaves the keys as they were known; the append will say that it is away.
  const timer = setInterval(() => once().catch(() => false), askEveryMs);
  timer.unref();
  return {
    write: (value) => table.write(value),
    secret: (value) => table.secret(value),
    staff: (name, password) => table.staff(name, password),
    account: (id) => table.account(id),
    accounts: () => table.accounts(),
    renew: async () => {
      // One that was under way may have read the table before the act.
      await asking?.catch(() => false);
      await once();
    },
    refresh: async () => {
      if (asking === null && now() - askedAt < missEveryMs) return false;
      return once().catch(() => false);
    },
    close: () => clearInterval(timer),
  };
};
