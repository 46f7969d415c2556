// For tests: accepted events in few words, and a house in memory to put them into.

import { cartAspect } from '../carts/aspect.js';
import { noJournal } from '../consent/rights/journal.js';
import type { AnonymousId, UserId } from '../contract/ids.js';
import { emptyEvent } from '../events/event.fixture.js';
import type { AcceptedEvent } from '../events/event.js';
import { announcementsOf } from '../profiles/announcements.js';
import type { AnyAspect } from '../profiles/fold.js';
import { presence } from '../profiles/presence.js';
import { traits } from '../profiles/traits.js';
import { sessionRules } from '../sessions/session.js';
import { openSqlite } from '../store/sqlite.js';
import { type Desk, openDesk } from './desk.js';
import { migrations } from './migrations.js';
import { dumpLines, rebuild } from './rebuild.js';
import { record } from './record.js';

export const minuteMs = 60_000;
export const epochAt = Date.UTC(2026, 10, 2, 9, 0);

let minted = 0;

/** `fact({ on: 'A1', user: 'U1', minute: 3 })`; everything else has a plain default. */
export const fact = (
  words: Partial<Omit<AcceptedEvent, 'anonymousId' | 'userId' | 'messageId'>> & {
    id?: string;
    on?: string | null;
    user?: string | null;
    minute?: number;
  },
): AcceptedEvent => {
  const { id, on, user, minute, ...rest } = words;
  minted += 1;
  const at = epochAt + (minute ?? 0) * minuteMs;
  const server = rest.channel === 'server';
  return {
    ...emptyEvent(id ?? `m-${String(minted).padStart(6, '0')}`, at),
    anonymousId: (on ?? null) as AnonymousId | null,
    userId: (user ?? null) as UserId | null,
    active: !server,
    trust: server ? 'secret' : 'public',
    assurance: server ? 'transactional' : 'claimed',
    ...rest,
  };
};

export interface House extends Desk {
  take: (events: readonly AcceptedEvent[], now?: number) => void;
  lines: (now?: number) => string[];
  rebuilt: (now?: number) => string[];
}

export const laterAt = epochAt + 60 * 86_400_000;

/** All that a profile is folded from, and all that is told of it. */
export const whole = { aspects: [presence, traits, cartAspect], announcer: announcementsOf };

export const openHouse = (
  options: {
    aspects?: readonly AnyAspect[];
    announcer?: Parameters<typeof openDesk>[0]['announcer'];
    secret?: string;
    floodMax?: number;
  } = {},
): House => {
  const announcer = options.announcer ?? (() => []);
  const pipeline = openDesk({
    sql: openSqlite(':memory:', migrations),
    rules: {
      sessions: sessionRules,
      emailMerge: 'transactional',
      bots: 'apart',
      ...(options.floodMax !== undefined && { floodMax: options.floodMax }),
    },
    aspects: options.aspects ?? [presence, traits],
    announcer,
    consent: { dropCaches: () => {}, generationOf: () => 0, formerReceiptOf: () => null, journal: noJournal },
    secret: options.secret ?? 'a secret of this test',
  });
  return {
    ...pipeline,
    take: (events, now = laterAt) => {
      pipeline.within(now, (set) => {
        for (const event of events) record(set, event);
      });
    },
    lines: (now = laterAt) => {
      while (pipeline.due(now) > 0);
      return dumpLines(pipeline.set);
    },
    rebuilt: (now = laterAt) => {
      pipeline.within(now, (set) => rebuild(set, now, announcer));
      return dumpLines(pipeline.set);
    },
  };
};
