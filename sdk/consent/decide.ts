// From an answer to what must be written: the next record, whose last row proves the act. Reads nothing, writes nothing.

import { iso, newReceipt, now, uuid } from '../browser/clock.js';
import type { Act, ConsentRecord, Row } from './record.js';
import {
  type Decision,
  type Decisions,
  isCurrent,
  isOptIn,
  isSignalled,
  lifeMs,
  policy,
  purposes,
  stands,
} from './rules.js';

/** What the ledger is to know. A decision's instant stays here: it could tell whose the record was before. */
export const rowOf = (
  ids: Pick<Row, 'kind' | 'receipt' | 'epoch' | 'visitorId' | 'supersedes'>,
  decisions: Decisions,
  { textHash, locale, layer, source, action, variant, gpcAck, cmp }: Act,
): Row => ({
  ...ids,
  decisions: Object.entries(decisions).map(([purpose, decision]) => ({ ...decision, purpose, at: undefined })),
  policy,
  text: textHash && { locale, sha256: textHash },
  ui: { layer: layer ?? source, action, variant },
  gpc: { js: isSignalled('deny'), ack: !!gpcAck },
  cmp,
  clientAt: iso(now()),
});

/** The record that these decisions make. */
export const conclude = (
  old: Partial<ConsentRecord>,
  decisions: Decisions,
  act: Act,
  isDefault?: boolean,
): ConsentRecord => {
  const at = now();
  const { receipt: supersedes, epoch = at, anonymousId, rev = 0, rows = [], notBefore } = old;
  const isGranted = (id: string, among: Decisions) => among[id]?.value === 'granted';
  const isOn = isGranted('measurement', decisions);
  const isPersonal = isGranted('personalisation', decisions);
  const isLoss =
    supersedes &&
    Object.keys(decisions).some((id) => isGranted(id, old.decisions as Decisions) && !isGranted(id, decisions));
  // A withdrawal names whom it is about; a refusal, and a grant of measurement alone, name nobody.
  const visitorId = isLoss ? anonymousId : isPersonal ? (anonymousId ?? uuid()) : undefined;
  const ids = (isLoss || isOn) && { receipt: newReceipt(), epoch };
  const kind = isLoss
    ? (act.kind ?? 'withdraw')
    : !isOn
      ? 'refuse'
      : isDefault
        ? 'region-default'
        : supersedes
          ? 'update'
          : 'grant';
  return {
    ...(isOn && {
      ...old,
      ...ids,
      anonymousId: isPersonal ? visitorId : undefined,
      userId: isPersonal ? old.userId : undefined,
    }),
    v: 1,
    rev: rev + 1,
    at,
    exp: at + lifeMs(),
    decisions,
    policy,
    // A cookie holds 4 kB. A device that has been offline for long keeps its last word, and before it the first by which
    // something was taken back: the collector may hold what that one is about.
    rows: [
      rows.find((row) => /^[woe]/.test(row.kind)) ?? rows[rows.length - 1],
      rowOf({ kind, ...ids, supersedes, visitorId } as Row, decisions, act),
    ].filter((row) => row) as Row[],
    notBefore,
    opposed: (!isOn && (act.kind === 'object' || old.opposed)) || undefined,
  };
};

/**
 * The same decisions for another visitor id (logging out, R9): a new life, a new receipt and no word of the old one,
 * because the ledger must not join two people. What waits of the old life may still be sent.
 */
export const renewed = ({
  at,
  exp,
  epoch,
  earlier = [],
  decisions,
  rev,
  rows,
  notBefore,
}: ConsentRecord): ConsentRecord => ({
  ...conclude({ rev, rows, notBefore, earlier: [epoch as number, ...earlier].slice(0, 5) }, decisions, {}),
  at,
  exp,
});

/**
 * Undefined when the answer says what already stands, so that a site may repeat it on every page. Without values: takes
 * note of what the region grants where nobody has said.
 */
export const decide = (
  old: ConsentRecord | undefined,
  values: Readonly<Record<string, boolean>> | undefined,
  act: Act,
) => {
  const decisions: Record<string, Decision> = { ...old?.decisions };
  const wishes = { ...values };
  let isChanged = false;
  for (const purpose of purposes) {
    const { id, materialHash, gpc, requires = [] } = purpose;
    const recorded = decisions[id];
    // Denying one denies what requires it.
    if (requires.some((one) => wishes[one] === false)) wishes[id] = false;
    if (!values && !isOptIn && !(recorded?.source === 'user' && isCurrent(recorded)) && !isSignalled(gpc))
      wishes[id] = true;
    const wish = wishes[id];
    const said: Decision = {
      value: wish ? 'granted' : 'denied',
      source: values ? 'user' : 'region',
      at: stands(recorded, purpose) ? (recorded as Decision).at : now(),
      materialHash,
      ack: act.gpcAck,
    };
    if (wish == null || JSON.stringify(said) === JSON.stringify(recorded)) continue;
    decisions[id] = { ...said, at: now() };
    isChanged = true;
  }
  return isChanged || (act.kind === 'object' && !old?.opposed)
    ? conclude(old ?? {}, decisions, act, !values)
    : undefined;
};
