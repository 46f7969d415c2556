import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import hostile from './fixtures/hostile.json';
import {
  redactPage,
  redactPath,
  redactProperties,
  redactReferrer,
  redactSearch,
  redactText,
  redactUrl,
} from './redact.js';

const seed = Number(process.env.WEFT_SEED);
console.info(`redact.test.ts: fast-check seed ${seed}`);

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

describe('an address', () => {
  it('consent 27: a reset link loses its token, its e-mail and its fragment, the referrer all but its origin', () => {
    for (const token of ['eyJhbGciOi', jwt]) {
      const path = `/reset/${token}?email=a@b.c&utm_source=x#t=1`;
      expect(redactUrl(path)).toBe('/reset/:redacted?utm_source=x');
      expect(redactUrl(`https://shop.fr${path}`)).toBe('https://shop.fr/reset/:redacted?utm_source=x');
      const page = {
        url: `https://shop.fr${path}`,
        path: `/reset/${token}`,
        search: '?email=a@b.c&utm_source=x',
        title: 'Reset a@b.c',
        referrer: 'https://mail.shop.fr/inbox/a@b.c?x=1',
      };
      const { value, redactions } = redactPage(page);
      expect(value).toEqual({
        url: 'https://shop.fr/reset/:redacted?utm_source=x',
        path: '/reset/:redacted',
        search: '?utm_source=x',
        title: 'Reset :redacted',
        referrer: 'https://mail.shop.fr',
      });
      expect(redactions).toBe(3);
      const properties = redactProperties({ ...page, note: 'for a@b.c', nested: [{ to: 'a%40b.c' }] });
      expect(JSON.stringify([value, properties.value])).not.toMatch(/a(?:@|%40)b\.c|eyJ/);
    }
  });

  it.each<[string, string, string | null]>([
    ['without a query', 'https://shop.fr/a/b', 'https://shop.fr/a/b'],
    ['without a path', 'https://shop.fr', 'https://shop.fr/'],
    ['with a port', 'http://localhost:8787/a', 'http://localhost:8787/a'],
    ['of IPv6', 'http://[::1]:80/a', 'http://[::1]:80/a'],
    [
      'with an allowed parameter among others',
      'https://shop.fr/?a=1&utm_medium=email&b=2',
      'https://shop.fr/?utm_medium=email',
    ],
    ['with a parameter in capitals', 'https://shop.fr/?UTM_Source=x', 'https://shop.fr/?UTM_Source=x'],
    [
      'with an allowed parameter that carries an e-mail',
      'https://shop.fr/?utm_content=ann%40shop.fr',
      'https://shop.fr/?utm_content=:redacted',
    ],
    [
      'with one that carries an address',
      'https://shop.fr/?utm_source=https%3A%2F%2Fx.fr%2F%3Ft%3D1',
      'https://shop.fr/?utm_source=:redacted',
    ],
    ['with a name in percent signs', 'https://shop.fr/?utm%5Fsource=x', 'https://shop.fr/?utm%5Fsource=x'],
    ['with click ids', 'https://shop.fr/?gclid=1&fbclid=2&utm_klaviyo_id=3', 'https://shop.fr/'],
    ['with a user', 'https://ann:secret@shop.fr/a', 'https://shop.fr/a'],
    ['with an @ in the user', 'https://ann@shop.fr:secret@shop.fr/a', 'https://shop.fr/a'],
    ['with a fragment', 'https://shop.fr/a#/token/x?y', 'https://shop.fr/a'],
    ['in capitals', 'HTTPS://Shop.FR/Path', 'https://shop.fr/Path'],
    ['without a scheme', '//shop.fr/a', 'https://shop.fr/a'],
    ['with spaces around', '  https://shop.fr/a ', 'https://shop.fr/a'],
    ['with backslashes', 'https:\\\\shop.fr\\reset\\abc123', 'https://shop.fr/reset/:redacted'],
    ['with a line feed', 'https://shop.fr/re\nset/abc123', 'https://shop.fr/reset/:redacted'],
    ['of an international host', 'https://bücher.de/a', 'https://xn--bcher-kva.de/a'],
    ['relative', '/a/b?c=1', '/a/b'],
    ['of a script', 'javascript:alert(1)', null],
    ['of data', 'data:text/html,ann@shop.fr', null],
    ['of a file', 'file:///home/ann/page.html', null],
    ['of a blob', 'blob:https://shop.fr/1', null],
    ['of mail', 'mailto:ann@shop.fr', null],
    ['of nothing', '', null],
    ['of a broken host', 'https://a b/', null],
    ['that is none', 'shop.fr/a', null],
  ])('%s', (_, url, expected) => expect(redactUrl(url)).toBe(expected));

  it('the site says which parameters stay', () => {
    const url = 'https://shop.fr/?page=2&variant=42&utm_source=x&utm_klaviyo_id=p';
    expect(redactUrl(url, { allow: ['page', 'Variant'] })).toBe('https://shop.fr/?page=2&variant=42');
    expect(redactUrl(url, { allow: [] })).toBe('https://shop.fr/');
    // A wildcard never opens the door to a token that names a subscriber; its full name does.
    expect(redactUrl(url, { allow: ['utm_*'] })).toBe('https://shop.fr/?utm_source=x');
    expect(redactUrl(url, { allow: ['utm_klaviyo_id'] })).toBe('https://shop.fr/?utm_klaviyo_id=p');
  });
  it.each([[null], [undefined], [7], [{}], [['https://shop.fr']]])('is no address: %j', (url) => {
    expect(redactUrl(url)).toBeNull();
    expect(redactPath(url)).toBeNull();
    expect(redactReferrer(url)).toBeNull();
    expect(redactSearch(url)).toBeNull();
  });
  it('a query alone', () => {
    expect(redactSearch('?a=1&utm_source=x#y')).toBe('?utm_source=x');
    expect(redactSearch('utm_source=x')).toBe('?utm_source=x');
    expect(redactSearch('?a=1')).toBeNull();
  });
});

