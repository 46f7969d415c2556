// The statements of consent's tables (migrations.ts), and small memories in front of them. Decides nothing: rows/ and gate.ts
// do. The writer's thread is the only one that writes, so a memory is true until a transaction is rolled back; then
// `dropCaches` must be called.

import type { Sql } from '../../store/sql.js';
import type { Ledger, LedgerDecision, LedgerRow } from '../ledger/ledger.js';
import type { Policy } from '../policy/policy.js';
import { openCounts } from './counts.js';
import { openLives } from './lives.js';
import { openObjections } from './objections.js';
import { openPersons } from './persons.js';
import { openPolicies } from './policies.js';
import { openReceipts } from './receipts.js';

export type ConsentStore = ReturnType<typeof openConsentStore>;

/** `inForce` is asked each time: another policy may have come since. */
export const openConsentStore = (sql: Sql, inForce: () => Policy, ledger: Ledger) => {
  const policies = openPolicies(sql);
  const receipts = openReceipts(sql, inForce, policies);
  const lives = openLives(sql);
  const objections = openObjections(sql, lives);
  const persons = openPersons(sql);
  const tables = [ledger, policies, receipts, lives, objections, persons];
  const { unbindReceipts, ...ofReceipts } = receipts;
  const { deleteLife, ...ofLives } = lives;
  const { lifeEnded, ...ofObjections } = objections;

  return {
    append: (row: LedgerRow): number => ledger.append(row),
    decisionsOf: (seq: number): LedgerDecision[] => ledger.decisionsOf(seq),
    ...policies,
    ...ofReceipts,
    ...ofLives,
    ...ofObjections,
    ...persons,
    ...openCounts(sql),
    /** No receipt of this life stands any more, no device lives by it, and nobody can tell whose it was. */
    endLife: (life: number): void => {
      unbindReceipts(life);
      deleteLife(life);
      lifeEnded();
    },
    dropCaches: (): void => {
      for (const table of tables) table.dropCaches();
    },
  };
};
