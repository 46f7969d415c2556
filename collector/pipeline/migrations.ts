// All tables of the collector, in the order of their names.

import { auditMigrations } from '../audit/migrations.js';
import { consentMigrations } from '../consent/migrations.js';
import { retentionMigrations } from '../consent/retention/store.js';
import { cookielessMigrations } from '../cookieless/store.js';
import { minuteMigrations } from '../events/minutes.js';
import { eventMigrations } from '../events/store.js';
import { identityMigrations } from '../identity/store.js';
import { profileMigrations } from '../profiles/store.js';
import { totalsMigrations } from '../profiles/totals.js';
import { sessionMigrations } from '../sessions/store.js';
import { siteMigrations } from '../site/migrations.js';
import type { Migration } from '../store/sql.js';

export const migrations: readonly Migration[] = [
  ...eventMigrations,
  ...identityMigrations,
  ...sessionMigrations,
  ...profileMigrations,
  ...totalsMigrations,
  ...consentMigrations,
  ...siteMigrations,
  ...retentionMigrations,
  ...auditMigrations,
  ...cookielessMigrations,
  ...minuteMigrations,
];
