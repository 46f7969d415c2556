// Why identifiers are one person (R12): every claim and join, from the namings, joins and pins. Reads only.

import type { NodeKind } from './graph.js';
import { deriveMergeId, type IdentityStore, type PinRow } from './store.js';

export interface MergeEntry {
  id: string;
  at: number;
  cause: string;
  reason: string;
  identifiers: { type: NodeKind; value: string }[];
  undoneAt: number | null;
}

/** What parts these two, whichever act of theirs was undone: an earlier naming gives the same claim another cause, and no life. */
export const pinBetween = (identity: IdentityStore, a: number, b: number): PinRow | undefined =>
  identity.pinsOf(a).find((pin) => pin.a === b || pin.b === b);

/** Every join and claim that touches a person, newest first; undone ones stay in the list. */
export const mergesOf = (identity: IdentityStore, leader: number): MergeEntry[] => {
  const entries = new Map<string, MergeEntry>();
  const add = (
    { cause, at, reason, a, b }: Pick<PinRow, 'cause' | 'at' | 'reason' | 'a' | 'b'>,
    undoneAt: number | null,
  ): void => {
    const one = identity.node(a);
    const other = identity.node(b);
    if (!one || !other) return;
    const id = deriveMergeId(cause, `${one.kind}:${one.value}`, `${other.kind}:${other.value}`);
    if (entries.has(id)) return;
    const identifiers = [one, other].map((node) => ({ type: node.kind, value: node.value }));
    entries.set(id, { id, at, cause, reason, identifiers, undoneAt });
  };
  for (const member of identity.members(leader)) {
    for (const pin of identity.pinsOf(member.id)) add(pin, pin.undone_at);
    if (member.kind !== 'user_id') continue;
    for (const { dev, at, mid } of identity.namingsOfUser(member.id)) {
      const undoneAt = pinBetween(identity, member.id, dev)?.undone_at ?? null;
      add({ cause: mid, at, reason: 'identify', a: dev, b: member.id }, undoneAt);
    }
  }
  for (const join of identity.joinsOf(leader)) add(join, null);
  return [...entries.values()].sort((x, y) => y.at - x.at || (x.id < y.id ? 1 : -1));
};
