// What another policy would change for people who have answered: whom it asks again and about what, and which changes only
// narrow what was agreed to, so that nobody is asked. Pure.

import type { Purpose } from '../../contract/purposes.js';
import { canonicalJson } from '../canonical.js';
import { bitOf } from '../mask.js';
import { type Material, type Policy, type PurposeTerms, termsHold } from './policy.js';

/** Devices with a live receipt, by what they answered under which policy. A refusal keeps no id, so it is not among them. */
export interface Holders {
  total: number;
  groups: readonly HolderGroup[];
}
export interface HolderGroup {
  holders: number;
  decisions: readonly {
    purpose: string;
    value: string;
    materialHash?: string | null | undefined;
    carried?: boolean | undefined;
  }[];
  policy: { version?: unknown; configHash?: unknown };
}
export const noHolders: Holders = { total: 0, groups: [] };

export interface PurposeChange {
  purpose: Purpose;
  kind: 'new' | 'removed' | 'narrowed' | 'changed' | 'same';
  /** What changed, a sentence each. */
  what: readonly string[];
  /** Whether people are asked about it (again). */
  reasks: boolean;
  /** How many of the holders. */
  holders: number;
  /** Hashes that would have to stand in `compatibleWith` for nobody to be asked; only of what narrows. */
  compatibleWith: readonly string[];
}

export interface Comparison {
  holders: number;
  purposes: readonly PurposeChange[];
  reasked: readonly { purpose: Purpose; holders: number }[];
  /** Top-level keys of the document that differ beside the terms: wording, looks, regions … */
  others: readonly string[];
  /** The words of some language differ. */
  words: boolean;
  /** Who or where a recipient is has changed under the same id, a sentence each: people agreed to the one before. */
  recipients: readonly string[];
}

const without = (all: readonly string[], some: readonly string[]): string[] => all.filter((one) => !some.includes(one));
const listed = (names: readonly string[]): string => names.join(', ');

/** Each difference of two terms, and whether it asks more of a person than they agreed to. */
const differences = (before: Material, after: Material): { what: string; widens: boolean }[] => {
  const found: { what: string; widens: boolean }[] = [];
  const sets = [
    ['data', before.dataClasses, after.dataClasses],
    ['recipients', before.recipients, after.recipients],
    ['countries outside the EEA', before.thirdCountries, after.thirdCountries],
  ] as const;
  for (const [name, old, fresh] of sets) {
    const added = without(fresh, old);
    const gone = without(old, fresh);
    if (added.length > 0) found.push({ what: `more ${name}: ${listed(added)}`, widens: true });
    if (gone.length > 0) found.push({ what: `fewer ${name}: ${listed(gone)}`, widens: false });
  }
  if (before.retentionDays !== after.retentionDays)
    found.push({
      what: `kept ${after.retentionDays} days instead of ${before.retentionDays}`,
      widens: after.retentionDays > before.retentionDays,
    });
  if (before.automated !== after.automated)
    found.push({
      what: after.automated ? 'decisions by machine alone' : 'no more decisions by machine alone',
      widens: after.automated,
    });
  if (before.basis !== after.basis)
    found.push({ what: `basis ${after.basis} instead of ${before.basis}`, widens: true });
  return found;
};

/** Fewer recipients or data classes, a shorter time: what was agreed to covers it (consent.md, section 2). */
export const narrows = (before: Material, after: Material): boolean => {
  const found = differences(before, after);
  return found.length > 0 && found.every(({ widens }) => !widens);
};

const holdersAsked = (before: Policy | null, after: Policy, purpose: Purpose, { groups }: Holders): number => {
  const bit = bitOf(purpose);
  let asked = 0;
  for (const group of groups) {
    const decisions = group.decisions.filter((one) => one.purpose === purpose && one.value !== 'unset');
    const holds = (policy: Policy) => (termsHold(policy, decisions, group.policy) & bit) !== 0;
    if (holds(after)) continue;
    // Who had to be asked before is not asked because of this change.
    const isNew = before !== null && !before.purposes.some(({ id }) => id === purpose);
    if (isNew || (before === null ? decisions.length > 0 : holds(before))) asked += group.holders;
  }
  return asked;
};

const changeOf = (
  old: PurposeTerms | undefined,
  fresh: PurposeTerms | undefined,
): Pick<PurposeChange, 'kind' | 'what' | 'reasks' | 'compatibleWith'> => {
  if (old === undefined) return { kind: 'new', what: ['asked for the first time'], reasks: true, compatibleWith: [] };
  if (fresh === undefined)
    return {
      kind: 'removed',
      what: ['no longer asked: its grants end, and what only it permitted is erased'],
      reasks: false,
      compatibleWith: [],
    };
  if (old.materialHash === fresh.materialHash) return { kind: 'same', what: [], reasks: false, compatibleWith: [] };
  const found = differences(old.material, fresh.material);
  const narrowed = narrows(old.material, fresh.material);
  const accepted = fresh.compatibleWith.includes(old.materialHash);
  return {
    kind: narrowed ? 'narrowed' : 'changed',
    what: found.map(({ what }) => what),
    reasks: !accepted,
    // What was wide enough for the old terms is wide enough for narrower ones.
    compatibleWith: narrowed
      ? [...new Set([...fresh.compatibleWith, old.materialHash, ...old.compatibleWith])].slice(-100)
      : [],
  };
};

/**
 * Of recipients in both files. The id is what the terms name, so that a company that takes another name asks nobody; another
 * company must not go by it.
 */
const recipientChanges = (before: Policy, after: Policy): string[] => {
  const [old, fresh] = [before, after].map((policy) => (policy.document.recipients ?? {}) as Recipients);
  return Object.entries(fresh ?? {}).flatMap(([id, one]) =>
    (['name', 'country'] as const)
      .filter((key) => old?.[id] !== undefined && old[id][key] !== one[key])
      .map((key) => `${id}: ${key} "${one[key] ?? ''}" instead of "${old?.[id]?.[key] ?? ''}"`),
  );
};
type Recipients = Readonly<Record<string, { name?: string; country?: string }>>;

/** Of whom `holders` says nothing, nothing is said. */
export const comparePolicies = (before: Policy, after: Policy, holders: Holders): Comparison => {
  const ids = [...new Set([...before.purposes, ...after.purposes].map(({ id }) => id))];
  const purposes = ids.map((purpose): PurposeChange => {
    const change = changeOf(
      before.purposes.find(({ id }) => id === purpose),
      after.purposes.find(({ id }) => id === purpose),
    );
    return { purpose, ...change, holders: change.reasks ? holdersAsked(before, after, purpose, holders) : 0 };
  });
  const keys = [...new Set([...Object.keys(before.document), ...Object.keys(after.document)])].sort();
  return {
    holders: holders.total,
    purposes,
    reasked: purposes
      .filter(({ reasks }) => reasks)
      .map(({ purpose, holders: asked }) => ({ purpose, holders: asked })),
    others: keys.filter(
      (key) =>
        key !== 'purposes' &&
        key !== 'texts' &&
        canonicalJson(before.document[key]) !== canonicalJson(after.document[key]),
    ),
    words: canonicalJson(before.document.texts) !== canonicalJson(after.document.texts),
    recipients: recipientChanges(before, after),
  };
};

/** What to do about `recipients` of a comparison. */
export const recipientAdvice = 'Another company needs an id of its own; then people are asked.';

/** "this change re-asks *personalisation* for about 61 % of holders". */
export const shareText = (asked: number, total: number): string =>
  total === 0
    ? 'nobody yet: no device has a live receipt'
    : `about ${Math.round((asked / total) * 100)} % of ${total} holders`;
