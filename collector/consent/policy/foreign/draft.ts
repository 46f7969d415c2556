// What comes of another banner's configuration: a consent file, words beside it, and the list of what was not taken over. The
// table of consent.md section 10 ("coming from") row by row is in the files beside this one; here is what they share. Pure.

import type { Purpose } from '../../../contract/purposes.js';
import { purposes as ourPurposes, requires } from '../../../contract/purposes.js';
import type { Words } from '../locales.js';
import { meant } from '../read.js';

export interface Remark {
  /** refused: not taken over on purpose; todo: somebody must write it; note: taken over, look at it. */
  kind: 'refused' | 'todo' | 'note';
  what: string;
  next: string;
}

export interface Imported {
  file: Record<string, unknown>;
  /** By language: only what differs from the words that ship. */
  locales: Readonly<Record<string, Words>>;
  remarks: readonly Remark[];
}

export type Fields = Readonly<Record<string, unknown>>;
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
export const isFunction = (value: unknown): boolean => Object.hasOwn(fieldsOf(value), '$function');

/** Their word for a purpose → ours. */
const synonyms: Readonly<Record<string, Purpose | 'necessary'>> = {
  necessary: 'necessary',
  essential: 'necessary',
  strictlynecessary: 'necessary',
  required: 'necessary',
  technical: 'necessary',
  security: 'necessary',
  analytics: 'measurement',
  analytic: 'measurement',
  statistics: 'measurement',
  stats: 'measurement',
  performance: 'measurement',
  measurement: 'measurement',
  functional: 'personalisation',
  functionality: 'personalisation',
  preferences: 'personalisation',
  personalization: 'personalisation',
  personalisation: 'personalisation',
  experience: 'personalisation',
  livechat: 'personalisation',
  styling: 'personalisation',
  marketing: 'marketing',
  advertising: 'marketing',
  advertisement: 'marketing',
  ads: 'marketing',
  targeting: 'marketing',
  social: 'marketing',
  adtracking: 'marketing',
  sharing: 'sharing',
  sale: 'sharing',
  thirdparty: 'sharing',
};
export const purposeFor = (name: string): Purpose | 'necessary' | null => {
  const bare = name.toLowerCase().replace(/[^a-z]/g, '');
  return Object.hasOwn(synonyms, bare) ? synonyms[bare]! : null;
};

/** Of a cookie's name, string or expression, as a glob; null where no glob means the same. */
export const globOf = (value: unknown): string | null => {
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first.slice(0, 100);
  const source = fieldsOf(first).$regexp;
  if (typeof source !== 'string') return null;
  const body = source.replace(/^\^/, '').replace(/\$$/, '');
  const glob = body.replace(/\.\*$|\(\.\*\)$|\.\+$/, '*').replace(/\\([._-])/g, '$1');
  const open = !source.endsWith('$') && !glob.endsWith('*');
  return /^[\w.-]+\*?$/.test(glob)
    ? `${source.startsWith('^') ? '' : '*'}${glob}${open ? '*' : ''}`.slice(0, 100)
    : null;
};

