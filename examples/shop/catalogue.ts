// What the demo shop sells, as data: categories, products, variants, words, prices, stock to begin with.
// Prices are integer minor units of one currency. It must never know how a page, a data layer or an order looks.

export const currency = 'EUR';

export type CategoryId = 'table' | 'kitchen' | 'light' | 'garden';

export interface Category {
  id: CategoryId;
  name: string;
  line: string;
}

export interface Variant {
  id: string;
  name: string;
  priceMinor: number;
  wasMinor?: number;
  stock: number;
  /** The colour the picture is drawn in; the swatch shows the same. */
  tone: string;
  /** How large it is drawn beside its sisters, 1 = the usual size. */
  scale?: number;
}

export interface Product {
  id: string;
  slug: string;
  name: string;
  maker: string;
  category: CategoryId;
  kind: string;
  /** One sentence for a card. */
  line: string;
  words: string[];
  facts: [name: string, value: string][];
  /** What the variants differ in, as a question to the shopper. */
  option: 'Glaze' | 'Colour' | 'Size' | 'Wood' | 'Glass' | 'Finish' | 'Sowing' | 'Metal';
  variants: [Variant, ...Variant[]];
  /** ISO day on which it came into the shop; newest first is a sort order. */
  since: string;
}

export const categories: readonly Category[] = [
  { id: 'table', name: 'Table', line: 'Stoneware, glass and linen for meals that take their time.' },
  { id: 'kitchen', name: 'Kitchen', line: 'Tools that get better with use, and outlast the recipes.' },
  { id: 'light', name: 'Light', line: 'Lamps and candles for the hours after supper.' },
  { id: 'garden', name: 'Garden', line: 'For pots on a sill, a balcony, or the whole long bed.' },
];

