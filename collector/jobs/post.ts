// One POST to an address that somebody configured, and nothing else: bounded in time and size, to a public address unless
// more is allowed, without following anybody elsewhere. Knows no table. It never says what the other side wrote.

import { lookup as lookUp } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where notices may go: anybody's public address; also our own machine (tests, demos); also the networks behind it. */
export type Reach = 'public' | 'loopback' | 'private';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Everything that is no public unicast address (IANA's special-purpose registries). */
const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, bits, 'ipv6');
// An IPv4 address in IPv6 clothes is judged as what it is: BlockList does so by itself for ::ffff:0:0/96.

export const mayReach = (address: string, reach: Reach): boolean => {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) return false;
  if (reach === 'private') return true;
  if (reach === 'loopback' && loopback.check(address, family)) return true;
  return !inside.check(address, family);
};

/** Why an address may not be used; null = it may. Names are judged when they are looked up. */
export const refusedUrl = (text: string, reach: Reach): 'bad_url' | 'not_https' | 'not_public' | null => {
  if (!URL.canParse(text)) return 'bad_url';
  const url = new URL(text);
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '')
    return 'bad_url';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isOurs =
    reach !== 'public' &&
    (host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')));
  if (url.protocol === 'http:' && !isOurs && reach !== 'private') return 'not_https';
  if (isIP(host) !== 0 && !mayReach(host, reach)) return 'not_public';
  return null;
};

export interface Posted {
  status: number;
  /** At most so many bytes of it. */
  body: string;
}

export interface PostOptions {
  reach: Reach;
  timeoutMs: number;
  answerMaxBytes: number;
}

class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Every address of the name must be one we may reach, and one of those very addresses is what is connected to. */
const guarded =
  (reach: Reach): LookupFunction =>
  (hostname, options, done) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 4);
      const refused = addresses.length === 0 || addresses.some(({ address }) => !mayReach(address, reach));
      if (refused) return done(new Refused('not_public'), '', 4);
      if (options.all) return done(null, addresses);
      return done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

/** Resolves with the answer; rejects with an error whose `code` says what went wrong. */
export const post = (
  to: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { reach, timeoutMs, answerMaxBytes }: PostOptions,
): Promise<Posted> =>
  new Promise((resolve, reject) => {
    const refused = refusedUrl(to, reach);
    if (refused !== null) {
      reject(new Refused(refused));
      return;
    }
    const url = new URL(to);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'weft' },
        lookup: guarded(reach),
        // A connection of its own: nothing of one recipient is reused for another.
        agent: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= answerMaxBytes) chunks.push(chunk);
          else answer.destroy();
        });
        const end = (): void => {
          clearTimeout(late);
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        };
        answer.on('end', end);
        answer.on('close', end);
      },
    );
    // Of the whole exchange: a recipient that drips its answer does not hold us.
    const late = setTimeout(() => request.destroy(new Refused('timeout')), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    request.end(body);
  });
