import { describe, expect, test } from 'vitest';
import { dayMs, openSite, start } from '../site.fixture.js';
import { effectiveInstant } from './instant.js';
import { acceptedRow, all, MP, probe, r1, r2 } from './rows.fixture.js';

describe('when an act happened, and its consent ends', () => {
  test.each<[string, number | null, number | null, number]>([
    ['no word of the device', null, null, start],
    ['a device clock that is right', start - 5_000, start, start - 5_000],
    ['an hour offline', start - 3_600_000, start, start - 3_600_000],
    ['an hour offline without sentAt', start - 3_600_000, null, start - 3_600_000],
    ['a clock three years ahead', start + 1_000 * dayMs - 5_000, start + 1_000 * dayMs, start - 5_000],
    ['a clock three years ahead without sentAt', start + 1_000 * dayMs, null, start],
    ['a clock four minutes ahead without sentAt', start + 4 * 60_000, null, start],
    ['a clock a few seconds ahead without sentAt', start + 30_000, null, start + 30_000],
    ['a clock a few seconds ahead', start + 30_000, start + 30_000, start + 30_000],
  ])('I16: the instant of an act with %s', (_, clientAt, sentAt, at) => {
    expect(effectiveInstant(clientAt, sentAt, start)).toBe(at);
  });

  test.each([
    ['four minutes fast', 4, undefined],
    ['four minutes fast and says so', 4, true],
    ['seventeen minutes slow and says so', -17, true],
  ])(
    'I16: a row that goes alone, from a clock that is %s, shuts out nothing that happened around it',
    (_, wrong, says) => {
      const site = openSite();
      const device = () => site.now + wrong * 60_000;
      const alone = (row: object) => site.post({ ...row, clientAt: device(), ...(says && { sentAt: device() }) });
      const happened = (receipt: string, at: number) => ({ receipt, anonymousId: 'v1', at });
      acceptedRow(alone(site.row({ receipt: r1, visitorId: 'v1', grants: all })));
      site.now += 1_000;
      const before = site.now;
      site.now += 1_000;
      acceptedRow(alone(site.row({ kind: 'update', receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP })));
      site.now += 1_000;
      // By then the instants of events are corrected.
      const { codes } = site.send({ sentAt: device(), events: [happened(r1, before), happened(r2, site.now)] });
      expect(codes).toEqual(['kept', 'kept']);
    },
  );

  test('an offline grant, delivered hours later with its events, lets them in', () => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', grants: all });
    site.now += 6 * 3_600_000;
    const { codes } = site.send({
      row,
      sentAt: site.now,
      events: [
        { receipt: r1, anonymousId: 'v1', at: start + 1_000 },
        { receipt: r1, anonymousId: 'v1', at: start - 3 * 60_000 },
      ],
    });
    expect(codes).toEqual(['kept', 'too_early']);
  });

  test('expiry counts from the server’s time, whatever the device says', () => {
    const site = openSite();
    const { expiresAt } = acceptedRow(
      site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all, clientAt: start + 400 * dayMs })),
    );
    expect(expiresAt).toBe(start + 180 * dayMs);
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
    site.now = start + 180 * dayMs - 1;
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
    site.now += 1;
    expect(probe(site, r1)).toBe('expired');
  });

  test('what was imported expires by its old date', () => {
    const site = openSite();
    const imported = site.row({
      kind: 'import',
      receipt: r1,
      supersedes: r2,
      denies: all,
      clientAt: start - 100 * dayMs,
    });
    expect(acceptedRow(site.post(imported)).expiresAt).toBe(start + 80 * dayMs);
  });
});
