// Staff acts upon identity (R12): undo, and an admin merge. Acts are stored facts that a rebuild reads; what follows from
// them is folded like everything else.

import { pinBetween } from '../identity/merges.js';
import { deriveMergeId } from '../identity/store.js';
import { resolve } from './resolve.js';
import { circumstancesOf, type WorkingSet } from './working-set.js';

export type UndoOutcome = { kind: 'undone' | 'already'; undoneAt: number } | { kind: 'unknown' };

/** Pins the two identifiers of a merge apart. A second undo changes nothing. */
export const undoMerge = (set: WorkingSet, mergeId: string, by: string, at: number): UndoOutcome => {
  const { identity } = set;
  const naming = identity.namingByMerge(mergeId);
  const pin = identity.pin(mergeId) ?? (naming && pinBetween(identity, naming.usr, naming.dev));
  if (pin) return { kind: 'already', undoneAt: pin.undone_at };
  const join = naming ? undefined : identity.joinById(mergeId);
  if (!naming && !join) return { kind: 'unknown' };
  const [a, b] = naming ? [naming.dev, naming.usr] : [join!.a, join!.b];
  identity.putPin({
    merge_id: mergeId,
    a,
    b,
    undone_at: at,
    undone_by: by,
    cause: naming ? naming.mid : join!.cause,
    at: naming ? naming.at : join!.at,
    reason: naming ? 'identify' : join!.reason,
  });
  for (const id of [a, b]) {
    set.spoiltPersons.add(id);
    if (set.nodeById(id)?.kind === 'anonymous_id') {
      set.device(id).circumstances = circumstancesOf(set, id);
      set.spoiltDevices.add(id);
    }
  }
  return { kind: 'undone', undoneAt: at };
};

/** The two profiles a merge is about, by the ids their identifiers give. */
export const personsOfMerge = ({ identity, nodeById }: WorkingSet, mergeId: string): string[] => {
  const naming = identity.namingByMerge(mergeId);
  const join = naming ? undefined : identity.joinById(mergeId);
  const pin = naming || join ? undefined : identity.pin(mergeId);
  const [a, b] = naming ? [naming.dev, naming.usr] : join ? [join.a, join.b] : [pin?.a, pin?.b];
  return [a, b].flatMap((id) => (id === undefined ? [] : (nodeById(id)?.hid ?? [])));
};

export type AdminMergeOutcome =
  | { kind: 'merged'; id: string }
  | { kind: 'unknown' }
  | { kind: 'same' }
  /** Told apart by an undo, which is for good. */
  | { kind: 'apart'; undoneAt: number }
  /** `from` has become another user before: whose profile that is. */
  | { kind: 'renamed'; profileId: string }
  /** One person already, under the user id that was to go. */
  | { kind: 'reverse' }
  /** One person already, by another act, which stands whatever becomes of this one. */
  | { kind: 'already'; profileId: string };

/**
 * Makes one `user_id` historical: what was `from` is `into` from now on. Decides whose is whose at once, because the rules of
 * persons may set the act aside (R11, R12). Whoever asks takes the transaction back unless it is `merged`: an act that did
 * nothing is not kept, to do something one day.
 */
export const adminMerge = (set: WorkingSet, from: string, into: string, at: number): AdminMergeOutcome => {
  const source = set.findNode('user_id', from);
  const target = set.findNode('user_id', into);
  if (!source || !target) return { kind: 'unknown' };
  if (source.id === target.id) return { kind: 'same' };
  const leaderOf = ({ id }: { id: number }): number => set.nodeById(id)!.leader;
  const known = set.identity.renamesFrom(source.id).find(({ reason, dst }) => reason === 'staff' && dst === target.id);
  const isOne = leaderOf(source) === leaderOf(target);
  if (isOne && leaderOf(source) === source.id) return { kind: 'reverse' };
  // What made them one is somebody else's act, and so is one of staff the other way round.
  if (isOne && known?.skipped !== null) return { kind: 'already', profileId: set.nodeById(leaderOf(source))!.hid };
  const cause = known?.mid ?? deriveMergeId(`staff from ${from}`, `user_id:${from}`, `user_id:${into}`);
  set.identity.putRename({ mid: cause, seq: null, src: source.id, dst: target.id, at, reason: 'staff' });
  set.spoiltPersons.add(source.id);
  set.spoiltPersons.add(target.id);
  resolve(set);
  const [one, other] = [leaderOf(source), leaderOf(target)];
  if (one !== other) {
    const undoneAt = partedAt(set, one, other);
    return undoneAt === null ? { kind: 'renamed', profileId: set.nodeById(one)!.hid } : { kind: 'apart', undoneAt };
  }
  return { kind: 'merged', id: deriveMergeId(cause, `user_id:${from}`, `user_id:${into}`) };
};

/** When anything of these two was last told apart; null = never. */
const partedAt = ({ identity }: WorkingSet, leader: number, other: number): number | null => {
  const theirs = new Set(identity.members(other).map(({ id }) => id));
  const pins = identity
    .members(leader)
    .flatMap(({ id }) => identity.pinsOf(id).filter(({ a, b }) => theirs.has(a === id ? b : a)));
  return pins.length === 0 ? null : Math.max(...pins.map((pin) => pin.undone_at));
};
