// A consent file that says of itself what it only narrows: the same text with `compatibleWith` in it, and every other
// character as it was. Pure.

import { applyEdits, modify } from 'jsonc-parser';
import type { Comparison } from './diff.js';
import { readText } from './read.js';

/** Purposes whose change only narrows and that people would be asked about all the same. */
export const narrowedIn = ({ purposes }: Comparison): Comparison['purposes'] =>
  purposes.filter(({ kind, reasks }) => kind === 'narrowed' && reasks);

/** null where there is nothing to note. */
export const withCompatible = (text: string, comparison: Comparison): string | null => {
  const read = readText(text);
  if (!read.ok) return null;
  const { purposes } = read.read.json as { purposes?: readonly { id: string }[] };
  let edited = text;
  for (const { purpose, compatibleWith } of narrowedIn(comparison)) {
    const at = purposes?.findIndex(({ id }) => id === purpose) ?? -1;
    if (at < 0) continue;
    edited = applyEdits(
      edited,
      modify(edited, ['purposes', at, 'compatibleWith'], compatibleWith, {
        formattingOptions: { insertSpaces: true, tabSize: 2, insertFinalNewline: true },
      }),
    );
  }
  return edited === text ? null : edited;
};
