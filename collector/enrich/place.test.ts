import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import hostile from './fixtures/hostile.json';
import { openPlaceFile, readPlace } from './place.js';

const seed = Number(process.env.WEFT_SEED);
console.info(`place.test.ts: fast-check seed ${seed}`);

const place = (headers: Record<string, string>) => {
  const { country, region } = readPlace(new Headers(headers));
  return `${country} ${region}`;
};

describe('headers of a CDN', () => {
  it.each<[string, Record<string, string>, string]>([
    ['Cloudflare', { 'cf-ipcountry': 'FR' }, 'FR null'],
    ['Cloudflare with locations', { 'CF-IPCountry': 'US', 'CF-Region-Code': 'CA' }, 'US US-CA'],
    ['Vercel', { 'x-vercel-ip-country': 'CA', 'x-vercel-ip-country-region': 'QC' }, 'CA CA-QC'],
    ['CloudFront', { 'cloudfront-viewer-country': 'DE', 'cloudfront-viewer-country-region': 'BY' }, 'DE DE-BY'],
    ['App Engine, in small letters', { 'x-appengine-country': 'us', 'x-appengine-region': 'ca' }, 'US US-CA'],
    ['Akamai', { 'x-akamai-edgescape': 'georegion=246,country_code=US,region_code=CO,city=DENVER' }, 'US US-CO'],
    ['Fastly, by its own VCL', { 'fastly-geo-country': 'GB', 'fastly-geo-region': 'ENG' }, 'GB GB-ENG'],
    ['a region that names its country', { 'x-country-code': 'US', 'x-region-code': 'US-CA' }, 'US US-CA'],
    ['a region of digits', { 'cf-ipcountry': 'FR', 'cf-region-code': '75' }, 'FR FR-75'],
    ['a region without its country', { 'cf-region-code': 'CA' }, 'null null'],
    ['the name of a region', { 'cf-ipcountry': 'US', 'cf-region-code': 'California' }, 'US null'],
    ['Tor', { 'cf-ipcountry': 'T1' }, 'null null'],
    ['not known', { 'cf-ipcountry': 'XX' }, 'null null'],
    ['not known to one, known to the next', { 'cf-ipcountry': 'XX', 'x-vercel-ip-country': 'FR' }, 'FR null'],
    ['the first of two', { 'cf-ipcountry': 'FR', 'x-country-code': 'DE' }, 'FR null'],
    ['three letters', { 'cf-ipcountry': 'FRA' }, 'null null'],
    ['two headers in one', { 'cf-ipcountry': 'FR, DE' }, 'null null'],
    ['none', {}, 'null null'],
  ])('%s', (_, headers, expected) => expect(place(headers)).toBe(expected));

  it('a site may name its one header', () => {
    const names = { country: ['x-my-country'], region: [] };
    expect(readPlace(new Headers({ 'x-my-country': 'FR', 'cf-ipcountry': 'DE' }), names).country).toBe('FR');
    expect(readPlace(new Headers({ 'cf-ipcountry': 'DE' }), names).country).toBeNull();
  });
  it('any value gives a code or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...hostile.naughty)), fc.string(), (country, region) => {
        const values: Record<string, string> = { 'cf-ipcountry': country, 'cf-region-code': region };
        const found = readPlace({ get: (name) => values[name] });
        expect(found.country ?? 'FR').toMatch(/^[A-Z]{2}$/);
        expect(found.region ?? 'FR-75').toMatch(/^[A-Z]{2}-[A-Z0-9]{1,3}$/);
      }),
      { seed, numRuns: 500 },
    );
  });
});

