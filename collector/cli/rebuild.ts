// `weft rebuild`: everything derived, made again from the facts. With --check it is compared byte by byte with what was
// there, and nothing is changed.

import { foldedOtherwise, foldedUnderKey } from '../pipeline/folded-under.js';
import { dump, rebuild } from '../pipeline/rebuild.js';
import type { WorkingSet } from '../pipeline/working-set.js';
import type { Writer } from '../pipeline/writer.js';
import { announcementsOf } from '../profiles/announcements.js';
import { digestOfAll, sha256 } from '../store/digest.js';
import { mustHaveData, placeOf, writerOf } from './data.js';
import type { Ending } from './failure.js';
import { type Out, plural } from './say.js';

export interface RebuildAsked {
  check?: boolean;
  values?: boolean;
  json?: boolean;
}

const shownMax = 10;
/** Of a line's digest, what is kept to find it again: eight bytes a line, so that millions fit in memory. */
const digestBytes = 8;

/** The state's lines as digests, and one over all of them. */
const digestOf = (set: WorkingSet): { all: string; lines: number; each: Buffer } => {
  const all = digestOfAll();
  let each = Buffer.alloc(1024 * digestBytes);
  let lines = 0;
  dump(set, (line) => {
    const digest = sha256(line);
    all.add(digest);
    if ((lines + 1) * digestBytes > each.length) each = Buffer.concat([each, Buffer.alloc(each.length)]);
    digest.copy(each, lines * digestBytes, 0, digestBytes);
    lines += 1;
  });
  return { all: all.hex(), lines, each: each.subarray(0, lines * digestBytes) };
};

/** The text of some lines. */
const linesAt = (set: WorkingSet, wanted: ReadonlySet<number>): Map<number, string> => {
  const found = new Map<number, string>();
  let at = 0;
  dump(set, (line) => {
    if (wanted.has(at)) found.set(at, line);
    at += 1;
  });
  return found;
};

export interface Difference {
  line: number;
  /** What the line is about: its kind and its derived id, which name nobody. */
  what: string;
  /** Where in it the first difference lies. */
  at: string;
  before: string | null;
  after: string | null;
}

