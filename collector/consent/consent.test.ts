import { describe, expect, test } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { Candidate } from './gate.js';
import { publicConfig } from './policy/public-config.js';
import { dayMs, openSite, receiptOf, type Site, start } from './site.fixture.js';

const r1 = receiptOf('r1');
const r2 = receiptOf('r2');
const r3 = receiptOf('r3');
const all = [...purposes];
const MP: Purpose[] = ['measurement', 'personalisation'];
const minute = 60_000;

const count = (site: Site, table: string) =>
  site.sql.prepare<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? 0;
const codesOf = (codes: string[]) =>
  Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((one) => one === code).length]));
const times = <Item>(n: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: n }, (_, index) => item(index));
const kinds = (site: Site) =>
  site.sql
    .prepare<{ kind: string }>('SELECT kind FROM consent_ledger ORDER BY seq')
    .all()
    .map((row) => row.kind);

/** v1 has accepted all, and five of its events are kept. */
const accepted = (): Site => {
  const site = openSite();
  const { codes } = site.send({
    row: site.row({ receipt: r1, visitorId: 'v1', grants: all }),
    events: times(5, (index) => ({ receipt: r1, anonymousId: 'v1', at: start + index })),
  });
  expect(codes).toEqual(times(5, () => 'kept'));
  site.now += minute;
  return site;
};

