// The pieces that several pages of the demo shop share: a grid of products, a price, a trail, a field.

import type { FC } from 'hono/jsx';
import type { Basket, Bill } from '../basket.js';
import { type Category, fromPrice, type Product, skuOf, toPrice, type Variant } from '../catalogue.js';
import { type List, listItem } from '../data-layer.js';
import type { Visit } from '../frame.js';
import { asWords } from '../money.js';

export const Trail: FC<{ visit: Visit; trail: { name: string; path: string }[] }> = ({ visit, trail }) => (
  <nav class="trail" aria-label="You are here">
    <ol>
      {trail.map(({ name, path }, index) => (
        <li>
          {index === trail.length - 1 ? <span aria-current="page">{name}</span> : <a href={visit.href(path)}>{name}</a>}
        </li>
      ))}
    </ol>
  </nav>
);

export const Price: FC<{ variant: Variant }> = ({ variant }) => (
  <span class="price" data-price>
    {variant.wasMinor ? (
      <>
        <span class="hidden">now </span>
        <span class="price-now">{asWords(variant.priceMinor)}</span>{' '}
        <s class="price-was">{asWords(variant.wasMinor)}</s>
      </>
    ) : (
      asWords(variant.priceMinor)
    )}
  </span>
);

const CardPrice: FC<{ product: Product }> = ({ product }) => {
  const [from, to] = [fromPrice(product), toPrice(product)];
  const reduced = product.variants.some((variant) => variant.wasMinor);
  return (
    <p class="card-price">
      {from === to ? asWords(from) : `from ${asWords(from)}`}
      {reduced ? <span class="tag">Reduced</span> : null}
    </p>
  );
};

const sizesOf = 'Size';

const Swatches: FC<{ product: Product }> = ({ product }) => (
  <p class="card-variants">
    {product.option === sizesOf
      ? product.variants.map((variant) => variant.name).join(' · ')
      : `${product.variants.length} ${product.variants.length === 1 ? 'kind' : 'kinds'}: ${product.variants.map((variant) => variant.name.toLowerCase()).join(', ')}`}
  </p>
);

/** Which drawing stands for the product in a list: not always the first, so that a page is not all one colour. */
const faceOf = (product: Product): Variant =>
  product.variants[Number(product.id.slice(-1)) % product.variants.length] ?? product.variants[0];

export const Grid: FC<{
  visit: Visit;
  shown: readonly Product[];
  list: List;
  level?: 2 | 3;
  eager?: number;
  then?: Category | undefined;
}> = ({ visit, shown, list, level = 2, eager = 0, then }) => {
  const Title = level === 2 ? 'h2' : 'h3';
  return (
    <ul class={then ? 'grid thirds' : 'grid'} data-list-id={list.id} data-list-name={list.name}>
      {shown.map((product, index) => (
        <li class="card" data-item={JSON.stringify(listItem(product, list, index))}>
          <a href={visit.href(`/p/${product.slug}`)}>
            <img
              src={visit.href(
                `/pictures/${skuOf({ product, variant: product.option === sizesOf ? (product.variants[1] ?? product.variants[0]) : faceOf(product) })}.svg`,
              )}
              width="640"
              height="640"
              alt=""
              loading={index < eager ? 'eager' : 'lazy'}
              decoding="async"
            />
            <Title class="card-name">{product.name}</Title>
          </a>
          <p class="card-maker">{product.maker}</p>
          <CardPrice product={product} />
          <Swatches product={product} />
        </li>
      ))}
      {then ? (
        <li class="card next">
          <a href={visit.href(`/c/${then.id}`)}>
            <span>And then to</span>
            <strong>{then.name}</strong>
          </a>
        </li>
      ) : null}
    </ul>
  );
};

interface FieldProps {
  id: string;
  label: string;
  type?: string;
  value?: string | undefined;
  autocomplete?: string;
  wrong?: string | undefined;
  required?: boolean;
  note?: string;
  minlength?: number;
}

export const Field: FC<FieldProps> = ({
  id,
  label,
  type = 'text',
  value,
  autocomplete,
  wrong,
  required = true,
  note,
  minlength,
}) => (
  <div class="field">
    <label for={id}>{label}</label>
    <input
      id={id}
      name={id}
      type={type}
      value={value}
      autocomplete={autocomplete}
      required={required}
      maxlength={200}
      minlength={minlength}
      aria-invalid={wrong ? 'true' : undefined}
      aria-describedby={wrong ? `${id}-wrong` : note ? `${id}-note` : undefined}
    />
    {wrong ? (
      <p class="wrong" id={`${id}-wrong`}>
        {wrong}
      </p>
    ) : note ? (
      <p class="note" id={`${id}-note`}>
        {note}
      </p>
    ) : null}
  </div>
);

/** What is bought, line by line, at full price; what is taken off stands below. */
export const BillLines: FC<{ bill: Bill }> = ({ bill }) => (
  <ul class="sum-lines">
    {bill.lines.map(({ choice, quantity }) => (
      <li>
        <span>
          {quantity} × {choice.product.name}, {choice.variant.name}
        </span>
        <span>{asWords(choice.variant.priceMinor * quantity)}</span>
      </li>
    ))}
  </ul>
);

/** What a coupon took off; a row of a list of sums. */
export const Saved: FC<{ basket: Basket; bill: Bill }> = ({ basket, bill }) =>
  bill.discountMinor ? (
    <div class="saved">
      <dt>{basket.coupon?.code}</dt>
      <dd>−{asWords(bill.discountMinor)}</dd>
    </div>
  ) : null;
