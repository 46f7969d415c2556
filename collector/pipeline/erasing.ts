// Erasures carried out (consent.md section 6): each job goes through its ten steps, in transactions that hold so many rows and
// no more, so that ten thousand of them, or one long history, never keep the door waiting. A job that was interrupted stands
// at its last logged step, and every step may be done again. Consent says whom; here it happens to the tables of the house.

import type { Consent } from '../consent/consent.js';
import { type Closure, type ErasureStep, type ErasureWork, stepNumber, type Touched } from '../consent/rights/erase.js';
import { identitiesOf } from '../consent/rights/notices.js';
import type { AcceptedEvent } from '../events/event.js';
import { parseBody } from '../events/store.js';
import { lookThrough, nobody, type Planned, planErasure, readThrough } from './closure.js';
import { forgetRows, tieUp } from './forget.js';
import { type Loose, nothingLoose } from './loose.js';
import { record } from './record.js';
import { spellingsOf, withoutMentions } from './spellings.js';
import type { WorkingSet } from './working-set.js';

export interface Errand {
  set: WorkingSet;
  consent: Consent;
  /** Deletes the files of exports. */
  forgetFiles: (exports: readonly string[]) => void;
  /** Deletes the stores that a restore set aside: people are in them, and no row of theirs can be found. How many. */
  forgetAside: () => number;
  now: number;
  /** Rows one transaction may take: a deletion costs some dozen statements. */
  rowsMax: number;
  /** After each step, before its transaction commits. */
  onStep?: (id: string, step: ErasureStep) => void;
}

/** What a step costs beside its rows. */
const stepCost = 5;
/** Looking at an event, or deleting a document, costs a tenth of deleting an event. */
const fewerCost = 10;

/** An event is asked for so many people at the cost of looking at it. */
const askedAtOnce = 10;

/** One transaction's worth. False: everything open stands before the step that is no transaction (`logs`). */
export const eraseSome = (errand: Errand): boolean => {
  const { consent, rowsMax } = errand;
  let left = rowsMax;
  let moved = false;
  const waiting = new Set(consent.erasures.texts().map(({ id }) => id));
  // No more of them than their steps alone have room for, beside those that wait.
  for (const id of consent.erasures.before(stepNumber('backups'), Math.ceil(rowsMax / stepCost) + waiting.size)) {
    for (
      let work: ErasureWork | null = waiting.has(id) ? null : consent.erasures.work(id);
      work && work.step < stepNumber('backups');
      work = consent.erasures.work(work.id)
    ) {
      if (left <= 0) return true;
      const rows = advance(errand, work, left);
      if (rows === null) break;
      left -= stepCost + rows;
      moved = true;
    }
  }
  // Whoever can get there without it has: one reading of the store serves them all.
  if (left > 0 && readSome(errand, left)) moved = true;
  return moved;
};

/** What others wrote of those whose own events are gone. All who stand at the same place are looked for at once. */
const readSome = ({ set, consent }: Errand, rows: number): boolean => {
  const open = consent.erasures.texts();
  if (open.length === 0) return false;
  const pastSeq = Math.min(...open.map((one) => one.pastSeq));
  const together = open.filter((one) => one.pastSeq === pastSeq);
  const lastSeq = Math.max(...together.map((one) => one.lastSeq));
  const people = together.map(({ n, closure }) => ({ name: n, spellings: spellingsOf(closure) }));
  const limit = Math.ceil((Math.max(1, rows) * fewerCost) / Math.ceil(people.length / askedAtOnce));
  const { found, past } = readThrough(set, people, { pastSeq, lastSeq }, limit);
  for (const { n, id, lastSeq: until } of together) {
    // Of a person who came back what is newer is a new life's.
    const seqs = (found.get(n) ?? []).filter((seq) => seq <= until);
    const isThrough = past === null || past >= until;
    consent.erasures.found(id, n, seqs, isThrough ? null : { at: 0, seq: past }, 'narrow');
  }
  return true;
};

