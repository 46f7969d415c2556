// The common keys of a consent file as fields of a form: what stands in them, and the same file with them changed and every
// other character as it was. Pure. Whether the result may be in force is for the linter to say, so nothing is refused here.

import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { readText } from '../../../consent/policy/read.js';
import { knownKeysAt } from '../../../consent/policy/shape.js';

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
  kind: 'text' | 'number' | 'list' | 'flag';
  options?: readonly string[];
}

const flags = ['true', 'false'];

const common: Readonly<Record<string, readonly Known[]>> = {
  Release: [
    { path: ['policy', 'version'], label: 'Version', note: 'Yours: a date, a number.', kind: 'text' },
    { path: ['policy', 'links', 'privacy'], label: 'Privacy notice', note: 'Its address: /privacy.', kind: 'text' },
    { path: ['policy', 'links', 'imprint'], label: 'Imprint', note: 'Its address: /imprint.', kind: 'text' },
    { path: ['controller', 'name'], label: 'Responsible', note: 'Who stands for it.', kind: 'text' },
    { path: ['controller', 'contact'], label: 'Contact', note: 'Where people turn to.', kind: 'text' },
    {
      path: ['killSwitch'],
      label: 'Collect nothing at all',
      note: 'true: nothing is asked or collected, whatever anybody granted.',
      kind: 'flag',
      options: flags,
    },
  ],
  'The question': [
    { path: ['decision', 'days'], label: 'An answer stands, days', note: '180 if empty.', kind: 'number' },
    {
      path: ['decision', 'onClose'],
      label: 'Closing the first layer',
      note: 'As it ships (ignore), no answer. reject: a refusal.',
      kind: 'text',
      options: ['ignore', 'reject'],
    },
    {
      path: ['decision', 'countRefusals'],
      label: 'Count refusals',
      note: 'As it ships, they are, without an id. false: not even that is sent.',
      kind: 'flag',
      options: flags,
    },
    {
      path: ['decision', 'reaskAfterOptOutDays'],
      label: 'Who opted out is not asked back in, days',
      note: '365 if empty; only where the default is yes.',
      kind: 'number',
    },
    {
      path: ['preConsent', 'mode'],
      label: 'Events before an answer',
      note: 'As it ships (current), the page and cart of that moment are told at a grant. hold: all of the page, out of memory. drop: nothing.',
      kind: 'text',
      options: ['current', 'hold', 'drop'],
    },
    {
      path: ['onWithdraw'],
      label: 'After a withdrawal',
      note: 'As it ships (erase), what only it permitted is deleted. stop: kept to its end, where another basis allows. anonymise: counted, then deleted.',
      kind: 'text',
      options: ['erase', 'stop', 'anonymise'],
    },
    {
      path: ['age', 'gate'],
      label: 'Only who passed the age gate',
      note: 'true: each page must say who did, or nobody is asked.',
      kind: 'flag',
      options: flags,
    },
    { path: ['locales', 'default'], label: 'Language where none fits', note: 'en if empty.', kind: 'text' },
  ],
  'How far an answer reaches': [
    {
      path: ['decision', 'scope'],
      label: 'An answer belongs to',
      note: 'As it ships, to the device. account: it follows whoever is logged in, which the banner says. Needs WEFT_IDENTITY_SECRET.',
      kind: 'text',
      options: ['device', 'account'],
    },
    {
      path: ['decision', 'accountConflict'],
      label: 'Device and account differ at a login',
      note: 'As it ships (latest), the later answer counts. account: the account’s. Only where an answer follows an account.',
      kind: 'text',
      options: ['latest', 'account'],
    },
    {
      path: ['storage', 'domain'],
      label: 'Subdomains of',
      note: 'shop.example: the answer holds on all of them.',
      kind: 'text',
    },
    {
      path: ['transfer'],
      label: 'Other hosts that links hand it to',
      note: 'Whole names, separated by commas: shop.example, outlet.example.',
      kind: 'list',
    },
  ],
  'Counting without consent': [
    {
      path: ['cookieless', 'mode'],
      label: 'Who is counted',
      note: 'As it ships (off), nobody. until-decision: who has not answered. on-reject: who refused. always: both, and who agreed.',
      kind: 'text',
      options: ['off', 'until-decision', 'on-reject', 'always'],
    },
    { path: ['cookieless', 'regions'], label: 'Where', note: 'Everywhere if empty: FR, DE.', kind: 'list' },
  ],
  'How it looks': [
    {
      path: ['ui', 'position'],
      label: 'Place',
      note: 'bottom-start as it ships.',
      kind: 'text',
      options: ['bottom-start', 'bottom-end', 'bottom', 'top'],
    },
    { path: ['ui', 'theme', 'accent'], label: 'Colour of buttons and links', note: '#0b5fff if empty.', kind: 'text' },
    { path: ['ui', 'theme', 'radius'], label: 'Roundness', note: '8px if empty.', kind: 'text' },
    {
      path: ['ui', 'theme', 'dark'],
      label: 'Dark mode',
      note: 'auto as it ships: as the browser is set.',
      kind: 'text',
      options: ['auto', 'light', 'dark'],
    },
  ],
};

const ofPurpose: readonly (Omit<Known, 'path'> & { key: string })[] = [
  { key: 'retentionDays', label: 'Kept, days', note: 'How long what is collected for it is kept.', kind: 'number' },
  { key: 'recipients', label: 'Recipients', note: 'Ids under recipients, separated by commas.', kind: 'list' },
  { key: 'data', label: 'Data', note: 'Classes, separated by commas.', kind: 'list' },
  {
    key: 'gpc',
    label: 'The opt-out signal',
    note: 'deny: the signal refuses it. ignore: it has no effect.',
    kind: 'text',
    options: ['deny', 'ignore'],
  },
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
  Array.isArray(value)
    ? value.join(', ')
    : typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';

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
  if (kind === 'flag') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
};

const fieldPaths: readonly string[] = [
  ...Object.values(common).flatMap((fields) => fields.map(({ path }) => nameOf(path))),
  ...ofPurpose.map(({ key }) => nameOf(['purposes', 0, key])),
];

/** What a file may say and no field here does, by the shape itself: a new key is on one of the two lists. */
export const onlyInText = (path: JSONPath = []): string[] => {
  const name = nameOf(path);
  if (fieldPaths.includes(name)) return [];
  // A step into a list or a table of names.
  const inner = knownKeysAt(path).length > 0 ? path : [...path, 0];
  const keys = knownKeysAt(inner);
  if (path.length > 0 && (keys.length === 0 || !fieldPaths.some((one) => one.startsWith(`${nameOf(inner)}.`))))
    return [nameOf(path.filter((step) => typeof step === 'string'))];
  return keys.flatMap((key) => onlyInText([...inner, key]));
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
