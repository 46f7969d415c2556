// The policy in force, while the process runs: the file is watched, a person publishes, and what is broken is refused with
// its place while the last good one stays. Lives where HTTP is; the writer holds the same policy and takes another between
// two transactions, always before any page is told of it. Decides nothing about an event.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../../log/log.js';
import type { Surroundings } from './lint.js';
import { type Policy, readSource, type Source, sourceOf } from './policy.js';
import { type Finding, findingOf, readText } from './read.js';
import { consentFile } from './shape.js';

export type Published =
  | { ok: true; policy: Policy; changed: boolean }
  | { ok: false; findings: readonly Finding[] }
  /** Somebody else has published since. */
  | { ok: false; findings: readonly Finding[]; conflict: true };

export interface LivePolicy {
  current: () => { policy: Policy; source: Source };
  /** What is wrong with the file on disk, while an earlier one is in force. */
  trouble: () => readonly Finding[];
  /** Where it is written, if anywhere. */
  file: string | null;
  /** How the collector around it is set up, for the linter. */
  around: Surroundings;
  /** A text as it would be if it were published: with the words beside the file. */
  check: (text: string) => { source: Source; policy: Policy } | { findings: readonly Finding[] };
  /** `over` = configHash of the policy it was made from. */
  publish: (text: string, by: string, over: string) => Promise<Published>;
  /** Looks at the file again, whether it seems changed or not. */
  reload: () => Promise<Published | null>;
}

export interface LiveOptions {
  log: Pick<Log, 'command'>;
  file: string | null;
  around?: Surroundings;
  now: () => number;
  /** Told of each file that is refused, and of each that came into force. Findings hold names of keys, never of people. */
  onChange: (change: { kind: 'refused'; findings: readonly Finding[] } | { kind: 'in-force'; policy: Policy }) => void;
}

interface LiveAnswer {
  configHash: string;
  source: Source;
  changed: boolean;
}

/** As the writer answers: what it has in force. */
const answerOf = (body: unknown): LiveAnswer => body as LiveAnswer;

/** Times and sizes of the file and of the words beside it: cheap to ask every two seconds. */
const signatureOf = (file: string, source: Source): string => {
  const read = readText(source.text);
  const shaped = read.ok ? consentFile.safeParse(read.read.json) : null;
  const beside = Object.values((shaped?.success ? shaped.data.locales?.files : undefined) ?? {}).filter(
    (name) => name !== null,
  );
  return [file, ...beside.map((name) => join(dirname(file), name))]
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'none';
    })
    .join(' ');
};

/** Beside the file, durable, and then in its place at once: whoever reads it finds the old one or the new one, whole. */
const writeInPlace = (file: string, text: string): { commit: () => void; drop: () => void } => {
  const beside = `${file}.${process.pid}.new`;
  const handle = openSync(beside, 'w', statSync(file, { throwIfNoEntry: false })?.mode ?? 0o644);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return {
    commit: () => {
      try {
        renameSync(beside, file);
      } catch (error) {
        // A file mounted by itself cannot be replaced, only rewritten.
        if (!/^(EBUSY|EXDEV|EPERM)$/.test(String((error as { code?: unknown }).code))) throw error;
        writeFileSync(file, text);
        rmSync(beside, { force: true });
      }
    },
    drop: () => rmSync(beside, { force: true }),
  };
};

const same = (a: Source, b: Source): boolean =>
  a.text === b.text && Object.keys({ ...a.own, ...b.own }).every((language) => a.own[language] === b.own[language]);

export const openLivePolicy = async ({
  log,
  file,
  around = {},
  now,
  onChange,
}: LiveOptions): Promise<LivePolicy & { look: () => Promise<void> }> => {
  const { body } = await log.command({ kind: 'policy', act: 'live' });
  const first = answerOf(body);
  const parsedFirst = readSource(first.source);
  if (!parsedFirst.ok) throw new Error('the writer holds a policy that cannot be read');
  let live = { policy: parsedFirst.policy, source: first.source };
  let trouble: readonly Finding[] = [];

  const readFile = (): { source: Source; findings: readonly Finding[] } => {
    const read = sourceOf(file!);
    const parsed = read.findings.length > 0 ? null : readSource(read.source);
    return { source: read.source, findings: parsed === null || parsed.ok ? read.findings : parsed.findings };
  };

  if (file !== null) trouble = readFile().findings;
  let seen = file === null ? '' : signatureOf(file, live.source);

  /** One after the other: two that publish at once do not mix. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work, work);
    turn = result.catch(() => {});
    return result;
  };

  const enforce = async (
    source: Source,
    by: string,
    how: 'file' | 'editor',
    over: string | null,
  ): Promise<Published> => {
    const result = await log.command({ kind: 'policy', act: 'publish', source, by, how, over, at: now() });
    if (result.status === 409)
      return {
        ok: false,
        conflict: true,
        findings: [
          findingOf('conflict', 'another policy came into force meanwhile', 'Look at it, and make the change again.'),
        ],
      };
    if (result.status !== 200)
      return { ok: false, findings: (result.body as { findings?: readonly Finding[] }).findings ?? [] };
    const parsed = readSource(source);
    if (!parsed.ok) return parsed;
    live = { policy: parsed.policy, source };
    const { changed } = answerOf(result.body);
    if (changed) onChange({ kind: 'in-force', policy: parsed.policy });
    return { ok: true, policy: parsed.policy, changed };
  };

  const reload = async (): Promise<Published | null> => {
    if (file === null) return null;
    const { source, findings } = readFile();
    seen = signatureOf(file, source);
    if (findings.length > 0) {
      trouble = findings;
      onChange({ kind: 'refused', findings });
      return { ok: false, findings };
    }
    trouble = [];
    if (same(source, live.source)) return null;
    const published = await enforce(source, 'file', 'file', null);
    if (!published.ok) {
      trouble = published.findings;
      onChange({ kind: 'refused', findings: published.findings });
    }
    return published;
  };

  const check: LivePolicy['check'] = (text) => {
    const { source, findings } = sourceOf(file, text);
    const parsed = readSource(source);
    if (!parsed.ok || findings.length > 0)
      return {
        findings: [...findings, ...(parsed.ok ? [] : parsed.findings.filter(({ rule }) => rule !== 'locale-default'))],
      };
    return { source, policy: parsed.policy };
  };

  return {
    current: () => live,
    trouble: () => trouble,
    file,
    around,
    check,
    publish: (text, by, over) =>
      inTurn(async () => {
        const checked = check(text);
        if ('findings' in checked) return { ok: false, findings: checked.findings };
        let written: ReturnType<typeof writeInPlace> | null = null;
        try {
          if (file !== null) written = writeInPlace(file, text);
        } catch (error) {
          const code = String((error as { code?: unknown }).code ?? 'unknown');
          return {
            ok: false,
            findings: [
              findingOf(
                'unwritable',
                `the file in WEFT_CONSENT cannot be written (${code})`,
                'Let the collector write to its folder, or change the file where it comes from.',
              ),
            ],
          };
        }
        const published = await enforce(checked.source, by, 'editor', over).catch((error: unknown) => {
          written?.drop();
          throw error;
        });
        if (!published.ok) {
          written?.drop();
          return published;
        }
        written?.commit();
        trouble = [];
        if (file !== null) seen = signatureOf(file, checked.source);
        return published;
      }),
    reload: () => inTurn(reload),
    look: () =>
      inTurn(async () => {
        if (file !== null && signatureOf(file, live.source) !== seen) await reload();
      }),
  };
};
