// What becomes of one event (consent.md, section 4; semantics R14, R15). Pure: everything that must be known is handed in
// as facts, and the same facts give the same judgement. It must never read a table or a clock.

import type { DropCode, HoldCode } from '../contract/codes.js';
import type { Receipt } from '../contract/ids.js';
import { limits } from '../contract/limits.js';
import type { Purpose } from '../contract/purposes.js';
import type { EventType } from '../events/event.js';
import type { KeyContext } from '../log/log.js';
import { bitOf, everything, grantable, isPurpose, type Mask, maskOf, purposesOf, withDependants } from './mask.js';
import type { Policy } from './policy/policy.js';
import { mayReturn, type Tombstone } from './rights/tombstones.js';
import type { PersonDenial } from './store/persons.js';
import type { ReceiptState } from './store/receipts.js';

/** What the gate must know of an event. Identifiers are normalised (R2), claimed ones among them. */
export interface Candidate {
  type: EventType;
  /** Canonical name of a track. */
  name: string | null;
  /** The instant `t`. */
  at: number;
  receivedAt: number;
  anonymousId: string | null;
  userId: string | null;
  /** Whose device it is as far as is known: the user of its session. For R15 only. */
  person?: string | null;
  /** alias. */
  previousId?: string | null;
  contacts?: readonly { kind: 'email' | 'phone' | `external:${string}`; value: string }[];
  /** `context.consent.receipt`, as given. */
  receipt: unknown;
  /** It says that it was held in the page until the grant. */
  preConsent?: boolean;
  /** `context.consent.categoryPreferences`. */
  preferences?: Readonly<Record<string, unknown>> | null;
  /** It names nobody and lies between the first and the last naming of an erased person on a device of others (R14). */
  amongErased?: boolean;
}

export interface Facts {
  key: Pick<KeyContext, 'trust' | 'mode' | 'purposes' | 'categories'>;
  policy: Pick<Policy, 'available' | 'gpcDeny' | 'preConsentMaxMs'>;
  /** `Sec-GPC: 1` on the request, or the page's own signal in the row beside it. */
  gpc: boolean;
  tombstones: {
    visitor: Tombstone | null;
    receipt: Tombstone | null;
    /** Of the user id and of what an alias renames. */
    users: readonly { value: string; tombstone: Tombstone }[];
    contacts: readonly { index: number; tombstone: Tombstone }[];
  };
  /** null: not in the ledger. `refused`: the row beside the batch was not accepted, and none will be. */
  receipt: ReceiptState | 'refused' | null;
  /** The event's anonymous id is the one the receipt is bound to, or it has none. */
  bound: boolean;
  denial: PersonDenial;
  /** What the device itself objects to (art. 21), by whatever it is known. */
  objected: Mask;
}

/** What the answer tells the device. */
export type DeviceState = 'erased' | 'withdrawn' | 'stale';

export interface Strip {
  anonymousId: boolean;
  userId: boolean;
  traits: boolean;
  /** Which of the candidate's contacts go; `all` when no contact may be kept. */
  contacts: 'all' | readonly number[];
  clickIds: boolean;
}

export interface Pass {
  kind: 'pass';
  /** What the event may be used for, from now on and only. */
  purposes: readonly Purpose[];
  receipt: Receipt | null;
  strip: Strip;
  /** Who returns with it after an erasure: to be noted once the event is kept. */
  opens: readonly { kind: Tombstone['kind']; value: string; at: number }[];
  /** The receipt was given by somebody logged in: it is their act as a person too (R15), to be noted once kept. */
  personAct: { userId: string; receipt: string } | null;
  gpc: boolean;
  state?: DeviceState;
}

export type Judgement =
  | Pass
  | { kind: 'held'; code: HoldCode }
  | { kind: 'dropped'; code: DropCode; state?: DeviceState };

/** Events that follow the grant within this time were made by whoever was logged in when granting. */
const sameActMaxMs = 5_000;
/** How far before its grant an event may lie: two requests of one device need not agree on its clock. */
const grantToleranceMs = 2 * 60_000;

const measurement = bitOf('measurement');
const personalisation = bitOf('personalisation');
const marketing = bitOf('marketing');

/** The least purpose that permits an event (product.md, "Purposes of events"). */
export const purposeOf = (type: EventType, name: string | null): Purpose => {
  switch (type) {
    case 'identify':
    case 'alias':
    case 'group':
      return 'personalisation';
    case 'page':
    case 'screen':
      return 'measurement';
    case 'track':
      if (name === 'Survey Answered') return 'personalisation';
      return name?.startsWith('Message ') ? 'marketing' : 'measurement';
  }
};

const receiptShape = /^[A-Za-z0-9_-]{22}$/;
export const isReceipt = (value: unknown): value is Receipt => typeof value === 'string' && receiptShape.test(value);

const dropped = (code: DropCode, state?: DeviceState): Judgement =>
  state ? { kind: 'dropped', code, state } : { kind: 'dropped', code };

