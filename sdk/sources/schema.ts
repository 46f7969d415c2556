// What a page says of its product in the vocabularies that search engines read: JSON-LD, microdata, Open Graph. Reads a
// document that is handed in, changes nothing in it, and trusts nothing of it: shops write invalid JSON, several blocks,
// graphs, arrays, numbers as text, and the products of other pages beside their own.

import type { Properties } from '../event/wire.js';
import { amount } from './amount.js';

const blocksMax = 50;
const blockMaxChars = 300_000;
const nodesMax = 2_000;
const depthMax = 8;
const textMax = 500;
const listedMax = 200;
const orderAgeMaxMs = 86_400_000;

type Node = Record<string, unknown>;

export interface Found {
  product?: Properties;
  /** The product names this very address: it is no leftover of the page before. */
  isProved?: boolean;
  list?: Properties;
  order?: Properties;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const all = (value: unknown): unknown[] =>
  Array.isArray(value) ? value.slice(0, listedMax) : value == null ? [] : [value];

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#039': "'",
  lt: '<',
  gt: '>',
  nbsp: ' ',
};
const text = (value: unknown): string | undefined => {
  const written =
    typeof value === 'string' ? value : typeof value === 'number' && Number.isFinite(value) ? `${value}` : '';
  // Inside a script element nothing is decoded; templates escape all the same.
  const plain = written
    .slice(0, textMax)
    .replace(/&(amp|quot|apos|#0?39|lt|gt|nbsp);/g, (_, name: string) => entities[name] ?? '')
    .trim();
  return plain || undefined;
};
const first = (...values: unknown[]): string | undefined => {
  for (const value of values.flatMap(all)) {
    const found = text(value);
    if (found) return found;
  }
  return undefined;
};
/** A name that is text, or a thing that has one. */
const named = (value: unknown): string | undefined => first(...all(value).map((one) => (isNode(one) ? one.name : one)));
const number = (...values: unknown[]): number | string | undefined => {
  for (const value of values.flatMap(all)) {
    const read = amount(value, () => {});
    if (typeof read === 'number') return read;
  }
  return undefined;
};
const known = (properties: Properties): Properties => {
  const kept: Properties = {};
  for (const name in properties) if (properties[name] !== undefined) kept[name] = properties[name];
  return kept;
};

const typesOf = (node: Node): string[] =>
  all(node['@type']).flatMap((type) =>
    typeof type === 'string' ? [type.replace(/^(https?:\/\/schema\.org\/|schema:)/i, '')] : [],
  );
const is = (node: Node, ...types: string[]) => typesOf(node).some((type) => types.includes(type));

// --- JSON-LD ------------------------------------------------------------------------------------------------------------

const controls = /\p{Cc}+/gu;

/** As it stands; else without what templates leave in it: comment marks, line ends in strings, commas too many. */
export const parseLenient = (written: string): unknown => {
  const plain = written
    .trim()
    .replace(/^(<!--|\/\/\s*<!\[CDATA\[|<!\[CDATA\[)|(-->|\/\/\s*\]\]>|\]\]>)$/g, '')
    .trim();
  const spaced = plain.replace(controls, ' ');
  for (const attempt of [plain, spaced, spaced.replace(/,\s*([}\]])/g, '$1').replace(/;\s*$/, '')]) {
    try {
      return JSON.parse(attempt);
    } catch {
      // The next attempt mends more.
    }
  }
  return undefined;
};

/** Things that stand for themselves: not those that only belong to another. */
const topLevel = (parsed: unknown[]): { nodes: Node[]; byId: Map<string, Node> } => {
  const nodes: Node[] = [];
  const byId = new Map<string, Node>();
  let left = nodesMax;
  const take = (value: unknown, depth: number): void => {
    if (depth > depthMax || left <= 0) return;
    if (Array.isArray(value)) {
      for (const one of value.slice(0, nodesMax)) take(one, depth + 1);
    }
    if (!isNode(value)) return;
    left -= 1;
    const id = text(value['@id']);
    if (value['@type']) {
      nodes.push(value);
      // A reference is a node with an id and nothing to say; the one that says something is kept.
      if (id) byId.set(id, value);
    }
    take(value['@graph'], depth + 1);
    take(value.mainEntity, depth + 1);
    if (isNode(value.mainEntityOfPage) && value.mainEntityOfPage.mainEntity)
      take(value.mainEntityOfPage.mainEntity, depth + 1);
  };
  take(parsed, 0);
  return { nodes, byId };
};

// --- a product ------------------------------------------------------------------------------------------------------------

interface Reading {
  resolve: (value: unknown) => unknown;
  base: string;
  /** Addresses that mean this page: its own, its canonical one, Open Graph's. */
  here: ReadonlySet<string>;
  location: string;
}

