// For tests: a real process on a real folder, asked over HTTP for what is a person's right.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach } from 'vitest';
import { readConfig } from '../config.js';
import { serve } from '../serve.js';

const secretKey = 'sk_test_0123456789';
export const identitySecret = 'a secret of the shop';
export const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
export const temporary = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-rights-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
export const bearer = { authorization: `Bearer ${secretKey}` };

export const house = async (more: Record<string, string> = {}) => {
  const folder = temporary();
  const served = await serve(
    readConfig({
      PORT: '0',
      WEFT_DATA: folder,
      WEFT_SECRET_KEY: secretKey,
      WEFT_WRITE_KEY: 'wk_test_0123456789',
      WEFT_ADMIN_PASSWORD: 'correct horse',
      WEFT_RESERVED_EMAIL: 'allow',
      WEFT_IDENTITY_SECRET: identitySecret,
      WEFT_WEBHOOKS: 'loopback',
      ...more,
    }),
  );
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= served.close();
    return closed;
  };
  closing.push(close);
  const ask = async (path: string, body?: object, headers: Record<string, string> = bearer) => {
    const response = await fetch(`${served.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
  };
  return { folder, url: served.url, close, ask };
};
export type House = Awaited<ReturnType<typeof house>>;

export const until = async <Value>(look: () => Promise<Value | null>): Promise<Value> => {
  for (let n = 0; n < 400; n += 1) {
    const value = await look();
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came');
};
export const ended = (it: House, path: string, states: readonly string[] = ['done']) =>
  until(async () => {
    const { body } = await it.ask(path);
    return states.includes(String(body.state)) ? body : null;
  });
export const visit = (user: string, device: string, email: string) => ({
  batch: [
    { type: 'page', anonymousId: device, timestamp: '2026-10-01T10:00:00Z', properties: { url: 'https://shop.test/' } },
    {
      type: 'identify',
      anonymousId: device,
      userId: user,
      timestamp: '2026-10-01T10:01:00Z',
      traits: { email, city: 'Lyon' },
    },
    {
      type: 'track',
      event: 'Order Completed',
      userId: user,
      timestamp: '2026-10-01T10:02:00Z',
      properties: { order_id: `order-of-${user}`, total: 12, currency: 'EUR' },
    },
  ],
});

/** The entries of a ZIP, by its central directory. */
export const unzipped = (bytes: Buffer): Record<string, string> => {
  const entries: Record<string, string> = {};
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = bytes.readUInt32LE(end + 16);
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [method, size, name, extra, comment, local] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
      bytes.readUInt32LE(at + 42),
    ] as [number, number, number, number, number, number];
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(from, from + size);
    entries[bytes.toString('utf8', at + 46, at + 46 + name)] = (method === 0 ? data : inflateRawSync(data)).toString(
      'utf8',
    );
    at += 46 + name + extra + comment;
  }
  return entries;
};

export const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return [
        Buffer.from(text),
        Buffer.from(text, 'utf16le'),
        Buffer.from(encodeURIComponent(text)),
        Buffer.from(Buffer.from(text).toString('base64').replace(/=+$/, '')),
      ].some((spelled) => bytes.includes(spelled));
    });
