// The end invariants of consent.md, section 9, as far as the collector decides them, over random histories. What must
// hold is computed here from the plain list of what was sent, by rules written anew and slowly.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Purpose, purposes, requires } from '../contract/purposes.js';
import { openSite, receiptOf, type Sent, type Site } from './testing.js';

const minute = 60_000;
const visitors = ['v0', 'v1', 'v2', 'v3'] as const;
const users = ['u0', 'u1'] as const;

type Step =
  | {
      do: 'row';
      visitor: number;
      kind: 'grant' | 'update' | 'withdraw' | 'object' | 'restale';
      values: number[];
      follows: number;
      delayed: boolean;
      named: boolean;
      region: boolean;
    }
  | {
      do: 'events';
      visitor: number;
      back: number;
      agoMinutes: number;
      user: number | null;
      gpc: boolean;
      type: 'page' | 'identify' | 'message';
      server: boolean;
    }
  | { do: 'erase'; user: number | null; visitor: number }
  | { do: 'deliver' }
  | { do: 'wait'; days: number };

const visitor = fc.nat(visitors.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('row' as const),
      visitor,
      kind: fc.constantFrom('grant', 'grant', 'update', 'withdraw', 'object', 'restale'),
      values: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
      follows: fc.nat(3),
      delayed: fc.boolean(),
      named: fc.boolean(),
      region: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      visitor,
      back: fc.nat(3),
      agoMinutes: fc.constantFrom(0, 0, 1, 5, 60, 60 * 24 * 10, 60 * 24 * 40),
      user: fc.option(fc.nat(users.length - 1)),
      gpc: fc.boolean(),
      type: fc.constantFrom('page', 'identify', 'message'),
      server: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('erase' as const), user: fc.option(fc.nat(users.length - 1)), visitor }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 20, 100) }) },
);

/** An act as the page made it, and when the collector accepted it. */
interface Act {
  receipt: string;
  visitor: number;
  row: Record<string, unknown> & { decisions: { purpose: Purpose; value: string; source: string }[]; kind: string };
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
  const empty = act.row.decisions.length === 0;
  const said = new Set<Purpose>(
    empty ? purposes : act.row.decisions.filter((one) => one.value === 'denied').map((one) => one.purpose),
  );
  for (const purpose of purposes) if (requires[purpose] && said.has(requires[purpose])) said.add(purpose);
  return said;
};

const run = (steps: readonly Step[]) => {
  const site: Site = openSite();
  const acts: Act[] = [];
  const undelivered: Act[] = [];
  const erased = { users: new Map<string, number>(), visitors: new Set<string>() };
  let order = 0;
  let minted = 0;

  const note = (act: Act): void => {
    act.acceptedAt = site.now;
    order += 1;
    act.order = order;
  };
  const post = (act: Act): void => {
    if (site.post(act.row).kind === 'accepted') note(act);
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
        const gave = life.some((one) => one.order <= act.order && granting(one).has(purpose));
        expect(gave, `${purpose} was never granted`).toBe(true);
        if (act.row.kind === 'grant' || act.row.kind === 'update' || act.row.kind === 'restale')
          expect(granting(act).has(purpose), `${purpose} is not in the receipt`).toBe(true);
        // (d) what was taken back after that receipt does not come in under it any more.
        const taken = life.some((one) => one.order > act.order && denying(one).has(purpose));
        expect(taken, `${purpose} was withdrawn before it arrived`).toBe(false);
        if (sent.gpc) expect(['marketing', 'sharing']).not.toContain(purpose);
      }
      if (!kept.purposes.includes('personalisation')) expect([kept.anonymousId, kept.userId]).toEqual([null, null]);
      if (kept.anonymousId !== null) expect(kept.anonymousId).toBe(visitors[act.visitor]);
      expect(kept.at).toBeGreaterThanOrEqual(act.clientAt - 2 * minute);
    }
  };

  for (const one of steps) {
    site.now += minute;
    const of = (index: number) => acts.filter((act) => act.visitor === index);
    switch (one.do) {
      case 'row': {
        const mine = of(one.visitor);
        const decisions = purposes.flatMap((purpose, index) => {
          const value = (['granted', 'granted', 'denied', 'unset'] as const)[one.values[index] ?? 3];
          return value && !(one.kind === 'withdraw' && one.values[0] === 3)
            ? [
                {
                  purpose,
                  value,
                  source: one.region ? 'region' : 'user',
                  materialHash: site.policy.purposes[index]?.materialHash,
                },
              ]
            : [];
        });
        minted += 1;
        const receipt = receiptOf(`r${minted}`);
        const row = site.row({
          receipt,
          kind: one.kind,
          visitorId: one.named || one.kind === 'grant' ? visitors[one.visitor] : null,
          supersedes: mine.at(-1 - one.follows)?.receipt ?? mine.at(-1)?.receipt ?? null,
          jurisdiction: { code: 'FR' },
        }) as Act['row'];
        const act: Act = {
          receipt,
          visitor: one.visitor,
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
              anonymousId: visitors[one.visitor] ?? null,
              userId: one.user === null ? null : (users[one.user] ?? null),
              at: site.now - one.agoMinutes * minute,
              ...(one.type === 'message' ? { type: 'track', name: 'Message Opened' } : { type: one.type }),
            },
          ],
        };
        const answer = site.send(sent);
        if (beside && answer.row?.kind === 'accepted') note(beside);
        check(sent, seqBefore);
        break;
      }
      case 'erase': {
        if (one.user === null) {
          const id = visitors[one.visitor] ?? '';
          erased.visitors.add(id);
          site.erase({ anonymousId: id });
          expect(site.events.filter((event) => event.anonymousId === id)).toEqual([]);
        } else {
          const id = users[one.user] ?? '';
          erased.users.set(id, site.now);
          site.erase({ userId: id });
          expect(site.events.filter((event) => event.userId === id)).toEqual([]);
          for (const name of visitors) if (site.consent.isOut('visitorId', name)) erased.visitors.add(name);
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
        if (later.visitor === act.visitor && later.acceptedAt !== null && later.order > act.order)
          for (const purpose of denying(later))
            expect(kept.purposes, `${purpose} was withdrawn`).not.toContain(purpose);
    }
  }
  site.sql.close();
  return site;
};

test('R14, R15: over random histories nothing is kept that the ledger, a withdrawal or a tombstone forbids', () => {
  const seed = Date.now() % 2 ** 31;
  console.info(`seed ${seed}`);
  let kept = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      kept += run(steps).events.length;
    }),
    { seed, numRuns: 400 },
  );
  // A gate that lets nothing through would pass all of the above.
  expect(kept).toBeGreaterThan(100);
});
