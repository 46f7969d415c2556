import type { Migration } from '../store/sql.js';

export const siteMigrations: readonly Migration[] = [
  {
    name: '0010-site-credentials',
    sql: `
      CREATE TABLE credentials (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('write', 'secret', 'staff')),
        label TEXT NOT NULL,
        public_value TEXT UNIQUE,
        verifier TEXT,
        mode TEXT NOT NULL,
        purposes TEXT NOT NULL,
        categories TEXT NOT NULL,
        roles TEXT NOT NULL,
        seeded INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        revoked_at INTEGER
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    name: '0050-site-retention',
    sql: 'ALTER TABLE credentials ADD COLUMN retention TEXT',
  },
  {
    name: '0071-site-recipient',
    sql: 'ALTER TABLE credentials ADD COLUMN recipient TEXT',
  },
];