/** A MaxMind file of our own, by the format's specification 2.0: maps, strings, integers, a tree of 24-bit records. */
const mmdb = (entries: readonly [string, unknown][]): Buffer => {
  const encode = (value: unknown): Buffer => {
    if (typeof value === 'string') {
      const text = Buffer.from(value);
      return Buffer.concat([Buffer.from([(2 << 5) | text.length]), text]);
    }
    if (typeof value === 'number') {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return Buffer.concat([Buffer.from([(6 << 5) | 4]), bytes]);
    }
    if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 11 - 7]), ...value.map(encode)]);
    const pairs = Object.entries(value as object);
    return Buffer.concat([
      Buffer.from([(7 << 5) | pairs.length]),
      ...pairs.flatMap(([k, v]) => [encode(k), encode(v)]),
    ]);
  };
  const nodes: [number, number][] = [[-1, -1]];
  const data: Buffer[] = [];
  let dataBytes = 0;
  const leaves: [number, 0 | 1, number][] = [];
  for (const [network, value] of entries) {
    const [address, bits] = network.split('/') as [string, string];
    const bytes = address.split('.').map(Number);
    let node = 0;
    for (let depth = 0; depth < Number(bits); depth++) {
      const bit = ((bytes[depth >> 3]! >> (7 - (depth & 7))) & 1) as 0 | 1;
      if (depth === Number(bits) - 1) leaves.push([node, bit, dataBytes]);
      else {
        if (nodes[node]![bit] < 0) nodes[node]![bit] = nodes.push([-1, -1]) - 1;
        node = nodes[node]![bit];
      }
    }
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  for (const [node, bit, offset] of leaves) nodes[node]![bit] = nodes.length + 16 + offset;
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach(([left, right], n) => {
    tree.writeUIntBE(left < 0 ? nodes.length : left, n * 6, 3);
    tree.writeUIntBE(right < 0 ? nodes.length : right, n * 6 + 3, 3);
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'GeoLite2-City',
    description: { en: 'own' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'), metadata]);
};

describe('a MaxMind file', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-place-'));
    path = join(folder, 'city.mmdb');
    await writeFile(
      path,
      mmdb([
        [
          '203.0.113.0/24',
          { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'CA' }], city: { names: { en: 'Fresno' } } },
        ],
        ['198.51.100.0/25', { country: { iso_code: 'FR' } }],
        ['198.51.100.128/25', { registered_country: { iso_code: 'DE' } }],
        ['192.0.2.0/24', { country: { iso_code: 'XX' } }],
      ]),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string | null, string]>([
    ['203.0.113.7', 'US US-CA'],
    ['203.0.113.7:443', 'US US-CA'],
    ['::ffff:203.0.113.7', 'US US-CA'],
    ['198.51.100.1', 'FR null'],
    ['198.51.100.200', 'DE null'],
    ['192.0.2.1', 'null null'],
    ['10.0.0.1', 'null null'],
    ['127.0.0.1', 'null null'],
    ['::1', 'null null'],
    ['[2001:db8::1]:443', 'null null'],
    ['203.0.113', 'null null'],
    ['203.0.113.7.example', 'null null'],
    ['', 'null null'],
    [null, 'null null'],
  ])('%s', async (address, expected) => {
    const { country, region } = await openPlaceFile(path).read(address);
    expect(`${country} ${region}`).toBe(expected);
  });
  it('gives country and region, and nothing finer', async () => {
    expect(Object.keys(await openPlaceFile(path).read('203.0.113.7'))).toEqual(['country', 'region']);
  });
  it('is opened by the first address, once', async () => {
    const file = openPlaceFile(path);
    expect(file.state()).toBe('unread');
    await file.read(null);
    expect(file.state()).toBe('unread');
    const places = await Promise.all([file.read('203.0.113.7'), file.read('198.51.100.1')]);
    expect(places.map(({ country }) => country)).toEqual(['US', 'FR']);
    expect(file.state()).toBe('ready');
  });
  it('that is absent or broken knows nothing and says so', async () => {
    const broken = join(folder, 'broken.mmdb');
    await writeFile(broken, 'not a database');
    for (const bad of [join(folder, 'absent.mmdb'), broken]) {
      const file = openPlaceFile(bad);
      expect(await file.read('203.0.113.7')).toEqual({ country: null, region: null });
      expect(file.state()).toBe('unreadable');
    }
  });
  it('that is cut short never throws', async () => {
    const whole = mmdb([['203.0.113.0/24', { country: { iso_code: 'US' } }]]);
    const marker = whole.indexOf('abcdef4d61784d696e642e636f6d', 'hex');
    const holed = Buffer.concat([whole.subarray(0, 30), whole.subarray(marker)]);
    const cut = join(folder, 'cut.mmdb');
    await writeFile(cut, holed);
    expect((await openPlaceFile(cut).read('203.0.113.7')).region).toBeNull();
  });
  it('any address gives a place or nowhere', async () => {
    const file = openPlaceFile(path);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom(...hostile.naughty)),
        async (address) => {
          expect((await file.read(address)).country ?? 'FR').toMatch(/^[A-Z]{2}$/);
        },
      ),
      { seed, numRuns: 300 },
    );
  });
});
