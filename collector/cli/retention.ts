// `weft retention`: what has been kept for long enough, shown or removed. The collector does it by itself; this is for a
// folder nobody runs on, and for whoever wants to see before.

import { type Removal, retentionPreview, retentionRuns } from '../consent/retention/store.js';
import { mustHaveData, placeOf, readerOf, writerOf } from './data.js';
import type { Ending } from './failure.js';
import type { Out } from './say.js';

export interface RetentionAsked {
  dryRun?: boolean;
  json?: boolean;
}

const lines = (removed: readonly Removal[], verb: { deleted: string; narrowed: string }): string[] =>
  removed.map(({ class: of, purpose, deleted, narrowed }) =>
    purpose === null
      ? `${of}: ${deleted.toLocaleString('en-US')} ${verb.deleted}`
      : `${of}: ${narrowed.toLocaleString('en-US')} ${verb.narrowed} ${purpose}`,
  );

export const retention = async ({ dryRun, json }: RetentionAsked, out: Out): Promise<Ending> => {
  const place = placeOf();
  mustHaveData(place);
  const now = Date.now();
  if (dryRun) {
    const store = readerOf(place);
    try {
      const would = retentionPreview(store, now);
      if (json) out.tell(JSON.stringify({ at: new Date(now).toISOString(), would }));
      else if (would.length === 0) out.tell('Nothing has been kept for too long.');
      else for (const line of lines(would, { deleted: 'would go', narrowed: 'would lose' })) out.tell(line);
    } finally {
      store.close();
    }
    return 'done';
  }
  const writer = writerOf(place, 'weft retention', 'leave it: a running collector does this by itself');
  try {
    writer.command({ kind: 'retention', at: now });
    const [run] = retentionRuns(writer.store, 1);
    const removed = run?.removed ?? [];
    if (json) out.tell(JSON.stringify({ at: new Date(now).toISOString(), removed }));
    else if (removed.length === 0) out.tell('Nothing had been kept for too long.');
    else for (const line of lines(removed, { deleted: 'removed', narrowed: 'lost' })) out.tell(line);
  } finally {
    writer.close();
  }
  return 'done';
};
