// The words of the banner: those that ship, the site's own over them, and each language's result by its hash. A translation
// is no rule: nothing here is in a material hash, so new words never ask anybody again (consent 24). Never reads a file
// outside the folder of the consent file.

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { contentHash } from '../canonical.js';
import ar from '../locales/ar.json' with { type: 'json' };
import de from '../locales/de.json' with { type: 'json' };
import en from '../locales/en.json' with { type: 'json' };
import es from '../locales/es.json' with { type: 'json' };
import fr from '../locales/fr.json' with { type: 'json' };
import it from '../locales/it.json' with { type: 'json' };
import ja from '../locales/ja.json' with { type: 'json' };
import more from '../locales/more.json' with { type: 'json' };
import nl from '../locales/nl.json' with { type: 'json' };
import pl from '../locales/pl.json' with { type: 'json' };
import pt from '../locales/pt.json' with { type: 'json' };
import { clip, type Finding, meant, readText } from './read.js';

/** By language; `en` is the structure of all. */
const builtIn: Readonly<Record<string, Words>> = { en, de, fr, es, it, nl, pl, pt, ar, ja };

export interface Words {
  [key: string]: string | Words;
}

/** What not every site does, and what it is said by then: the banner of all others is spared those words. */
const features = ['account', 'oppose', 'age', 'off'] as const;
export type Feature = (typeof features)[number];
const wordsFor = (feature: Feature): Readonly<Record<string, Words>> => more[feature];

export interface Locale {
  /** Of the words as they are served; part of their address. */
  hash: string;
  dir: 'ltr' | 'rtl';
  /** JSON. */
  content: string;
}
export type Locales = Readonly<Record<string, Locale>>;

const localeMaxBytes = 128 * 1024;
const wordMaxChars = 4_000;
/** Where a site names things of its own: another class of data, what a version changed. */
const open: Readonly<Record<string, 'words' | 'text'>> = {
  purposes: 'words',
  data: 'text',
  changes: 'text',
  basis: 'text',
};

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const isWords = (value: unknown): value is Words =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merged = (base: Words, over: Words): Words => {
  const result: Words = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const under = Object.hasOwn(base, key) ? base[key] : undefined;
    result[key] = isWords(value) && isWords(under) ? merged(under, value) : value;
  }
  return result;
};

interface Told {
  path: readonly string[];
  rule: string;
  reason: string;
  next: string;
}

/** What of a site's words has another form than the words that ship. */
const compare = (own: unknown, like: Words, path: readonly string[], root: boolean): Told[] => {
  if (!isWords(own))
    return [
      { path, rule: 'locale-shape', reason: 'an object of words is expected here', next: 'See en.json for the form.' },
    ];
  return Object.entries(own).flatMap(([key, value]): Told[] => {
    const at = [...path, key];
    const known = Object.hasOwn(like, key) ? like[key] : undefined;
    if (known === undefined) {
      const free = root ? undefined : path.length === 1 ? open[path[0] ?? ''] : undefined;
      if (free === 'text') return compareText(value, null, at);
      if (free === 'words') return compare(value, { title: '', body: '' }, at, false);
      const near = meant(key, Object.keys(like));
      return [
        {
          path: at,
          rule: 'locale-unknown-key',
          reason: `"${clip(key)}" is shown nowhere`,
          next: near === null ? `Known here: ${Object.keys(like).join(', ')}.` : `Did you mean "${near}"?`,
        },
      ];
    }
    return typeof known === 'string' ? compareText(value, known, at) : compare(value, known, at, false);
  });
};

const compareText = (value: unknown, like: string | null, path: readonly string[]): Told[] => {
  if (typeof value !== 'string')
    return [{ path, rule: 'locale-shape', reason: 'a text is expected here', next: 'Write it in double quotes.' }];
  if (value.length > wordMaxChars)
    return [
      {
        path,
        rule: 'locale-long',
        reason: `longer than ${wordMaxChars} characters`,
        next: 'Link to the privacy notice for the rest.',
      },
    ];
  if (value.trim() === '' && like !== null && like.trim() !== '')
    return [
      {
        path,
        rule: 'locale-missing',
        reason: 'this text is empty',
        next: 'Write it, or take the key out: the words that ship are used then.',
      },
    ];
  if (path.length === 1 && path[0] === 'dir' && value !== 'ltr' && value !== 'rtl')
    return [{ path, rule: 'locale-shape', reason: 'ltr or rtl is expected here', next: 'rtl for Arabic and Hebrew.' }];
  if (like === null) return [];
  const foreign = placeholders(value).filter((one) => !placeholders(like).includes(one) && one !== '{policy}');
  return foreign.map((one) => ({
    path,
    rule: 'locale-placeholder',
    reason: `${clip(one)} is filled with nothing here`,
    next: placeholders(like).length > 0 ? `Known here: ${placeholders(like).join(' ')}.` : 'Take the braces out.',
  }));
};

const missingIn = (words: Words, like: Words, path: readonly string[]): string[] =>
  Object.entries(like).flatMap(([key, value]) => {
    const at = [...path, key];
    const own = Object.hasOwn(words, key) ? words[key] : undefined;
    if (typeof value === 'string') return typeof own === 'string' ? [] : [at.join('.')];
    return missingIn(isWords(own) ? own : {}, value, at);
  });

