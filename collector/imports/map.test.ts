import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { csvReader } from './csv.js';
import { MapError, mapSchema, readMap } from './map.js';
import { compileMap, groupRowsMax, type Mapped, messageIdOf } from './mapper.js';

type Map = Parameters<typeof JSON.stringify>[0];
const mapOf = (map: Map) => readMap(JSON.stringify(map));

const call = (one: Mapped | undefined): Record<string, unknown> => {
  if (one?.kind !== 'call') throw new Error(`no call: ${JSON.stringify(one)}`);
  return one.call.call;
};
/** Maps rows of CSV; the first line names the columns. */
const csv = (map: Map, text: string): Mapped[] => {
  const read = mapOf(map);
  const reader = csvReader(read.delimiter, 10_000);
  const rows = [...reader.push(text), ...reader.end()].map((row) => {
    if ('fault' in row) throw new Error(row.fault);
    return row;
  });
  const columns = read.columns ?? rows.shift()!.fields;
  const mapper = compileMap(read, columns);
  return [...rows.flatMap((row) => mapper.take(row.line, row.fields, row.fields.join())), ...mapper.end()];
};
const json = (map: Map, rows: readonly object[]): Mapped[] => {
  const mapper = compileMap(mapOf(map), null);
  return [
    ...rows.flatMap((row, at) => mapper.take(at + 1, row as Record<string, unknown>, JSON.stringify(row))),
    ...mapper.end(),
  ];
};
const track = { type: 'track', event: 'E', at: { field: 'at' } };
const one = (rule: object, row: object): Record<string, unknown> =>
  call(json({ name: 'n', format: 'jsonl', events: [{ ...track, ...rule }] }, [{ at: '2020-01-01', ...row }])[0]);

