import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import hostile from '../enrich/fixtures/hostile.json';
import {
  gateAnonymousId,
  gateEmail,
  gateExternal,
  gateIdentifier,
  gateLookupKey,
  gatePhone,
  type RefusalCode,
} from './identifier.js';

const seed = Number(process.env.WEFT_SEED);
const runs = { seed, numRuns: 500 };
console.info(`identifier.test.ts: fast-check seed ${seed}`);

const outcome = (gated: { ok: true; value: string } | { ok: false; code: RefusalCode }): string =>
  gated.ok ? `= ${gated.value}` : gated.code;

describe('a shop id', () => {
  it.each<[string, unknown, string]>([
    ['a plain string', 'U1', '= U1'],
    ['a number', 42, '= 42'],
    ['a fraction', 1.5, '= 1.5'],
    ['a negative number', -7, '= -7'],
    ['the largest number JSON carries whole', Number.MAX_SAFE_INTEGER, '= 9007199254740991'],
    ['a number JSON.parse has rounded', JSON.parse('12345678901234567890'), 'refused_number'],
    ['a number too large to be one', JSON.parse('1e999'), 'refused_number'],
    ['not a number', Number.NaN, 'refused_number'],
    ['null', null, 'absent'],
    ['undefined', undefined, 'absent'],
    ['true', true, 'refused_type'],
    ['an object', { id: 'U1' }, 'refused_type'],
    ['an array', ['U1'], 'refused_type'],
    ['a function', () => 'U1', 'refused_type'],
    ['an object with toString', { toString: () => 'U1' }, 'refused_type'],
    ['an empty string', '', 'refused_empty'],
    ['spaces', ' \t\n\u00a0\ufeff ', 'refused_empty'],
    ['marks that print nothing', '\u200b\u2060', 'refused_empty'],
    ['empty quotes', '""', 'refused_empty'],
    ['spaces around', '  U1\n', '= U1'],
    ['a decomposed letter', 'Rene\u0301', '= Ren\u00e9'],
    ['a composed letter', 'Ren\u00e9', '= Ren\u00e9'],
    ['case kept', 'AbC', '= AbC'],
    ['a NUL', 'U\u00001', 'refused_control'],
    ['a line feed inside', 'U\n1', 'refused_control'],
    ['DEL', 'U\u007f1', 'refused_control'],
    ['a C1 control', 'U\u00851', 'refused_control'],
    ['a line separator', 'U\u20281', 'refused_control'],
    ['a right-to-left override', 'U\u202e1', 'refused_control'],
    ['half of a surrogate pair', 'U\ud800', 'refused_control'],
    ['one character', 'x', '= x'],
    ['200 characters', 'x'.repeat(200), `= ${'x'.repeat(200)}`],
    ['201 characters', 'x'.repeat(201), 'refused_length'],
    ['200 characters of two units each', '😀'.repeat(200), `= ${'😀'.repeat(200)}`],
    ['201 of them', '😀'.repeat(201), 'refused_length'],
    ['200 characters that arrive decomposed', 'e\u0301'.repeat(200), `= ${'é'.repeat(200)}`],
    ['a megabyte', 'x'.repeat(1_000_000), 'refused_length'],
    ['a Liquid placeholder', '{{ customer.id }}', 'refused_template'],
    ['a placeholder inside', 'user-{{id}}', 'refused_template'],
    ['a placeholder over two lines is refused for its line feed', '{{\nid\n}}', 'refused_control'],
    ['a template literal', `\${user.id}`, 'refused_template'],
    ['a mail merge field', '%%subscriber_key%%', 'refused_template'],
    ['a dollar alone', '$5', '= $5'],
    ['braces alone', '{U1}', '= {U1}'],
    ['the prototype of objects', '__proto__', '= __proto__'],
    ['a constructor', 'constructor', '= constructor'],
    ['an e-mail', 'Ann@Shop.fr', '= Ann@Shop.fr'],
    ['an e-mail at a reserved domain', 'ann@example.com', 'refused_reserved'],
    ['an e-mail at localhost', 'ann@localhost', 'refused_reserved'],
    ['a handle', '@ann', '= @ann'],
  ])('R2: %s', (_, raw, expected) => expect(outcome(gateIdentifier(raw))).toBe(expected));

  const words = (
    'null undefined nan none nil void anonymous anon guest user user_id userid id distinct_id distinctid anonymous_id ' +
    'email true false unknown n/a na - not_authenticated not_logged_in test abc123 {} [] -1 0 00 0-0 --- ' +
    '00000000-0000-0000-0000-000000000000'
  ).split(' ');
  const spellings: [string, (word: string) => string][] = [
    ['as it is', (word) => word],
    ['in capitals', (word) => word.toUpperCase()],
    ['with a capital', (word) => word.charAt(0).toUpperCase() + word.slice(1)],
    ['with spaces around', (word) => `  ${word}\t`],
    ['in double quotes', (word) => `"${word}"`],
    ['in single quotes', (word) => `'${word}'`],
    ['in typographic quotes', (word) => `“${word}”`],
    ['encoded twice', (word) => JSON.stringify(JSON.stringify(word))],
    ['behind a mark that prints nothing', (word) => `\u200b${word}`],
  ];
  it.each(spellings)('R2: every blocked word is refused %s', (_, spell) => {
    for (const word of [...words, '[object object]', '[object Undefined]'])
      expect([word, outcome(gateIdentifier(spell(word)))]).toEqual([word, 'refused_blocked']);
  });
  it('R2: a word that only contains a blocked one passes', () => {
    for (const id of ['guest-1', 'nullable', 'Nancy', 'user1', 'test2', 'ids', '10', '0a', 'A-0', 'true-north'])
      expect(outcome(gateIdentifier(id))).toBe(`= ${id}`);
  });
  it('I7: identify("guest") names nobody, in whatever spelling 500 devices send it', () => {
    const sent = Array.from({ length: 500 }, (_, n) => spellings[n % spellings.length]![1]('guest'));
    expect(sent.filter((id) => gateIdentifier(id).ok)).toEqual([]);
  });
  it("R2: the site's own list counts in any case and inside quotes", () => {
    const blocked = ['Kasse-1', ' "walkin" ', 'noreply@shop.fr', '+33612345678'];
    for (const id of ['kasse-1', 'KASSE-1', "'kasse-1'", 'WalkIn', 'NoReply@Shop.fr'])
      expect(outcome(gateIdentifier(id, { blocked }))).toBe('refused_blocked');
    expect(outcome(gateIdentifier('kasse-2', { blocked }))).toBe('= kasse-2');
    expect(outcome(gateAnonymousId('kasse-1', { blocked }))).toBe('refused_blocked');
    expect(outcome(gateEmail('noreply@SHOP.fr', { blocked }))).toBe('refused_blocked');
    expect(outcome(gatePhone('+33 6 12 34 56 78', { blocked }))).toBe('refused_blocked');
  });
  it('R2: WEFT_RESERVED_EMAIL=allow lets reserved domains pass', () => {
    expect(outcome(gateIdentifier('ann@example.com', { reservedEmail: 'allow' }))).toBe('= ann@example.com');
  });
  it('R2: device ids, look-up keys and external ids stand at the same gate', () => {
    for (const gate of [gateAnonymousId, gateLookupKey, (raw: unknown) => gateExternal('crm', raw)]) {
      expect(outcome(gate('guest'))).toBe('refused_blocked');
      expect(outcome(gate('{{cart.token}}'))).toBe('refused_template');
      expect(outcome(gate({}))).toBe('refused_type');
      expect(outcome(gate(1001))).toBe('= 1001');
    }
    expect(gateExternal('Shopify_Customer', ' 7 ')).toEqual({
      ok: true,
      kind: 'external:shopify_customer',
      value: '7',
      raw: '7',
    });
    for (const type of ['', 'a b', '__proto__', 'x'.repeat(41), 7, {}])
      expect(gateExternal(type, '7').ok, String(type)).toBe(false);
  });
});

