// C1 and C6: which cart an event means, when a cart begins and ends, and what a login does to a guest's. What is in a cart
// is content.ts; what the clock makes of it is episodes.ts.

import type { OwnedEvent } from '../events/event.js';
import type { Shelf } from '../profiles/aspect.js';
import { currencyIn, replaceLines, uniteLines } from './content.js';
import { expire, lastEpisode, openCarts, resume } from './episodes.js';
import { type CommerceIds, derivedId } from './ids.js';
import { type CartLine, findLine } from './lines.js';
import {
  type CartDocument,
  type CartRecord,
  type CartState,
  cartKey,
  cartsMax,
  dayMs,
  devicesMax,
  isOpen,
  linesInStateMax,
  recoveryMs,
} from './state.js';
import type { Warn } from './warnings.js';

/** What every rule of a step needs at hand. */
export interface Step {
  state: CartState;
  event: OwnedEvent;
  ids: CommerceIds;
  shelf: Shelf<CartDocument>;
  warn: Warn;
  /** C8: the order counts on another person. */
  isElsewhere: (orderId: string) => boolean;
}

/**
 * The device whose guest the person is in this event; null = the account, or a person who never had one. What happened
 * before anybody was named on a device is a guest's, also when the login came later in the same session.
 */
const guestOf = ({ state, event }: Step): string | null => {
  if (event.userId !== null || event.anonymousId === null) return null;
  if (event.ownedBecause !== 'before_first_named' && event.ownedBecause !== 'session') return null;
  return state.namedDevices.includes(event.anonymousId) ? null : event.anonymousId;
};

/**
 * On a device that has one user, an un-named event without a token is about the person's one implicit cart; with a token
 * it shows a cart of its own, filled while logged out.
 */
const guestOfNew = (step: Step): string | null =>
  step.event.ownedBecause === 'device' && step.ids.token !== null ? step.event.anonymousId : guestOf(step);

const isVisible = (step: Step, cart: CartRecord): boolean => {
  const guest = guestOf(step);
  if (guest !== null) return cart.guest === guest;
  return cart.guest === null || cart.guest === step.event.anonymousId;
};

const lastTouched = (carts: readonly CartRecord[]): CartRecord | undefined =>
  carts.reduce<CartRecord | undefined>(
    (latest, cart) => (latest === undefined || cart.touchedAt >= latest.touchedAt ? cart : latest),
    undefined,
  );

/**
 * The life of this token that goes on: one that was bought or expired is over, and an older cart may have taken its token
 * since. A merged one leads to the cart that took it in.
 */
export const byToken = (state: CartState, token: string): CartRecord | undefined => {
  const cart = lastTouched(
    state.carts.filter((known) => known.token === token && known.phase !== 'converted' && known.phase !== 'expired'),
  );
  if (cart?.phase !== 'merged') return cart;
  const survivor = state.carts.find((known) => known.id === cart.into);
  return survivor !== undefined && isOpen(survivor) ? survivor : undefined;
};

/** How far an event without a token may be trusted to mean a cart that has one. */
type Bearing = 'content' | 'checkout';

/** The cart an event means, if it is known. */
export const cartMeant = (step: Step, bearing: Bearing): CartRecord | undefined => {
  const { state, ids } = step;
  if (ids.token !== null) return byToken(state, ids.token);
  const visible = state.carts.filter((cart) => isVisible(step, cart));
  const open = visible.filter(isOpen);
  if (ids.checkoutId !== null) {
    const named = open.findLast((cart) => cart.checkoutId === ids.checkoutId);
    if (named !== undefined) return named;
  }
  if (bearing === 'checkout') {
    const named = ids.orderId === null ? undefined : open.findLast((cart) => cart.orderId === ids.orderId);
    // A checkout is of the cart the person has just been at; Segment's checkout events have no cart id at all.
    return named ?? lastTouched(open);
  }
  const implicit = open.findLast((cart) => cart.token === null);
  if (implicit !== undefined) return implicit;
  // With one cart there is no doubt which is meant; with several, an event that names none means the implicit one.
  if (open.length === 1) return open[0];
  return open.length === 0 ? emptiedIn(visible) : undefined;
};

