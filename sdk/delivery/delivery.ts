// The way out: batch → send → settle. An event leaves the buffer only after a verdict other than held; whatever stays
// unclear is sent again under the same id. One tab drains at a time. Before each request the record is looked at again.

import { after, cancel, iso, jitter, now, type Timer } from '../browser/clock.js';
import { type Answer, alone, gzip, request, sizeOf } from '../browser/net.js';
import { hear, tell } from '../browser/tell.js';
import { type Entry, own, remove, take } from '../buffer/buffer.js';
import { keep, look, obey, on, onText, record, restore } from '../consent/keeper.js';
import type { Row } from '../consent/record.js';
import { permit } from '../event/permit.js';
import type { PageEvent } from '../event/wire.js';
import { batchBounds, crashMs, options, requestMaxMs, retryBounds } from '../options.js';

interface Verdicts {
  held: { messageId: string }[];
  state?: string;
}

const startedAt = now();
/** Ids up to this one are on their way. */
let sentTo = '';
let lost: Record<string, number> = {};
let attempts = 0;
let retryAt = 0;
let timer: Timer;
let last: Promise<unknown> = Promise.resolve();

/** An event as it stands in the buffer under what is in force now. */
export const frozen = (event: PageEvent, entry: Pick<Entry, 'id' | 'epoch' | 'receipt' | 'at' | 'row'>): Entry => {
  const json = JSON.stringify(event);
  return { ...entry, on: onText, bytes: sizeOf(json), json };
};

const judge = (entry: Entry) => {
  const { epoch, at } = entry;
  // A life as young as that may have lost its cookie in a crash.
  if (epoch !== record?.epoch && !record?.earlier?.includes(epoch) && at - epoch > crashMs) return 'foreign';
  if (entry.on === onText) return entry;
  const event = permit(JSON.parse(entry.json), on);
  return event ? frozen(event, entry) : 'purpose';
};

/** A drain is due then, or earlier if one was. */
const wake = (ms: number) => {
  if (timer && ms) return;
  cancel(timer);
  timer = after(ms, () => drain(true));
};

/** False while the collector, or our own caution, wants us to wait; then a drain is due at the end of that. */
const isReady = () => {
  look();
  const waitMs = Math.max(retryAt, record?.notBefore ?? 0) - now();
  if (waitMs > 0) wake(waitMs);
  return waitMs <= 0;
};

const failed = (answer: Answer | void) => {
  look();
  if (record && answer && answer.retryAfterMs_ > 0) keep({ ...record, notBefore: now() + answer.retryAfterMs_ });
  retryAt = now() + Math.min(retryBounds.maxMs, retryBounds.firstMs * 2 ** attempts++) * jitter();
  tell('error', answer?.status_);
  isReady();
};

/** The receipt under which events may be sent, if any may. */
const receiptNow = () => (on.measurement ? record?.receipt : undefined);

const choose = (entries: Iterable<Entry>, receipt: string, room: number) =>
  [...entries]
    .filter((entry) => entry.receipt === receipt && entry.id > sentTo && (room -= entry.bytes + 1) > 0)
    .slice(0, batchBounds.countMax);

const post = (path: string, body: BodyInit) =>
  // Batches stay below the browser's quota for requests that may outlive their page.
  request(`${options.host}/v1/${path}`, requestMaxMs, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    keepalive: true,
    body,
  });

/** The ledger has that row. True: come again, there may be more. */
const acknowledged = (row: Row | undefined) => {
  attempts = retryAt = 0;
  look();
  if (row && record) keep({ ...record, rows: record.rows.filter(({ clientAt }) => clientAt !== row.clientAt) });
  return true;
};

