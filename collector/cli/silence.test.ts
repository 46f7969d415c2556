// What a running collector says of itself, driven with what must never be said: its whole output and /metrics are searched
// for every id, address, path, query, agent and key that was sent (consent.md, section 4, row 1; section 6, step 9).

import { request } from 'node:http';
import { expect, it } from 'vitest';
import { collector, secretKey, temporary } from './weft.fixture.js';

const writeKey = 'wk_test_0123456789';
/** Each stands for one sort of datum, and is found wherever it is written, in whichever case. */
const planted = {
  visitor: 'plantedvisitor77',
  user: 'planteduser77',
  email: 'plantedemail77',
  phone: '4915112345678',
  path: 'plantedpath77',
  query: 'plantedquery77',
  header: 'plantedheader77',
  agent: 'plantedagent77',
  address: '203.0.113.77',
  event: 'plantedevent77',
  property: 'plantedproperty77',
  method: 'PLANTEDMETHOD77',
  key: 'plantedkey77',
  broken: 'plantedbroken77',
  receipt: 'plantedreceipt77_____',
};
const email = `${planted.email}@shop.test`;

interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}
/** Not fetch: that tidies paths and methods before they leave. Whatever comes back, or the line's end, is an answer. */
const send = (url: string, { method = 'GET', path, headers = {}, body }: Asked): Promise<number> =>
  new Promise((done) => {
    const { hostname, port } = new URL(url);
    const asked = request(
      {
        hostname,
        port,
        method,
        path,
        headers: {
          'user-agent': planted.agent,
          'x-forwarded-for': planted.address,
          referer: `https://shop.test/${planted.path}?q=${email}`,
          cookie: `weft_consent=${planted.receipt}; session=${planted.header}`,
          ...headers,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode ?? 0));
      },
    );
    asked.on('error', () => done(0));
    asked.end(body);
  });

const bearer = { authorization: `Bearer ${secretKey}` };
const batch = JSON.stringify({
  writeKey,
  batch: [
    {
      type: 'track',
      event: `${planted.event} ${email}`,
      anonymousId: planted.visitor,
      userId: planted.user,
      messageId: `m-${planted.visitor}`,
      properties: {
        note: planted.property,
        [planted.property]: email,
        url: `https://shop.test/${planted.path}?q=${email}`,
      },
      context: {
        ip: planted.address,
        traits: { email, phone: `+${planted.phone}` },
        consent: { receipt: planted.receipt },
      },
    },
    { type: planted.event, [planted.property]: email },
    { type: 'identify', userId: email, timestamp: planted.broken },
  ],
});

const hostile: readonly Asked[] = [
  { path: `/${planted.path}/${email}?token=${planted.query}` },
  { path: `/v1/config/${planted.key}?q=${planted.query}` },
  { path: `/v1/profiles?email=${email}&q=${planted.query}`, headers: bearer },
  { path: `/v1/profiles/${planted.user}/events?cursor=${planted.query}`, headers: bearer },
  { path: `/v1/profiles?userId=${planted.user}` },
  { path: `/v1/receipts/${planted.receipt}` },
  { path: `/people/${planted.user}?q=${email}` },
  { path: `/consent/texts/${planted.path}.json` },
  { path: `/v1/privacy/erasures/${planted.user}`, headers: bearer },
  { path: `/%0a%7b%22level%22:60,%22msg%22:%22${planted.path}%22%7d` },
  { path: `//${planted.path}/..%2f..%2f${planted.path}` },
  { path: `/${'%E0%A4%A'}${planted.path}` },
  { path: `/v1/batch`, method: planted.method },
  { path: `/v1/batch?${planted.query}=${email}`, method: 'POST', body: batch },
  { path: '/v1/batch', method: 'POST', headers: bearer, body: batch },
  { path: '/v1/batch', method: 'POST', body: `{"batch": [{"userId": "${email}", ${planted.broken}` },
  { path: '/v1/batch', method: 'POST', headers: { 'content-encoding': 'gzip' }, body: planted.broken },
  { path: '/v1/batch', method: 'POST', headers: { authorization: `Bearer ${planted.key}` }, body: batch },
  { path: '/v1/track', method: 'POST', headers: { origin: `https://${planted.header}.test` }, body: batch },
  {
    path: '/v1/consent',
    method: 'POST',
    body: JSON.stringify({ writeKey, receipt: email, visitorId: planted.visitor }),
  },
  { path: '/v1/cookieless', method: 'POST', body: JSON.stringify({ writeKey, events: [{ event: email, path: '/' }] }) },
  {
    path: '/login',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `name=${email}&password=${planted.key}`,
  },
  { path: '/v1/privacy/erasures', method: 'POST', headers: bearer, body: JSON.stringify({ email }) },
  {
    path: '/v1/privacy/erasures',
    method: 'POST',
    body: JSON.stringify({ visitorId: planted.visitor, receipt: planted.receipt }),
  },
];

it('logs and metrics hold nothing of whom or what was sent, whatever is asked', async () => {
  const served = await collector(temporary());
  const answers: number[] = [];
  for (const asked of hostile) answers.push(await send(served.url, asked));
  // They were heard: some taken, some refused; only what is no HTTP at all has no answer.
  expect(answers.filter((status) => status === 200).length).toBeGreaterThan(2);
  expect(answers.filter((status) => status >= 400 && status < 500).length).toBeGreaterThan(8);
  expect(answers.filter((status) => status >= 500)).toEqual([]);
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  served.child.kill('SIGTERM');
  const { stdout, stderr } = await served.ended;
  // The log itself is there: one line for each request that was one.
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('"msg":"request"'));
  expect(lines.length).toBeGreaterThanOrEqual(answers.filter((status) => status !== 0 && status !== 400).length);
  for (const line of lines)
    expect(Object.keys(JSON.parse(line) as object).sort()).toEqual(
      ['hostname', 'level', 'method', 'ms', 'msg', 'pid', 'received', 'route', 'status', 'time'].sort(),
    );
  const said = `${stdout}\n${stderr}\n${metrics}`.toLowerCase();
  expect(metrics).toContain('weft_request_duration_seconds');
  expect(metrics).toMatch(/weft_redactions_total\{kind="properties"\} [1-9]/);
  for (const [sort, value] of Object.entries(planted))
    expect([sort, said.includes(value.toLowerCase())]).toEqual([sort, false]);
}, 60_000);
