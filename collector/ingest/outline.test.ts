import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outline } from './outline.js';

const seed = Date.now() & 0x7fffffff;
const spansOf = (text: string) => {
  const { spans } = outline(text, 100, true)!;
  return Array.from({ length: spans.length / 2 }, (_, item) => text.slice(spans[item * 2], spans[item * 2 + 1]));
};
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('the outline of a body', () => {
  it(`tells where each item of the batch stands (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 }),
        fc.dictionary(
          fc.string().filter((name) => name !== 'batch'),
          fc.jsonValue({ maxDepth: 3 }),
          { maxKeys: 4 },
        ),
        fc.constantFrom(undefined, 1, '\t'),
        (batch, rest, space) => {
          const text = JSON.stringify({ ...rest, batch, after: { batch: [1] } }, null, space);
          const escaped = Object.keys(rest).some((name) => JSON.stringify(name).includes('\\'));
          const escapedText = Object.values(rest).some(
            (v) => typeof v === 'string' && JSON.stringify(v).includes('\\'),
          );
          const spans = spansOf(text);
          if ((escaped || escapedText) && spans.length === 0) return;
          expect(spans.map((item) => JSON.parse(item) as unknown)).toEqual(JSON.parse(JSON.stringify(batch)));
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it(`refuses exactly what nests too deep (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 6 }), (value, depthMax) => {
        expect(outline(JSON.stringify(value), depthMax, false) === null).toBe(depthOf(value) > depthMax);
      }),
      { seed, numRuns: 500 },
    );
  });

  it.each([
    ['{"batch":[]}', []],
    ['{"batch":[1]}', ['1']],
    ['{ "batch" : [ {"a":1} , "x" , [2] , null ] }', ['{"a":1} ', '"x" ', '[2] ', 'null ']],
    ['{"a":"batch","b":[9],"batch":[1]}', ['1']],
    ['{"x":{"batch":[9]},"batch":[{"batch":[8,9]},2]}', ['{"batch":[8,9]}', '2']],
    ['{"batch":[1,2],"batch":[3]}', ['3']],
    ['{"batch":["a\\"b,]",1]}', ['"a\\"b,]"', '1']],
  ])('%s has %j', (text, items) => {
    expect(spansOf(text)).toEqual(items);
  });

  it('says nothing rather than something wrong when a name is written with escapes', () => {
    expect(spansOf('{"batch":[1,2],"b\\u0061tch":[3,4]}')).toEqual([]);
  });

  it('ends on text that is no JSON', () => {
    for (const text of ['', '"', '"\\', '{"batch":[', ']]]]', '{"batch":"', '{"batch":[,,]}', '}{']) {
      expect(() => outline(text, 5, true)).not.toThrow();
    }
  });
});