/** What a foreign client's own banner says. A purpose that one category grants and another denies is denied. */
export const preferencesOf = (
  preferences: Readonly<Record<string, unknown>> | null | undefined,
  categories: Readonly<Record<string, Purpose>>,
): { granted: Mask; denied: Mask } => {
  let granted = 0;
  let denied = 0;
  for (const [name, value] of Object.entries(preferences ?? {})) {
    const purpose = Object.hasOwn(categories, name) ? categories[name] : isPurpose(name) ? name : undefined;
    if (!purpose) continue;
    if (value === true) granted |= bitOf(purpose);
    else denied |= bitOf(purpose);
  }
  return { granted: grantable(granted & ~denied), denied };
};

/** R14: the tombstones. What is left open is whether the grant that would let somebody return is known at all. */
const judgeTombstones = (
  event: Candidate,
  facts: Facts,
  mode: KeyContext['mode'],
): { judgement: Judgement } | { opens: Pass['opens']; contacts: readonly number[]; device: boolean } => {
  const { visitor, receipt, users, contacts } = facts.tombstones;
  if (receipt) return { judgement: dropped(receipt.cause, receipt.cause) };
  // A withdrawal takes back consent. What the shop's own server keeps on another basis (an order) stays, without the device.
  const device = visitor?.cause === 'withdrawn' && facts.key.trust === 'secret';
  if (visitor && !device) return { judgement: dropped(visitor.cause, visitor.cause) };
  if (event.amongErased) return { judgement: dropped('erased') };
  if (users.length === 0 && contacts.length === 0) return { opens: [], contacts: [], device };

  const ledger = facts.receipt === 'refused' ? null : facts.receipt;
  // Not decided, and nothing stored: the row that decides it may come with the next batch.
  if (mode === 'ledger' && facts.receipt === null && isReceipt(event.receipt))
    return { judgement: { kind: 'held', code: 'unknown_receipt' } };
  const grants = ledger && ledger.seq !== null ? ledger.granted & ledger.valid & ledger.cap & personalisation : 0;
  const returns = (tombstone: Tombstone): boolean => {
    if (mode === 'ledger') return ledger !== null && grants !== 0 && facts.bound && mayReturn(tombstone, ledger);
    // Nothing else carries a grant with a date: it may only follow a return that has happened.
    return tombstone.openedAt !== null && event.at >= tombstone.openedAt;
  };
  const opens: { kind: Tombstone['kind']; value: string; at: number }[] = [];
  for (const { value, tombstone } of users) {
    if (!returns(tombstone)) return { judgement: dropped('erased', 'erased') };
    if (tombstone.openedAt === null && ledger) opens.push({ kind: tombstone.kind, value, at: ledger.effectiveAt });
  }
  const gone: number[] = [];
  for (const { index, tombstone } of contacts) {
    if (returns(tombstone)) {
      const contact = event.contacts?.[index];
      if (tombstone.openedAt === null && ledger && contact)
        opens.push({ kind: tombstone.kind, value: contact.value, at: ledger.effectiveAt });
    } else if (event.userId !== null || event.anonymousId !== null) {
      // Somebody else's event that mentions an erased address: the event is theirs, the address is not kept.
      gone.push(index);
    } else return { judgement: dropped('erased') };
  }
  return { opens, contacts: gone, device };
};

/**
 * Consent.md section 4, checks 2 to 7, in their order. What each code says, and the state that goes with it:
 *
 * | code              | state     | it means                                                                                  |
 * |-------------------|-----------|-------------------------------------------------------------------------------------------|
 * | `erased`          | erased    | the device, its receipt, or the person it names is erased and has not returned            |
 * | `erased`          |           | only a part is: an unnamed event among an erased person's, an erased address by itself    |
 * | `withdrawn`       | withdrawn | the device has taken back all it had granted, however old the event is                    |
 * | `withdrawn`       |           | the person has said no while logged in, perhaps elsewhere (R15): the device's record stands |
 * | `withdrawn`       |           | the person or the device objects (art. 21), on whatever basis it would be kept            |
 * | `gpc`             |           | the event needs a purpose that the opt-out signal denies                                  |
 * | `no_receipt`      |           | none, no such, somebody else's, or one whose row was refused for good                     |
 * | `unknown_receipt` |           | held: its row has not come yet                                                            |
 * | `expired`         | stale     | arrived after the receipt's end                                                           |
 * | `superseded`      |           | happened when another receipt was already in force                                        |
 * | `policy`          | stale     | needs a purpose whose terms have changed since                                            |
 * | `late`            |           | needs a purpose its receipt granted and that was taken back before it arrived; others stand |
 * | `too_early`       |           | happened before its grant, and the policy holds nothing back until then                   |
 * | `stale_event`     |           | a public key's event of more than 30 days ago                                             |
 * | `no_consent`      |           | the foreign banner granted nothing                                                        |
 * | `purpose`         |           | needs a purpose that was not granted                                                      |
 *
 * A kept event says `stale`, too, where some purpose was left out because its terms changed.
 */
