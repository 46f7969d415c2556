// A wire in front of a collector that remembers what pages posted over it, as it was sent: what a browser says of its own
// requests leaves out their bodies.

import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Anything } from './browser.fixture.js';

export interface Sent {
  path: string;
  /** Inflated, so that it can be sent again. */
  text: string;
  body: Anything;
}

export const startWire = async (target: string) => {
  const sent: Sent[] = [];
  const agent = new Agent({ keepAlive: true });
  const server = createServer((asked, answer) => {
    const parts: Buffer[] = [];
    asked.on('data', (part) => parts.push(part));
    asked.on('end', () => {
      const bytes = Buffer.concat(parts);
      const path = asked.url ?? '/';
      if (asked.method === 'POST' && path.startsWith('/v1/')) {
        const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString();
        sent.push({ path, text, body: JSON.parse(text) });
      }
      const { method, headers } = asked;
      const onward = request(new URL(path, target), { method: method!, headers, agent }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      onward.end(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type Wire = Awaited<ReturnType<typeof startWire>>;
