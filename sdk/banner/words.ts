// The words of a layer: each string that is shown passes through here and is noted in its order, so that the hash which
// proves the answer is over what was shown and nothing else.

import { digest } from '../browser/element.js';
import type { Texts } from './document.js';

export type Shown = [key: string, text: string][];

export interface Words {
  /** A string of the language by its path; `{purposes}` becomes their titles. A path without words gives undefined. */
  say: (key: string, purposes?: readonly string[]) => string;
  /** A string of the document, and under which key it is noted; `shown` where the browser words it in its own way. */
  quote: (key: string, text: string, shown?: string) => string;
  /** As `say`, for what is said in passing, which no answer rests on. */
  whisper: (key: string, purposes?: readonly string[]) => string;
  has: (key: string) => boolean;
  /** Of everything said so far. Undefined where the browser can't make one. */
  hash: () => Promise<string | undefined>;
  shown: Shown;
}

const find = (texts: Texts, key: string): string | undefined =>
  key.split('.').reduce<string | Texts | undefined>((at, name) => (at as Texts)?.[name], texts) as string | undefined;

export const wordsOf = (texts: Texts): Words => {
  const shown: Shown = [];
  const title = (id: string) => find(texts, `purposes.${id}.title`) ?? id;
  const whisper = (key: string, purposes: readonly string[] = []) =>
    (find(texts, key) ?? key.slice(key.lastIndexOf('.') + 1))
      .replace('{purposes}', () => purposes.map(title).join(find(texts, 'list')))
      // Where it can be linked, the link comes after it.
      .replace(/\s*\{policy\}/, '');
  const quote = (key: string, text: string, seen = text) => {
    shown.push([key, text]);
    return seen;
  };
  return {
    shown,
    whisper,
    quote,
    say: (key, purposes) => quote(key, whisper(key, purposes)),
    has: (key) => !!find(texts, key),
    hash: () => digest(JSON.stringify(shown)),
  };
};