describe('a segment of a path', () => {
  it.each([
    ['an e-mail', '/u/ann@shop.fr'],
    ['an e-mail in percent signs', '/u/ann%40shop.fr'],
    ['twice over', '/u/ann%2540shop.fr'],
    ['a JWT', `/t/${jwt}`],
    ['the beginning of one', '/t/eyJhbGciOi'],
    ['a card', '/p/4111111111111111'],
    ['a phone', '/call/+33612345678'],
    ['an IBAN', '/pay/FR7630006000011234567890189'],
    ['hex', '/x/9f86d081884c7d659a2feaa0c55ad015'],
    ['hex of 20 characters', '/x/9f86d081884c7d659a2f'],
    ['base64url', '/x/V1StGXR8_Z5jdHi6B-myT'],
    ['base36', '/x/k3j9x0q7z1m4v8b2n6c5'],
    ['many digits', '/x/12345678901234567890'],
    ['a key and its value', '/x/token=abc'],
    ['an address inside', '/go/https%3A%2F%2Fshop.fr%2Freset%2Fabc'],
    ['a UUID in a reset link', '/reset/123e4567-e89b-12d3-a456-426614174000'],
    ['a UUID in a confirmation', '/account/confirm-email/123e4567-e89b-12d3-a456-426614174000'],
    ['a short code in a reset link', '/password-reset/a1b2c3'],
    ['letters drawn by a machine in a reset link', '/reset/AbQzEfGhXjKl'],
    ['a number in an unsubscribe link', '/unsubscribe/81723'],
    ['a long word in an invitation', '/invite/abcdefghijklmnopqrstuvwxyz'],
  ])('%s is taken out', (_, path) => {
    expect(redactPath(path)).toBe(
      `${path.slice(0, path.indexOf('/', 1))}${/confirm/.test(path) ? '/confirm-email' : ''}/:redacted`,
    );
  });
  it.each([
    '/',
    '/products/linen-shirt-with-a-long-collar-in-blue',
    '/products/iphone15promax256gbblacktitanium',
    '/products/samsung-galaxy-s24-ultra-512gb',
    '/p/MensBlueRunningShoesSizeLarge',
    '/p/WH1000XM4B-headphones-sony-black',
    '/p/mens-t-shirt-xl-2-pack-3-m-blue',
    '/p/123e4567-e89b-12d3-a456-426614174000',
    '/p/4006381333931',
    '/p/7982905098454',
    '/p/0012345678905',
    '/c/ABC-123456789/978-3-16-148410-0',
    '/blog/2026/11/22/donaudampfschifffahrtsgesellschaftskapitaen',
    '/img/logo@2x.png',
    '/@shop/latest',
    '/%D0%BA%D1%80%D0%BE%D1%81%D1%81%D0%BE%D0%B2%D0%BA%D0%B8-nike',
    '/wiki/What%3F',
    '/%zz/ok',
    '/reset/password/done',
    '/account/login',
    '/collections/all/products/verify-me',
    '/2024-01-15/sale-50-percent',
    '//double//slash/',
  ])('%s stays', (path) => expect(redactUrl(`https://shop.fr${path}`)).toBe(`https://shop.fr${path}`));

  it('parameters in a segment go', () => expect(redactPath('/a;jsessionid=1A2B/b;x')).toBe('/a/b'));
  it('both keys of an account link go', () =>
    expect(redactPath('/account/activate/123456/abcdef1234')).toBe('/account/activate/:redacted/:redacted'));
  it('a path may come as an address, or without its slash', () => {
    expect(redactPath('https://shop.fr/a?b')).toBe('/a');
    expect(redactPath('a/b')).toBe('/a/b');
  });
});

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