/** Events of one receipt with its row beside them. */
const send = async (row: Row | undefined, entries: Entry[], isLeaving?: boolean): Promise<boolean | void> => {
  const ids = entries.map(({ id }) => id);
  const discarded = lost;
  const head = JSON.stringify({ writeKey: options.writeKey, sentAt: iso(now()), consent: row, discarded });
  const body = `{"batch":[${entries.map(({ json }) => json)}],${head.slice(1)}`;
  sentTo = ids[ids.length - 1] as string;
  const answer = await post('batch', isLeaving ? body : await gzip(body));
  sentTo = '';
  if (answer?.status_ !== 200) return failed(answer);
  // Throws where the answer is not ours: a hotel's login page says 200 too, and proves nothing.
  const { held, state } = answer.body_ as Verdicts;
  const kept = held.map(({ messageId }) => messageId);
  for (const id of ids) if (!kept.includes(id)) remove(id);
  if (lost === discarded) lost = {};
  tell('sent', answer.body_);
  look();
  const { receipt, epoch, json } = entries[0] as Entry;
  if (state && record?.receipt === receipt) {
    if (state === 'stale') tell(state);
    else obey(state);
  }
  if (!kept[0]) return acknowledged(row);
  // What is missing of those held is the row. If it was beside the batch, only time can help.
  if (row) return failed(answer);
  restore(receipt, epoch, JSON.parse(json).anonymousId);
  return true;
};

const step = async (all: boolean): Promise<boolean | void> => {
  if (!isReady()) return;
  const receipt = receiptNow();
  const entries = receipt ? await take(judge) : [];
  look();
  // Another tab may have decided meanwhile: begin again.
  if (receiptNow() !== receipt) return true;
  // A row goes beside the events it permits; alone, where there are none.
  const rows = record?.rows ?? [];
  const lone = rows.find((row) => !entries.some((entry) => entry.receipt === row.receipt));
  if (lone) {
    const answer = await post('consent', JSON.stringify({ writeKey: options.writeKey, ...lone }));
    // 409: the ledger has that receipt already.
    return /200|409/.test(`${answer?.status_}`) ? acknowledged(lone) : failed(answer);
  }
  const first = entries[0];
  if (!first) return;
  // Only what this page has just put in: it waits for company. The rest was left behind, and goes at once.
  if (!all && entries.every(({ at }) => at >= startedAt)) return wake(batchBounds.ageMaxMs);
  return send(
    rows.find((row) => row.receipt === first.receipt) ?? (first.row as Row | undefined),
    choose(entries, first.receipt, batchBounds.bytesMax),
  );
};

export const drain = (all: boolean) => {
  cancel(timer);
  timer = undefined;
  last = last
    .then(() =>
      alone(async () => {
        while (await step(all));
      }),
    )
    .catch(failed);
  return last;
};

/** The page is being hidden and may not come back: what this page has goes now, uncompressed, without a lock. */
export const leave = () => {
  const isFree = isReady();
  const receipt = receiptNow();
  // A batch on its way has its share of the quota.
  const chosen = isFree && receipt ? choose(own.values(), receipt, sentTo ? 3e4 : 5e4) : [];
  if (chosen[0])
    send(
      record?.rows.find((row) => row.receipt === receipt),
      chosen,
      true,
    );
};

/** The network is back: what the collector asked for still holds, our own caution does not. */
export const retryNow = () => {
  attempts = retryAt = 0;
  drain(true);
};

/** What it hears; what it returns ends that. */
export const deliver = () => [
  hear('answered', () => drain(true)),
  // Nothing is lost in silence: counted under a reason, reported with the next batch.
  hear('dropped', ({ reason }: { reason: string }) => {
    lost = { ...lost, [reason]: (lost[reason] ?? 0) + 1 };
  }),
  // One more waits: sent when there are enough, or after a while.
  hear('event', () => {
    let bytes = 0;
    for (const entry of own.values()) bytes += entry.bytes;
    wake(own.size >= batchBounds.countMax || bytes >= batchBounds.bytesMax ? 0 : batchBounds.ageMaxMs);
  }),
  () => cancel(timer),
];
