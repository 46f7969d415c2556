// Who is one person: joins users, devices' remainders and contacts into profiles (R5, R7, R11, R12, R13). Pure: a list of
// nodes, edges and staff acts in, a partition and the log of its joins out, whatever order they arrived in.

import { type Assurance, assurances } from '../contract/purposes.js';
import { compareEvents } from '../events/event.js';

/** `session_hint`: the page visits of someone who granted `measurement` alone; sessions are counted, nobody owns them. */
export type NodeKind = 'user_id' | 'anonymous_id' | 'email' | 'phone' | `external:${string}` | 'session_hint';

export interface GraphNode {
  id: number;
  kind: NodeKind;
  value: string;
  /** The earliest event that carries it. */
  firstAt: number;
  firstId: string;
  /** Users, devices and contacts that own events are persons; a contact that owns none only joins others. */
  isPerson: boolean;
  /** Of a user: the devices they are named on, as far as R1 lets them count. */
  namedOn: readonly number[];
}

/** An event of `owner` that carries `contact`. */
export interface ContactEdge {
  owner: number;
  contact: number;
  assurance: Assurance;
  at: number;
  messageId: string;
}

/** R11, or a staff merge (R12): `from` becomes historical. */
export interface Rename {
  from: number;
  into: number;
  at: number;
  messageId: string;
  reason: 'alias' | 'staff';
}

export interface Join {
  cause: string;
  at: number;
  reason: 'alias' | 'staff' | 'email' | 'phone' | 'external';
  /**
   * What an undo pins apart. Of a rename, and of a device by its alias, the two that the act itself names, the old name before
   * the new: the seniors of the moment follow from other acts, and with one of those undone the pin would part somebody else.
   * An address names nobody: there it is the seniors of both sides as they were when joined.
   */
  identifiers: [number, number];
}

export interface Person {
  /** The node whose identifier gives the profile its id. */
  senior: number;
  members: number[];
  historicalUsers: number[];
}

export interface Partition {
  persons: Person[];
  joins: Join[];
  /** Skipped edges and ignored renames, with the event that brought them. */
  warnings: Skipped[];
}

/** Why an edge or a rename joined nobody. */
export type SkipCode = 'alias_ignored' | 'join_conflict' | 'join_pinned' | 'profile_limit';

export interface Skipped {
  code: SkipCode;
  messageId: string;
  /** The contact of the edge; null: it was a rename. */
  contact: number | null;
}

/** R1. */
export const personCaps: Readonly<Record<string, number>> = { email: 5, phone: 5, anonymous_id: 50 };

export type EmailMerge = 'off' | 'transactional' | 'claimed';

/** R7: the site's option is about e-mails and phones. An external id and an alias join from `transactional` on, always. */
export const joinsPeople = (kind: NodeKind, assurance: Assurance, emailMerge: EmailMerge): boolean => {
  const needed = kind === 'email' || kind === 'phone' ? emailMerge : 'transactional';
  return needed !== 'off' && assurances.indexOf(assurance) >= assurances.indexOf(needed);
};

interface Group {
  members: number[];
  live: Set<number>;
  historical: number[];
  /** What R1 bounds, by kind. Devices are those whose remainder is in it and those its users are named on, each once. */
  capped: Map<string, Set<number>>;
  isPerson: boolean;
}

/** R1. A side that brings none of a kind passes no cap, however many a rename has given the other (R11 is bound by none). */
const passesCap = (a: Group, b: Group): boolean =>
  Object.entries(personCaps).some(([kind, cap]) => {
    const [some, others] = [a.capped.get(kind), b.capped.get(kind)];
    if (!some || !others || some.size + others.size <= cap) return false;
    const all = new Set([...some, ...others]).size;
    return all > cap && all > some.size && all > others.size;
  });

const cappedOf = ({ id, kind, isPerson, namedOn }: GraphNode): [string, Set<number>][] => {
  if (kind === 'user_id') return namedOn.length === 0 ? [] : [['anonymous_id', new Set(namedOn)]];
  // The old name of an alias is looked for among devices too, and where there is none it takes nobody's place.
  const counts = personCaps[kind] !== undefined && (kind !== 'anonymous_id' || isPerson);
  return counts ? [[kind, new Set([id])]] : [];
};

