// The table of credentials. Runs wherever the writing connection is; everybody else asks through Log.command.

import { z } from 'zod';
import type { CommandResult } from '../log/log.js';
import type { Sql } from '../store/sql.js';
import { type Credential, credential, owner, sameName } from './keys.js';

interface Row {
  id: string;
  kind: Credential['kind'];
  label: string;
  public_value: string | null;
  verifier: string | null;
  mode: Credential['mode'];
  purposes: string;
  categories: string;
  roles: string;
  /** Absent in a file that nobody has migrated yet. */
  retention?: string | null;
  recipient?: string | null;
  seeded: number;
  created_at: number;
  revoked_at: number | null;
}

const read = (row: Row): Credential => ({
  id: row.id,
  kind: row.kind,
  label: row.label,
  publicValue: row.public_value,
  verifier: row.verifier,
  mode: row.mode,
  purposes: JSON.parse(row.purposes) as Credential['purposes'],
  categories: JSON.parse(row.categories) as Credential['categories'],
  roles: JSON.parse(row.roles) as Credential['roles'],
  retention: row.retention == null ? null : (JSON.parse(row.retention) as Credential['retention']),
  recipient: row.recipient ?? null,
  seeded: row.seeded === 1,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});

export const listCredentials = (sql: Sql): Credential[] =>
  sql.prepare<Row>('SELECT * FROM credentials ORDER BY created_at, id').all().map(read);

const put = (sql: Sql, it: Credential): void => {
  sql
    .prepare(
      `INSERT INTO credentials
         (id, kind, label, public_value, verifier, mode, purposes, categories, roles, retention, recipient, seeded, created_at, revoked_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
       ON CONFLICT (id) DO UPDATE SET
         label = excluded.label, verifier = excluded.verifier, mode = excluded.mode, purposes = excluded.purposes,
         categories = excluded.categories, roles = excluded.roles, retention = excluded.retention, recipient = excluded.recipient, seeded = excluded.seeded, revoked_at = NULL`,
    )
    .run(
      it.id,
      it.kind,
      it.label,
      it.publicValue,
      it.verifier,
      it.mode,
      JSON.stringify(it.purposes),
      JSON.stringify(it.categories),
      JSON.stringify(it.roles),
      it.retention === null ? null : JSON.stringify(it.retention),
      it.recipient,
      it.seeded ? 1 : 0,
      it.createdAt,
    );
  // There is one seeded secret: setting another in the environment is how one is rotated, so the old one dies. A seeded
  // write key lives on, since pages in the wild still send under it; `weft keys revoke` ends it.
  if (it.kind === 'secret' && it.seeded) {
    sql
      .prepare(
        `UPDATE credentials SET revoked_at = ? WHERE kind = 'secret' AND seeded = 1 AND id <> ? AND revoked_at IS NULL`,
      )
      .run(it.createdAt, it.id);
  }
};

const revocation = z.object({ id: z.string(), at: z.number().int() });

/** The `keys` command of the log. Verifiers cross it, secrets never do. */
export const runKeys = (sql: Sql, act: 'create' | 'revoke' | 'upsert' | 'list', value: unknown): CommandResult =>
  sql.transaction(() => {
    switch (act) {
      case 'list':
        return { status: 200, body: { credentials: listCredentials(sql) } };
      case 'create': {
        const it = credential.parse(value);
        const taken =
          sql.prepare('SELECT 1 FROM credentials WHERE id = ?').get(it.id) !== undefined ||
          // Staff log in by name, and acts are told by it.
          (it.kind === 'staff' &&
            (sameName(it.label, owner.name) ||
              listCredentials(sql).some(
                (other) => other.kind === 'staff' && other.revokedAt === null && sameName(other.label, it.label),
              )));
        if (!taken) put(sql, it);
        return { status: taken ? 409 : 200, body: { id: it.id } };
      }
      case 'upsert': {
        const it = credential.parse(value);
        put(sql, it);
        return { status: 200, body: { id: it.id } };
      }
      case 'revoke': {
        const { id, at } = revocation.parse(value);
        const { changes } = sql
          .prepare('UPDATE credentials SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?')
          .run(at, id);
        return { status: changes === 0 ? 404 : 200, body: { id } };
      }
    }
  });
