// Text to JSON, with the place of everything in it: whoever wrote a consent file is told the line, the column and the
// reason. Bounded in size, depth and count before anything is parsed, because the file may come over the network. Decides
// nothing about consent.

import { distance } from 'fastest-levenshtein';
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { z } from 'zod';
import { knownKeysAt } from './shape.js';

export const documentMaxBytes = 256 * 1024;
const depthMax = 12;
const valuesMax = 20_000;

/** One thing that is wrong or worth knowing. */
export interface Finding {
  severity: 'error' | 'warning';
  /** Of the rule, stable: what a CI may filter by. */
  rule: string;
  /** `purposes.3.gpc`; empty for the file as a whole. */
  path: string;
  line: number | null;
  column: number | null;
  reason: string;
  /** What to do next. */
  next: string;
  /** Another file than the consent file itself: a locale. */
  file?: string;
}

/** Names that mean more than a name to the language that reads them. */
const hostile = new Set(['__proto__', 'constructor', 'prototype']);

export interface Text {
  json: unknown;
  /** Where a path stands; the nearest place above it that exists. */
  placeOf: (path: readonly PropertyKey[]) => { line: number; column: number };
}

const placeIn = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
};

const words: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no JSON value',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a closing brace is missing',
  CloseBracketExpected: 'a closing bracket is missing',
  EndOfFileExpected: 'the file should end here',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'a string is not closed',
  UnexpectedEndOfNumber: 'this is no number',
  InvalidUnicode: 'a \\u escape is broken',
  InvalidEscapeCharacter: 'an escape nobody knows',
  InvalidCharacter: 'a character that must be escaped',
};

const shapeOf = (text: string): { depth: number; values: number } => {
  let depth = 0;
  let deepest = 0;
  let values = 1;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === 92) index += 1;
      else if (char === 34) inString = false;
    } else if (char === 34) inString = true;
    else if (char === 123 || char === 91) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === 125 || char === 93) depth -= 1;
    else if (char === 44) values += 1;
  }
  return { depth: deepest, values };
};

/** Of the file as a whole. */
export const findingOf = (rule: string, reason: string, next: string): Finding => ({
  severity: 'error',
  rule,
  path: '',
  line: null,
  column: null,
  reason,
  next,
});

/** Names twice, and names that are none of a file's business. */
const namesIn = (text: string, root: Node): Finding[] => {
  const findings: Finding[] = [];
  const walk = (node: Node, path: string): void => {
    if (node.type === 'array')
      for (const [at, child] of (node.children ?? []).entries()) walk(child, `${path}${path ? '.' : ''}${at}`);
    if (node.type !== 'object') return;
    const seen = new Set<string>();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      const name = String(key?.value);
      const full = path === '' ? name : `${path}.${name}`;
      const found = seen.has(name)
        ? { rule: 'duplicate-key', reason: `"${clip(name)}" stands here twice`, next: 'Keep one of them.' }
        : hostile.has(name)
          ? { rule: 'hostile-key', reason: `"${name}" may not be a key`, next: 'Take it out.' }
          : null;
      if (found && key) findings.push({ severity: 'error', path: full, ...placeIn(text, key.offset), ...found });
      seen.add(name);
      if (value) walk(value, full);
    }
  };
  walk(root, '');
  return findings;
};

/** Of a text nobody checked, as much as fits a line and nothing that a terminal obeys. */
export const clip = (text: string, charsMax = 80): string => {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return plain.length > charsMax ? `${plain.slice(0, charsMax)}…` : plain;
};

