import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvFault, type CsvRow, csvReader } from './csv.js';

const read = (pieces: readonly string[], delimiter = ',', rowMaxChars = 1_000): (CsvRow | CsvFault)[] => {
  const reader = csvReader(delimiter, rowMaxChars);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};
const said = (found: readonly (CsvRow | CsvFault)[]): string[] =>
  found.map((one) => `${one.line}: ${'fault' in one ? `! ${one.fault}` : one.fields.join(' | ')}`);

describe('comma-separated values', () => {
  it.each<[string, string, string[]]>([
    ['rows', 'a,b\n1,2\n', ['1: a | b', '2: 1 | 2']],
    ['a last row without its line break', 'a,b\n1,2', ['1: a | b', '2: 1 | 2']],
    ['line breaks of Windows', 'a,b\r\n1,"2"\r\n3,4', ['1: a | b', '2: 1 | 2', '3: 3 | 4']],
    ['empty lines', 'a\n\n\nb\n', ['1: a', '4: b']],
    ['empty fields', ',,\n"",""\n', ['1:  |  | ', '2:  | ']],
    ['quotes', '"a, b","say ""yes"""\n', ['1: a, b | say "yes"']],
    ['a line break inside quotes', '"a\nb",c\nd,e\n', ['1: a\nb | c', '3: d | e']],
    ['a quote in the middle of a field, which is a character like others', '5" disc,3\n', ['1: 5" disc | 3']],
    ['a delimiter at the end of the file', 'a,"b",', ['1: a | b | ']],
    ['a lone carriage return inside a field', 'a\rb,c\n', ['1: a\rb | c']],
    ['nothing', '', []],
    [
      'text after a closing quote, which costs its line',
      'a\n"x"y,1\nb\n',
      ['1: a', '2: ! a field goes on after its closing quote', '3: b'],
    ],
    [
      'a quote that nothing closes, which costs its line and not the file',
      'a,1\nb,"open\nc,3\nd,4\n',
      ['1: a | 1', '2: ! a quote is never closed', '3: c | 3', '4: d | 4'],
    ],
  ])('reads %s', (_, text, expected) => {
    expect(said(read([text]))).toEqual(expected);
    expect(said(read([...text]))).toEqual(expected);
  });

  it('takes any delimiter', () => {
    expect(said(read(['a;"b;c"\n1;2,3\n'], ';'))).toEqual(['1: a | b;c', '2: 1 | 2,3']);
    expect(said(read(['a\t"b\tc"\n'], '\t'))).toEqual(['1: a | b\tc']);
  });

  it.each<[string, (long: string) => string]>([
    ['without quotes', (long) => `a\n${long}\nb\n`],
    ['in quotes', (long) => `a\n"${long}"\nb\n`],
    ['with a quote somewhere', (long) => `a\n${long},"x"\nb\n`],
    ['never ending', (long) => `a\n${long}`],
  ])('gives up a row that is too long, %s, and no other', (_, write) => {
    for (const size of [2_001, 50_000]) {
      const text = write('x'.repeat(size));
      const pieces = text.match(/[\s\S]{1,700}/g) ?? [];
      const found = said(read(pieces));
      expect(found[0]).toBe('1: a');
      expect(found[1]).toMatch(/^2: ! (the row is too long|a quote is never closed)$/);
      expect(found.slice(2)).toEqual(text.endsWith('b\n') ? ['3: b'] : []);
    }
  });

  it('holds no more of an endless quote than a row may have', () => {
    const reader = csvReader(',', 10_000);
    let faults = 0;
    for (let n = 0; n < 2_000; n += 1)
      faults += reader.push(`"${'x'.repeat(1_000)}\n`).filter((it) => 'fault' in it).length;
    expect(faults + reader.end().length).toBeGreaterThan(0);
  });

  const field = fc.string({
    unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ', '', '日', '0'),
    maxLength: 6,
  });
  const written = (cell: string): string =>
    /[",\n\r]/.test(cell) || cell === '' ? `"${cell.replaceAll('"', '""')}"` : cell;

  it('reads what csv-parse reads, however the text is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        (rows, newline, ends, cuts) => {
          const text = rows.map((row) => row.map(written).join(',')).join(newline) + (ends ? newline : '');
          const pieces: string[] = [];
          for (let at = 0, n = 0; at < text.length; n += 1) {
            const size = cuts[n % cuts.length]!;
            pieces.push(text.slice(at, at + size));
            at += size;
          }
          const oracle = parse(text, { relax_column_count: true, record_delimiter: newline }) as string[][];
          const found = read(pieces);
          expect(found.map((one) => ('fields' in one ? one.fields : one.fault))).toEqual(oracle);
          expect(found.map((one) => one.line)).toEqual(
            oracle.map((_, n) => 1 + oracle.slice(0, n).reduce((all, row) => all + row.join('').split('\n').length, 0)),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of any text ends, and loses no line that has no quote', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r'), maxLength: 60 }), (text) => {
        const found = read([...text], ',', 20);
        expect(found.every(({ line }) => line >= 1 && line <= text.split('\n').length)).toBe(true);
        if (!text.includes('"')) {
          const lines = text.split('\n').filter((line) => line.replace(/\r$/, '') !== '');
          expect(found).toHaveLength(lines.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
