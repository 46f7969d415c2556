// The banner's words in ten languages: one shape, the same placeholders, and nothing left in English.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

type Words = { [key: string]: string | Words };

const read = (locale: string): Words => JSON.parse(readFileSync(new URL(`./${locale}.json`, import.meta.url), 'utf8'));

const flat = (words: Words, path = ''): [key: string, text: string][] =>
  Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : flat(value, `${path}${key}.`),
  );
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

const locales = readdirSync(new URL('.', import.meta.url))
  .filter((name) => /^\w\w\.json$/.test(name))
  .map((name) => name.slice(0, -5));
const english = flat(read('en'));

test('what not every site says is there in the same languages, with the same strings', () => {
  for (const [feature, byLanguage] of Object.entries(read('more') as { [key: string]: { [key: string]: Words } })) {
    expect(Object.keys(byLanguage).sort(), feature).toEqual(locales);
    for (const [locale, words] of Object.entries(byLanguage))
      for (const [key, text] of flat(words)) {
        expect(Object.keys(words), locale).toEqual(Object.keys(byLanguage.en!));
        expect(text.trim(), `${feature}.${key} ${locale}`).not.toBe('');
        if (locale !== 'en') expect(text).not.toBe(byLanguage.en![key]);
      }
  }
});

test('ten languages are there', () => {
  expect(locales.sort()).toEqual(['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt']);
});

describe.each(locales.filter((locale) => locale !== 'en'))('%s', (locale) => {
  const words = flat(read(locale));

  test('has every string of the English file, in the same order, and no other', () => {
    expect(words.map(([key]) => key)).toEqual(english.map(([key]) => key));
    expect(read(locale).changes).toEqual({});
  });

  test('has the same placeholders in each string', () => {
    expect(words.map(([key, text]) => [key, placeholders(text)])).toEqual(
      english.map(([key, text]) => [key, placeholders(text)]),
    );
  });

  test('has words of its own in every sentence, with nothing around them', () => {
    for (const [index, [key, text]] of words.entries()) {
      expect(text, key).not.toBe('');
      if (key === 'list') continue;
      expect(text.trim(), key).toBe(text);
      // A single word may be the same in two languages.
      if (english[index]![1].includes(' ')) expect(text, key).not.toBe(english[index]![1]);
    }
  });

  test('says which way it is written', () => {
    expect(read(locale).dir).toBe(locale === 'ar' ? 'rtl' : 'ltr');
  });
});
