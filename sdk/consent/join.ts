// What becomes of an answer that was given on another host of the site (consent.md, section 2, "Other domains"). Pure.

import type { PurposeRule } from '../options.js';
import type { Decided, Decisions } from './rules.js';

/**
 * What this device has answered itself goes first: nobody finds switched on by a link what they switched off. Only a later no
 * replaces it, as it would have here. Denying one denies what requires it, and a grant comes with what it builds on or not
 * at all. Nothing: it changes nothing.
 */
export const joined = (
  own: Decisions,
  told: Decisions,
  purposes: readonly PurposeRule[],
  {
    stands,
    isSignalled,
  }: {
    stands: (decision: Decided | undefined, purpose: PurposeRule) => boolean | undefined;
    isSignalled: (gpc: PurposeRule['gpc']) => boolean;
  },
): { decisions: Decisions; came: string[] } | undefined => {
  const decisions: Record<string, Decided> = { ...own };
  const came: string[] = [];
  for (const purpose of purposes) {
    const { id, gpc, requires = [] } = purpose;
    const mine = own[id];
    let theirs = told[id];
    const missing = requires.find((one) => decisions[one]?.value !== 'granted');
    if (theirs?.value === 'granted' && (missing || isSignalled(gpc))) theirs = undefined;
    // An objection does not run out.
    const isMine = mine && mine.source !== 'region' && (mine.source === 'object' || stands(mine, purpose));
    const isLaterNo = theirs?.value === 'denied' && mine?.value === 'granted' && theirs.at > mine.at;
    if (isMine && !isLaterNo) theirs = undefined;
    // What it builds on has just been taken back.
    if (!theirs && mine?.value === 'granted' && missing && came.includes(missing))
      theirs = { ...mine, value: 'denied', at: (decisions[missing] as Decided).at };
    if (!theirs) continue;
    decisions[id] = theirs;
    came.push(id);
  }
  return came[0] ? { decisions, came } : undefined;
};