const pathOf = (address: unknown, base: string): string | undefined => {
  const written = text(address);
  if (!written) return undefined;
  try {
    const url = new URL(written, base);
    return `${url.host}${url.pathname}`.replace(/\/+$/, '').toLowerCase();
  } catch {
    return undefined;
  }
};
const wholeOf = (address: unknown, base: string): string | undefined => {
  try {
    return new URL(text(address) ?? '', base).href.replace(/#.*/, '');
  } catch {
    return undefined;
  }
};

/** Both marks that separate categories, as one. */
const categoryPath = (value: unknown): string | undefined =>
  named(value)
    ?.split(/\s*(?:>|»|\/|›)\s*/)
    .filter(Boolean)
    .join('/');

const struckOut = /ListPrice|Strikethrough|SRP|MSRP/i;

const priceOf = (
  offer: Node,
  { resolve }: Reading,
): [price: number | string | undefined, currency: string | undefined] => {
  const specifications = all(resolve(offer.priceSpecification))
    .map(resolve)
    .filter(isNode)
    .filter((one) => !struckOut.test(`${one.priceType ?? ''}`));
  return [
    number(offer.price, offer.lowPrice, ...specifications.map((one) => one.price)),
    first(offer.priceCurrency, ...specifications.map((one) => one.priceCurrency))?.toUpperCase(),
  ];
};

/** Of several offers the one for this address, else the cheapest that can be had, else the cheapest. */
const offerOf = (product: Node, reading: Reading): Node | undefined => {
  const offers = all(reading.resolve(product.offers))
    .map(reading.resolve)
    .filter(isNode)
    .flatMap((offer) =>
      is(offer, 'AggregateOffer') && number(offer.lowPrice) === undefined
        ? all(offer.offers).map(reading.resolve).filter(isNode)
        : [offer],
    );
  const here =
    offers.length > 1
      ? offers.find((offer) => offer.url && wholeOf(offer.url, reading.base) === reading.location)
      : undefined;
  const cost = (offer: Node) => Number(priceOf(offer, reading)[0] ?? Number.POSITIVE_INFINITY);
  const had = (offer: Node) => (/OutOfStock|SoldOut|Discontinued/i.test(`${offer.availability ?? ''}`) ? 1 : 0);
  return here ?? [...offers].sort((a, b) => had(a) - had(b) || cost(a) - cost(b))[0];
};

const imageOf = (value: unknown): string | undefined =>
  first(...all(value).map((one) => (isNode(one) ? (one.url ?? one.contentUrl) : one)));

const variantOf = (node: Node): string | undefined =>
  [named(node.color), named(node.size), named(node.material), named(node.pattern)].filter(Boolean).join(' / ') ||
  undefined;

const productOf = (node: Node, reading: Reading): Properties => {
  const variants = is(node, 'ProductGroup')
    ? all(reading.resolve(node.hasVariant)).map(reading.resolve).filter(isNode)
    : [];
  const addressOf = (variant: Node) => variant.url ?? offerOf(variant, reading)?.url;
  const variant =
    variants.find((one) => addressOf(one) && wholeOf(addressOf(one), reading.base) === reading.location) ??
    (variants.length === 1 ? variants[0] : undefined);
  const chosen: Node = { ...node, ...(variant && { ...variant, name: node.name ?? variant.name, '@type': 'Product' }) };
  const offer =
    offerOf(chosen, reading) ?? offerOf({ offers: variants.flatMap((one) => all(one.offers)) }, reading) ?? {};
  const [price, currency] = priceOf(offer, reading);
  const gtin = first(chosen.gtin, chosen.gtin13, chosen.gtin14, chosen.gtin12, chosen.gtin8, chosen.isbn);
  const sku = first(chosen.sku, offer.sku);
  const name = named(chosen.name);
  const rating = reading.resolve(chosen.aggregateRating);
  return known({
    product_id: first(node.productID, node.productGroupID, sku, gtin, chosen.mpn, name),
    sku,
    gtin,
    name,
    brand: named(reading.resolve(chosen.brand)),
    category: categoryPath(chosen.category),
    variant: variantOf(chosen),
    price,
    currency,
    availability: text(offer.availability)?.replace(/^.*\//, ''),
    image_url: imageOf(reading.resolve(chosen.image)),
    url: text(chosen.url) ?? text(offer.url),
    rating: isNode(rating) ? number(rating.ratingValue) : undefined,
    reviews: isNode(rating) ? number(rating.reviewCount, rating.ratingCount) : undefined,
  });
};

/** Which of the products is what this page is about. One alone is, unless it names another address. */
const mainOf = (nodes: Node[], reading: Reading): { node: Node; isProved: boolean } | undefined => {
  const candidates = nodes.map((node) => {
    const offer = all(reading.resolve(node.offers)).map(reading.resolve).find(isNode);
    const address = node.url ?? offer?.url;
    return { node, path: pathOf(address, reading.base), whole: address ? wholeOf(address, reading.base) : undefined };
  });
  const here = candidates.filter(({ path }) => path !== undefined && reading.here.has(path));
  // Variants stand beside each other under one address: the one of this very address, else what groups them.
  const main =
    here.find(({ whole }) => whole === reading.location) ??
    here.find(({ node }) => is(node, 'ProductGroup')) ??
    here[0];
  if (main) return { node: main.node, isProved: main.path === pathOf(reading.location, reading.base) };
  const [only] = candidates;
  return candidates.length === 1 && only && only.path === undefined ? { node: only.node, isProved: false } : undefined;
};

// --- breadcrumbs and lists ----------------------------------------------------------------------------------------------

const homeName =
  /^(home(page)?|start(seite)?|accueil|inicio|início|hjem|hem|etusivu|home ?page|главная|首页|ホーム|strona główna)$/i;

const breadcrumbOf = (nodes: Node[], productName: unknown, reading: Reading): string | undefined => {
  const node = nodes.find((one) => is(one, 'BreadcrumbList'));
  const crumbs = all(node?.itemListElement)
    .map(reading.resolve)
    .filter(isNode)
    .map((crumb) => {
      const item = reading.resolve(crumb.item);
      return {
        position: Number(crumb.position) || 0,
        name: text(crumb.name) ?? (isNode(item) ? named(item.name) : undefined),
        path: pathOf(isNode(item) ? (item['@id'] ?? item.url) : item, reading.base),
      };
    })
    .sort((a, b) => a.position - b.position);
  const host = pathOf('/', reading.base);
  const names = crumbs
    .filter(({ name, path }, index) => {
      if (!name) return false;
      const isHome = index === 0 && crumbs.length > 1 && (path === host || homeName.test(name));
      const isSelf =
        productName !== undefined &&
        index === crumbs.length - 1 &&
        (name === productName || (path !== undefined && reading.here.has(path)));
      return !isHome && !isSelf;
    })
    .map(({ name }) => name);
  return names.join('/') || undefined;
};

/** Only a list whose entries say that they are products: recipes and articles come in lists too. */
const listOf = (nodes: Node[], reading: Reading): Properties | undefined => {
  for (const list of nodes.filter((node) => is(node, 'ItemList', 'OfferCatalog'))) {
    const products = all(reading.resolve(list.itemListElement))
      .map(reading.resolve)
      .filter(isNode)
      .map((entry) => ({ entry, item: reading.resolve(entry.item ?? entry) }))
      .flatMap(({ entry, item }) =>
        isNode(item) && is(item, 'Product', 'ProductGroup')
          ? [known({ ...productOf(item, reading), position: number(entry.position) })]
          : [],
      );
    if (products.length > 0)
      return known({
        list_id: pathOf(reading.location, reading.base)?.replace(/^[^/]*/, '') || '/',
        category: text(list.name) ?? breadcrumbOf(nodes, undefined, reading),
        products,
      });
  }
  return undefined;
};

/** An order on the page that confirms it. An old one, in somebody's account, is no order placed now. */
const orderOf = (nodes: Node[], now: number, reading: Reading): Properties | undefined => {
  const order = nodes.find((node) => is(node, 'Order'));
  const order_id = first(order?.orderNumber);
  if (!order || !order_id) return undefined;
  const at = Date.parse(text(order.orderDate) ?? '');
  if (Number.isFinite(at) && Math.abs(now - at) > orderAgeMaxMs) return undefined;
  const due = reading.resolve(order.totalPaymentDue);
  const offers = all(order.acceptedOffer).map(reading.resolve).filter(isNode);
  const lines = offers.map((offer) => {
    const item = reading.resolve(offer.itemOffered);
    const [price] = priceOf(offer, reading);
    const quantity = reading.resolve(offer.eligibleQuantity);
    return known({
      ...(isNode(item) ? productOf(item, reading) : {}),
      price,
      quantity: isNode(quantity) ? number(quantity.value) : undefined,
    });
  });
  const total = number(order.price, isNode(due) ? due.price : undefined);
  const currency = first(
    order.priceCurrency,
    isNode(due) ? due.priceCurrency : undefined,
    ...offers.map((offer) => offer.priceCurrency),
  );
  if (total === undefined || !currency) return undefined;
  const products = lines.filter((line) => line.product_id);
  return known({ order_id, total, currency: currency.toUpperCase(), products: products.length ? products : undefined });
};

// --- microdata and Open Graph ---------------------------------------------------------------------------------------------

const readProperty = (element: Element): unknown => {
  if (element.hasAttribute('itemscope')) return itemOf(element);
  const attribute = ['content', 'href', 'src', 'datetime', 'value'].find((name) => element.hasAttribute(name));
  return attribute ? element.getAttribute(attribute) : element.textContent;
};

const itemOf = (scope: Element, depth = 0): Node => {
  const node: Node = { '@type': scope.getAttribute('itemtype')?.split(/\s+/)[0] };
  if (depth > depthMax) return node;
  let left = nodesMax;
  const walk = (parent: Element): void => {
    for (const child of Array.from(parent.children)) {
      if (left-- <= 0) return;
      const inner = child.hasAttribute('itemscope');
      for (const name of child.getAttribute('itemprop')?.split(/\s+/).filter(Boolean) ?? []) {
        const value = inner ? itemOf(child, depth + 1) : readProperty(child);
        node[name] = node[name] === undefined ? value : [...all(node[name]), value];
      }
      if (!inner) walk(child);
    }
  };
  walk(scope);
  return node;
};

const microdataOf = (document: Document): Node[] =>
  Array.from(document.querySelectorAll('[itemscope][itemtype*="schema.org/" i]:not([itemprop])'))
    .filter((scope) => !scope.parentElement?.closest('[itemscope][itemtype*="schema.org/ItemList" i]'))
    .slice(0, blocksMax)
    .map((scope) => itemOf(scope));

const metaOf = (document: Document, ...names: string[]): string | undefined =>
  first(
    ...names.map((name) =>
      document.querySelector(`meta[property="${name}" i], meta[name="${name}" i]`)?.getAttribute('content'),
    ),
  );

const openGraphOf = (document: Document): Properties => {
  const meta = (...names: string[]) => metaOf(document, ...names);
  const price = number(meta('product:sale_price:amount', 'product:price:amount', 'og:price:amount'));
  return known({
    product_id: meta('product:retailer_item_id'),
    name: meta('og:title'),
    brand: meta('product:brand', 'og:brand'),
    category: categoryPath(meta('product:category')),
    price,
    currency: meta('product:sale_price:currency', 'product:price:currency', 'og:price:currency')?.toUpperCase(),
    availability: meta('product:availability', 'og:availability'),
    image_url: meta('og:image'),
    url: meta('og:url'),
  });
};

// --- the page ---------------------------------------------------------------------------------------------------------------

export const readMarkup = (document: Document, location: string, now: number): Found => {
  const blocks = Array.from(document.querySelectorAll('script[type="application/ld+json" i]')).slice(0, blocksMax);
  const parsed = blocks.flatMap(({ textContent }) => {
    const written = textContent ?? '';
    const value = written.length <= blockMaxChars ? parseLenient(written) : undefined;
    return value === undefined ? [] : [value];
  });
  const { nodes, byId } = topLevel([parsed, microdataOf(document)]);
  const base = document.baseURI || location;
  const canonical = document.querySelector('link[rel="canonical" i]')?.getAttribute('href');
  const ogUrl = metaOf(document, 'og:url');
  const reading: Reading = {
    base,
    location: location.replace(/#.*/, ''),
    here: new Set([location, canonical, ogUrl].flatMap((address) => pathOf(address, base) ?? [])),
    resolve: (value) =>
      isNode(value) && !value['@type'] && text(value['@id']) ? (byId.get(text(value['@id']) ?? '') ?? value) : value,
  };

  const found: Found = {};
  const isProduct = (node: Node) =>
    is(node, 'Product', 'ProductGroup', 'IndividualProduct', 'ProductModel') ||
    (is(node, 'Book', 'Vehicle', 'Car') && node.offers !== undefined);
  const main = mainOf(nodes.filter(isProduct), reading);
  const isProductPage = /^(og:)?product(\.item)?$/i.test(metaOf(document, 'og:type') ?? '');
  const graph = isProductPage ? openGraphOf(document) : {};
  if (main) {
    // What the structured data leaves open, Open Graph may tell; where both speak, the structured data is the richer.
    found.product = { ...graph, ...productOf(main.node, reading) };
    found.isProved = main.isProved;
  } else if (isProductPage && graph.name && (graph.product_id || graph.price !== undefined)) {
    found.product = { ...graph, product_id: graph.product_id ?? graph.name };
    found.isProved = pathOf(ogUrl, base) === pathOf(location, base);
  }
  if (found.product) {
    const category = found.product.category ?? breadcrumbOf(nodes, found.product.name, reading);
    if (category) found.product.category = category;
  } else {
    const list = listOf(nodes, reading);
    if (list) found.list = list;
  }
  const order = orderOf(nodes, now, reading);
  if (order) found.order = order;
  return found;
};
