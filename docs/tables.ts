// The tables of the documentation that repeat what the code says: made from the code, so that they cannot drift.
// `pages.test.ts` compares; `UPDATE_DOCS=1 npx vitest run docs` writes them. Nothing else may write into a page.

import { operations } from '../collector/app/operations.js';
import { ecommerce } from '../collector/contract/ecommerce.js';
import { limits } from '../collector/contract/limits.js';
import { errors, verdicts, warnings } from '../collector/errors.js';
import { routes } from '../collector/ingest/door.js';
import { stub } from '../sdk/browser/stub.js';

type Row = readonly string[];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;
/** Columns as wide as their widest cell: what the formatter makes of a table, so that it finds nothing to change. */
const table = (head: Row, rows: readonly Row[]): string => {
  const cells = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => [...row[column]!].length)));
  const line = (row: Row): string =>
    `| ${row.map((text, column) => text + ' '.repeat(widths[column]! - [...text].length)).join(' | ')} |`;
  return [line(cells[0]!), line(widths.map((width) => '-'.repeat(width))), ...cells.slice(1).map(line)].join('\n');
};

const errorCodes = (): string =>
  table(
    ['status', 'code', 'what it says', 'next step', 'same again?'],
    Object.entries(errors)
      .sort(([, a], [, b]) => a.status - b.status)
      .map(([name, it]) => [String(it.status), code(name), it.message, it.hint, it.retry === 'later' ? 'later' : 'no']),
  );

const verdictCodes = (): string =>
  table(
    ['verdict', 'code', 'meaning', 'what to do'],
    Object.entries(verdicts).map(([name, it]) => [it.verdict, code(name), it.meaning, it.hint]),
  );

const warningCodes = (): string =>
  table(
    ['code', 'meaning', 'what to do'],
    Object.entries(warnings).map(([name, it]) => [code(name), it.meaning, it.hint ?? '–']),
  );

const events = (): string =>
  table(
    ['name', 'needs'],
    Object.entries(ecommerce).map(([name, { need }]) => [
      code(name),
      need.length === 0 ? '–' : need.map((alternatives) => alternatives.map(code).join(' or ')).join(', '),
    ]),
  );

const whoMay = {
  write: 'write key or secret key',
  secret: 'secret key',
  person: 'secret key, or the person',
  none: 'anyone',
} as const;
const shortOf = (path: string): string => {
  const shorter = Object.entries(routes).filter(([other, type]) => other !== path && type === routes[path]);
  return path in routes && shorter.length > 0 ? ` (also ${shorter.map(([other]) => code(other)).join(', ')})` : '';
};
const surface = (): string =>
  table(
    ['route', 'who may', 'what'],
    operations.map(({ method, path, security, summary }) => [
      `${code(`${method.toUpperCase()} ${path}`)}${shortOf(path)}`,
      whoMay[security],
      summary,
    ]),
  );

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const bounds = (): string =>
  table(
    ['what', 'bound'],
    [
      ['a body, after inflating', `${thousands(limits.bodyMaxBytes)} bytes`],
      ['events in a batch', thousands(limits.batchMaxEvents)],
      ['one event, as it stands in the body', `${thousands(limits.eventMaxBytes)} bytes`],
      ['… by `/v1/import` with a secret key', `${thousands(limits.importEventMaxBytes)} bytes`],
      ['`messageId`', `fewer than ${limits.messageIdMaxChars} characters`],
      ['the name of a track, page or screen', `${thousands(limits.nameMaxChars)} characters`],
      ['objects and arrays inside each other', `${limits.depthMax} levels`],
      ['how far past an event of a public key may be', `${limits.lateMaxMs / 86_400_000} days`],
      ['how far ahead a `timestamp` may be before it is set to now', `${limits.futureMaxMs / 60_000} minutes`],
      ['how wrong a device clock may be before `sentAt` corrects it', `${limits.clockSkewMaxMs / 1000} seconds`],
      ['items in a page of a list', `${limits.pageMaxItems} at most, ${limits.pageDefaultItems} by default`],
    ],
  );

/** Name → text. In a page: `<!-- table: name -->`, the text, `<!-- end -->`. */
export const tables: Readonly<Record<string, () => string>> = {
  'error codes': errorCodes,
  'verdict codes': verdictCodes,
  'warning codes': warningCodes,
  'ecommerce events': events,
  routes: surface,
  stub: () => ['```html', `<script>${stub}</script>`, '```'].join('\n'),
  limits: bounds,
};

const place = /(<!-- table: ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with its tables as the code has them now. */
export const withTables = (page: string): string =>
  page.replace(place, (_, before: string, name: string, after: string) => {
    const make = tables[name];
    if (make === undefined) throw new Error(`No table is called "${name}".`);
    return `${before}\n${make()}\n\n${after}`;
  });
