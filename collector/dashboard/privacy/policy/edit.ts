// The common keys of a consent file as fields of a form: what stands in them, and the same file with them changed and every
// other character as it was. Pure. Whether the result may be in force is for the linter to say, so nothing is refused here.

import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { readText } from '../../../consent/policy/read.js';

export interface Field {
  name: string;
  label: string;
  /** What an empty field means. */
  note: string;
  value: string;
  options?: readonly string[];
}
export interface Group {
  title: string;
  fields: readonly Field[];
}

interface Known {
  path: JSONPath;
  label: string;
  note: string;
  kind: 'text' | 'number' | 'list';
  options?: readonly string[];
}

const common: Readonly<Record<string, readonly Known[]>> = {
  Release: [
    { path: ['policy', 'version'], label: 'Version', note: 'Yours: a date, a number.', kind: 'text' },
    { path: ['policy', 'links', 'privacy'], label: 'Privacy notice', note: 'Its address: /privacy.', kind: 'text' },
    { path: ['controller', 'name'], label: 'Responsible', note: 'Who stands for it.', kind: 'text' },
    { path: ['controller', 'contact'], label: 'Contact', note: 'Where people turn to.', kind: 'text' },
  ],
  'The question': [
    { path: ['decision', 'days'], label: 'An answer stands, days', note: '180 if empty.', kind: 'number' },
    {
      path: ['decision', 'onClose'],
      label: 'Closing the first layer',
      note: '',
      kind: 'text',
      options: ['ignore', 'reject'],
    },
    {
      path: ['preConsent', 'mode'],
      label: 'Events before an answer',
      note: '',
      kind: 'text',
      options: ['current', 'hold', 'drop'],
    },
    {
      path: ['onWithdraw'],
      label: 'After a withdrawal',
      note: '',
      kind: 'text',
      options: ['erase', 'stop', 'anonymise'],
    },
    { path: ['locales', 'default'], label: 'Language where none fits', note: 'en if empty.', kind: 'text' },
  ],
  'How it looks': [
    {
      path: ['ui', 'position'],
      label: 'Place',
      note: '',
      kind: 'text',
      options: ['bottom-start', 'bottom-end', 'bottom', 'top'],
    },
    { path: ['ui', 'theme', 'accent'], label: 'Colour of buttons and links', note: '#0b5fff if empty.', kind: 'text' },
    { path: ['ui', 'theme', 'radius'], label: 'Roundness', note: '8px if empty.', kind: 'text' },
    { path: ['ui', 'theme', 'dark'], label: 'Dark mode', note: '', kind: 'text', options: ['auto', 'light', 'dark'] },
  ],
};

const ofPurpose: readonly (Omit<Known, 'path'> & { key: string })[] = [
  { key: 'retentionDays', label: 'Kept, days', note: '', kind: 'number' },
  { key: 'recipients', label: 'Recipients', note: 'Ids under recipients, separated by commas.', kind: 'list' },
  { key: 'data', label: 'Data', note: 'Classes, separated by commas.', kind: 'list' },
  { key: 'gpc', label: 'The opt-out signal', note: '', kind: 'text', options: ['deny', 'ignore'] },
];

const at = (json: unknown, path: JSONPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined,
    json,
  );
const shown = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const purposesOf = (json: unknown): { id: string; index: number }[] => {
  const purposes = at(json, ['purposes']);
  return (Array.isArray(purposes) ? purposes.slice(0, 20) : []).flatMap((one, index) => {
    const id = at(one, ['id']);
    return typeof id === 'string' && id !== 'necessary' ? [{ id: id.slice(0, 64), index }] : [];
  });
};

const known = (json: unknown): { title: string; fields: Known[] }[] => [
  ...Object.entries(common).map(([title, fields]) => ({ title, fields: [...fields] })),
  ...purposesOf(json).map(({ id, index }) => ({
    title: `Purpose: ${id}`,
    fields: ofPurpose.map(({ key, ...rest }) => ({ ...rest, path: ['purposes', index, key] })),
  })),
];
const nameOf = (path: JSONPath): string => path.join('.');

/** Nothing where the text is no JSON: then only the text itself can be mended. */
export const fieldsIn = (text: string): Group[] => {
  const read = readText(text);
  if (!read.ok) return [];
  const { json } = read.read;
  return known(json).map(({ title, fields }) => ({
    title,
    fields: fields.map(({ path, label, note, options }) => ({
      name: nameOf(path),
      label,
      note,
      value: shown(at(json, path)),
      ...(options && { options }),
    })),
  }));
};

const typedAs = (kind: Known['kind'], given: string): unknown => {
  const text = given.trim();
  if (kind === 'list')
    return text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  // What is no number stays as it is written: the linter says so at its place.
  if (kind === 'number') return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
  return text;
};

/** Only what differs is touched; an empty field takes its key out. */
export const withFields = (text: string, given: Readonly<Record<string, string>>): string => {
  const read = readText(text);
  if (!read.ok) return text;
  const { json } = read.read;
  let edited = text;
  for (const { fields } of known(json)) {
    for (const { path, kind } of fields) {
      const value = given[nameOf(path)];
      if (value === undefined || value.trim() === shown(at(json, path))) continue;
      const next = value.trim() === '' && kind !== 'list' ? undefined : typedAs(kind, value);
      edited = applyEdits(
        edited,
        modify(edited, path, next, { formattingOptions: { insertSpaces: true, tabSize: 2, insertFinalNewline: true } }),
      );
    }
  }
  return edited;
};

/** Where the policy that ships is in force and nobody has written one: a file to begin with. */
export const starter = `${JSON.stringify(
  {
    policy: { version: '1', links: { privacy: '/privacy' } },
    controller: { name: '', contact: '' },
    purposes: [
      { id: 'necessary', always: true },
      { id: 'measurement', retentionDays: 395, data: ['pages', 'cart'], recipients: [] },
      { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'], recipients: [] },
      { id: 'marketing', retentionDays: 90, data: ['contacts', 'cart'], recipients: [] },
      { id: 'sharing', retentionDays: 30, data: ['segments'], recipients: [] },
    ],
    recipients: {},
    regions: 'world',
  },
  null,
  2,
)}\n`;
