// What the ledger keeps beside the hash of the words (`ui.variant`), so that the same layer can be drawn again: what it
// asked, and which of its parts were there because of how the person stood. No identifier is in it.

import type { Scene } from './document.js';

const listOf = (text: string | null): string[] => text?.split(',').filter(Boolean) ?? [];

/** As a query: `ask=personalisation&since=3&on=measurement&has=receipt,device&odd=marketing&objected=sharing`; empty for a first question. */
export const variantOf = (
  {
    ask,
    since,
    on,
    receipt,
    isKnown,
    isCounted,
    objected = [],
  }: Pick<Scene, 'ask' | 'since' | 'on' | 'receipt' | 'isKnown' | 'isCounted' | 'objected'>,
  all: readonly string[],
  odd: readonly string[] = [],
): string => {
  const parts: Record<string, readonly (string | false | undefined)[]> = {
    ask: ask.length < all.length ? ask : [],
    since: [since && encodeURIComponent(since)],
    on: all.filter((id) => on[id]),
    has: [receipt && 'receipt', isKnown && 'device', isCounted && 'counts'],
    odd,
    objected,
  };
  return Object.entries(parts)
    .map(([name, values]) => [name, values.filter(Boolean).join()])
    .filter(([, text]) => text)
    .map((pair) => pair.join('='))
    .join('&');
};

/** The parts of a scene that a variant stands for. */
export const readVariant = (variant: string, all: readonly string[]) => {
  const query = new URLSearchParams(variant);
  const has = listOf(query.get('has'));
  const ask = query.get('ask');
  return {
    ask: ask === null ? [...all] : listOf(ask),
    since: query.get('since') ?? undefined,
    on: Object.fromEntries(listOf(query.get('on')).map((id) => [id, true])),
    receipt: has.includes('receipt') ? '…' : undefined,
    isKnown: has.includes('device'),
    isCounted: has.includes('counts'),
    objected: listOf(query.get('objected')),
    odd: listOf(query.get('odd')),
  };
};
