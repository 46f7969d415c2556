// In which spellings an erased address is found in what others wrote, and whose it is not.

import { describe, expect, it } from 'vitest';
import { spellingsOf, textOf } from './spellings.js';

const closure = { userIds: [], aliases: [], visitorIds: [], contacts: [] };
const of = (fields: Partial<Parameters<typeof spellingsOf>[0]>) => spellingsOf({ ...closure, ...fields });
const ada = of({ contacts: [{ kind: 'email', value: 'ada.b+news@shop.test' }] });
const phone = of({ contacts: [{ kind: 'phone', value: '+491701234567' }] });

/** What is left, and that the cheap question never says no where something is found. */
const left = (spellings: ReturnType<typeof spellingsOf>, value: unknown): unknown => {
  const kept = spellings.without(value);
  if (kept !== value) expect(spellings.mayStandIn(textOf(JSON.stringify({ value })))).toBe(true);
  return kept;
};

describe('R14: an e-mail in what others wrote', () => {
  it.each([
    'ada.b+news@shop.test',
    ' ADA.B+News@Shop.Test ',
    'mailto:ada.b+news@shop.test',
    'ada.b%2Bnews%40shop.test',
    '<ada.b+news@shop.test>',
  ])('%s is nothing else, and goes whole', (text) => expect(left(ada, text)).toBe(undefined));
  it.each([
    ['mail ada.b+news@shop.test.', 'mail :redacted.'],
    ['Ada <Ada.B+news@shop.test>, Bob', 'Ada <:redacted>, Bob'],
    ['/unsubscribe?email=ada.b%2bnews%40shop.test&x=1', '/unsubscribe?email=:redacted&x=1'],
    ['/r?to=%2Fu%3Fe%3Dada.b%252Bnews%2540shop.test', '/r?to=%2Fu%3Fe%3D:redacted'],
    ['{"to":"ada.b+news\\u0040shop.test"}', '{"to":":redacted"}'],
    ['a line\\nada.b+news@shop.test', 'a line\\n:redacted'],
    ['twice ada.b+news@shop.test ada.b+news@shop.test', 'twice :redacted :redacted'],
  ])('%s', (text, out) => expect(left(ada, text)).toBe(out));
  it.each([
    'ada.b@shop.test',
    'ada.b+other@shop.test',
    'x.ada.b+news@shop.test',
    'xada.b+news@shop.test',
    'ada.b+news@shop.test.example',
    'ada.b+news@shop.testing',
    'adaxb+news@shop.test',
    'ada.b+news',
  ])('%s is somebody else’s', (text) => expect(left(ada, text)).toBe(text));

  it('in depth: values, parts of texts, keys and elements; the rest stands, and what had none is the same', () => {
    const email = 'ada.b+news@shop.test';
    const deep = {
      friend: { email, name: 'Ada' },
      emails: [email, 'bob@shop.test'],
      [email]: 1,
      note: `to ${email}!`,
      n: 3,
    };
    expect(left(ada, deep)).toEqual({
      friend: { name: 'Ada' },
      emails: ['bob@shop.test'],
      note: 'to :redacted!',
      n: 3,
    });
    const other = { a: [{ b: 'ada' }], c: null, d: true };
    expect(ada.without(other)).toBe(other);
  });

  it('of an international domain in both its forms', () => {
    const one = of({ contacts: [{ kind: 'email', value: 'jörg@xn--bcher-kva.example' }] });
    for (const text of ['jörg@bücher.example', 'JÖRG@xn--bcher-kva.example', 'j%C3%B6rg@bücher.example'])
      expect([text, left(one, text)]).toEqual([text, undefined]);
  });
});

describe('R14: a phone in what others wrote', () => {
  it.each<[unknown, unknown]>([
    ['+49 170 123 45 67', undefined],
    ['tel:+49-170-1234567', undefined],
    [491701234567, undefined],
    ['call 0049 (170) 1234567 at noon', 'call :redacted at noon'],
    ['?p=%2B491701234567', '?p=:redacted'],
    ['+4917012345678', '+4917012345678'],
    ['1491701234567', '1491701234567'],
    ['sku-491701234567', 'sku-491701234567'.replace('491701234567', ':redacted')],
    [491701234568, 491701234568],
  ])('%s', (text, out) => expect(left(phone, text)).toBe(out));
  it('a short one only with its plus', () => {
    const short = of({ contacts: [{ kind: 'phone', value: '+4512345678'.slice(0, 9) }] });
    expect(left(short, 'article 45123456')).toBe('article 45123456');
    expect(left(short, 'call +45 12 34 56')).toBe('call :redacted');
  });
});

