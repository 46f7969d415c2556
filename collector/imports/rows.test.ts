import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readMap } from './map.js';
import { FileError, jsonLineMaxChars, type ReadRow, readRows, rowMaxChars } from './rows.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const written = (content: string | Buffer): string => {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  return path;
};
const events = [{ type: 'track', event: 'E', at: { field: 'at' } }];
const mapOf = (more: object) => readMap(JSON.stringify({ name: 'n', events, ...more }));
const read = async (content: string | Buffer, more: object) => {
  let bytes = 0;
  const { columns, handfuls } = await readRows(written(content), mapOf(more), (n) => {
    bytes = n;
  });
  const rows = [];
  for await (const handful of handfuls) rows.push(...handful);
  return {
    columns,
    rows,
    bytes,
    said: rows.map((it) => `${it.line}: ${'fault' in it ? `! ${it.fault}` : JSON.stringify(it.row)}`),
  };
};

describe('rows of a CSV file', () => {
  it('have the names of the first line, and are told from where they begin', async () => {
    const { columns, said } = await read('a, b ,c\n1,2,3\n\n4,"5\n6"\n7,8,9,10\n', { format: 'csv' });
    expect(columns).toEqual(['a', 'b', 'c']);
    expect(said).toEqual(['2: ["1","2","3"]', '4: ["4","5\\n6"]', '6: ["7","8","9","10"]']);
  });
  it('have the names of the map where the file has none', async () => {
    const { columns, said } = await read('1,2\n', { format: 'csv', columns: ['x', 'y'] });
    expect(columns).toEqual(['x', 'y']);
    expect(said).toEqual(['1: ["1","2"]']);
  });
  it.each<[string, string | Buffer, object]>([
    ['gzip, whatever the file is called', gzipSync('a\nZoë\n'), {}],
    ['a byte order mark', '\ufeffa\nZoë\n', {}],
    ['Latin 1', Buffer.from('a\nZoë\n', 'latin1'), { encoding: 'latin1' }],
    ['UTF-16', Buffer.from('\ufeffa\nZoë\n', 'utf16le'), { encoding: 'utf-16le' }],
  ])('are read through %s', async (_, content, more) => {
    const { columns, said } = await read(content, { format: 'csv', ...more });
    expect(columns).toEqual(['a']);
    expect(said).toEqual(['2: ["Zoë"]']);
  });
  it('are the same however the file’s pieces fall', async () => {
    const text = `a,b\n${Array.from({ length: 60_000 }, (_, n) => `"${n}","é${n}\n"`).join('\n')}\n`;
    const { rows, bytes } = await read(text, { format: 'csv' });
    expect(rows).toHaveLength(60_000);
    expect(rows.every((it, n) => 'row' in it && it.line === 2 + n * 2 && (it.row as string[])[1] === `é${n}\n`)).toBe(
      true,
    );
    expect(bytes).toBe(Buffer.byteLength(text));
  });
  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'empty'],
    ['gzip that is cut short', gzipSync('a\n1\n'.repeat(1_000)).subarray(0, 20), 'cut short'],
    ['nameless', 'x'.repeat(rowMaxChars + 10), 'cannot be read'],
  ])('of a file that is %s are none, in words', async (_, content, said) => {
    await expect(read(content, { format: 'csv' })).rejects.toThrow(FileError);
    await expect(read(content, { format: 'csv' })).rejects.toThrow(said);
  });
});

describe('rows of JSON Lines', () => {
  it('are objects; whatever else a line holds is a fault in its place', async () => {
    const { said } = await read('{"a":1}\n\n[1]\nnull\n{"a":\n"x"\n{"a":2}', { format: 'jsonl' });
    expect(said).toEqual([
      '1: {"a":1}',
      '3: ! the line is no object',
      '4: ! the line is no object',
      '5: ! the line is no JSON',
      '6: ! the line is no object',
      '7: {"a":2}',
    ]);
  });
  it('come of each entry of a list, with what stands around it', async () => {
    const { rows, said } = await read('{"s":1,"l":[{"x":1},2]}\n{"s":2}\n{"s":3,"l":[]}\n', {
      format: 'jsonl',
      each: 'l',
    });
    expect(said).toEqual(['1: {"s":1,"x":1,"$position":0}', '1: {"s":1,"value":2,"$position":1}', '2: ! l is no list']);
    const texts = rows.filter((it): it is ReadRow => 'text' in it).map(({ text }) => text);
    expect(new Set(texts).size).toBe(2);
  });
  it('that are longer than any history are passed over, and the next one is read', async () => {
    const long = `{"a":"${'x'.repeat(jsonLineMaxChars)}"}`;
    const { said } = await read(`{"a":1}\n${long}\n{"a":2}\n`, { format: 'jsonl' });
    expect(said).toEqual(['1: {"a":1}', '2: ! the line is too long', '3: {"a":2}']);
  });
  it('cannot reach a prototype', async () => {
    const { rows } = await read('{"__proto__":{"polluted":1},"l":[{"__proto__":{"polluted":1}}]}\n', {
      format: 'jsonl',
      each: 'l',
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect((rows[0] as ReadRow).row).not.toHaveProperty('polluted', 1);
  });
});