export const products: readonly Product[] = [
  {
    id: 'OX-101',
    slug: 'morning-mug',
    name: 'Morning mug',
    maker: 'Oxlip Pottery',
    category: 'table',
    kind: 'Mugs',
    line: 'A generous stoneware mug with a handle for a whole hand.',
    words: [
      'Thrown on the wheel, so no two are quite alike: a belly that keeps tea warm, a thin lip to drink from, and a handle that four fingers fit through.',
      'The foot is left unglazed. It is a little rough on purpose, so that it stays where you put it.',
    ],
    facts: [
      ['Holds', '320 ml'],
      ['Made of', 'Stoneware, food-safe glaze'],
      ['Care', 'Dishwasher and microwave'],
    ],
    option: 'Glaze',
    variants: [
      { id: 'oat', name: 'Oat', priceMinor: 1900, stock: 42, tone: '#d9c8a9' },
      { id: 'moss', name: 'Moss', priceMinor: 1900, stock: 36, tone: '#7f8c5f' },
      { id: 'slate', name: 'Slate', priceMinor: 1900, stock: 3, tone: '#5d6b77' },
    ],
    since: '2025-03-04',
  },
  {
    id: 'OX-102',
    slug: 'deep-bowl',
    name: 'Deep bowl',
    maker: 'Oxlip Pottery',
    category: 'table',
    kind: 'Bowls',
    line: 'For soup, noodles, porridge, or everything from one pan.',
    words: [
      'Deep enough for soup and wide enough for a salad. The inside is glazed smooth for spoons; the outside shows the turning marks.',
      'They nest, and a stack of six stands level.',
    ],
    facts: [
      ['Size', '18 cm across, 8 cm high'],
      ['Made of', 'Stoneware, food-safe glaze'],
      ['Care', 'Dishwasher and oven to 180 °C'],
    ],
    option: 'Glaze',
    variants: [
      { id: 'rust', name: 'Rust', priceMinor: 2400, stock: 40, tone: '#b0623f' },
      { id: 'oat', name: 'Oat', priceMinor: 2400, stock: 38, tone: '#d9c8a9' },
      { id: 'slate', name: 'Slate', priceMinor: 2400, stock: 27, tone: '#5d6b77' },
    ],
    since: '2025-03-04',
  },
  {
    id: 'OX-103',
    slug: 'teapot-for-two',
    name: 'Teapot for two',
    maker: 'Oxlip Pottery',
    category: 'table',
    kind: 'Teapots',
    line: 'Pours without a drip, and has a cane handle that stays cool.',
    words: [
      'We tried eleven spouts before this one. It cuts off cleanly, which is all one asks of a teapot, and rarely gets.',
      'Inside sits a strainer of pierced clay; the handle is bent cane and folds down for the dishwasher’s sake, though we would wash it by hand.',
    ],
    facts: [
      ['Holds', '800 ml, four cups'],
      ['Made of', 'Stoneware, cane'],
      ['Care', 'Wash by hand'],
    ],
    option: 'Glaze',
    variants: [
      { id: 'moss', name: 'Moss', priceMinor: 6400, stock: 22, tone: '#7f8c5f' },
      { id: 'chalk', name: 'Chalk', priceMinor: 6400, stock: 18, tone: '#e6e0d3' },
    ],
    since: '2025-09-18',
  },
  {
    id: 'OX-104',
    slug: 'bedside-carafe',
    name: 'Bedside carafe',
    maker: 'Halm Glass',
    category: 'table',
    kind: 'Glass',
    line: 'A carafe that wears its tumbler as a lid.',
    words: [
      'Blown in one breath, with a neck made to be held in the dark. The tumbler turns over and covers it.',
      'Small bubbles and a faint pontil mark are how you know that somebody made it.',
    ],
    facts: [
      ['Holds', '700 ml, tumbler 180 ml'],
      ['Made of', 'Recycled glass'],
      ['Care', 'Wash by hand'],
    ],
    option: 'Glass',
    variants: [
      { id: 'clear', name: 'Clear', priceMinor: 3900, stock: 25, tone: '#a9c7cd' },
      { id: 'smoke', name: 'Smoke', priceMinor: 3900, wasMinor: 4400, stock: 14, tone: '#8d8279' },
    ],
    since: '2026-02-11',
  },
  {
    id: 'OX-105',
    slug: 'linen-napkins',
    name: 'Linen napkins',
    maker: 'Weverij Roos',
    category: 'table',
    kind: 'Linen',
    line: 'Four napkins, washed soft, with a woven stripe.',
    words: [
      'Heavy linen, washed before it is sewn, so that it is soft the first time and does not shrink the second.',
      'Mitred corners, and a loop at the back to hang one by.',
    ],
    facts: [
      ['Size', '45 × 45 cm, set of four'],
      ['Made of', 'Linen, 220 g/m²'],
      ['Care', '60 °C, no ironing needed'],
    ],
    option: 'Colour',
    variants: [
      { id: 'flax', name: 'Flax', priceMinor: 3200, stock: 44, tone: '#cbb894' },
      { id: 'indigo', name: 'Indigo', priceMinor: 3200, stock: 31, tone: '#3f5573' },
      { id: 'madder', name: 'Madder', priceMinor: 3200, stock: 29, tone: '#a2493f' },
    ],
    since: '2025-11-06',
  },
  {
    id: 'OX-201',
    slug: 'chopping-board',
    name: 'Chopping board',
    maker: 'Noord & Zoon',
    category: 'kitchen',
    kind: 'Boards',
    line: 'One plank, two sides: one for onions, one for bread.',
    words: [
      'Cut from a single plank and oiled three times. The rounded edge sits in the palm when you tip things into the pan.',
      'Marks will come. Rub it with the oil in the box and they become yours.',
    ],
    facts: [
      ['Size', '38 × 24 × 2.4 cm'],
      ['Made of', 'One plank, linseed oil'],
      ['Care', 'Wipe, and oil twice a year'],
    ],
    option: 'Wood',
    variants: [
      { id: 'beech', name: 'Beech', priceMinor: 4500, stock: 33, tone: '#d3a876' },
      { id: 'walnut', name: 'Walnut', priceMinor: 5900, stock: 16, tone: '#7a543a' },
    ],
    since: '2025-04-22',
  },
  {
    id: 'OX-202',
    slug: 'iron-pan',
    name: 'Iron pan',
    maker: 'Vulkan Foundry',
    category: 'kitchen',
    kind: 'Pans',
    line: 'Cast thin, milled smooth, seasoned in our own oven.',
    words: [
      'Lighter than the iron pan you remember and smooth as the one your grandmother had, because after casting it is milled, as they once were.',
      'Works on every hob and in the fire. If it rusts, it was your fault; if you scrub and oil it, it forgives you.',
    ],
    facts: [
      ['Weight', '1.5 kg at 24 cm'],
      ['Made of', 'Cast iron, rapeseed seasoning'],
      ['Care', 'Hot water, no soap'],
    ],
    option: 'Size',
    variants: [
      { id: '20', name: '20 cm', priceMinor: 5900, stock: 21, tone: '#3a3a3c', scale: 0.86 },
      { id: '24', name: '24 cm', priceMinor: 7900, stock: 34, tone: '#3a3a3c' },
      { id: '28', name: '28 cm', priceMinor: 9400, stock: 0, tone: '#3a3a3c', scale: 1.1 },
    ],
    since: '2025-06-30',
  },
  {
    id: 'OX-203',
    slug: 'pepper-mill',
    name: 'Pepper mill',
    maker: 'Noord & Zoon',
    category: 'kitchen',
    kind: 'Mills',
    line: 'A ceramic grinder in a turned body. It will not wear out.',
    words: [
      'The grinder is ceramic, guaranteed for twenty-five years; the body is turned from one piece and fits small hands and large ones.',
      'Turn the brass knob for coarse or fine. It remembers.',
    ],
    facts: [
      ['Height', '21 cm'],
      ['Made of', 'Wood, ceramic, brass'],
      ['Care', 'A dry cloth'],
    ],
    option: 'Wood',
    variants: [
      { id: 'beech', name: 'Beech', priceMinor: 3600, stock: 40, tone: '#d3a876' },
      { id: 'black', name: 'Black ash', priceMinor: 3800, stock: 24, tone: '#3f3b38' },
    ],
    since: '2025-06-30',
  },
  {
    id: 'OX-204',
    slug: 'larder-jar',
    name: 'Larder jar',
    maker: 'Halm Glass',
    category: 'kitchen',
    kind: 'Jars',
    line: 'Wide neck, cork lid, and room on the front for your handwriting.',
    words: [
      'For lentils, oats, flour, and the rice you always buy too much of. A measuring cup fits through the neck.',
      'Comes with six paper labels. A pencil works best.',
    ],
    facts: [
      ['Made of', 'Recycled glass, natural cork'],
      ['Care', 'Glass in the dishwasher, cork by hand'],
      ['In the box', 'Six labels'],
    ],
    option: 'Size',
    variants: [
      { id: '05', name: '0.5 l', priceMinor: 1400, stock: 60, tone: '#c98f4f', scale: 0.8 },
      { id: '10', name: '1 l', priceMinor: 1800, stock: 55, tone: '#c98f4f', scale: 0.92 },
      { id: '15', name: '1.5 l', priceMinor: 2200, stock: 48, tone: '#c98f4f', scale: 1.04 },
    ],
    since: '2025-10-14',
  },
  {
    id: 'OX-205',
    slug: 'work-apron',
    name: 'Work apron',
    maker: 'Weverij Roos',
    category: 'kitchen',
    kind: 'Aprons',
    line: 'Crossed straps, a deep pocket, and a loop for the towel.',
    words: [
      'Straps that cross at the back put the weight on your shoulders instead of your neck. Nothing to tie when your hands are full of dough.',
      'One pocket for a phone, one for a spoon, and a loop for the towel you would otherwise lose.',
    ],
    facts: [
      ['Size', 'One size, 86 cm long'],
      ['Made of', 'Linen and cotton twill'],
      ['Care', '40 °C'],
    ],
    option: 'Colour',
    variants: [
      { id: 'ink', name: 'Ink', priceMinor: 5200, stock: 20, tone: '#39465a' },
      { id: 'flax', name: 'Flax', priceMinor: 5200, stock: 26, tone: '#cbb894' },
    ],
    since: '2026-04-02',
  },
  {
    id: 'OX-301',
    slug: 'reading-lamp',
    name: 'Reading lamp',
    maker: 'Lumen Werk',
    category: 'light',
    kind: 'Lamps',
    line: 'A jointed lamp that stays where you leave it.',
    words: [
      'Two joints with brass washers, a shade that turns all the way round, and a switch on the cable that you can find without looking.',
      'Comes with a warm dimmable bulb, which any shop can replace.',
    ],
    facts: [
      ['Reach', '68 cm'],
      ['Light', 'E14, 4 W, 2,700 K'],
      ['Made of', 'Powder-coated steel, brass'],
    ],
    option: 'Colour',
    variants: [
      { id: 'ochre', name: 'Ochre', priceMinor: 11900, stock: 15, tone: '#c8902f' },
      { id: 'forest', name: 'Forest', priceMinor: 11900, stock: 12, tone: '#3e5f4d' },
      { id: 'black', name: 'Black', priceMinor: 11900, wasMinor: 13900, stock: 9, tone: '#383838' },
    ],
    since: '2026-01-20',
  },
  {
    id: 'OX-302',
    slug: 'beeswax-candles',
    name: 'Beeswax candles',
    maker: 'Imkerij Lind',
    category: 'light',
    kind: 'Candles',
    line: 'Three pillars that smell of July when they burn.',
    words: [
      'Poured from the wax of one beekeeper, whose hives stand in a lime avenue. Nothing is added: the colour and the smell are the bees’.',
      'Trim the wick to a fingernail and it will not smoke.',
    ],
    facts: [
      ['Burns', '18, 26 and 34 hours'],
      ['Made of', 'Beeswax, cotton'],
      ['In the box', 'Three candles'],
    ],
    option: 'Colour',
    variants: [
      { id: 'honey', name: 'Honey', priceMinor: 2200, stock: 50, tone: '#e0ad4e' },
      { id: 'ivory', name: 'Ivory', priceMinor: 2400, stock: 35, tone: '#ece0c2' },
    ],
    since: '2025-10-14',
  },
  {
    id: 'OX-303',
    slug: 'chamber-candlestick',
    name: 'Chamber candlestick',
    maker: 'Lumen Werk',
    category: 'light',
    kind: 'Candlesticks',
    line: 'A saucer, a socket and a loop for one finger.',
    words: [
      'The kind one carried to bed. Spun from sheet brass, left unlacquered, so that it darkens where you hold it.',
      'Takes every ordinary table candle.',
    ],
    facts: [
      ['Size', '14 cm across, 6 cm high'],
      ['Made of', 'Sheet metal, 1.2 mm'],
      ['Care', 'Polish it or let it darken'],
    ],
    option: 'Metal',
    variants: [
      { id: 'brass', name: 'Brass', priceMinor: 2900, stock: 30, tone: '#c29a4b' },
      { id: 'iron', name: 'Iron', priceMinor: 2600, stock: 28, tone: '#4a4a4d' },
    ],
    since: '2025-11-06',
  },
  {
    id: 'OX-304',
    slug: 'paper-pendant',
    name: 'Paper pendant',
    maker: 'Lumen Werk',
    category: 'light',
    kind: 'Pendants',
    line: 'Washi paper on a bamboo spiral, folded flat in a box.',
    words: [
      'Mulberry paper over a spiral of split bamboo. It weighs less than a letter and fills a room with the light of an overcast noon.',
      'Folds flat; opens with one wire. The cable is not included, the ring fits all of them.',
    ],
    facts: [
      ['Fits', 'E27 holders, up to 12 W LED'],
      ['Made of', 'Mulberry paper, bamboo'],
      ['Care', 'A feather duster'],
    ],
    option: 'Size',
    variants: [
      { id: '40', name: '40 cm', priceMinor: 4900, stock: 26, tone: '#f3e7c9', scale: 0.82 },
      { id: '60', name: '60 cm', priceMinor: 6900, stock: 19, tone: '#f3e7c9' },
    ],
    since: '2026-05-12',
  },
  {
    id: 'OX-305',
    slug: 'storm-lantern',
    name: 'Storm lantern',
    maker: 'Vulkan Foundry',
    category: 'light',
    kind: 'Lanterns',
    line: 'For the far end of the garden, and for power cuts.',
    words: [
      'A door that latches, a chimney that draws, and a handle that stays upright when you put it down.',
      'For a candle or a tea light; the glass slides out for cleaning.',
    ],
    facts: [
      ['Size', '16 × 16 × 32 cm'],
      ['Made of', 'Steel, glass'],
      ['Care', 'May stay outside'],
    ],
    option: 'Finish',
    variants: [
      { id: 'black', name: 'Black', priceMinor: 4800, stock: 23, tone: '#33363a' },
      { id: 'zinc', name: 'Zinc', priceMinor: 4400, stock: 20, tone: '#939a9d' },
    ],
    since: '2025-09-18',
  },
  {
    id: 'OX-401',
    slug: 'watering-can',
    name: 'Watering can',
    maker: 'Gieterij Van Dam',
    category: 'garden',
    kind: 'Watering',
    line: 'Long spout, fine rose, balanced when full.',
    words: [
      'The long spout reaches the back of the sill and the bottom of the hanging basket. Take the brass rose off and it pours a thin straight line.',
      'Hot-dipped after it is made, seams and all. It will outlive the hose.',
    ],
    facts: [
      ['Holds', '1.8 l'],
      ['Made of', 'Galvanised steel, brass rose'],
      ['Care', 'None'],
    ],
    option: 'Finish',
    variants: [
      { id: 'green', name: 'Bottle green', priceMinor: 4600, stock: 24, tone: '#41634f' },
      { id: 'zinc', name: 'Zinc', priceMinor: 4200, stock: 30, tone: '#98a1a5' },
    ],
    since: '2026-03-03',
  },
  {
    id: 'OX-402',
    slug: 'terracotta-pot',
    name: 'Terracotta pot',
    maker: 'Oxlip Pottery',
    category: 'garden',
    kind: 'Pots',
    line: 'Frost-proof, with a saucer, and a hole where it belongs.',
    words: [
      'Fired hot enough to stay out in winter, and porous enough for roots to breathe. The white bloom comes with the first summer.',
      'The plant on the picture is a sage cutting from our yard. It stays here, sorry.',
    ],
    facts: [
      ['Made of', 'Terracotta, fired at 1,080 °C'],
      ['In the box', 'Pot and saucer'],
      ['Care', 'May stay outside'],
    ],
    option: 'Size',
    variants: [
      { id: '12', name: '12 cm', priceMinor: 900, stock: 60, tone: '#bd6b45', scale: 0.78 },
      { id: '16', name: '16 cm', priceMinor: 1300, stock: 52, tone: '#bd6b45', scale: 0.9 },
      { id: '20', name: '20 cm', priceMinor: 1900, stock: 40, tone: '#bd6b45', scale: 1.02 },
    ],
    since: '2025-03-04',
  },
  {
    id: 'OX-403',
    slug: 'hand-trowel',
    name: 'Hand trowel',
    maker: 'Gieterij Van Dam',
    category: 'garden',
    kind: 'Tools',
    line: 'Forged from one bar, so that the neck cannot come loose.',
    words: [
      'Blade and neck are one piece of steel, driven through the handle and riveted at the end. It can be leaned on.',
      'Depth marks are struck into the blade, in centimetres, for bulbs.',
    ],
    facts: [
      ['Length', '31 cm'],
      ['Made of', 'Carbon steel, ash'],
      ['Care', 'Dry it, oil it'],
    ],
    option: 'Wood',
    variants: [
      { id: 'ash', name: 'Ash', priceMinor: 2600, stock: 37, tone: '#cf9f69' },
      { id: 'oak', name: 'Smoked oak', priceMinor: 2900, stock: 18, tone: '#6d4c35' },
    ],
    since: '2025-04-22',
  },
  {
    id: 'OX-404',
    slug: 'secateurs',
    name: 'Secateurs',
    maker: 'Gieterij Van Dam',
    category: 'garden',
    kind: 'Tools',
    line: 'Cuts a pencil’s width clean, left hand or right.',
    words: [
      'A blade you can take out and sharpen, a spring you can buy again, and a latch your thumb finds.',
      'We sharpen them for nothing, as often as you send them.',
    ],
    facts: [
      ['Cuts', 'Up to 18 mm'],
      ['Made of', 'Forged steel, leather latch'],
      ['Care', 'Wipe, a drop of oil'],
    ],
    option: 'Colour',
    variants: [
      { id: 'red', name: 'Signal red', priceMinor: 3900, stock: 32, tone: '#b23a2e' },
      { id: 'green', name: 'Leaf green', priceMinor: 3900, stock: 27, tone: '#4f7a45' },
    ],
    since: '2026-03-03',
  },
  {
    id: 'OX-405',
    slug: 'seed-tin',
    name: 'Seed tin',
    maker: 'Zaad & Co.',
    category: 'garden',
    kind: 'Seeds',
    line: 'Nine packets of open-pollinated seed, and a calendar in the lid.',
    words: [
      'All of it can be saved and sown again next year: that is what open-pollinated means, and why the tin is worth keeping.',
      'The sowing calendar is printed inside the lid, where your wet hands cannot lose it.',
    ],
    facts: [
      ['In the tin', 'Nine packets, calendar, pencil'],
      ['Sow', 'From March to September'],
      ['Keeps', 'Two to four years, dry and cool'],
    ],
    option: 'Sowing',
    variants: [
      { id: 'kitchen', name: 'Kitchen garden', priceMinor: 2800, stock: 45, tone: '#5f8056' },
      { id: 'meadow', name: 'Meadow', priceMinor: 2400, stock: 38, tone: '#c77f8c' },
    ],
    since: '2026-02-11',
  },
];