describe('R14: a phone as it is written at home', () => {
  const of49 = phone;
  const of1 = of({ contacts: [{ kind: 'phone', value: '+14155552671' }] });
  const of7 = of({ contacts: [{ kind: 'phone', value: '+79161234567' }] });
  const of34 = of({ contacts: [{ kind: 'phone', value: '+34612345678' }] });
  const of45 = of({ contacts: [{ kind: 'phone', value: '+4520240115' }] });
  const of351 = of({ contacts: [{ kind: 'phone', value: '+351912345678' }] });
  const of36 = of({ contacts: [{ kind: 'phone', value: '+36301234567' }] });
  const of47 = of({ contacts: [{ kind: 'phone', value: '+4741234567' }] });

  it.each<[string, ReturnType<typeof of>, unknown, unknown]>([
    ['with a trunk zero', of49, '0170 1234567', undefined],
    ['… alone', of49, '01701234567', undefined],
    ['… in brackets', of49, 'call (0170) 123-4567 at noon', 'call :redacted at noon'],
    ['… with marks', of49, 'Ada, 0170/123 45 67, Berlin', 'Ada, :redacted, Berlin'],
    ['… with the country too', of49, '+49 (0)170 1234567', undefined],
    ['… with the country too, without brackets', of49, '0049 0170 1234567', undefined],
    ['… encoded', of49, '?p=0170%201234567', '?p=:redacted'],
    ['of North America', of1, '(415) 555-2671', undefined],
    ['of North America, dotted', of1, 'ask 415.555.2671.', 'ask :redacted.'],
    ['of North America, alone', of1, 4155552671, undefined],
    ['of Russia', of7, '8 (916) 123-45-67', undefined],
    ['of Hungary', of36, '06 30 123 4567', undefined],
    ['of a country without a trunk', of34, 'tel:612 345 678', undefined],
    ['of Portugal', of351, '912 345 678 (Ada)', ':redacted (Ada)'],
    ['of eight digits', of47, 'call 41 23 45 67 now', 'call :redacted now'],
  ])('is found %s', (_, spellings, text, out) => expect(left(spellings, text)).toBe(out));

  it.each<[string, ReturnType<typeof of>, unknown]>([
    ['an instant in seconds', of49, 1701234567],
    ['an instant in a text', of49, 'at 1701234567'],
    ['another country’s number', of49, '+39 0170 1234567'],
    ['another country’s number, in brackets', of49, '+43 (0170) 1234567'],
    ['a longer number', of49, '017012345678'],
    ['a part of a word', of49, 'a01701234567'],
    ['an article of nine digits', of34, '612345678'],
    ['the same as a number', of34, 612345678],
    ['a part of a card', of47, '4012 41 23 45 67'],
    ['an amount', of47, '41.234.567,50'],
    ['a day', of45, '2024-01-15'],
    ['a day and its time', of45, '2024-01-15 09:30'],
    ['a day in a text', of45, 'since 20 24 01 15'],
  ])('is not %s', (_, spellings, text) => expect(left(spellings, text)).toBe(text));

  it('is found under a name that says what it is, however it is written', () => {
    expect(left(of34, { phone: '612345678', ref: '612345678' })).toEqual({ ref: '612345678' });
    expect(left(of45, { shipping: { mobile_phone: 20240115, day: '2024-01-15' } })).toEqual({
      shipping: { day: '2024-01-15' },
    });
    expect(left(of34, { hotel: 612345678, phone: '6123456789' })).toEqual({ hotel: 612345678, phone: '6123456789' });
  });
});

describe('R14: an id in what others wrote', () => {
  it('is looked for where nothing else can be meant: long, with a digit, whole; or an e-mail', () => {
    const ids = of({ userIds: ['cus_4f2a9c1b77', '104233', 'ada@shop.test'], aliases: ['administrator'] });
    expect(left(ids, 'see cus_4f2a9c1b77, order 104233 of administrator, ada@shop.test')).toBe(
      'see :redacted, order 104233 of administrator, :redacted',
    );
    expect(left(ids, 'cus_4f2a9c1b77x')).toBe('cus_4f2a9c1b77x');
    expect([of({ userIds: ['104233'] }).any, of({ visitorIds: ['4f2a9c1b77104233'] }).any]).toEqual([false, false]);
  });
});
