// What lies in a person's carts, and what they ordered.

import type { FC } from 'hono/jsx';
import type { Cart, Line, Order } from '../../contract/profile.js';
import { Badge } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said, Words } from '../kit/said.js';
import { Time } from '../kit/time.js';
import { numberFormat, useView } from '../kit/view.js';
import { Money } from '../money.js';
import { cartStateWord, lineName, orderStateWord, outcomeWord, stageWord } from '../words/cart.js';
import { touchWords } from '../words/visit.js';
import { cartsShown, ordersShown, type PersonRead } from './read.js';

const Lines: FC<{ lines: readonly Line[]; currency: string | null }> = ({ lines, currency }) => (
  <ul class="lines">
    {lines.map((line) => (
      <li>
        <span class="line-name">
          {line.quantity !== 1 && <span class="soft">{line.quantity} × </span>}
          <Said text={lineName(line)} charsMax={100} />
        </span>
        {line.priceMinor === null ? (
          <span class="soft">price unknown</span>
        ) : (
          <Money minor={Math.round(line.priceMinor * line.quantity)} currency={currency} />
        )}
      </li>
    ))}
  </ul>
);

const Deadline: FC<{ cart: Cart }> = ({ cart }) => {
  const { now } = useView();
  if (cart.deadlineAt === null) return null;
  if (cart.state === 'active')
    return Date.parse(cart.deadlineAt) > now ? (
      <p>
        Counts as abandoned <Time at={cart.deadlineAt} as="until" /> if nothing happens.
      </p>
    ) : (
      <p>Is about to count as abandoned.</p>
    );
  return cart.state === 'abandoned' ? (
    <p>
      Abandoned since <Time at={cart.deadlineAt} />.
    </p>
  ) : null;
};

/** What the order that recovered it bought of what was left, where that order is on the page: it is in its currency. */
const Recovered: FC<{ episode: Cart['episodes'][number]; orders: readonly Order[] }> = ({ episode, orders }) => {
  const order = orders.find(({ orderId }) => orderId === episode.recoveredOrderId);
  if (!order || episode.recoveredMinor === null) return null;
  return (
    <>
      {' '}
      <Money minor={episode.recoveredMinor} currency={order.currency} /> of it, with order{' '}
      <Said text={order.orderId} charsMax={60} />
    </>
  );
};

const CartBlock: FC<{ cart: Cart; orders: readonly Order[] }> = ({ cart, orders }) => {
  const { word, tone } = cartStateWord(cart.state);
  return (
    <li class={`block cart ${cart.state}`} data-key={cart.id}>
      <div class="block-head">
        <Badge tone={tone}>{word}</Badge>
        {cart.lines.length > 0 && (
          <strong>
            {cart.valueMinor === null ? 'value unknown' : <Money minor={cart.valueMinor} currency={cart.currency} />}
          </strong>
        )}
      </div>
      {cart.lines.length > 0 && <Lines lines={cart.lines} currency={cart.currency} />}
      <Deadline cart={cart} />
      {cart.episodes.length > 0 && (
        <ol class="episodes" aria-label="Times it was left">
          {cart.episodes.map((episode) => {
            const outcome = outcomeWord(episode);
            return (
              <li>
                {stageWord(episode.stage)} <Time at={episode.abandonedAt} />
                {episode.valueMinor !== null && (
                  <>
                    {', '}
                    <Money minor={episode.valueMinor} currency={cart.currency} />
                  </>
                )}
                {': '}
                <Badge tone={outcome.tone}>{outcome.word}</Badge>
                <Recovered episode={episode} orders={orders} />
              </li>
            );
          })}
        </ol>
      )}
      <p class="soft small">
        Begun <Time at={cart.createdAt} />, last changed <Time at={cart.updatedAt} as="ago" />
      </p>
    </li>
  );
};

export const Carts: FC<Pick<PersonRead, 'carts' | 'orders'>> = ({ carts, orders }) => (
  <Panel id="carts" title="Carts">
    {carts.items.length === 0 ? (
      <Empty title="No cart yet." />
    ) : (
      <ul class="blocks">
        {carts.items.map((cart) => (
          <CartBlock cart={cart} orders={orders.items} />
        ))}
      </ul>
    )}
    {carts.next !== null && <p class="soft small">The newest {cartsShown}; the API lists all.</p>}
  </Panel>
);

/** What brought the visit that bought: each touch with its equal share, the first and the last marked. */
const OwedTo: FC<{ attribution: Order['attribution'] }> = ({ attribution }) => {
  const { locale } = useView();
  if (attribution === null) return null;
  const { first, last, linear } = attribution;
  const percent = numberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const [firstWords, lastWords] = [touchWords(first), touchWords(last)];
  return linear.length === 1 ? (
    <p class="soft">
      Came through <Words text={firstWords} />
    </p>
  ) : (
    <>
      <p class="soft">Came through, in equal shares:</p>
      <ol class="lines owed">
        {linear.map((touch) => {
          const words = touchWords(touch);
          return (
            <li>
              <span class="line-name">
                <Words text={words} /> {words === firstWords && <Badge>first touch</Badge>}{' '}
                {words === lastWords && <Badge>last touch</Badge>}
              </span>
              <span>{percent.format(touch.share)}</span>
            </li>
          );
        })}
      </ol>
    </>
  );
};

const OrderBlock: FC<{ order: Order }> = ({ order }) => {
  const { word, tone } = orderStateWord(order.state);
  return (
    <li class="block" data-key={order.orderId}>
      <div class="block-head">
        <span>
          <b>
            <Said text={order.orderId} charsMax={60} />
          </b>{' '}
          <Badge tone={tone}>{word}</Badge>
        </span>
        {!order.elsewhere && (
          <strong>
            <Money minor={order.revenueMinor} currency={order.currency} />
          </strong>
        )}
      </div>
      {order.elsewhere && <p>Told for somebody else too, and counted there.</p>}
      {order.refundedMinor > 0 && (
        <p>
          <Money minor={order.refundedMinor} currency={order.currency} /> refunded, so{' '}
          <Money minor={order.revenueMinor - order.refundedMinor} currency={order.currency} /> remain.
        </p>
      )}
      {order.lines.length > 0 && <Lines lines={order.lines} currency={order.currency} />}
      <OwedTo attribution={order.attribution} />
      <p class="soft small">
        <Time at={order.at} />
      </p>
    </li>
  );
};

export const Orders: FC<{ orders: PersonRead['orders'] }> = ({ orders }) =>
  orders.items.length === 0 ? null : (
    <Panel id="orders" title="Orders">
      <ul class="blocks">
        {orders.items.map((order) => (
          <OrderBlock order={order} />
        ))}
      </ul>
      {orders.next !== null && <p class="soft small">The newest {ordersShown}; the API lists all.</p>}
    </Panel>
  );
