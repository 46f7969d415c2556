// What a site may set, and the bounds that it may not.

export const version = '0.1.0';

export const dayMs = 864e5;
/**
 * How long the cookie of an answer outlives it: only who finds the answer over knows that its ids and its buffer must go. A
 * cookie that went by itself would leave them where they are.
 */
export const goneMs = 30 * dayMs;
/** Of what a page may hold in memory while nobody has answered (consent.md section 3); the site's file may say less. */
export const heldBounds = { countMax: 50, charsMax: 64e3, ageMaxMs: 18e5 };
/** Calls made before the configuration is known. */
export const earlyCallsMax = 500;
/** Of what waits on this device. What comes when it is full is counted, not stored: the earliest is kept. */
export const bufferBounds = { countMax: 1000, bytesMax: 4e6, ageMaxMs: 30 * dayMs };
/** A body stays below what a browser lets out with `keepalive` (64 KiB for all requests on their way). */
export const batchBounds = { countMax: 100, bytesMax: 6e4, ageMaxMs: 5e3 };
/** As the collector's limit of one event. */
export const eventMaxBytes = 32_768;
export const retryBounds = { firstMs: 1e3, maxMs: 3e5 };
export const requestMaxMs = 3e4;
/** Browsers keep a new cookie from the disk for half a minute; a crash then takes it. */
export const crashMs = 6e4;
export const configMaxMs = 5e3;
export const sessionBounds = { idleMaxMs: 18e5, stepMs: 1e4 };

export interface PurposeRule {
  id: string;
  materialHash?: string | undefined;
  /** Hashes of earlier terms that were no narrower. */
  compatibleWith?: readonly string[];
  requires?: readonly string[];
  gpc?: 'deny' | 'ignore';
  always?: boolean;
}

export type Model = 'opt-in' | 'opt-out' | 'none';

/** What holds where a visitor is. */
export interface Region {
  /** ISO 3166; null where nobody knows. */
  code?: string | null;
  /** By the page itself (`data-region`), in the collector's spelling. */
  told?: { code: string };
  model?: Model;
  /** How long an answer stands: where the default is yes, nobody is asked back in for longer. */
  days?: { granted: number; denied: number };
  /** What a person sees before anybody has answered. */
  ui?: 'banner' | 'link' | 'none';
  /** Who has answered needs more of the script than to record events, here or by the site's file (sources/rest.ts). */
  rest?: boolean;
  /** The page must say that the browser's opt-out signal is honoured. */
  gpcStatus?: boolean;
}

export interface RedactRules {
  /** How the names of query parameters begin that may stay. */
  query?: { allow?: readonly string[] };
  /** Names of those that ad networks add: with `marketing` they stay, as the collector lists them. */
  clickIds?: readonly string[];
  /** Names of properties that are not kept. */
  keys?: readonly string[];
}

export interface ConsentConfig {
  killSwitch?: boolean;
  purposes?: readonly PurposeRule[];
  decision?: { days?: number; countRefusals?: boolean; scope?: string };
  storage?: { name?: string; domain?: string | null };
  preConsent?: { mode?: PreConsent; maxEvents?: number; maxMinutes?: number };
  /** The site says who is of age; nobody else is asked. */
  age?: { gate?: boolean };
  /** Hosts that an answer may be handed to. */
  transfer?: readonly string[];
  /** Counting of those who have not agreed. */
  cookieless?: { mode?: string; regions?: readonly string[] };
  redact?: RedactRules;
  /** Which of the page's other consent tools are told, or asked. */
  bridges?: Readonly<Record<string, unknown>>;
}

/** What `GET /v1/config/:writeKey` answers, as far as the page reads it. */
export interface RemoteConfig {
  policy?: unknown;
  region?: Region;
  consent: ConsentConfig;
}

/** What becomes of events while nobody has answered: only the present is told at the grant, all are held, or none. */
export type PreConsent = 'current' | 'hold' | 'drop';

export interface Options {
  writeKey: string;
  /** Origin of the collector. */
  host: string;
  /** ISO 3166, as the shop's CDN knows it; goes before what the collector derives. */
  region?: string | undefined;
  /** The answer of the config route, inlined: spares the one request made before a grant. */
  config?: RemoteConfig | undefined;
  preConsent?: PreConsent | undefined;
  /** False where the site calls `page()` itself. */
  pages?: boolean | undefined;
  /** False where the site asks by itself (`consent.set`). */
  banner?: boolean | undefined;
  /** Names of chunks to be fetched, with spaces between: `data-layer`, `markup`, `attributes`. */
  sources?: string | undefined;
  /** Beside which the chunks lie. Default: the collector. */
  base?: string | undefined;
  /** A person known to be a child: nothing but the consent record (consent.md section 8). */
  minor?: boolean | undefined;
  /** What the site's own age gate said. Where its file has one (`age.gate`) nobody is asked, and nothing granted, without it. */
  age?: 'passed' | 'guardian' | undefined;
}

/** An attribute is text. */
export const isOff = (option: unknown): boolean => /false/.test(option as never);

/** Of this page: it has one client. */
export let options: Options;
export const resolve = (given: Options): Options => (options = given);

/** What the collector says of consent, once it has been asked. */
export let config: ConsentConfig = {};
export const learn = (told?: ConsentConfig): ConsentConfig => (config = told ?? {});
