// Product markup of the demo shop: schema.org as JSON-LD, and Open Graph. What it says must also stand on the page.

import { type Category, type Choice, categoryById, currency, type Product, skuOf } from './catalogue.js';

export interface Addresses {
  /** Absolute address of a path of the shop. */
  to: (path: string) => string;
}

const amount = (minor: number) => (minor / 100).toFixed(2);

const offer = (choice: Choice, stock: number, { to }: Addresses) => ({
  '@type': 'Offer',
  url: to(`/p/${choice.product.slug}?v=${choice.variant.id}`),
  sku: skuOf(choice),
  price: amount(choice.variant.priceMinor),
  priceCurrency: currency,
  availability: stock > 0 ? 'https://schema.org/InStock' : 'https://schema.org/OutOfStock',
  itemCondition: 'https://schema.org/NewCondition',
});

export const breadcrumbs = (trail: readonly { name: string; path: string }[], { to }: Addresses) => ({
  '@type': 'BreadcrumbList',
  itemListElement: trail.map(({ name, path }, index) => ({
    '@type': 'ListItem',
    position: index + 1,
    name,
    item: to(path),
  })),
});

export const productMarkup = (choice: Choice, stock: number, at: Addresses) => {
  const { product, variant } = choice;
  return {
    '@type': 'Product',
    '@id': at.to(`/p/${product.slug}#product`),
    productID: product.id,
    sku: product.id,
    name: product.name,
    description: product.line,
    category: `${categoryById(product.category)?.name} > ${product.kind}`,
    brand: { '@type': 'Brand', name: product.maker },
    color: product.option === 'Size' ? undefined : variant.name,
    size: product.option === 'Size' ? variant.name : undefined,
    image: [at.to(`/pictures/${skuOf(choice)}.svg`)],
    offers: offer(choice, stock, at),
  };
};

export const listMarkup = (name: string, shown: readonly Product[], at: Addresses) => ({
  '@type': 'ItemList',
  name,
  numberOfItems: shown.length,
  itemListElement: shown.map((product, index) => ({
    '@type': 'ListItem',
    position: index + 1,
    url: at.to(`/p/${product.slug}`),
    name: product.name,
  })),
});

export const shopMarkup = ({ to }: Addresses) => ({
  '@type': 'OnlineStore',
  name: 'Oxlip',
  url: to('/'),
  logo: to('/mark.svg'),
  description: 'Things for the table, the kitchen, the evening and the garden. A demonstration shop.',
});

export const graph = (...nodes: object[]) => ({ '@context': 'https://schema.org', '@graph': nodes });

export const categoryTrail = (category: Category) => [
  { name: 'Home', path: '/' },
  { name: category.name, path: `/c/${category.id}` },
];

export const productTrail = (product: Product) => {
  const category = categoryById(product.category);
  return [...(category ? categoryTrail(category) : []), { name: product.name, path: `/p/${product.slug}` }];
};

export const openGraph = (choice: Choice, stock: number, { to }: Addresses): [property: string, content: string][] => [
  ['og:type', 'product'],
  ['og:title', choice.product.name],
  ['og:description', choice.product.line],
  ['og:url', to(`/p/${choice.product.slug}`)],
  ['og:image', to(`/pictures/${skuOf(choice)}.svg`)],
  ['product:retailer_item_id', choice.product.id],
  ['product:brand', choice.product.maker],
  ['product:category', categoryById(choice.product.category)?.name ?? ''],
  ['product:availability', stock > 0 ? 'in stock' : 'out of stock'],
  ['product:condition', 'new'],
  ['product:price:amount', amount(choice.variant.priceMinor)],
  ['product:price:currency', currency],
];
