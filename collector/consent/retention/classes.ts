// What of the house ages by its date alone, for how long it is kept, and who may say otherwise: one list, which the job
// executes and the privacy team reads. Events are not in it: each has the days of its own terms.

import { monthsDays, type RetentionClass, threeYearsDays } from './retention.js';

/** Long enough to look into what happened in a year's course, and no longer: it is about staff. */
const auditDays = 365;

/** Everything that ages by its date alone. Events are not here: each has the days of its own terms. */
export const classes: readonly RetentionClass[] = [
  {
    name: 'ledger',
    what: 'Proof of consent: each act, and what of it is live, after the consent has ended',
    table: 'consent_ledger',
    from: 'expires_at',
    unit: 'ms',
    order: 'chain',
    days: threeYearsDays,
    setBy: 'ledgerDays',
  },
  {
    name: 'refusals',
    what: 'What the door refused: time, verdict, code, type of call',
    table: 'refusals',
    from: 'at',
    unit: 'ms',
    order: 'rowid',
    days: 30,
  },
  {
    name: 'verdict-counts',
    what: 'How many events got which verdict, by hour',
    table: 'verdict_counts',
    from: 'hour',
    unit: 'ms',
    order: 'key',
    days: monthsDays,
  },
  {
    name: 'consent-counts',
    what: 'How often people agreed, refused, withdrew, by day; nobody in particular',
    table: 'consent_counts',
    from: 'day',
    unit: 'day',
    order: 'key',
    days: monthsDays,
  },
  {
    name: 'withdrawn-counts',
    what: 'What was counted before it was deleted (onWithdraw: anonymise), by day',
    table: 'withdrawn_counts',
    from: 'day',
    unit: 'day',
    order: 'key',
    days: monthsDays,
    daysMax: monthsDays,
  },
  {
    name: 'cookieless',
    what: 'Counts of visitors who were asked nothing, by hour; nobody in particular',
    table: 'cookieless_counts',
    from: 'hour',
    unit: 'ms',
    order: 'key',
    days: monthsDays,
    setBy: 'cookielessDays',
    daysMax: monthsDays,
  },
  {
    name: 'cookieless-uniques',
    what: 'Approximately how many different visitors a day had: a sketch without ids',
    table: 'cookieless_uniques',
    from: 'day',
    unit: 'day',
    order: 'key',
    days: monthsDays,
    setBy: 'cookielessDays',
    daysMax: monthsDays,
  },
  {
    name: 'announcements',
    what: 'Which abandoned carts were announced',
    table: 'announcements',
    from: 'announced_at',
    unit: 'ms',
    order: 'rowid',
    days: threeYearsDays,
  },
  {
    name: 'audit',
    what: 'Who of staff, or which key, looked at whom and changed what',
    table: 'audit_log',
    from: 'at',
    unit: 'ms',
    order: 'rowid',
    days: auditDays,
    setBy: 'auditDays',
  },
  {
    name: 'exports',
    what: 'That somebody asked for a copy of their data, how it ended; its file went after a week',
    table: 'exports',
    from: "CASE WHEN state NOT IN ('accepted', 'running', 'done') THEN requested_at END",
    unit: 'ms',
    order: 'key',
    days: threeYearsDays,
  },
  {
    name: 'erasures',
    what: 'That somebody was erased, with the certificate: from when it was done and every recipient had heard',
    table: 'erasures',
    // An open notice keeps it, however old it is: the certificate says who has still to be told.
    from: `CASE WHEN state = 'done' AND NOT EXISTS (
      SELECT 1 FROM notices n WHERE n.erasure = erasures.id AND n.state NOT IN ('acknowledged', 'settled')
    ) THEN max(done_at, coalesce((SELECT max(n.settled_at) FROM notices n WHERE n.erasure = erasures.id), 0)) END`,
    unit: 'ms',
    order: 'key',
    days: threeYearsDays,
    setBy: 'ledgerDays',
  },
  {
    // After the erasures: a notice is a line of its certificate, and goes with it.
    name: 'notices',
    what: 'Which recipient was told of which erasure, and when it confirmed',
    table: 'notices',
    from: `CASE WHEN state IN ('acknowledged', 'settled')
      AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.id = notices.erasure) THEN settled_at END`,
    unit: 'ms',
    order: 'key',
    days: threeYearsDays,
    setBy: 'ledgerDays',
  },
  {
    name: 'objections',
    what: 'That somebody objected; what follows from it stands in the ledger',
    table: 'objections',
    from: 'requested_at',
    unit: 'ms',
    order: 'key',
    days: threeYearsDays,
  },
  {
    name: 'retention-runs',
    what: 'What retention removed, and when',
    table: 'retention_runs',
    from: 'started_at',
    unit: 'ms',
    order: 'rowid',
    days: threeYearsDays,
  },
];