/** The next step of one job, or a part of it. Its rows; null: it waits until what others wrote is looked through. */
const advance = (errand: Errand, work: ErasureWork, rows: number): number | null => {
  const { set, consent, now } = errand;
  const done = (step: ErasureStep, counts: Record<string, number> = {}): void => {
    consent.erasures.step(work.id, step, now, counts);
    errand.onStep?.(work.id, step);
  };
  switch (work.step) {
    // The tombstone stands with the request; whatever was loaded before it must be asked again.
    case 1:
      set.sessionHints.clear();
      consent.dropCaches();
      done('in flight');
      return 0;
    case 2: {
      if (work.closure === null) {
        const planned = work.subject ? planErasure(set, consent, work.subject, work.since) : nobody;
        begin(consent, work, planned, now);
        return stepCost + planned.scopes.length;
      }
      const looked = look(errand, work, work.closure, rows);
      if (looked !== null) return looked;
      mark(set, consent, work.id);
      done('closure', { devices: work.closure.visitorIds.length });
      return 0;
    }
    case 3: {
      const documents = forgetDocuments(errand, work, rows);
      if (documents > 0) return 1 + Math.ceil(documents / fewerCost);
      done('derived', forgetDerived(errand, work));
      return 10;
    }
    case 4: {
      const gone = consent.erasures.events(work.id, 'delete', rows);
      if (gone.length > 0) {
        const { count, loose } = forgetRows(set, gone);
        note(consent, work.id, loose);
        consent.erasures.through(work.id, gone);
        consent.erasures.count(work.id, { events: count });
        return gone.length;
      }
      if (consent.erasures.hasTexts(work.id)) return null;
      const mentions = consent.erasures.events(work.id, 'narrow', rows);
      if (mentions.length > 0) {
        const closure = work.closure ?? nobody.closure;
        const counts = narrow(errand, closure, mentions);
        consent.erasures.through(work.id, mentions);
        consent.erasures.count(work.id, counts);
        return mentions.length * 2;
      }
      done('events', { events: 0 });
      return 0;
    }
    case 5: {
      const loose = taken(consent, work.id);
      unmark(set, work.closure?.visitorIds ?? [], loose);
      forgetActs({ set, consent }, work, loose);
      const identifiers = tieUp(set, loose);
      for (const id of loose.profiles) set.erased.add(id);
      // Who returned meanwhile is a new generation, and so is the id of their profile.
      const { userIds, aliases } = work.closure ?? nobody.closure;
      for (const userId of [...userIds, ...aliases]) set.regenerate('user_id', userId);
      done('aggregates', { identifiers });
      return 10;
    }
    case 6: {
      const { notices, deliveries } = consent.notices.announce(work.id, work.closure ?? nobody.closure, now);
      done('downstream', { notices, deliveries });
      return 2;
    }
    default: {
      // The journal has held every tombstone since before the answer: a backup is held against it when it is restored.
      const aside = errand.forgetAside();
      done('backups', aside === 0 ? {} : { replaced_stores: aside });
      return 0;
    }
  }
};

const begin = (
  consent: Consent,
  work: ErasureWork,
  { closure, scopes, members, leaders, mentions }: Planned,
  now: number,
): void => {
  consent.erasures.begin(work.id, closure, { deleted: [] }, now, mentions);
  consent.erasures.look(work.id, scopes);
  consent.erasures.touch(work.id, 'member', members);
  consent.erasures.touch(work.id, 'profile', leaders);
};

/** A part of a scope. Nothing of the person goes, and no mark stands, before all of them are looked through. */
const look = ({ set, consent }: Errand, work: ErasureWork, closure: Closure, rows: number): number | null => {
  const next = consent.erasures.scope(work.id);
  if (next === null) return null;
  const users = new Set([...closure.userIds, ...closure.aliases]);
  const members = new Set(consent.erasures.touched(work.id, 'member'));
  const limit = Math.max(1, rows) * fewerCost;
  const { seqs, past } = lookThrough(set, next, { users, members }, limit);
  consent.erasures.found(work.id, next.n, seqs, past);
  return 1 + Math.ceil(seqs.length / fewerCost);
};

/** From here on nobody inherits what is about to go. */
const mark = (set: WorkingSet, consent: Consent, id: string): void => {
  for (const { anonymousId, at, person } of consent.erasures.marks(id)) {
    const node = set.findNode('anonymous_id', anonymousId);
    if (!node) continue;
    set.identity.putMark(node.id, at, '', person);
    consent.erasures.touch(id, 'device', [node.id]);
    set.dropDevice(node.id);
  }
};

/** Of a device that goes whole nothing is left to inherit, and the mark of somebody erased before would keep its id. */
const unmark = (set: WorkingSet, visitorIds: readonly string[], loose: Loose): void => {
  for (const visitorId of visitorIds) {
    const node = set.findNode('anonymous_id', visitorId);
    if (!node || set.identity.marks(node.id).length === 0) continue;
    set.identity.deleteMarks(node.id);
    loose.nodes.add(node.id);
    loose.devices.add(node.id);
  }
};

/**
 * What staff did with them (R12): a merge or an undo names two, and with one of them it goes, whoever the other is. What was
 * done since they returned is a new life's.
 */
const forgetActs = ({ set, consent }: Pick<Errand, 'set' | 'consent'>, work: ErasureWork, loose: Loose): void => {
  const { identity } = set;
  const { userIds, aliases } = work.closure ?? nobody.closure;
  for (const userId of [...userIds, ...aliases]) {
    const node = set.findNode('user_id', userId);
    if (!node) continue;
    const isTheirs = (at: number): boolean => at <= work.requestedAt || !consent.hasReturned(userId);
    loose.nodes.add(node.id);
    for (const { mid, src, dst, at, reason } of [...identity.renamesFrom(node.id), ...identity.renamesInto(node.id)]) {
      if (reason !== 'staff' || !isTheirs(at)) continue;
      identity.deleteRename(mid);
      for (const id of [src, dst]) {
        loose.nodes.add(id);
        loose.persons.add(id);
      }
    }
    for (const { merge_id: mergeId, a, b, undone_at: at } of identity.pinsOf(node.id)) {
      if (!isTheirs(at)) continue;
      identity.deletePin(mergeId);
      for (const id of [a, b]) {
        loose.persons.add(id);
        if (set.nodeById(id)?.kind === 'anonymous_id') loose.devices.add(id);
      }
    }
  }
};

