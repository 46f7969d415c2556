// The way out: batch → send → settle. An event leaves the buffer only after a verdict other than held; whatever stays
// unclear is sent again under the same id. One tab drains at a time. Knows nothing of how consent is decided: it asks
// before each request whether it may go, and for whom.

import { after, cancel, iso, jitter, now, type Timer } from '../browser/clock.js';
import { type Answer, alone, gzip, request } from '../browser/net.js';
import type { Buffer, Entry } from '../buffer/buffer.js';
import type { ConsentRecord, Row } from '../consent/record.js';
import { batchBounds, requestMaxMs, retryBounds } from '../options.js';

/** What delivery must ask of consent. */
export interface Device {
  /** Looks at the record again. It names a receipt only if events may be sent. */
  look_: () => Partial<ConsentRecord>;
  note_: (noted: Pick<ConsentRecord, 'rows' | 'notBefore'>) => void;
  /** What the collector said of the device with that receipt. True: there is something new to be sent for it. */
  told_: (state: string, receipt: string) => boolean | void;
}

interface Verdicts {
  held: { messageId: string }[];
  state?: string;
}

export const createDelivery = (
  host: string,
  writeKey: string,
  { own_, take_, remove_ }: Buffer,
  { look_, note_, told_ }: Device,
  tell: (name: string, detail: unknown) => void,
) => {
  const startedAt = now();
  /** Ids up to this one are on their way. */
  let sentTo = '';
  let lost: Record<string, number> = {};
  let attempts = 0;
  let retryAt = 0;
  let timer: Timer;
  let count = 0;
  let bytes = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** A drain is due then, or earlier if one was. */
  const wake = (ms: number) => {
    if (timer && ms) return;
    cancel(timer);
    timer = after(ms, () => drain_(true));
  };

  /** The device, unless it must wait: then a drain is due at the end of that. */
  const ready = () => {
    const device = look_();
    const waitMs = Math.max(retryAt, device.notBefore ?? 0) - now();
    if (waitMs > 0) wake(waitMs);
    else return device;
  };

  const failed = (answer: Answer | void) => {
    if (answer && answer.retryAfterMs_ > 0) note_({ notBefore: now() + answer.retryAfterMs_ });
    retryAt = now() + Math.min(retryBounds.maxMs, retryBounds.firstMs * 2 ** attempts++) * jitter();
    tell('error', answer?.status_);
    ready();
  };

  const choose = (entries: Iterable<Entry>, receipt: string, room: number) =>
    [...entries]
      .filter((entry) => entry.receipt === receipt && entry.id > sentTo && (room -= entry.bytes + 1) > 0)
      .slice(0, batchBounds.countMax);

  /** Events of one receipt with its row beside them, or a row alone. True: come again, there may be more. */
  const send = async (row: Row | undefined, entries: Entry[], isLeaving?: boolean): Promise<boolean | void> => {
    const ids = entries.map(({ id }) => id);
    const discarded = lost;
    const head = ids[0] ? { writeKey, sentAt: iso(now()), consent: row, discarded } : { writeKey, ...row };
    const body = `{${ids[0] ? `"batch":[${entries.map(({ json }) => json)}],` : ''}${JSON.stringify(head).slice(1)}`;
    sentTo = ids[ids.length - 1] ?? '';
    // Batches stay below the browser's quota for requests that may outlive their page.
    const answer = await request(`${host}/v1/${ids[0] ? 'batch' : 'consent'}`, requestMaxMs, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      keepalive: true,
      body: isLeaving ? body : await gzip(body),
    });
    sentTo = '';
    const { status_, body_ } = answer ?? {};
    // 409: the ledger has that receipt already.
    if (status_ !== 200 && (ids[0] || status_ !== 409)) return failed(answer);
    attempts = retryAt = 0;
    if (ids[0]) {
      const verdicts = body_ as Verdicts;
      // Throws where the answer is not ours: a hotel's login page says 200 too, and proves nothing.
      const held = verdicts.held.map(({ messageId }) => messageId);
      for (const id of ids) if (!held.includes(id)) remove_(id);
      if (lost === discarded) lost = {};
      tell('sent', verdicts);
      const { receipt } = entries[0] as Entry;
      if (verdicts.state) told_(verdicts.state, receipt);
      if (held[0]) {
        // What is missing is the row. If it was beside the batch, only time can help; if nobody has it, nothing can.
        if (row) return failed(answer);
        if (!told_('held', receipt)) for (const id of held) remove_(id), lose_('no_row');
        return true;
      }
    }
    if (row) note_({ rows: look_().rows?.filter(({ clientAt }) => clientAt !== row.clientAt) });
    return true;
  };

  const step = async (all: boolean): Promise<boolean | void> => {
    const device = ready();
    if (!device) return;
    const { receipt, rows = [] } = device;
    const entries = receipt ? await take_() : [];
    // Another tab may have decided meanwhile: begin again.
    if (look_().receipt !== receipt) return true;
    // A row goes beside the events it permits; alone, where there are none.
    const lone = rows.find((row) => !entries.some((entry) => entry.receipt === row.receipt));
    if (lone) return send(lone, []);
    const first = entries[0];
    if (!first) return;
    // Only what this page has just put in: it waits for company. The rest was left behind, and goes at once.
    if (!all && entries.every(({ at }) => at >= startedAt)) return wake(batchBounds.ageMaxMs);
    return send(
      rows.find((row) => row.receipt === first.receipt) ?? (first.row as Row | undefined),
      choose(entries, first.receipt, batchBounds.bytesMax),
    );
  };

  /** Nothing is lost in silence: counted under a reason, reported with the next batch. */
  const lose_ = (reason: string) => {
    lost = { ...lost, [reason]: (lost[reason] ?? 0) + 1 };
  };

  const drain_ = (all: boolean) => {
    cancel(timer);
    timer = undefined;
    count = bytes = 0;
    last = last
      .then(() =>
        alone(async () => {
          while (await step(all));
        }),
      )
      .catch(failed);
    return last;
  };

  return {
    drain_,
    lose_,
    /** One more waits: sent when there are enough, or after a while. */
    added_: (entry: Entry) => {
      bytes += entry.bytes;
      wake(++count >= batchBounds.countMax || bytes >= batchBounds.bytesMax ? 0 : batchBounds.ageMaxMs);
    },
    /** The network is back: what the collector asked for still holds, our own caution does not. */
    retryNow_: () => {
      attempts = retryAt = 0;
      drain_(true);
    },
    /** The page is being hidden and may not come back: what this page has goes now, uncompressed, without a lock. */
    leave_: () => {
      const { receipt, rows } = ready() ?? {};
      // A batch on its way has its share of the quota.
      const chosen = receipt ? choose(own_.values(), receipt, sentTo ? 3e4 : 5e4) : [];
      if (chosen[0])
        void send(
          rows?.find((row) => row.receipt === receipt),
          chosen,
          true,
        );
    },
    stop_: () => cancel(timer),
  };
};
