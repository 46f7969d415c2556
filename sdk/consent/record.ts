// The record that a person's answer leaves on the device, and the ledger rows that prove it. A refusal holds no
// identifier of any sort.

import type { ConsentRow } from '../../collector/contract/consent.js';
import { cookiesNow, valuesIn } from '../browser/cookie.js';
import type { Decided, Decisions } from './rules.js';

export interface Row {
  kind: ConsentRow['kind'];
  /** None on a refusal. */
  receipt: string | undefined;
  visitorId: string | undefined;
  epoch: number | undefined;
  supersedes?: string | undefined;
  /** The last receipt that the ledger is sure to have: what is superseded may never have reached it. */
  known?: string | undefined;
  decisions: ({ purpose: string; at: undefined } & Omit<Decided, 'at'>)[];
  policy: unknown;
  text: unknown;
  ui: { layer: string | undefined; action: string | undefined; variant: string | undefined };
  gpc: { js: boolean; ack: boolean | undefined };
  /** Where the page says it is. */
  jurisdiction: { code: string } | undefined;
  /** 0: it was too long for the device. */
  cmp: Act['cmp'] | 0;
  /** What the site's age gate said, where it has one. */
  age: string | undefined;
  clientAt: string;
}

export interface Session {
  id: string;
  activeAt: number;
}

export interface ConsentRecord {
  v: 1;
  rev: number;
  /** Of the last act. Each act of a record has a later one than that before, whatever the clock says. */
  at: number;
  exp: number;
  decisions: Decisions;
  policy: unknown;
  /** Which life of consent, as the ledger knows it: logging out begins another. Only beside a grant. */
  epoch?: number | undefined;
  /**
   * Since when somebody on this device has agreed without a break; told to nobody. Waiting events of another life are not
   * ours to send; those from before a logout are (R9). Only beside a grant.
   */
  life?: number | undefined;
  /** Only beside a grant. */
  receipt?: string | undefined;
  /** This device; only beside a grant of `personalisation`. */
  anonymousId?: string | undefined;
  /** Whom the site named last. */
  userId?: string | number | undefined;
  /**
   * What the ledger has not acknowledged yet. The row of a withdrawal is the erase slip of consent.md section 6: it
   * alone outlives the wipe, and it goes with the first answer.
   */
  rows: Row[];
  /** The session hint that all tabs share (S1); the collector derives the real ones. */
  session?: Session | undefined;
  /** The collector asked to be left alone until then; kept, because a new page must obey it too. */
  notBefore?: number | undefined;
}

let text: string | undefined;
let newest: ConsentRecord | undefined;

/** The newest. Read for every event, and made out anew only when it is another. */
export const recordIn = (name: string): ConsentRecord | undefined => {
  const cookies = cookiesNow();
  if (cookies !== text) {
    text = cookies;
    [newest] = (valuesIn(cookies, name) as ConsentRecord[]).filter((one) => one?.v).sort((a, b) => b.at - a.at);
  }
  return newest;
};

/** How an answer was given: kept as proof, and never needed to obey it. */
export interface Act {
  /** Who asked: `own-cmp` where the site has a banner of its own. */
  source?: string;
  /** SHA-256 of every string that was shown. */
  textHash?: string;
  locale?: string;
  layer?: string;
  action?: string;
  /** Of several looks of one banner, which. */
  variant?: string;
  /** The person was told that this goes against the browser's opt-out signal, and still wants it. */
  gpcAck?: boolean;
  /** `region-default`: nobody said it, the region's rule did. */
  kind?: 'object' | 'erase' | 'region-default';
  /** The foreign banner that was read, where one was. */
  cmp?: { name: string; version: string; tcString?: string | undefined; gppString?: string | undefined };
}