describe('a map', () => {
  it('names constants, fields, words of the file, prefixes, and what stands for nothing', () => {
    const rule = {
      channel: 'server',
      anonymousId: { field: 'visitor', prefix: 'x-' },
      userId: { field: 'user' },
      properties: {
        constant: 'EUR',
        yes: true,
        nothing: null,
        deep: { field: 'a.b' },
        dotted: { field: 'c.d' },
        number: { field: 'price', as: 'number' },
        text: { field: 'id', as: 'text' },
        word: { field: 'state', values: { P: 'paid', O: 'open' } },
        otherwise: { field: 'missing', default: 7 },
        left: { field: 'missing' },
        empty: { field: 'blank', default: 'none' },
        plus: { field: 'change', abs: true },
        both: { join: ['visitor', 'id'], prefix: 'k-' },
        prototype: { field: 'constructor' },
      },
      context: { 'page.url': { field: 'url' }, 'page.title': 'T', ip: '0.0.0.0' },
      traits: { name: { field: 'name' } },
    };
    const row = {
      visitor: 9,
      user: '',
      a: { b: 1 },
      'c.d': 2,
      price: '12.50',
      id: 42,
      state: 'P',
      blank: '',
      change: '-3',
      url: 'https://a.example/',
      name: 'Ada',
    };
    expect(one(rule, row)).toEqual({
      type: 'track',
      messageId: expect.stringMatching(/^016f5e66-e800-8/),
      timestamp: '2020-01-01T00:00:00.000Z',
      event: 'E',
      channel: 'server',
      anonymousId: 'x-9',
      properties: {
        constant: 'EUR',
        yes: true,
        nothing: null,
        deep: 1,
        dotted: 2,
        number: 12.5,
        text: '42',
        word: 'paid',
        otherwise: 7,
        empty: 'none',
        plus: 3,
        both: 'k-9-42',
      },
      context: { page: { url: 'https://a.example/', title: 'T' }, ip: '0.0.0.0' },
      traits: { name: 'Ada' },
    });
  });

  it.each<[string, object, object, string | undefined]>([
    ['track', { event: { field: 'what' } }, { what: 'Survey Answered' }, 'event'],
    ['page', { type: 'page', event: 'Home' }, {}, 'name'],
    ['screen', { type: 'screen', event: { field: 'what' } }, { what: 'Cart' }, 'name'],
    ['identify', { type: 'identify', event: undefined }, {}, undefined],
    ['group', { type: 'group', event: undefined, groupId: { field: 'g' } }, { g: 1 }, 'groupId'],
    ['alias', { type: 'alias', event: undefined, previousId: 'a', userId: 'b' }, {}, 'previousId'],
  ])('makes calls of type %s', (type, rule, row, field) => {
    const made = one(rule, row);
    expect(made.type).toBe(type);
    expect(Object.keys(made).filter((name) => !['type', 'messageId', 'timestamp', 'userId'].includes(name))).toEqual(
      field === undefined ? [] : [field],
    );
  });

  it.each<[unknown, unknown, boolean]>([
    ['a', 'a', true],
    ['a', 'b', false],
    [1, '1', true],
    [true, true, true],
    ['', undefined, true],
    [['a', 2], 2, true],
    [['a', 2], 3, false],
    [{ startsWith: 'C' }, 'C123', true],
    [{ startsWith: 'C' }, '123', false],
    [{ matches: '^C\\d+$' }, 'C12', true],
    [{ matches: '^C\\d+$' }, 'C1x', false],
    [{ above: 0 }, '0.01', true],
    [{ above: 0 }, 0, false],
    [{ atLeast: 0 }, '0', true],
    [{ below: 0 }, '-1', true],
    [{ below: 0 }, 'minus one', false],
    [{ atMost: 0 }, '0.0', true],
    [{ above: 0, below: 10 }, 11, false],
    [{ empty: true }, '', true],
    [{ empty: true }, null, true],
    [{ empty: false }, 0, true],
    [{ not: 'a' }, 'b', true],
    [{ not: 'a' }, 'a', false],
    [{ not: ['a', 'b'] }, 'b', false],
    [{ not: { startsWith: 'C' } }, 'C1', false],
    [{ not: { startsWith: 'C' } }, undefined, true],
  ])('asks of a field: %j of %j is %s', (condition, value, fits) => {
    const map = { name: 'n', format: 'jsonl', events: [{ ...track, when: { f: condition } }] };
    expect(json(map, [{ at: '2020-01-01', f: value }])[0]!.kind).toBe(fits ? 'call' : 'refused');
  });

  it('takes the first rule that fits, after what is to be left out', () => {
    const map = {
      name: 'n',
      format: 'csv',
      skip: [{ when: { k: 's' }, reason: 'not ours' }],
      events: [
        { ...track, event: 'A', when: { k: ['a', 's'] } },
        { ...track, event: 'B', when: { k: { not: 'x' } } },
      ],
    };
    const found = csv(map, 'k,at\na,2020-01-01\nb,2020-01-01\ns,2020-01-01\nx,2020-01-01\na,never\n');
    expect(found.map((it) => (it.kind === 'call' ? it.call.call.event : `${it.line} ${it.reason}`))).toEqual([
      'A',
      'B',
      '4 not ours',
      '5 no rule of the map fits',
      '6 at is no instant that can be read',
    ]);
  });

  it('reads numbers with the decimal mark of the file', () => {
    const map = {
      name: 'n',
      format: 'csv',
      delimiter: ';',
      decimalMark: ',',
      events: [{ ...track, properties: { n: { field: 'n', as: 'number' }, sum: { sumOf: ['n', 'q'] } } }],
    };
    const found = csv(map, 'at;n;q\n2020-01-01;1.234,50;2\n2020-01-01;1 234,5;2\n2020-01-01;abc;2\n');
    expect(found.map((it) => call(it).properties)).toEqual([
      { n: 1234.5, sum: 2469 },
      { n: 1234.5, sum: 2469 },
      undefined,
    ]);
  });

  const orders = {
    name: 'orders',
    format: 'csv',
    groupWithin: 2,
    events: [
      {
        ...track,
        event: 'Order Completed',
        group: ['order'],
        userId: { field: 'user' },
        properties: { order_id: { field: 'order' }, revenue: { sumOf: ['q', 'p'] } },
        line: { product_id: { field: 'sku' }, quantity: { field: 'q', as: 'number' } },
        lineWhen: { sku: { not: 'SHIPPING' } },
      },
    ],
  };
  const head = 'order,user,at,sku,q,p\n';
  const row = (order: number, sku: string, q = '1', p = '2.55') => `${order},u,2020-01-01,${sku},${q},${p}\n`;

  it('makes one event of several rows, and sums decimals exactly', () => {
    const found = csv(
      orders,
      head + row(1, 'a', '6') + row(1, 'b', '3', '0.1') + row(1, 'SHIPPING', '1', '4.99') + row(2, 'c'),
    );
    expect(found).toHaveLength(2);
    expect(call(found[0]).properties).toEqual({
      order_id: '1',
      revenue: 20.59,
      products: [
        { product_id: 'a', quantity: 6 },
        { product_id: 'b', quantity: 3 },
      ],
    });
    expect(found[0]).toMatchObject({ call: { line: 2, rows: 3 } });
  });
  it('makes one event of rows that others stand between, as far as the map says', () => {
    const found = csv(orders, head + row(1, 'a') + row(2, 'b') + row(3, 'c') + row(1, 'd') + row(4, 'e'));
    expect(found.map((it) => (call(it).properties as { products: unknown[] }).products.length).sort()).toEqual([
      1, 1, 1, 2,
    ]);
  });
  it('refuses a row whose event was closed before, rather than count half of it', () => {
    const found = csv(orders, head + row(1, 'a') + row(2, 'b') + row(2, 'b') + row(2, 'b') + row(1, 'd'));
    expect(found.map(({ kind }) => kind).sort()).toEqual(['call', 'call', 'refused']);
    expect(found.find(({ kind }) => kind === 'refused')).toMatchObject({
      line: 6,
      reason: expect.stringContaining('sort the file'),
    });
  });
  it('refuses an event of more rows than anybody orders, and holds none of them', () => {
    const mapper = compileMap(mapOf(orders), ['order', 'user', 'at', 'sku', 'q', 'p']);
    for (let n = 0; n < groupRowsMax + 5; n += 1)
      expect(mapper.take(n, ['1', 'u', '2020-01-01', 's', '1', '1'], 'x')).toEqual([]);
    expect(mapper.end()).toEqual([
      { kind: 'refused', line: 0, rows: groupRowsMax + 5, reason: 'one event has too many rows' },
    ]);
  });
  it('does not take a sum of what is no number', () => {
    expect(call(csv(orders, head + row(1, 'a', 'six'))[0]).properties).not.toHaveProperty('revenue');
  });

  it('gives the same row of the same file the same id, and every other row another', () => {
    const ids = (map: Map, text: string): unknown[] => csv(map, text).map((it) => call(it).messageId);
    const plain = { name: 'n', format: 'csv', events: [track] };
    const text = 'at,v\n2020-01-01,1\n2020-01-01,1\n2020-01-01,2\n';
    expect(ids(plain, text)).toEqual(ids(plain, text));
    expect(new Set(ids(plain, text)).size).toBe(3);
    expect(ids({ ...plain, name: 'other' }, text)[0]).not.toBe(ids(plain, text)[0]);
    const byId = { ...plain, events: [{ ...track, id: { field: 'v' } }] };
    expect(ids(byId, 'at,v\n2020-01-01,2\n2020-01-01,1\n').reverse()).toEqual(
      ids(byId, 'at,v\n2020-01-01,1\n2020-01-01,2\n'),
    );
  });
  it('makes ids that are UUIDs in the order of time', () => {
    const ids = [0, 1_000, Date.parse('2020-01-01'), Date.parse('2026-01-01'), 8.64e15].map((at) =>
      messageIdOf(at, 'x'),
    );
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(messageIdOf(-5, 'x')).toMatch(/^00000000-0000-8/);
  });

  it('never tells a value of a row in a reason', () => {
    const secret = 'ada@shop.example';
    const map = { ...orders, skip: [{ when: { order: 's' }, reason: 'left out' }] };
    const rows = [
      `9,u,${secret},a,1,1\n`,
      `s,${secret},x,x,x,x\n`,
      row(1, secret),
      row(2, 'x'),
      row(2, 'x'),
      row(2, 'x'),
      row(1, secret),
    ];
    const found = csv({ ...map, events: [...map.events] }, head + rows.join(''));
    const told = JSON.stringify(found.filter(({ kind }) => kind !== 'call'));
    expect(told).not.toContain(secret);
    expect(found.filter(({ kind }) => kind !== 'call').length).toBeGreaterThan(2);
  });

  it.each<[string, Map, string]>([
    ['no JSON', undefined, 'The map is no JSON.'],
    ['a word it does not know', { name: 'n', format: 'csv', events: [track], extra: 1 }, 'extra'],
    ['no events', { name: 'n', format: 'csv', events: [] }, 'events'],
    ['an unknown format', { name: 'n', format: 'xml', events: [track] }, 'format'],
    [
      'an unknown zone',
      { name: 'n', format: 'csv', timeZone: 'Mars', events: [track] },
      'timeZone: must be a time zone',
    ],
    [
      'a bad pattern',
      { name: 'n', format: 'csv', events: [{ ...track, at: { field: 'at', format: 'DD' } }] },
      'events[0].at.format',
    ],
    ['a list in a file of commas', { name: 'n', format: 'csv', each: 'x', events: [track] }, 'each'],
    ['columns in a file of JSON', { name: 'n', format: 'jsonl', columns: ['x'], events: [track] }, 'columns'],
    ['a delimiter that is a quote', { name: 'n', format: 'csv', delimiter: '"', events: [track] }, 'delimiter'],
  ])('is refused for %s', (_, map, said) => {
    expect(() => readMap(map === undefined ? '{' : JSON.stringify(map))).toThrow(MapError);
    expect(() => readMap(map === undefined ? '{' : JSON.stringify(map))).toThrow(said);
  });
  it.each<[string, object, string]>([
    [
      'a column that is not there',
      { ...track, userId: { field: 'nobody' } },
      'events[0].userId: the file has no column "nobody". It has: at, v.',
    ],
    ['a condition on one', { ...track, when: { nobody: 1 } }, 'events[0].when: the file has no column "nobody"'],
    ['a track without a name', { type: 'track', at: { field: 'at' } }, 'events[0]: a track needs an "event".'],
    [
      'a bad expression',
      { ...track, when: { v: { matches: '(' } } },
      'events[0].when.v: "matches" is no regular expression.',
    ],
  ])('says at once, and where, that it does not fit the file: %s', (_, rule, said) => {
    expect(() => csv({ name: 'n', format: 'csv', events: [rule] }, 'at,v\n2020-01-01,1\n')).toThrow(said);
  });
});

describe('what ships', () => {
  const folder = new URL('../../examples/imports/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

  it('the schema for editors is the language’s own', () => {
    const shipped = readFileSync(new URL('../../docs/import.schema.json', folder), 'utf8');
    expect(JSON.parse(shipped)).toEqual(mapSchema());
  });
  it.each(files.filter((name) => name.endsWith('.map.json')))('%s can be read, and names the schema', (name) => {
    const map = readMap(readFileSync(new URL(name, folder), 'utf8'));
    expect(map.$schema).toBe('../../docs/import.schema.json');
  });
});
