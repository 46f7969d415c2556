// Opens the read model on a store of its own connection.

import { cartAspect } from '../carts/aspect.js';
import { openProofs } from '../consent/ledger/proofs.js';
import { policyReading } from '../consent/policy/releases.js';
import { rightsReading } from '../consent/rights/view.js';
import { openConsentView } from '../consent/view.js';
import { identityStore } from '../identity/store.js';
import type { Sql } from '../store/sql.js';
import { openSqlite } from '../store/sqlite.js';
import { disclosureReading } from './disclose.js';
import { profileFold } from './fold.js';
import { keptReading } from './kept.js';
import { presence } from './presence.js';
import type { ConsentReading } from './read/seen.js';
import { readModel } from './read.js';
import type { Readings } from './reader.js';
import { traits } from './traits.js';

// Plain data: it crosses to the reader's thread, and back.
export interface ReaderOptions {
  path: string;
}
export interface ToReader {
  id: number;
  /** A reading's name, or `close`. */
  method: string;
  args: readonly unknown[];
}
export interface FromReader {
  /** 0 when it begins: with the names of what it reads. */
  id: number;
  value?: unknown;
  error?: string;
}

export const readModelOf = (sql: Sql): Readings => {
  const secret = identityStore(sql).site('secret') ?? '';
  const consent = openConsentView(sql, secret);
  const consentReading: ConsentReading = {
    consentOf: ({ anonymousIds, userIds }, now) => {
      const { purposes, gpcSeenAt } = consent.of({ visitorIds: anonymousIds, userId: userIds[0] ?? null }, now);
      return {
        gpcSeenAt,
        purposes: Object.fromEntries(
          Object.entries(purposes).map(([purpose, { value, source, at }]) => [
            purpose,
            { value, source, at: new Date(at).toISOString() },
          ]),
        ),
      };
    },
    denialOf: ({ userIds, anonymousIds }) => ({
      denied: userIds.flatMap(consent.deniedOf),
      objected: [...userIds.flatMap(consent.objectedOf), ...consent.objectedByDevices(anonymousIds)],
    }),
    signalledOf: consent.signalledOf,
    hasTakenBack: consent.hasTakenBack,
    isAnyLapsed: consent.isAnyLapsed,
    isLapsed: consent.isLapsed,
  };
  const fold = profileFold([presence, traits, cartAspect]);
  const people = readModel(sql, fold, consentReading);
  // What somebody has said no to is still kept, and theirs to see.
  const whole = readModel(sql, fold, {
    ...consentReading,
    denialOf: () => ({ denied: [], objected: [] }),
    signalledOf: () => [],
    hasTakenBack: () => false,
    isAnyLapsed: () => false,
  });
  return {
    ...rightsReading(sql, secret),
    ...disclosureReading(sql, whole),
    ...people,
    ...keptReading(sql),
    ...policyReading(sql),
    ...openProofs(sql),
  };
};

export const openReadModel = ({ path }: ReaderOptions): { read: Readings; close: () => void } => {
  const store = openSqlite(path, [], { readonly: true, cacheMaxBytes: 8 * 1024 * 1024 });
  return { read: readModelOf(store), close: () => store.close() };
};
