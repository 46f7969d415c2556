// @vitest-environment happy-dom
// Events that stand in the page's own elements.

import { afterEach, describe, expect, test } from 'vitest';
import { attributes, propertiesOf } from './attributes.js';
import { recordedClient } from './fixtures/recorded.js';

const stops: (() => void)[] = [];
const started = (html: string) => {
  document.body.innerHTML = html;
  const recorded = recordedClient();
  stops.push(attributes(recorded.client));
  return recorded;
};
const click = (selector: string) => document.querySelector<HTMLElement>(selector)?.click();
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

describe('what is told', () => {
  test.each<[string, string, Record<string, unknown>]>([
    [
      'names in snake case, amounts as numbers',
      '<b data-weft-event="x" data-weft-product-id="p1" data-weft-price="9,99" data-weft-quantity="2">',
      { product_id: 'p1', price: 9.99, quantity: 2 },
    ],
    [
      'an id that looks like a number stays text',
      '<b data-weft-event="x" data-weft-product-id="007">',
      { product_id: '007' },
    ],
    [
      'JSON for what is no text',
      `<b data-weft-event="x" data-weft-properties='{"products":[{"product_id":"a"}]}' data-weft-list-id="l">`,
      { products: [{ product_id: 'a' }], list_id: 'l' },
    ],
    [
      'broken JSON costs the rest nothing',
      `<b data-weft-event="x" data-weft-properties='{"a":' data-weft-list-id="l">`,
      { list_id: 'l' },
    ],
    ['no other attribute', '<b data-weft-event="x" data-weft-on="click" data-other="y" class="z" value="secret">', {}],
  ])('%s', (_, html, expected) => {
    document.body.innerHTML = html;
    expect(propertiesOf(document.querySelector('b') as Element)).toEqual(expected);
  });
});

test('a press on the element, or on what is inside it', () => {
  const { tracked, calls } = started(
    '<button data-weft-event="Product Added" data-weft-product-id="p1"><i>Add</i></button><p>not this</p>',
  );
  click('i');
  click('button');
  click('p');
  expect(tracked()).toEqual([
    ['Product Added', { product_id: 'p1' }],
    ['Product Added', { product_id: 'p1' }],
  ]);
  expect(calls[0]?.[3]).toEqual({ source: 'attributes' });
});

test('a form is told when it is submitted, and none of its fields is read', () => {
  const { tracked } = started(
    '<form data-weft-event="Newsletter Joined" data-weft-place="footer"><input name="email" value="a@b.example"><button type="button">x</button></form>',
  );
  click('button');
  expect(tracked()).toEqual([]);
  document.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  expect(tracked()).toEqual([['Newsletter Joined', { place: 'footer' }]]);
});

test('an element that comes later is heard too, an event without a name is not', () => {
  const { tracked } = started('');
  document.body.innerHTML =
    '<a data-weft-event="Product Clicked" data-weft-sku="s">x</a><a id="n" data-weft-event=" ">y</a>';
  click('a');
  click('#n');
  expect(tracked()).toEqual([['Product Clicked', { sku: 's' }]]);
});

test('the same added product, told by the data layer already, is not told again', () => {
  const { client, tracked } = started('<button data-weft-event="Product Added" data-weft-product-id="p1">Add</button>');
  client.track('Product Added', { product_id: 'p1' }, { source: 'data-layer' });
  click('button');
  expect(tracked()).toHaveLength(1);
});

test('stopped, it hears nothing', () => {
  const { tracked } = started('<button data-weft-event="x">Add</button>');
  for (const stop of stops.splice(0)) stop();
  click('button');
  expect(tracked()).toEqual([]);
});
