// For whom and when a page is rendered: what formats of numbers and instants depend on, handed down by context instead
// of through every component.

import { createContext, useContext } from 'hono/jsx';

export interface View {
  /** Of numbers and money; the words are English. */
  locale: string;
  now: number;
}

const context = createContext<View>({ locale: 'en', now: 0 });
export const ViewOf = context.Provider;
export const useView = (): View => useContext(context);

/** The first language the browser asks for that numbers can be written in. */
export const localeOf = (acceptLanguage: string | undefined): string => {
  for (const entry of (acceptLanguage ?? '').slice(0, 200).split(',')) {
    const tag = entry.split(';')[0]!.trim();
    if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag)) continue;
    try {
      const [known] = Intl.NumberFormat.supportedLocalesOf(tag);
      if (known !== undefined) return known;
    } catch {
      // Well-formed to us, not to BCP 47: the next one.
    }
  }
  return 'en';
};

/** `1 visit`, `1,204 visits`. */
export const counted = (count: number, one: string, locale: string, many = `${one}s`): string =>
  `${numberFormat(locale).format(count)} ${count === 1 ? one : many}`;

/** Kept, because making one is slow; bounded, because the locale comes from outside. */
const formats = new Map<string, Intl.NumberFormat>();
export const numberFormat = (locale: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat => {
  const key = `${locale} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    if (formats.size >= 200) formats.clear();
    format = new Intl.NumberFormat(locale, options);
    formats.set(key, format);
  }
  return format;
};
