// What pages load, what operators ask, and openapi.json against the routes that answer.

import { describe, expect, it } from 'vitest';
import { type Fields, fresh, house, page, secretKey, writeKey } from './house.fixture.js';

describe('pages and operators', () => {
  it('GET /v1/config: policy, purposes with their hashes, region; no cookie; private, five minutes', async () => {
    const it = await house();
    for (const path of ['/v1/config', `/v1/config/${writeKey}`]) {
      const { status, body, headers } = await it.get(path, { origin: 'https://shop.com', cookie: 'a=b' });
      expect([path, status]).toEqual([path, 200]);
      expect(body).toMatchObject({ policy: {}, consent: { purposes: expect.any(Array) }, region: {}, settings: {} });
      const listed = (body.consent as { purposes: { id: string; materialHash: string }[] }).purposes;
      expect(listed.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['measurement', 'personalisation', 'marketing', 'sharing']),
      );
      for (const { materialHash } of listed) expect(materialHash).toMatch(/^[0-9a-f]{64}$/);
      expect(headers.get('cache-control')).toBe('private, max-age=300');
      expect([headers.get('set-cookie'), headers.get('access-control-allow-origin')]).toEqual([null, '*']);
    }
    expect((await it.get('/v1/config/wk_wrong', {})).status).toBe(404);
    expect((await it.get('/v1/config', { 'cf-ipcountry': 'FR' })).body.region as Fields).toMatchObject({
      code: 'FR',
      model: 'opt-in',
    });
  });
  it('Segment’s browser client is told where to send', async () => {
    const it = await house();
    const { status, body, headers } = await it.get(`/v1/projects/${writeKey}/settings`, {});
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect((body.integrations as Record<string, Fields>)['Segment.io']).toMatchObject({
      apiKey: writeKey,
      apiHost: `${new URL(it.url).host}/v1`,
    });
    expect((await it.get('/v1/projects/wk_wrong/settings', {})).status).toBe(404);
  });
  it('health, readiness, metrics: no id, no key, no address', async () => {
    const it = await house();
    const A = fresh('secret-device');
    await it.page(page(A, 0), { type: 'nonsense' });
    for (const path of ['/healthz', '/readyz']) expect((await it.get(path, {})).status).toBe(200);
    const { status, body, headers } = await it.get('/metrics', {});
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    const text = body.text as string;
    expect(text).toMatch(/weft_events_total\{verdict="accepted"/);
    expect(text).toMatch(/verdict="rejected",code="unknown_type"/);
    expect(text).not.toMatch(new RegExp(`${A}|${writeKey}|${secretKey}|nonsense`));
  });
  it('openapi.json is whole: every route of the page is in it, and every reference leads somewhere', async () => {
    const it = await house();
    const { status, body } = await it.get('/openapi.json', {});
    expect(status).toBe(200);
    const { openapi, info, paths, components } = body as {
      openapi: string;
      info: Fields;
      paths: Record<string, Record<string, Fields>>;
      components: { schemas: Fields; securitySchemes: Fields };
    };
    expect([openapi.startsWith('3.'), typeof info.title, typeof info.version]).toEqual([true, 'string', 'string']);
    const wanted: Record<string, string> = {
      '/v1/batch': 'post',
      '/v1/track': 'post',
      '/v1/page': 'post',
      '/v1/screen': 'post',
      '/v1/identify': 'post',
      '/v1/alias': 'post',
      '/v1/group': 'post',
      '/v1/import': 'post',
      '/v1/t': 'post',
      '/v1/p': 'post',
      '/v1/s': 'post',
      '/v1/i': 'post',
      '/v1/a': 'post',
      '/v1/g': 'post',
      '/v1/consent': 'post',
      '/v1/projects/{writeKey}/settings': 'get',
      '/weft.js': 'get',
      '/weft/{file}': 'get',
      '/v1/config': 'get',
      '/v1/config/{writeKey}': 'get',
      '/v1/profiles': 'get',
      '/v1/profiles/{id}': 'get',
      '/v1/profiles/{id}/events': 'get',
      '/v1/profiles/{id}/sessions': 'get',
      '/v1/profiles/{id}/carts': 'get',
      '/v1/profiles/{id}/orders': 'get',
      '/v1/profiles/{id}/merges': 'get',
      '/v1/merges': 'post',
      '/v1/merges/{id}/undo': 'post',
      '/v1/privacy/erasures': 'post',
      '/v1/privacy/erasures/{id}': 'get',
      '/healthz': 'get',
      '/readyz': 'get',
      '/metrics': 'get',
      '/openapi.json': 'get',
      '/docs': 'get',
    };
    const missing = Object.entries(wanted).filter(([path, method]) => paths[path]?.[method] === undefined);
    expect(missing).toEqual([]);
    const operationIds: unknown[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods)) {
        operationIds.push(operation.operationId);
        expect([path, Object.keys(operation.responses as object).length > 0]).toEqual([path, true]);
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = ((operation.parameters ?? []) as Fields[])
          .filter((one) => one.in === 'path')
          .map(({ name }) => name);
        expect([path, declared.sort()]).toEqual([path, named.sort()]);
        for (const security of (operation.security ?? []) as Fields[])
          for (const name of Object.keys(security)) expect(Object.keys(components.securitySchemes)).toContain(name);
      }
    }
    expect(new Set(operationIds).size).toBe(operationIds.length);
    for (const [, reference] of JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)) {
      const found = reference!
        .slice(2)
        .split('/')
        .reduce<unknown>((from, name) => (from as Fields)?.[name.replaceAll('~1', '/')], body);
      expect([reference, found !== undefined]).toEqual([reference, true]);
    }
  });
});
