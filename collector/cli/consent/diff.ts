// `weft consent diff`: what a new consent file would change for the people who have answered the old one.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readConfig } from '../../config.js';
import { narrowedIn, withCompatible } from '../../consent/policy/compatible.js';
import { comparePolicies, type Holders, noHolders, recipientAdvice, shareText } from '../../consent/policy/diff.js';
import { lineOf, type Policy, readSource, sourceOf } from '../../consent/policy/policy.js';
import { holdersOf } from '../../consent/policy/releases.js';
import { placeOf, readerOf } from '../data.js';
import { type Ending, Failure } from '../failure.js';
import type { Out } from '../say.js';
import { ask, remoteOf } from '../target.js';

export interface DiffAsked {
  write?: boolean;
  url?: string;
  key?: string;
  json?: boolean;
  strict?: boolean;
}

const policyOf = (file: string): Policy => {
  const { source, findings } = sourceOf(file);
  const parsed = findings.length > 0 ? null : readSource(source);
  const wrong = parsed === null ? findings : parsed.ok ? [] : parsed.findings;
  if (wrong.length > 0)
    throw new Failure(
      'refused',
      `${file} cannot be compared:\n${wrong.map((finding) => `  ${lineOf(finding)}`).join('\n')}`,
      `\`weft consent lint ${file}\` says more.`,
    );
  return (parsed as { policy: Policy }).policy;
};

const isHolders = (value: unknown): value is Holders =>
  typeof value === 'object' &&
  value !== null &&
  'total' in value &&
  Array.isArray((value as { groups?: unknown }).groups);

/** From a running collector, else from the folder if there is one; null = nobody can say. */
const holdersKnown = async (asked: DiffAsked): Promise<{ holders: Holders; from: string } | null> => {
  if (asked.url !== undefined) {
    const to = remoteOf(asked.url, asked.key, readConfig());
    const body = await ask(to, '/v1/consent/holders', { method: 'GET' });
    if (!isHolders(body))
      throw new Failure(
        'refused',
        `${to.url.origin} does not say who holds a receipt.`,
        'Check --url: is a Weft collector of this version there?',
      );
    return { holders: body, from: to.url.origin };
  }
  const place = placeOf();
  if (!existsSync(place.file)) return null;
  const store = readerOf(place);
  try {
    return { holders: holdersOf(store, Date.now()), from: place.folder };
  } finally {
    store.close();
  }
};

export const diffFiles = async (before: string, after: string, asked: DiffAsked, out: Out): Promise<Ending> => {
  const old = policyOf(before);
  let fresh = policyOf(after);
  const known = await holdersKnown(asked);
  let comparison = comparePolicies(old, fresh, known?.holders ?? noHolders);
  let written = 0;
  if (asked.write) {
    const edited = withCompatible(readFileSync(after, 'utf8'), comparison);
    if (edited !== null) {
      written = narrowedIn(comparison).length;
      writeFileSync(`${after}.new`, edited);
      renameSync(`${after}.new`, after);
      fresh = policyOf(after);
      comparison = comparePolicies(old, fresh, known?.holders ?? noHolders);
    }
  }
  const { purposes, reasked, others, recipients, words, holders } = comparison;
  const share = (asks: number) =>
    known === null ? 'nobody can say of how many: there is no data here' : shareText(asks, holders);
  if (asked.json) {
    out.tell(
      JSON.stringify({ ...comparison, holders: known === null ? null : holders, written, from: known?.from ?? null }),
    );
  } else {
    for (const { purpose, kind, what, reasks, holders: asks } of purposes.filter((one) => one.kind !== 'same')) {
      out.tell(`${purpose} (${kind}): ${what.join('; ')}`);
      if (reasks) out.tell(`  this change re-asks ${purpose} for ${share(asks)}`);
      else if (kind !== 'removed') out.tell('  nobody is asked: its old terms stand in compatibleWith');
    }
    const still = narrowedIn(comparison);
    if (still.length > 0)
      out.tell(
        `\n${still.map(({ purpose }) => purpose).join(', ')} only narrow what was agreed to. With --write, ${after} says so and nobody is asked:\n${still
          .map(({ purpose, compatibleWith }) => `  ${purpose}: "compatibleWith": ${JSON.stringify(compatibleWith)}`)
          .join('\n')}`,
      );
    if (written > 0)
      out.tell(`\nWritten into ${after}: compatibleWith of ${written} purpose${written > 1 ? 's' : ''}.`);
    if (words) out.tell('The words of the banner change; words ask nobody again.');
    if (recipients.length > 0)
      out.tell(`The same recipient, and asking nobody: ${recipients.join('; ')}. ${recipientAdvice}`);
    if (others.length > 0) out.tell(`Also different, and asking nobody: ${others.join(', ')}.`);
    if (reasked.length === 0) out.tell('Nothing is asked again.');
    else if (known !== null)
      out.note(
        `Holders are devices with a live receipt in ${known.from}; who refused everything keeps no id and is not among them.`,
      );
  }
  return asked.strict && reasked.length > 0 ? 'found' : 'done';
};
