// Ordering in three steps, and the thanks after it. No card number is ever asked for.

import type { Child, FC } from 'hono/jsx';
import { type Basket, bill, type Delivery, deliveries, payments, shippingOf } from '../basket.js';
import { addPaymentInfo, type CartState, type Push } from '../data-layer.js';
import { Frame, type FrameProps, type Visit } from '../frame.js';
import { asWords } from '../money.js';
import type { Address, Placed } from '../orders.js';
import { BillLines, Field, Saved } from './parts.js';

const steps = ['Address', 'Delivery', 'Payment'];

const Steps: FC<{ at: number }> = ({ at }) => (
  <ol class="steps" aria-label="Steps of the order">
    {steps.map((name, index) => (
      <li class={index < at ? 'done' : undefined} aria-current={index === at ? 'step' : undefined}>
        {name}
      </li>
    ))}
  </ol>
);

const Summary: FC<{ basket: Basket; delivery?: Delivery | undefined }> = ({ basket, delivery }) => {
  const sum = bill(basket, delivery ?? deliveries[0]);
  return (
    <section class="sum" aria-labelledby="sum-title">
      <h2 id="sum-title">Your order</h2>
      <BillLines bill={sum} />
      <dl>
        <Saved basket={basket} bill={sum} />
        <div>
          <dt>{delivery?.name ?? 'By post'}</dt>
          <dd>{sum.shippingMinor ? asWords(sum.shippingMinor) : 'free'}</dd>
        </div>
        <div class="total">
          <dt>Total</dt>
          <dd>{asWords(sum.totalMinor)}</dd>
        </div>
      </dl>
    </section>
  );
};

interface StepProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  basket: Basket;
  pushes?: Push[];
}

const Step: FC<StepProps & { at: number; delivery?: Delivery | undefined; children?: Child }> = ({
  visit,
  basket,
  pushes = [],
  snapshot,
  at,
  delivery,
  children,
}) => (
  <Frame visit={visit} title={`${steps[at]} · Your order`} pushes={pushes} snapshot={snapshot}>
    <h1 class="hidden">Your order: {steps[at]}</h1>
    <Steps at={at} />
    <div class="checkout">
      {children}
      <Summary basket={basket} delivery={delivery} />
    </div>
  </Frame>
);

export type Wrong = Partial<Record<keyof Address, string>>;