/** Never throws: what is wrong comes back as findings. */
export const readText = (text: string): { ok: true; read: Text } | { ok: false; findings: Finding[] } => {
  if (Buffer.byteLength(text) > documentMaxBytes)
    return {
      ok: false,
      findings: [
        findingOf(
          'too-large',
          `larger than ${documentMaxBytes} bytes`,
          'A consent file is a few kilobytes; is this one?',
        ),
      ],
    };
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const { depth, values } = shapeOf(plain);
  if (depth > depthMax)
    return {
      ok: false,
      findings: [findingOf('too-deep', `nested deeper than ${depthMax} levels`, 'Take the inner levels out.')],
    };
  if (values > valuesMax)
    return {
      ok: false,
      findings: [findingOf('too-many', `more than ${valuesMax} values`, 'A consent file holds some hundred.')],
    };
  const errors: ParseError[] = [];
  const root = parseTree(plain, errors, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  });
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    const code = error === undefined ? 'ValueExpected' : printParseErrorCode(error.error);
    return {
      ok: false,
      findings: [
        {
          severity: 'error',
          rule: 'not-json',
          path: '',
          ...placeIn(plain, Math.min(error?.offset ?? 0, plain.length)),
          reason: `not JSON: ${words[code] ?? code}`,
          next: 'Mend it there; an editor that knows JSON shows the spot.',
        },
      ],
    };
  }
  const findings = namesIn(plain, root);
  if (findings.length > 0) return { ok: false, findings: findings.slice(0, 50) };
  let json: unknown;
  try {
    json = JSON.parse(plain);
  } catch (failed) {
    // The two parsers disagree: the stricter one counts.
    return {
      ok: false,
      findings: [findingOf('not-json', `not JSON: ${clip((failed as Error).message, 200)}`, 'Mend it there.')],
    };
  }
  return {
    ok: true,
    read: {
      json,
      placeOf: (path) => {
        for (let length = path.length; length > 0; length -= 1) {
          const node = findNodeAtLocation(root, path.slice(0, length) as (string | number)[]);
          if (node) return placeIn(plain, node.parent?.type === 'property' ? node.parent.offset : node.offset);
        }
        return placeIn(plain, root.offset);
      },
    },
  };
};

/** The key somebody may have meant. */
export const meant = (name: string, known: readonly string[]): string | null => {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  if (name.length > 64) return null;
  for (const candidate of known) {
    const away = distance(name.toLowerCase(), candidate.toLowerCase());
    if (away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
};

const pathText = (path: readonly PropertyKey[]): string => path.map((step) => clip(String(step))).join('.');

/** What zod found, as findings. `placeOf` is there when the JSON came from a text. */
export const findingsOfIssues = (issues: readonly z.core.$ZodIssue[], placeOf: Text['placeOf'] | null): Finding[] =>
  issues.flatMap((issue): Finding[] => {
    const at = (path: readonly PropertyKey[]) => ({
      path: pathText(path),
      line: placeOf?.(path).line ?? null,
      column: placeOf?.(path).column ?? null,
    });
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => {
        const known = knownKeysAt(issue.path);
        const near = meant(key, known);
        return {
          severity: 'error',
          rule: 'unknown-key',
          ...at([...issue.path, key]),
          reason: `"${clip(key)}" is no key of a consent file here`,
          next:
            near !== null
              ? `Did you mean "${near}"?`
              : known.length > 0
                ? `Known here: ${known.filter((one) => one !== '$schema').join(', ')}.`
                : 'Take it out.',
        };
      });
    if (issue.code === 'invalid_union' && issue.errors[0] !== undefined && issue.errors[0].length > 0) {
      // Of a list or a name: who wrote a list wants to know of the list.
      const inner = issue.errors.find((of) => of.some((one) => one.path.length > 0)) ?? issue.errors[0];
      return findingsOfIssues(
        inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] }) as z.core.$ZodIssue),
        placeOf,
      );
    }
    return [
      {
        severity: 'error',
        rule: issue.path.at(-1) === 'onClose' ? 'on-close-accepts' : 'shape',
        ...at(issue.path),
        reason: clip(issue.message, 300),
        next: 'See docs/consent-file.md for what may stand here.',
      },
    ];
  });
