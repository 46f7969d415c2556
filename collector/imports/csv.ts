// Comma-separated values (RFC 4180), text in, rows out, as it comes. Bounded: no row, however it is written, holds more than
// `rowMaxChars` in memory, and one that cannot be read costs itself and not its neighbours. Knows nothing of what the fields
// mean. Why not a package: docs/decisions/0400-imports-csv.md.

export interface CsvRow {
  /** Where it begins in the file, from 1. */
  line: number;
  fields: readonly string[];
}
export interface CsvFault {
  line: number;
  fault: string;
}

export interface CsvReader {
  push: (text: string) => (CsvRow | CsvFault)[];
  end: () => (CsvRow | CsvFault)[];
}

export const csvReader = (delimiter: string, rowMaxChars: number): CsvReader => {
  let rest = '';
  /** Of the first character of `rest`. */
  let line = 1;
  /** A row that is too long is passed over up to its line's end. */
  let passing = false;

  const read = (ended: boolean): (CsvRow | CsvFault)[] => {
    const found: (CsvRow | CsvFault)[] = [];
    let at = 0;
    let quote = rest.indexOf('"');
    for (;;) {
      const newline = rest.indexOf('\n', at);
      if (passing) {
        if (newline < 0) {
          at = rest.length;
          break;
        }
        passing = false;
        at = newline + 1;
        line += 1;
        continue;
      }
      if (at >= rest.length) break;
      if (quote >= 0 && quote < at) quote = rest.indexOf('"', at);
      if (quote < 0 || (newline >= 0 && newline < quote)) {
        // Most rows: not a quote in them.
        if (newline < 0 && !ended) break;
        const stop = newline < 0 ? rest.length : newline;
        const end = rest.charCodeAt(stop - 1) === 13 && stop > at ? stop - 1 : stop;
        if (end - at > rowMaxChars) found.push({ line, fault: tooLong });
        else if (end > at) found.push({ line, fields: rest.slice(at, end).split(delimiter) });
        at = newline < 0 ? rest.length : newline + 1;
        line += 1;
        continue;
      }
      const one = readQuoted(rest, at, delimiter, ended);
      if (one.kind === 'row') {
        found.push(one.end - at > rowMaxChars ? { line, fault: tooLong } : { line, fields: one.fields });
        line += one.newlines;
        at = one.end;
        continue;
      }
      if (one.kind === 'wrong') {
        found.push({ line, fault: 'a field goes on after its closing quote' });
        const stop = rest.indexOf('\n', one.at);
        line += countNewlines(rest, at, one.at) + (stop < 0 ? 0 : 1);
        at = stop < 0 ? rest.length : stop + 1;
        passing = stop < 0;
        continue;
      }
      const isLong = rest.length - at > rowMaxChars;
      if (!ended && !isLong) break;
      // A quote that nothing closes would swallow the file: only the line that opens it is given up.
      found.push({ line, fault: 'a quote is never closed' });
      passing = newline < 0;
      at = newline < 0 ? rest.length : newline + 1;
      if (newline >= 0) line += 1;
    }
    rest = at === 0 ? rest : rest.slice(at);
    if (rest.length > rowMaxChars + 2 && !ended && !passing && rest.indexOf('"') < 0) {
      found.push({ line, fault: tooLong });
      rest = '';
      passing = true;
    }
    return found;
  };

  return {
    push: (text) => {
      rest = rest === '' ? text : rest + text;
      return read(false);
    },
    end: () => {
      const found = read(true);
      rest = '';
      return found;
    },
  };
};

const tooLong = 'the row is too long';

type Quoted =
  | { kind: 'row'; fields: string[]; end: number; newlines: number }
  | { kind: 'more' }
  | { kind: 'wrong'; at: number };

/** One row that has a quote somewhere. A quote inside a field that does not begin with one is a character like others. */
const readQuoted = (text: string, from: number, delimiter: string, ended: boolean): Quoted => {
  const fields: string[] = [];
  let at = from;
  let newlines = 1;
  for (;;) {
    if (text.charCodeAt(at) === 34) {
      let value = '';
      let start = at + 1;
      for (;;) {
        const close = text.indexOf('"', start);
        if (close < 0) return { kind: 'more' };
        value += text.slice(start, close);
        start = close + 1;
        if (text.charCodeAt(start) !== 34) break;
        value += '"';
        start += 1;
      }
      // What follows the quote may lie in the next piece of the file.
      if (!ended && start + 1 >= text.length && text.charCodeAt(start) !== 10) return { kind: 'more' };
      newlines += countNewlines(text, at, start);
      fields.push(value);
      at = start;
      if (at >= text.length) return { kind: 'row', fields, end: at, newlines };
      if (text.startsWith(delimiter, at)) {
        at += 1;
        continue;
      }
      if (text.charCodeAt(at) === 13 && (text.charCodeAt(at + 1) === 10 || at + 1 >= text.length)) at += 1;
      if (at >= text.length) return { kind: 'row', fields, end: at, newlines };
      if (text.charCodeAt(at) === 10) return { kind: 'row', fields, end: at + 1, newlines };
      return { kind: 'wrong', at };
    }
    const newline = text.indexOf('\n', at);
    const next = text.indexOf(delimiter, at);
    if (next >= 0 && (newline < 0 || next < newline)) {
      fields.push(text.slice(at, next));
      at = next + 1;
      continue;
    }
    if (newline < 0 && !ended) return { kind: 'more' };
    const stop = newline < 0 ? text.length : newline;
    fields.push(text.slice(at, stop > at && text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop));
    return { kind: 'row', fields, end: newline < 0 ? stop : newline + 1, newlines };
  }
};

const countNewlines = (text: string, from: number, to: number): number => {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
};