describe('scenarios of consent.md, section 9, at the collector', () => {
  test('consent 1: a page that asks what may be asked leaves no trace', () => {
    const site = openSite();
    const before = site.dump();
    publicConfig(site.policy, { seen: 'FR' });
    expect(site.dump()).toBe(before);
  });

  test('consent 2: an event without any receipt is dropped at once, and nothing of it is stored', () => {
    const site = openSite();
    const before = site.dump();
    const { codes, state } = site.send({
      events: [{ anonymousId: 'v1' }, { anonymousId: 'v1', type: 'identify', userId: 'u1' }],
    });
    expect(codes).toEqual(['no_receipt', 'no_receipt']);
    expect(state).toBeUndefined();
    expect(site.dump()).toBe(before);
  });

  test('consent 4: the row and the events held until the grant come in one batch; each is tagged with purposes and receipt', () => {
    const site = openSite({ preConsent: { mode: 'hold' } });
    const held = times(
      4,
      (index): Partial<Candidate> => ({
        receipt: r1,
        anonymousId: 'v1',
        preConsent: true,
        at: start - (5 - index) * minute,
      }),
    );
    const { codes, row } = site.send({ row: site.row({ receipt: r1, visitorId: 'v1', grants: all }), events: held });
    expect(row).toMatchObject({ kind: 'accepted', receipt: r1 });
    expect(codes).toEqual(times(4, () => 'kept'));
    for (const event of site.events) expect(event).toMatchObject({ receipt: r1, purposes: all, anonymousId: 'v1' });
  });

  test('consent 4: where nothing is held, consent does not reach backwards', () => {
    const site = openSite();
    const { codes } = site.send({
      row: site.row({ receipt: r1, visitorId: 'v1', grants: all }),
      events: [
        { receipt: r1, anonymousId: 'v1', preConsent: true, at: start - 5 * minute },
        { receipt: r1, anonymousId: 'v1', at: start },
      ],
    });
    expect(codes).toEqual(['too_early', 'kept']);
  });

  test('consent 6: measurement alone keeps session counts and nobody', () => {
    const site = openSite();
    const { codes } = site.send({
      row: site.row({ receipt: r1, grants: ['measurement'], denies: ['personalisation'] }),
      events: [
        { receipt: r1 },
        { receipt: r1, anonymousId: 'v1', userId: 'u1' },
        { receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' },
      ],
    });
    expect(codes).toEqual(['kept', 'kept', 'purpose']);
    for (const event of site.events)
      expect(event).toMatchObject({ anonymousId: null, userId: null, purposes: ['measurement'], receipt: r1 });
    expect(count(site, 'consent_visitors')).toBe(0);
  });

  test('consent 8: after withdrawing all, the rows are deleted, the visitor id is out, the ledger has both acts', () => {
    const site = accepted();
    const result = site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: all }));
    expect(result).toMatchObject({ kind: 'accepted', withdrawal: { visitorId: 'v1', all: true } });
    expect(site.events).toEqual([]);
    expect(site.consent.isOut('visitorId', 'v1')).toBe(true);
    expect(kinds(site)).toEqual(['grant', 'withdraw']);
  });

  test('consent 9: withdrawn offline, the slip of a later page load does the same; sent twice, it is answered twice', () => {
    const site = accepted();
    const slip = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: all });
    site.now += 3 * dayMs;
    expect(site.post(slip)).toMatchObject({ kind: 'accepted' });
    expect(site.events).toEqual([]);
    expect(site.post(slip)).toMatchObject({ kind: 'same' });
    expect(kinds(site)).toEqual(['grant', 'withdraw']);
  });

  test('consent 9: the slip of a device that was erased meanwhile is answered, and brings nothing back', () => {
    const site = accepted();
    site.erase({ anonymousId: 'v1' });
    const slip = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: all });
    expect(site.post(slip)).toMatchObject({ kind: 'accepted', withdrawal: null });
    expect(site.post(slip)).toMatchObject({ kind: 'same' });
    expect(site.send({ events: [{ receipt: r1, anonymousId: 'v1' }] })).toMatchObject({
      codes: ['erased'],
      state: 'erased',
    });
  });

  test('consent 11: what was under way when the other tab withdrew is dropped as withdrawn, also what is older', () => {
    const site = accepted();
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: all }));
    const { codes, state } = site.send({
      events: [
        { receipt: r1, anonymousId: 'v1', at: site.now - 50 },
        { receipt: r1, anonymousId: 'v1', at: site.now + 50 },
        { receipt: r1, anonymousId: 'v1', at: start },
        { receipt: r2, anonymousId: 'v1' },
        { receipt: r1 },
      ],
    });
    expect(codes).toEqual(times(5, () => 'withdrawn'));
    expect(state).toBe('withdrawn');
    expect(site.events).toEqual([]);
  });

  test('consent 13: twenty events buffered offline find that they were erased by request from another channel', () => {
    const site = accepted();
    site.erase({ anonymousId: 'v1' });
    const before = site.sql.prepare('SELECT *, hex(key) FROM tombstones ORDER BY kind, key').all();
    site.now += dayMs;
    const { codes, state } = site.send({
      events: times(20, (index) => ({ receipt: r1, anonymousId: 'v1', at: start + index * minute })),
    });
    expect(codesOf(codes)).toEqual({ erased: 20 });
    expect(state).toBe('erased');
    expect(site.events).toEqual([]);
    expect(site.sql.prepare('SELECT *, hex(key) FROM tombstones ORDER BY kind, key').all()).toEqual(before);
    expect(site.dump()).not.toContain('v1');
  });

  test('consent 17: where the region’s default is on, its receipt counts for all purposes', () => {
    const site = openSite();
    const { codes } = site.send({
      row: site.row({
        receipt: r1,
        visitorId: 'v1',
        kind: 'region-default',
        source: 'region',
        grants: all,
        jurisdiction: { code: 'US-CA' },
      }),
      events: [{ receipt: r1, anonymousId: 'v1', type: 'track', name: 'Product Added' }],
      country: 'US',
    });
    expect(codes).toEqual(['kept']);
    expect(site.events[0]?.purposes).toEqual(all);
  });

  test('consent 17: and where it is not, it counts for nothing', () => {
    const site = openSite();
    const { codes } = site.send({
      row: site.row({
        receipt: r1,
        visitorId: 'v1',
        kind: 'region-default',
        source: 'region',
        grants: all,
        jurisdiction: { code: 'US-CA' },
      }),
      events: [{ receipt: r1, anonymousId: 'v1' }],
      country: 'FR',
    });
    expect(codes).toEqual(['purpose']);
    expect(count(site, 'consent_visitors')).toBe(0);
  });

  test.each([
    ['the header', true, { js: false }],
    ['the page', false, { js: true }],
  ])('consent 18: the opt-out signal, told by %s, leaves M and P and is noted', (_, header, gpc) => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', kind: 'region-default', source: 'region', grants: all, gpc });
    const { codes } = site.send({
      row,
      gpc: header,
      country: 'US-CA',
      events: [
        { receipt: r1, anonymousId: 'v1' },
        { receipt: r1, anonymousId: 'v1', type: 'track', name: 'Message Opened' },
      ],
    });
    expect(codes).toEqual(['kept', 'gpc']);
    expect(site.events[0]?.purposes).toEqual(MP);
    expect(site.view.of({ visitorIds: ['v1'], userId: null }, site.now).gpcSeenAt).toBe(start);
  });

  test('consent 18: who was told of the signal and decided otherwise is believed', () => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', grants: all, gpc: { js: true, ack: true } });
    site.send({ row, gpc: true, events: [{ receipt: r1, anonymousId: 'v1' }] });
    expect(site.events[0]?.purposes).toEqual(all);
  });

  test('consent 23: when the terms of P change, P and what needs it stop, M goes on, and old rows keep what they had', () => {
    const site = accepted();
    const changed = {
      policy: { version: '4' },
      purposes: [
        { id: 'measurement' },
        { id: 'personalisation', recipients: ['x'] },
        { id: 'marketing' },
        { id: 'sharing' },
      ],
      recipients: { x: { name: 'X', country: 'FR', role: 'processor' } },
    };
    const later = openSite(changed, site.sql);
    later.now = site.now;
    const { codes, state } = later.send({
      events: [
        { receipt: r1, anonymousId: 'v1' },
        { receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' },
      ],
    });
    expect(codes).toEqual(['kept', 'policy']);
    expect(state).toBe('stale');
    expect(later.events[0]).toMatchObject({ purposes: ['measurement'], anonymousId: null });
    for (const event of site.events) expect(event.purposes).toEqual(all);
    // Asked P alone; the other answers stand as they were.
    const answer = later.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'update', grants: all });
    expect(later.send({ row: answer, events: [{ receipt: r2, anonymousId: 'v1' }] }).codes).toEqual(['kept']);
    expect(later.events[1]?.purposes).toEqual(all);
  });

  test('consent 24: when only words and colours change, nothing is asked again', () => {
    const site = accepted();
    const later = openSite({ policy: { version: '4' }, ui: { layer1: 'bar' } }, site.sql);
    later.now = site.now;
    const { codes, state } = later.send({ events: [{ receipt: r1, anonymousId: 'v1' }] });
    expect([codes, state]).toEqual([['kept'], undefined]);
    expect(later.events[0]?.purposes).toEqual(all);
  });

  test('an unknown receipt is held and stored nowhere; with its row the same event is kept', () => {
    const site = openSite();
    const before = site.dump();
    const event = { receipt: r1, anonymousId: 'v1', at: start };
    expect(site.send({ events: [event] }).codes).toEqual(['unknown_receipt']);
    expect(site.dump()).toBe(before);
    expect(site.send({ row: site.row({ receipt: r1, visitorId: 'v1', grants: all }), events: [event] }).codes).toEqual([
      'kept',
    ]);
  });
});

