// Money on a page. Not in the kit: the exponents of currencies are known two floors above it.

import type { FC } from 'hono/jsx';
import { useView } from './kit/view.js';
import { money } from './words/money.js';

export const Money: FC<{ minor: number; currency: string | null }> = ({ minor, currency }) => (
  <span class="money">{money(minor, currency, useView().locale)}</span>
);

export const Revenue: FC<{ revenue: readonly { currency: string; minor: number }[] }> = ({ revenue }) =>
  revenue.length === 0 ? (
    <span class="soft">–</span>
  ) : (
    revenue.map(({ currency, minor }, index) => (
      <>
        {index > 0 && ', '}
        <Money minor={minor} currency={currency} />
      </>
    ))
  );
