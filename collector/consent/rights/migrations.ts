// The tables of people's rights: erasures as jobs, what recipients were given and must be told, exports, objections. No
// identifier stands in any of them, except in a request until it is done and in a notice until its recipient has it.

import type { Migration } from '../../store/sql.js';

/**
 * `erasures` were there before; they are jobs now. `erasure_scopes` hold where one has still to look, `erasure_events` and
 * `erasure_touched` what it has still to do, `deliveries` which recipient was ever given whom.
 */
export const rightsMigrations: Migration[] = [
  {
    // Of devices whose consent the store does not know: it is older than they are, or they live by none of ours.
    name: '0082-objections-kept',
    sql: `
      CREATE TABLE consent_objected (visitor_key BLOB PRIMARY KEY, purposes INTEGER NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    // Since when, for whoever reads; and whether anybody objects is asked for every event.
    name: '0083-objections-of-devices',
    sql: `
      ALTER TABLE consent_objected ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX consent_lives_objecting ON consent_lives (life) WHERE objected <> 0;
    `,
  },
  {
    // What of a person is still to be looked through, before anything of them goes.
    name: '0081-erasure-scopes',
    sql: `
      CREATE TABLE erasure_scopes (
        n INTEGER PRIMARY KEY, erasure TEXT NOT NULL, kind TEXT NOT NULL, node INTEGER NOT NULL, body TEXT NOT NULL,
        last_seq INTEGER NOT NULL, past_at INTEGER NOT NULL, past_seq INTEGER NOT NULL,
        is_through INTEGER NOT NULL DEFAULT 0
      );
      CREATE INDEX erasure_scopes_by_erasure ON erasure_scopes (erasure, n);
    `,
  },
  {
    name: '0040-rights',
    sql: `
      ALTER TABLE erasures ADD COLUMN step INTEGER NOT NULL DEFAULT 1;
      ALTER TABLE erasures ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
      ALTER TABLE erasures ADD COLUMN since INTEGER NOT NULL DEFAULT ${Number.MAX_SAFE_INTEGER};
      UPDATE erasures SET step = 10 WHERE state = 'done';
      CREATE INDEX erasures_by_request ON erasures (requested_at, id);
      CREATE TABLE erasure_events (
        erasure TEXT NOT NULL,
        seq INTEGER NOT NULL,
        errand INTEGER NOT NULL,
        PRIMARY KEY (erasure, seq)
      ) WITHOUT ROWID;
      CREATE TABLE erasure_touched (
        erasure TEXT NOT NULL,
        what TEXT NOT NULL,
        id INTEGER NOT NULL,
        PRIMARY KEY (erasure, what, id)
      ) WITHOUT ROWID;

      CREATE TABLE destinations (
        name TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        identities TEXT NOT NULL,
        secret TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revoked_at INTEGER
      ) WITHOUT ROWID;
      CREATE TABLE deliveries (
        subject_key BLOB NOT NULL,
        recipient TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (subject_key, recipient)
      ) WITHOUT ROWID;
      CREATE INDEX deliveries_by_recipient ON deliveries (recipient, last_at);
      CREATE TABLE notices (
        id TEXT PRIMARY KEY,
        erasure TEXT NOT NULL,
        recipient TEXT NOT NULL,
        state TEXT NOT NULL,
        identities TEXT,
        token_key BLOB,
        attempts INTEGER NOT NULL,
        due_at INTEGER,
        created_at INTEGER NOT NULL,
        last_at INTEGER,
        trouble TEXT,
        settled_at INTEGER,
        settled_by TEXT
      ) WITHOUT ROWID;
      CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX notices_by_erasure ON notices (erasure);
      CREATE INDEX notices_by_recipient ON notices (recipient, settled_at);
      CREATE UNIQUE INDEX notices_by_token ON notices (token_key) WHERE token_key IS NOT NULL;

      CREATE TABLE exports (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        subject TEXT,
        token_key BLOB NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at INTEGER NOT NULL,
        claimed_until INTEGER,
        done_at INTEGER,
        expires_at INTEGER,
        bytes INTEGER,
        counts TEXT
      ) WITHOUT ROWID;
      CREATE INDEX exports_by_request ON exports (requested_at, id);
      CREATE INDEX exports_open ON exports (state) WHERE state IN ('accepted', 'running');
      CREATE INDEX exports_expiring ON exports (expires_at) WHERE state = 'done';
      CREATE TABLE export_subjects (
        subject_key BLOB NOT NULL,
        export TEXT NOT NULL,
        PRIMARY KEY (subject_key, export)
      ) WITHOUT ROWID;

      CREATE TABLE objections (
        id TEXT PRIMARY KEY,
        lifts INTEGER NOT NULL,
        purposes INTEGER NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX objections_by_request ON objections (requested_at, id);
      CREATE TABLE nonces (nonce_key BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
      ALTER TABLE consent_lives ADD COLUMN objected INTEGER NOT NULL DEFAULT 0;
    `,
  },
];