describe('an e-mail', () => {
  it.each<[string, unknown, string]>([
    ['lower-cased and trimmed', 'User@Shop.COM ', '= user@shop.com'],
    ['plus kept', 'ann+sale@gmail.com', '= ann+sale@gmail.com'],
    ['dots kept', 'a.n.n@gmail.com', '= a.n.n@gmail.com'],
    ["an apostrophe, as in o'neill", "o'neill@shop.ie", "= o'neill@shop.ie"],
    ['an international domain becomes ASCII', 'ann@Bücher.de', '= ann@xn--bcher-kva.de'],
    ['its ASCII form is the same', 'ann@xn--bcher-kva.de', '= ann@xn--bcher-kva.de'],
    ['an international local part', 'Zoë@shop.nl', '= zoë@shop.nl'],
    ['a hyphen in the domain', 'a@my-shop.co.uk', '= a@my-shop.co.uk'],
    ['a long top level', 'a@b.photography', '= a@b.photography'],
    ['null', null, 'absent'],
    ['a number', 5, 'refused_type'],
    ['an array', ['a@b.fr'], 'refused_type'],
    ['empty', ' ', 'refused_empty'],
    ['no @', 'ann.shop.fr', 'refused_invalid'],
    ['nothing before @', '@shop.fr', 'refused_invalid'],
    ['nothing after @', 'ann@', 'refused_invalid'],
    ['two @', 'a@b@shop.fr', 'refused_invalid'],
    ['no dot', 'ann@shop', 'refused_invalid'],
    ['a dot at the end', 'ann@shop.fr.', 'refused_invalid'],
    ['two dots', 'ann@shop..fr', 'refused_invalid'],
    ['two dots before @', 'a..b@shop.fr', 'refused_invalid'],
    ['a leading dot', '.ann@shop.fr', 'refused_invalid'],
    ['a hyphen at an edge', 'ann@-shop.fr', 'refused_invalid'],
    ['an address of numbers', 'ann@127.0.0.1', 'refused_invalid'],
    ['an address in brackets', 'ann@[127.0.0.1]', 'refused_invalid'],
    ['a space inside', 'an n@shop.fr', 'refused_invalid'],
    ['a display name', 'Ann <ann@shop.fr>', 'refused_invalid'],
    ['a list', 'a@shop.fr,b@shop.fr', 'refused_invalid'],
    ['a scheme', 'mailto:ann@shop.fr', 'refused_invalid'],
    ['a quoted local part', '"a b"@shop.fr', 'refused_invalid'],
    ['a local part of 65', `${'a'.repeat(65)}@shop.fr`, 'refused_invalid'],
    ['over 200 characters', `a@${`${'b'.repeat(60)}.`.repeat(4)}fr`, 'refused_length'],
    ['a label of 64', `a@${'b'.repeat(64)}.fr`, 'refused_invalid'],
    ['a line feed for a header', 'ann@shop.fr\nbcc: x@y.fr', 'refused_control'],
    ['a placeholder', '{{email}}@shop.fr', 'refused_template'],
    ['a blocked word', 'null', 'refused_blocked'],
    ['example.com', 'ann@example.com', 'refused_reserved'],
    ['example.org', 'ann@EXAMPLE.ORG', 'refused_reserved'],
    ['example.net', 'ann@example.net', 'refused_reserved'],
    ['below example.com', 'ann@mail.example.com', 'refused_reserved'],
    ['.test', 'ann@shop.test', 'refused_reserved'],
    ['.invalid', 'ann@shop.invalid', 'refused_reserved'],
    ['localhost', 'ann@localhost', 'refused_reserved'],
    ['below localhost', 'ann@mail.localhost', 'refused_reserved'],
    ['a domain that only ends alike', 'ann@notexample.com', '= ann@notexample.com'],
    ['.example is not on the list', 'ann@shop.example', '= ann@shop.example'],
  ])('R2: %s', (_, raw, expected) => expect(outcome(gateEmail(raw))).toBe(expected));

  it('I9: the spelling is kept beside the value that compares equal', () => {
    const a = gateEmail('User@Shop.COM ');
    const b = gateEmail('user@shop.com');
    expect(a).toEqual({ ok: true, value: 'user@shop.com', raw: 'User@Shop.COM' });
    expect(b).toEqual({ ok: true, value: 'user@shop.com', raw: 'user@shop.com' });
  });
  it.each(['ann@example.com', 'ann@shop.test', 'ann@localhost', 'ann@mail.localhost'])(
    'R2: %s passes where reserved domains are allowed',
    (raw) => expect(outcome(gateEmail(raw, { reservedEmail: 'allow' }))).toBe(`= ${raw}`),
  );
});

