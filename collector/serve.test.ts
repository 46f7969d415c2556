// The whole process in this one: real sockets, real clients, the real engine on a file.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { shopConsent } from '../examples/shop/app.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { lint } from './consent/policy/lint.js';
import type { Profile } from './contract/profile.js';
import type { Answer } from './log/log.js';
import { type Served, serve, welcome } from './serve.js';

const secretKey = 'sk_test_0123456789';
const writeKey = 'wk_test_0123456789';
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-serve-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const started = async (environment: Record<string, string> = {}): Promise<Served & { config: Config }> => {
  const config = readConfig({
    PORT: '0',
    WEFT_DATA: environment.WEFT_DATA ?? folder(),
    WEFT_SECRET_KEY: secretKey,
    WEFT_WRITE_KEY: writeKey,
    WEFT_ADMIN_PASSWORD: 'correct horse',
    WEFT_KEY_CONSENT: 'external',
    WEFT_RESERVED_EMAIL: 'allow',
    ...environment,
  });
  const served = await serve(config);
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= served.close();
    return closed;
  };
  closing.push(close);
  return { ...served, close, config };
};
const authorization = `Bearer ${secretKey}`;
const profilesBy = async (url: string, query: string): Promise<Profile[]> => {
  const response = await fetch(`${url}/v1/profiles?${query}`, { headers: { authorization } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { profiles: Profile[] }).profiles;
};

describe('a consent file that says what is not set up here', () => {
  it('is in force all the same, and the log says what is not kept', async () => {
    const file = join(folder(), 'consent.json');
    writeFileSync(file, JSON.stringify({ decision: { scope: 'account' }, transfer: ['outlet.example'] }));
    const lines: { msg: string; findings?: string[] }[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const said = async (environment: Record<string, string>) => {
      lines.length = 0;
      const config = readConfig({ PORT: '0', WEFT_DATA: folder(), WEFT_CONSENT: file, ...environment });
      const served = await serve(config, { logger });
      closing.push(() => served.close());
      return lines.filter(({ msg }) => msg.includes('not set up')).flatMap(({ findings }) => findings ?? []);
    };
    expect(await said({})).toEqual([
      expect.stringContaining('decision.scope: the banner says that a choice follows the account'),
      expect.stringContaining('transfer.0: pages of "outlet.example" may not ask this collector'),
    ]);
    expect(
      await said({ WEFT_IDENTITY_SECRET: 'a secret of 16 or more', WEFT_ORIGINS: 'https://outlet.example' }),
    ).toEqual([]);
  });
});

describe('clients of the Segment API, unchanged', () => {
  it('@segment/analytics-node: every call arrives, one person comes of it', async () => {
    const { url } = await started();
    const analytics = new Analytics({ writeKey: secretKey, host: url, flushAt: 5 });
    const errors: unknown[] = [];
    analytics.on('error', (error) => errors.push(error));
    const anonymousId = 'device-1';
    analytics.page({ anonymousId, name: 'Product', properties: { url: 'https://shop.example/p/1' } });
    analytics.track({
      anonymousId,
      event: 'Product Added',
      properties: { product_id: 'p1', price: 19, quantity: 2, currency: 'EUR' },
    });
    analytics.identify({ anonymousId, userId: 'u1', traits: { email: 'ada@shop.example', firstName: 'Ada' } });
    analytics.group({ userId: 'u1', groupId: 'g1', traits: { name: 'G' } });
    analytics.screen({ userId: 'u1', name: 'Basket' });
    analytics.track({
      userId: 'u1',
      event: 'Order Completed',
      properties: {
        order_id: 'o1',
        revenue: 38,
        currency: 'EUR',
        products: [{ product_id: 'p1', price: 19, quantity: 2 }],
      },
    });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    const [profile, ...others] = await profilesBy(url, 'userId=u1');
    expect(others).toEqual([]);
    expect(profile!.counts).toMatchObject({ events: 6, orders: 1, cartAdds: 1 });
    expect(profile!.revenue).toEqual([{ currency: 'EUR', minor: 3800 }]);
    expect((await profilesBy(url, `anonymousId=${anonymousId}`))[0]!.id).toBe(profile!.id);
  });

  it('@segment/analytics-node with the write key in Basic and body', async () => {
    // Under a public key the header of the request counts, and a script's agent is a bot's.
    const { url } = await started({ WEFT_BOTS: 'keep' });
    const analytics = new Analytics({ writeKey, host: url });
    analytics.track({ userId: 'u2', event: 'X' });
    await analytics.closeAndFlush();
    expect((await profilesBy(url, 'userId=u2'))[0]!.counts.events).toBe(1);
  });

  it.each([true, false])('@rudderstack/rudder-sdk-node, gzip %s', async (gzip) => {
    const { url } = await started();
    const client = new RudderAnalytics(secretKey, { dataPlaneUrl: url, gzip, flushAt: 1, flushInterval: 50 });
    client.identify({ userId: 'u3', traits: { firstName: 'Città — 東京' } });
    client.track({ userId: 'u3', event: 'Product Viewed', properties: { product_id: 'p9' } });
    await client.flush();
    const [profile] = await profilesBy(url, 'userId=u3');
    expect(profile!.counts).toMatchObject({ events: 2, productViews: 1 });
    expect(profile!.traits.firstName!.value).toBe('Città — 東京');
  });
});

describe('bytes on a socket', () => {
  const opened = (
    url: string,
  ): { socket: Socket; heard: () => Promise<string>; until: (words: string) => Promise<void> } => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    closing.push(() => void socket.destroy());
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    return {
      socket,
      heard: () => ended.then(() => text),
      until: (words) =>
        new Promise((resolve) => {
          const look = () => {
            if (!text.includes(words)) return;
            socket.off('data', look);
            resolve();
          };
          socket.on('data', look);
          look();
        }),
    };
  };
  const head = (url: string, ...lines: string[]): string =>
    [`POST /v1/batch HTTP/1.1`, `Host: ${new URL(url).host}`, ...lines, '', ''].join('\r\n');

  it('an endless chunked body is cut off with 413', async () => {
    const { url } = await started();
    const { socket, until } = opened(url);
    socket.write(head(url, 'Transfer-Encoding: chunked', `Authorization: ${authorization}`));
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    let sent = 0;
    const pouring = setInterval(() => {
      if (socket.destroyed || sent > 200) return;
      sent += 1;
      socket.write(chunk);
    }, 1);
    await until('413');
    await until('body_too_large');
    clearInterval(pouring);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('a declared length beyond the limit is refused before a byte of it is read', async () => {
    const { url } = await started();
    const { socket, until } = opened(url);
    socket.write(head(url, 'Content-Length: 900000000', `Authorization: ${authorization}`));
    await until('HTTP/1.1 413');
  });

  it('a sender that goes away in the middle harms nobody', async () => {
    const { url } = await started();
    for (let time = 0; time < 10; time += 1) {
      const { socket } = opened(url);
      await new Promise<void>((resolve) =>
        socket.write(`${head(url, 'Content-Length: 5000')}{"batch":[`, () => resolve()),
      );
      socket.destroy();
    }
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('status="500"');
  });

  it('what is no HTTP, or has no sane host, is answered with 400', async () => {
    const { url } = await started();
    for (const words of [
      'hello\r\n\r\n',
      'GET /healthz HTTP/1.1\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    ]) {
      const { socket, heard } = opened(url);
      socket.write(words);
      expect(await heard()).toMatch(/^HTTP\/1\.1 400/);
    }
  });

  it('I24: a hundred requests at once that name the same user give one person', async () => {
    const { url } = await started({ WEFT_RATE: '100000', WEFT_BOTS: 'keep' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const response = await fetch(`${url}/v1/identify`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: JSON.stringify({ writeKey, anonymousId: `a${index % 2}`, userId: 'u1', messageId: `m${index}` }),
        });
        return (await response.json()) as Answer;
      }),
    );
    expect(answers.map(({ accepted }) => accepted)).toEqual(Array.from({ length: 100 }, () => 1));
    const profiles = await profilesBy(url, 'userId=u1');
    expect(profiles).toHaveLength(1);
    expect(profiles[0]!.counts.events).toBe(100);
  });

  it('asked to stop, it finishes what is under way, and what it answered is there at the next start', async () => {
    const data = folder();
    const first = await started({ WEFT_DATA: data });
    const { socket, until } = opened(first.url);
    const body = JSON.stringify({ batch: [{ type: 'identify', userId: 'u1', messageId: 'm1' }] });
    socket.write(
      head(first.url, `Content-Length: ${body.length}`, `Authorization: ${authorization}`) + body.slice(0, 20),
    );
    // The server has the head of the request once it has answered another one that came after it.
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    const stopping = first.close();
    await expect(fetch(`${first.url}/readyz`)).rejects.toThrow();
    socket.write(body.slice(20));
    await until('"accepted":1');
    socket.end();
    await stopping;
    const second = await started({ WEFT_DATA: data });
    expect(await profilesBy(second.url, 'userId=u1')).toHaveLength(1);
  });

  it('asked to stop while an answer is on its way, it ends with that answer and not with the last of its patience', async () => {
    const { url, close } = await started();
    // Its head is here, and promised more answers on the connection; its end is not.
    const { status, headers } = await fetch(`${url}/nowhere`);
    expect([status, headers.get('connection')]).toEqual([404, 'keep-alive']);
    const askedAt = performance.now();
    await close();
    expect(performance.now() - askedAt).toBeLessThan(5_000);
  });
});

describe('the start', () => {
  it('tells three addresses, and secrets only when they were made just now', async () => {
    const data = folder();
    const bare = { WEFT_DATA: data, WEFT_SECRET_KEY: '', WEFT_WRITE_KEY: '', WEFT_ADMIN_PASSWORD: '', WEFT_DEMO: '1' };
    const first = await started(bare);
    const told = welcome(first, first.config);
    expect(told).toContain(`${first.url}/demo`);
    expect(told).toContain(`${first.url}/docs`);
    expect(told).toContain(`${first.url}/\n`);
    expect(told).toContain(first.seeded.writeKey);
    expect(told).toContain(first.seeded.made.secretKey!);
    expect(told).toContain(first.seeded.made.adminPassword!);
    expect(new URL(first.url).port).not.toBe('0');
    await first.close();
    const second = await started(bare);
    const again = welcome(second, second.config);
    expect(again).toContain(first.seeded.writeKey);
    expect(again).not.toMatch(/Secret key|Password/);
    const known = await fetch(`${second.url}/v1/profiles?userId=u`, {
      headers: { authorization: `Bearer ${first.seeded.made.secretKey}` },
    });
    expect(known.status).toBe(200);
  });

  it('shows the demo shop to anyone when it is asked for, and to nobody otherwise', async () => {
    const demo = await started({ WEFT_DEMO: '1' });
    const page = await fetch(`${demo.url}/demo`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(await page.text()).toContain(writeKey);
    const bare = await started();
    expect((await fetch(`${bare.url}/demo`)).status).toBe(404);
  });

  it('asks in the demo as its shop would, under the terms that ship', async () => {
    const [demo, bare] = await Promise.all(
      [{ WEFT_DEMO: '1' }, {}].map(async (env) => {
        const { url } = await started(env);
        const answer = await fetch(`${url}/v1/config/${writeKey}`);
        return (await answer.json()) as {
          policy: { version: string };
          consent: { purposes: { id: string; materialHash: string }[] };
        };
      }),
    );
    expect([demo?.policy.version, bare?.policy.version]).toEqual(['oxlip-1', '1']);
    const terms = (one: typeof demo) => one?.consent.purposes.map(({ id, materialHash }) => [id, materialHash]);
    expect(terms(demo)).toEqual(terms(bare));
    const own = lint({ text: shopConsent(), own: {} });
    // Passing data on to nobody: there to be seen by whoever tries the demo, and no shop's to copy.
    expect(own.findings.map(({ rule }) => rule)).toEqual(['sharing-with-nobody']);
  });

  it('lets staff in with the password, and nobody else', async () => {
    const { url } = await started();
    const page = await fetch(`${url}/`, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect([302, 303]).toContain(page.status);
    const login = await fetch(new URL(page.headers.get('location')!, url), { headers: { accept: 'text/html' } });
    expect([login.status, await login.text()]).toEqual([200, expect.stringContaining('type="password"')]);
  });

  it('tells a page the policy, the click ids it may keep, and the region its CDN saw', async () => {
    const { url } = await started();
    const told = async (headers: Record<string, string>) =>
      (await (await fetch(`${url}/v1/config/${writeKey}`, { headers })).json()) as {
        region: object;
        consent: { redact: { clickIds: string[] } };
      };
    expect((await told({ 'cf-ipcountry': 'FR' })).region).toMatchObject({ code: 'FR', model: 'opt-in' });
    expect((await told({})).region).toMatchObject({ code: null });
    // What a page may leave in an address with `marketing`; never what names a subscriber.
    const { clickIds } = (await told({})).consent.redact;
    expect(clickIds).toEqual(expect.arrayContaining(['gclid', 'msclkid', 'fbclid', 'wbraid', 'epik']));
    expect(clickIds.filter((name) => /^(mc_eid|_kx|_ga|_gl|si|obOrigUrl)$/.test(name))).toEqual([]);
  });

  it('ends with a sentence where it cannot begin', async () => {
    const first = await started();
    const taken = new URL(first.url).port;
    await expect(started({ PORT: taken })).rejects.toThrow(/PORT: something else listens/);
    const file = join(folder(), 'file');
    writeFileSync(file, 'in the way');
    await expect(started({ WEFT_DATA: file })).rejects.toThrow(/WEFT_DATA: the data in .* cannot be opened \(E\w+\)/);
    await expect(started({ WEFT_DATA: 'postgres://h/d' })).rejects.toThrow(ConfigError);
    await expect(started({ WEFT_LOG: 'nats://h' })).rejects.toThrow(ConfigError);
    await expect(started({ WEFT_ROLE: 'worker' })).rejects.toThrow(/WEFT_ROLE/);
    await expect(started({ WEFT_CONSENT: '/nowhere/consent.json' })).rejects.toThrow(/consent\.json/);
  });
});