const parsed = (line: string | undefined): unknown[] => {
  if (line === undefined) return [];
  // Documents and states stand in the lines as JSON of their own.
  return (JSON.parse(line) as unknown[]).map((part) => {
    if (typeof part !== 'string' || !/^[{[]/.test(part)) return part;
    try {
      return JSON.parse(part) as unknown;
    } catch {
      return part;
    }
  });
};
const firstDifference = (a: unknown, b: unknown, path: string): string => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  for (const name of names) {
    const [one, other] = [(a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]];
    if (JSON.stringify(one) !== JSON.stringify(other))
      return firstDifference(one, other, `${path}${path === '' ? '' : '.'}${name}`);
  }
  return path;
};

const differenceOf = (line: number, before: string | undefined, after: string | undefined): Difference => {
  const [one, other] = [parsed(before), parsed(after)];
  const of = one.length > 0 ? one : other;
  return {
    line: line + 1,
    what: `${String(of[0])} ${String(of[1])}`,
    at: before === undefined ? 'only after' : after === undefined ? 'only before' : firstDifference(one, other, ''),
    before: before ?? null,
    after: after ?? null,
  };
};

export interface Checked {
  equal: boolean;
  events: number;
  lines: number;
  linesAfter: number;
  hash: string;
  hashAfter: string;
  differences: Difference[];
}

class Back extends Error {}

/** Rebuilds, compares, and takes it back. */
export const checkRebuild = (
  { pipeline }: Pick<Writer, 'pipeline'>,
  now: number,
  onProgress: NonNullable<Parameters<typeof rebuild>[3]>,
): Checked => {
  const { set } = pipeline;
  const before = digestOf(set);
  const differing: number[] = [];
  let after = before;
  let events = 0;
  let texts = new Map<number, string>();
  try {
    pipeline.attempt(() => {
      events = rebuild(set, now, announcementsOf, onProgress);
      after = digestOf(set);
      for (let at = 0; at < Math.max(before.lines, after.lines) && differing.length < shownMax; at += 1) {
        const [from, to] = [at * digestBytes, (at + 1) * digestBytes];
        if (!before.each.subarray(from, to).equals(after.each.subarray(from, to))) differing.push(at);
      }
      if (differing.length > 0) texts = linesAt(set, new Set(differing));
      throw new Back();
    });
  } catch (error) {
    if (!(error instanceof Back)) throw error;
  }
  set.forgetLoaded();
  const earlier = differing.length > 0 ? linesAt(set, new Set(differing)) : texts;
  return {
    equal: before.all === after.all,
    events,
    lines: before.lines,
    linesAfter: after.lines,
    hash: before.all,
    hashAfter: after.all,
    differences: differing.map((at) => differenceOf(at, earlier.get(at), texts.get(at))),
  };
};

const stages = {
  index: 'reading events',
  devices: 'devices',
  servers: 'server events',
  persons: 'persons',
  profiles: 'profiles',
};

export const rebuildAll = async (asked: RebuildAsked, out: Out): Promise<Ending> => {
  const place = placeOf();
  mustHaveData(place);
  const writer = writerOf(place, 'weft rebuild', null);
  const progress = out.progress(asked.check ? 'Checking' : 'Rebuilding');
  const order = Object.keys(stages) as (keyof typeof stages)[];
  const onProgress = (stage: keyof typeof stages, done: number, total: number): void => {
    const part = total === 0 ? 1 : done / total;
    progress.at(Math.round((order.indexOf(stage) + part) * 200), order.length * 200, stages[stage]);
  };
  try {
    const now = Date.now();
    if (!asked.check) {
      writer.due(now);
      const startedAt = performance.now();
      let events = 0;
      writer.pipeline.attempt(() => {
        events = rebuild(writer.pipeline.set, now, announcementsOf, onProgress);
      });
      writer.pipeline.set.forgetLoaded();
      progress.end();
      const tookS = (performance.now() - startedAt) / 1000;
      if (asked.json) out.tell(JSON.stringify({ events, seconds: Number(tookS.toFixed(1)) }));
      else out.tell(`Rebuilt from ${plural(events, 'event')} in ${tookS.toFixed(1)} s.`);
      return 'done';
    }
    writer.due(now);
    const { identity, rules } = writer.pipeline.set;
    const otherwise = foldedOtherwise(identity.site(foldedUnderKey) ?? null, rules);
    const checked = checkRebuild(writer, now, onProgress);
    progress.end();
    const differences = checked.differences.map(({ before, after, ...rest }) =>
      asked.values ? { ...rest, before, after } : rest,
    );
    if (asked.json) out.tell(JSON.stringify({ ...checked, differences }));
    else if (checked.equal)
      out.tell(
        `Equal bytes: ${plural(checked.lines, 'line')} from ${plural(checked.events, 'event')}, ${checked.hash.slice(0, 16)}.`,
      );
    else {
      out.tell(
        `Not equal: ${plural(checked.lines, 'line')} before, ${checked.linesAfter.toLocaleString('en-US')} after. The first that differ:`,
      );
      for (const one of differences) {
        out.tell(`  line ${one.line}: ${one.what}: ${one.at}`);
        if ('before' in one) out.tell(`    before ${one.before}\n    after  ${one.after}`);
      }
      out.note(
        `Nothing was changed. \`weft rebuild\` without --check makes it what the events say; ${
          otherwise
            ? 'the options of the site (WEFT_SITE) have changed since it was folded.'
            : 'a state that differs is a bug worth reporting.'
        }`,
      );
    }
    return checked.equal ? 'done' : 'found';
  } finally {
    progress.end();
    writer.close();
  }
};