const emptiedIn = (carts: readonly CartRecord[]): CartRecord | undefined =>
  carts.findLast((cart) => cart.token === null && cart.phase === 'emptied');

/** Where a checkout finds no open cart, its lines fill the one that was emptied: a platform that clears the cart goes on to ask. */
const refilled = (step: Step): CartRecord | undefined =>
  step.ids.token === null ? emptiedIn(step.state.carts.filter((cart) => isVisible(step, cart))) : undefined;

const newId = ({ state, event, shelf }: Step, token: string | null): string => {
  if (token !== null) {
    const id = derivedId('c_', 'token', token);
    if (!state.carts.some((cart) => cart.id === id) && shelf.get(cartKey(id)) === undefined) return id;
  }
  return derivedId('c_', 'message', event.messageId);
};

export const beginCart = (step: Step): CartRecord => {
  const { state, event, ids } = step;
  const cart: CartRecord = {
    sort: 'cart',
    id: newId(step, ids.token),
    token: ids.token,
    checkoutId: null,
    orderId: null,
    phase: 'active',
    lines: [],
    held: [],
    assumedCurrency: state.currency,
    stage: 'cart',
    createdAt: event.at,
    touchedAt: event.at,
    endedAt: null,
    guest: guestOfNew(step),
    joining: null,
    into: null,
    anonymousId: null,
    sessionId: null,
    episodes: [],
    episodesSeen: 0,
    recovered: false,
  };
  state.carts.push(cart);
  return cart;
};

const reopen = (cart: CartRecord, at: number): void => {
  if (cart.endedAt !== null) cart.gap = [cart.endedAt, at];
  cart.phase = 'active';
  cart.endedAt = null;
};

/** An event of this cart happened: what was abandoned is taken up again, what holds nothing is emptied. */
export const touch = ({ state, event, ids }: Step, cart: CartRecord): void => {
  cart.touchedAt = event.at;
  cart.checkoutId = ids.checkoutId ?? cart.checkoutId;
  state.currency = currencyIn(cart) ?? state.currency;
  // A line that named it may leave: the others go on being counted in it.
  cart.assumedCurrency ??= state.currency;
  // Still in use after the login: it is the account's own cart, not one that waits for it.
  cart.joining = null;
  // Emptied before the login and filled again after it: no guest's any more (C6).
  if (event.userId !== null) cart.guest = null;
  if (event.anonymousId !== null) cart.anonymousId = event.anonymousId;
  if (event.sessionId !== null) cart.sessionId = event.sessionId;
  resume(lastEpisode(cart));
  if (cart.lines.length > 0) {
    reopen(cart, event.at);
    cart.held = [];
    // C3: what was looked at before is no browse any more, whether the cart is new or was empty meanwhile.
    state.views = null;
  } else if (cart.phase !== 'emptied') {
    cart.phase = 'emptied';
    cart.endedAt = event.at;
  }
};

/** C6: `guest` ends in `survivor`, which holds the greater quantity of each line until the platform's next snapshot. */
const mergeInto = ({ event, warn }: Step, guest: CartRecord, survivor: CartRecord): void => {
  uniteLines(survivor, guest.lines, event.at, warn);
  resume(lastEpisode(guest));
  guest.phase = 'merged';
  guest.into = survivor.id;
  guest.endedAt = event.at;
  guest.joining = null;
  resume(lastEpisode(survivor));
  reopen(survivor, event.at);
  survivor.touchedAt = event.at;
  survivor.checkoutId ??= guest.checkoutId;
  survivor.anonymousId = event.anonymousId ?? survivor.anonymousId;
  survivor.sessionId = event.sessionId ?? survivor.sessionId;
};

/** C6: when a known user shows on a device, what was filled there as a guest joins the account's cart. */
export const login = (step: Step): void => {
  const { state, event } = step;
  const device = event.anonymousId;
  if (device === null || event.userId === null) return;
  if (!state.namedDevices.includes(device)) state.namedDevices = [...state.namedDevices, device].slice(-devicesMax);
  const guests = openCarts(state).filter((cart) => cart.guest === device);
  if (guests.length === 0) return;
  const account = lastTouched(openCarts(state).filter((cart) => cart.guest === null));
  for (const guest of guests) {
    if (account === undefined) {
      guest.guest = null;
      guest.joining = device;
    } else {
      mergeInto(step, guest, account);
    }
  }
};