/** Plain words of what may be HTML: a banner shows text, and links where it says so. */
export const plainText = (html: string): { text: string; links: readonly { href: string; text: string }[] } => {
  const links: { href: string; text: string }[] = [];
  const text = html
    .replace(/<a\b[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>([\s\S]*?)<\/a>/gi, (_, href: string, inner: string) => {
      links.push({ href, text: inner.replace(/<[^>]*>/g, '') });
      return inner;
    })
    .replace(/<(br|\/p|\/li)\s*\/?>/gi, ' ')
    .replace(/<[^>]*>/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;|&apos;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/[{}]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 2_000);
  return { text, links };
};

export interface Draft {
  remark: (kind: Remark['kind'], what: string, next: string) => void;
  /** Their name of a purpose is taken over under ours; null where Weft has none like it. */
  purpose: (theirs: string) => Purpose | 'necessary' | null;
  recipient: (
    id: string,
    purposes: readonly (Purpose | 'necessary')[],
    name: string,
    cookies: readonly unknown[],
  ) => void;
  set: (key: string, value: unknown) => void;
  word: (language: string, path: readonly string[], value: unknown) => void;
  link: (name: 'privacy' | 'imprint', href: string) => void;
  finish: () => Imported;
}

const idOf = (name: string): string =>
  name
    .replace(/[^\w.:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64) || 'recipient';

export const openDraft = (from: string): Draft => {
  const remarks: Remark[] = [];
  const asked = new Set<Purpose>();
  const mapped = new Map<string, Purpose | 'necessary' | null>();
  const recipients = new Map<string, { name: string; cookies: Set<string>; purposes: Set<Purpose> }>();
  const file: Record<string, unknown> = {};
  const locales: Record<string, Words> = {};
  const links: Record<string, string> = {};
  const remark: Draft['remark'] = (kind, what, next) => {
    if (!remarks.some((one) => one.what === what)) remarks.push({ kind, what, next });
  };

  return {
    remark,
    purpose: (theirs) => {
      if (mapped.has(theirs)) return mapped.get(theirs)!;
      const ours = purposeFor(theirs);
      mapped.set(theirs, ours);
      if (ours === null) {
        const near = meant(theirs, ourPurposes);
        remark(
          'refused',
          `the category "${theirs.slice(0, 80)}": Weft has no such purpose`,
          near === null
            ? 'Decide which of its purposes covers it, and list its recipients there.'
            : `Did you mean "${near}"?`,
        );
      } else if (ours !== 'necessary') {
        asked.add(ours);
        if (ours !== theirs)
          remark(
            'note',
            `the category "${theirs.slice(0, 80)}" became "${ours}"`,
            'Scripts of pages may go on naming it: bridges.categories says what it means.',
          );
      }
      return ours;
    },
    recipient: (id, under, name, cookies) => {
      const key = idOf(id);
      const known = recipients.get(key) ?? { name: name.slice(0, 2_000), cookies: new Set(), purposes: new Set() };
      for (const cookie of cookies) {
        const glob = globOf(cookie);
        if (glob === null)
          remark(
            'refused',
            `a cookie of "${id.slice(0, 80)}" is an expression that no glob equals`,
            'Write its name or a glob under recipients.',
          );
        else known.cookies.add(glob);
      }
      for (const one of under) if (one !== 'necessary') known.purposes.add(one);
      if (known.purposes.size === 0 && under.includes('necessary')) return;
      recipients.set(key, known);
      remark(
        'todo',
        `the recipient "${key}" has no country and no role`,
        'Write both under recipients; the file is refused until then.',
      );
    },
    set: (key, value) => {
      file[key] = value;
    },
    word: (language, path, value) => {
      const html = textOf(value);
      if (html === null) {
        if (isFunction(value))
          remark('refused', `the text ${path.join('.')} (${language}) is a function`, 'Write the text itself.');
        return;
      }
      const { text, links: found } = plainText(html);
      if (/<[a-z]/i.test(html))
        remark('note', `HTML in ${path.join('.')} (${language}) became plain words`, 'Look at the text.');
      for (const { href, text: said } of found)
        if (/priva|datenschutz|confiden|policy|cookie/i.test(`${href} ${said}`) && /^(https?:\/\/|\/)/.test(href))
          links.privacy ??= href;
      locales[language] ??= {};
      let at = locales[language];
      for (const step of path.slice(0, -1)) {
        at[step] ??= {};
        at = at[step] as Words;
      }
      at[path.at(-1)!] = path.join('.') === 'layer1.body' && found.length > 0 ? `${text} {policy}` : text;
    },
    link: (name, href) => {
      if (/^(https?:\/\/|\/(?!\/))\S+$/.test(href)) links[name] ??= href;
    },
    finish: () => {
      for (const one of ourPurposes) {
        for (let needed = asked.has(one) ? requires[one] : null; needed !== null; needed = requires[needed]) {
          if (!asked.has(needed))
            remark(
              'note',
              `"${one}" builds on "${needed}", which is asked for too`,
              'That is fixed: who refuses the one refuses the other.',
            );
          asked.add(needed);
        }
      }
      for (const one of recipients.values()) if (one.purposes.size === 0) one.purposes.add('measurement');
      remark(
        'note',
        `decisions that visitors made in ${from}`,
        from === 'c15t'
          ? 'Nothing reads them: people are asked again.'
          : `"bridges": {"legacy": {"from": "${from}"}} takes refusals over as refusals, from the old cookie.${
              from === 'vanilla'
                ? ' Grants only if the old text asked the same: "equivalent": true, until their old end; they are never prolonged.'
                : ' Whoever agreed is asked: its cookie does not say when.'
            }`,
      );
      const given: Record<string, unknown> = { ...file };
      given.policy = { version: '1', ...fieldsOf(file.policy), ...(Object.keys(links).length > 0 && { links }) };
      given.purposes = [
        { id: 'necessary', always: true },
        ...ourPurposes
          .filter((one) => asked.has(one))
          .map((id) => ({
            id,
            retentionDays: { measurement: 395, personalisation: 180, marketing: 90, sharing: 30 }[id],
            recipients: [...recipients].filter(([, { purposes }]) => purposes.has(id)).map(([name]) => name),
          })),
      ];
      const words = Object.fromEntries(
        [
          ...[...mapped].filter(([theirs, ours]) => ours !== null && ours !== theirs),
          ...[...recipients].map(([name, { purposes }]) => [name, [...purposes][0]] as const),
        ]
          .filter(
            ([word]) =>
              word.length > 0 && word.length <= 64 && !['__proto__', 'constructor', 'prototype'].includes(word),
          )
          .slice(0, 100),
      );
      given.bridges = { blocked: true, ...(Object.keys(words).length > 0 && { categories: words }) };
      if (asked.size === 0) remark('todo', 'no purpose was found', 'List the purposes of the site.');
      given.recipients = Object.fromEntries(
        [...recipients].map(([id, { name, cookies }]) => [
          id,
          { name, country: 'TODO', role: 'TODO', ...(cookies.size > 0 && { cookies: [...cookies].slice(0, 200) }) },
        ]),
      );
      return { file: given, locales, remarks };
    },
  };
};