/** A product and one of its variants: what a basket line, a picture and a data layer item are about. */
export interface Choice {
  product: Product;
  variant: Variant;
}

const bySlug = new Map(products.map((product) => [product.slug, product]));
const byId = new Map(products.map((product) => [product.id, product]));
const byCategory = new Map(categories.map((category) => [category.id as string, category]));

export const productBySlug = (slug: string) => bySlug.get(slug);
export const categoryById = (id: string) => byCategory.get(id);

/** A stock-keeping unit is the product's id and the variant's: `OX-101-moss`. */
export const skuOf = ({ product, variant }: Choice) => `${product.id}-${variant.id}`;

export const choiceBySku = (sku: string): Choice | undefined => {
  const product = byId.get(sku.slice(0, 6));
  const variant = product?.variants.find((candidate) => candidate.id === sku.slice(7));
  return product && variant && sku[6] === '-' ? { product, variant } : undefined;
};

/** The variant asked for, else the first one that can be bought, else the first. */
export const chosen = (product: Product, wanted: string | undefined, stockOf: (choice: Choice) => number): Choice => {
  const asked = product.variants.find((variant) => variant.id === wanted);
  const buyable = product.variants.find((variant) => stockOf({ product, variant }) > 0);
  return { product, variant: asked ?? buyable ?? product.variants[0] };
};

