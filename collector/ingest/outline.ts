// Before parsing: how deep the text nests, and where in it the items of `batch` stand. One pass over the characters,
// nothing allocated but the spans. What is no JSON may give a wrong outline; the parser will refuse it anyway.

export interface Outline {
  /** From and to of each item of the top-level `batch`, flat. Empty unless asked for and certain. */
  spans: number[];
}

const quote = 0x22;
const backslash = 0x5c;

/** Null when it nests deeper than `depthMax`. */
export const outline = (text: string, depthMax: number, wantSpans: boolean): Outline | null => {
  const spans: number[] = [];
  const length = text.length;
  let depth = 0;
  let batchDepth = -1;
  let batchNext = false;
  let itemFrom = -1;
  // A name written with escapes may be `batch` too: then the places are not told rather than told wrongly.
  let sure = wantSpans;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const from = at + 1;
      at += 1;
      while (at < length) {
        const inner = text.charCodeAt(at);
        if (inner === quote) break;
        if (inner === backslash) {
          if (depth === 1) sure = false;
          at += 1;
        }
        at += 1;
      }
      if (wantSpans && depth === 1) batchNext = at - from === 5 && text.startsWith('batch', from);
      else if (batchDepth === depth && itemFrom < 0) itemFrom = from - 1;
    } else if (code === 0x7b || code === 0x5b) {
      if (batchDepth === depth && itemFrom < 0) itemFrom = at;
      depth += 1;
      if (depth > depthMax) return null;
      if (batchNext && depth === 2 && code === 0x5b) {
        // A name may stand twice; the last one counts, as it does for the parser.
        batchDepth = 2;
        spans.length = 0;
        itemFrom = -1;
      }
      batchNext = false;
    } else if (code === 0x7d || code === 0x5d) {
      if (batchDepth === depth) {
        if (itemFrom >= 0) spans.push(itemFrom, at);
        itemFrom = -1;
        batchDepth = -1;
      }
      depth -= 1;
    } else if (code === 0x2c) {
      if (batchDepth === depth) {
        spans.push(itemFrom < 0 ? at : itemFrom, at);
        itemFrom = -1;
      }
      batchNext = false;
    } else if (wantSpans && code > 0x20 && code !== 0x3a) {
      if (batchDepth === depth && itemFrom < 0) itemFrom = at;
      batchNext = false;
    }
  }
  return { spans: sure ? spans : [] };
};
