// For tests: what goes with a person or a device, out of a list of all events. The pipeline comes to the same from the store,
// device by device (pipeline/closure.ts).

import { type ErasableEvent, fateOf, goes, type Mark, marksOf } from './fate.js';

export interface ErasurePlan {
  deleted: readonly number[];
  /** Devices that go whole: nothing from them may come back. */
  erased: readonly string[];
  /** Devices of others, too: they live on with a mark. */
  cut: readonly string[];
  marks: readonly Mark[];
}

/**
 * A device goes whole if nobody else was ever named on it. `events` are all events of `visitorIds`, by id or by one of the
 * device's receipts, and whatever else the person owns. `userIds` are all names of the person, former ones too. `mint`
 * draws a name for a mark.
 */
export const planPersonErasure = (
  person: {
    userIds: readonly string[];
    visitorIds: readonly string[];
    /** Of each device: what it sent while it had no lasting id goes with it. */
    receiptsOf: (visitorId: string) => readonly string[];
  },
  events: Iterable<ErasableEvent>,
  mint: () => string,
): ErasurePlan => {
  const users = new Set(person.userIds);
  const devices = new Map<string, ErasableEvent[]>(person.visitorIds.map((id) => [id, []]));
  const byReceipt = new Map<string, string>();
  for (const id of person.visitorIds) for (const receipt of person.receiptsOf(id)) byReceipt.set(receipt, id);
  const deleted = new Set<number>();
  for (const event of events) {
    if (event.owned || (event.userId !== null && users.has(event.userId))) deleted.add(event.seq);
    const device = event.anonymousId ?? (event.receipt === null ? undefined : byReceipt.get(event.receipt));
    if (device !== undefined) devices.get(device)?.push(event);
  }

  const erased: string[] = [];
  const cut: string[] = [];
  const marks: Mark[] = [];
  for (const [anonymousId, ofDevice] of devices) {
    const fate = fateOf(
      users,
      ofDevice.flatMap(({ userId, at, messageId }) => (userId === null ? [] : [{ userId, at, messageId }])),
    );
    (fate.kind === 'whole' ? erased : cut).push(anonymousId);
    for (const event of ofDevice) if (goes(event, users, fate)) deleted.add(event.seq);
    if (fate.kind === 'cut') marks.push(...marksOf(anonymousId, fate, mint));
  }
  return { deleted: [...deleted].sort((a, b) => a - b), erased, cut, marks };
};

/**
 * A device asks for itself: all that came from it, and nothing else of whoever used it. `receipts` are those of its
 * consent, which find what it sent while it had no lasting id.
 */
export const planDeviceErasure = (
  device: { visitorId: string; receipts: readonly string[] },
  events: Iterable<ErasableEvent>,
): ErasurePlan => {
  const receipts = new Set(device.receipts);
  const deleted: number[] = [];
  for (const event of events)
    if (event.anonymousId === device.visitorId || (event.receipt !== null && receipts.has(event.receipt)))
      deleted.push(event.seq);
  return { deleted: deleted.sort((a, b) => a - b), erased: [device.visitorId], cut: [], marks: [] };
};