export const fromPrice = (product: Product) => Math.min(...product.variants.map((variant) => variant.priceMinor));
export const toPrice = (product: Product) => Math.max(...product.variants.map((variant) => variant.priceMinor));

const orders = ['ours', 'price', 'price-desc', 'newest'] as const;
export type Order = (typeof orders)[number];

const compare: Record<Order, (a: Product, b: Product) => number> = {
  ours: () => 0,
  price: (a, b) => fromPrice(a) - fromPrice(b),
  'price-desc': (a, b) => fromPrice(b) - fromPrice(a),
  newest: (a, b) => b.since.localeCompare(a.since),
};

export const sorted = (list: readonly Product[], order: Order): Product[] => [...list].sort(compare[order]);

export const isOrder = (value: string | undefined): value is Order => orders.includes(value as Order);

export const inCategory = (id: CategoryId) => products.filter((product) => product.category === id);

const textOf = (product: Product) =>
  [
    product.name,
    product.maker,
    product.kind,
    product.line,
    byCategory.get(product.category)?.name,
    ...product.words,
    ...product.variants.map((variant) => variant.name),
    ...product.facts.flat(),
  ]
    .join(' ')
    .toLowerCase();

const texts = new Map(products.map((product) => [product, textOf(product)]));

/** Every word must occur; a hit in the name counts more than one in the description. */
export const search = (query: string): Product[] => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 8);
  if (words.length === 0) return [];
  const rank = (product: Product) =>
    words.filter((word) => `${product.name} ${product.kind}`.toLowerCase().includes(word)).length;
  return products
    .filter((product) => words.every((word) => texts.get(product)?.includes(word)))
    .sort((a, b) => rank(b) - rank(a));
};
