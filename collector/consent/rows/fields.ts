// What may be kept of what a page says. The ledger is no place for what a page invents: of each field a word of a known
// shape, or nothing. Pure, but for the memory of a site's few origins.

import type { ConsentRow } from '../../contract/consent.js';
import { recent } from '../../store/recent.js';
import { isPurpose } from '../mask.js';
import type { Policy } from '../policy/policy.js';

/** Names, versions, hashes, consent strings: nothing that could be an address, a path or a sentence about somebody. */
const token = /^[\w.~:+ -]+$/;
export const tokenOf = (value: unknown, maxChars = 128): string | null => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text.length <= maxChars && token.test(text) ? text : null;
};

/** Only these fields. */
export const pick = (value: unknown, keys: readonly string[], maxChars?: number): Record<string, string> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const picked: Record<string, string> = {};
  for (const key of keys) {
    const field = tokenOf(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null, maxChars);
    if (field !== null) picked[key] = field;
  }
  return Object.keys(picked).length > 0 ? picked : null;
};

/** Whether the collector had a policy of that version: a site may call one as it likes. */
type IsVersion = (version: string) => boolean;
/** Of what a layer's variant tells (sdk/banner/variant.ts): lists of purposes and of parts of the layer. */
const partsOfLayer = ['receipt', 'device', 'counts'];
const isOfVariant: Readonly<Record<string, (word: string) => boolean>> = {
  ask: isPurpose,
  on: isPurpose,
  odd: isPurpose,
  objected: isPurpose,
  has: (word) => partsOfLayer.includes(word),
};
const variantMaxChars = 512;

/**
 * By which the layer is drawn again for whoever holds its receipt: all of it is of those words, or none is kept. Of a banner of
 * the site's own, a word.
 */
const variantOf = (value: unknown, isVersion: IsVersion): string | null => {
  const word = tokenOf(value);
  if (word !== null || typeof value !== 'string' || value.length > variantMaxChars) return word;
  const told = [...new URLSearchParams(value)];
  const isKnown = ([name, list]: [string, string]): boolean =>
    name === 'since'
      ? tokenOf(list) !== null || isVersion(list)
      : Object.hasOwn(isOfVariant, name) && list.split(',').every(isOfVariant[name]!);
  return told.every(isKnown) ? value : null;
};

/** Which layer was answered by which of its buttons, and how it looked. */
export const uiOf = (ui: unknown, isVersion: IsVersion): Record<string, string> | null => {
  const picked = pick(ui, ['layer', 'action', 'position', 'themeHash']);
  const variant = variantOf((ui as { variant?: unknown } | null | undefined)?.variant, isVersion);
  return variant === null ? picked : { ...picked, variant };
};

/** Scheme and host, whatever was handed in. */
export const originOf = (origin: string | null): string | null => {
  if (origin === null) return null;
  let known = origins.get(origin);
  if (known === undefined) {
    known = URL.canParse(origin) ? new URL(origin).origin.slice(0, 256) : '';
    origins.set(origin, known);
  }
  return known === '' ? null : known;
};
/** A site has a few. */
const origins = recent<string, string>(200);

export const flagOf = (value: unknown, key: string): boolean | null => {
  if (typeof value === 'boolean') return key === 'js' ? value : null;
  if (typeof value !== 'object' || value === null) return null;
  const field = (value as Record<string, unknown>)[key];
  return typeof field === 'boolean' ? field : null;
};

const ages = ['none', 'passed', 'minor', 'guardian'] as const;
export type Age = (typeof ages)[number];
/** What the page says of the age gate; null where it says nothing, or nothing that is known. */
export const ageOf = (value: unknown): Age | null => {
  const gate = typeof value === 'string' ? value : pick(value, ['gate'])?.gate;
  return ages.find((one) => one === gate) ?? null;
};

/** Saved in the layer where each purpose has a switch of its own (art. 21: no banner asks an objection away). */
export const isDeliberate = (ui: unknown): boolean => {
  const said = pick(ui, ['layer', 'action']);
  return said?.layer === 'preferences' && said.action === 'save';
};

const layers = ['first', 'preferences', 'api', 'own-cmp'];
const actions = ['accept-all', 'reject-all', 'save', 'close', 'link'];

/** Under which labels an act is counted: from lists of the site's and ours, so that no page can make up a new one. */
export const labelsOf = (policy: Policy, code: string | null, row: Pick<ConsentRow, 'text' | 'ui'>) => {
  const among = (value: string | undefined, list: readonly string[]): string =>
    value === undefined ? 'unknown' : list.includes(value) ? value : 'other';
  const ui = pick(row.ui, ['layer', 'action']);
  const listed = code !== null && policy.regions.some((rule) => rule.match.includes(code));
  return {
    // A subdivision only where the site has a rule for it; else its country.
    region: code === null ? 'unknown' : listed ? code : code.slice(0, 2),
    locale: among(pick(row.text, ['locale'])?.locale, Object.keys(policy.locales)),
    layer: among(ui?.layer, layers),
    action: among(ui?.action, actions),
  };
};
