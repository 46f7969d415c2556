// At each start: what the environment sets is upserted; what is missing and was never made is made, and told once.

import { createHmac } from 'node:crypto';
import type { Config } from '../config.js';
import type { Log } from '../log/log.js';
import {
  type Credential,
  newPassword,
  newSecretKey,
  newWriteKey,
  owner,
  secretCredential,
  staffCredential,
  verifyPassword,
  writeCredential,
} from './keys.js';
import { credentialsOf } from './ring.js';

export interface Seeded {
  /** The write key to show people; public. */
  writeKey: string;
  /**
   * Signs the dashboard's sessions. Drawn from the owner's verifier, so that sessions live through a restart and all of
   * them, other accounts' too, end with the owner's password.
   */
  sessionSecret: string;
  /** Only when made just now: nobody can read them again. */
  made: { secretKey?: string; adminPassword?: string };
}

export const seed = async (
  log: Log,
  config: Pick<Config, 'writeKey' | 'secretKey' | 'adminPassword' | 'keyConsent'>,
  at: number,
): Promise<Seeded> => {
  const existing = await credentialsOf(log);
  const live = (kind: Credential['kind']) => existing.filter((it) => it.kind === kind && it.revokedAt === null);
  const upsert = (value: Credential) => log.command({ kind: 'keys', act: 'upsert', value });
  const seeded = { label: 'seeded', seeded: true, at };
  const made: Seeded['made'] = {};

  const seededWrite = live('write').find((it) => it.seeded);
  const writeKey = config.writeKey ?? seededWrite?.publicValue ?? newWriteKey();
  await upsert(writeCredential(writeKey, seeded, { mode: config.keyConsent }));

  if (config.secretKey !== null) await upsert(secretCredential(config.secretKey, seeded));
  else if (live('secret').length === 0) {
    made.secretKey = newSecretKey();
    await upsert(secretCredential(made.secretKey, seeded));
  }

  let staff = live('staff').find(({ id }) => id === owner.id);
  if (config.adminPassword !== null) {
    const same = staff?.verifier != null && (await verifyPassword(config.adminPassword, staff.verifier));
    if (!same) staff = await staffCredential(config.adminPassword, seeded);
  } else if (staff === undefined) {
    made.adminPassword = newPassword();
    staff = await staffCredential(made.adminPassword, seeded);
  }
  if (staff !== undefined && !existing.includes(staff)) await upsert(staff);
  const sessionSecret = createHmac('sha256', staff?.verifier ?? '')
    .update('dashboard sessions')
    .digest('base64url');
  return { writeKey, made, sessionSecret };
};
