// Who may speak to this site: write keys (public), secret keys and the accounts of staff (known here as hashes only).
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

/** What a member of staff is there for; which rooms that opens stands in permissions.ts. An account has one. */
export const staffRoles = ['owner', 'marketing', 'privacy'] as const;
export type StaffRole = (typeof staffRoles)[number];
const retentionDays = z.number().int().min(1).max(36_500).nullable();

/** As the consent file names its recipients. */
export const recipientName = z.string().regex(/^[\w.:-]{1,64}$/);

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
  /** Of a secret key some, of an account of staff one. */
  roles: z.array(z.enum(staffRoles)),
  /** Of an `external` key: days its events are kept, and its orders; null = as the policy says, and orders for ever. */
  retention: z.object({ days: retentionDays, orderDays: retentionDays }).nullable().default(null),
  /** Of a secret key: whoever reads with it is this recipient of the consent file, and is told of erasures. */
  recipient: recipientName.nullable().default(null),
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
    retention = null,
  }: {
    mode: Credential['mode'];
    covers?: readonly Purpose[];
    categories?: Credential['categories'];
    retention?: Credential['retention'];
  },
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
  retention,
  recipient: null,
  seeded,
  createdAt: at,
  revokedAt: null,
});

/** Secret keys are always `external`: the shop's server answers for the basis of what it sends. */
export const secretCredential = (
  value: string,
  { label, seeded, at }: Given,
  {
    covers = purposes,
    recipient = null,
    // Somebody else's key reads, and acts on nobody.
    roles = recipient === null ? keyRoles : [],
    retention = null,
  }: {
    covers?: readonly Purpose[];
    roles?: readonly KeyRole[];
    retention?: Credential['retention'];
    recipient?: string | null;
  } = {},
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
  retention,
  recipient,
  seeded,
  createdAt: at,
  revokedAt: null,
});

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number, cost: object) => Promise<Buffer>;
// OWASP's figures for scrypt; 32 MiB a check, so guessing is slow and a login is not.
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** The account of WEFT_ADMIN_PASSWORD. It can be given another password, and is always there. */
export const owner = { id: 'staff_admin', name: 'owner' } as const;

export const newAccountId = (): string => `staff_${randomBytes(9).toString('base64url')}`;

/** How an account may be called: what a person can type, and what does not turn the text around it. */
export const accountName = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._@'’-]{0,58}[\p{L}\p{M}\p{N}.])?$/u, {
    error: "A name begins with a letter or a number and has at most 60 letters, numbers, spaces and . _ @ - ' in it",
  });
export const sameName = (a: string, b: string): boolean =>
  a.trim().normalize('NFC').toLowerCase() === b.trim().normalize('NFC').toLowerCase();

export const staffCredential = async (
  password: string,
  { label, seeded, at }: Given,
  { id = owner.id, role = 'owner' }: { id?: string; role?: StaffRole } = {},
): Promise<Credential> => {
  const salt = randomBytes(16);
  const derived = await derive(password.normalize('NFC'), salt, 32, cost);
  return {
    id,
    kind: 'staff',
    label,
    publicValue: null,
    verifier: `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${derived.toString('base64url')}`,
    mode: 'external',
    purposes: [...purposes],
    categories: {},
    roles: [role],
    retention: null,
    recipient: null,
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
  /** Who reads with it, where that is somebody else; null = the shop itself. */
  recipient: string | null;
  context: KeyContext;
}

const keyOf = (credential: Credential, kind: 'write' | 'secret'): Key =>
  Object.freeze({
    kind,
    roles: credential.roles.filter((role): role is KeyRole => (keyRoles as readonly string[]).includes(role)),
    recipient: credential.recipient,
    context: Object.freeze({
      id: credential.id,
      trust: kind === 'write' ? 'public' : 'secret',
      mode: credential.mode,
      purposes: credential.purposes,
      categories: credential.categories,
      ...(credential.retention && { retention: credential.retention }),
    }),
  });

/** A live account of staff, as the dashboard uses it. */
export interface StaffAccount {
  id: string;
  name: string;
  role: StaffRole;
  /** Another one with each password: what was opened with the one before is closed. */
  stamp: string;
}

/** An account has one role; rows from before there were accounts carry the owner's two. */
const roleOf = ({ roles }: Credential): StaffRole =>
  roles.includes('owner') ? 'owner' : roles.includes('privacy') ? 'privacy' : 'marketing';

const accountOf = (credential: Credential): StaffAccount =>
  Object.freeze({
    id: credential.id,
    name: credential.id === owner.id ? owner.name : credential.label,
    role: roleOf(credential),
    stamp: createHash('sha256')
      .update(`stamp:${credential.verifier ?? ''}`)
      .digest('base64url')
      .slice(0, 16),
  });

export interface KeyTable {
  /** Of a write key, which is public: an ordinary look-up. */
  write: (value: string) => Key | null;
  /** Of a secret: every live one is compared, each in constant time, so that the time taken tells nothing. */
  secret: (value: string) => Key | null;
  /** Whose password this is, asked by name; the owner's when no name is given. */
  staff: (name: string, password: string) => Promise<StaffAccount | null>;
  /** A live account by its id. */
  account: (id: string) => StaffAccount | null;
  /** Live ones, the owner first. */
  accounts: () => readonly StaffAccount[];
}

/** Of nobody: checked where there is no account of a name, so that the time taken does not tell which names there are. */
const nobodys = `scrypt$${cost.N}$${cost.r}$${cost.p}$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(32).toString('base64url')}`;

export const keyTable = (credentials: readonly Credential[]): KeyTable => {
  const live = credentials.filter(({ revokedAt }) => revokedAt === null);
  const writes = new Map<string, Key>();
  const secrets: { verifier: Buffer; key: Key }[] = [];
  const staff: { account: StaffAccount; verifier: string }[] = [];
  for (const credential of live) {
    if (credential.kind === 'write' && credential.publicValue !== null) {
      writes.set(credential.publicValue, keyOf(credential, 'write'));
    }
    if (credential.kind === 'secret' && credential.verifier !== null) {
      secrets.push({ verifier: Buffer.from(credential.verifier, 'base64url'), key: keyOf(credential, 'secret') });
    }
    if (credential.kind === 'staff' && credential.verifier !== null) {
      staff.push({ account: accountOf(credential), verifier: credential.verifier });
    }
  }
  staff.sort((a, b) => Number(b.account.id === owner.id) - Number(a.account.id === owner.id));
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
    staff: async (name, password) => {
      const wanted = name.trim() === '' ? owner.name : name;
      const known = staff.find(({ account }) => sameName(account.name, wanted));
      const isRight = await verifyPassword(password, known?.verifier ?? nobodys);
      return known !== undefined && isRight ? known.account : null;
    },
    account: (id) => staff.find(({ account }) => account.id === id)?.account ?? null,
    accounts: () => staff.map(({ account }) => account),
  };
};
