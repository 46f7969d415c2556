// Who may speak to this site: write keys (public), secret keys and the staff password (known here as hashes only).
// Pure. A room of its own, below the door, because the read routes, the dashboard and the CLI ask it too.
// No secret is ever stored, logged, or handed on from here.

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { consentModes } from '../contract/consent.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { KeyContext } from '../log/log.js';

/** What a secret key may do beside sending and reading: staff acts, and the rights of persons. */
export const keyRoles = ['owner', 'privacy'] as const;
export type KeyRole = (typeof keyRoles)[number];

export const credential = z.object({
  id: z.string().min(1).max(64),
  kind: z.enum(['write', 'secret', 'staff']),
  label: z.string().max(200),
  /** The key itself for a write key, which every page shows; null for what is secret. */
  publicValue: z.string().min(1).max(200).nullable(),
  /** SHA-256 of a secret key (it is random, so one round is enough), scrypt of a password; null for a write key. */
  verifier: z.string().max(300).nullable(),
  mode: z.enum(consentModes),
  purposes: z.array(z.enum(purposes)),
  /** `claimed`: categories of a foreign banner → our purposes. */
  categories: z.record(z.string().max(200), z.enum(purposes)),
  roles: z.array(z.enum(keyRoles)),
  /** Set up from the environment or at the first start. */
  seeded: z.boolean(),
  createdAt: z.number().int(),
  revokedAt: z.number().int().nullable(),
});
export type Credential = z.output<typeof credential>;

const digest = (secret: string): Buffer => createHash('sha256').update(secret, 'utf8').digest();
/** The same key has the same id at every start, and the id says nothing of the key. */
const idOf = (value: string): string =>
  `key_${createHash('sha256').update(`id:${value}`, 'utf8').digest('base64url').slice(0, 16)}`;
const hidden = (): string => randomBytes(24).toString('base64url');

export const newWriteKey = (): string => `wk_${hidden()}`;
export const newSecretKey = (): string => `sk_${hidden()}`;
export const newPassword = (): string => randomBytes(15).toString('base64url');

interface Given {
  label: string;
  seeded: boolean;
  at: number;
}
export const writeCredential = (
  value: string,
  { label, seeded, at }: Given,
  {
    mode,
    covers = purposes,
    categories = {},
  }: { mode: Credential['mode']; covers?: readonly Purpose[]; categories?: Credential['categories'] },
): Credential => ({
  id: idOf(value),
  kind: 'write',
  label,
  publicValue: value,
  verifier: null,
  mode,
  purposes: [...covers],
  categories,
  roles: [],
  seeded,
  createdAt: at,
  revokedAt: null,
});

/** Secret keys are always `external`: the shop's server answers for the basis of what it sends. */
export const secretCredential = (
  value: string,
  { label, seeded, at }: Given,
  { covers = purposes, roles = keyRoles }: { covers?: readonly Purpose[]; roles?: readonly KeyRole[] } = {},
): Credential => ({
  id: idOf(value),
  kind: 'secret',
  label,
  publicValue: null,
  verifier: digest(value).toString('base64url'),
  mode: 'external',
  purposes: [...covers],
  categories: {},
  roles: [...roles],
  seeded,
  createdAt: at,
  revokedAt: null,
});

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number, cost: object) => Promise<Buffer>;
// OWASP's figures for scrypt; 32 MiB a check, so guessing is slow and a login is not.
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export const staffCredential = async (password: string, { label, seeded, at }: Given): Promise<Credential> => {
  const salt = randomBytes(16);
  const derived = await derive(password.normalize('NFC'), salt, 32, cost);
  return {
    id: 'staff_admin',
    kind: 'staff',
    label,
    publicValue: null,
    verifier: `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${derived.toString('base64url')}`,
    mode: 'external',
    purposes: [...purposes],
    categories: {},
    roles: [...keyRoles],
    seeded,
    createdAt: at,
    revokedAt: null,
  };
};

export const verifyPassword = async (password: string, verifier: string): Promise<boolean> => {
  const [scheme, n, r, p, salt, expected] = verifier.split('$');
  if (scheme !== 'scrypt' || salt === undefined || expected === undefined || password.length > 500) return false;
  const known = Buffer.from(expected, 'base64url');
  const derived = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64url'), known.length, {
    N: Number(n),
    r: Number(r),
    p: Number(p),
    maxmem: cost.maxmem,
  });
  return timingSafeEqual(derived, known);
};

/** A live key, as the door and the read routes use it. */
export interface Key {
  kind: 'write' | 'secret';
  roles: readonly KeyRole[];
  context: KeyContext;
}

const keyOf = (credential: Credential, kind: 'write' | 'secret'): Key =>
  Object.freeze({
    kind,
    roles: credential.roles,
    context: Object.freeze({
      id: credential.id,
      trust: kind === 'write' ? 'public' : 'secret',
      mode: credential.mode,
      purposes: credential.purposes,
      categories: credential.categories,
    }),
  });

export interface KeyTable {
  /** Of a write key, which is public: an ordinary look-up. */
  write: (value: string) => Key | null;
  /** Of a secret: every live one is compared, each in constant time, so that the time taken tells nothing. */
  secret: (value: string) => Key | null;
  /** Whether the staff password is this one. */
  staff: (password: string) => Promise<boolean>;
}

export const keyTable = (credentials: readonly Credential[]): KeyTable => {
  const live = credentials.filter(({ revokedAt }) => revokedAt === null);
  const writes = new Map<string, Key>();
  const secrets: { verifier: Buffer; key: Key }[] = [];
  for (const credential of live) {
    if (credential.kind === 'write' && credential.publicValue !== null) {
      writes.set(credential.publicValue, keyOf(credential, 'write'));
    }
    if (credential.kind === 'secret' && credential.verifier !== null) {
      secrets.push({ verifier: Buffer.from(credential.verifier, 'base64url'), key: keyOf(credential, 'secret') });
    }
  }
  return {
    write: (value) => writes.get(value) ?? null,
    secret: (value) => {
      const presented = digest(value);
      let found: Key | null = null;
      for (const { verifier, key } of secrets) {
        if (verifier.length === presented.length && timingSafeEqual(verifier, presented)) found = key;
      }
      return found;
    },
    staff: async (password) => {
      const admin = live.find(({ kind }) => kind === 'staff');
      return admin?.verifier != null && (await verifyPassword(password, admin.verifier));
    },
  };
};
