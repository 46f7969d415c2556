// The way out: batch → send → settle. An event leaves the buffer only after a verdict other than held; whatever stays
// unclear is sent again under the same id. One tab drains at a time. Before each request the record is looked at again.

import { after, cancel, iso, jitter, now, type Timer } from '../browser/clock.js';
import { type Answer, alone, gzip, request, sizeOf } from '../browser/net.js';
import { hear, tell } from '../browser/tell.js';
import { change, type Entry, own, take } from '../buffer/buffer.js';
import { decide } from '../consent/decide.js';
import { keep, look, on, onText, record, rowFor } from '../consent/keeper.js';
import type { Act, Row } from '../consent/record.js';
import { permit } from '../event/permit.js';
import type { PageEvent } from '../event/wire.js';
import { batchBounds, config, options, requestMaxMs, retryBounds, version } from '../options.js';

type Held = { messageId: string };

/** What is answered to a batch, or to a row alone. */
interface Verdicts {
  held?: Held[];
  /** What the person objected to elsewhere, as `decide` takes it; the rest of the answer says how (`kind`). */
  consent?: Record<string, false>;
  state?: unknown;
  seq?: number;
  error?: unknown;
}

const startedAt = now();
/** Ids up to this one are on their way. */
let sentTo = '';
const lost: Record<string, number> = {};
let attempts = 0;
let retryAt = 0;
let timer: Timer;

/** An event as it stands in the buffer under what is in force now. */
export const frozen = (event: PageEvent, entry: Omit<Entry, 'on' | 'bytes' | 'json'>): Entry => {
  const json = JSON.stringify(event);
  return { ...entry, on: onText, bytes: sizeOf(json), json };
};

const judge = (entry: Entry) => {
  if (!entry.isYoung && entry.life !== record?.life) return 'foreign';
  if (entry.on === onText) return entry;
  const event = permit(JSON.parse(entry.json), on, config.redact);
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
  const waitMs = Math.max(retryAt, record?.notBefore || 0) - now();
  return waitMs <= 0 || (wake(waitMs) as undefined);
};

const failed = (answer: Answer | void) => {
  look();
  if (record && answer && answer.retryAfterMs_ > 0) keep({ ...record, notBefore: now() + answer.retryAfterMs_ });
  retryAt = now() + Math.min(retryBounds.maxMs, retryBounds.firstMs * 2 ** attempts++) * jitter();
  tell('error', answer?.status_);
  isReady();
};

/** The receipt under which events may be sent, if any may. */
const receiptNow = () => on.measurement && record?.receipt;

const choose = (entries: Iterable<Entry>, receipt: ReturnType<typeof receiptNow>, room: number) =>
  [...entries]
    .filter((entry) => entry.receipt === receipt && entry.id > sentTo && (room -= entry.bytes + 1) > 0)
    .slice(0, batchBounds.countMax);

/** Events of one receipt with its row beside them; or a row alone. True: come again, there may be more. */
const send = async (row: Row | undefined, entries: Entry[], isLeaving?: boolean): Promise<boolean | void> => {
  const [first] = entries;
  // One request at a time tells of what was lost, and what it told is subtracted once it was answered.
  const told = { ...(first && !sentTo && lost) };
  const head = JSON.stringify({
    writeKey: options.writeKey,
    sentAt: iso(now()),
    ...(first ? { consent: row, discarded: told } : { ...row, sdkVersion: version }),
  });
  const body = first ? `{"batch":[${entries.map((one) => one.json)}],${head.slice(1)}` : head;
  sentTo = entries.at(-1)?.id ?? '';
  const answer = await request(`${options.host}/v1/${first ? 'batch' : 'consent'}`, requestMaxMs, {
    method: 'POST',
    // Batches stay below the browser's quota for requests that may outlive their page.
    keepalive: true,
    body: isLeaving ? body : await gzip(body),
  });
  sentTo = '';
  // 409: the ledger has that receipt already.
  if (!/200|409/.test(answer?.status_ as never)) return failed(answer);
  const { consent, state = consent, held, error, seq } = (answer as Answer).body_ as Verdicts;
  // Throws where the answer is not ours: a hotel's login page says 200 too, and proves nothing.
  const kept = (held ?? ((seq || error) && [])) as Held[];
  for (const { id } of entries) if (!kept.some((one) => one.messageId === id)) change(id);
  for (const reason in told) lost[reason]! -= told[reason]!;
  tell('sent', (answer as Answer).body_);
  look();
  if (state && record?.receipt === (first ?? row)?.receipt) {
    if (state === 'stale') tell(state);
    // Erased: nothing is left. Withdrawn elsewhere: what is left is a refusal.
    else
      keep(
        state === 'erased'
          ? undefined
          : decide(record, consent ?? { measurement: false }, (answer as Answer).body_ as Act),
      );
  }
  if (kept[0]) {
    // What is missing of those held is the row. If it was beside the batch, only time can help.
    if (!row) tell('lost', first);
    return failed(answer);
  }
  attempts = retryAt = 0;
  // The whole row: a page may answer twice in one instant.
  if (row && record)
    keep({ ...record, rows: record.rows.filter((one) => JSON.stringify(one) !== JSON.stringify(row)) });
  return true;
};

const step = async (all: boolean): Promise<boolean | void> => {
  if (!isReady()) return;
  const receipt = receiptNow();
  const entries = receipt ? await take(judge) : [];
  look();
  // Another tab may have decided meanwhile: begin again.
  if (receipt !== receiptNow()) return true;
  // A row goes beside the events it permits; alone, where there are none.
  const lone = record?.rows.find((row) => !entries.some((entry) => entry.receipt === row.receipt));
  if (lone) return send(lone, []);
  const [first] = entries;
  if (!first) return;
  // Only what this page has just put in: it waits for company. The rest was left behind, and goes at once.
  if (!all && entries.every(({ at }) => at >= startedAt)) return wake(batchBounds.ageMaxMs);
  return send(
    rowFor(first.receipt) ?? (first.row as Row | undefined),
    choose(entries, first.receipt, batchBounds.bytesMax),
  );
};

export const drain = (all: boolean): Promise<unknown> => {
  cancel(timer);
  timer = undefined;
  const run = async () => {
    while (await step(all));
  };
  return alone(run).catch(failed);
};

/** The page is being hidden and may not come back: what this page has goes now, uncompressed, without a lock. */
export const leave = () => {
  const receipt = isReady() && receiptNow();
  // A batch on its way has its share of the quota.
  const chosen = choose(own.values(), receipt, sentTo ? 3e4 : 5e4);
  // What is missing after this was not taken by a crash (docs/decisions/0620).
  for (const entry of own.values()) if (entry.isYoung) change(entry.id, { ...entry, isYoung: false });
  if (chosen[0]) send(rowFor(receipt), chosen, true);
};

/** The network is back: what the collector asked for still holds, our own caution does not. */
export const retryNow = () => {
  attempts = retryAt = 0;
  drain(true);
};

/** One more waits: sent when there are enough, or after a while. */
export const wait = () => wake(own.size < batchBounds.countMax ? batchBounds.ageMaxMs : 0);

hear('stop', () => {
  retryAt = 1 / 0;
});
// Nothing is lost in silence: counted under a reason, reported with the next batch.
hear('dropped', ({ reason, n = 1 }: { reason: string; n?: number }) => {
  lost[reason] = (lost[reason] || 0) + n;
});
