// A banner of IAB's Global Privacy Platform decides (`__gpp`): the opt-outs of its US sections. They only ever take away;
// that somebody did not opt out is no consent, and whoever takes an opt-out back on this page gets their default back by
// an answer of their own. Reads; never shows anything.

import type { Stop } from '../browser/listen.js';
import type { Client } from '../client.js';
import { bounded, whenThere } from './foreign.js';

interface Fields {
  SaleOptOut?: number;
  SharingOptOut?: number;
  TargetedAdvertisingOptOut?: number;
  Gpc?: boolean;
}

/** Of the platform's ping, what is read. */
export interface GppPing {
  gppString?: string;
  cmpId?: number;
  cmpVersion?: string;
  signalStatus?: string;
  parsedSections?: Readonly<Record<string, unknown>>;
}

/** 0: does not apply; 1: opted out; 2: did not. Sections are objects, or lists of sub-sections. */
const optedOut = 1;
const optedIn = 2;

const fieldsOf = (ping: GppPing): Fields[] =>
  Object.entries(ping.parsedSections ?? {})
    .filter(([name]) => /^us/.test(name))
    .flatMap(([, section]) => (Array.isArray(section) ? section : [section]) as unknown[])
    .filter((one): one is Fields => typeof one === 'object' && one !== null);

/** Purpose → false where it was opted out of, true where it was said not to be; a purpose of which nothing was said is missing. */
export const choicesOfGpp = (ping: GppPing): Record<string, boolean> => {
  const choices: Record<string, boolean> = {};
  const say = (id: string, value: number | undefined) => {
    if (value === optedOut) choices[id] = false;
    else if (value === optedIn) choices[id] ??= true;
  };
  for (const { SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut, Gpc } of fieldsOf(ping)) {
    for (const value of [SaleOptOut, SharingOptOut, Gpc === true ? optedOut : 0]) say('sharing', value);
    for (const value of [TargetedAdvertisingOptOut, Gpc === true ? optedOut : 0]) say('marketing', value);
  }
  return choices;
};

export const start = (client: Client): Stop =>
  whenThere(client, '__gpp', (api) => {
    let listenerId: number | undefined;
    let isStopped = false;
    /** What this page has seen opted out of: only that may be taken back here. */
    const taken = new Set<string>();
    api('addEventListener', (event: { listenerId?: number; pingData?: GppPing } | null, isOk: boolean) => {
      if (isOk === false || !event || isStopped) return;
      listenerId = event.listenerId ?? listenerId;
      const ping = event.pingData;
      if (ping?.signalStatus !== 'ready') return;
      const decisions: Record<string, boolean> = {};
      for (const [id, value] of Object.entries(choicesOfGpp(ping))) {
        if (!value) taken.add(id);
        if (!value || taken.delete(id)) decisions[id] = value;
      }
      if (!Object.keys(decisions).length) return;
      client.consent.set(decisions, {
        source: 'own-cmp',
        layer: 'api',
        action: 'gpp',
        cmp: {
          name: `gpp-${ping.cmpId ?? ''}`,
          version: `${ping.cmpVersion ?? ''}`,
          gppString: bounded(ping.gppString),
        },
      });
    });
    return () => {
      isStopped = true;
      if (listenerId !== undefined) api('removeEventListener', () => {}, listenerId);
    };
  });
