// C3, C4, C5: what the clock makes of a cart. An abandonment is a deadline that passed with nobody active; its instant is
// the deadline itself, however late it is looked at. Nothing here reads a clock: instants come in.

import type { Shelf } from '../profiles/aspect.js';
import { cartValue } from './content.js';
import { type CartLine, commonCurrency, findLine, isForeign, lineMinor, linesMinor } from './lines.js';
import {
  browseEpisodesMax,
  browseQuietMs,
  type CartDocument,
  type CartRecord,
  type CartState,
  cartKey,
  cartQuietMs,
  checkoutQuietMs,
  clickMs,
  type Episode,
  episodesMax,
  isOpen,
  recoveryMs,
} from './state.js';

export const lastEpisode = (cart: CartRecord): Episode | undefined => cart.episodes.at(-1);

/** C3: nobody has done anything since this instant less the quiet time. */
const quietAt = (state: CartState, touchedAt: number, quietMs: number): number =>
  Math.max(state.lastActivityAt ?? touchedAt, touchedAt) + quietMs;

/** Null = nothing is running against it. */
export const deadlineOf = (state: CartState, cart: CartRecord): number | null => {
  if (cart.phase !== 'active' || cart.lines.length === 0) return null;
  return quietAt(state, cart.touchedAt, cart.stage === 'cart' ? cartQuietMs : checkoutQuietMs);
};

const expiryOf = (cart: CartRecord): number | null => {
  const episode = lastEpisode(cart);
  return cart.phase === 'abandoned' && episode !== undefined ? episode.abandonedAt + recoveryMs : null;
};

const browseDeadline = (state: CartState): number | null =>
  state.views === null ? null : quietAt(state, state.views.at, browseQuietMs);

const browseLoss = (state: CartState): number | null => {
  const episode = state.browses.at(-1);
  return episode?.outcome === 'open' ? episode.abandonedAt + recoveryMs : null;
};

const abandonment = (n: number, stage: Episode['stage'], at: number, valueMinor: number | null, lines: CartLine[]) =>
  ({
    n,
    stage,
    abandonedAt: at,
    valueMinor,
    outcome: 'open',
    lines,
  }) satisfies Episode;

/**
 * What was left in it before belongs to the past, and so does what was left in a cart that ended in this one: no order
 * recovers it any more. Until then both are recovered by an order that matches both.
 */
const forgetLeft = (state: CartState, cart: CartRecord): void => {
  const before = lastEpisode(cart);
  if (before !== undefined) before.lines = [];
  for (const merged of state.carts) if (merged.into === cart.id) forgetLeft(state, merged);
};

const abandon = (state: CartState, cart: CartRecord, at: number): void => {
  forgetLeft(state, cart);
  cart.episodesSeen += 1;
  cart.episodes.push(
    abandonment(
      cart.episodesSeen,
      cart.stage,
      at,
      cartValue(cart),
      cart.lines.map((line) => ({ ...line })),
    ),
  );
  if (cart.episodes.length > episodesMax) cart.episodes.shift();
  cart.phase = 'abandoned';
  if (cart.episodesSeen === 1) state.cartsAbandoned += 1;
  state.cartEpisodes = (state.cartEpisodes ?? 0) + 1;
};

export const expire = (cart: CartRecord, at: number): void => {
  const episode = lastEpisode(cart);
  if (episode?.outcome === 'open') episode.outcome = 'lost';
  cart.phase = 'expired';
  cart.endedAt = at;
};

const abandonBrowse = (state: CartState, at: number): void => {
  const before = state.browses.at(-1);
  if (before !== undefined) before.lines = [];
  const lines = state.views?.lines ?? [];
  // Whatever currency was named since: what was looked at keeps its own.
  const valueMinor = linesMinor(lines, commonCurrency(lines, state.currency));
  state.browsesSeen += 1;
  state.browses.push(abandonment(state.browsesSeen, 'browse', at, valueMinor, lines));
  if (state.browses.length > browseEpisodesMax) state.browses.shift();
  state.views = null;
};

/** Everything whose instant is at or before `now`. An event at the very instant of a deadline still comes in time. */
export const settleEpisodes = (state: CartState, now: number): void => {
  for (const cart of state.carts) {
    const deadline = deadlineOf(state, cart);
    if (deadline !== null && deadline <= now) abandon(state, cart, deadline);
    const expiry = expiryOf(cart);
    if (expiry !== null && expiry <= now) expire(cart, expiry);
  }
  const deadline = browseDeadline(state);
  if (deadline !== null && deadline <= now) abandonBrowse(state, deadline);
  const loss = browseLoss(state);
  if (loss !== null && loss <= now) state.browses.at(-1)!.outcome = 'lost';
};

