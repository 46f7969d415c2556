// Takes events out of the house: the row, what was read from it, and the identifiers nothing else carries. What remains is
// folded again, so that it is exactly what the remaining events say (R14, consent.md section 6).

import { isReadAlike, type Narrowing, without } from '../consent/rights/withdraw.js';
import { packBody } from '../events/body.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody } from '../events/store.js';
import { countedUnder, discountEvent } from './floods.js';
import { forgetNodes, forgetRead, type Loose, nothingLoose, seeAgain, waitingNamings } from './loose.js';
import { beatOf, beatSlotMs, noteHints, record } from './record.js';
import { answeredBy, decideAskers, decideServerEvent } from './resolve.js';
import { circumstancesOf, type WorkingSet } from './working-set.js';

/** Deletes these events. The caller's transaction ends with `finish`, which folds what is spoilt. */
export const forgetEvents = (set: WorkingSet, seqs: Iterable<number>): number => {
  const { count, loose } = forgetRows(set, seqs);
  tieUp(set, loose);
  return count;
};

/**
 * Only the rows, and what was read from them. Until `tieUp` gets what this leaves loose, nothing is folded again: a long
 * history goes in many transactions, and is folded once.
 */
export const forgetRows = (set: WorkingSet, seqs: Iterable<number>): { count: number; loose: Loose } => {
  const loose = nothingLoose();
  let count = 0;
  for (const seq of seqs) {
    const row = set.events.row(seq);
    if (!row) continue;
    forgetOne(set, row, loose);
    count += 1;
  }
  return { count, loose };
};

/**
 * Everything deletions left loose is folded or decided again with this transaction. `anew` records what stays with less of
 * what was deleted: before it is asked which identifiers nothing carries, for with one goes what staff said of it (R12). How
 * many identifiers went.
 */
export const tieUp = (set: WorkingSet, loose: Loose, anew: () => void = () => {}): number => {
  for (const seq of loose.seekers) set.spoiltSeekers.add(seq);
  for (const id of loose.persons) set.spoiltPersons.add(id);
  for (const id of loose.profiles) {
    set.spoiltProfiles.add(id);
    set.withoutNews.add(id);
  }
  for (const dev of loose.devices) {
    // Noted by a transaction before this one, and gone since then.
    if (!set.nodeById(dev)) continue;
    set.device(dev).circumstances = circumstancesOf(set, dev);
    set.spoiltDevices.add(dev);
  }
  noteHints(set, loose);
  // What had found a device by what is gone carries its name no longer; with the devices folded it is decided once more.
  for (const seq of loose.seekers) decideServerEvent(set, seq);
  decideAskers(set);
  const waiting = waitingNamings(set);
  for (const id of loose.nodes) seeAgain(set, id, waiting.get(id) ?? []);
  anew();
  return forgetNodes(set, loose.nodes, waitingNamings(set));
};

/** Without its person an event can only be counted under the page's session; a server's would find its owner by that. */
export const findsNobody = (event: AcceptedEvent, { identity }: Pick<Narrowing, 'identity'>): boolean =>
  identity && (event.sessionHint === null || event.trust === 'secret');

/** What became of a plan: how many events are still there, and how many were folded anew or went. */
export interface Narrowed {
  kept: number;
  folded: number;
}

/**
 * Deletes some events and keeps others with less: a fact of its own from here on, the same event, permitted less, in the
 * place it had in the order of arrival. One that nothing is left to find by goes too. Where nothing that was read from an
 * event changes, its row alone is written.
 */
export const forgetAndNarrow = (
  set: WorkingSet,
  plan: { deleted: readonly number[]; narrowed: readonly Narrowing[] },
  bodies: ReadonlyMap<number, AcceptedEvent>,
): Narrowed => {
  const anew: Narrowing[] = [];
  for (const narrowing of plan.narrowed) {
    const event = bodies.get(narrowing.seq)!;
    if (isReadAlike(event, narrowing)) set.events.rewrite(narrowing.seq, packBody(without(event, narrowing)));
    else anew.push(narrowing);
  }
  const { loose } = forgetRows(set, [...plan.deleted, ...anew.map(({ seq }) => seq)]);
  let kept = plan.narrowed.length - anew.length;
  tieUp(set, loose, () => {
    for (const narrowing of anew) {
      const event = without(bodies.get(narrowing.seq)!, narrowing);
      if (findsNobody(event, narrowing)) continue;
      record(set, event, narrowing.seq);
      kept += 1;
    }
  });
  return { kept, folded: plan.deleted.length + anew.length };
};

const forgetOne = (set: WorkingSet, row: EventRow, loose: Loose): void => {
  const event = parseBody(row);
  const { identity } = set;
  for (const node of row.flags & flag.bot ? [] : countedUnder(set, row)) discountEvent(set, node, row.at, loose);
  forgetRead(set, row, event, loose);
  identity.deleteSeekers(row.seq);
  for (const asker of answeredBy(set, row.seq)) loose.seekers.add(asker);
  identity.deleteHearsay(row.seq);
  if (event.type === 'alias') {
    identity.deleteRename(event.messageId);
    if (event.previousId) {
      for (const kind of ['user_id', 'anonymous_id'] as const) {
        const node = set.findNode(kind, event.previousId);
        if (!node) continue;
        loose.nodes.add(node.id);
        loose.persons.add(node.id);
      }
    }
  }
  const beat = beatOf(event);
  if (beat && row.dev !== null) set.events.deleteBeat(row.dev, beat.pageView, Math.floor(event.at / beatSlotMs));
  set.events.delete(row.seq);
  if (row.dev !== null) {
    loose.nodes.add(row.dev);
    if (!(row.flags & flag.bot)) loose.devices.add(row.dev);
  }
  if (row.usr !== null) loose.nodes.add(row.usr);
  if (row.owner !== null) {
    loose.nodes.add(row.owner);
    loose.profiles.add(row.owner);
    loose.persons.add(row.owner);
  }
};