describe('a phone', () => {
  it.each<[string, unknown, string]>([
    ['E.164', '+33612345678', '= +33612345678'],
    ['spaces', '+33 6 12 34 56 78', '= +33612345678'],
    ['marks between digits', '+1 (415) 555-2671', '= +14155552671'],
    ['no-break spaces and dots', '+44\u00a020.7946.0958', '= +442079460958'],
    ['a tel: link', 'tel:+33612345678', '= +33612345678'],
    ['15 digits', '+123456789012345', '= +123456789012345'],
    ['16 digits', '+1234567890123456', 'refused_invalid'],
    ['6 digits', '+123456', 'refused_invalid'],
    ['a national number', '0612345678', 'refused_invalid'],
    ['00 instead of plus', '0033612345678', 'refused_invalid'],
    ['no plus', '33612345678', 'refused_invalid'],
    ['a zero after plus', '+0612345678', 'refused_invalid'],
    ['a trunk zero in brackets', '+44 (0)20 7946 0958', 'refused_invalid'],
    ['an extension', '+1 415 555 2671 ext. 5', 'refused_invalid'],
    ['letters', '+1-800-FLOWERS', 'refused_invalid'],
    ['digits of another script', '+٣٣٦١٢٣٤٥٦٧٨', 'refused_invalid'],
    ['a number', 33612345678, 'refused_type'],
    ['zeros', '+33000000000', 'refused_blocked'],
    ['one digit', '+1111111111', 'refused_blocked'],
    ['null', null, 'absent'],
    ['empty', '', 'refused_empty'],
    ['unknown', 'Unknown', 'refused_blocked'],
  ])('R2: %s', (_, raw, expected) => expect(outcome(gatePhone(raw))).toBe(expected));
});

