// A banner of IAB's Transparency and Consent Framework decides (`__tcfapi`, TCF 2.x): its purposes become ours, all of
// those listed being needed for one of ours, and purpose 1 (storing on the device) for any. Reads; never shows anything.
// TCF has no purpose for sale or sharing with others: `sharing` stays as nobody having been asked.

import type { Stop } from '../browser/listen.js';
import type { Client } from '../client.js';
import { bounded, whenThere } from './foreign.js';

/** Of the framework's TCData, what is read. */
export interface TcData {
  tcString?: string;
  cmpId?: number;
  cmpVersion?: number;
  gdprApplies?: boolean;
  eventStatus?: string;
  listenerId?: number;
  purpose?: { consents?: Readonly<Record<string, boolean>> };
}

const needed: Readonly<Record<string, readonly number[]>> = {
  measurement: [1, 8, 9, 10],
  personalisation: [1, 5, 6],
  marketing: [1, 2, 3, 4, 7],
};

/** Undefined: nothing was decided there, or the framework says that it does not apply. */
export const decisionsOfTcf = (data: TcData): Record<string, boolean> | undefined => {
  const { consents } = data.purpose ?? {};
  if (data.gdprApplies === false || !consents || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus ?? ''))
    return undefined;
  return Object.fromEntries(
    Object.entries(needed).map(([id, all]) => [id, all.every((one) => consents[one] === true)]),
  );
};

export const start = (client: Client): Stop =>
  whenThere(client, '__tcfapi', (api) => {
    let listenerId: number | undefined;
    let isStopped = false;
    api('addEventListener', 2, (data: TcData | null, isOk: boolean) => {
      if (!isOk || !data || isStopped) return;
      listenerId = data.listenerId;
      const decisions = decisionsOfTcf(data);
      if (!decisions) return;
      client.consent.set(decisions, {
        source: 'own-cmp',
        layer: 'api',
        action: 'tcf',
        cmp: { name: `tcf-${data.cmpId ?? ''}`, version: `${data.cmpVersion ?? ''}`, tcString: bounded(data.tcString) },
      });
    });
    return () => {
      isStopped = true;
      if (listenerId !== undefined) api('removeEventListener', 2, () => {}, listenerId);
    };
  });
