// The rules in force, and what they make of a decision: the state machine of consent.md section 2 is derived here and
// stored nowhere. Reads neither the device nor the network; what holds is set once the configuration is known, or cannot
// be had.

import { now } from '../browser/clock.js';
import { hasGpcSignal } from '../browser/page.js';
import { dayMs, options, type PurposeRule, type Region, type RemoteConfig } from '../options.js';

export interface Decided {
  value: 'granted' | 'denied';
  /** `object`: by an objection (art. 21), so no button that accepts all brings it back. */
  source: 'user' | 'account' | 'region' | 'object' | 'erase';
  at: number;
  materialHash?: string | undefined;
  /** The person was told that the decision goes against the browser's signal. */
  ack?: boolean | undefined;
}

export type Decisions = Readonly<Record<string, Decided>>;

/** Listed after what they require. */
export let purposes: readonly PurposeRule[] = [];
export let policy: unknown;
/** Nothing is in force here, and nothing can be granted: it can only be taken back. */
export let isShut: unknown;
export let isOptIn = true;
export let hasSignal: boolean;
/** Where the visitor is, and what holds there. */
export let place: Region = {};

/**
 * The collector says what holds where the page says it is, or where it sees it itself. Without a
 * configuration, what was decided stands as it was decided, and nothing is granted by default.
 */
export const enforce = (
  config: RemoteConfig | undefined,
  recorded: { decisions: Decisions; policy: unknown } | undefined,
) => {
  const { purposes: listed, killSwitch, age } = config?.consent ?? {};
  place = config?.region ?? {};
  // Where the site has an age gate, nobody is asked, and nothing granted, until it says who passed or has a guardian's word.
  isShut = killSwitch || options.minor || /^[^pg]/.test((options.age || age?.gate || '') as string);
  purposes =
    listed?.filter((one) => !one.always) ??
    Object.entries(recorded?.decisions ?? {}).map(([id, decision]) => ({ ...decision, id }));
  isOptIn = !!config && (place.model ?? 'opt-in') === 'opt-in';
  hasSignal = hasGpcSignal();
  policy = config?.policy ?? recorded?.policy;
};

/** Denied by the browser's signal? Nothing is written to the device for it: it comes with each request. */
export const isSignalled = (gpc: PurposeRule['gpc']) => hasSignal && gpc === 'deny';

/** How long a decision stands; without one, how long a record does, which is as long as a refusal in it. */
export const lifeMs = (value: Decided['value'] = 'denied') => (place.days?.[value] ?? 180) * dayMs;

/** Expiry is the answer's own, not the cookie's; a clock set back must not prolong it. */
export const isCurrent = ({ at, value }: { at: number; value?: Decided['value'] }) =>
  now() - at > -dayMs && now() - at < lifeMs(value);

/**
 * Does a decision stand, or must it be asked again? Where the region's default is yes, a refusal outlives a change of the
 * policy: new terms must not switch on what a person switched off.
 */
export const stands = (
  decision: Decided | undefined,
  { materialHash, compatibleWith = [] }: PurposeRule,
): boolean | undefined =>
  decision &&
  isCurrent(decision) &&
  (decision.source === 'region'
    ? !isOptIn
    : (!isOptIn && decision.value === 'denied') || [materialHash, ...compatibleWith].includes(decision.materialHash));

/** Purpose → true: may be done; false: refused; null: nobody has said, so it may not. */
export type Effective = Record<string, boolean | null>;

/** What must be asked: what nobody has said, as far as an answer could change anything. */
export let ask: string[] = [];

export const effective = (decisions: Decisions, suspended: readonly string[]): Effective => {
  const result: Effective = {};
  ask = [];
  for (const purpose of isShut ? [] : purposes) {
    const { id, gpc, requires = [] } = purpose;
    const decision = decisions[id];
    const isGranted = stands(decision, purpose) ? (decision as Decided).value === 'granted' : null;
    const missing = requires.find((one) => !result[one]);
    result[id] =
      isSignalled(gpc) && !(isGranted && decision?.ack)
        ? false
        : isGranted !== false && missing
          ? (result[missing] as boolean | null)
          : // Whoever has not answered can still be asked.
            isGranted && !suspended.includes(id);
    isGranted ?? result[id] ?? ask.push(id);
  }
  return result;
};
