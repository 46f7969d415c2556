// Opens the read model on a store of its own connection.

import { cartAspect } from '../carts/aspect.js';
import { openProofs, type ProofModel } from '../consent/ledger/proofs.js';
import { policyReading } from '../consent/policy/releases.js';
import { type RightsReading, rightsReading } from '../consent/rights/rights-view.js';
import { openConsentView } from '../consent/view.js';
import { identityStore } from '../identity/store.js';
import type { Sql } from '../store/sql.js';
import { openSqlite } from '../store/sqlite.js';
import { type DisclosureReading, disclosureReading } from './disclose.js';
import { profileFold } from './fold.js';
import { type KeptReading, keptReading } from './kept.js';
import { presence } from './presence.js';
import type { ConsentReading } from './read/seen.js';
import { type ReadModel, readModel } from './read.js';
import { traits } from './traits.js';

/** Plain data: it crosses to the reader's thread. */
export interface ReaderOptions {
  path: string;
}

export type Readings = ReadModel & KeptReading & ProofModel & RightsReading & DisclosureReading;

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
