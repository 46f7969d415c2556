// What the shop tells in Weft's own words, which are Segment's: the content of a basket and of an order, product by product.
// What it tells in Google's is data-layer.ts.

import { type Basket, type Bill, bill } from './basket.js';
import { categoryById, currency } from './catalogue.js';
import { asNumber } from './money.js';

export const productsOf = ({ lines }: Bill) =>
  lines.map(({ choice, quantity, unitMinor }) => ({
    product_id: choice.product.id,
    name: choice.product.name,
    brand: choice.product.maker,
    category: `${categoryById(choice.product.category)?.name}/${choice.product.kind}`,
    variant: choice.variant.name,
    price: asNumber(unitMinor),
    quantity,
  }));

/** The basket as Weft's `cart.update` takes it: the whole content. */
export const snapshotOf = (basket: Basket | undefined) => {
  if (!basket?.lines.length) return undefined;
  const sum = bill(basket);
  return {
    cart_id: basket.token,
    currency,
    value: asNumber(sum.goodsMinor),
    ...(basket.coupon ? { coupon: basket.coupon.code } : {}),
    products: productsOf(sum),
  };
};

export const emptied = (token: string) => ({ cart_id: token, currency, value: 0, products: [] });
