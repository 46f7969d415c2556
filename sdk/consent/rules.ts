// What may be done with this device, from the record, the policy, the region and the browser's signal. Pure: the state
// machine of consent.md section 2 is derived here and stored nowhere.

import { dayMs, type Model, type Options, type PurposeRule, type RemoteConfig } from '../options.js';

export interface Decision {
  value: 'granted' | 'denied';
  source: 'user' | 'account' | 'gpc' | 'region' | 'import';
  at: number;
  materialHash?: string | undefined;
  /** The person was told that the decision goes against the browser's signal. */
  ack?: boolean | undefined;
}

export type Decisions = Record<string, Decision>;

/** What the rules are applied under. */
export interface Terms {
  /** Undefined while the configuration cannot be had: what was decided then stands as it was decided. */
  purposes_: readonly PurposeRule[] | undefined;
  isOptIn_: boolean;
  daysMs_: number;
  gpc_: boolean;
  policy_: unknown;
}

export const termsOf = (config: RemoteConfig | undefined, { region, minor }: Options, gpc_: boolean): Terms => {
  const { purposes, regions = [], decision, killSwitch } = config?.consent ?? {};
  // The page's word on where it is, else the collector's; what nobody knows is held to the strictest.
  const model: Model | undefined = region
    ? (regions.find(({ match }) => match.includes(region)) ?? regions.find(({ fallback }) => fallback))?.model
    : config?.region?.model;
  return {
    purposes_: killSwitch || minor ? [] : purposes?.filter(({ always }) => !always),
    isOptIn_: (model ?? 'opt-in') === 'opt-in',
    daysMs_: (decision?.days ?? 180) * dayMs,
    gpc_,
    policy_: config?.policy,
  };
};

export const purposesOf = (decisions: Decisions, { purposes_ }: Terms): readonly PurposeRule[] =>
  purposes_ ?? Object.keys(decisions).map((id) => ({ id }));

/** Expiry is the answer's own, not the cookie's; a clock set back must not prolong it. */
export const isCurrent = ({ at }: { at: number }, { daysMs_ }: Terms, now: number) =>
  at < now + dayMs && now - at < daysMs_;

/**
 * What holds for one purpose, before what it requires is looked at. Undefined: nobody has said, or it must be asked
 * again. Where the region's default is yes, a refusal outlives a change of the policy: new terms must not switch on what
 * a person switched off.
 */
export const standing = (
  decided: Decision | undefined,
  { gpc, materialHash, compatibleWith = [] }: PurposeRule,
  terms: Terms,
  now: number,
): Decision | undefined => {
  const { isOptIn_, purposes_ } = terms;
  const isSignalled = terms.gpc_ && gpc === 'deny';
  return decided &&
    isCurrent(decided, terms, now) &&
    (!purposes_ ||
      (decided.source !== 'region' &&
        ((decided.value === 'denied' && !isOptIn_) ||
          [materialHash, ...compatibleWith].includes(decided.materialHash)))) &&
    !(isSignalled && decided.value === 'granted' && !decided.ack)
    ? decided
    : isSignalled
      ? { value: 'denied', source: 'gpc', at: now }
      : isOptIn_
        ? undefined
        : { value: 'granted', source: 'region', at: now, materialHash };
};

/** Purpose → true: may be done; false: refused; null: nobody has said, so it may not. */
export type Effective = Record<string, boolean | null>;

export const effective = (
  decisions: Decisions,
  terms: Terms,
  now: number,
  suspended?: ReadonlySet<string>,
): Effective => {
  const result: Effective = {};
  // Purposes are listed after what they require.
  for (const purpose of purposesOf(decisions, terms)) {
    const { id, requires = [] } = purpose;
    const stands = standing(decisions[id], purpose, terms, now);
    const missing = requires.find((one) => !result[one]);
    const own = stands ? stands.value === 'granted' : null;
    result[id] = suspended?.has(id) ? false : own && missing ? (result[missing] ?? null) : own;
  }
  return result;
};