/** Orders and closed carts: somebody may have thousands. */
const forgetDocuments = ({ set, consent }: Errand, work: ErasureWork, rows: number): number => {
  for (const leader of consent.erasures.touched(work.id, 'profile')) {
    const gone = set.profiles.clearSome(leader, Math.max(1, rows) * fewerCost);
    if (gone === 0) continue;
    consent.erasures.count(work.id, { documents: gone });
    return gone;
  }
  return 0;
};

/** Profiles and what stands beside them; exports that were made of the person. */
const forgetDerived = ({ set, consent, forgetFiles }: Errand, work: ErasureWork): Record<string, number> => {
  const profiles = consent.erasures.touched(work.id, 'profile');
  for (const leader of profiles) {
    set.dropProfile(leader);
    set.profiles.deleteAnnouncements(leader);
  }
  let sessions = 0;
  for (const visitorId of work.closure?.visitorIds ?? []) {
    const node = set.findNode('anonymous_id', visitorId);
    if (node) sessions += set.sessions.ofDevice(node.id).length;
  }
  const exports = consent.exports.forget([
    ...identitiesOf(work.closure ?? nobody.closure),
    ...(work.subject ? subjectIdentity(work.subject) : []),
    // A device that lives on has a copy of what was theirs on it, too.
    ...consent.erasures.lookedAt(work.id).flatMap((id) => {
      const node = set.nodeById(id);
      return node?.kind === 'anonymous_id' ? [{ type: 'anonymous_id', value: node.value }] : [];
    }),
  ]);
  forgetFiles(exports);
  return { profiles: profiles.length, documents: 0, sessions, exports: exports.length };
};

const types: Readonly<Record<string, string>> = {
  userId: 'user_id',
  anonymousId: 'anonymous_id',
  visitorId: 'anonymous_id',
  email: 'email',
  phone: 'phone',
};
const subjectIdentity = (subject: object) =>
  Object.entries(subject).flatMap(([field, value]) => {
    const type = types[field];
    return type ? [{ type, value: value as string }] : [];
  });

/** Whoever wrote of them keeps the rest of what they wrote; a copy that was made of it goes, and is asked for again. */
const narrow = (
  { set, consent, forgetFiles }: Errand,
  closure: Closure,
  seqs: readonly number[],
): Record<string, number> => {
  const spellings = spellingsOf(closure);
  const events = new Map<number, AcceptedEvent>();
  const writers = new Set<number>();
  for (const seq of seqs) {
    const row = set.events.row(seq);
    const event = row && withoutMentions(parseBody(row), closure, spellings);
    if (!event) continue;
    events.set(seq, event);
    for (const id of [row.owner, row.dev]) if (id !== null) writers.add(id);
  }
  const copies = consent.exports.forget(
    [...writers].flatMap((id) => {
      const node = set.nodeById(id);
      return node && node.kind !== 'session_hint' ? [{ type: node.kind, value: node.value }] : [];
    }),
  );
  forgetFiles(copies);
  const { loose } = forgetRows(set, events.keys());
  tieUp(set, loose, () => {
    for (const [seq, event] of events) record(set, event, seq);
  });
  return { mentions: events.size, exports: copies.length };
};

const kinds: readonly [Touched, keyof Loose][] = [
  ['node', 'nodes'],
  ['device', 'devices'],
  ['seeker', 'seekers'],
  ['person', 'persons'],
  ['profile', 'profiles'],
  ['hint', 'hints'],
];
const note = (consent: Consent, id: string, loose: Loose): void => {
  for (const [what, which] of kinds) consent.erasures.touch(id, what, loose[which]);
};
const taken = (consent: Consent, id: string): Loose => {
  const loose = nothingLoose();
  for (const [what, which] of kinds) for (const one of consent.erasures.touched(id, what)) loose[which].add(one);
  return loose;
};

/** The last steps of whatever stands before them, once the log of writes is empty. How many jobs ended. */
export const certify = ({ consent, now, onStep }: Pick<Errand, 'consent' | 'now' | 'onStep'>): number => {
  let ended = 0;
  for (const { id, step } of consent.erasures.open()) {
    if (step < stepNumber('backups')) continue;
    consent.erasures.step(id, 'logs', now);
    onStep?.(id, 'logs');
    consent.erasures.finish(id, {}, now);
    onStep?.(id, 'certificate');
    ended += 1;
  }
  return ended;
};
