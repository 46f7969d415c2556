// The read model: profiles, their lists, and what staff see, from a connection that only reads.

import { openAuditView } from '../audit/view.js';
import { orderTellings } from '../carts/tellings.js';
import type { Page, PersonSummary, Profile, SuggestedMatch } from '../contract/profile.js';
import { identityStore } from '../identity/store.js';
import { sessionStore } from '../sessions/store.js';
import type { Sql } from '../store/sql.js';
import type { ProfileFold } from './fold.js';
import { findOf } from './read/find.js';
import { cursorOf, listsOf, readCursor } from './read/lists.js';
import { personOf } from './read/person.js';
import { type ConsentReading, permitted, presenceOf, seenOf } from './read/seen.js';
import { shopOf } from './read/shop.js';
import type { Asked, PageAsked, PeopleReading } from './reading.js';
import { profileStore } from './store.js';

export const readModel = (sql: Sql, fold: ProfileFold, consent: ConsentReading): PeopleReading => {
  const identity = identityStore(sql);
  const sessions = sessionStore(sql);
  const profiles = profileStore(sql);
  const tellings = orderTellings(sql);
  const { resolve, holders, leadersBy, leadersLike } = findOf(sql, identity, profiles, tellings);
  const seen = seenOf({ sql, fold, identity, profiles, tellings, consent });
  const { looked, sightOf, eventsOf } = seen;
  const { show, summary } = personOf(seen, { identity, sessions, consent });
  const lists = listsOf(sql, seen, { identity, sessions });

  const recent = sql.prepare<{ seq: number; owner: number }>(
    'SELECT seq, owner FROM events WHERE seq < ? AND owner IS NOT NULL ORDER BY seq DESC LIMIT ?',
  );
  const people = (text: string, asked: PageAsked): Page<PersonSummary> => {
    if (!permitted(asked.purposes)) return { items: [], next: null };
    const leaders: number[] = [];
    let next: string | null = null;
    const wanted = text.trim().slice(0, 200);
    if (wanted === '') {
      let before = readCursor(asked.cursor).seq;
      const seen = new Set<number>();
      const beginning = readCursor(asked.cursor).seq;
      search: for (let looked = 0; looked < 40; looked += 1) {
        const rows = recent.all(before, 500);
        if (rows.length === 0) break;
        for (const row of rows) {
          const leader = identity.node(row.owner)?.leader;
          before = row.seq;
          if (leader === undefined || seen.has(leader)) continue;
          seen.add(leader);
          if (asked.cursor !== null && newerThan(leader, beginning)) continue;
          leaders.push(leader);
          if (leaders.length >= asked.limit) {
            next = cursorOf(0, row.seq);
            break search;
          }
        }
      }
    } else {
      leaders.push(...leadersLike(wanted, asked.limit));
    }
    const items: PersonSummary[] = [];
    for (const leader of new Set(leaders)) {
      const item = summary(leader, asked);
      if (item) items.push(item);
      if (items.length >= asked.limit) break;
    }
    return { items, next };
  };
  const newer = sql.prepare(
    'SELECT 1 FROM events JOIN nodes ON nodes.id = events.owner WHERE events.seq >= ? AND nodes.leader = ? LIMIT 1',
  );
  /** Already on an earlier page: the person's newest event is newer than the cursor. */
  const newerThan = (leader: number, seq: number): boolean => newer.get(seq, leader) !== undefined;

  const within = <Item>(id: string, asked: Asked, read: (leader: number) => Item | null): Item | null => {
    const leader = permitted(asked.purposes) ? resolve(id) : null;
    if (leader === null) return null;
    const sight = sightOf(leader, asked);
    return sight !== null && eventsOf(leader, sight).length === 0 ? null : read(leader);
  };

  return {
    profilesBy: (query, asked) => {
      if (!permitted(asked.purposes)) return [];
      const found: Profile[] = [];
      for (const leader of new Set(leadersBy(query))) {
        const profile = show(leader, asked);
        if (profile) found.push(profile);
        if (found.length >= 100) break;
      }
      return found;
    },
    profile: (id, asked) => within(id, asked, (leader) => show(leader, asked)),
    events: (id, asked) => within(id, asked, (leader) => lists.events(leader, asked)),
    sessions: (id, asked) => within(id, asked, (leader) => lists.sessions(leader, asked)),
    carts: (id, asked) => within(id, asked, (leader) => lists.carts(leader, asked)),
    orders: (id, asked) => within(id, asked, (leader) => lists.orders(leader, asked)),
    merges: (id, asked) => within(id, asked, (leader) => lists.merges(leader, asked)),
    people,
    suggestions: (id, asked) =>
      within(id, asked, (leader) => {
        const found = looked(leader, asked)!;
        const matches: SuggestedMatch[] = [];
        for (const identifier of presenceOf(found.state).identifiers) {
          if (identifier.type !== 'email' && identifier.type !== 'phone') continue;
          for (const other of holders(identifier.type, identifier.value)) {
            if (other === leader || matches.some((match) => match.profileId === identity.node(other)?.hid)) continue;
            const theirs = looked(other, asked);
            const there =
              theirs &&
              presenceOf(theirs.state).identifiers.find(
                (candidate) => candidate.type === identifier.type && candidate.value === identifier.value,
              );
            if (!there) continue;
            matches.push({
              profileId: identity.node(other)!.hid,
              type: identifier.type,
              value: identifier.value,
              here: identifier.assurance,
              there: there.assurance,
            });
          }
        }
        return matches;
      }) ?? [],
    ...shopOf(sql, identity),
    auditLog: openAuditView(sql, (profileId) => {
      const node = identity.nodeByHid(profileId);
      return node === undefined ? [] : identity.members(node.leader).map(({ hid }) => hid);
    }),
  };
};
