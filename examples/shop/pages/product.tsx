// One product: its picture, its variants, what is left of it, and what goes with it.

import type { FC } from 'hono/jsx';
import { type Choice, inCategory, skuOf } from '../catalogue.js';
import { type List, viewItem, viewItemList } from '../data-layer.js';
import { Frame, type FrameProps, type Visit } from '../frame.js';
import { breadcrumbs, graph, openGraph, productMarkup, productTrail } from '../markup.js';
import { asWords } from '../money.js';
import { Grid, Price, Trail } from './parts.js';

/** Said from a real count: this process knows how many it sold. */
const stockWords = (stock: number): string =>
  stock === 0 ? 'Sold out, more are being made' : stock <= 5 ? `${stock} left` : 'In stock';

interface ProductProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  choice: Choice;
  stockOf: (choice: Choice) => number;
}

export const ProductPage: FC<ProductProps> = ({ visit, choice, stockOf, snapshot }) => {
  const { product, variant } = choice;
  const stock = stockOf(choice);
  const beside = inCategory(product.category)
    .filter((other) => other !== product)
    .slice(0, 4);
  const list: List = { id: `beside-${product.id}`, name: 'Goes well with it' };
  const trail = productTrail(product);
  return (
    <Frame
      visit={visit}
      title={product.name}
      description={product.line}
      pushes={[...viewItem(choice), ...viewItemList(list, beside)]}
      snapshot={snapshot}
      markup={graph(breadcrumbs(trail, visit), productMarkup(choice, stock, visit))}
      openGraph={openGraph(choice, stock, visit)}
    >
      <Trail visit={visit} trail={trail} />
      <article class="product">
        <div class="product-picture">
          <img
            src={visit.href(`/pictures/${skuOf(choice)}.svg`)}
            width="640"
            height="640"
            alt={`${product.name}, ${variant.name.toLowerCase()}`}
            fetchpriority="high"
            data-picture
          />
        </div>
        <div class="product-words">
          <p class="maker">{product.maker}</p>
          <h1>{product.name}</h1>
          <p class="lead">{product.line}</p>
          <p class="product-price">
            <Price variant={variant} />
          </p>
          <form action={visit.href('/basket/add')} method="post" data-basket-form="add">
            <fieldset class="variants">
              <legend>{product.option}</legend>
              <div class="variant-row">
                {product.variants.map((one) => {
                  const left = stockOf({ product, variant: one });
                  const sku = skuOf({ product, variant: one });
                  return (
                    <label class="variant">
                      <input
                        type="radio"
                        name="sku"
                        value={sku}
                        checked={one === variant}
                        data-alt={`${product.name}, ${one.name.toLowerCase()}`}
                        data-now={asWords(one.priceMinor)}
                        data-was={one.wasMinor ? asWords(one.wasMinor) : ''}
                        data-left={left}
                        data-stock-words={stockWords(left)}
                      />
                      <span class="variant-face">
                        {product.option === 'Size' ? null : (
                          <svg class="swatch" viewBox="0 0 20 20" aria-hidden="true">
                            <circle cx="10" cy="10" r="9" fill={one.tone} />
                          </svg>
                        )}
                        {one.name}
                        {left === 0 ? <span class="hidden"> (sold out)</span> : null}
                      </span>
                    </label>
                  );
                })}
              </div>
            </fieldset>
            <p class={stock === 0 ? 'stock out' : stock <= 5 ? 'stock few' : 'stock'} data-stock aria-live="polite">
              {stockWords(stock)}
            </p>
            <div class="buy">
              <label class="hidden" for="quantity">
                How many
              </label>
              <select id="quantity" name="quantity">
                {[1, 2, 3, 4, 5, 6, 8, 10].map((count) => (
                  <option value={count}>{count}</option>
                ))}
              </select>
              <button class="button wide" type="submit" disabled={stock === 0} data-buy>
                Add to basket
              </button>
            </div>
          </form>
          <ul class="promises">
            <li>By post in two to three days, free from €60</li>
            <li>Thirty days to change your mind</li>
            <li>Mended by whoever made it</li>
          </ul>
        </div>
      </article>
      <div class="product-more">
        <section aria-labelledby="words">
          <h2 id="words">About it</h2>
          {product.words.map((paragraph) => (
            <p>{paragraph}</p>
          ))}
        </section>
        <section aria-labelledby="facts">
          <h2 id="facts">In figures</h2>
          <dl class="facts">
            {product.facts.map(([name, value]) => (
              <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
            <div>
              <dt>Number</dt>
              <dd>{product.id}</dd>
            </div>
          </dl>
        </section>
      </div>
      <section class="block" aria-labelledby="beside">
        <h2 id="beside" class="block-title">
          {list.name}
        </h2>
        <Grid visit={visit} shown={beside} list={list} level={3} />
      </section>
    </Frame>
  );
};
