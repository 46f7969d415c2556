// Rows that look like those of a big shop's clickstream (REES46's columns, its shares of views, carts and purchases, its
// price range), made up from a seed. The real rows may not be shipped; nothing here is taken from them.

const draw = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export interface Lookalike {
  seed: number;
  events: number;
  /** Over how many days; visitors come back within them. */
  days: number;
  visitors: number;
}

export const lookalikeHead =
  'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session';

/** Visits of one to a dozen rows, some tens of seconds apart; all rows in the order of time, as in the real file. */
export const lookalikeRows = ({ seed, events, days, visitors }: Lookalike): string[] => {
  const random = draw(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const beginAt = Date.parse('2019-10-01T00:00:00Z');
  const hex = (digits: number): string => Array.from({ length: digits }, () => '0123456789abcdef'[below(16)]).join('');
  const category = ['electronics.smartphone', 'appliances.kitchen.washer', '', 'computers.notebook', 'apparel.shoes'];
  const brand = ['samsung', 'apple', '', 'xiaomi', 'bosch'];
  const rows: { at: number; row: string }[] = [];
  while (rows.length < events) {
    const user = 500_000_000 + below(visitors);
    const visit = `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
    let at = beginAt + below(days * 86_400) * 1000;
    let product = 0;
    for (let left = 1 + Math.floor(-4 * Math.log(1 - random())); left > 0 && rows.length < events; left -= 1) {
      const act = product === 0 ? 1 : random();
      const type = act < 0.015 ? 'purchase' : act < 0.04 ? 'cart' : 'view';
      if (type === 'view') product = 1_000_000 + below(20_000);
      const price = (((product * 7919) % 250_000) / 100 + 0.77).toFixed(2);
      const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
      const group = 2_053_013_552_000_000 + (product % 600);
      const row = `${time} UTC,${type},${product},${group},${category[product % 5]},${brand[product % 7] ?? ''},${price},${user},${visit}`;
      rows.push({ at, row });
      at += (5 + below(120)) * 1000;
    }
  }
  return rows.sort((a, b) => a.at - b.at).map(({ row }) => row);
};
