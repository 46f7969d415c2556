// Where in a body's text the items of its `batch` stand, so that the size of each can be told without writing it again.
// One pass, nothing allocated but the places. What is no JSON may give wrong places; the parser has refused it by then.

const quote = 0x22;
const backslash = 0x5c;

/** Where the string that begins before `at` ends. Searching for the quote is several times quicker than looking at each character. */
const endOfString = (text: string, at: number): number => {
  for (let end = text.indexOf('"', at); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
};

/**
 * From and to of each item of the top-level `batch`, flat. Empty where a top-level name or text is written with escapes:
 * it may be another `batch`, and no places are better than wrong ones.
 */
export const placesOfItems = (text: string): number[] => {
  const places: number[] = [];
  let depth = 0;
  let batchDepth = -1;
  let batchNext = false;
  let itemFrom = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const from = at + 1;
      at = endOfString(text, from);
      if (depth === 1) {
        // Of the string alone: looking on through the rest for each of a hundred thousand names would take minutes.
        if (text.slice(from, at).includes('\\')) return [];
        batchNext = at - from === 5 && text.startsWith('batch', from);
      } else if (batchDepth === depth && itemFrom < 0) itemFrom = from - 1;
    } else if (code === 0x7b || code === 0x5b) {
      if (batchDepth === depth && itemFrom < 0) itemFrom = at;
      depth += 1;
      if (batchNext && depth === 2 && code === 0x5b) {
        // A name may stand twice; the last one counts, as it does for the parser.
        batchDepth = 2;
        places.length = 0;
        itemFrom = -1;
      }
      batchNext = false;
    } else if (code === 0x7d || code === 0x5d) {
      if (batchDepth === depth) {
        if (itemFrom >= 0) places.push(itemFrom, at);
        itemFrom = -1;
        batchDepth = -1;
      }
      depth -= 1;
    } else if (code === 0x2c) {
      if (batchDepth === depth) {
        places.push(itemFrom < 0 ? at : itemFrom, at);
        itemFrom = -1;
      }
      batchNext = false;
    } else if (code > 0x20 && code !== 0x3a) {
      if (batchDepth === depth && itemFrom < 0) itemFrom = at;
      batchNext = false;
    }
  }
  return places;
};
