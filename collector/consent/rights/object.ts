// Objection (GDPR 21; consent.md section 6): a no that reaches every basis, that no banner asks away, and that only the same
// person lifts, by a deliberate act. Asked for by a request, it becomes rows of the ledger like any other act.

import { bitOf, everything, type Mask, purposesOf, withDependants } from '../mask.js';
import { acceptRow, noteObjected, notePersonAct, type RowContext, type RowParts, type RowResult } from '../rows.js';

export interface ObjectionAsked {
  id: string;
  /** Whose: users as persons, devices by the consent they live by. */
  userIds: readonly string[];
  visitorIds: readonly string[];
  purposes: Mask;
  lift: boolean;
  by: string;
  context: RowContext;
}

/** In the caller's transaction. What rows came of it: their withdrawals are the caller's to carry out. */
export const object = (parts: RowParts, asked: ObjectionAsked): RowResult[] => {
  const { sql, store, keyOf } = parts;
  const { userIds, visitorIds, lift, context } = asked;
  const purposes = lift ? asked.purposes & everything : withDependants(asked.purposes);
  const at = context.receivedAt;
  return sql.transaction(() => {
    sql
      .prepare('INSERT INTO objections (id, lifts, purposes, requested_by, requested_at) VALUES (?, ?, ?, ?, ?)')
      .run(asked.id, lift ? 1 : 0, purposes, asked.by, at);
    const results: RowResult[] = [];
    for (const visitorId of visitorIds) {
      const bound = store.visitor(keyOf('visitorId', visitorId));
      const life = bound ? store.life(bound.life) : null;
      if (!life) continue;
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
    for (const userId of userIds) {
      const seq = store.append({
        receipt: null,
        kind: 'object',
        at,
        clientAt: null,
        effectiveAt: at,
        expiresAt: at,
        subjectKey: null,
        epoch: null,
        supersedes: null,
        decisions: purposesOf(purposes).map((purpose) => ({
          purpose,
          value: lift ? 'unset' : 'denied',
          source: 'user',
          materialHash: null,
        })),
        policy: { version: parts.policy.version, configHash: parts.policy.configHash },
        text: null,
        ui: { layer: 'api' },
        jurisdiction: { code: null, model: 'opt-in', how: 'unknown' },
        gpc: { header: false, js: null, ack: false },
        age: null,
        origin: null,
        sdkVersion: null,
        cmp: null,
      });
      notePersonAct(parts, userId, {
        chosen: lift ? purposes : 0,
        refused: lift ? 0 : purposes,
        objection: !lift,
        isDeliberate: true,
        at,
        seq,
      });
    }
    return results;
  });
};

export const allPurposes: Mask = everything;
export const maskOfNames = (names: readonly Parameters<typeof bitOf>[0][]): Mask =>
  names.length === 0 ? everything : names.reduce((mask, name) => mask | bitOf(name), 0);
