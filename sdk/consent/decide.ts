// From an answer to what must be written: the next record, whose last row proves the act. Reads nothing, writes nothing.

import { iso, newReceipt, now, uuid } from '../browser/clock.js';
import type { Act, ConsentRecord, Row } from './record.js';
import { type Decision, type Decisions, isSignalled, stands, type Terms } from './rules.js';

/** What the ledger is to know. A decision's instant stays here: it could tell whose the record was before. */
export const rowOf = (
  ids: Pick<Row, 'kind' | 'receipt' | 'epoch' | 'visitorId' | 'supersedes'>,
  decisions: Decisions,
  { textHash, locale, layer, source, action, gpcAck }: Act,
  { policy_, gpc_ }: Terms,
): Row => ({
  ...ids,
  decisions: Object.entries(decisions).map(([purpose, decision]) => ({ ...decision, purpose, at: undefined })),
  policy: policy_,
  text: textHash && { locale, sha256: textHash },
  ui: { layer: layer ?? source, action },
  gpc: { js: gpc_, ack: !!gpcAck },
  clientAt: iso(now()),
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
  afresh?: boolean,
): ConsentRecord => {
  const at = now();
  const {
    receipt: supersedes,
    epoch = at,
    anonymousId,
    userId,
    earlier,
  } = (!afresh && old) || ({} as Partial<ConsentRecord>);
  const receipt = newReceipt();
  const isGranted = (id: string, among = decisions) => among[id]?.value === 'granted';
  const isLoss =
    supersedes &&
    Object.keys(decisions).some((id) => isGranted(id, (old as ConsentRecord).decisions) && !isGranted(id));
  const granted = isGranted('measurement') && {
    epoch,
    receipt,
    earlier: afresh ? [old?.epoch as number, ...(old?.earlier ?? [])].slice(0, 5) : earlier,
    ...(isGranted('personalisation') && { anonymousId: anonymousId ?? uuid(), userId }),
  };
  const ids = {
    kind: isLoss
      ? (act.kind ?? 'withdraw')
      : !granted
        ? 'refuse'
        : supersedes
          ? 'update'
          : Object.values(decisions).some(({ source }) => source === 'user')
            ? 'grant'
            : 'region-default',
    // A withdrawal names whom it is about; a refusal, and a grant of measurement alone, name nobody.
    ...((isLoss || granted) && {
      receipt,
      epoch,
      supersedes,
      visitorId: isLoss ? anonymousId : (granted as ConsentRecord).anonymousId,
    }),
  } as Row;
  return {
    at,
    exp: at + terms.daysMs_,
    policy: terms.policy_,
    ...(afresh && old),
    v: 1,
    rev: (old?.rev ?? 0) + 1,
    decisions,
    ...granted,
    // A cookie holds 4 kB: a device that has been offline for long keeps its last words.
    rows: [...(old?.rows ?? []), rowOf(ids, decisions, act, terms)].slice(-2),
    notBefore: old?.notBefore,
  };
};

/**
 * Undefined when the answer says what already stands, so that a site may repeat it on every page. Without values: takes
 * note of what the region grants where nobody has said.
 */
export const decide = (
  old: ConsentRecord | undefined,
  values: Readonly<Record<string, boolean>> | undefined,
  act: Act,
  terms: Terms,
) => {
  const decisions: Record<string, Decision> = { ...old?.decisions };
  const wishes = { ...values };
  let isChanged = false;
  for (const purpose of terms.purposes_) {
    const { id, materialHash, requires = [] } = purpose;
    const recorded = decisions[id];
    // Denying one denies what requires it.
    if (requires.some((one) => wishes[one] === false)) wishes[id] = false;
    if (!values && !terms.isOptIn_ && recorded?.source !== 'user' && !isSignalled(purpose, terms)) wishes[id] = true;
    const wish = wishes[id];
    const said: Decision = {
      value: wish ? 'granted' : 'denied',
      source: values ? 'user' : 'region',
      at: stands(recorded, purpose, terms) ? recorded.at : now(),
      materialHash,
      ack: act.gpcAck,
    };
    if (wish == null || JSON.stringify(said) === JSON.stringify(recorded)) continue;
    decisions[id] = { ...said, at: now() };
    isChanged = true;
  }
  return isChanged ? conclude(old, decisions, act, terms) : undefined;
};
