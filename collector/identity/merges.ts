// Why identifiers are one person (R12): every claim and join, from the namings, joins and pins. Reads only.

import type { NodeKind } from './graph.js';
import { deriveMergeId, type IdentityStore } from './store.js';

export interface MergeEntry {
  id: string;
  at: number;
  cause: string;
  reason: string;
  identifiers: { type: NodeKind; value: string }[];
  undoneAt: number | null;
}

/** Every join and claim that touches a person, newest first; undone ones stay in the list. */
export const mergesOf = (identity: IdentityStore, leader: number): MergeEntry[] => {
  const entries = new Map<string, MergeEntry>();
  const add = (cause: string, at: number, reason: string, a: number, b: number): void => {
    const one = identity.node(a);
    const other = identity.node(b);
    if (!one || !other) return;
    const id = deriveMergeId(cause, `${one.kind}:${one.value}`, `${other.kind}:${other.value}`);
    if (entries.has(id)) return;
    const identifiers = [one, other].map((node) => ({ type: node.kind, value: node.value }));
    entries.set(id, { id, at, cause, reason, identifiers, undoneAt: identity.pin(id)?.undone_at ?? null });
  };
  for (const member of identity.members(leader)) {
    if (member.kind === 'user_id') {
      for (const naming of identity.namingsOfUser(member.id))
        add(naming.mid, naming.at, 'identify', naming.dev, member.id);
    }
    for (const pin of identity.pinsOf(member.id)) add(pin.cause, pin.at, pin.reason, pin.a, pin.b);
  }
  for (const join of identity.joinsOf(leader)) add(join.cause, join.at, join.reason, join.a, join.b);
  return [...entries.values()].sort((x, y) => y.at - x.at || (x.id < y.id ? 1 : -1));
};
