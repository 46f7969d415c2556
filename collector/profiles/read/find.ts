// Whom an identifier means: the profile it is in now, its present owner first.

import type { OrderTellings } from '../../carts/tellings.js';
import { assurances } from '../../contract/purposes.js';
import type { EventRow } from '../../events/store.js';
import type { NodeKind } from '../../identity/graph.js';
import { gateAnonymousId, gateEmail, gateIdentifier, gateLookupKey, gatePhone } from '../../identity/identifier.js';
import type { identityStore, NodeRow } from '../../identity/store.js';
import type { Sql } from '../../store/sql.js';
import type { IdentifierQuery } from '../reading.js';
import type { profileStore } from '../store.js';

export const findOf = (
  sql: Sql,
  identity: ReturnType<typeof identityStore>,
  profiles: ReturnType<typeof profileStore>,
  tellings: OrderTellings,
) => {
  const latestOwner = sql.prepare<{ owner: number }>(
    'SELECT owner FROM events WHERE dev = ? AND owner IS NOT NULL ORDER BY at DESC, seq DESC LIMIT 1',
  );
  const ownsOwn = sql.prepare('SELECT 1 FROM device_owners WHERE owner = ? AND dev = ?');

  /** The profile an identifier is in now. A device whose every event was claimed is in its present owner's. */
  const leaderOf = (node: NodeRow): number => {
    if (node.kind !== 'anonymous_id' || node.leader !== node.id || ownsOwn.get(node.id, node.id)) return node.leader;
    const owner = latestOwner.get(node.id)?.owner;
    return owner === undefined ? node.leader : (identity.node(owner)?.leader ?? node.leader);
  };
  const resolve = (id: string): number | null => {
    const node = identity.nodeByHid(id);
    if (!node) return null;
    const leader = leaderOf(node);
    return profiles.state(leader) === undefined ? null : leader;
  };

  const holders = (kind: NodeKind, value: string): number[] => {
    const node = identity.nodeBy(kind, value);
    if (!node) return [];
    const held = identity.contactsOfNode(node.id).flatMap(({ owner, assurance, at }) => {
      const leader = owner === null ? undefined : identity.node(owner)?.leader;
      return leader === undefined ? [] : [{ leader, rank: assurances.indexOf(assurance), at }];
    });
    // What a page only claims comes last, also where it joined the address to the claimer (`emailMerge: claimed`).
    const isProved = ({ rank }: { rank: number }): number => Number(rank > 0);
    const isPresent = ({ leader }: { leader: number }): number => Number(leader === node.leader);
    return held
      .sort((a, b) => isProved(b) - isProved(a) || isPresent(b) - isPresent(a) || b.rank - a.rank || b.at - a.at)
      .map(({ leader }) => leader);
  };
  const leadersBy = (query: IdentifierQuery): number[] => {
    if ('userId' in query) {
      const gated = gateIdentifier(query.userId, { reservedEmail: 'allow' });
      const node = gated.ok ? identity.nodeBy('user_id', gated.value) : undefined;
      return node ? [node.leader] : [];
    }
    if ('anonymousId' in query) {
      const gated = gateAnonymousId(query.anonymousId, { reservedEmail: 'allow' });
      const node = gated.ok ? identity.nodeBy('anonymous_id', gated.value) : undefined;
      if (!node) return [];
      const present = latestOwner.get(node.id)?.owner;
      const owners = identity.ownersOf(node.id);
      return [...(present === undefined ? [] : [present]), ...owners, node.id]
        .map((owner) => identity.node(owner)?.leader)
        .filter((leader) => leader !== undefined);
    }
    if ('email' in query) {
      const gated = gateEmail(withPlus(query.email), { reservedEmail: 'allow' });
      return gated.ok ? holders('email', gated.value) : [];
    }
    if ('phone' in query) {
      const gated = gatePhone(withPlus(query.phone));
      return gated.ok ? holders('phone', gated.value) : [];
    }
    const gated = gateLookupKey(query.orderId);
    if (!gated.ok) return [];
    const seqs = [
      ...identity.lookups('order', gated.value).map((row) => row.seq),
      ...identity.seekers('order', gated.value),
    ];
    const leaders = seqs
      .map((seq) => eventRow.get(seq)?.owner ?? null)
      .filter((owner) => owner !== null)
      .map((owner) => identity.node(owner)?.leader)
      .filter((leader) => leader !== undefined);
    // C8: on whom it counts, whoever told of it first.
    const { owner } = tellings.of(gated.value);
    return owner === null ? leaders : [owner, ...leaders];
  };
  const eventRow = sql.prepare<EventRow>('SELECT * FROM events WHERE seq = ?');

  const byPrefix = sql.prepare<NodeRow>(
    "SELECT * FROM nodes WHERE kind = ? AND value >= ? AND value < ? || x'f4' ORDER BY value LIMIT ?",
  );
  const searchedKinds: readonly NodeKind[] = ['user_id', 'email', 'phone', 'anonymous_id'];

  /** Whoever an identifier names, whole or by its beginning. */
  const leadersLike = (wanted: string, limit: number): number[] => {
    const leaders: number[] = [];
    const exact = identity.nodeByHid(wanted.toLowerCase());
    if (exact) leaders.push(leaderOf(exact));
    for (const query of [
      { userId: wanted },
      { email: wanted },
      { phone: wanted },
      { orderId: wanted },
      { anonymousId: wanted },
    ] as const) {
      leaders.push(...leadersBy(query));
    }
    for (const kind of searchedKinds) {
      const prefix = kind === 'email' ? wanted.toLowerCase() : wanted;
      for (const node of byPrefix.all(kind, prefix, prefix, limit)) {
        leaders.push(leaderOf(node));
        for (const row of identity.contactsOfNode(node.id).slice(0, 20)) {
          if (row.owner !== null) leaders.push(identity.node(row.owner)?.leader ?? row.owner);
        }
      }
    }
    return leaders;
  };

  return { resolve, holders, leadersBy, leadersLike };
};

/** A plus that an address did not write as %2B comes as a space: before a number, or inside an e-mail, which has none. */
const withPlus = (value: string): string => value.replace(/^ (?=\d)|(?<=\S) (?=\S*@)/g, '+');
