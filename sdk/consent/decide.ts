// From an answer to what must be written: the next record, whose last row proves the act. Reads nothing, writes nothing.

import { iso, newReceipt, uuid } from '../browser/clock.js';
import type { Act, ConsentRecord, Row } from './record.js';
import { type Decision, type Decisions, effective, isCurrent, purposesOf, standing, type Terms } from './rules.js';

/** What the ledger is to know of a set of decisions. */
export const rowOf = (
  ids: Pick<Row, 'kind' | 'receipt' | 'epoch' | 'supersedes' | 'visitorId'>,
  decisions: Decisions,
  { textHash, locale, layer, source, action, gpcAck }: Act,
  terms: Terms,
  now: number,
): Row => ({
  ...ids,
  decisions: purposesOf(decisions, terms).flatMap((purpose) => {
    const { value, source, materialHash } = standing(decisions[purpose.id], purpose, terms, now) ?? {};
    return value ? { purpose: purpose.id, value, source, materialHash } : [];
  }),
  policy: terms.policy_,
  text: textHash && { locale, sha256: textHash },
  ui: { layer: layer ?? source, action },
  gpc: { js: terms.gpc_, ack: !!gpcAck },
  clientAt: iso(now),
});

/**
 * The record that these decisions make. `afresh`: the same decisions for another visitor id (logging out, R9), with a new
 * life, a new receipt and no word of the old one, because the ledger must not join two people.
 */
export const conclude = (
  old: ConsentRecord | undefined,
  decisions: Decisions,
  act: Act,
  terms: Terms,
  now: number,
  visitorId?: string,
  afresh?: boolean,
): ConsentRecord & { rows: Row[] } => {
  const on = effective(decisions, terms, now);
  const isGranted = Object.values(on).includes(true);
  const supersedes = afresh ? undefined : old?.receipt;
  const isLoss =
    supersedes &&
    Object.keys(on).some((id) => decisions[id]?.value === 'denied' && old?.decisions[id]?.value === 'granted');
  const receipt = isGranted || isLoss ? newReceipt() : undefined;
  const epoch = supersedes ? old?.epoch : receipt && now;
  const row = rowOf(
    {
      kind:
        act.kind ??
        (isLoss
          ? 'withdraw'
          : !isGranted
            ? 'refuse'
            : supersedes
              ? 'update'
              : Object.values(decisions).some(({ source }) => source !== 'region')
                ? 'grant'
                : 'region-default'),
      receipt,
      epoch: epoch as number,
      supersedes,
      // A withdrawal names whom it is about; a refusal, and a grant of measurement alone, name nobody.
      visitorId: isLoss ? visitorId : on.personalisation ? (visitorId ?? uuid()) : undefined,
    },
    decisions,
    act,
    terms,
    now,
  );
  return {
    at: now,
    exp: now + terms.daysMs_,
    policy: terms.policy_,
    ...(afresh && old),
    v: 1,
    rev: (old?.rev ?? 0) + 1,
    decisions,
    epoch: isGranted ? (epoch as number) : undefined,
    receipt: isGranted ? receipt : undefined,
    // A cookie holds 4 kB: a device that has been offline for long keeps its last words.
    rows: [...(old?.rows ?? []), row].slice(-2),
    notBefore: old?.notBefore,
  };
};

/**
 * Undefined when the answer says what already stands, so that a site may repeat it on every page. Without values: takes
 * note of what the region grants by default.
 */
export const decide = (
  old: ConsentRecord | undefined,
  values: Readonly<Record<string, boolean | null | undefined>>,
  act: Act,
  terms: Terms,
  now: number,
  visitorId: string | undefined,
) => {
  const decisions: Decisions = { ...old?.decisions };
  const wishes = { ...values };
  let isChanged = false;
  for (const purpose of purposesOf(decisions, terms)) {
    const { id, materialHash, requires = [] } = purpose;
    // Denying one denies what requires it.
    const wish = (wishes[id] = requires.some((one) => wishes[one] === false) ? false : wishes[id]);
    const recorded = decisions[id];
    const said: Decision | undefined =
      wish == null
        ? standing(recorded, purpose, terms, now)
        : { value: wish ? 'granted' : 'denied', source: 'user', at: now, materialHash, ack: act.gpcAck };
    if (
      said &&
      (wish != null || said.source === 'region') &&
      !(
        recorded &&
        isCurrent(recorded, terms, now) &&
        JSON.stringify({ ...said, at: recorded.at }) === JSON.stringify(recorded)
      )
    ) {
      decisions[id] = said;
      isChanged = true;
    }
  }
  return isChanged ? conclude(old, decisions, act, terms, now, visitorId) : undefined;
};
