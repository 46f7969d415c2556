// What the cart aspect knows of one person: shapes and bounds only, plain JSON. The state holds carts with something
// open or of the last 30 days; everything older, and every order, is a document on the shelf, found by its key.

import type { Decimal } from '../contract/amount.js';
import type { CartLine } from './lines.js';

const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

/** C3. */
export const cartQuietMs = 60 * minuteMs;
export const checkoutQuietMs = 30 * minuteMs;
export const browseQuietMs = dayMs;
/** C3, C5: an abandoned cart nobody came back to ends, and an order no longer recovers it. */
export const recoveryMs = 30 * dayMs;
/** C5: how long before the order a recovery link counts. */
export const clickMs = 5 * dayMs;
/** Platforms clear the cart before or after they report the order: a cart emptied this shortly before was bought. */
export const clearedMs = dayMs;
/** How far a page's clock may be behind the server's: a step of a checkout that late is the one that was just ended. */
export const echoMs = 2 * minuteMs;

export const cartsMax = 50;
/** Of all carts of the state together, so that a hostile visitor cannot make each of their steps write a megabyte. */
export const linesInStateMax = 1_000;
export const linesInCartMax = 200;
/** A cart shows its latest; `n` goes on counting. */
export const episodesMax = 50;
export const viewsMax = 20;
export const browseEpisodesMax = 5;
export const clicksMax = 10;
/** R1's cap. */
export const devicesMax = 50;
export const refundsMax = 100;

export type Stage = 'browse' | 'cart' | 'checkout' | 'payment';
export type Outcome = 'open' | 'resumed' | 'recovered' | 'lost';

export interface Episode {
  n: number;
  stage: Stage;
  abandonedAt: number;
  valueMinor: number | null;
  outcome: Outcome;
  /** Of one that is recovered. */
  recoveredBy?: string;
  recoveredMinor?: number | null;
  recoveredOrderId?: string;
  /** What was left behind. Only a cart's last episode keeps them, and the last browse: it is the one an order can recover. */
  lines: CartLine[];
}

export type CartPhase = 'active' | 'abandoned' | 'converted' | 'emptied' | 'merged' | 'expired';

export interface CartRecord {
  sort: 'cart';
  id: string;
  token: string | null;
  checkoutId: string | null;
  /** Announced by a checkout, before there is an order. */
  orderId: string | null;
  phase: CartPhase;
  lines: CartLine[];
  /** What it held when it was last emptied. */
  held: CartLine[];
  /** The person's currency when no line named one. */
  assumedCurrency: string | null;
  stage: 'cart' | 'checkout' | 'payment';
  createdAt: number;
  touchedAt: number;
  endedAt: number | null;
  /** It had ended, and was filled again: from when until when it was no cart. The last time of several. */
  gap?: [endedAt: number, filledAt: number];
  /** The device on which it was filled while nobody was logged in; null = the account's, or an anonymous person's. */
  guest: string | null;
  /** The device whose login brought it here while no account cart was known yet: the first one that shows takes it in. */
  joining: string | null;
  /** Merged: the cart that took it in. */
  into: string | null;
  /** Of the last event that came from one. */
  anonymousId: string | null;
  sessionId: string | null;
  episodes: Episode[];
  episodesSeen: number;
  recovered: boolean;
}

/** What one event says of an order's money; the best of all stands. */
export interface Statement {
  kind: 'completed' | 'updated';
  trust: 'public' | 'secret';
  richness: number;
  at: number;
  messageId: string;
}
export interface MoneyStatement extends Statement {
  revenue: Decimal;
  revenueFrom: string;
  total: Decimal | null;
  currency: string | null;
}
export interface GoodsStatement extends Statement {
  lines: CartLine[];
  currency: string | null;
}

export interface Refund {
  /** The shop's own id of it, else the messageId. */
  id: string;
  at: number;
  /** What it takes: everything, so much money, these goods, or nothing that can be told. */
  takes: { kind: 'all' } | { kind: 'money'; total: Decimal } | { kind: 'goods' } | { kind: 'unknown' };
  currency: string | null;
  lines: CartLine[];
}

export interface OrderRecord {
  sort: 'order';
  orderId: string;
  /** Its `Order Completed`s' earliest; before there is one, the first that was heard of it. */
  at: number;
  /** Stated by which; null = only refunds or a cancellation are known. */
  placed: 'completed' | 'updated' | null;
  money: MoneyStatement | null;
  goods: GoodsStatement | null;
  /** For when no statement names one. */
  assumedCurrency: string | null;
  cancelled: boolean;
  refunds: Refund[];
  sessionId: string | null;
  /** The session came with a browser's own event, not by way of the cart. */
  sessionSeen: boolean;
  /** Its conversion took lines from a cart. */
  cartId: string | null;
  /** C8: told for another person too, and counted there. */
  elsewhere?: true;
  /** C8: messageIds of what the shop said of it by events that are another person's. */
  lent?: string[];
}

export type CartDocument = CartRecord | OrderRecord;

export interface Click {
  id: string;
  at: number;
}

export interface CartState {
  /** Of the person, on any device and page (C3). */
  lastActivityAt: number | null;
  lastSessionId: string | null;
  /** The last one named in a commerce event. */
  currency: string | null;
  /** Where somebody was logged in: until then their carts there are a guest's. */
  namedDevices: string[];
  /** In the order of their beginning. */
  carts: CartRecord[];
  /** Products looked at while no cart was open. */
  views: { lines: CartLine[]; at: number } | null;
  browses: Episode[];
  browsesSeen: number;
  clicks: Click[];
  productViews: number;
  cartAdds: number;
  orders: number;
  cartsAbandoned: number;
  cartsRecovered: number;
  /** C4: of carts, each crossing of a deadline; absent in a state of before. */
  cartEpisodes?: number;
  /** By currency, `XXX` where none is known; `orders` = how many documents stand behind the figure. */
  revenue: Record<string, { minor: number; orders: number }>;
}

export const startState = (): CartState => ({
  lastActivityAt: null,
  lastSessionId: null,
  currency: null,
  namedDevices: [],
  carts: [],
  views: null,
  browses: [],
  browsesSeen: 0,
  clicks: [],
  productViews: 0,
  cartAdds: 0,
  orders: 0,
  cartsAbandoned: 0,
  cartsRecovered: 0,
  cartEpisodes: 0,
  revenue: {},
});

export const cartKey = (id: string): string => `cart:${id}`;
export const orderKey = (id: string): string => `order:${id}`;

/** Something is in it that could still be bought. */
export const isOpen = (cart: CartRecord): boolean => cart.phase === 'active' || cart.phase === 'abandoned';
