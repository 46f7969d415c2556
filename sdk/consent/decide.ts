// From an answer to what must be written: the next record, whose last row proves the act. Reads nothing, writes nothing.

import { iso, newReceipt, now, uuid } from '../browser/clock.js';
import { options } from '../options.js';
import type { Act, ConsentRecord, Row } from './record.js';
import { type Decided, type Decisions, hasSignal, isShut, lifeMs, place, policy, purposes, stands } from './rules.js';

const isGranted = (decisions: Decisions | undefined, id: string) => decisions?.[id]?.value === 'granted';

/** The record that these decisions make, and as its last row what the ledger is to know of them. */
export const conclude = (old: Partial<ConsentRecord>, decisions: Decisions, act: Act): ConsentRecord => {
  const at = now();
  const { receipt: supersedes, epoch = at, life = at, anonymousId, rev = 0, rows = [], notBefore } = old;
  const isOn = isGranted(decisions, 'measurement');
  const isPersonal = isGranted(decisions, 'personalisation');
  const isLoss =
    supersedes && Object.keys(decisions).some((id) => isGranted(old.decisions, id) && !isGranted(decisions, id));
  const ownId = isPersonal ? (anonymousId ?? uuid()) : undefined;
  const ids = (isLoss || isOn) && { receipt: newReceipt(), epoch };
  // Of this life alone: the ledger must not join two people.
  const waiting = rows.find((row) => row.epoch === epoch);
  return {
    ...(isOn && { ...old, ...ids, life, anonymousId: ownId, userId: isPersonal ? old.userId : undefined }),
    v: 1,
    rev: rev + 1,
    // Never before what it follows, also after the clock was set back. Not a comparison: the build turns those round, and of
    // a first answer, which follows none, another than the one that is meant would be true.
    at: Math.max(at, (old.at as number) + 1 || 0),
    exp: at + lifeMs(),
    decisions,
    policy,
    // A cookie holds 4 kB. A device that has been offline for long keeps its last word, and before it the first by which
    // something was taken back: the collector may hold what that one is about.
    rows: [
      rows.find((row) => /^[woe]/.test(row.kind)) ?? rows.at(-1),
      {
        kind: ids ? (act.kind ?? (isLoss ? 'withdraw' : supersedes ? 'update' : 'grant')) : 'refuse',
        ...ids,
        supersedes,
        known: waiting ? waiting.known : supersedes,
        // A withdrawal names whom it is about; a refusal, and a grant of measurement alone, name nobody.
        visitorId: isLoss ? anonymousId : ownId,
        // A decision's instant stays here: it could tell whose the record was before.
        decisions: Object.keys(decisions).map((purpose) => ({ ...decisions[purpose], purpose, at: undefined })),
        policy,
        // Without https a browser makes no hash; the language is known all the same.
        text: { locale: act.locale, sha256: act.textHash },
        ui: { layer: act.layer ?? act.source, action: act.action, variant: act.variant },
        gpc: { js: hasSignal, ack: act.gpcAck },
        jurisdiction: place.told,
        cmp: act.cmp,
        clientAt: iso(at),
        age: options.age,
      } as Row,
    ].filter((row) => row) as Row[],
    notBefore,
  };
};

/**
 * The same decisions for another visitor id (logging out, R9): a new life, a new receipt and no word of the old one,
 * because the ledger must not join two people. What waits of the old life may still be sent.
 */
export const renewed = ({ at, exp, life, decisions, rev, rows, notBefore }: ConsentRecord): ConsentRecord => ({
  ...conclude({ rev, rows, notBefore, life }, decisions, {}),
  // Another act, and it stands no longer for it.
  at: at + 1,
  exp,
});

/** Undefined when the answer says what already stands, so that a site may repeat it on every page. */
export const decide = (
  old: ConsentRecord | undefined,
  values: Readonly<Record<string, boolean>>,
  act: Act,
): ConsentRecord | undefined => {
  const decisions: Record<string, Decided> = { ...old?.decisions };
  const wishes = { ...values };
  let isChanged: true | undefined;
  for (const purpose of purposes) {
    const { id, materialHash, requires = [] } = purpose;
    const recorded = decisions[id];
    // Denying one denies what requires it.
    if (requires.some((one) => wishes[one] === false)) wishes[id] = false;
    // An objection stands: of all there is only the switch of that very purpose, saved, lifts it.
    const isObjected = recorded?.source === 'object' && !(wishes[id] && act.action === 'save');
    wishes[id] &&= !isObjected;
    const said = {
      value: wishes[id] ? 'granted' : 'denied',
      // What of it matters later: `object`, `region`.
      source: isObjected ? 'object' : (act.kind?.slice(0, 6) ?? 'user'),
      at: stands(recorded, purpose) && recorded?.at,
      materialHash,
      ack: act.gpcAck,
    };
    if ((wishes[id] && isShut) || wishes[id] == null || JSON.stringify(said) === JSON.stringify(recorded)) continue;
    decisions[id] = { ...said, at: now() } as Decided;
    isChanged = true;
  }
  if (isChanged) return conclude(old ?? {}, decisions, act);
};
