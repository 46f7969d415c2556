// The tables of consent: the ledger of acts, what of it is live, who may not come back, who has said no as a person.
// No visitor, user, e-mail or phone stands in any of them in the clear, except in an erasure request until it is done.

import type { Migration } from '../store/sql.js';
import { rightsMigrations } from './rights/migrations.js';

/**
 * `consent_ledger` only ever grows. `consent_receipts` is what the door asks:
 * `granted` as the row said it, `cap` what all its successors still grant, `denied_after` what one of them denied; a
 * receipt of which only a successor was seen has no `seq` yet. `consent_terms` are the few different answers people give,
 * each once, so that the door reads one narrow row a device. A *life* is the line of receipts of one device's consent;
 * its salt makes the ledger's subject keys and is destroyed with the person. Keys of 16 bytes are keyed hashes.
 */
export const consentMigrations: Migration[] = [
  {
    name: '0003-consent',
    sql: `
      CREATE TABLE consent_ledger (
        seq INTEGER PRIMARY KEY,
        receipt TEXT,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        client_at INTEGER,
        effective_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        subject_key BLOB,
        epoch TEXT,
        supersedes TEXT,
        decisions TEXT NOT NULL,
        policy TEXT NOT NULL,
        text TEXT,
        ui TEXT,
        jurisdiction TEXT NOT NULL,
        gpc TEXT NOT NULL,
        age TEXT,
        origin TEXT,
        sdk_version TEXT,
        cmp TEXT,
        prev_hash BLOB,
        hash BLOB
      );
      CREATE INDEX consent_ledger_by_receipt ON consent_ledger (receipt) WHERE receipt IS NOT NULL;
      CREATE TRIGGER consent_ledger_is_not_rewritten BEFORE UPDATE ON consent_ledger
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
      CREATE TRIGGER consent_ledger_keeps_its_rows BEFORE DELETE ON consent_ledger
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;

      CREATE TABLE consent_receipts (
        receipt TEXT PRIMARY KEY,
        seq INTEGER,
        life INTEGER NOT NULL,
        visitor_key BLOB,
        granted INTEGER NOT NULL,
        cap INTEGER NOT NULL,
        denied_after INTEGER NOT NULL,
        ack INTEGER NOT NULL,
        at INTEGER NOT NULL,
        effective_at INTEGER NOT NULL,
        bound_at INTEGER NOT NULL,
        superseded_at INTEGER,
        expires_at INTEGER NOT NULL,
        terms INTEGER,
        digest BLOB
      ) WITHOUT ROWID;
      CREATE INDEX consent_receipts_by_life ON consent_receipts (life);

      CREATE TABLE consent_terms (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        said TEXT NOT NULL
      );

      CREATE TABLE consent_lives (
        life INTEGER PRIMARY KEY AUTOINCREMENT,
        salt BLOB NOT NULL,
        head TEXT NOT NULL,
        began_at INTEGER NOT NULL
      );

      CREATE TABLE consent_visitors (
        visitor_key BLOB PRIMARY KEY,
        life INTEGER NOT NULL,
        bound_at INTEGER NOT NULL,
        gpc_seen_at INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX consent_visitors_by_life ON consent_visitors (life);

      CREATE TABLE consent_persons (
        user_key BLOB NOT NULL,
        purpose TEXT NOT NULL,
        value TEXT NOT NULL,
        objection INTEGER NOT NULL,
        at INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (user_key, purpose)
      ) WITHOUT ROWID;

      CREATE TABLE tombstones (
        kind TEXT NOT NULL,
        key BLOB NOT NULL,
        key_version INTEGER NOT NULL,
        cause TEXT NOT NULL,
        scope INTEGER NOT NULL,
        erased_at INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        opened_at INTEGER,
        until INTEGER,
        PRIMARY KEY (kind, key)
      ) WITHOUT ROWID;

      CREATE TABLE consent_counts (
        day TEXT NOT NULL,
        what TEXT NOT NULL,
        policy TEXT NOT NULL,
        model TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (day, what, policy, model)
      ) WITHOUT ROWID;

      CREATE TABLE consent_policies (
        config_hash TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        document TEXT NOT NULL,
        first_at INTEGER NOT NULL
      );

      CREATE TABLE erasures (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        subject_key BLOB NOT NULL,
        subject TEXT,
        work TEXT,
        requested_by TEXT NOT NULL,
        requested_at INTEGER NOT NULL,
        started_at INTEGER,
        done_at INTEGER,
        counts TEXT
      );
      CREATE UNIQUE INDEX erasures_open_by_subject ON erasures (subject_key) WHERE state <> 'done';
      CREATE INDEX erasures_open ON erasures (requested_at) WHERE state <> 'done';
    `,
  },
  {
    // `consent_releases` holds every policy that was in force, as it was written, each time it came into force;
    // `consent_removals` when a purpose was last taken out, since what was granted before is worth nothing after.
    name: '0020-policy',
    sql: `
      CREATE TABLE consent_texts (
        hash TEXT PRIMARY KEY,
        locale TEXT NOT NULL,
        content TEXT NOT NULL,
        first_at INTEGER NOT NULL
      ) WITHOUT ROWID;

      CREATE TABLE consent_releases (
        id INTEGER PRIMARY KEY,
        config_hash TEXT NOT NULL,
        version TEXT NOT NULL,
        at INTEGER NOT NULL,
        by TEXT NOT NULL,
        how TEXT NOT NULL,
        source TEXT NOT NULL,
        holders INTEGER NOT NULL,
        reasked TEXT NOT NULL
      );

      CREATE TABLE consent_removals (
        purpose TEXT PRIMARY KEY,
        removed_at INTEGER NOT NULL
      ) WITHOUT ROWID;
    `,
  },
  {
    // `consent_chain` has one row: where the chain begins (an anchor, once old rows are gone), where it ends, how far it was
    // checked. A row of the ledger may be changed only while it has no hash, which is when an older store is chained, and may
    // go only from the beginning, once the anchor has moved past it. Public keys and signatures are kept for ever.
    name: '0030-consent-chain',
    sql: `
      DROP TRIGGER consent_ledger_is_not_rewritten;
      CREATE TRIGGER consent_ledger_is_not_rewritten BEFORE UPDATE ON consent_ledger WHEN OLD.hash IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
      DROP TRIGGER consent_ledger_keeps_its_rows;
      CREATE TRIGGER consent_ledger_keeps_its_rows BEFORE DELETE ON consent_ledger
        WHEN OLD.seq > (SELECT anchor_seq FROM consent_chain)
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;

      CREATE TABLE consent_chain (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        anchor_seq INTEGER NOT NULL,
        anchor_hash BLOB NOT NULL,
        head_seq INTEGER NOT NULL,
        head_hash BLOB NOT NULL,
        checked_seq INTEGER NOT NULL,
        checked_at INTEGER,
        full_at INTEGER
      );
      INSERT INTO consent_chain VALUES (1, 0, zeroblob(32), 0, zeroblob(32), 0, NULL, NULL);

      CREATE TABLE consent_keys (
        id TEXT PRIMARY KEY,
        spki BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        retired_at INTEGER,
        endorsed_by TEXT,
        endorsement BLOB
      ) WITHOUT ROWID;
      CREATE TRIGGER consent_keys_are_not_rewritten BEFORE UPDATE OF id, spki, created_at, endorsed_by, endorsement
        ON consent_keys BEGIN SELECT RAISE(ABORT, 'public keys are kept as they are'); END;
      CREATE TRIGGER consent_keys_are_kept BEFORE DELETE ON consent_keys
        BEGIN SELECT RAISE(ABORT, 'public keys are kept as they are'); END;

      CREATE TABLE consent_signatures (
        seq INTEGER NOT NULL,
        key TEXT NOT NULL,
        hash BLOB NOT NULL,
        at INTEGER NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (seq, key)
      ) WITHOUT ROWID;
      CREATE TRIGGER consent_signatures_are_not_rewritten BEFORE UPDATE ON consent_signatures
        BEGIN SELECT RAISE(ABORT, 'signatures are kept as they are'); END;
      CREATE TRIGGER consent_signatures_are_kept BEFORE DELETE ON consent_signatures
        BEGIN SELECT RAISE(ABORT, 'signatures are kept as they are'); END;
    `,
  },
  {
    // Rates need no personal rows: acts are counted by day and by what the site can change about how it asks.
    name: '0031-consent-counts',
    sql: `
      ALTER TABLE consent_counts RENAME TO consent_counts_before;
      CREATE TABLE consent_counts (
        day TEXT NOT NULL,
        what TEXT NOT NULL,
        policy TEXT NOT NULL,
        model TEXT NOT NULL,
        region TEXT NOT NULL,
        locale TEXT NOT NULL,
        layer TEXT NOT NULL,
        action TEXT NOT NULL,
        granted INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (day, what, policy, model, region, locale, layer, action, granted)
      ) WITHOUT ROWID;
      INSERT INTO consent_counts
        SELECT day, what, policy, model, 'unknown', 'unknown', 'unknown', 'unknown', 0, count FROM consent_counts_before;
      DROP TABLE consent_counts_before;
    `,
  },
  {
    // The check in the background: how far its pass has come, and the break that is known of.
    name: '0032-consent-pass',
    sql: `
      ALTER TABLE consent_chain ADD COLUMN pass_seq INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE consent_chain ADD COLUMN broken TEXT;
    `,
  },
  ...rightsMigrations,
  {
    // Where choices follow an account (`scope: "account"`) a device must be told under which terms one was made.
    name: '0070-consent-accounts',
    sql: `
      ALTER TABLE consent_persons ADD COLUMN material_hash TEXT;
      ALTER TABLE consent_persons ADD COLUMN ack INTEGER NOT NULL DEFAULT 0;
    `,
  },
];
