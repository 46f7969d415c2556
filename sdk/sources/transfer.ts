// Hands an answer to another host of the site with a link (consent.md, section 2, "Other domains"), and takes one in. Asks
// nothing before a press on such a link, holds up no press, and writes nothing but the record of an answer that arrived.

import { iso, now } from '../browser/clock.js';
import { hostOf, lend, linkAt, onFollow } from '../browser/link.js';
import { onWindow, together } from '../browser/listen.js';
import { request } from '../browser/net.js';
import { referrerNow } from '../browser/page.js';
import type { Client, Source } from '../client.js';
import { conclude } from '../consent/decide.js';
import { joined } from '../consent/join.js';
import { type Decided, enforce, isShut, isSignalled, purposes, stands } from '../consent/rules.js';
import { type Options, resolve } from '../options.js';

const answerMaxMs = 5e3;
/** The collector gives a minute; the page that the link leads to needs some of it. */
const tokenMaxMs = 4e4;

interface Told {
  decisions: { purpose: string; value: Decided['value']; at: string; materialHash: string | null }[];
  voucher: string | null;
}

interface Token {
  text: string;
  at: number;
  /** Of the record whose answers it holds. */
  rev: number | undefined;
}

export const start: Source = ({ consent, tell }) => {
  const ready = new Map<string, Token>();
  const asked = new Set<string>();

  const listed = (link: HTMLAnchorElement | undefined): string | undefined => {
    const host = link && hostOf(link);
    return host && consent.state().config.transfer?.includes(host) ? host : undefined;
  };
  const readyFor = (host: string): Token | undefined => {
    const token = ready.get(host);
    return token && now() - token.at < tokenMaxMs && token.rev === consent.state().record?.rev ? token : undefined;
  };
  const prepare = async (host: string) => {
    const { host: collector, writeKey, decisions, receipt, policy, record } = consent.state();
    const answers = Object.entries(decisions).filter(([, { source }]) => source !== 'region');
    // Nobody has answered, or nothing is asked of them here: there is nothing to hand on.
    if (!answers[0] || !Object.keys(consent.get())[0] || asked.has(host) || readyFor(host)) return;
    asked.add(host);
    const at = now();
    const answer = await request(`${collector}/v1/consent/transfer`, answerMaxMs, {
      method: 'POST',
      body: JSON.stringify({
        writeKey,
        to: host,
        receipt,
        decisions: answers.map(([purpose, { value, at, materialHash }]) => ({ purpose, value, at, materialHash })),
        policy: record?.policy ?? policy,
        sentAt: iso(at),
      }),
    });
    asked.delete(host);
    const text = answer?.status_ === 200 && (answer.body_ as { token: string | null }).token;
    if (text) ready.set(host, { text, at, rev: record?.rev });
  };
  const pressed = (event: Event) => {
    const host = listed(linkAt(event));
    if (host) prepare(host).catch((error) => tell('error', error));
  };
  return together(
    // By keyboard the press and the way are one; so the link is made ready when it is come to.
    onWindow('pointerdown focusin', pressed),
    onFollow((link) => {
      const host = listed(link);
      const token = host && readyFor(host);
      if (!token) return;
      // Good once.
      ready.delete(host);
      lend(link, token.text);
    }),
  );
};

/** On the page that the link led to. */
export const arrive = async (client: Client, token: string): Promise<void> => {
  const { config, host, writeKey, policy, region, age, minor } = client.consent.state();
  // This file has the rules for itself: what is in force is told to them once more.
  resolve({ host, writeKey, age, minor } as Options);
  enforce({ policy, region, consent: config }, undefined);
  if (isShut) return;
  const answer = await request(`${host}/v1/consent/transfer/accept`, answerMaxMs, {
    method: 'POST',
    body: JSON.stringify({ writeKey, token, from: referrerNow().split('/', 3).join('/') }),
  });
  if (answer?.status_ !== 200) return client.tell('error', answer?.status_);
  const { decisions, voucher } = answer.body_ as Told;
  const told = Object.fromEntries(
    decisions.map(({ purpose, value, at, materialHash }): [string, Decided] => [
      purpose,
      { value, source: 'user', at: Date.parse(at), materialHash: materialHash ?? undefined, ack: undefined },
    ]),
  );
  const { record } = client.consent.state();
  const join = joined(record?.decisions ?? {}, told, purposes, { stands, isSignalled });
  if (!join) return;
  const made = conclude(record ?? {}, join.decisions, { layer: 'transfer', action: 'link' });
  const last = made.rows.length - 1;
  client.tell('keep', {
    ...made,
    rows: made.rows.map((row, index) =>
      index === last
        ? {
            ...row,
            voucher,
            // On the device it is the person's own answer; the proof says that it came from elsewhere.
            decisions: row.decisions.map((one) =>
              join.came.includes(one.purpose) ? { ...one, source: 'import' } : one,
            ),
          }
        : row,
    ),
  });
  void client.flush();
};
