// The front page: one picture, the four categories, what is new, an offer, and who makes the things.

import type { FC } from 'hono/jsx';
import { categories, inCategory, products, skuOf, sorted } from '../catalogue.js';
import { type List, type Promotion, selectPromotion, viewItemList, viewPromotion } from '../data-layer.js';
import { Frame, type FrameProps, type Visit } from '../frame.js';
import { graph, listMarkup, shopMarkup } from '../markup.js';
import { Grid } from './parts.js';

const newest: List = { id: 'new', name: 'New in the shop' };
const offer: Promotion = {
  id: 'OXLIP10',
  name: 'Ten per cent, for a first order',
  creative: 'welcome',
  slot: 'home-band',
};

export const Home: FC<{ visit: Visit } & Pick<FrameProps, 'calls' | 'snapshot'>> = ({
  visit,
  calls = [],
  snapshot,
}) => {
  const shown = sorted(products, 'newest').slice(0, 8);
  return (
    <Frame
      visit={visit}
      title="Things worth keeping"
      pushes={[...viewPromotion(offer), ...viewItemList(newest, shown)]}
      calls={calls}
      snapshot={snapshot}
      markup={graph(shopMarkup(visit), listMarkup(newest.name, shown, visit))}
      openGraph={[
        ['og:type', 'website'],
        ['og:title', 'Oxlip'],
        ['og:url', visit.to('/')],
      ]}
    >
      <section class="hero">
        <img src={visit.href('/pictures/scene.svg')} width="1440" height="900" alt="" fetchpriority="high" />
        <div class="hero-words">
          <h1>Things worth keeping</h1>
          <p>Made by nine small workshops for the table, the kitchen, the evening and the garden.</p>
          <p>
            <a class="button" href={visit.href('/c/table')}>
              Begin at the table
            </a>
          </p>
        </div>
      </section>

      <ul class="rooms" aria-label="Categories">
        {categories.map((category) => {
          const face = inCategory(category.id)[
            category.id === 'light' ? 0 : category.id === 'garden' ? 1 : category.id === 'table' ? 2 : 2
          ];
          return (
            <li>
              <a href={visit.href(`/c/${category.id}`)}>
                {face ? (
                  <img
                    src={visit.href(`/pictures/${skuOf({ product: face, variant: face.variants[0] })}.svg`)}
                    width="640"
                    height="640"
                    alt=""
                  />
                ) : null}
                <h2>{category.name}</h2>
                <p>{category.line}</p>
              </a>
            </li>
          );
        })}
      </ul>

      <section class="block" aria-labelledby="new">
        <h2 id="new" class="block-title">
          {newest.name}
        </h2>
        <Grid visit={visit} shown={shown} list={newest} level={3} />
      </section>

      <section class="band" aria-labelledby="band" data-promotion={JSON.stringify(selectPromotion(offer))}>
        <div>
          <h2 id="band">{offer.name}</h2>
          <p>
            Write <strong>{offer.id}</strong> into the basket. It stays there until you order.
          </p>
        </div>
        <a class="button" href={visit.href('/c/light')}>
          To the lamps and candles
        </a>
      </section>

      <section class="makers" aria-labelledby="makers">
        <h2 id="makers">Nine workshops, and we know who opens the door</h2>
        <p>
          Oxlip began with one kiln behind the Koestraat. When people asked for a lamp to go with the mugs we did not
          learn to make lamps: we asked Lumen Werk, round the corner. So it went on, with glass, iron, linen, wax and
          seed. Each thing here is made by somebody whose name is on it, and comes back to them if it breaks.
        </p>
        <p>
          <a href={visit.href('/about')}>Who they are</a>
        </p>
      </section>
    </Frame>
  );
};