/** C6: the account's cart shows itself only after the login: it takes in what the guest brought. */
export const joinGuests = (step: Step, cart: CartRecord): void => {
  const { state, event } = step;
  if (guestOf(step) !== null || !isOpen(cart)) return;
  for (const guest of openCarts(state)) {
    if (guest === cart || guest.joining === null) continue;
    if (event.anonymousId === null || event.anonymousId === guest.joining) mergeInto(step, guest, cart);
  }
};

/**
 * A platform may name its cart only after the first add. A snapshot, under a new token, of what the implicit cart holds is
 * a snapshot of that cart: it takes the token, or ends in the cart that already has it.
 */
export const adoptImplicit = (step: Step, known: CartRecord | undefined, snapshot: readonly CartLine[]) => {
  const { state, ids } = step;
  if (ids.token === null) return known;
  const implicit = openCarts(state).findLast(
    (cart) => cart.token === null && cart.joining === null && cart !== known && isVisible(step, cart),
  );
  if (implicit === undefined || !snapshot.some((line) => findLine(implicit.lines, line) !== undefined)) return known;
  if (known === undefined) {
    implicit.token = ids.token;
    return implicit;
  }
  mergeInto(step, implicit, known);
  return known;
};

/** The content of a snapshot, on the cart it names or a new one; an empty one begins nothing. */
export const snapshotCart = (step: Step, lines: readonly CartLine[], bearing: Bearing): CartRecord | undefined => {
  const known = adoptImplicit(step, cartMeant(step, bearing), lines);
  if (known === undefined && lines.length === 0) return undefined;
  const cart = known ?? refilled(step) ?? beginCart(step);
  const changed = replaceLines(cart, lines, step.warn);
  // A shop that sends all its carts every night must not take them all up again.
  const isSync = step.event.name === 'Cart Updated' && !step.event.active && !changed;
  if (!isSync || cart.phase !== 'abandoned') touch(step, cart);
  joinGuests(step, cart);
  return cart;
};

const weight = (cart: CartRecord): number =>
  cart.lines.length + cart.held.length + cart.episodes.reduce((sum, episode) => sum + episode.lines.length, 0);

const shelve = ({ state, shelf }: Step, cart: CartRecord): void => {
  shelf.put(cartKey(cart.id), cart);
  state.carts = state.carts.filter((other) => other !== cart);
};

/**
 * An ended cart stays while it may still matter: an emptied one may be filled again, a merged one's token leads to its
 * survivor, and what was left in one that somebody came back to may yet be bought. Any other stays a day, so that
 * whoever looks at the state after a step sees what became of it.
 */
const isOver = (cart: CartRecord, now: number): boolean => {
  if (cart.endedAt === null) return false;
  const mayMatter = cart.phase === 'emptied' || cart.phase === 'merged' || lastEpisode(cart)?.outcome === 'resumed';
  return cart.endedAt + (mayMatter ? recoveryMs : dayMs) < now;
};

/** By the time of the event alone: whether the clock was looked at since the last one must not matter. */
export const shelveEnded = (step: Step): void => {
  for (const cart of step.state.carts) if (isOver(cart, step.event.at)) shelve(step, cart);
};

/** Beyond the bounds the carts longest untouched leave for the shelf, ended ones first. */
export const keepBounds = (step: Step): void => {
  const { state, event, warn } = step;
  let lines = state.carts.reduce((sum, cart) => sum + weight(cart), 0);
  while (state.carts.length > cartsMax || (lines > linesInStateMax && state.carts.length > 1)) {
    const ended = state.carts.filter((cart) => !isOpen(cart));
    const least = (ended.length > 0 ? ended : state.carts).reduce((a, b) => (b.touchedAt < a.touchedAt ? b : a));
    if (isOpen(least)) {
      warn('carts_many');
      expire(least, event.at);
    }
    lines -= weight(least);
    shelve(step, least);
  }
};
