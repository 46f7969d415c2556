// The only reader of the environment: variables in, one frozen Config out. A value that makes no sense ends the start
// with a sentence that says which, why, and what would do. Secrets never stand in such a sentence.

import { z } from 'zod';
import { type ConsentMode, consentModes } from './contract/consent.js';

export interface Config {
  /** 0 = any free one. */
  readonly port: number;
  readonly host: string;
  readonly store:
    | { readonly kind: 'sqlite'; readonly folder: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly log: { readonly kind: 'embedded' } | { readonly kind: 'nats'; readonly url: string };
  readonly writeKey: string | null;
  readonly secretKey: string | null;
  readonly adminPassword: string | null;
  /** Mode of the seeded write key. */
  readonly keyConsent: ConsentMode;
  /** Path of the consent file; null = the one that ships. */
  readonly consentFile: string | null;
  /** Path of the site's options (pipeline/site-file.ts); null = the defaults. */
  readonly siteFile: string | null;
  /** Path of a MaxMind file; null = regions come from a CDN's headers alone. */
  readonly geoFile: string | null;
  /** How many proxies of one's own stand in front: so many entries of `X-Forwarded-For` are believed. */
  readonly proxies: number;
  /** Which pages may send events. */
  readonly origins:
    | { readonly kind: 'any' }
    | { readonly kind: 'same' }
    | { readonly kind: 'listed'; readonly origins: readonly string[] };
  /** Events a second and write key. */
  readonly ratePerS: number;
  /** Of one address; 0 = no such limit. */
  readonly addressRatePerS: number;
  /** R8: proof is on when there is one. */
  readonly identitySecret: string | null;
  /** Where others reach this collector; null = nobody told. */
  readonly publicUrl: string | null;
  /** Where notices to recipients may go. */
  readonly webhooks: 'public' | 'loopback' | 'private';
  readonly bots: 'apart' | 'keep';
  readonly reservedEmail: 'refuse' | 'allow';
  readonly role: 'all' | 'door' | 'worker';
  readonly demo: boolean;
}

/** The start ends here; `message` is for the operator, whole. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** A colon would end the user of HTTP Basic, and a space the Bearer token. */
const key = z
  .string()
  .max(200, { error: 'must not be longer than 200 characters' })
  .regex(/^[!-9;-~]+$/, { error: 'must be printable ASCII without spaces and colons' });

const origin = (entry: string): string | null => {
  try {
    const url = new URL(entry);
    const bare =
      url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
    return bare && url.origin !== 'null' ? url.origin : null;
  } catch {
    return null;
  }
};
const origins = z.string().transform((list, check): Config['origins'] => {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.includes('*')) return { kind: 'any' };
  const known: string[] = [];
  for (const entry of entries) {
    const bare = origin(entry);
    if (bare === null) {
      check.addIssue({
        code: 'custom',
        message: 'must be * or origins such as https://shop.example, separated by commas',
      });
      return z.NEVER;
    }
    known.push(bare);
  }
  return { kind: 'listed', origins: known };
});

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `must be a whole number from ${min} to ${max}` })
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, { error: `must be at least ${min}` })
        .max(max, { error: `must be at most ${max}` }),
    );