export const partition = (
  nodes: readonly GraphNode[],
  edges: readonly ContactEdge[],
  renames: readonly Rename[],
  pins: readonly (readonly [number, number])[],
): Partition => {
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const groupOf = new Map<number, Group>();
  for (const node of nodes) {
    groupOf.set(node.id, {
      members: [node.id],
      live: new Set(node.kind === 'user_id' ? [node.id] : []),
      historical: [],
      capped: new Map(cappedOf(node)),
      isPerson: node.isPerson,
    });
  }
  const apart = new Map<number, Set<number>>();
  for (const [a, b] of pins) {
    if (!apart.has(a)) apart.set(a, new Set());
    if (!apart.has(b)) apart.set(b, new Set());
    apart.get(a)!.add(b);
    apart.get(b)!.add(a);
  }
  const pinned = (a: Group, b: Group): boolean =>
    a.members.some((member) => {
      const others = apart.get(member);
      return others !== undefined && b.members.some((other) => others.has(other));
    });
  const joinedAt = firstEdges(edges);
  const senior = (group: Group): number =>
    seniorOf(
      group.members.map((id) => {
        const node = nodeOf.get(id)!;
        const first = node.kind === 'user_id' || node.kind === 'anonymous_id' ? undefined : joinedAt.get(id);
        return first ? { ...node, firstAt: first.at, firstId: first.messageId } : node;
      }),
      group.live,
    );

  const joins: Join[] = [];
  const warnings: Partition['warnings'] = [];
  const unite = (
    a: Group,
    b: Group,
    { identifiers, ...by }: Omit<Join, 'identifiers'> & { identifiers: Join['identifiers'] | null },
  ): void => {
    if (a.isPerson && b.isPerson) joins.push({ ...by, identifiers: identifiers ?? [senior(a), senior(b)] });
    for (const member of b.members) groupOf.set(member, a);
    a.members.push(...b.members);
    for (const user of b.live) a.live.add(user);
    a.historical.push(...b.historical);
    for (const [kind, ids] of b.capped) {
      const known = a.capped.get(kind);
      if (!known) a.capped.set(kind, ids);
      else for (const id of ids) known.add(id);
    }
    a.isPerson ||= b.isPerson;
  };

  // R11: by (t, messageId); a second rename of the same id and a cycle are ignored.
  const renamed = new Map<number, number>();
  const finalName = (user: number): number => {
    let name = user;
    while (renamed.has(name)) name = renamed.get(name)!;
    return name;
  };
  for (const rename of [...renames].sort(compareEvents)) {
    const from = groupOf.get(rename.from);
    const into = groupOf.get(rename.into);
    if (!from || !into || rename.from === rename.into) continue;
    if (renamed.has(rename.from) || finalName(rename.into) === rename.from) {
      warnings.push({ code: 'alias_ignored', messageId: rename.messageId, contact: null });
      continue;
    }
    if (pinned(from, into)) {
      warnings.push({ code: 'join_pinned', messageId: rename.messageId, contact: null });
      continue;
    }
    renamed.set(rename.from, rename.into);
    if (from !== into) {
      const identifiers: Join['identifiers'] = [rename.from, rename.into];
      unite(into, from, { cause: rename.messageId, at: rename.at, reason: rename.reason, identifiers });
    }
    into.live.delete(rename.from);
    into.historical.push(rename.from);
  }

  const nameOrder = (a: number, b: number): number => {
    const one = nodeName(nodeOf.get(a));
    const other = nodeName(nodeOf.get(b));
    return one < other ? -1 : one > other ? 1 : 0;
  };
  const strength = (edge: ContactEdge): number => assurances.indexOf(edge.assurance);
  for (const edge of [...edges].sort(
    (a, b) => strength(b) - strength(a) || compareEvents(a, b) || nameOrder(a.contact, b.contact),
  )) {
    const owner = groupOf.get(edge.owner);
    const contact = groupOf.get(edge.contact);
    if (!owner || !contact || owner === contact) continue;
    const skip = (code: SkipCode): void => {
      warnings.push({ code, messageId: edge.messageId, contact: edge.contact });
    };
    const conflicts = owner.live.size + contact.live.size > 1;
    if (conflicts || pinned(owner, contact)) {
      // The old name of an alias is looked for among devices too; that there is none is no news.
      const { kind, isPerson } = nodeOf.get(edge.contact)!;
      if (kind !== 'anonymous_id' || isPerson) skip(conflicts ? 'join_conflict' : 'join_pinned');
      continue;
    }
    if (passesCap(owner, contact)) {
      // Of an identifier that is nobody else's the fold tells: it is not on the profile's list (profiles/presence.ts).
      if (owner.isPerson && contact.isPerson) skip('profile_limit');
      continue;
    }
    const { kind } = nodeOf.get(edge.contact)!;
    const by = { cause: edge.messageId, at: edge.at };
    // A device is nobody's address: it is the old name of an alias.
    if (kind === 'anonymous_id') {
      unite(contact, owner, { ...by, reason: 'alias', identifiers: [edge.contact, edge.owner] });
    } else {
      const reason = kind === 'email' || kind === 'phone' ? kind : 'external';
      unite(contact, owner, { ...by, reason, identifiers: null });
    }
  }

  const persons = [...new Set(groupOf.values())].map((group) => ({
    senior: senior(group),
    members: [...group.members].sort((a, b) => a - b),
    historicalUsers: group.historical,
  }));
  return { persons, joins, warnings };
};

/**
 * Of each contact the earliest edge that may join. R7: what somebody's page claims changes no other profile, so it makes the
 * address no older, which might be whose senior identifier then is another.
 */
const firstEdges = (edges: readonly ContactEdge[]): Map<number, ContactEdge> => {
  const first = new Map<number, ContactEdge>();
  for (const edge of edges) {
    const known = first.get(edge.contact);
    if (!known || compareEvents(edge, known) < 0) first.set(edge.contact, edge);
  }
  return first;
};

const nodeName = (node: GraphNode | undefined): string => (node ? `${node.kind}:${node.value}` : '');

/** The live user, else the earliest identifier; ties go to the smaller identifier. */
const seniorOf = (members: readonly GraphNode[], live: ReadonlySet<number>): number => {
  const user = members.find((member) => live.has(member.id));
  if (user) return user.id;
  const earliest = [...members].sort(
    (a, b) =>
      a.firstAt - b.firstAt ||
      (a.firstId < b.firstId ? -1 : a.firstId > b.firstId ? 1 : 0) ||
      (nodeName(a) < nodeName(b) ? -1 : 1),
  );
  return earliest[0]!.id;
};
