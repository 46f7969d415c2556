// The end invariants of consent.md, section 9, as far as the collector decides them, over random histories. What must
// hold is computed here from the plain list of what was sent, by rules written anew and slowly.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Purpose, purposes, requires } from '../contract/purposes.js';
import type { RowResult } from './rows/act.js';
import { openSite, receiptOf, type Sent, type Site } from './site.fixture.js';

const minute = 60_000;
const devices = 3;
const users = ['u0', 'u1'] as const;

type Value = 'granted' | 'denied' | 'unset';
/** What people press, and now and then anything at all. */
const answers: fc.Arbitrary<(Value | null)[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['granted', 'granted', 'granted', 'granted'] as Value[]) },
  { weight: 2, arbitrary: fc.constant(['granted', 'granted', 'denied', 'denied'] as Value[]) },
  { weight: 2, arbitrary: fc.constant(['granted', 'denied', 'denied', 'denied'] as Value[]) },
  { weight: 1, arbitrary: fc.constant(['denied', 'denied', 'denied', 'denied'] as Value[]) },
  { weight: 2, arbitrary: fc.constant([null, null, 'denied', null] as (Value | null)[]) },
  { weight: 1, arbitrary: fc.constant([null, 'denied', null, null] as (Value | null)[]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom<Value | null>('granted', 'denied', 'unset', null), {
      minLength: 4,
      maxLength: 4,
    }),
  },
);
const visitor = fc.nat(devices - 1);
const rarely = fc.nat(7).map((n) => n === 0);
const user = fc.option(fc.nat(users.length - 1), { freq: 2 });
const stranger = fc.tuple(rarely, visitor).map(([steals, of]) => (steals ? of : null));
const step = fc.oneof(
  {
    weight: 15,
    arbitrary: fc.record({
      do: fc.constant('row' as const),
      visitor,
      kind: fc.constantFrom('grant', 'grant', 'update', 'update', 'withdraw', 'object', 'restale'),
      answers,
      follows: fc.constantFrom(0, 0, 0, 1, 2),
      delayed: rarely,
      /** Follows a row that was not delivered yet. */
      hasty: rarely,
      /** Names the device of another. */
      steals: stranger,
      region: rarely,
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      visitor,
      back: fc.constantFrom(0, 0, 1, 2),
      /** Before now; or right after the act under which it was collected, however long ago. */
      ago: fc.constantFrom<number | 'act'>(
        'act',
        'act',
        0,
        0,
        5 * minute,
        10 * 24 * 60 * minute,
        40 * 24 * 60 * minute,
      ),
      user,
      gpc: rarely,
      type: fc.constantFrom('page', 'page', 'identify', 'message'),
      server: rarely,
      /** Comes with the receipt of another. */
      steals: stranger,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), user, visitor }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 20, 100) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const everybodyAccepts = Array.from(
  { length: devices },
  (_, device): Step => ({
    do: 'row',
    visitor: device,
    kind: 'grant',
    answers: ['granted', 'granted', 'granted', 'granted'],
    follows: 0,
    delayed: false,
    hasty: false,
    steals: null,
    region: false,
  }),
);

/** An act as the page made it, and when the collector accepted it. */
interface Act {
  receipt: string;
  /** The visitor id of the device that made it. */
  visitor: string;
  row: Record<string, unknown> & {
    supersedes: string | null;
    decisions: { purpose: Purpose; value: string; source: string }[];
    kind: string;
  };
  clientAt: number;
  acceptedAt: number | null;
  order: number;
}

const granting = (act: Act): Set<Purpose> => {
  const said = new Set(
    act.row.decisions.filter((one) => one.value === 'granted' && one.source === 'user').map((one) => one.purpose),
  );
  for (const { purpose, value } of act.row.decisions) if (value === 'denied') said.delete(purpose);
  for (const purpose of purposes) if (requires[purpose] && !said.has(requires[purpose])) said.delete(purpose);
  return said;
};
const denying = (act: Act): Set<Purpose> => {
  const empty = act.row.decisions.length === 0 && (act.row.kind === 'withdraw' || act.row.kind === 'object');
  const said = new Set<Purpose>(
    empty ? purposes : act.row.decisions.filter((one) => one.value === 'denied').map((one) => one.purpose),
  );
  for (const purpose of purposes) if (requires[purpose] && said.has(requires[purpose])) said.add(purpose);
  return said;
};

/** Until it acts anew, a device that is out goes on sending under its old name. */
const rejoins = (step: Step): boolean => step.do === 'row';

/** Plays a history; answers how many events were kept on the way. */
const run = (steps: readonly Step[]): number => {
  const site: Site = openSite();
  const acts: Act[] = [];
  const undelivered: Act[] = [];
  const erased = { users: new Map<string, number>(), visitors: new Set<string>() };
  const names = Array.from({ length: devices }, (_, device) => ({ device, n: 0 }));
  /** What a device calls itself: after it was wiped it has a new name. */
  const nameOf = (device: number): string => `v${device}.${names[device]?.n}`;
  const speakers = new Map<string, string>();
  let order = 0;
  let minted = 0;
  let keptEver = 0;

  const note = (act: Act): void => {
    act.acceptedAt = site.now;
    order += 1;
    act.order = order;
  };
  /** A refusal by somebody who had granted nothing is nobody's: it has no receipt, and takes nothing from anyone. */
  const settle = (act: Act, result: RowResult | null | undefined): void => {
    if (result?.kind === 'accepted' && result.receipt !== null) note(act);
    else acts.splice(acts.indexOf(act), 1);
  };
  const post = (act: Act): void => settle(act, site.post(act.row));

  /** Accepted later is later, unless it is what the other one follows: rows may overtake each other. */
  const isAfter = (one: Act, other: Act): boolean => {
    for (let at: Act | undefined = other; at; at = acts.find((act) => act.receipt === at?.row.supersedes))
      if (at === one) return false;
    return one.order > other.order;
  };

  const check = (sent: Sent, seqBefore: number): void => {
    for (const kept of site.events.filter((one) => one.seq > seqBefore)) {
      const server = sent.key?.trust === 'secret';
      // (c) nothing is stored for a tombstoned key.
      if (kept.anonymousId !== null) expect(erased.visitors.has(kept.anonymousId)).toBe(false);
      if (kept.userId !== null) {
        const erasedAt = erased.users.get(kept.userId);
        if (erasedAt !== undefined) {
          const opener = acts.find(
            (act) =>
              act.acceptedAt !== null &&
              act.acceptedAt > erasedAt &&
              act.clientAt > erasedAt &&
              granting(act).has('personalisation'),
          );
          expect(opener, 'somebody erased is named without a newer grant').toBeDefined();
        }
      }
      if (server) continue;
      const act = acts.find((one) => one.receipt === kept.receipt);
      expect(act?.acceptedAt, 'an event is kept under a receipt that was never accepted').not.toBeNull();
      if (!act) throw new Error('an event is kept without a receipt');
      const life = acts.filter((one) => one.visitor === act.visitor && one.acceptedAt !== null);
      for (const purpose of kept.purposes) {
        // (b) and (e): somebody granted it, by an act, in this consent; a withdrawal may hand on what it does not mention.
        const gave = life.some((one) => (one === act || isAfter(act, one)) && granting(one).has(purpose));
        expect(gave, `${purpose} was never granted`).toBe(true);
        if (act.row.kind === 'grant' || act.row.kind === 'update' || act.row.kind === 'restale')
          expect(granting(act).has(purpose), `${purpose} is not in the receipt`).toBe(true);
        // (d) what was taken back after that receipt does not come in under it any more.
        const taken = life.some((one) => isAfter(one, act) && denying(one).has(purpose));
        expect(taken, `${purpose} was withdrawn before it arrived`).toBe(false);
        if (sent.gpc) expect(['marketing', 'sharing']).not.toContain(purpose);
      }
      if (!kept.purposes.includes('personalisation')) expect([kept.anonymousId, kept.userId]).toEqual([null, null]);
      // Whoever spoke for a device first is the only one who ever does.
      if (kept.anonymousId !== null) {
        const speaker = speakers.get(kept.anonymousId) ?? act.visitor;
        speakers.set(kept.anonymousId, speaker);
        expect(act.visitor, 'a device speaks for another').toBe(speaker);
      }
      expect(kept.at).toBeGreaterThanOrEqual(act.clientAt - 2 * minute);
    }
  };

  for (const one of steps) {
    site.now += minute;
    const of = (device: number) => acts.filter((act) => act.visitor === nameOf(device));
    for (const name of names) if (site.consent.isOut('visitorId', nameOf(name.device)) && rejoins(one)) name.n += 1;
    switch (one.do) {
      case 'row': {
        const followed = of(one.visitor).filter((act) => act.acceptedAt !== null || one.hasty);
        const decisions = purposes.flatMap((purpose, index) => {
          const value = one.answers[index];
          const source = one.region ? 'region' : 'user';
          return value ? [{ purpose, value, source, materialHash: site.policy.purposes[index]?.materialHash }] : [];
        });
        minted += 1;
        const receipt = receiptOf(`r${minted}`);
        const row = site.row({
          receipt,
          kind: one.kind,
          visitorId: nameOf(one.steals ?? one.visitor),
          supersedes: followed.at(-1 - one.follows)?.receipt ?? followed.at(-1)?.receipt ?? null,
          jurisdiction: { code: 'FR' },
        }) as Act['row'];
        const act: Act = {
          receipt,
          visitor: nameOf(one.visitor),
          row: { ...row, decisions },
          clientAt: site.now,
          acceptedAt: null,
          order: 0,
        };
        acts.push(act);
        if (one.delayed) undelivered.push(act);
        else post(act);
        break;
      }
      case 'deliver': {
        const act = undelivered.pop();
        if (act) post(act);
        break;
      }
      case 'events': {
        const mine = of(one.visitor);
        const act = mine.at(-1 - one.back) ?? mine.at(-1);
        const at = one.ago === 'act' ? (act?.clientAt ?? site.now) + 1 : site.now - one.ago;
        const beside = act && undelivered.includes(act) && one.back === 0 ? act : null;
        if (beside) undelivered.splice(undelivered.indexOf(beside), 1);
        const seqBefore = site.events.at(-1)?.seq ?? 0;
        const sent: Sent = {
          gpc: one.gpc,
          ...(beside ? { row: beside.row } : {}),
          ...(one.server ? { key: { trust: 'secret', mode: 'external', purposes: [...purposes] } } : {}),
          events: [
            {
              receipt: one.server ? null : (act?.receipt ?? null),
              anonymousId: nameOf(one.steals ?? one.visitor),
              userId: one.user === null ? null : (users[one.user] ?? null),
              at,
              ...(one.type === 'message' ? { type: 'track', name: 'Message Opened' } : { type: one.type }),
            },
          ],
        };
        const answer = site.send(sent);
        if (beside) settle(beside, answer.row);
        check(sent, seqBefore);
        if (answer.codes[0] === 'kept') keptEver += 1;
        break;
      }
      case 'erase': {
        if (one.user === null) {
          const id = nameOf(one.visitor);
          erased.visitors.add(id);
          site.erase({ anonymousId: id });
          expect(site.events.filter((event) => event.anonymousId === id)).toEqual([]);
        } else {
          const id = users[one.user] ?? '';
          erased.users.set(id, site.now);
          site.erase({ userId: id });
          expect(site.events.filter((event) => event.userId === id)).toEqual([]);
          // Devices that have withdrawn are out as well, and stay it.
          for (const { visitor } of acts) if (site.consent.isOut('visitorId', visitor)) erased.visitors.add(visitor);
        }
        break;
      }
      case 'wait':
        site.now += one.days * 24 * 60 * minute;
        break;
    }
    // (d) as a state: what lies in the store is still permitted by every later act of its consent.
    for (const kept of site.events) {
      const act = acts.find((candidate) => candidate.receipt === kept.receipt);
      if (!act || kept.receipt === null) continue;
      for (const later of acts)
        if (later.visitor === act.visitor && later.acceptedAt !== null && isAfter(later, act))
          for (const purpose of denying(later))
            expect(kept.purposes, `${purpose} was withdrawn`).not.toContain(purpose);
    }
  }
  site.sql.close();
  return keptEver;
};

test('R14, R15: over random histories nothing is kept that the ledger, a withdrawal or a tombstone forbids', () => {
  const seed = Number(process.env.WEFT_SEED);
  console.info(`seed ${seed}`);
  let kept = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      kept += run([...everybodyAccepts, ...steps]);
    }),
    { seed, numRuns: 100 },
  );
  // A gate that lets nothing through would pass all of the above.
  expect(kept).toBeGreaterThan(200);
}, 120_000);
