// @vitest-environment happy-dom
// What the bridges make of what others say, and what they say to others: tables, and pages small enough to see through.

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { consentModeDefault } from '../browser/stub.js';
import type { Client } from '../client.js';
import type { Act } from '../consent/record.js';
import type { Effective } from '../consent/rules.js';
import { start as startBlocked, wishOf } from './blocked.js';
import { start } from './bridges.js';
import { signalsOf } from './google-consent-mode.js';
import { choicesOfGpp, start as startGpp } from './gpp.js';
import { decisionsOfTcf, start as startTcf } from './tcf.js';

const purposes = [
  { id: 'necessary', always: true },
  { id: 'measurement', consentMode: ['analytics_storage'], recipients: ['stats'] },
  { id: 'personalisation', consentMode: ['personalization_storage'], recipients: [] },
  {
    id: 'marketing',
    consentMode: ['ad_storage', 'ad_user_data', 'ad_personalization'],
    recipients: ['adnet', 'stats'],
  },
  { id: 'sharing', consentMode: [], recipients: ['adnet'] },
];
const recipients = { stats: { cookies: ['_st*'] }, adnet: { cookies: ['_adn*', 'exact'] } };
const everything = { measurement: true, personalisation: true, marketing: true, sharing: true };
const nothing = { measurement: false, personalisation: false, marketing: false, sharing: false };
const unasked = { measurement: null, personalisation: null, marketing: null, sharing: null };

const page = globalThis as unknown as {
  dataLayer?: unknown[];
  ran?: string[];
  __tcfapi?: unknown;
  __gpp?: unknown;
};

/** A client whose consent the test decides. */
const clientOf = (bridges: object, on: Effective = unasked, decisions: object = {}) => {
  const set: [Record<string, boolean>, Act | undefined][] = [];
  const errors: unknown[] = [];
  const heard = new Set<(on: Effective) => void>();
  let now = on;
  let decided = decisions;
  const client = {
    consent: {
      get: () => now,
      set: (values: Record<string, boolean>, act?: Act) => void set.push([values, act]),
      onChange: (hear: (on: Effective) => void) => {
        heard.add(hear);
        return () => heard.delete(hear);
      },
      state: () => ({ config: { purposes, recipients, bridges }, decisions: decided }),
    },
    tell: (name: string, detail: unknown) => {
      if (name === 'error') errors.push(detail);
    },
  } as unknown as Client;
  return {
    client,
    set,
    errors,
    heard,
    decide: (next: Effective) => {
      now = next;
      decided = { measurement: {} };
      for (const hear of heard) hear(next);
    },
  };
};

const stops: (() => void)[] = [];
const running = (stop: () => void) => {
  stops.push(stop);
  return stop;
};
beforeEach(() => {
  delete page.dataLayer;
  delete page.__tcfapi;
  delete page.__gpp;
  page.ran = [];
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  document.body.innerHTML = '';
  vi.useRealTimers();
});

describe('Google Consent Mode', () => {
  test.each([
    ['nothing', nothing, {}],
    ['measurement', { ...nothing, measurement: true }, { analytics_storage: 'granted' }],
    ['not asked', unasked, {}],
    [
      'everything',
      everything,
      {
        analytics_storage: 'granted',
        personalization_storage: 'granted',
        ad_storage: 'granted',
        ad_user_data: 'granted',
        ad_personalization: 'granted',
      },
    ],
  ])('granting %s says all signals together', (_, on, granted) => {
    expect(signalsOf(purposes, on)).toEqual({
      analytics_storage: 'denied',
      personalization_storage: 'denied',
      ad_storage: 'denied',
      ad_user_data: 'denied',
      ad_personalization: 'denied',
      ...granted,
    });
  });

  test('the four of v2 are said where no purpose names them, and a signal of two purposes needs both', () => {
    expect(signalsOf([{ id: 'measurement', consentMode: [] }], everything)).toEqual({
      ad_storage: 'denied',
      ad_user_data: 'denied',
      ad_personalization: 'denied',
      analytics_storage: 'denied',
    });
    const shared = [
      { id: 'measurement', consentMode: ['analytics_storage'] },
      { id: 'marketing', consentMode: ['analytics_storage'] },
    ];
    expect(signalsOf(shared, { ...everything, marketing: false }).analytics_storage).toBe('denied');
    expect(signalsOf(shared, everything).analytics_storage).toBe('granted');
  });

  const commands = () =>
    (page.dataLayer ?? []).map((one) =>
      Array.from(one as ArrayLike<unknown>)
        .slice(0, 2)
        .join(' '),
    );

  test('says nothing until somebody has decided, then one update, then one for each change, and no default ever', () => {
    const { client, decide, heard } = clientOf({ googleConsentMode: true });
    const stop = running(start(client) as () => void);
    expect(commands()).toEqual([]);
    decide(nothing);
    decide(nothing);
    expect(commands()).toEqual(['consent update']);
    decide(everything);
    expect(commands()).toEqual(['consent update', 'consent update']);
    expect(Object.prototype.toString.call(page.dataLayer?.[0])).toBe('[object Arguments]');
    stop();
    expect(heard.size).toBe(0);
  });

  test('the default in the documentation is the one that is meant', () => {
    expect(readFileSync('docs/site-owners.md', 'utf8')).toContain(consentModeDefault());
  });

  test('a returning visitor is one update', () => {
    const { client } = clientOf({ googleConsentMode: true }, everything, { measurement: {} });
    running(start(client) as () => void);
    expect(commands()).toEqual(['consent update']);
  });
});

