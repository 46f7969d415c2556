import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import hostile from '../fixtures/hostile.json';
import { redactPath, redactSearch, redactUrl } from './redact.fixture.js';
import { redactPage, redactProperties, redactReferrer, redactText } from './redact.js';

const seed = Number(process.env.WEFT_SEED);
console.info(`redact.test.ts: fast-check seed ${seed}`);

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

describe('a referrer', () => {
  it.each<[string, string | null]>([
    ['https://www.google.com/search?q=ann', 'https://www.google.com'],
    ['http://Shop.fr:8080/a', 'http://shop.fr:8080'],
    ['https://ann:pw@shop.fr/', 'https://shop.fr'],
    ['android-app://com.example.App/path', 'android-app://com.example.app'],
    ['ios-app://123', 'ios-app://123'],
    ['/a/b', null],
    ['about:client', null],
    ['', null],
    ['null', null],
  ])('%s', (referrer, expected) => expect(redactReferrer(referrer)).toBe(expected));
});

describe('properties', () => {
  const order = {
    order_id: '4111111111111111',
    checkout_id: '+33612345678',
    cart_token: 'c1-9f86d081884c7d659a2feaa0c55ad015',
    checkoutToken: 'b2f1a0c4d5e6f708192a3b4c5d6e7f80',
    affiliation: 'Shop 06 12 34 56 78',
    revenue: 149.7,
    currency: 'EUR',
    coupon: '4111 1111 1111 1111',
    products: [
      {
        product_id: 4111111111111111,
        sku: '06 12 34 56 78',
        name: 'Phone 06 12 34 56 78',
        variant: '415-555-2671',
        category: 'Women/Shirts',
        price: 49.9,
        url: 'https://shop.fr/p/shirt',
        image_url: 'https://cdn.shop.fr/shirt.jpg?v=1699999999&width=800',
      },
    ],
  };

  it('what a shop needs comes back untouched, as the same object', () => {
    const { value, redactions } = redactProperties(order);
    expect(value).toBe(order);
    expect(redactions).toBe(0);
  });
  it('an e-mail is taken out even of an id', () => {
    expect(redactProperties({ order_id: 'ann@shop.fr', name: 'for ann@shop.fr' })).toEqual({
      value: { order_id: ':redacted', name: 'for :redacted' },
      redactions: 2,
    });
  });
  it('a copy is changed, never the original', () => {
    const given = Object.freeze({ a: 'x', note: 'ann@shop.fr', list: Object.freeze(['ann@shop.fr', 'y']), z: 1 });
    expect(redactProperties(given)).toEqual({
      value: { a: 'x', note: ':redacted', list: [':redacted', 'y'], z: 1 },
      redactions: 2,
    });
    expect(given.note).toBe('ann@shop.fr');
  });

  it.each([
    'password',
    'Password',
    'user_password',
    'passwordConfirm',
    'pass',
    'user_pass',
    'pwd',
    'passwort',
    'token',
    'accessToken',
    'access_token',
    'id_token',
    'csrf-token',
    'XSRF',
    'auth',
    'x-auth',
    'authToken',
    'Authorization',
    'oauth',
    'secret',
    'client_secret',
    'clientSecret',
    'api_key',
    'apiKey',
    'apikey',
    'credentials',
    'cookie',
    'iban',
    'IBAN',
    'customer_iban',
    'ssn',
    'user.ssn',
    'socialSecurityNumber',
    'passport',
    'cvv',
    'cvc',
    'card_number',
    'cardNumber',
    'creditCard',
    'otp',
    'pin',
    'JWT',
    'userpassword',
    'ann@shop.fr',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'k'.repeat(129),
  ])('the value of %s goes', (key) => {
    const given = JSON.parse(`{"before": 1, ${JSON.stringify(key)}: "x", "after": 2}`);
    expect(redactProperties(given)).toEqual({ value: { before: 1, after: 2 }, redactions: 1 });
    expect(redactProperties({ deep: [{ ...given }] }).redactions).toBe(1);
  });
  it.each([
    'author',
    'authority',
    'passenger',
    'compass',
    'passage',
    'tokenised',
    'secretary',
    'biscuit',
    'pincode',
    'pinned',
    'cart_token',
    'checkout_token',
    'cartToken',
    'position',
    'bypass',
    'spin',
    'company',
    'span',
    'ibanez',
  ])('the value of %s stays', (key) => {
    expect(redactProperties({ [key]: 'x' })).toEqual({ value: { [key]: 'x' }, redactions: 0 });
  });
  it('a flag or a null under such a key is no secret', () => {
    const given = { has_password: true, token: null };
    expect(redactProperties(given)).toEqual({ value: given, redactions: 0 });
  });
  it("the site's own keys count too, as words or whole", () => {
    const keys = ['voucher', 'Loyalty-Card'];
    const given = { voucher: 'A', voucher_code: 'B', giftVoucher: 'C', loyaltyCard: 'D', loyalty: 'E', vouchers: 'F' };
    expect(redactProperties(given, { keys })).toEqual({ value: { loyalty: 'E', vouchers: 'F' }, redactions: 4 });
    expect(redactProperties(given).redactions).toBe(0);
  });

  it('e-mails and phones are taken out of events, left to an order’s buyer, and left to traits', () => {
    const given = {
      email: 'ann@shop.fr',
      phone: '+33612345678',
      note: 'ann@shop.fr',
      customer: { email: 'ann@shop.fr' },
    };
    expect(redactProperties(given)).toEqual({
      value: { email: ':redacted', phone: ':redacted', note: ':redacted', customer: { email: ':redacted' } },
      redactions: 4,
    });
    expect(redactProperties(given, { sort: 'order' })).toEqual({
      value: { ...given, note: ':redacted', customer: { email: ':redacted' } },
      redactions: 2,
    });
    expect(redactProperties(given, { sort: 'traits' }).value).toBe(given);
  });
  it('secrets are taken out of traits too', () => {
    const given = {
      name: 'Ann',
      password: 'x',
      note: `4111 1111 1111 1111 ${jwt}`,
      address: { iban: 'y', city: 'Lyon' },
    };
    expect(redactProperties(given, { sort: 'traits' })).toEqual({
      value: { name: 'Ann', note: ':redacted :redacted', address: { city: 'Lyon' } },
      redactions: 4,
    });
  });
  it('a search, a review and a message are free text', () => {
    const given = {
      query: 'ann@shop.fr',
      review_body: 'call 06 12 34 56 78',
      share_message: 'hi',
      recipient: 'bob@shop.fr',
    };
    expect(redactProperties(given).value).toEqual({
      query: ':redacted',
      review_body: 'call :redacted',
      share_message: 'hi',
      recipient: ':redacted',
    });
  });
  it('a card as a number goes, other numbers stay', () => {
    expect(
      redactProperties({ n: 4111111111111111, m: 4111111111111112, t: 1_700_000_000_000, us: 1_700_000_000_000_000 }),
    ).toEqual({
      value: { m: 4111111111111112, t: 1_700_000_000_000, us: 1_700_000_000_000_000 },
      redactions: 1,
    });
  });
  it('addresses lose their queries, pictures only their secrets', () => {
    const given = {
      url: 'https://shop.fr/p?variant=42&utm_source=x',
      link: 'see https://shop.fr/?a=1',
      image_url: 'https://cdn.fr/a.jpg?v=1&width=800&token=abc&X-Amz-Signature=ff#x',
      avatar: 'https://cdn.fr/ann.png?email=ann%40shop.fr',
    };
    expect(redactProperties(given).value).toEqual({
      url: 'https://shop.fr/p?utm_source=x',
      link: 'see https://shop.fr/',
      image_url: 'https://cdn.fr/a.jpg?v=1&width=800',
      avatar: 'https://cdn.fr/ann.png?email=:redacted',
    });
    expect(redactProperties({ url: 'https://shop.fr/?page=2' }, { allow: ['page'] }).redactions).toBe(0);
  });
  it("a page's own properties are read as what they are", () => {
    const given = {
      path: '/reset/abc123',
      search: '?email=ann%40shop.fr&utm_source=x',
      referrer: 'https://www.google.com/search?q=x',
      title: 'Hello',
      name: 'Home',
    };
    expect(redactProperties(given).value).toEqual({
      path: '/reset/:redacted',
      search: '?utm_source=x',
      referrer: 'https://www.google.com',
      title: 'Hello',
      name: 'Home',
    });
    const words = { path: 'up the hill', search: 'red shoes', referrer: 'a friend' };
    expect(redactProperties(words).value).toBe(words);
  });

  it.each([[null], [undefined], ['x'], [7], [['a']], [true]])('%j is nothing', (given) => {
    expect(redactProperties(given)).toEqual({ value: {}, redactions: 0 });
    expect(redactPage(given)).toEqual({ value: null, redactions: 0 });
  });
  it('a page of which nothing is known is null', () =>
    expect(redactPage({ url: 'about:blank', path: '' }).value).toBeNull());
  it('a page without its address keeps its path, its search and its title', () => {
    expect(redactPage({ path: 'a/b', search: '?utm_source=x&y=1', title: 'T' })).toEqual({
      value: { path: '/a/b', title: 'T', url: null, search: '?utm_source=x', referrer: null },
      redactions: 1,
    });
  });
});

