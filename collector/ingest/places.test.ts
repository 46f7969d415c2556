import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesOfItems } from './places.js';

const seed = Number(process.env.WEFT_SEED);
const itemsOf = (text: string): string[] => {
  const places = placesOfItems(text);
  return Array.from({ length: places.length / 2 }, (_, item) => text.slice(places[item * 2], places[item * 2 + 1]));
};

describe('the places of a batch’s items', () => {
  it(`hold each item and nothing else (seed ${seed})`, () => {
    let told = 0;
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 }),
        fc.dictionary(
          fc.string().filter((name) => name !== 'batch'),
          fc.jsonValue({ maxDepth: 3 }),
          { maxKeys: 3 },
        ),
        fc.constantFrom(undefined, 1, '\t'),
        (batch, rest, space) => {
          const body = { ...rest, batch, after: { batch: [1] } };
          const escapedAtTop = [...Object.keys(body), ...Object.values(body)].some(
            (part) => typeof part === 'string' && JSON.stringify(part).includes('\\'),
          );
          const items = itemsOf(JSON.stringify(body, null, space));
          if (escapedAtTop) {
            expect(items).toEqual([]);
            return;
          }
          told += items.length;
          expect(items.map((item) => JSON.parse(item) as unknown)).toEqual(JSON.parse(JSON.stringify(batch)));
        },
      ),
      { seed, numRuns: 500 },
    );
    expect(told).toBeGreaterThan(100);
  });

  it.each([
    ['{"batch":[]}', []],
    ['{"batch":[1]}', ['1']],
    ['{ "batch" : [ {"a":1} , "x" , [2] , null ] }', ['{"a":1} ', '"x" ', '[2] ', 'null ']],
    ['{"a":"batch","b":[9],"batch":[1]}', ['1']],
    ['{"x":{"batch":[9]},"batch":[{"batch":[8,9]},2]}', ['{"batch":[8,9]}', '2']],
    ['{"batch":[1,2],"batch":[3]}', ['3']],
    ['{"batch":["a\\"b,]","\\\\",1]}', ['"a\\"b,]"', '"\\\\"', '1']],
    ['{"batch":[1,2],"b\\u0061tch":[3,4]}', []],
    ['{"batch":[1,2],"x":"\\n"}', []],
  ])('of %s are %j', (text, items) => {
    expect(itemsOf(text)).toEqual(items);
  });

  it('are found or not in text that is no JSON, but never without end', () => {
    for (const text of ['', '"', '"\\', '{"batch":[', ']]]]', '{"batch":"', '{"batch":[,,]}', '}{', '"\\"\\"\\"']) {
      expect(() => placesOfItems(text)).not.toThrow();
    }
  });
});