test('a tag manager hears of it as an event of its own, and keeps what it had', () => {
  page.dataLayer = [{ event: 'gtm.js' }];
  const { client, decide } = clientOf({ dataLayer: true });
  running(start(client) as () => void);
  decide({ ...nothing, measurement: true });
  expect(page.dataLayer).toEqual([
    { event: 'gtm.js' },
    { event: 'weft_consent', weft_consent: { ...nothing, measurement: true } },
  ]);
});

describe('TCF', () => {
  const consents = (...ids: number[]) => Object.fromEntries(ids.map((id) => [id, true]));
  test.each([
    ['all', consents(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), { measurement: true, personalisation: true, marketing: true }],
    ['none', {}, { measurement: false, personalisation: false, marketing: false }],
    [
      'all but storing',
      consents(2, 3, 4, 5, 6, 7, 8, 9, 10),
      { measurement: false, personalisation: false, marketing: false },
    ],
    ['measuring', consents(1, 8, 9, 10), { measurement: true, personalisation: false, marketing: false }],
    ['measuring, in part', consents(1, 8, 9), { measurement: false, personalisation: false, marketing: false }],
    ['profiles', consents(1, 5, 6), { measurement: false, personalisation: true, marketing: false }],
  ])('%s', (_, granted, expected) => {
    expect(decisionsOfTcf({ eventStatus: 'tcloaded', purpose: { consents: granted } })).toEqual(expected);
  });
  test.each([
    ['the banner is still shown', { eventStatus: 'cmpuishown', purpose: { consents: consents(1) } }],
    ['the framework does not apply', { gdprApplies: false, eventStatus: 'tcloaded', purpose: { consents: {} } }],
    ['nothing is said of purposes', { eventStatus: 'useractioncomplete' }],
  ])('decides nothing while %s', (_, data) => {
    expect(decisionsOfTcf(data)).toBeUndefined();
  });

  test('its banner may come after us; what it decides is kept with its string; stopping removes the listener', () => {
    vi.useFakeTimers();
    const { client, set } = clientOf({ tcf: true });
    const stop = running(startTcf(client) as () => void);
    const calls: unknown[][] = [];
    page.__tcfapi = (...args: unknown[]) => {
      calls.push(args);
      if (args[0] === 'addEventListener')
        (args[2] as (data: object, isOk: boolean) => void)(
          {
            listenerId: 7,
            tcString: 'CPabc',
            cmpId: 10,
            cmpVersion: 2,
            gdprApplies: true,
            eventStatus: 'useractioncomplete',
            purpose: { consents: consents(1, 8, 9, 10) },
          },
          true,
        );
    };
    vi.advanceTimersByTime(300);
    expect(set).toEqual([
      [
        { measurement: true, personalisation: false, marketing: false },
        expect.objectContaining({ layer: 'api', cmp: { name: 'tcf-10', version: '2', tcString: 'CPabc' } }),
      ],
    ]);
    stop();
    expect(calls.at(-1)).toEqual(['removeEventListener', 2, expect.any(Function), 7]);
  });

  test('a page without it is told so, once, and left in peace', () => {
    vi.useFakeTimers();
    const { client, errors } = clientOf({ tcf: true });
    running(startTcf(client) as () => void);
    vi.advanceTimersByTime(60_000);
    expect(errors.map(String)).toEqual([expect.stringContaining('no __tcfapi')]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('GPP', () => {
  const of = (fields: object) => choicesOfGpp({ signalStatus: 'ready', parsedSections: { usnat: [fields] } });
  test.each([
    ['a sale', { SaleOptOut: 1, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 }, { sharing: false, marketing: true }],
    ['sharing', { SaleOptOut: 2, SharingOptOut: 1 }, { sharing: false }],
    ['targeted advertising', { TargetedAdvertisingOptOut: 1 }, { marketing: false }],
    ['nothing', { SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 }, { sharing: true, marketing: true }],
    ['what does not apply', { SaleOptOut: 0, TargetedAdvertisingOptOut: 0 }, {}],
    [
      'all by the signal',
      { SaleOptOut: 2, TargetedAdvertisingOptOut: 2, Gpc: true },
      { sharing: false, marketing: false },
    ],
  ])('opting out of %s', (_, fields, expected) => {
    expect(of(fields)).toEqual(expected);
  });
  test('of two sections the stricter counts, and those of other places are not read', () => {
    expect(
      choicesOfGpp({
        parsedSections: { usca: { SaleOptOut: 2 }, usnat: [{ SaleOptOut: 1 }], tcfeuv2: { SaleOptOut: 1 } },
      }),
    ).toEqual({ sharing: false });
    expect(choicesOfGpp({ parsedSections: { usnat: [{ SaleOptOut: 1 }], usca: { SaleOptOut: 2 } } })).toEqual({
      sharing: false,
    });
    expect(choicesOfGpp({ parsedSections: { tcfeuv2: { SaleOptOut: 1 } } })).toEqual({});
  });
  test('takes away, and gives back only what it took', () => {
    const { client, set } = clientOf({ gpp: true });
    let tell: (event: object, isOk: boolean) => void = () => {};
    page.__gpp = (name: string, hear: typeof tell) => {
      if (name === 'addEventListener') tell = hear;
    };
    running(startGpp(client) as () => void);
    const say = (fields: object, signalStatus = 'ready') =>
      tell({ listenerId: 1, pingData: { gppString: 'DBA', signalStatus, parsedSections: { usnat: [fields] } } }, true);
    say({ SaleOptOut: 2 });
    say({ SaleOptOut: 1 }, 'not ready');
    expect(set).toEqual([]);
    say({ SaleOptOut: 1 });
    say({ SaleOptOut: 2 });
    say({ SaleOptOut: 2 });
    expect(set.map(([values]) => values)).toEqual([{ sharing: false }, { sharing: true }]);
    expect(set[0]?.[1]?.cmp?.gppString).toBe('DBA');
  });
});

describe('what waits', () => {
  test.each([
    [{ category: 'measurement' }, ['measurement'], false],
    [{ category: 'analytics' }, ['measurement'], false],
    [{ category: '!ads' }, ['marketing'], true],
    [{ category: 'necessary' }, [], false],
    [{ category: 'measurement', service: 'adnet' }, ['measurement', 'marketing', 'sharing'], false],
    [{ category: 'measurement', service: 'nobody' }, ['measurement'], false],
    [{ name: 'adnet' }, ['marketing', 'sharing'], false],
    [{ name: 'stats' }, ['measurement', 'marketing'], false],
    [{ name: 'analytics' }, ['measurement'], false],
    [{ category: 'chatty' }, ['personalisation'], false],
  ])('%j waits for %j', (said, wanted, isRefusal) => {
    expect(wishOf(said, { purposes, recipients }, { chatty: 'personalisation' })).toEqual({
      purposes: wanted,
      isRefusal,
    });
  });
  test.each([[{ category: 'mystery' }], [{ name: '__proto__' }], [{ category: 'constructor' }], [{}]])(
    '%j waits for ever',
    (said) => {
      expect(wishOf(said, { purposes, recipients })).toBeNull();
    },
  );

  test('frames and pictures show what they hold while it is permitted, and what nobody explained is said once', () => {
    document.body.innerHTML = `
      <img data-name="stats" data-src="data:,stats">
      <img data-category="ads" data-src="data:,">
      <img data-category="mystery" data-src="data:,1">
      <img data-category="mystery" data-src="data:,2">`;
    const { client, decide, errors } = clientOf({ blocked: true });
    running(startBlocked(client) as () => void);
    const sources = () => [...document.querySelectorAll('img')].map((one) => one.getAttribute('src'));
    expect(sources()).toEqual([null, null, null, null]);
    decide({ ...everything, sharing: false });
    expect(sources()).toEqual(['data:,stats', 'data:,', null, null]);
    decide(nothing);
    expect(sources()).toEqual([null, null, null, null]);
    expect(errors).toHaveLength(1);
  });
});