describe('R15: a person', () => {
  /** u1 is logged in on v1 and v2, each with a consent of its own. */
  const onTwoDevices = (): Site => {
    const site = openSite();
    for (const [receipt, visitorId] of [
      [r1, 'v1'],
      [r2, 'v2'],
    ] as const) {
      site.send({
        row: site.row({ receipt, visitorId, grants: all }),
        events: [{ receipt, anonymousId: visitorId, type: 'identify', userId: 'u1' }],
      });
      site.now += minute;
    }
    return site;
  };
  const fromV2 = (site: Site) => {
    const [page, identify] = site.send({
      events: [
        { receipt: r2, anonymousId: 'v2', userId: 'u1' },
        { receipt: r2, anonymousId: 'v2', userId: 'u1', type: 'identify' },
      ],
    }).codes;
    return {
      page,
      identify,
      purposes: page === 'kept' ? site.events.findLast((one) => one.type === 'page')?.purposes : [],
    };
  };

  test('who withdraws while logged in stops use of them everywhere, until they grant while logged in', () => {
    const site = onTwoDevices();
    const withdrawn = site.post(
      site.row({ receipt: r3, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: ['personalisation'] }),
    );
    expect(withdrawn).toMatchObject({
      person: { userId: 'u1', granted: [], denied: ['personalisation', 'marketing', 'sharing'] },
    });
    site.now += minute;
    expect(fromV2(site)).toEqual({ page: 'kept', identify: 'withdrawn', purposes: ['measurement'] });
    expect(site.consent.deniedOf('u1')).toEqual(['personalisation', 'marketing', 'sharing']);
    expect(site.view.deniedOf('u1')).toEqual(['personalisation', 'marketing', 'sharing']);
    expect(site.view.of({ visitorIds: ['v2'], userId: 'u1' }, site.now).purposes).toMatchObject({
      measurement: { value: 'granted' },
      personalisation: { value: 'denied', source: 'user' },
    });
    // What v2 keeps of its own consent is untouched while nobody is logged in.
    expect(site.send({ events: [{ receipt: r2, anonymousId: 'v2' }] }).codes).toEqual(['kept']);
    expect(site.events.at(-1)?.purposes).toEqual(all);

    site.now += minute;
    const again = receiptOf('again');
    const granted = site.post(
      site.row({ receipt: again, supersedes: r2, visitorId: 'v2', kind: 'update', grants: all }),
    );
    expect(granted).toMatchObject({ person: { userId: 'u1', granted: all, denied: [] } });
    expect(site.consent.deniedOf('u1')).toEqual([]);
    site.now += minute;
    expect(
      site.send({ events: [{ receipt: again, anonymousId: 'v2', userId: 'u1', type: 'identify' }] }).codes,
    ).toEqual(['kept']);
  });

  test('who withdraws everything while logged in is dropped everywhere, and no other device is told to forget', () => {
    const site = onTwoDevices();
    site.post(site.row({ receipt: r3, supersedes: r1, visitorId: 'v1', kind: 'withdraw' }));
    const { codes, state } = site.send({ events: [{ receipt: r2, anonymousId: 'v2', userId: 'u1' }] });
    expect(codes).toEqual(['withdrawn']);
    expect(state).toBeUndefined();
  });

  test('made logged out, it concerns that device', () => {
    const site = onTwoDevices();
    const v3 = receiptOf('v3');
    site.post(site.row({ receipt: v3, visitorId: 'v3', grants: all }));
    site.now += minute;
    site.post(site.row({ receipt: r3, supersedes: v3, visitorId: 'v3', kind: 'withdraw' }));
    expect(site.consent.deniedOf('u1')).toEqual([]);
    expect(fromV2(site)).toEqual({ page: 'kept', identify: 'kept', purposes: all });
  });

  test('a grant made logged out does not lift it, nor does logging in there later; one reported with the login does', () => {
    const site = onTwoDevices();
    site.post(
      site.row({ receipt: r3, supersedes: r1, visitorId: 'v1', kind: 'withdraw', denies: ['personalisation'] }),
    );
    site.now += minute;
    const v3 = receiptOf('v3');
    site.send({
      row: site.row({ receipt: v3, visitorId: 'v3', grants: all }),
      events: [{ receipt: v3, anonymousId: 'v3' }],
    });
    site.now += minute;
    expect(site.send({ events: [{ receipt: v3, anonymousId: 'v3', userId: 'u1', type: 'identify' }] }).codes).toEqual([
      'withdrawn',
    ]);
    const v4 = receiptOf('v4');
    const together = site.send({
      row: site.row({ receipt: v4, visitorId: 'v4', grants: all }),
      events: [{ receipt: v4, anonymousId: 'v4', userId: 'u1', type: 'identify' }],
    });
    expect(together.codes).toEqual(['kept']);
    expect(site.consent.deniedOf('u1')).toEqual([]);
    expect(fromV2(site)).toMatchObject({ identify: 'kept' });
  });

  test('the order in which a denial and a later grant arrive does not matter', () => {
    const outcome = (denialFirst: boolean) => {
      const site = onTwoDevices();
      const denial = site.row({
        receipt: r3,
        supersedes: r1,
        visitorId: 'v1',
        kind: 'withdraw',
        denies: ['marketing'],
        clientAt: site.now,
      });
      const grant = site.row({
        receipt: receiptOf('g'),
        supersedes: r2,
        visitorId: 'v2',
        kind: 'update',
        grants: all,
        clientAt: site.now + minute,
      });
      site.now += 2 * minute;
      for (const row of denialFirst ? [denial, grant] : [grant, denial]) site.post(row);
      return site.consent.deniedOf('u1');
    };
    expect(outcome(true)).toEqual([]);
    expect(outcome(false)).toEqual([]);
  });
});

