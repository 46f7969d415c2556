import { describe, expect, it } from 'vitest';
import { redactPath, redactSearch, redactUrl } from './redact.fixture.js';
import { redactPage, redactProperties, redactReferrer, redactText } from './redact.js';

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
  it('a query alone is read as one, with its question mark or without', () => {
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
