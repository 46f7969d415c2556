// Keeps the record: the only file that writes it. Tells what follows from a change: `consent` when something else is in
// force, `ended` when a grant this page has used is over.

import { now } from '../browser/clock.js';
import { writeCookie } from '../browser/cookie.js';
import { openChannel } from '../browser/net.js';
import { isShown } from '../browser/page.js';
import { tell } from '../browser/tell.js';
import {
  type ConsentConfig,
  config,
  goneMs,
  learn,
  type Options,
  options,
  type Region,
  type RemoteConfig,
} from '../options.js';
import { type ConsentRecord, recordIn } from './record.js';
import {
  ask,
  type Decisions,
  type Effective,
  effective,
  enforce,
  hasSignal,
  isCurrent,
  isOptIn,
  place,
  policy,
} from './rules.js';

/** How things stand, for whoever asks: what was set, what holds, what was decided, what must be asked. */
export interface ConsentState extends Omit<Options, 'config' | 'region'> {
  /** The whole document, as the collector gave it. */
  config: ConsentConfig;
  region: Region;
  isOptIn: boolean;
  policy: unknown;
  decisions: Decisions;
  receipt?: string | undefined;
  anonymousId?: string | undefined;
  record: ConsentRecord | undefined;
  /** The browser's opt-out signal (GPC) is on. */
  signal: boolean;
  /** Purposes that must be asked; none: no banner. */
  ask: string[];
}

export let record: ConsentRecord | undefined;
export let on: Effective = {};
/** What is in force, as text: to compare. */
export let onText: string;

/** Closed on this page without anybody's decision. */
let suspended: readonly string[] = [];
let recordName: string;
let isOpen = false;
/** What the browser would not take holds for this page, and for no other (consent.md section 3). */
let unwritten: ConsentRecord | undefined;
let channel: BroadcastChannel | undefined;
/**
 * Which answers this page has seen in force, by their instants: each act of a record has one of its own. What comes back to
 * the device from among them was written by a tab that knew less. No comparison says so: the clock may have been set back,
 * and after an erasure the numbers begin again (docs/decisions/0825).
 */
const seen: Record<number, boolean> = {};

const write = (value?: ConsentRecord) =>
  writeCookie(recordName, config.storage?.domain, value, (value?.exp as number) + goneMs - now());

export const keep = (next?: ConsentRecord): void => {
  write(next);
  unwritten = recordIn(recordName)?.rev === next?.rev ? undefined : next;
  if (unwritten) {
    // An old grant must not outlive it.
    write();
    // Too long for a cookie: earlier proofs, and what a foreign banner says at length, go before the last word.
    write({ ...unwritten, rows: unwritten.rows.slice(-1).map((row) => ({ ...row, cmp: 0 })) });
  }
  channel?.postMessage({ rev: next?.rev, epoch: next?.epoch });
  record = undefined;
  look();
};

/** Looks at the device again, before each event and each request: other tabs write the same record. */
export const look = (): void => {
  let found = recordIn(recordName) ?? unwritten;
  // A tab that wrote at the same moment knew less: ours is the newer word.
  if (found && record && record.at !== found.at && seen[found.at]) return keep(record);
  seen[found?.at as number] = true;
  isOpen ||= !!found?.receipt;
  // Expired: nothing is left to stand on.
  if (found && !isCurrent(found)) found = write() as undefined;
  record = found;
  on = effective(found?.decisions ?? {}, suspended);
  if (isOpen && !found?.receipt) {
    isOpen = false;
    tell('ended');
  }
  if (onText !== (onText = JSON.stringify(on))) tell('consent', on);
};

/** What the ledger has not acknowledged of that receipt. */
export const rowFor = (receipt: string | false | null | undefined) =>
  record?.rows.find((row) => row.receipt === receipt);

export const state = <Named>(named: Named): ConsentState & { named: Named } => ({
  decisions: {},
  ...record,
  ...options,
  config,
  region: place,
  policy,
  record,
  signal: hasSignal,
  isOptIn,
  ask,
  named,
});

export const suspend = (purposes: readonly string[]) => {
  suspended = purposes;
  look();
};

/** Nothing: there is neither a policy nor an answer, so nothing to go by yet. */
export const begin = (known: RemoteConfig | undefined): true | undefined => {
  learn(known?.consent);
  recordName = config.storage?.name ?? 'weft_consent';
  const found = recordIn(recordName);
  if (!known && !found) return;
  enforce(known, found);
  look();
  if (record) {
    // One domain, one record; written again on each visit, since some browsers keep a script's cookie for a week only.
    if (config.storage?.domain) writeCookie(recordName);
    keep(record);
  }
  return true;
};

/** Other tabs are heard while the page is shown: an open channel would keep it out of the back-forward cache. */
export const tune = () => {
  channel?.close();
  channel = isShown() ? openChannel(look) : undefined;
  look();
};
