// openapi.json, made from the zod schemas that judge the wire, so that what is documented is what is enforced. Data only:
// `docs.tsx` renders it.

import { z } from 'zod';
import { ecommerce } from '../contract/ecommerce.js';
import { errors } from '../errors.js';
import { routes } from '../ingest/door.js';
import type { Operation } from './operations/operation.js';
import { operations } from './operations.js';
import { type SchemaName, schemas } from './schemas.js';

type Json = Record<string, unknown>;

const componentOf = (name: string): string => `#/components/schemas/${name}`;

/** `Order Completed` → `OrderCompleted`; the properties of a track of that name. */
const ecommerceSchemas = (): Json => {
  const made: Json = {};
  for (const [name, { shape, need }] of Object.entries(ecommerce)) {
    const { $schema: _, ...schema } = z.toJSONSchema(z.looseObject(shape), { io: 'input' });
    const alone = need.filter((alternatives) => alternatives.length === 1).map(([key]) => key);
    const either = need.filter((alternatives) => alternatives.length > 1);
    made[name.replaceAll(' ', '')] = {
      ...schema,
      title: name,
      description: `Properties of a track named "${name}". On the wire a missing one is a warning, and the event is kept.`,
      ...(alone.length > 0 && { required: alone }),
      ...(either.length > 0 && { allOf: either.map((keys) => ({ anyOf: keys.map((key) => ({ required: [key] })) })) }),
    };
  }
  return made;
};

const componentSchemas = (): Json => {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema as z.ZodType, { id });
  const made = z.toJSONSchema(registry, { io: 'input', uri: componentOf, reused: 'inline' }).schemas as Json;
  const plain: Json = {};
  for (const [name, schema] of Object.entries(made)) {
    const { $schema: _, $id: __, ...rest } = schema as Json;
    plain[name] = rest;
  }
  return { ...plain, ...ecommerceSchemas() };
};

const securityOf = (security: Operation['security']): Json[] => {
  switch (security) {
    case 'write':
      return [{ writeKey: [] }, { secretKey: [] }, {}];
    case 'secret':
      return [{ secretKey: [] }];
    case 'person':
      return [{ secretKey: [] }, {}];
    case 'none':
      return [];
  }
};

const parametersOf = (operation: Operation): Json[] => [
  ...[...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...(operation.query ?? []).map((parameter) => ({
    in: 'query',
    required: false,
    schema: { type: 'string' },
    ...parameter,
  })),
];

/** A media type; curly or not, JSON unless said otherwise. */
const contentOf = (schema: SchemaName | undefined, example: unknown, type = 'application/json'): Json => ({
  [type]: {
    ...(schema !== undefined && { schema: { $ref: componentOf(schema) } }),
    ...(example !== undefined && { example }),
  },
});

const responsesOf = ({ answer: ok, errors: codes }: Operation): Json => {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code]);
  const failures = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, these]) => [
      String(status),
      {
        description: these.map((code) => `\`${code}\`: ${errors[code as keyof typeof errors].message}`).join(' '),
        ...((status === 429 || status === 503) && {
          headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
        }),
        content: contentOf('Error', undefined),
      },
    ]);
  return {
    [ok.status]: {
      description: ok.description,
      ...((ok.schema !== undefined || ok.type !== undefined) && { content: contentOf(ok.schema, ok.example, ok.type) }),
    },
    ...Object.fromEntries(failures),
  };
};

/** The same under another address: Segment's short routes, and the configuration without a key. */
const aliases = (): Operation[] =>
  operations.flatMap((operation): Operation[] => {
    if (operation.path === '/v1/config/{writeKey}') return [{ ...operation, path: '/v1/config', errors: [] }];
    const type = Object.hasOwn(routes, operation.path) ? routes[operation.path] : undefined;
    return Object.entries(routes)
      .filter(([path, takes]) => path !== operation.path && takes === type)
      .map(([path]) => ({ ...operation, path, description: `The same as \`${operation.path}\`.` }));
  });

/** What lies beside the API. */
const pages: readonly Operation[] = [
  {
    method: 'get',
    path: '/weft/{file}',
    tag: 'Pages',
    summary: 'A chunk of the script',
    security: 'none',
    answer: { status: 200, description: 'It never changes: its name holds its hash.', type: 'text/javascript' },
    errors: ['not_found'],
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'Operating',
    summary: 'This description',
    security: 'none',
    answer: { status: 200, description: 'OpenAPI 3.1.', type: 'application/json' },
    errors: [],
  },
  {
    method: 'get',
    path: '/docs',
    tag: 'Operating',
    summary: 'This description, to be read',
    security: 'none',
    answer: { status: 200, description: 'A page.', type: 'text/html' },
    errors: [],
  },
];

export const openapi = (version: string): Json => {
  const paths: Record<string, Json> = {};
  for (const operation of [...operations, ...aliases(), ...pages]) {
    const parameters = parametersOf(operation);
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: {
        tags: [operation.tag],
        operationId: `${operation.method}${operation.path.replace(/\W+(\w)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
        summary: operation.summary,
        ...(operation.description !== undefined && { description: operation.description }),
        security: securityOf(operation.security),
        ...(parameters.length > 0 && { parameters }),
        ...(operation.body !== undefined && {
          requestBody: { required: true, content: contentOf(operation.body.schema, operation.body.example) },
        }),
        responses: responsesOf(operation),
      },
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Weft collector',
      version,
      summary: 'Takes events in, and shows the people they tell of.',
      description:
        'Segment-compatible: existing clients of that API work by pointing them here. Instants are ISO 8601, money is an integer of minor units, what is absent is null.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        secretKey: { type: 'http', scheme: 'bearer', description: 'The secret key; also as the user of HTTP Basic.' },
        writeKey: {
          type: 'http',
          scheme: 'basic',
          description:
            'The write key as the user, no password. A page needs no header: it sends `writeKey` in the body.',
        },
      },
    },
  };
};
