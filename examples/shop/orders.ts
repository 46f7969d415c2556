// Orders and stock of the demo, in memory; and the call with which the shop's server tells the collector of an order.
// The browser tells it too, under the same order id: the collector makes one order of both.

import { randomInt } from 'node:crypto';
import { bounded } from './accounts.js';
import { type Basket, type Bill, bill, type Delivery, type Payment } from './basket.js';
import { type Choice, currency, skuOf } from './catalogue.js';
import { asNumber } from './money.js';
import { productsOf } from './segment.js';

const ordersMax = 5_000;

export interface Address {
  name: string;
  email: string;
  street: string;
  postcode: string;
  city: string;
  country: string;
}

export interface Placed {
  id: string;
  at: number;
  basket: Basket;
  bill: Bill;
  delivery: Delivery;
  payment: Payment;
  address: Address;
  accountId: string | null;
}

/** One call of Segment's HTTP API, as a server client would send it. */
export interface ServerCall {
  type: 'track';
  messageId: string;
  timestamp: string;
  event: string;
  userId?: string;
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
  channel: 'server';
}

// Without the letters that are read as digits. 32 letters, eight of them: a number nobody guesses or meets twice.
const letters = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const newOrderId = () =>
  `OX-${Array.from({ length: 8 }, () => letters[randomInt(letters.length)])
    .join('')
    .replace(/^(.{4})/, '$1-')}`;

export const openOrders = () => {
  const placed = bounded<Placed>(ordersMax);
  const sold = new Map<string, number>();
  const stockOf = (choice: Choice) => Math.max(0, choice.variant.stock - (sold.get(skuOf(choice)) ?? 0));

  return {
    stockOf,
    get: (id: string) => placed.get(id),
    place: (
      basket: Basket,
      delivery: Delivery,
      payment: Payment,
      address: Address,
      accountId: string | null,
    ): Placed => {
      const order: Placed = {
        id: newOrderId(),
        at: Date.now(),
        basket,
        bill: bill(basket, delivery),
        delivery,
        payment,
        address,
        accountId,
      };
      placed.set(order.id, order);
      for (const { choice, quantity } of basket.lines) {
        const sku = skuOf(choice);
        const all = (sold.get(sku) ?? 0) + quantity;
        // A demonstration must not run dry: what sells out is delivered anew at once.
        sold.set(sku, all >= choice.variant.stock ? 0 : all);
      }
      return order;
    },
  };
};

export type Orders = ReturnType<typeof openOrders>;

export const orderCall = ({
  id,
  at,
  basket,
  bill: sum,
  delivery,
  payment,
  address,
  accountId,
}: Placed): ServerCall => ({
  type: 'track',
  messageId: `order-completed-${id}`,
  timestamp: new Date(at).toISOString(),
  event: 'Order Completed',
  ...(accountId ? { userId: accountId } : {}),
  properties: {
    order_id: id,
    cart_id: basket.token,
    email: address.email,
    affiliation: 'Oxlip',
    currency,
    subtotal: asNumber(sum.subtotalMinor),
    discount: asNumber(sum.discountMinor),
    revenue: asNumber(sum.goodsMinor),
    shipping: asNumber(sum.shippingMinor),
    tax: asNumber(sum.taxMinor),
    total: asNumber(sum.totalMinor),
    ...(basket.coupon ? { coupon: basket.coupon.code } : {}),
    shipping_method: delivery.name,
    payment_method: payment.name,
    products: productsOf(sum),
  },
  context: { library: { name: 'oxlip-shop', version: '1' } },
  channel: 'server',
});