describe('R14: after an erasure', () => {
  test('I21: nothing of the erased device comes in; the user returns on a new device under a new grant, as a new generation', () => {
    const site = accepted();
    site.send({ events: [{ receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' }] });
    site.now += minute;
    const id = site.erase({ userId: 'u1' });
    expect(site.consent.erasures.status(id)).toMatchObject({ state: 'done', counts: { events: 6 } });
    expect(site.events).toEqual([]);
    site.now += minute;

    const late = site.send({
      events: [{ receipt: r1, anonymousId: 'v1' }, { receipt: r1, anonymousId: 'v1', userId: 'u1' }, { receipt: r1 }],
    });
    expect(late).toMatchObject({ codes: ['erased', 'erased', 'erased'], state: 'erased' });
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', grants: all }))).toEqual({
      kind: 'out',
      state: 'erased',
      withdrawal: null,
    });
    const crm = { trust: 'secret', mode: 'external', purposes: all } as const;
    expect(site.send({ key: crm, events: [{ userId: 'u1' }] }).codes).toEqual(['erased']);

    const back = site.send({
      row: site.row({ receipt: r3, visitorId: 'v2', grants: all }),
      events: [{ receipt: r3, anonymousId: 'v2', type: 'identify', userId: 'u1' }],
    });
    expect(back.codes).toEqual(['kept']);
    expect(site.consent.generationOf('userId', 'u1')).toBe(1);
    expect(site.consent.isOut('userId', 'u1')).toBe(false);
    expect(
      site.send({
        key: crm,
        events: [
          { userId: 'u1', at: site.now },
          { userId: 'u1', at: start },
        ],
      }).codes,
    ).toEqual(['kept', 'erased']);
    expect(site.send({ events: [{ receipt: r1, anonymousId: 'v1', userId: 'u1' }] }).codes).toEqual(['erased']);
  });

  test('another device of the person, out of the closure, is told to wipe itself when it names them', () => {
    const site = accepted();
    site.send({
      row: site.row({ receipt: r2, visitorId: 'v2', grants: all }),
      events: [{ receipt: r2, anonymousId: 'v2' }],
    });
    site.send({ events: [{ receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' }] });
    site.now += minute;
    site.erase({ userId: 'u1' });
    site.now += minute;
    expect(site.send({ events: [{ receipt: r2, anonymousId: 'v2' }] })).toMatchObject({
      codes: ['kept'],
      state: undefined,
    });
    const named = site.send({ events: [{ receipt: r2, anonymousId: 'v2', type: 'identify', userId: 'u1' }] });
    expect(named).toMatchObject({ codes: ['erased'], state: 'erased' });
  });

  test('an erased user who is named before the row of the new grant is there is held, not turned away', () => {
    const site = accepted();
    site.send({ events: [{ receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' }] });
    site.now += minute;
    site.erase({ userId: 'u1' });
    site.now += minute;
    const event = { receipt: r3, anonymousId: 'v2', userId: 'u1' };
    expect(site.send({ events: [event] })).toMatchObject({ codes: ['unknown_receipt'], state: undefined });
    expect(site.send({ row: site.row({ receipt: r3, visitorId: 'v2', grants: all }), events: [event] }).codes).toEqual([
      'kept',
    ]);
  });

  test('an alias cannot bring an erased device or user back under another name', () => {
    const site = accepted();
    site.send({ events: [{ receipt: r1, anonymousId: 'v1', type: 'identify', userId: 'u1' }] });
    site.now += minute;
    site.erase({ userId: 'u1' });
    const server = { trust: 'secret', mode: 'external', purposes: all } as const;
    const { codes } = site.send({
      key: server,
      events: [
        { type: 'alias', userId: 'u9', previousId: 'u1' },
        { type: 'alias', userId: 'u9', previousId: 'v1' },
        { type: 'alias', userId: 'u9', previousId: 'u8' },
      ],
    });
    expect(codes).toEqual(['erased', 'erased', 'kept']);
  });
});

test('after a rollback and dropCaches, the gate knows only what was kept', () => {
  const site = openSite();
  expect(() =>
    site.sql.transaction(() => {
      const { codes } = site.send({
        row: site.row({ receipt: r1, visitorId: 'v1', grants: all }),
        events: [{ receipt: r1, anonymousId: 'v1', userId: 'u1' }],
      });
      expect(codes).toEqual(['kept']);
      throw new Error('the disk is full');
    }),
  ).toThrow('the disk is full');
  site.consent.dropCaches();
  expect(site.send({ events: [{ receipt: r1, anonymousId: 'v1' }] }).codes).toEqual(['unknown_receipt']);
});

test('what is known of consent survives a restart', () => {
  const site = accepted();
  site.post(
    site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'update', grants: MP, denies: ['marketing'] }),
  );
  const restarted = openSite({}, site.sql);
  restarted.now = site.now + 1;
  const { codes } = restarted.send({
    events: [
      { receipt: r2, anonymousId: 'v1' },
      { receipt: r2, anonymousId: 'v2' },
      { receipt: r1, anonymousId: 'v1', at: start, type: 'track', name: 'Message Opened' },
    ],
  });
  expect(codes).toEqual(['kept', 'no_receipt', 'late']);
});

test('the view of a profile is the latest decision over its devices, and an expired one is none', () => {
  const site = openSite();
  site.post(site.row({ receipt: r1, visitorId: 'v1', grants: MP, denies: ['marketing'] }));
  site.now += minute;
  site.post(site.row({ receipt: r2, visitorId: 'v2', grants: ['measurement', 'personalisation', 'marketing'] }));
  const of = { visitorIds: ['v1', 'v2', 'never'], userId: 'u1' };
  expect(site.view.of(of, site.now)).toEqual({
    purposes: {
      measurement: { value: 'granted', source: 'user', at: start + minute },
      personalisation: { value: 'granted', source: 'user', at: start + minute },
      marketing: { value: 'granted', source: 'user', at: start + minute },
    },
    gpcSeenAt: null,
  });
  expect(site.view.of(of, start + 200 * dayMs).purposes.marketing).toMatchObject({ value: 'unset' });
  expect(site.view.of({ visitorIds: ['v1'], userId: null }, site.now).purposes.marketing).toMatchObject({
    value: 'denied',
  });
});

test('what was collected under a consent that has run out waits until there is a new one', () => {
  const site = openSite();
  const receipt = receiptOf('r1');
  site.post(site.row({ receipt, visitorId: 'v1', grants: ['measurement', 'personalisation'] }));
  const end = start + 180 * dayMs;
  expect(site.view.isAnyLapsed(['v1', 'nobody'], end - 1)).toBe(false);
  expect(site.view.isLapsed(receipt, end - 1)).toBe(false);
  expect(site.view.isAnyLapsed(['v1'], end)).toBe(true);
  expect(site.view.isLapsed(receipt, end)).toBe(true);
  site.now = end + dayMs;
  site.post(
    site.row({
      receipt: receiptOf('r2'),
      supersedes: receipt,
      visitorId: 'v1',
      grants: ['measurement', 'personalisation'],
    }),
  );
  expect(site.view.isAnyLapsed(['v1'], site.now)).toBe(false);
  expect(site.view.isLapsed(receipt, site.now)).toBe(false);
});
