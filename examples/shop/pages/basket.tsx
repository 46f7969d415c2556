// The basket, as a page and as the fragment that replaces its middle after a change.

import type { FC } from 'hono/jsx';
import { type Basket, bill, deliveries, quantityMax } from '../basket.js';
import { skuOf } from '../catalogue.js';
import { viewCart } from '../data-layer.js';
import { Frame, type FrameProps, type Visit, type WeftCall } from '../frame.js';
import { asWords } from '../money.js';
import { Saved } from './parts.js';

export const BasketBody: FC<{ visit: Visit; basket: Basket | undefined; said?: string }> = ({
  visit,
  basket,
  said,
}) => {
  const sum = bill(basket);
  if (!basket || sum.lines.length === 0)
    return (
      <div class="empty">
        <h1>Your basket is empty</h1>
        <p class="lead">That is easily changed.</p>
        <p>
          <a class="button" href={visit.href('/c/table')}>
            Look around
          </a>
        </p>
      </div>
    );
  const missing = (deliveries[0].freeFromMinor ?? 0) - sum.goodsMinor;
  return (
    <>
      <h1>Your basket</h1>
      <div class="basket">
        <ul class="lines" aria-label="Things in the basket">
          {sum.lines.map(({ choice, quantity }) => {
            const sku = skuOf(choice);
            const name = `${choice.product.name}, ${choice.variant.name}`;
            return (
              <li class="line">
                <img src={visit.href(`/pictures/${sku}.svg`)} width="640" height="640" alt="" />
                <div class="line-words">
                  <h2>
                    <a href={visit.href(`/p/${choice.product.slug}?v=${choice.variant.id}`)}>{choice.product.name}</a>
                  </h2>
                  <p>
                    {choice.product.option}: {choice.variant.name}
                  </p>
                  <p class="line-unit">{asWords(choice.variant.priceMinor)} each</p>
                </div>
                <div class="line-tools">
                  <form action={visit.href('/basket/set')} method="post" data-basket-form="set">
                    <input type="hidden" name="sku" value={sku} />
                    <label class="hidden" for={`n-${sku}`}>
                      How many of {name}
                    </label>
                    <input
                      id={`n-${sku}`}
                      class="quantity"
                      name="quantity"
                      type="number"
                      inputmode="numeric"
                      min="0"
                      max={quantityMax}
                      value={quantity}
                    />
                    <button class="button quiet small no-script" type="submit">
                      Change
                    </button>
                  </form>
                  <form action={visit.href('/basket/set')} method="post" data-basket-form="remove">
                    <input type="hidden" name="sku" value={sku} />
                    <input type="hidden" name="quantity" value="0" />
                    <button class="as-link" type="submit" aria-label={`Remove ${name}`}>
                      Remove
                    </button>
                  </form>
                </div>
                <p class="line-sum">{asWords(choice.variant.priceMinor * quantity)}</p>
              </li>
            );
          })}
        </ul>
        <section class="sum" aria-labelledby="sum-title">
          <h2 id="sum-title">Sum</h2>
          <dl>
            <div>
              <dt>Things</dt>
              <dd>{asWords(sum.subtotalMinor)}</dd>
            </div>
            <Saved basket={basket} bill={sum} />
            <div>
              <dt>By post</dt>
              <dd>{sum.shippingMinor ? asWords(sum.shippingMinor) : 'free'}</dd>
            </div>
            <div class="total">
              <dt>Total</dt>
              <dd>{asWords(sum.totalMinor)}</dd>
            </div>
          </dl>
          <p class="note">
            {missing > 0 ? `${asWords(missing)} more and the post is free. ` : ''}No VAT is added: Oxlip is a small
            trader.
          </p>
          <p>
            <a class="button wide" href={visit.href('/checkout')}>
              Order
            </a>
          </p>
          <form class="coupon" action={visit.href('/basket/coupon')} method="post" data-basket-form="coupon">
            <label for="coupon">Code</label>
            <div class="coupon-row">
              <input id="coupon" name="coupon" value={basket.coupon?.code ?? ''} maxlength={40} autocomplete="off" />
              <button class="button quiet small" type="submit">
                Use it
              </button>
            </div>
            {said ? (
              <p class="note" role="status">
                {said}
              </p>
            ) : null}
          </form>
          <form action={visit.href('/basket/empty')} method="post" data-basket-form="empty">
            <button class="as-link" type="submit">
              Empty the basket
            </button>
          </form>
        </section>
      </div>
    </>
  );
};

interface BasketProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  calls?: WeftCall[];
}

export const BasketPage: FC<BasketProps> = ({ visit, snapshot, calls = [] }) => {
  const { basket } = visit;
  return (
    <Frame
      visit={visit}
      title="Basket"
      snapshot={snapshot}
      calls={calls}
      pushes={basket?.lines.length ? viewCart({ token: basket.token, coupon: basket.coupon, bill: bill(basket) }) : []}
    >
      <div id="basket">
        <BasketBody visit={visit} basket={basket} />
      </div>
    </Frame>
  );
};
