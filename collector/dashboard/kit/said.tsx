// Text that came from outside: bounded, its control characters made visible, its direction kept to itself. Whatever an
// event, a trait or a path holds must come onto a page through here; the escaping itself is hono/jsx's.

import type { FC } from 'hono/jsx';

/** Controls, marks that turn the direction of text, lone surrogates, and what has no width: none may act on the page. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

export const legible = (text: string, charsMax = 200): string => {
  // A slice first: a megabyte is not to be walked for two hundred characters.
  const bounded = text.length > charsMax * 2 ? text.slice(0, charsMax * 2) : text;
  const plain = bounded.replace(/[\t\n\r]+/g, ' ').replace(unseen, '\ufffd');
  const chars = Array.from(plain);
  return chars.length > charsMax || bounded.length < text.length ? `${chars.slice(0, charsMax).join('')}…` : plain;
};

export const Said: FC<{ text: string; charsMax?: number; mono?: boolean }> = ({ text, charsMax = 200, mono }) => {
  const shown = legible(text, charsMax);
  return <bdi class={mono ? 'said mono' : 'said'}>{shown.trim() === '' ? <i class="soft">(empty)</i> : shown}</bdi>;
};

/** Words of ours with `code` in them. */
export const Words: FC<{ text: string }> = ({ text }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);
