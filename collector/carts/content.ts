// C2: what is in a cart. Snapshots replace, deltas add and take on top, in order; nothing here knows of clocks' deadlines
// but that a cart which changed is a cart again, no longer a checkout.

import { addQuantity, type CartLine, commonCurrency, findLine, linesMinor } from './lines.js';
import { roundQuantity } from './money.js';
import { type CartRecord, linesInCartMax } from './state.js';
import type { Warn } from './warnings.js';

/** `null` when the lines name several. */
export const currencyIn = (cart: CartRecord): string | null => commonCurrency(cart.lines, cart.assumedCurrency);

export const cartValue = (cart: CartRecord): number | null => linesMinor(cart.lines, currencyIn(cart));

/** What is named nowhere is in the one that is; several named ones have none in common. */
const isMixed = ({ lines }: CartRecord): boolean => new Set(lines.flatMap(({ currency }) => currency ?? [])).size > 1;

/** Runs a change; says so if it was one, and warns if it mixed currencies. */
const changing = (cart: CartRecord, warn: Warn, change: () => boolean): boolean => {
  const wasMixed = isMixed(cart);
  const changed = change();
  if (!wasMixed && isMixed(cart)) warn('cart_currency_mixed');
  if (changed) cart.stage = 'cart';
  return changed;
};

const keepWithin = (lines: CartLine[], warn: Warn): CartLine[] => {
  if (lines.length <= linesInCartMax) return lines;
  warn('cart_lines_many');
  return lines.slice(0, linesInCartMax);
};

/** A price and its currency travel together: 1500 yen, told again without a price in a page of euros, are no 1500 euros. */
const keepsPrice = (known: CartLine, told: CartLine): boolean => told.price === null && known.price !== null;

/**
 * What is told anew replaces what was known; what is not told stays. Written out in the order in which a line is first read:
 * what is added to a line that came out of the store would stand at its end, and a rebuild would not give the same bytes.
 */
const refreshed = (line: CartLine, told: CartLine): CartLine => ({
  key: line.key,
  productId: told.productId ?? line.productId,
  sku: told.sku ?? line.sku,
  variantId: told.variantId ?? line.variantId,
  variant: told.variant ?? line.variant,
  options: line.options,
  name: told.name ?? line.name,
  quantity: line.quantity,
  price: told.price ?? line.price,
  currency: keepsPrice(line, told) ? line.currency : (told.currency ?? line.currency),
  at: line.at,
});

export const addLine = (cart: CartRecord, added: CartLine, warn: Warn): boolean =>
  changing(cart, warn, () => {
    if (added.quantity === 0) return false;
    // By key alone: `p1` without a variant beside `p1` in red may be another colour. Taking away is more forgiving.
    const line = cart.lines.find((known) => known.key === added.key);
    if (line === undefined) {
      const before = cart.lines.length;
      cart.lines = keepWithin([...cart.lines, { ...added }], warn);
      return cart.lines.length > before;
    }
    const more = refreshed(line, added);
    more.quantity = addQuantity(line.quantity, added.quantity, warn);
    more.at = added.at;
    cart.lines = cart.lines.map((known) => (known === line ? more : known));
    return true;
  });

const held = (cart: CartRecord, before: CartLine[]): void => {
  if (cart.lines.length === 0 && before.length > 0) cart.held = before;
};

export const removeLine = (cart: CartRecord, removed: CartLine, warn: Warn): boolean =>
  changing(cart, warn, () => {
    const line = findLine(cart.lines, removed);
    if (line === undefined) {
      warn('cart_line_unknown');
      return false;
    }
    if (removed.quantity === 0) return false;
    const left = roundQuantity(line.quantity - removed.quantity);
    if (left > 0) {
      line.quantity = left;
      line.at = removed.at;
    } else {
      const before = cart.lines;
      cart.lines = before.filter((other) => other !== line);
      held(cart, before);
    }
    return true;
  });

/** Authoritative at its instant. A price it leaves out is the one last known of the same line. */
export const replaceLines = (cart: CartRecord, snapshot: readonly CartLine[], warn: Warn): boolean =>
  changing(cart, warn, () => {
    const before = cart.lines;
    let changed = false;
    const matched = new Set<CartLine>();
    const after = snapshot.map((told) => {
      const known = findLine(
        before.filter((line) => !matched.has(line)),
        told,
      );
      if (known === undefined) {
        changed = true;
        return { ...told };
      }
      matched.add(known);
      const { price, currency } = keepsPrice(known, told) ? known : told;
      const line: CartLine = { ...told, name: told.name ?? known.name, price, currency };
      if (known.quantity === told.quantity) line.at = known.at;
      else changed = true;
      return line;
    });
    if (matched.size < before.length) changed = true;
    cart.lines = keepWithin(after, warn);
    held(cart, before);
    return changed;
  });

/** C6: by line, the greater quantity of the two. */
export const uniteLines = (cart: CartRecord, other: readonly CartLine[], at: number, warn: Warn): boolean =>
  changing(cart, warn, () => {
    let changed = false;
    for (const theirs of other) {
      const ours = findLine(cart.lines, theirs);
      if (ours === undefined) {
        cart.lines.push({ ...theirs });
        changed = true;
      } else {
        if (keepsPrice(theirs, ours)) {
          ours.price = theirs.price;
          ours.currency = theirs.currency ?? ours.currency;
        }
        if (theirs.quantity > ours.quantity) {
          ours.quantity = theirs.quantity;
          ours.at = at;
          changed = true;
        }
      }
    }
    cart.lines = keepWithin(cart.lines, warn);
    return changed;
  });

/** C5: ordered lines leave the cart whole: nobody orders half a line, a lesser quantity was changed on the way. */
export const takeLines = (cart: CartRecord, taken: ReadonlySet<CartLine>): void => {
  cart.lines = cart.lines.filter((line) => !taken.has(line));
  cart.stage = 'cart';
};
