// What may be done with this device, from the record, the policy, the region and the browser's signal. Pure: the state
// machine of consent.md section 2 is derived here and stored nowhere.

import { now } from '../browser/clock.js';
import { dayMs, type Options, type PurposeRule, type RemoteConfig } from '../options.js';

export interface Decision {
  value: 'granted' | 'denied';
  source: 'user' | 'region';
  at: number;
  materialHash?: string | undefined;
  /** The person was told that the decision goes against the browser's signal. */
  ack?: boolean | undefined;
}

export type Decisions = Readonly<Record<string, Decision>>;

/** What the rules are applied under. */
export interface Terms {
  purposes_: readonly PurposeRule[];
  isOptIn_: boolean;
  daysMs_: number;
  gpc_: boolean;
  policy_: unknown;
}

/** Denied by the browser's signal? Nothing is written to the device for it: it comes with each request. */
export const isSignalled = ({ gpc }: PurposeRule, { gpc_ }: Terms) => gpc_ && gpc === 'deny';

/** While the configuration cannot be had, what was decided stands as it was decided, and nothing is granted by default. */
export const termsOf = (
  config: RemoteConfig | undefined,
  { region, minor }: Options,
  gpc_: boolean,
  recorded: { decisions: Decisions; policy: unknown } | undefined,
): Terms => {
  const { purposes, regions = [], decision, killSwitch } = config?.consent ?? {};
  // The page's word on where it is, else the collector's; what nobody knows is held to the strictest.
  const place = region ? regions.find(({ match, fallback }) => fallback || match.includes(region)) : config?.region;
  return {
    purposes_:
      (killSwitch || minor ? [] : purposes?.filter(({ always }) => !always)) ??
      Object.entries(recorded?.decisions ?? {}).map(([id, { materialHash }]) => ({ id, materialHash })),
    isOptIn_: !!config && (place?.model ?? 'opt-in') === 'opt-in',
    daysMs_: (decision?.days ?? 180) * dayMs,
    gpc_,
    policy_: config?.policy ?? recorded?.policy,
  };
};

/** Expiry is the answer's own, not the cookie's; a clock set back must not prolong it. */
export const isCurrent = ({ at }: { at: number }, { daysMs_ }: Terms) => at < now() + dayMs && now() - at < daysMs_;

/**
 * Does a decision stand, or must it be asked again? Where the region's default is yes, a refusal outlives a change of the
 * policy: new terms must not switch on what a person switched off.
 */
export const stands = (
  decision: Decision | undefined,
  { materialHash, compatibleWith = [] }: PurposeRule,
  terms: Terms,
): decision is Decision =>
  !!decision &&
  isCurrent(decision, terms) &&
  ((!terms.isOptIn_ && (decision.source === 'region' || decision.value === 'denied')) ||
    (decision.source === 'user' && [materialHash, ...compatibleWith].includes(decision.materialHash)));

/** Purpose → true: may be done; false: refused; null: nobody has said, so it may not. */
export type Effective = Record<string, boolean | null>;

export const effective = (decisions: Decisions, terms: Terms, suspended: ReadonlySet<string>): Effective => {
  const result: Effective = {};
  // Purposes are listed after what they require.
  for (const purpose of terms.purposes_) {
    const { id, requires = [] } = purpose;
    const decision = decisions[id];
    const isGranted = stands(decision, purpose, terms) ? decision.value === 'granted' : null;
    const missing = requires.find((one) => !result[one]);
    result[id] =
      suspended.has(id) || (isSignalled(purpose, terms) && !(isGranted && decision?.ack))
        ? false
        : isGranted && missing
          ? (result[missing] ?? null)
          : isGranted;
  }
  return result;
};
