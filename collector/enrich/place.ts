// The country and region a request comes from: told by the CDN's headers, else looked up in a local MaxMind file. The
// address is read in memory for this alone; this file must never store, cache, log or hand it on, and never asks a third
// party (consent.md, section 4, row 9).

import type { CityResponse, CountryResponse, Reader } from 'maxmind';

export interface Place {
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  /** ISO 3166-2, as the regions of the consent file are named: `US-CA`, `CA-QC`. */
  region: string | null;
  /** Where nothing is said: a header. */
  by?: 'geoip';
}

/** What a request's headers have in common in Hono, fetch and Node's `Map`s of them: names are lower case. */
export interface HeaderSource {
  get: (name: string) => string | null | undefined;
}

export interface PlaceHeaders {
  country: readonly string[];
  region: readonly string[];
}

/**
 * Cloudflare (the region needs its "visitor location headers"), Vercel, CloudFront, App Engine, Akamai's EdgeScape, and
 * the names usual for Fastly's and nginx's own. Where no CDN stands in front, a visitor may send them too: that moves only
 * their own events, but a site that minds configures its one header.
 */
export const defaultPlaceHeaders: PlaceHeaders = {
  country: [
    'cf-ipcountry',
    'x-vercel-ip-country',
    'cloudfront-viewer-country',
    'x-appengine-country',
    'x-akamai-edgescape',
    'fastly-geo-country',
    'x-geo-country',
    'x-country-code',
  ],
  region: [
    'cf-region-code',
    'x-vercel-ip-country-region',
    'cloudfront-viewer-country-region',
    'x-appengine-region',
    'x-akamai-edgescape',
    'fastly-geo-region',
    'x-geo-region',
    'x-region-code',
  ],
};

const nowhere: Place = Object.freeze({ country: null, region: null });
const valueMaxChars = 1_000;

/** Codes that stand for "not known", for Tor and for satellites. */
const noCountry: ReadonlySet<string> = new Set(['XX', 'ZZ', 'T1', 'A1', 'A2', 'AP', 'O1']);

const countryCode = (value: string): string | null => {
  const code = value.trim().toUpperCase();
  return /^[A-Z]{2}$/.test(code) && !noCountry.has(code) ? code : null;
};

const regionCode = (country: string, value: string): string | null => {
  const code = value.trim().toUpperCase();
  const bare = code.startsWith(`${country}-`) ? code.slice(country.length + 1) : code;
  return /^[A-Z0-9]{1,3}$/.test(bare) ? `${country}-${bare}` : null;
};

/** `georegion=246,country_code=US,region_code=CA,…` has both in one header; all others have one value. */
const fieldOf = (value: string, field: 'country_code' | 'region_code'): string => {
  const text = value.slice(0, valueMaxChars);
  if (!text.includes('=')) return text;
  const pair = text.split(',').find((part) => part.trim().startsWith(`${field}=`));
  return pair === undefined ? '' : pair.slice(pair.indexOf('=') + 1);
};

const firstOf = <Value>(
  headers: HeaderSource,
  names: readonly string[],
  read: (value: string) => Value | null,
): Value | null => {
  for (const name of names) {
    const value = headers.get(name);
    if (typeof value !== 'string' || value === '') continue;
    const found = read(value);
    if (found !== null) return found;
  }
  return null;
};

/** What the headers tell; a region counts only beside its country. */
export const readPlace = (headers: HeaderSource, names: PlaceHeaders = defaultPlaceHeaders): Place => {
  const country = firstOf(headers, names.country, (value) => countryCode(fieldOf(value, 'country_code')));
  if (country === null) return nowhere;
  const region = firstOf(headers, names.region, (value) => regionCode(country, fieldOf(value, 'region_code')));
  return { country, region };
};

export interface PlaceFile {
  /** Opens it now; false = it cannot be read. */
  open: () => Promise<boolean>;
  /** What an opened file says, at once. */
  look: (address: string | null) => Place;
  /** Nowhere for an address that is private, unknown, malformed or absent, and while the file can't be read. */
  read: (address: string | null) => Promise<Place>;
  /** For `weft doctor`: `unread` until the first address. */
  state: () => 'unread' | 'ready' | 'unreadable';
}

/** `[::1]:443`, `203.0.113.7:443`, `fe80::1%eth0` and `::ffff:203.0.113.7` as the file knows them. */
const plainAddress = (address: string): string => {
  const text = address.slice(0, 100).trim();
  const bracketed = /^\[([^\]]*)\]/.exec(text)?.[1];
  const bare = (bracketed ?? text).replace(/%.*$/, '');
  const withoutPort = bracketed === undefined && /^[\d.]+:\d+$/.test(bare) ? bare.slice(0, bare.indexOf(':')) : bare;
  return withoutPort.replace(/^::ffff:(?=\d+\.)/i, '');
};

interface Opened {
  reader: Reader<CityResponse | CountryResponse>;
  validate: (address: string) => boolean;
}

/** A GeoLite2 or GeoIP2 Country or City file. It is opened, and the library loaded, when the first address is asked for. */
export const openPlaceFile = (path: string): PlaceFile => {
  let state: 'unread' | 'ready' | 'unreadable' = 'unread';
  let opening: Promise<Opened | null> | null = null;
  let opened: Opened | null = null;

  const open = async (): Promise<Opened | null> => {
    try {
      const { open: openFile, validate } = await import('maxmind');
      // The reader's cache is keyed by positions in the file, not by addresses.
      const reader = await openFile<CityResponse | CountryResponse>(path, { cache: { max: 1_000 } });
      state = 'ready';
      return { reader, validate };
    } catch {
      state = 'unreadable';
      return null;
    }
  };

  const look = (opened: Opened | null, address: string | null): Place => {
    if (address === null || address === '') return nowhere;
    const plain = plainAddress(address);
    if (opened === null || !opened.validate(plain)) return nowhere;
    let found: CityResponse | CountryResponse | null;
    try {
      found = opened.reader.get(plain);
    } catch {
      return nowhere;
    }
    // An address of a ship or an army base is registered somewhere, and its person is under that law at least.
    const country = countryCode(found?.country?.iso_code ?? found?.registered_country?.iso_code ?? '');
    if (found === null || country === null) return nowhere;
    const subdivision = 'subdivisions' in found ? found.subdivisions?.[0]?.iso_code : undefined;
    return { country, region: subdivision === undefined ? null : regionCode(country, subdivision) };
  };

  return {
    state: () => state,
    open: async () => {
      opening ??= open();
      opened = await opening;
      return opened !== null;
    },
    look: (address) => look(opened, address),
    read: async (address) => {
      if (address === null || address === '') return nowhere;
      opening ??= open();
      opened = await opening;
      return look(opened, address);
    },
  };
};

/** The CDN's word first, as it knows the visitor where an address may be that of a proxy; else the file's. */
export const placeOf = (headers: HeaderSource, address: string | null, file: PlaceFile | null): Place => {
  const told = readPlace(headers);
  return told.country !== null || file === null ? told : { ...file.look(address), by: 'geoip' };
};