describe('properties', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.double(),
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSet: true }),
    fc.constantFrom(...hostile.naughty, ...hostile.xss, ...hostile.pollution.bodies, ...hostile.pollution.queries),
    fc.emailAddress(),
  );
  const gates = { gateIdentifier, gateAnonymousId, gateLookupKey, gateEmail, gatePhone };

  it.each(Object.entries(gates))('R2: what %s lets pass is clean, short and passes again unchanged', (_, gate) => {
    fc.assert(
      fc.property(anything, (raw) => {
        const gated = gate(raw);
        if (!gated.ok) return;
        expect(gated.value).toBe(gated.value.normalize('NFC').trim());
        expect([...gated.value].length).toBeGreaterThanOrEqual(1);
        expect([...gated.value].length).toBeLessThanOrEqual(200);
        expect(/[\p{Cc}\p{Surrogate}]/u.test(gated.value)).toBe(false);
        expect(Buffer.from(gated.value).toString()).toBe(gated.value);
        expect(outcome(gate(gated.value))).toBe(`= ${gated.value}`);
      }),
      runs,
    );
  });
  it('R2: case and surrounding space never make two e-mails of one', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom(' ', '\t', ''), (email, space) => {
        expect(outcome(gateEmail(space + email.toUpperCase() + space))).toBe(outcome(gateEmail(email)));
      }),
      runs,
    );
  });
  it('R2: two different strings of letters and digits never become one id', () => {
    const id = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(id, id, (a, b) => {
        const [x, y] = [gateIdentifier(a), gateIdentifier(b)];
        if (x.ok && y.ok) expect(x.value === y.value).toBe(a === b);
      }),
      runs,
    );
  });
  it('R2: none of the naughty strings makes a gate throw', () => {
    const codes = new Set<string>();
    for (const text of [...hostile.naughty, ...hostile.xss, ...hostile.pollution.bodies, ...hostile.pollution.queries])
      for (const gate of Object.values(gates)) codes.add(outcome(gate(text)).replace(/^= .*/s, 'accepted'));
    expect(codes).toContain('accepted');
    expect(codes).toContain('refused_blocked');
    expect(codes).toContain('refused_control');
  });
});