export const AddressPage: FC<StepProps & { address: Partial<Address>; wrong?: Wrong }> = ({
  address,
  wrong = {},
  ...rest
}) => (
  <Step {...rest} at={0}>
    <form class="panel" action={rest.visit.href('/checkout')} method="post" data-checkout="address">
      <h2>Where shall it go?</h2>
      <Field id="name" label="Name" value={address.name} autocomplete="name" wrong={wrong.name} />
      <Field
        id="email"
        label="E-mail"
        type="email"
        value={address.email}
        autocomplete="email"
        wrong={wrong.email}
        note="For the confirmation, and for nothing else."
      />
      <Field
        id="street"
        label="Street and number"
        value={address.street}
        autocomplete="street-address"
        wrong={wrong.street}
      />
      <div class="field-row">
        <Field
          id="postcode"
          label="Postcode"
          value={address.postcode}
          autocomplete="postal-code"
          wrong={wrong.postcode}
        />
        <Field id="city" label="Town" value={address.city} autocomplete="address-level2" wrong={wrong.city} />
      </div>
      <div class="field">
        <label for="country">Country</label>
        <select id="country" name="country" autocomplete="country">
          {(
            [
              ['BE', 'Belgium'],
              ['NL', 'Netherlands'],
              ['LU', 'Luxembourg'],
              ['FR', 'France'],
              ['DE', 'Germany'],
            ] as const
          ).map(([code, name]) => (
            <option value={code} selected={address.country === code}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <button class="button wide" type="submit">
        On to delivery
      </button>
      <p class="note">
        It need not be your own address: nothing is sent.{' '}
        {rest.visit.account ? null : (
          <>
            Have an account? <a href={rest.visit.href('/account?next=checkout')}>Log in</a> first.
          </>
        )}
      </p>
    </form>
  </Step>
);

interface OptionProps {
  name: string;
  value: string;
  title: string;
  note: string;
  price?: string;
  checked: boolean;
  /** Said to the data layer when the form is sent with this one chosen. */
  pushes?: Push[];
}

const Option: FC<OptionProps> = ({ name, value, title, note, price, checked, pushes }) => (
  <label class="option">
    <input
      type="radio"
      name={name}
      value={value}
      checked={checked}
      required
      data-pushes={pushes && JSON.stringify(pushes)}
    />
    <span class="option-words">
      <span class="option-title">{title}</span>
      <span class="option-note">{note}</span>
    </span>
    {price ? <span class="option-price">{price}</span> : null}
  </label>
);

export const DeliveryPage: FC<StepProps> = (props) => {
  const { goodsMinor } = bill(props.basket);
  return (
    <Step {...props} at={1}>
      <form class="panel" action={props.visit.href('/checkout/delivery')} method="post" data-checkout="delivery">
        <fieldset class="options">
          <legend>How shall it travel?</legend>
          {deliveries.map((delivery, index) => {
            const minor = shippingOf(delivery, goodsMinor);
            return (
              <Option
                name="delivery"
                value={delivery.id}
                title={delivery.name}
                note={delivery.note}
                price={minor ? asWords(minor) : 'free'}
                checked={index === 0}
              />
            );
          })}
        </fieldset>
        <button class="button wide" type="submit">
          On to payment
        </button>
        <p class="note">
          <a href={props.visit.href('/checkout')}>Back to the address</a>
        </p>
      </form>
    </Step>
  );
};

export const PaymentPage: FC<StepProps & { delivery: Delivery }> = (props) => {
  const { basket, delivery, visit } = props;
  const sum = bill(basket, delivery);
  const cart: CartState = { token: basket.token, coupon: basket.coupon, bill: sum };
  return (
    <Step {...props} at={2}>
      <form class="panel" action={visit.href('/checkout/payment')} method="post" data-checkout="payment">
        <fieldset class="options">
          <legend>How would you like to pay?</legend>
          {payments.map((payment, index) => (
            <Option
              name="payment"
              value={payment.id}
              title={payment.name}
              note={payment.note}
              checked={index === 0}
              pushes={addPaymentInfo(cart, payment)}
            />
          ))}
        </fieldset>
        <button class="button wide" type="submit">
          Order for {asWords(sum.totalMinor)}
        </button>
        <p class="note">
          Nothing will be charged. <a href={visit.href('/checkout/delivery')}>Back to delivery</a>
        </p>
      </form>
    </Step>
  );
};

export const ThanksPage: FC<{ visit: Visit; order: Placed; pushes: Push[] }> = ({ visit, order, pushes }) => (
  <Frame visit={visit} title="Thank you" pushes={pushes} narrow>
    <div class="thanks">
      <h1>Thank you, {order.address.name.split(' ')[0]}</h1>
      <p class="lead">
        Your order <strong data-order>{order.id}</strong> is with us. A real shop would now write to{' '}
        {order.address.email}.
      </p>
      <BillLines bill={order.bill} />
      <dl class="sum-list">
        <Saved basket={order.basket} bill={order.bill} />
        <div>
          <dt>{order.delivery.name}</dt>
          <dd>{order.bill.shippingMinor ? asWords(order.bill.shippingMinor) : 'free'}</dd>
        </div>
        <div>
          <dt>Payment</dt>
          <dd>{order.payment.name}</dd>
        </div>
        <div class="total">
          <dt>Total</dt>
          <dd>{asWords(order.bill.totalMinor)}</dd>
        </div>
      </dl>
      <p>
        <a class="button" href={visit.href('/')}>
          Back to the shop
        </a>
      </p>
    </div>
  </Frame>
);