export const judge = (event: Candidate, facts: Facts): Judgement => {
  const mode = facts.key.trust === 'secret' ? 'external' : facts.key.mode;
  const need = bitOf(purposeOf(event.type, event.name));

  const out = judgeTombstones(event, facts, mode);
  if ('judgement' in out) return out.judgement;

  const known =
    facts.receipt !== null && facts.receipt !== 'refused' && facts.receipt.seq !== null ? facts.receipt : null;
  const awaited = mode === 'ledger' && known === null && facts.receipt !== 'refused' && isReceipt(event.receipt);
  const signalled = facts.gpc ? facts.policy.gpcDeny & ~(mode === 'ledger' && known ? known.ack : 0) : 0;
  if (need & signalled && !awaited) return dropped('gpc');
  // Who decides while logged in decides as a person; the page reports the login at the instant of the decision (R15).
  const sameAct =
    mode === 'ledger' &&
    known !== null &&
    event.userId !== null &&
    Math.abs(event.at - known.effectiveAt) <= sameActMaxMs;
  const lifted = sameAct && known.effectiveAt > facts.denial.at ? facts.denial.denied & known.chosen & known.cap : 0;
  const denied = (facts.denial.denied & ~lifted) | facts.objected;
  const objected = facts.denial.objected | facts.objected;
  const acts = lifted !== 0 || (sameAct && (known.refused & ~facts.denial.denied) !== 0);

  let purposes: Mask;
  let stale = false;
  let withdrawn: Mask = 0;
  switch (mode) {
    case 'external':
      purposes = grantable(maskOf(facts.key.purposes));
      // The kill switch is of pages: what the shop's own server keeps of its orders does not come from one.
      if (facts.key.trust === 'public') purposes &= facts.policy.available;
      // Consent taken back leaves other bases alone; an objection (art. 21) does not.
      withdrawn = withDependants(purposes & objected);
      purposes &= ~objected;
      break;
    case 'claimed': {
      const claimed = preferencesOf(event.preferences, facts.key.categories).granted & facts.policy.available;
      if (claimed === 0) return dropped('no_consent');
      withdrawn = withDependants(claimed & denied);
      purposes = claimed & ~denied;
      break;
    }
    case 'ledger': {
      if (!isReceipt(event.receipt) || facts.receipt === 'refused') return dropped('no_receipt');
      const receipt = facts.receipt;
      if (receipt === null) return { kind: 'held', code: 'unknown_receipt' };
      if ((receipt.granted & receipt.cap) === 0 && receipt.deniedAfter === everything)
        return dropped('withdrawn', 'withdrawn');
      if (receipt.seq === null) return { kind: 'held', code: 'unknown_receipt' };
      if (!facts.bound) return dropped('no_receipt');
      if (event.receivedAt >= receipt.expiresAt) return dropped('expired', 'stale');

      const decided = grantable(receipt.granted & ~preferencesOf(event.preferences, facts.key.categories).denied);
      const standing = grantable(decided & receipt.valid);
      stale = standing !== decided;
      const gone = standing & receipt.deniedAfter;
      const left = grantable(standing & receipt.cap);
      if (gone & measurement) return dropped('withdrawn', 'withdrawn');
      if (receipt.supersededAt !== null && event.at >= receipt.supersededAt) return dropped('superseded');
      if (need & decided & ~standing) return dropped('policy', 'stale');
      if (need & gone) return dropped('late');
      // Said as a person, perhaps on another device: this one's own record stands, so the answer names no state.
      withdrawn = withDependants(left & denied);
      if (need & withdrawn) return dropped('withdrawn');
      purposes = left & ~denied;
      const earliest = receipt.effectiveAt - grantToleranceMs - (event.preConsent ? facts.policy.preConsentMaxMs : 0);
      if (event.at < earliest) return dropped('too_early');
      break;
    }
  }
  if (need & withdrawn) return dropped('withdrawn');

  if (facts.key.trust === 'public' && event.receivedAt - event.at > limits.lateMaxMs) return dropped('stale_event');

  purposes = grantable(purposes & ~signalled);
  if (!(purposes & need)) return dropped('purpose');

  const personal = (purposes & personalisation) !== 0;
  const pass: Pass = {
    kind: 'pass',
    purposes: purposesOf(purposes),
    receipt: mode === 'ledger' && known ? (known.receipt as Receipt) : null,
    strip: {
      anonymousId: !personal || out.device,
      userId: !personal,
      traits: !personal,
      contacts: personal ? out.contacts : 'all',
      clickIds: !(purposes & marketing),
    },
    opens: personal ? out.opens : [],
    personAct: acts && personal && event.userId !== null ? { userId: event.userId, receipt: known!.receipt } : null,
    gpc: facts.gpc,
  };
  if (stale) pass.state = 'stale';
  return pass;
};