describe('free text', () => {
  it.each([
    ['ann@shop.fr', ':redacted'],
    ['write to ann.b+c@mail.shop.co.uk, please', 'write to :redacted, please'],
    ['zoë@bücher.de', ':redacted'],
    ['call +33 6 12 34 56 78 now', 'call :redacted now'],
    ['+1 (415) 555-2671', ':redacted'],
    ['0033 6 12 34 56 78', ':redacted'],
    ['(415) 555-2671', ':redacted'],
    ['06 12 34 56 78', ':redacted'],
    ['06.12.34.56.78', ':redacted'],
    ['020 7946 0958', ':redacted'],
    ['030/1234567', ':redacted'],
    ['4111 1111 1111 1111', ':redacted'],
    ['4111-1111-1111-1111', ':redacted'],
    ['card:4111111111111111.', 'card::redacted.'],
    ['card,4111111111111111', 'card,:redacted'],
    ['12 4111 1111 1111 1111 12/27', '12 :redacted 12/27'],
    ['3782 822463 10005', ':redacted'],
    ['FR76 3000 6000 0112 3456 7890 189 merci', ':redacted merci'],
    ['gb29nwbk60161331926819', ':redacted'],
    [`the token is ${jwt}!`, 'the token is :redacted!'],
    ['see https://shop.fr/reset/abc123?token=1#x now', 'see https://shop.fr/reset/:redacted now'],
  ])('%s', (text, expected) => expect(redactText(text)).toBe(expected));

  it.each([
    '',
    'red shoes, size 42',
    '2026-11-22T09:41:43.123Z',
    '2026-11-22 09:41',
    '01.12.2024 1030',
    '1234567890123',
    '4111111111111112',
    '9783161484100',
    'ISBN 978-3-16-148410-0',
    'DE00 0000 0000 0000 0000 00',
    '1.234.567,89 EUR',
    '192.168.100.100',
    'logo@2x.png',
    '@shop on Instagram',
    'price @ 50',
    'C++ 11 and 12',
    '100% cotton',
    'gid://shopify/Product/7982905098454',
    'Blue / 42',
    'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  ])('%s stays', (text) => expect(redactText(text)).toBe(text));
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
