// Ordering in three steps, and the thanks after it. What was typed so far rests in the memory of the process.

import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { bounded, emailOf } from '../accounts.js';
import { type Basket, bill, type Delivery, deliveries, payments } from '../basket.js';
import { addShippingInfo, beginCheckout, type CartState, purchase } from '../data-layer.js';
import { type Address, type Orders, orderCall, type ServerCall } from '../orders.js';
import { AddressPage, DeliveryPage, PaymentPage, ThanksPage, type Wrong } from '../pages/checkout.js';
import { NotFoundPage } from '../pages/words.js';
import { snapshotOf } from '../segment.js';
import { cookies, type Visitors, words } from '../visitor.js';

const draftsMax = 5_000;

const checkAddress = (form: Record<string, unknown>): { address: Address; wrong: Wrong } => {
  const address: Address = {
    name: words(form, 'name', 80),
    email: emailOf(words(form, 'email')) ?? words(form, 'email'),
    street: words(form, 'street', 120),
    postcode: words(form, 'postcode', 12),
    city: words(form, 'city', 80),
    country: words(form, 'country', 2),
  };
  const wrong: Wrong = {};
  if (!address.name) wrong.name = 'Whom shall we write on the parcel?';
  if (!emailOf(address.email)) wrong.email = 'This does not look like an e-mail address.';
  if (!address.street) wrong.street = 'Street and number, please.';
  if (!/^[\w -]{3,12}$/.test(address.postcode)) wrong.postcode = 'A postcode, please.';
  if (!address.city) wrong.city = 'Which town?';
  return { address, wrong };
};

const cartState = (basket: Basket, delivery?: Delivery): CartState => ({
  token: basket.token,
  coupon: basket.coupon,
  bill: bill(basket, delivery),
});

interface Draft {
  address: Address;
  delivery?: Delivery;
}

/** `send`: tells Weft of an order, from the shop's server. */
export const orderRoutes = (
  visitors: Visitors,
  orders: Orders,
  send: ((calls: ServerCall[]) => Promise<void>) | undefined,
): Hono => {
  const { keep, accountOf, basketOf, keepBasket, leave, taken, visitOf, show, moveTo, formOf } = visitors;
  const drafts = bounded<Draft>(draftsMax);
  const app = new Hono();

  app.get('/checkout', (c) => {
    const visit = visitOf(c);
    const { basket, account } = visit;
    if (!basket?.lines.length) return moveTo(c, '/basket');
    const address = drafts.get(basket.token)?.address ?? (account ? { name: account.name, email: account.email } : {});
    return show(
      c,
      visit,
      <AddressPage
        visit={visit}
        basket={basket}
        address={address}
        pushes={beginCheckout(cartState(basket))}
        snapshot={snapshotOf(basket)}
      />,
    );
  });

  app.post('/checkout', async (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    if (!basket?.lines.length) return moveTo(c, '/basket');
    const { address, wrong } = checkAddress(await formOf(c));
    if (Object.keys(wrong).length > 0)
      return show(c, visit, <AddressPage visit={visit} basket={basket} address={address} wrong={wrong} />, 422);
    drafts.set(basket.token, { address });
    return moveTo(c, '/checkout/delivery');
  });

  app.get('/checkout/delivery', (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    if (!basket?.lines.length || !drafts.get(basket.token)) return moveTo(c, '/checkout');
    return show(c, visit, <DeliveryPage visit={visit} basket={basket} snapshot={snapshotOf(basket)} />);
  });

  app.post('/checkout/delivery', async (c) => {
    const basket = basketOf(c);
    const draft = drafts.get(basket?.token ?? '');
    if (!basket?.lines.length || !draft) return moveTo(c, '/checkout');
    const wanted = words(await formOf(c), 'delivery', 20);
    const delivery = deliveries.find(({ id }) => id === wanted);
    if (!delivery) return moveTo(c, '/checkout/delivery');
    drafts.set(basket.token, { ...draft, delivery });
    leave(c, 'delivery');
    return moveTo(c, '/checkout/payment');
  });

  app.get('/checkout/payment', (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    const delivery = drafts.get(basket?.token ?? '')?.delivery;
    if (!basket?.lines.length || !delivery) return moveTo(c, '/checkout/delivery');
    const pushes = taken(c) === 'delivery' ? addShippingInfo(cartState(basket, delivery), delivery) : [];
    return show(
      c,
      visit,
      <PaymentPage visit={visit} basket={basket} delivery={delivery} pushes={pushes} snapshot={snapshotOf(basket)} />,
    );
  });

  app.post('/checkout/payment', async (c) => {
    const basket = basketOf(c);
    const draft = drafts.get(basket?.token ?? '');
    if (!basket?.lines.length || !draft?.delivery) return moveTo(c, '/checkout');
    const wanted = words(await formOf(c), 'payment', 20);
    const payment = payments.find(({ id }) => id === wanted);
    if (!payment) return moveTo(c, '/checkout/payment');
    const account = accountOf(c);
    const order = orders.place(basket, draft.delivery, payment, draft.address, account?.id ?? null);
    account?.orderIds.unshift(order.id);
    drafts.delete(basket.token);
    keepBasket(c, undefined);
    keep(c, cookies.draft, order.id);
    leave(c, 'paid');
    // The order stands whether or not anybody hears of it.
    await send?.([orderCall(order)]).catch(() => undefined);
    return moveTo(c, `/thank-you/${order.id}`);
  });

  app.get('/thank-you/:order', (c) => {
    const visit = visitOf(c);
    const id = c.req.param('order');
    const order = orders.get(id);
    if (!order || (getCookie(c, cookies.draft) !== id && (!visit.account || order.accountId !== visit.account.id)))
      return show(c, visit, <NotFoundPage visit={visit} />, 404);
    const cart: CartState = { token: order.basket.token, coupon: order.basket.coupon, bill: order.bill };
    // Told once: a reload or the way back is no second purchase.
    const pushes = taken(c) === 'paid' ? purchase(cart, order.id) : [];
    return show(c, visit, <ThanksPage visit={visit} order={order} pushes={pushes} />);
  });

  return app;
};
