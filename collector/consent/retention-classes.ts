// What of the house ages by its date alone, for how long it is kept, and who may say otherwise: one list, which the job
// executes and the privacy team reads. Events are not in it: each has the days of its own terms.

import { monthsDays, type RetentionClass, threeYearsDays } from './retention.js';

/** Everything that ages by its date alone. Events are not here: each has the days of its own terms. */
export const classes: readonly RetentionClass[] = [
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
    name: 'announcements',
    what: 'Which abandoned carts were announced',
    table: 'announcements',
    from: 'announced_at',
    unit: 'ms',
    order: 'rowid',
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
