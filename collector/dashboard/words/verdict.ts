// What became of an event, in words of someone who runs a shop. Meaning and next step of each refusal and warning are those
// of errors.ts; here stand the words beside them.

import type { DiscardReason, WarningCode } from '../../contract/codes.js';
import type { LiveEvent } from '../../contract/profile.js';
import { verdicts, warnings } from '../../errors.js';
import type { Tone } from '../kit/badge.js';
import { legible } from '../kit/said.js';

export type Verdict = LiveEvent['verdict'];

export const verdictWords: Readonly<Record<Verdict, { word: string; tone: Tone; meaning: string }>> = {
  accepted: { word: 'Accepted', tone: 'good', meaning: 'Stored.' },
  duplicate: { word: 'Duplicate', tone: 'plain', meaning: 'Already here; counted once.' },
  held: { word: 'Held', tone: 'warn', meaning: 'Not stored yet; the sender comes again with what is missing.' },
  dropped: { word: 'Dropped', tone: 'private', meaning: 'Not stored, for privacy or age.' },
  rejected: { word: 'Rejected', tone: 'bad', meaning: 'Not stored, because something in it is wrong.' },
};
export const isVerdict = (value: string): value is Verdict => Object.hasOwn(verdictWords, value);

export interface Reason {
  meaning: string;
  /** The next step; null where there is none. */
  hint: string | null;
}

/** A code of a newer writer is still shown, as itself. */
export const refusalReason = (code: string): Reason => {
  const known = Object.hasOwn(verdicts, code) ? verdicts[code as keyof typeof verdicts] : undefined;
  return known === undefined ? { meaning: 'Refused.', hint: null } : { meaning: known.meaning, hint: known.hint };
};

const discardReasons: Readonly<Record<DiscardReason, Reason>> = {
  no_consent: { meaning: 'It happened before the person agreed, and was not held.', hint: null },
  purpose: { meaning: 'What the person agreed to did not permit it.', hint: null },
  full: {
    meaning: 'More waited in a page or on a device than may wait there.',
    hint: 'Look for a loop in a page, or for long hours in which pages could not reach the collector.',
  },
  age: { meaning: 'It waited longer than events may wait.', hint: null },
  too_large: { meaning: 'An event was larger than the wire allows.', hint: 'Send less with each event.' },
  foreign: { meaning: 'It belonged to a consent that was taken back, or to another visitor.', hint: null },
};

export const discardReason = (reason: string): Reason =>
  Object.hasOwn(discardReasons, reason)
    ? discardReasons[reason as DiscardReason]
    : { meaning: 'Let go of.', hint: null };

export const warningReason = (code: string): Reason =>
  Object.hasOwn(warnings, code)
    ? warnings[code as WarningCode]
    : { meaning: legible(code.replaceAll(/[_`]/g, ' '), 80), hint: null };
