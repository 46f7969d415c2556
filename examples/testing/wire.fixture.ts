// A wire in front of a collector that remembers what pages posted over it, as it was sent, and what they were answered: what
// a browser says of its own requests leaves out their bodies. Either may be kept back, or get lost on its way.

import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Anything } from './browser.fixture.js';

export interface Sent {
  path: string;
  /** Inflated, so that it can be sent again. */
  text: string;
  body: Anything;
  /** As the collector gave it, whether it arrived or not; none until then. */
  answer?: Anything;
}

export interface Faults {
  /** Nothing that is posted gets as far as the collector. */
  isDown?: boolean;
  /** Does the answer to this arrive? Asked once the collector has given it. */
  arrives?: (sent: Sent) => boolean | Promise<boolean>;
}

export const startWire = async (target: string) => {
  const sent: Sent[] = [];
  let faults: Faults = {};
  const agent = new Agent({ keepAlive: true });
  const server = createServer((asked, answer) => {
    const parts: Buffer[] = [];
    asked.on('data', (part) => parts.push(part));
    asked.on('end', () => {
      const bytes = Buffer.concat(parts);
      const path = asked.url ?? '/';
      let one: Sent | undefined;
      if (asked.method === 'POST' && path.startsWith('/v1/')) {
        if (faults.isDown) return void asked.socket.destroy();
        const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString();
        one = { path, text, body: JSON.parse(text) };
        sent.push(one);
      }
      const { method, headers } = asked;
      const onward = request(new URL(path, target), { method: method!, headers, agent }, (got) => {
        const said: Buffer[] = [];
        got.on('data', (part) => said.push(part));
        got.on('end', async () => {
          const whole = Buffer.concat(said);
          if (one) {
            one.answer = /json/.test(got.headers['content-type'] ?? '') ? JSON.parse(whole.toString()) : undefined;
            if (faults.arrives && !(await faults.arrives(one))) return void asked.socket.destroy();
          }
          answer.writeHead(got.statusCode ?? 502, got.headers);
          answer.end(whole);
        });
      });
      onward.on('error', () => answer.destroy());
      onward.end(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    /** From now on; at first there are none. */
    fail: (next: Faults) => {
      faults = next;
    },
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type Wire = Awaited<ReturnType<typeof startWire>>;
