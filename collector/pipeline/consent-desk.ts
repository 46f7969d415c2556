// What the pipeline asks of consent, so that acceptance stays pure: one visit a submission, a judgement an event.

import type { Submission } from '../log/log.js';
import type { Judge } from './accept.js';
import type { WorkingSet } from './working-set.js';

export interface ConsentVisit {
  judge: Judge;
  /** What the device must do at once, known after its events were judged. */
  state: () => 'erased' | 'withdrawn' | 'stale' | undefined;
}

export interface ConsentDesk {
  /** Takes the row beside the batch, if there is one, before any event of it is judged. */
  begin: (submission: Submission, row: unknown) => ConsentVisit;
  /** What the rows of this transaction ask to be done to events (a withdrawal deletes): emptied by the call. */
  consequences: () => ((set: WorkingSet) => void)[];
  dropCaches: () => void;
}
