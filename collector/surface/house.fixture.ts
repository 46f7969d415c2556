// For tests: the surface as somebody drives it who has read what it promises and nothing else: real HTTP against the whole
// process. At the end nothing was answered 5xx, no line of the log holds what was sent, and every store that was used is made
// again from its facts, and must be what it was.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, expect } from 'vitest';
import { readConfig } from '../config.js';
import type { Page, Profile } from '../contract/profile.js';
import { writerOptions } from '../embedded.js';
import type { Answer } from '../log/log.js';
import { openWriter } from '../pipeline/writer.js';
import { type Served, serve } from '../serve.js';

export const secretKey = 'sk_test_0123456789';
export const writeKey = 'wk_test_0123456789';
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** Two days ago, on a whole minute: inside every window, and before every deadline of a cart. */
export const noon = Math.floor(Date.now() / minute) * minute - 2 * day;
export const at = (minutes: number): string => new Date(noon + minutes * minute).toISOString();
export const receipt = (): string => randomBytes(16).toString('base64url');
export let named = 0;
/** A name nobody else in this file has. */
export const fresh = (prefix: string): string => {
  named += 1;
  return `${prefix}-${named}-${randomBytes(4).toString('hex')}`;
};

export type Fields = Record<string, unknown>;
interface Said {
  status: number;
  body: Answer & Fields & { error?: { code: string; message: string; hint: string } };
  headers: Headers;
}

export interface House extends Served {
  lines: string[];
  folder: string;
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Said>;
  get: (path: string, headers?: Record<string, string>) => Promise<{ status: number; body: Fields; headers: Headers }>;
  /** With the secret key. */
  server: (...batch: Fields[]) => Promise<Answer>;
  /** With the write key, as a page sends. */
  page: (...batch: Fields[]) => Promise<Answer>;
  pageWith: (around: Fields, batch: Fields[], headers?: Record<string, string>) => Promise<Answer>;
  profiles: (query: Fields, more?: string) => Promise<Profile[]>;
  one: (query: Fields) => Promise<Profile>;
  list: <Item>(profileId: string, name: string, query?: string) => Promise<Item[]>;
}

const houses = new Map<string, Promise<House>>();
export const settings: Record<string, string> = {
  PORT: '0',
  WEFT_SECRET_KEY: secretKey,
  WEFT_WRITE_KEY: writeKey,
  WEFT_ADMIN_PASSWORD: 'correct horse',
  WEFT_KEY_CONSENT: 'external',
  WEFT_ORIGINS: '*',
  WEFT_RATE: '1000000',
};
/** A browser: the agent of this test's own HTTP client is a bot's. */
export const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
export const bearer = { authorization: `Bearer ${secretKey}` };

const opened = async (environment: Record<string, string>): Promise<House> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-surface-'));
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const served = await serve(readConfig({ ...settings, WEFT_DATA: folder, ...environment }), { logger });
  const post: House['post'] = async (path, body, headers = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${served.url}${path}`, {
      method: 'POST',
      body: raw ? (body as string) : JSON.stringify(body),
      headers: { 'content-type': 'text/plain', 'user-agent': agent, ...headers },
    });
    return { status: response.status, body: (await response.json()) as Said['body'], headers: response.headers };
  };
  const get: House['get'] = async (path, headers = bearer) => {
    const response = await fetch(`${served.url}${path}`, { headers });
    const text = await response.text();
    let body: Fields = {};
    try {
      body = JSON.parse(text) as Fields;
    } catch {
      body = { text };
    }
    return { status: response.status, body, headers: response.headers };
  };
  const pageWith: House['pageWith'] = async (around, batch, headers = {}) => {
    const said = await post('/v1/batch', { writeKey, batch, ...around }, headers);
    expect([said.status, said.body.error]).toEqual([200, undefined]);
    return said.body;
  };
  const profiles: House['profiles'] = async (query, more = '') => {
    const search = new URLSearchParams(query as Record<string, string>).toString();
    const { status, body } = await get(`/v1/profiles?${search}${more}`);
    expect([status, body.error]).toEqual([200, undefined]);
    return body.profiles as Profile[];
  };
  return {
    ...served,
    lines,
    folder,
    post,
    get,
    pageWith,
    page: (...batch) => pageWith({}, batch),
    server: async (...batch) => {
      const said = await post('/v1/batch', { batch }, bearer);
      expect([said.status, said.body.error]).toEqual([200, undefined]);
      return said.body;
    },
    profiles,
    one: async (query) => {
      const found = await profiles(query);
      expect(found).toHaveLength(1);
      return found[0]!;
    },
    list: async <Item>(profileId: string, name: string, query = '') => {
      const { status, body } = await get(`/v1/profiles/${profileId}/${name}?limit=500${query}`);
      expect(status).toBe(200);
      return (body as unknown as Page<Item>).items;
    },
  };
};
/** The same house for the same settings: tests tell themselves apart by fresh names. */
export const house = (environment: Record<string, string> = {}): Promise<House> => {
  const key = JSON.stringify(environment);
  let it = houses.get(key);
  if (!it) {
    it = opened(environment);
    houses.set(key, it);
  }
  return it;
};

afterAll(async () => {
  for (const [key, opening] of houses) {
    const it = await opening;
    await it.close();
    const options = writerOptions(readConfig({ ...settings, WEFT_DATA: it.folder, ...JSON.parse(key) }));
    const writer = openWriter(options);
    const { body } = writer.command({ kind: 'rebuild', at: Date.now(), check: true });
    writer.close();
    rmSync(it.folder, { recursive: true, force: true });
    expect([key, body]).toMatchObject([key, { equal: true }]);
    const lines = it.lines.map((line) => JSON.parse(line) as { status?: number; level: number });
    expect(lines.filter(({ status, level }) => (status ?? 0) >= 500 || level >= 50)).toEqual([]);
    expect(it.lines.join('')).not.toMatch(/@shop\.com|wk_test|sk_test/);
  }
});

export const page = (anonymousId: string, minutes: number, more: Fields = {}): Fields => ({
  type: 'page',
  messageId: fresh('m'),
  anonymousId,
  timestamp: at(minutes),
  ...more,
});
export const track = (event: string, minutes: number, properties: Fields, more: Fields = {}): Fields => ({
  type: 'track',
  messageId: fresh('m'),
  event,
  timestamp: at(minutes),
  properties,
  ...more,
});
export const identify = (userId: unknown, minutes: number, more: Fields = {}): Fields => ({
  type: 'identify',
  messageId: fresh('m'),
  userId,
  timestamp: at(minutes),
  ...more,
});
/** Lone surrogates cannot be written into an address. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');
export const total = (answer: Answer): number =>
  answer.accepted + answer.duplicates + answer.held.length + answer.dropped.length + answer.rejected.length;