/** `pt-BR` is worded over `pt`, a language nobody ships over nothing. */
const shippedFor = (language: string, used: readonly Feature[]): Words | undefined => {
  const found = [language, language.split('-')[0] ?? ''].find((one) => Object.hasOwn(builtIn, one));
  return found === undefined ? undefined : withWords(builtIn[found]!, found, used);
};
const withWords = (words: Words, language: string, used: readonly Feature[]): Words =>
  used.reduce((under, feature) => merged(under, wordsFor(feature)[language] ?? {}), words);

const localeOf = (words: Words): Locale => ({
  hash: contentHash(words),
  dir: words.dir === 'rtl' ? 'rtl' : 'ltr',
  content: JSON.stringify(words),
});
const shipped: Record<string, Locale> = {};
const shippedLocale = (language: string, used: readonly Feature[]): Locale | undefined => {
  const words = shippedFor(language, used);
  if (!words) return undefined;
  const name = [language, ...used].join();
  shipped[name] ??= localeOf(words);
  return shipped[name];
};

export interface LocalesGiven {
  default?: string | undefined;
  files?: Readonly<Record<string, string | null>> | undefined;
}

/**
 * The languages a policy offers: those under `locales.files`, else all that ship. `own` holds the site's files as texts,
 * by language.
 */
export const readLocales = (
  given: LocalesGiven | undefined,
  own: Readonly<Record<string, string>>,
  used: readonly Feature[] = [],
): { locales: Locales; findings: Finding[] } => {
  const findings: Finding[] = [];
  const locales: Record<string, Locale> = {};
  const files = given?.files;
  const languages = files === undefined ? Object.keys(builtIn) : Object.keys(files);
  for (const language of languages) {
    const file = files?.[language] ?? null;
    const base = shippedFor(language, used);
    const note = (
      told: Omit<Told, 'path'>,
      path: readonly string[] = [],
      at: { line: number; column: number } | null = null,
    ) =>
      findings.push({
        severity: 'error',
        rule: told.rule,
        path: file === null ? `locales.files.${language}` : path.join('.'),
        line: at?.line ?? null,
        column: at?.column ?? null,
        reason: told.reason,
        next: told.next,
        ...(file === null ? {} : { file }),
      });
    if (file === null) {
      const locale = shippedLocale(language, used);
      if (locale) locales[language] = locale;
      else
        note({
          rule: 'locale-missing',
          reason: `no words for "${language}" ship with Weft`,
          next: `Name a file that holds them all, or use one of ${Object.keys(builtIn).join(', ')}.`,
        });
      continue;
    }
    const text = own[language];
    // That it could not be read was said where it was tried.
    if (text === undefined) continue;
    const read = readText(text);
    if (!read.ok) {
      findings.push(...read.findings.map((finding) => ({ ...finding, file })));
      continue;
    }
    const told = compare(read.read.json, withWords(en, 'en', features), [], true);
    for (const one of told.slice(0, 50)) note(one, one.path, read.read.placeOf(one.path));
    if (told.length > 0) continue;
    const words = merged(base ?? { changes: {} }, read.read.json as Words);
    const missing = missingIn(words, withWords(en, 'en', used), []);
    if (missing.length > 0)
      note({
        rule: 'locale-missing',
        reason: `"${language}" lacks ${missing.length} of the texts in use: ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ', …' : ''}`,
        next: 'Write them; en.json shows each.',
      });
    else locales[language] = localeOf(words);
  }
  const fallback = given?.default ?? 'en';
  if (findings.length === 0 && !Object.hasOwn(locales, fallback))
    findings.push({
      severity: 'error',
      rule: 'locale-default',
      path: 'locales.default',
      line: null,
      column: null,
      reason: `"${fallback}" is not among the languages offered (${Object.keys(locales).join(', ')})`,
      next: 'Offer it under locales.files, or name another default.',
    });
  return { locales, findings };
};

/** The site's own words, from beside its consent file; `null` = it lies nowhere, so it can have none. */
export const readLocaleFiles = (
  files: Readonly<Record<string, string | null>> | undefined,
  folder: string | null,
): { own: Record<string, string>; findings: Finding[] } => {
  const own: Record<string, string> = {};
  const findings: Finding[] = [];
  for (const [language, file] of Object.entries(files ?? {})) {
    if (file === null) continue;
    const refuse = (reason: string, next: string) =>
      findings.push({
        severity: 'error',
        rule: 'locale-file',
        path: `locales.files.${language}`,
        line: null,
        column: null,
        reason,
        next,
      });
    if (folder === null) {
      refuse(
        'there is no folder that a locale file could lie in',
        'Set WEFT_CONSENT to a file and put the words beside it, or write null for the words that ship.',
      );
      continue;
    }
    const path = resolve(folder, file);
    const inside = relative(folder, path);
    if (isAbsolute(file) || inside.startsWith(`..${sep}`) || inside === '..' || isAbsolute(inside)) {
      refuse(`"${clip(file)}" lies outside the folder of the consent file`, 'Put it beside the consent file.');
      continue;
    }
    try {
      const real = relative(realpathSync(folder), realpathSync(path));
      if (real.startsWith('..') || isAbsolute(real)) {
        refuse(`"${clip(file)}" lies outside the folder of the consent file`, 'Put it beside the consent file.');
        continue;
      }
      if (statSync(path).size > localeMaxBytes) {
        refuse(`"${clip(file)}" is larger than ${localeMaxBytes} bytes`, 'The words of a banner are some kilobytes.');
        continue;
      }
      own[language] = readFileSync(path, 'utf8');
    } catch {
      refuse(
        `"${clip(file)}" cannot be read`,
        'Put it beside the consent file, or write null for the words that ship.',
      );
    }
  }
  return { own, findings };
};
