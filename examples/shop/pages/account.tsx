// Logging in, signing up, and what an account holds.

import type { FC } from 'hono/jsx';
import { seeded } from '../accounts.js';
import type { Push } from '../data-layer.js';
import { Frame, type FrameProps, type Visit, type WeftCall } from '../frame.js';
import { asWords } from '../money.js';
import type { Placed } from '../orders.js';
import { Field } from './parts.js';

export type Trouble = 'log-in' | 'name' | 'email' | 'password' | 'taken' | 'full';

const troubles: Record<Trouble, string> = {
  'log-in': 'This e-mail and password do not belong together.',
  name: 'Please give a name.',
  email: 'This does not look like an e-mail address.',
  password: 'Four characters at least.',
  taken: 'There is an account with this address already.',
  full: 'The demonstration takes no more accounts until it is started again.',
};

export const LogInPage: FC<{
  visit: Visit;
  next: string;
  trouble?: Trouble;
  email?: string;
  name?: string;
  calls?: WeftCall[];
}> = ({ visit, next, trouble, email, name, calls = [] }) => (
  <Frame visit={visit} title="Log in" calls={calls}>
    <h1>Your account</h1>
    <div class="accounts">
      <form class="panel" action={visit.href('/account/log-in')} method="post">
        <h2>Log in</h2>
        <p class="note">
          You may be {seeded.name}: <strong>{seeded.email}</strong>, password <strong>{seeded.password}</strong>.
        </p>
        <input type="hidden" name="next" value={next} />
        <Field
          id="email"
          label="E-mail"
          type="email"
          autocomplete="username"
          value={trouble === 'log-in' ? email : undefined}
          wrong={trouble === 'log-in' ? troubles['log-in'] : undefined}
        />
        <Field id="password" label="Password" type="password" autocomplete="current-password" />
        <button class="button wide" type="submit">
          Log in
        </button>
      </form>
      <form class="panel" action={visit.href('/account/sign-up')} method="post">
        <h2>Sign up</h2>
        <p class="note">It lasts until the demonstration is stopped. Invent somebody.</p>
        <input type="hidden" name="next" value={next} />
        <Field
          id="new-name"
          label="Name"
          autocomplete="name"
          value={name}
          wrong={trouble === 'name' || trouble === 'full' ? troubles[trouble] : undefined}
        />
        <Field
          id="new-email"
          label="E-mail"
          type="email"
          autocomplete="email"
          value={trouble && trouble !== 'log-in' ? email : undefined}
          wrong={trouble === 'email' || trouble === 'taken' ? troubles[trouble] : undefined}
        />
        <Field
          id="new-password"
          label="Password"
          type="password"
          autocomplete="new-password"
          minlength={4}
          wrong={trouble === 'password' ? troubles.password : undefined}
        />
        <button class="button wide" type="submit">
          Sign up
        </button>
      </form>
    </div>
  </Frame>
);

interface AccountProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  orders: Placed[];
  pushes: Push[];
  calls: WeftCall[];
  /** Came here on the way to an order. */
  onward: boolean;
}

export const AccountPage: FC<AccountProps> = ({ visit, orders, pushes, calls, snapshot, onward }) => {
  const { account } = visit;
  if (!account) return null;
  return (
    <Frame visit={visit} title="Your account" pushes={pushes} calls={calls} snapshot={snapshot}>
      <h1>Hello, {account.name.split(' ')[0]}</h1>
      {onward ? (
        <p>
          <a class="button" href={visit.href('/checkout')}>
            Go on with your order
          </a>
        </p>
      ) : null}
      <div class="accounts">
        <section class="panel" aria-labelledby="orders">
          <h2 id="orders">Orders</h2>
          {orders.length === 0 ? (
            <p>
              None yet. <a href={visit.href('/')}>Look around</a>.
            </p>
          ) : (
            <table class="orders">
              <thead>
                <tr>
                  <th scope="col">Number</th>
                  <th scope="col">Day</th>
                  <th scope="col">Things</th>
                  <th scope="col" class="right">
                    Total
                  </th>
                </tr>
              </thead>
              <tbody>
                {orders.map((order) => (
                  <tr>
                    <td>{order.id}</td>
                    <td>{new Date(order.at).toISOString().slice(0, 10)}</td>
                    <td>{order.bill.lines.map((line) => line.choice.product.name).join(', ')}</td>
                    <td class="right">{asWords(order.bill.totalMinor)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <section class="panel" aria-labelledby="details">
          <h2 id="details">Details</h2>
          <dl class="facts">
            <div>
              <dt>Name</dt>
              <dd>{account.name}</dd>
            </div>
            <div>
              <dt>E-mail</dt>
              <dd>{account.email}</dd>
            </div>
            <div>
              <dt>Customer number</dt>
              <dd>{account.id}</dd>
            </div>
            <div>
              <dt>Since</dt>
              <dd>{account.createdAt.slice(0, 10)}</dd>
            </div>
          </dl>
          <form action={visit.href('/account/log-out')} method="post">
            <button class="button quiet wide" type="submit">
              Log out
            </button>
          </form>
        </section>
      </div>
    </Frame>
  );
};