const variables = z.object({
  PORT: whole(0, 65_535).default(8787),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, { error: 'must be a host name or an address' })
    .default('127.0.0.1'),
  // Another address would be a folder of that name, and the data somewhere nobody looks.
  WEFT_DATA: z
    .string()
    .regex(/^(postgres(ql)?:\/\/|(?!\w+:\/\/))/, { error: 'must be a folder, or postgres://…' })
    .default('./data'),
  WEFT_LOG: z
    .string()
    .regex(/^nats:\/\//, { error: 'must be nats://…, or be left out for the embedded log' })
    .optional(),
  WEFT_WRITE_KEY: key.optional(),
  WEFT_SECRET_KEY: key.optional(),
  WEFT_ADMIN_PASSWORD: z.string().max(500, { error: 'must not be longer than 500 characters' }).optional(),
  WEFT_KEY_CONSENT: oneOf(consentModes).default('ledger'),
  WEFT_CONSENT: z.string().optional(),
  WEFT_SITE: z.string().optional(),
  WEFT_GEO: z.string().optional(),
  WEFT_PROXIES: whole(0, 10).default(0),
  WEFT_ORIGINS: origins.optional(),
  WEFT_RATE: whole(1, 10_000_000).default(1000),
  WEFT_RATE_ADDRESS: whole(0, 10_000_000).default(100),
  WEFT_IDENTITY_SECRET: z.string().optional(),
  WEFT_URL: z
    .string()
    .regex(/^https?:\/\/[^\s?#@]+$/, { error: 'must be an address such as https://collect.shop.example' })
    .optional(),
  WEFT_WEBHOOKS: oneOf(['public', 'loopback', 'private']).default('public'),
  WEFT_BOTS: oneOf(['apart', 'keep']).optional(),
  WEFT_RESERVED_EMAIL: oneOf(['refuse', 'allow']).optional(),
  WEFT_ROLE: oneOf(['all', 'door', 'worker']).default('all'),
  WEFT_DEMO: z
    .enum(['0', '1', 'true', 'false'], { error: 'must be 1 or 0' })
    .transform((value) => value === '1' || value === 'true')
    .default(false),
});

const frozen = <Value extends object>(value: Value): Readonly<Value> => {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner);
  return Object.freeze(value);
};

/** Empty counts as absent: that is what `VAR= weft serve` and most process managers mean. */
export const readConfig = (environment: Readonly<Record<string, string | undefined>> = process.env): Config => {
  const given: Record<string, string> = {};
  for (const name of Object.keys(variables.shape)) {
    const value = environment[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const read = variables.safeParse(given);
  if (!read.success) {
    const sentences = read.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`);
    throw new ConfigError([...new Set(sentences)].join('\n'));
  }
  const set = read.data;
  if (set.WEFT_WRITE_KEY !== undefined && set.WEFT_WRITE_KEY === set.WEFT_SECRET_KEY) {
    throw new ConfigError('WEFT_WRITE_KEY and WEFT_SECRET_KEY must differ: the write key is public.');
  }
  const demo = set.WEFT_DEMO;
  const postgres = /^postgres(ql)?:\/\//.test(set.WEFT_DATA);
  return frozen<Config>({
    port: set.PORT,
    host: set.HOST,
    store: postgres ? { kind: 'postgres', url: set.WEFT_DATA } : { kind: 'sqlite', folder: set.WEFT_DATA },
    log: set.WEFT_LOG === undefined ? { kind: 'embedded' } : { kind: 'nats', url: set.WEFT_LOG },
    writeKey: set.WEFT_WRITE_KEY ?? null,
    secretKey: set.WEFT_SECRET_KEY ?? null,
    adminPassword: set.WEFT_ADMIN_PASSWORD ?? null,
    keyConsent: set.WEFT_KEY_CONSENT,
    consentFile: set.WEFT_CONSENT ?? null,
    siteFile: set.WEFT_SITE ?? null,
    geoFile: set.WEFT_GEO ?? null,
    proxies: set.WEFT_PROXIES,
    origins: set.WEFT_ORIGINS ?? (demo ? { kind: 'any' } : { kind: 'same' }),
    ratePerS: set.WEFT_RATE,
    addressRatePerS: set.WEFT_RATE_ADDRESS,
    identitySecret: set.WEFT_IDENTITY_SECRET ?? null,
    publicUrl: set.WEFT_URL ?? null,
    webhooks: set.WEFT_WEBHOOKS,
    bots: set.WEFT_BOTS ?? (demo ? 'keep' : 'apart'),
    reservedEmail: set.WEFT_RESERVED_EMAIL ?? (demo ? 'allow' : 'refuse'),
    role: set.WEFT_ROLE,
    demo,
  });
};
