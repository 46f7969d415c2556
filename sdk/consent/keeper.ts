// Keeps the record: the only file that writes it. Tells what follows from a change: `consent` when something else is in
// force, `ended` when a grant this page has used is over, `answered` when there is a row for the ledger.

import { now } from '../browser/clock.js';
import { writeCookie } from '../browser/cookie.js';
import { openChannel } from '../browser/net.js';
import { tell } from '../browser/tell.js';
import { type ConsentConfig, config, learn, options, type Region, type RemoteConfig } from '../options.js';
import { decide, renewed, rowOf } from './decide.js';
import { type Act, type ConsentRecord, recordIn } from './record.js';
import {
  type Decisions,
  type Effective,
  effective,
  endDefaults,
  enforce,
  hasSignal,
  isCurrent,
  place,
  policy,
  toAsk,
} from './rules.js';

/** What a banner goes by. */
export interface ConsentState {
  /** The whole document, as the collector gave it. */
  config: ConsentConfig;
  region: Region;
  policy: unknown;
  /** Under which the record was made. */
  since: unknown;
  decisions: Decisions;
  receipt: string | undefined;
  visitorId: string | undefined;
  /** The browser's opt-out signal (GPC) is on. */
  signal: boolean;
  /** Purposes that must be asked; none: no banner. */
  ask: string[];
  /** Origin of the collector. */
  host: string;
  writeKey: string;
  /** The person objects to being counted at all. */
  opposed: boolean | undefined;
}

export let record: ConsentRecord | undefined;
export let on: Effective = {};
/** What is in force, as text: to compare. */
export let onText = '{}';

/** Closed on this page without anybody's decision. */
const suspended = new Set<string>();
let recordName: string;
let isOpen = false;
/** What the browser would not take holds for this page, and for no other (consent.md section 3). */
let unwritten: ConsentRecord | undefined;
let channel: BroadcastChannel | undefined;

const write = (value?: ConsentRecord) =>
  writeCookie(recordName, config.storage?.domain, value, value && value.exp - now());

export const keep = (next?: ConsentRecord): void => {
  write(next);
  unwritten = recordIn(recordName)?.rev === next?.rev ? undefined : next;
  if (unwritten) {
    // An old grant must not outlive it.
    write();
    // Too long for a cookie: earlier proofs, and what a foreign banner says at length, go before the last word.
    write({ ...unwritten, rows: unwritten.rows.slice(-1).map((row) => ({ ...row, cmp: 0 })) });
  }
  channel?.postMessage({ epoch: next?.epoch, rev: next?.rev });
  record = undefined;
  look();
};

/** Looks at the device again, before each event and each request: other tabs write the same record. */
export const look = (): void => {
  let found = recordIn(recordName) ?? unwritten;
  // A tab that wrote at the same moment knew less: ours is the newer word.
  if (record && found && (found.at - record.at || found.rev - record.rev) < 0) return keep(record);
  isOpen ||= !!found?.receipt;
  // Expired: nothing is left to stand on.
  if (found && !isCurrent(found)) found = write() as undefined;
  record = found;
  on = effective(found?.decisions ?? {}, suspended);
  if (isOpen && !found?.receipt) {
    isOpen = false;
    tell('ended');
  }
  const text = JSON.stringify(on);
  if (text === onText) return;
  onText = text;
  tell('consent', on);
};

/** What the ledger has not acknowledged of that receipt. */
export const rowFor = (receipt: string | undefined) => record?.rows.find((row) => row.receipt === receipt);

export const state = (): ConsentState => {
  const { decisions = {}, receipt, anonymousId: visitorId, policy: since } = record ?? {};
  return {
    config,
    region: place,
    policy,
    since,
    decisions,
    receipt,
    visitorId,
    signal: hasSignal,
    ask: toAsk(on, decisions),
    host: options.host,
    writeKey: options.writeKey,
    opposed: record?.opposed,
  };
};

const act = (next: ConsentRecord | undefined) => {
  if (!next) return;
  if (!next.receipt && !record?.receipt && config.decision?.countRefusals === false) next.rows = [];
  keep(next);
  tell('answered');
};
export const answer = (values?: Record<string, boolean>, how: Act = {}) => act(decide(record, values, how));
/** Another person at this device. */
export const renew = (old: ConsentRecord) => act(renewed(old));

/** Adds a row again that the ledger has lost: with what is decided now, which is all that can be said. */
export const restore = (receipt: string, epoch: number, visitorId: string | undefined) => {
  if (!record) return;
  const row = rowOf({ kind: 'grant', receipt, epoch, visitorId }, record.decisions, {});
  keep({ ...record, rows: [row] });
};

/** Erased: nothing is left, and no default brings it back. Withdrawn elsewhere: what is left is a refusal. */
export const obey = (state: string) => {
  endDefaults();
  keep(state === 'erased' ? undefined : { ...(decide(record, { measurement: false }, {}) as ConsentRecord), rows: [] });
};

export const suspend = (purposes: string[], isClosed: boolean) => {
  for (const id of purposes) suspended[isClosed ? 'add' : 'delete'](id);
  look();
};

/** False: there is neither a policy nor an answer, so nothing to go by yet. */
export const begin = (known: RemoteConfig | undefined): boolean => {
  learn(known?.consent);
  recordName = config.storage?.name ?? 'weft_consent';
  enforce(known, recordIn(recordName));
  look();
  if (record) {
    // One domain, one record; written again on each visit, since some browsers keep a script's cookie for a week only.
    if (config.storage?.domain) writeCookie(recordName);
    keep(record);
  }
  answer();
  return !!known || !!record;
};

/** Other tabs are heard while the page is shown: an open channel would keep it out of the back-forward cache. */
export const tune = (isShown: boolean) => {
  channel?.close();
  if (isShown) {
    channel = openChannel('consent', look);
    look();
  }
};
