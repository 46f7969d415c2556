// Which language: what the page is written in, or what the person's browser would like, as the site chose; then the
// site's own default. Pure.

import type { ConsentDocument } from './document.js';

export const matched = (
  { texts = {}, locales }: ConsentDocument,
  { ofDocument, ofBrowser }: { ofDocument: string; ofBrowser: readonly string[] },
): string => {
  const offered = Object.keys(texts);
  const wanted = [...(locales?.detect === 'browser' ? ofBrowser : [ofDocument]), locales?.default ?? 'en', 'en'];
  for (const tag of wanted.flatMap((tag) => [tag, tag.split('-')[0]])) {
    const found = offered.find((locale) => locale.toLowerCase() === tag?.toLowerCase());
    if (found) return found;
  }
  return offered[0] ?? 'en';
};
