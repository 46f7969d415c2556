// Lists of products: a category, and the answer to a search.

import type { FC } from 'hono/jsx';
import { type Category, categories, inCategory, type Order, type Product, products, sorted } from '../catalogue.js';
import { type List, searched, viewItemList } from '../data-layer.js';
import { Frame, type FrameProps, type Visit, type WeftCall } from '../frame.js';
import { breadcrumbs, categoryTrail, graph, listMarkup } from '../markup.js';
import { Grid, Trail } from './parts.js';

const orderNames: Record<Order, string> = {
  ours: 'As we like it',
  newest: 'Newest',
  price: 'Price, low to high',
  'price-desc': 'Price, high to low',
};

interface CategoryProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  category: Category;
  order: Order;
}

export const CategoryPage: FC<CategoryProps> = ({ visit, category, order, snapshot }) => {
  const shown = sorted(inCategory(category.id), order);
  const list: List = { id: category.id, name: category.name };
  const trail = categoryTrail(category);
  const then = categories[(categories.indexOf(category) + 1) % categories.length];
  // GA4 has no event for sorting; Segment has.
  const calls: WeftCall[] =
    order === 'ours'
      ? []
      : [
          [
            'track',
            'Product List Filtered',
            { list_id: list.id, category: category.name, sorts: [{ type: 'order', value: order }] },
          ],
        ];
  return (
    <Frame
      visit={visit}
      title={category.name}
      description={category.line}
      pushes={viewItemList(list, shown)}
      calls={calls}
      snapshot={snapshot}
      markup={graph(breadcrumbs(trail, visit), listMarkup(category.name, shown, visit))}
      openGraph={[
        ['og:type', 'website'],
        ['og:title', category.name],
        ['og:url', visit.to(`/c/${category.id}`)],
      ]}
    >
      <Trail visit={visit} trail={trail} />
      <div class="list-head">
        <div>
          <h1>{category.name}</h1>
          <p class="lead">{category.line}</p>
        </div>
        <nav class="sort" aria-label="Order of the list">
          {(Object.keys(orderNames) as Order[]).map((name) => (
            <a
              href={visit.href(`/c/${category.id}${name === 'ours' ? '' : `?sort=${name}`}`)}
              aria-current={name === order ? 'true' : undefined}
            >
              {orderNames[name]}
            </a>
          ))}
        </nav>
      </div>
      <Grid visit={visit} shown={shown} list={list} eager={4} then={then} />
    </Frame>
  );
};

interface SearchProps extends Pick<FrameProps, 'snapshot'> {
  visit: Visit;
  query: string;
  found: Product[];
}

export const SearchPage: FC<SearchProps> = ({ visit, query, found, snapshot }) => {
  const list: List = { id: 'search', name: 'Search results' };
  const instead = sorted(products, 'newest').slice(0, 4);
  const elsewhere: List = { id: 'new', name: 'New in the shop' };
  return (
    <Frame
      visit={visit}
      title={query ? `Search: ${query}` : 'Search'}
      pushes={
        query
          ? [...searched(query), ...(found.length ? viewItemList(list, found) : viewItemList(elsewhere, instead))]
          : []
      }
      snapshot={snapshot}
    >
      <div class="list-head">
        <div>
          <h1>{query ? `“${query}”` : 'What are you looking for?'}</h1>
          <p class="lead">
            {query === ''
              ? 'Try a thing, a maker or a colour.'
              : found.length === 0
                ? 'Nothing here goes by that name.'
                : found.length === 1
                  ? 'One thing found.'
                  : `${found.length} things found.`}
          </p>
        </div>
      </div>
      <search aria-label="Search again">
        <form class="search search-large" action={visit.href('/search')} method="get">
          <label class="hidden" for="q2">
            Search again
          </label>
          <input id="q2" name="q" type="search" value={query} maxlength={80} autocomplete="off" />
          <button class="button" type="submit">
            Search
          </button>
        </form>
      </search>
      {found.length ? (
        <Grid visit={visit} shown={found} list={list} eager={4} />
      ) : (
        <section class="block" aria-labelledby="instead">
          <h2 id="instead" class="block-title">
            {elsewhere.name}
          </h2>
          <Grid visit={visit} shown={instead} list={elsewhere} level={3} />
        </section>
      )}
    </Frame>
  );
};
