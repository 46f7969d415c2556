// Objection (GDPR 21; consent.md section 6): a no that reaches every basis, that no banner asks away, and that only the same
// person lifts, by a deliberate act. Asked for by a request, it becomes rows of the ledger like any other act.

import { hexOf } from '../keys.js';
import { houseRow } from '../ledger/ledger.js';
import { bitOf, everything, type Mask, purposesOf, withDependants } from '../mask.js';
import type { RowContext, RowParts, RowResult } from '../rows/act.js';
import { noteObjected } from '../rows/life.js';
import { notePersonAct } from '../rows/person.js';
import { acceptRow } from '../rows/rows.js';

export interface ObjectionAsked {
  id: string;
  /** Whose: users as persons, devices by the consent they live by, or by their id where they live by none of ours. */
  userIds: readonly string[];
  visitorIds: readonly string[];
  purposes: Mask;
  lift: boolean;
  by: string;
  context: RowContext;
}

/** In the caller's transaction. What rows came of it: their withdrawals are the caller's to carry out. */
export const object = (parts: RowParts, asked: ObjectionAsked): RowResult[] => {
  const { sql, store, keyOf, note } = parts;
  const { userIds, visitorIds, lift, context } = asked;
  const purposes = lift ? asked.purposes & everything : withDependants(asked.purposes);
  const at = context.receivedAt;
  return sql.transaction(() => {
    sql
      .prepare('INSERT INTO objections (id, lifts, purposes, requested_by, requested_at) VALUES (?, ?, ?, ?, ?)')
      .run(asked.id, lift ? 1 : 0, purposes, asked.by, at);
    const results: RowResult[] = [];
    const append = (): number =>
      store.append({
        ...houseRow('object', at),
        decisions: purposesOf(purposes).map((purpose) => ({
          purpose,
          value: lift ? 'unset' : 'denied',
          source: 'user',
          materialHash: null,
        })),
        policy: { version: parts.policy.version, configHash: parts.policy.configHash },
        ui: { layer: 'api' },
      });
    for (const visitorId of visitorIds) {
      const key = keyOf('visitorId', visitorId);
      const bound = store.visitor(key);
      const life = bound ? store.life(bound.life) : null;
      if (!life) {
        // It lives by no consent of ours, but by a banner of the sender's own, or on another basis: known by its id alone.
        const before = store.objectedOf(key) ?? 0;
        const objected = lift ? before & ~purposes : before | purposes;
        store.putObjected(key, objected, at);
        note({ act: 'objected', visitors: [hexOf(key)], purposes: objected, at });
        append();
        continue;
      }
      if (lift) {
        store.setObjected(life.life, life.objected & ~purposes);
        noteObjected(parts, life.life, life.objected & ~purposes, at);
        continue;
      }
      results.push(
        acceptRow(
          parts,
          {
            kind: 'object',
            visitorId,
            supersedes: life.head,
            decisions: purposesOf(purposes).map((purpose) => ({ purpose, value: 'denied', source: 'user' })),
            policy: { version: parts.policy.version, configHash: parts.policy.configHash },
            ui: { layer: 'api' },
          },
          context,
        ),
      );
    }
    for (const userId of userIds)
      notePersonAct(parts, userId, {
        chosen: lift ? purposes : 0,
        refused: lift ? 0 : purposes,
        objection: !lift,
        isDeliberate: true,
        at,
        seq: append(),
      });
    return results;
  });
};

export const maskOfNames = (names: readonly Parameters<typeof bitOf>[0][]): Mask =>
  names.length === 0 ? everything : names.reduce((mask, name) => mask | bitOf(name), 0);
