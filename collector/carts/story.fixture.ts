// A person's events written as a story in minutes, and the fold of it.

import type { AnonymousId, SessionId, UserId } from '../contract/ids.js';
import { emptyEvent } from '../events/event.fixture.js';
import { compareEvents, type OwnedEvent } from '../events/event.js';
import type { Shelf } from '../profiles/aspect.js';
import { cartAspect } from './aspect.js';
import { currencyIn } from './content.js';
import { lastEpisode } from './episodes.js';
import { allCarts, type CartFigures, cartFigures, openCart, showCarts, showOrders } from './show.js';
import type { CartDocument, CartState, Episode } from './state.js';

/** A Monday, noon. */
export const start = Date.parse('2026-03-02T12:00:00Z');
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** `start` and so many minutes, as it is shown. */
export const iso = (minutes: number): string => new Date(start + minutes * minute).toISOString();

export type Told = Partial<Omit<OwnedEvent, 'at'>> & { properties?: Record<string, unknown> };

let told = 0;

/** Minutes after `start`; ids count up, so that a tie keeps the order it was told in. */
export const at = (minutes: number, name: string | null, properties: Record<string, unknown> = {}, more: Told = {}) => {
  told += 1;
  const event: OwnedEvent = {
    ...emptyEvent(`m${String(told).padStart(6, '0')}`, start + Math.round(minutes * minute)),
    type: name === null ? 'page' : 'track',
    name,
    anonymousId: 'A1' as AnonymousId,
    userId: 'U1' as UserId,
    purposes: ['measurement', 'personalisation'],
    properties,
    sessionId: 's1' as SessionId,
    ownedBecause: 'named',
    ...more,
  };
  return event;
};

export const pageView = (minutes: number, more: Told = {}) => at(minutes, null, {}, more);
export const product = (id: string, quantity?: number, price?: unknown) => ({
  product_id: id,
  ...(quantity === undefined ? {} : { quantity }),
  ...(price === undefined ? {} : { price }),
});
/** The shop's server: no device, no activity. */
export const server: Told = {
  channel: 'server',
  active: false,
  trust: 'secret',
  anonymousId: null,
  sessionId: null,
  ownedBecause: 'named',
};
/** Before anybody was named on the device. */
export const guest = (device: string): Told => ({
  anonymousId: device as AnonymousId,
  userId: null,
  ownedBecause: 'before_first_named',
});
export const on = (device: string): Told => ({ anonymousId: device as AnonymousId });
export const identify = (minutes: number, device = 'A1'): OwnedEvent =>
  at(minutes, null, {}, { type: 'identify', anonymousId: device as AnonymousId });

export interface Shelved extends Shelf<CartDocument> {
  documents: Map<string, CartDocument>;
  reads: number;
  writes: number;
}

/** Documents are copied in and out, as a database does: a fold that changes one after putting it is found out. */
export const emptyShelf = (): Shelved => {
  const rows = new Map<string, string>();
  const shelf: Shelved = {
    reads: 0,
    writes: 0,
    get documents() {
      return new Map([...rows].map(([key, row]) => [key, JSON.parse(row) as CartDocument]));
    },
    get: (key) => {
      shelf.reads += 1;
      const row = rows.get(key);
      return row === undefined ? undefined : (JSON.parse(row) as CartDocument);
    },
    put: (key, document) => {
      shelf.writes += 1;
      rows.set(key, JSON.stringify(document));
    },
    delete: (key) => void rows.delete(key),
  };
  return shelf;
};

export class Person {
  state: CartState = cartAspect.start();
  shelf = emptyShelf();
  warnings: string[] = [];

  step(event: OwnedEvent): void {
    cartAspect.step(this.state, event, this.shelf, { warn: (code) => this.warnings.push(code) });
  }

  /** In minutes after `start`. */
  settle(minutes: number): this {
    cartAspect.settle?.(this.state, start + minutes * minute, this.shelf);
    return this;
  }

  get bytes(): string {
    const documents = [...this.shelf.documents].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([this.state, documents]);
  }

  get carts() {
    return showCarts(this.state, this.shelf.documents.values());
  }

  get cart() {
    return openCart(this.state);
  }

  get orders() {
    return showOrders(this.shelf.documents.values());
  }

  get figures(): CartFigures {
    return cartFigures(this.state);
  }

  /** `{p1: 2}` of the open cart. */
  get content(): Record<string, number> {
    return Object.fromEntries((this.cart?.lines ?? []).map((line) => [line.key, line.quantity]));
  }

  /** `converted`, `active` …, oldest first. */
  get states(): string[] {
    return this.carts.map((cart) => cart.state).reverse();
  }
}

export const fold = (...events: OwnedEvent[]): Person => {
  const person = new Person();
  for (const event of events.sort(compareEvents)) person.step(event);
  return person;
};

/** An abandonment, by its cart; that of a browse has none. */
interface Abandonment {
  cartId: string | null;
  currency: string | null;
  episode: Episode;
}

/** The last of every cart, those on the shelf among them, and of the browsing. */
export const abandonments = (state: CartState, documents: Iterable<CartDocument> = []): Abandonment[] => [
  ...allCarts(state, documents).flatMap((cart) => {
    const episode = lastEpisode(cart);
    return episode === undefined ? [] : [{ cartId: cart.id, currency: currencyIn(cart), episode }];
  }),
  ...state.browses.slice(-1).map((episode) => ({ cartId: null, currency: state.currency, episode })),
];
