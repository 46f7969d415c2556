// What a consent row beside a batch does to the house: who speaks, and what a withdrawal takes. Consent says what is to
// happen; here it happens to events, sessions, identifiers and profiles, in the caller's transaction. Erasures: erasing.ts.

import { statedRevenue } from '../carts/orders.js';
import type { Candidate } from '../consent/gate.js';
import { type HeldEvent, planWithdrawal, type WithdrawalPlan } from '../consent/rights/withdraw.js';
import { addWithdrawn, type LostEvent, tallyWithdrawn } from '../consent/rights/withdrawn-counts.js';
import type { RowContext, RowResult, Withdrawal } from '../consent/rows/act.js';
import type { WarningCode } from '../contract/codes.js';
import type { AcceptedEvent } from '../events/event.js';
import { parseBody } from '../events/store.js';
import { gateAnonymousId } from '../identity/identifier.js';
import type { Submission } from '../log/log.js';
import { findsNobody, forgetAndNarrow } from './forget.js';
import type { WorkingSet } from './working-set.js';

const placed = 'Order Completed';
/** By either there is an order, whoever tells of it (C8). */
const states: ReadonlySet<string | null> = new Set([placed, 'Order Updated']);

/** Who is logged in on a device now: the user of its open session. */
const userOf = (set: WorkingSet, visitorId: string): string | null => {
  const node = set.findNode('anonymous_id', visitorId);
  const user = node ? set.device(node.id).state.session?.user : null;
  return user == null ? null : (set.nodeById(user)?.value ?? null);
};

export const rowContext = (
  set: WorkingSet,
  submission: Pick<Submission, 'receivedAt' | 'gpc' | 'origin' | 'country' | 'region' | 'placedBy'>,
  sentAt: number | null,
  sdkVersion: string | null = null,
): RowContext => ({
  receivedAt: submission.receivedAt,
  sentAt,
  gpc: submission.gpc,
  origin: submission.origin,
  country: submission.region ?? submission.country,
  ...(submission.placedBy && { countryBy: submission.placedBy }),
  sdkVersion,
  userOf: (visitorId) => userOf(set, visitorId),
  visitorIdOf: (visitorId) => {
    const gated = gateAnonymousId(visitorId, { reservedEmail: 'allow' });
    return gated.ok ? gated.value : null;
  },
});

/** What the store knows of a candidate's device: whose session it is in, and whether an erased person was there (R14, R15). */
export const situated = (set: WorkingSet, candidate: Candidate): Candidate => {
  const node = candidate.anonymousId === null ? undefined : set.findNode('anonymous_id', candidate.anonymousId);
  if (!node) return candidate;
  const { state, circumstances } = set.device(node.id);
  const session = state.session;
  const inSession = session !== null && candidate.at - session.lastActivityAt <= set.rules.sessions.idleMaxMs;
  const person = inSession && session.user !== null ? (set.nodeById(session.user)?.value ?? null) : null;
  const { marks } = circumstances;
  if (person === null && marks.length === 0) return candidate;
  let amongErased = false;
  if (candidate.userId === null) {
    for (const name of new Set(marks.map((mark) => mark.person))) {
      const instants = marks.filter((mark) => mark.person === name).map((mark) => mark.at);
      if (candidate.at >= Math.min(...instants) && candidate.at <= Math.max(...instants)) amongErased = true;
    }
  }
  return { ...candidate, person, amongErased };
};

/** One answer too many ends a consent (docs/decisions/0820): nobody gives so many, so a page does. */
export const isFull = (row: RowResult): boolean => row.kind === 'full' || (row.kind === 'accepted' && !!row.isFull);

/** What a row asks to be done to what is already here. */
export const applyRow = (set: WorkingSet, row: RowResult): void => {
  if (isFull(row)) set.warn('consent_full' satisfies WarningCode);
  if ('withdrawal' in row && row.withdrawal) withdraw(set, row.withdrawal);
};

export const withdraw = (set: WorkingSet, withdrawal: Withdrawal): void => {
  const devices = new Set<number>();
  const node = withdrawal.visitorId === null ? undefined : set.findNode('anonymous_id', withdrawal.visitorId);
  if (node) devices.add(node.id);
  for (const receipt of withdrawal.receipts) for (const dev of set.events.devicesUnder(receipt)) devices.add(dev);

  const bodies = new Map<number, AcceptedEvent>();
  const held: HeldEvent[] = [];
  for (const dev of devices) {
    for (const row of set.events.ofDevice(dev)) {
      const { type, name, receipt, purposes } = bodies.set(row.seq, parseBody(row)).get(row.seq)!;
      held.push({ seq: row.seq, type, name, receipt, purposes });
    }
  }
  const plan = planWithdrawal(withdrawal, held);
  if (withdrawal.onWithdraw === 'anonymise') addWithdrawn(set.sql, tallyWithdrawn(lostBy(set, plan, bodies)));
  forgetAndNarrow(set, plan, bodies);
};

/** What goes for good with this plan. Bots are nobody, and an order that somebody else told of stays one. */
const lostBy = (set: WorkingSet, plan: WithdrawalPlan, bodies: ReadonlyMap<number, AcceptedEvent>): LostEvent[] => {
  const stranded = plan.narrowed.filter((narrowing) => findsNobody(bodies.get(narrowing.seq)!, narrowing));
  const lost = new Set([...plan.deleted, ...stranded.map(({ seq }) => seq)]);
  const counted = new Set<string>();
  const isTold = (order: string): boolean => {
    const isStated = (seq: number): boolean => {
      const row = lost.has(seq) ? undefined : set.events.row(seq);
      return row !== undefined && states.has(parseBody(row).name);
    };
    // A server that names no user carries no key: it looks for its person by them (R4).
    const { lookups, seekers } = set.identity;
    return lookups('order', order).some(({ seq }) => isStated(seq)) || seekers('order', order).some(isStated);
  };
  const orderOf = (event: AcceptedEvent): LostEvent['order'] => {
    const order = event.name === placed ? event.keys.find(({ kind }) => kind === 'order')?.value : undefined;
    if (order === undefined || counted.has(order) || isTold(order)) return null;
    counted.add(order);
    return statedRevenue({ ...event, sessionId: null, ownedBecause: 'unowned' });
  };
  return [...lost].flatMap((seq) => {
    const event = bodies.get(seq)!;
    return event.bot === null ? [{ at: event.at, type: event.type, name: event.name, order: orderOf(event) }] : [];
  });
};