export const nextDueAt = (state: CartState): number | null => {
  let due: number | null = null;
  const consider = (at: number | null): void => {
    if (at !== null && (due === null || at < due)) due = at;
  };
  for (const cart of state.carts) {
    consider(deadlineOf(state, cart));
    consider(expiryOf(cart));
  }
  consider(browseDeadline(state));
  consider(browseLoss(state));
  return due;
};

/** C5: somebody came back to it. Not a recovery; an order within the time makes it one. */
export const resume = (episode: Episode | undefined): void => {
  if (episode?.outcome === 'open') episode.outcome = 'resumed';
};

/** The latest recovery link clicked between the cart's first abandonment and the order, at most five days before it. */
const recoveredBy = (state: CartState, firstAbandonedAt: number, orderAt: number): string => {
  const from = Math.max(firstAbandonedAt, orderAt - clickMs);
  const click = state.clicks.findLast((c) => c.at >= from && c.at <= orderAt);
  return click === undefined ? 'return' : `message:${click.id}`;
};

/**
 * Recovered value = min(order line, cart line), line by line, in the order's currency; unknown where neither side knows a
 * price in it.
 */
const recoveredValue = (episode: Episode, ordered: readonly CartLine[], currency: string | null): number | null => {
  const minorOf = (line: CartLine, quantity: number): number | null =>
    isForeign(line, currency) ? null : lineMinor(line, currency, quantity);
  let sum = 0;
  for (const left of episode.lines) {
    const bought = findLine(ordered, left);
    if (bought === undefined) continue;
    const ours = minorOf(left, left.quantity);
    const theirs = minorOf(bought, bought.quantity);
    const quantity = Math.min(left.quantity, bought.quantity);
    const value =
      ours !== null && theirs !== null
        ? Math.min(ours, theirs)
        : (minorOf(left, quantity) ?? minorOf(bought, quantity));
    if (value === null) return null;
    sum += value;
  }
  return sum;
};

export interface PlacedOrder {
  orderId: string;
  at: number;
  /** Null = the order did not list them. */
  lines: readonly CartLine[] | null;
  revenueMinor: number;
  currency: string | null;
}

const recoverEpisode = (
  state: CartState,
  episode: Episode | undefined,
  firstAbandonedAt: number,
  order: PlacedOrder,
  isNamed: boolean,
): boolean => {
  if (episode === undefined || episode.outcome === 'recovered' || episode.outcome === 'lost') return false;
  // An order of that very instant was no return.
  if (episode.abandonedAt >= order.at || order.at - episode.abandonedAt > recoveryMs) return false;
  const isShared = order.lines?.some((line) => findLine(episode.lines, line) !== undefined) ?? false;
  if (!isShared && !isNamed) return false;
  episode.outcome = 'recovered';
  episode.recoveredBy = recoveredBy(state, firstAbandonedAt, order.at);
  episode.recoveredOrderId = order.orderId;
  if (order.lines !== null) episode.recoveredMinor = recoveredValue(episode, order.lines, order.currency);
  else {
    const left = linesMinor(episode.lines, order.currency);
    episode.recoveredMinor = left === null ? null : Math.min(left, order.revenueMinor);
  }
  return true;
};

/** C5: the last episode of every cart this order matches, by name (`named`: as it is told of that one) or by a line they share. */
export const recover = (state: CartState, order: PlacedOrder, named: ReadonlyMap<CartRecord, PlacedOrder>): void => {
  for (const cart of state.carts) {
    const first = cart.episodes[0];
    if (first === undefined) continue;
    const told = named.get(cart);
    if (!recoverEpisode(state, lastEpisode(cart), first.abandonedAt, told ?? order, told !== undefined)) continue;
    if (!cart.recovered) state.cartsRecovered += 1;
    cart.recovered = true;
  }
  const browse = state.browses.at(-1);
  if (browse !== undefined) recoverEpisode(state, browse, browse.abandonedAt, order, false);
};

/**
 * C4: whether an episode that was there is gone; `cartId`: null = a browse. One that is missing may only be older than those
 * that are kept; a cart itself leaves the state for the shelf and for nowhere else, so one that is on neither never was.
 */
export const hasLost = (
  state: CartState,
  shelf: Pick<Shelf<CartDocument>, 'get'>,
  cartId: string | null,
  abandonedAt: number,
): boolean => {
  const isMissing = (episodes: readonly Episode[], seen: number): boolean =>
    (seen === episodes.length || abandonedAt >= episodes[0]!.abandonedAt) &&
    episodes.every((episode) => episode.abandonedAt !== abandonedAt);
  if (cartId === null) return isMissing(state.browses, state.browsesSeen);
  const cart = state.carts.find(({ id }) => id === cartId) ?? (shelf.get(cartKey(cartId)) as CartRecord | undefined);
  return !cart || isMissing(cart.episodes, cart.episodesSeen);
};

/** Carts that count as open: with something in them. */
export const openCarts = (state: CartState): CartRecord[] => state.carts.filter(isOpen);