describe('hostile input', () => {
  const nested = (depth: number): unknown => {
    let value: unknown = { end: 'ann@shop.fr' };
    for (let i = 0; i < depth; i++) value = i % 2 ? { deeper: value } : [value];
    return { value };
  };
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

  it('what lies deeper than ten levels goes', () => {
    for (const depth of [2, 8, 9, 50, 5_000]) {
      const { value, redactions } = redactProperties(nested(depth));
      expect(depthOf(value)).toBeLessThanOrEqual(10);
      expect(redactions).toBeGreaterThan(0);
      expect(JSON.stringify(value)).not.toContain('ann@');
    }
  });
  it('a circle ends', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle.self = circle;
    circle.list = [circle, circle];
    expect(depthOf(redactProperties(circle).value)).toBeLessThanOrEqual(10);
  });
  it('ten thousand values are the most that is kept', () => {
    const { value, redactions } = redactProperties({ list: Array(50_000).fill(0), after: 1 });
    expect((value.list as unknown[]).length).toBeLessThan(10_000);
    expect(value.after).toBeUndefined();
    expect(redactions).toBeGreaterThan(0);
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
    expect(Object.keys(redactProperties(many).value).length).toBeLessThanOrEqual(10_000);
  });
  it('names of prototypes never reach one', () => {
    for (const body of hostile.pollution.bodies) redactProperties(JSON.parse(body));
    const { value } = redactProperties(
      JSON.parse('{"a": {"__proto__": {"isAdmin": true}, "b": "ann@shop.fr"}, "__proto__": {"polluted": 1}}'),
    );
    expect(value).toEqual({ a: { b: ':redacted' } });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(value.a)).toBe(Object.prototype);
    const clean: Record<string, unknown> = {};
    expect([clean.polluted, clean.isAdmin, typeof clean.toString]).toEqual([undefined, undefined, 'function']);
    expect(redactProperties({ products: { length: 4294967295 } }).redactions).toBe(0);
  });
  it('no text is dear: the worst shapes at full length are read at once', () => {
    const worst = [
      'a',
      '@',
      'a@',
      'a.',
      '1',
      '1 ',
      '+1',
      '0',
      '00 1',
      'AB12',
      'eyJ',
      'eyJ.',
      '(4',
      'https://',
      '/',
      '%40',
      '%',
      'a@a.',
      '0 12 ',
      ';',
    ];
    for (const part of worst) {
      const text = part.repeat(Math.ceil(32_768 / part.length));
      redactText(text);
      redactText(`${text}@x.fr 1234567 +`);
      redactUrl(`https://shop.fr/${text}?utm_source=${text}`);
      redactProperties({ [text.slice(0, 200)]: text, url: `https://x.fr/${text}` });
    }
  });

  const secrets = fc.constantFrom(
    'ann.b@shop.fr',
    '4111 1111 1111 1111',
    'FR7630006000011234567890189',
    jwt,
    '+33 6 12 34 56 78',
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...hostile.naughty, ...hostile.xss),
      fc.tuple(fc.lorem(), secrets, fc.lorem()).map((parts) => parts.join(' ')),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(
        fc.oneof(fc.constantFrom('k1', 'k 2'), fc.constantFrom('email', 'token', '__proto__', 'url', 'title', 'note')),
        tie('value'),
        { maxKeys: 5 },
      ),
    ),
  })).value;

  it('nothing throws, nothing secret stays, and a second pass finds nothing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 20 }).map((key) => `k ${key}`),
          json,
        ),
        fc.constantFrom('properties', 'order', 'traits'),
        (given, sort) => {
          const before = JSON.stringify(given);
          const { value, redactions } = redactProperties(given, { sort });
          const after = JSON.stringify(value);
          expect(JSON.stringify(given)).toBe(before);
          // An address may come back tidied (its host in small letters, without its fragment), which is no redaction.
          if (redactions === 0 && !before.includes('//')) expect(after).toBe(before);
          expect(after).not.toMatch(/4111 1111|FR7630|eyJhbGci/);
          if (sort === 'properties') expect(after).not.toMatch(/ann\.b@shop|\+33 6 12/);
          const again = redactProperties(value, { sort });
          expect(JSON.stringify(again.value)).toBe(after);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
  it('any address gives a clean one or none', () => {
    const url = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(...hostile.naughty, ...hostile.xss, ...hostile.pollution.queries),
      fc.tuple(fc.webUrl(), fc.string({ unit: 'binary' })).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(url, (given) => {
        const clean = redactUrl(given);
        redactPath(given);
        redactReferrer(given);
        redactSearch(given);
        if (clean === null) return;
        expect(clean).not.toContain('#');
        expect(clean).not.toMatch(/[\p{Cc}\s\\]/u);
        expect(redactUrl(clean)).toBe(clean);
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
