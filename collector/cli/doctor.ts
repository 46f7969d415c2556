// `weft doctor`: what can be wrong with an installation, looked at one after the other, each with what to do about it. Only
// looks; runs beside a collector.

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { type Config, ConfigError, readConfig } from '../config.js';
import { openLedgerView } from '../consent/ledger/view.js';
import { unmetBy } from '../consent/policy/lint.js';
import { PolicyError, readPolicy } from '../consent/policy/policy.js';
import { dayMs } from '../consent/retention/retention.js';
import { retentionRuns } from '../consent/retention/store.js';
import { DamagedJournal, journalFile, readJournal } from '../consent/rights/journal.js';
import { foldedOtherwise, foldedUnderKey } from '../pipeline/folded-under.js';
import { migrations } from '../pipeline/migrations.js';
import { readSiteOptions, type SiteOptions } from '../pipeline/site-file.js';
import { listCredentials } from '../site/store.js';
import { asideFiles, asideMaxMs } from '../store/aside.js';
import { lockOwner } from '../store/lock.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { type Place, placeOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { bytesSaid, type Out, plural } from './say.js';
import { builtScript, ownVersion } from './version.js';

export interface Finding {
  what: string;
  state: 'ok' | 'warn' | 'fail';
  said: string;
  /** What to do; null where nothing is to be done. */
  next: string | null;
}
export interface DoctorAsked {
  full?: boolean;
  json?: boolean;
}

const ok = (what: string, said: string): Finding => ({ what, state: 'ok', said, next: null });
const warn = (what: string, said: string, next: string): Finding => ({ what, state: 'warn', said, next });
const fail = (what: string, said: string, next: string): Finding => ({ what, state: 'fail', said, next });

const nodeMajor = 20;
const roomFailBytes = 200_000_000;
const roomWarnBytes = 2_000_000_000;
const walWarnBytes = 512_000_000;
/** Above this, only --full reads every page and index. */
const quickAboveBytes = 2_000_000_000;
/** Weft did not exist before. */
const earliestAt = Date.parse('2026-01-01T00:00:00Z');
const aheadMaxMs = 5 * 60_000;

const nodeFinding = (version: string): Finding => {
  const major = Number(version.split('.')[0]);
  return major >= nodeMajor
    ? ok('node', version)
    : fail('node', `${version} is too old`, `Install Node ${nodeMajor} or newer.`);
};

const roomFindings = (place: Place): Finding[] => {
  const found: Finding[] = [];
  let folder = resolve(place.folder);
  const exists = existsSync(folder);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    found.push(
      exists
        ? ok('data folder', `${place.folder} can be written to`)
        : warn(
            'data folder',
            `${place.folder} is not there yet`,
            'The first start makes it; or set WEFT_DATA to where the data is.',
          ),
    );
  } catch {
    found.push(
      fail('data folder', `${place.folder} cannot be written to`, 'Give this user the right to, or set WEFT_DATA.'),
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  // A rebuild or a restore needs as much again as there is.
  const needed = existsSync(place.file) ? statSync(place.file).size : 0;
  const said = `${bytesSaid(free)} free`;
  found.push(
    free < roomFailBytes
      ? fail('disk', said, 'Make room: a full disk refuses events (503), it loses none that were accepted.')
      : free < Math.max(roomWarnBytes, needed * 1.5)
        ? warn('disk', said, `Make room: a backup, a restore or a rebuild of ${bytesSaid(needed)} needs as much again.`)
        : ok('disk', said),
  );
  return found;
};

const listens = (port: number, host: string): Promise<string | null> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(null)));
  });

const runningFindings = async ({ folder }: Place, { port, host }: Config): Promise<Finding[]> => {
  const owner = existsSync(folder) ? lockOwner(folder) : null;
  const found = [
    ok('writer', owner === null ? 'nobody writes to the folder now' : `${owner.what} (pid ${owner.pid}) does`),
  ];
  const trouble = port === 0 ? null : await listens(port, host);
  found.push(
    trouble === null
      ? ok('port', port === 0 ? 'any free one' : `${host}:${port} is free`)
      : trouble === 'EADDRINUSE' && owner !== null
        ? ok('port', `${host}:${port} is taken, as it should be while the collector runs`)
        : trouble === 'EADDRINUSE'
          ? warn('port', `${host}:${port} is taken by something else`, 'Stop that, or set another PORT.')
          : fail('port', `${host}:${port} cannot be listened on (${trouble})`, 'Set PORT and HOST.'),
  );
  return found;
};

const tables = [
  'events',
  'sessions',
  'profiles',
  'nodes',
  'shelf',
  'deadlines',
  'refusals',
  'consent_ledger',
  'tombstones',
];

const storeFindings = (place: Place, store: SqliteStore, full: boolean, now: number): Finding[] => {
  const found: Finding[] = [];
  const size = statSync(place.file).size;
  const quick = size > quickAboveBytes && !full;
  const said = store.pragma(quick ? 'quick_check' : 'integrity_check');
  found.push(
    said === 'ok'
      ? ok('integrity', `${quick ? 'quick_check' : 'integrity_check'} finds nothing in ${bytesSaid(size)}`)
      : fail(
          'integrity',
          'the file is damaged',
          'Stop the collector, keep the file, and `weft restore` the last backup.',
        ),
  );
  const applied = new Set(
    store
      .prepare<{ name: string }>('SELECT name FROM migrations')
      .all()
      .map(({ name }) => name),
  );
  const missing = migrations.filter(({ name }) => !applied.has(name));
  const unknown = [...applied].filter((name) => !migrations.some((one) => one.name === name));
  found.push(
    unknown.length > 0
      ? fail(
          'tables',
          `made by a newer Weft (${unknown.join(', ')})`,
          'Run that version: an older one must not write here.',
        )
      : missing.length > 0
        ? warn('tables', `${missing.length} to be made`, 'The next start makes them; take a `weft backup` before it.')
        : ok('tables', `all ${migrations.length} migrations applied`),
  );
  const there = new Set(
    store
      .prepare<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => name),
  );
  const counts = tables
    .filter((table) => there.has(table))
    .map(
      (table) =>
        `${table} ${store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n.toLocaleString('en-US')}`,
    );
  found.push(ok('rows', counts.join(', ')));
  const wal = existsSync(`${place.file}-wal`) ? statSync(`${place.file}-wal`).size : 0;
  found.push(
    wal > walWarnBytes
      ? warn(
          'write-ahead log',
          bytesSaid(wal),
          'A long reading (an export, a backup) keeps it from shrinking; it does when that ends.',
        )
      : ok('write-ahead log', bytesSaid(wal)),
  );
  if (there.has('retention_runs')) found.push(retentionFinding(store, now));
  if (there.has('consent_chain')) found.push(ledgerFinding(store, full, now));
  if (there.has('credentials')) {
    const live = listCredentials(store).filter(({ revokedAt }) => revokedAt === null);
    const of = (kind: string): number => live.filter((one) => one.kind === kind).length;
    const said = `${of('write')} write, ${of('secret')} secret, ${of('staff') === 0 ? 'no' : 'a'} staff password`;
    const lacks = (['write', 'secret', 'staff'] as const).filter((kind) => of(kind) === 0);
    found.push(
      lacks.length === 0
        ? ok('keys', said)
        : warn('keys', said, 'The next start makes what is missing and shows it once; so does `weft keys create`.'),
    );
  }
  const newest = there.has('verdict_counts')
    ? store.prepare<{ hour: number | null }>('SELECT max(hour) AS hour FROM verdict_counts').get()!.hour
    : null;
  found.push(
    now < earliestAt
      ? fail('clock', new Date(now).toISOString(), 'Set the clock (NTP): sessions, deadlines and consent expire by it.')
      : newest !== null && newest > now + aheadMaxMs
        ? fail(
            'clock',
            `${new Date(now).toISOString()}, and events arrived later than that`,
            'Set the clock (NTP): it ran ahead, or runs behind now.',
          )
        : ok('clock', new Date(now).toISOString()),
  );
  return found;
};

/** Signed once a day: two hours of grace before it is called late. */
const signedMaxMs = 26 * 3_600_000;

const ledgerFinding = (store: SqliteStore, full: boolean, now: number): Finding => {
  const view = openLedgerView(store);
  let checked = view.verify({ full });
  for (; full && checked.next !== null; ) checked = view.verify({ full, cursor: checked.next });
  const { rows, head, signedAt, signedSeq, checkedAt, fullAt, brokenAt } = checked;
  if (brokenAt !== undefined)
    return fail(
      'ledger',
      `broken at row ${brokenAt.seq} (${brokenAt.why}): ${brokenAt.message}`,
      'Somebody or something changed the file behind the collector: keep a copy of it as it is, compare it with the last backup and the last export (`weft ledger verify`), and find out who could write to the disk.',
    );
  if (head.seq === 0) return ok('ledger', 'nobody has answered yet');
  const said = [
    plural(rows, 'row'),
    signedAt === null ? 'not signed' : `signed until row ${signedSeq}, ${signedAt}`,
    `last check ${full ? 'now' : (checkedAt ?? 'never')}`,
    `of all rows ${full ? 'now' : (fullAt ?? 'never')}`,
  ].join('; ');
  const late = (signedSeq ?? 0) < head.seq && (signedAt === null || now - Date.parse(signedAt) > signedMaxMs);
  if (late)
    return warn('ledger', said, 'Start the collector: it signs once a day. If it runs, its log says why it cannot.');
  return ok('ledger', said);
};

/** Read as a start reads it, which is refused where it cannot be; `seen` is the last line that the store knows. */
const journalFinding = ({ folder }: Place, store: SqliteStore | null): Finding | null => {
  const what = 'erasure journal';
  const file = journalFile(folder);
  const row = store?.prepare<{ value: string }>("SELECT value FROM site WHERE key = 'journal'").get();
  const seen = Number(row?.value ?? 0);
  if (!existsSync(file))
    return seen === 0
      ? null
      : warn(
          what,
          `there is none in ${folder}, and the store knows one of ${plural(seen, 'line')}`,
          'Put a copy of erasures.journal back before the next start. Without one the start begins it anew from the store.',
        );
  try {
    const { lastN, bytes } = readJournal(file);
    const { size } = statSync(file);
    const said = `${plural(lastN, 'line')}, ${bytesSaid(size)}${size > bytes ? ', the last one torn off' : ''}`;
    // Beside a collector at work a line may stand there whose transaction is still to end.
    if (store !== null && lastN > seen && lockOwner(folder) === null)
      return warn(
        what,
        `${said}; the store has seen ${seen}`,
        'The next start erases again whoever stands in the others. That is as it should be after a restore by hand.',
      );
    if (lastN < seen)
      return warn(
        what,
        `${said}; the store has seen ${seen}`,
        'Put back a newer copy of erasures.journal if you have one. The next start adds what the store knows.',
      );
    return ok(what, said);
  } catch (error) {
    if (error instanceof DamagedJournal)
      return fail(
        what,
        `line ${error.line} is damaged: ${error.why}`,
        `${DamagedJournal.next} No start is possible before.`,
      );
    return fail(
      what,
      `cannot be read (${String((error as { code?: unknown }).code ?? error)})`,
      'Give this user the right to read it: no start is possible without.',
    );
  }
};

const retentionFinding = (store: SqliteStore, now: number): Finding => {
  const [run] = retentionRuns(store, 1);
  if (!run) return ok('retention', 'has not run yet: it does within minutes of the first start');
  const said = `last began ${new Date(run.startedAt).toISOString()}${run.endedAt === null ? ', and is not done' : ''}`;
  // It begins every six hours: a day without one means that nobody runs the collector, or that it cannot finish.
  return now - run.startedAt > dayMs
    ? warn('retention', said, 'Start the collector, or run `weft retention`: what is too old stays until then.')
    : ok('retention', said);
};

/** What of the site's options binds what was folded, and whether the store was. */
const siteFindings = ({ siteFile }: Config, store: SqliteStore | null): Finding[] => {
  const what = 'site options';
  let options: SiteOptions;
  try {
    options = readSiteOptions(siteFile);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [fail(what, error.message, 'Mend the file, or leave WEFT_SITE out for the defaults.')];
  }
  const { sessions, emailMerge } = options.rules;
  const { blocked, serverTraits } = options.site;
  const said = [
    siteFile ?? 'the defaults',
    `sessions end after ${sessions.idleMaxMs / 60_000} min${sessions.splitOnCampaign ? ' and at a campaign' : ''}`,
    `e-mails join: ${emailMerge}`,
    `${plural(blocked.length, 'value')} blocked`,
    `${plural(serverTraits.length, 'trait')} of the server`,
  ].join('; ');
  const note = store?.prepare<{ value: string }>('SELECT value FROM site WHERE key = ?').get(foldedUnderKey)?.value;
  const filled = store?.prepare('SELECT 1 FROM events LIMIT 1').get() !== undefined;
  return [
    filled && foldedOtherwise(note ?? null, options.rules)
      ? warn(
          what,
          `${said}; the store was folded under others, in part at least`,
          'Stop the collector, and run `weft rebuild`.',
        )
      : ok(what, said),
  ];
};

/** Nothing that is asked of the store reaches them. */
const asideFindings = ({ folder }: Place, now: number): Finding[] => {
  const found = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? asideFiles(folder) : [];
  if (found.length === 0) return [];
  const oldest = Math.min(...found.map(({ at }) => at));
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
  return [
    warn(
      'set aside',
      `${plural(found.length, 'store')} that a restore replaced, ${bytesSaid(bytes)} of people, ${now - oldest > asideMaxMs ? 'longer than 30 days there' : `since ${new Date(oldest).toISOString()}`}`,
      `Delete ${found.map(({ path }) => path).join(' and ')} once the restored data is sound. The next erasure does, and the running collector after 30 days.`,
    ),
  ];
};

const consentFinding = (config: Config): Finding => {
  if (config.consentFile === null) return ok('consent file', 'the one that ships');
  try {
    const policy = readPolicy(config.consentFile);
    const { version } = policy;
    const [unmet] = unmetBy(policy, { proof: config.identitySecret !== null, origins: config.origins });
    if (unmet) return warn('consent file', unmet.reason, unmet.next);
    return ok('consent file', `${config.consentFile}, version ${version}`);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return fail('consent file', error.message, 'Mend it, or leave WEFT_CONSENT out for the one that ships.');
  }
};

/** Everything that is looked at, in the order in which to mend it. */
export const examine = async (
  environment: Readonly<Record<string, string | undefined>> | undefined,
  { full = false }: DoctorAsked,
  now: number,
): Promise<Finding[]> => {
  const found: Finding[] = [ok('weft', ownVersion()), nodeFinding(process.versions.node)];
  let config: Config;
  let place: Place;
  try {
    config = readConfig(environment);
    place = placeOf(config);
    found.push(ok('environment', 'makes sense'));
  } catch (error) {
    if (error instanceof ConfigError)
      return [...found, fail('environment', error.message, 'Set it as docs say, or leave it out.')];
    if (error instanceof Failure) return [...found, fail('environment', error.message, error.next)];
    throw error;
  }
  found.push(...roomFindings(place), ...(await runningFindings(place, config)));
  if (existsSync(place.file)) {
    let store: SqliteStore | null = null;
    try {
      store = openSqlite(place.file, [], { readonly: true });
      found.push(...storeFindings(place, store, full, now));
      const made = store.prepare("SELECT name FROM sqlite_master WHERE name IN ('site', 'events')").all().length === 2;
      const journal = journalFinding(place, made ? store : null);
      if (journal) found.push(journal);
      found.push(...siteFindings(config, made ? store : null));
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? (error as Error).message);
      found.push(
        fail(
          'integrity',
          `the file cannot be read (${code})`,
          'Stop the collector, keep the file, and `weft restore` the last backup.',
        ),
      );
    } finally {
      store?.close();
    }
  } else {
    found.push(...siteFindings(config, null));
    found.push(warn('store', `there is none in ${place.folder} yet`, 'The first start makes it.'));
    if (now < earliestAt) found.push(fail('clock', new Date(now).toISOString(), 'Set the clock (NTP).'));
  }
  found.push(...asideFindings(place, now), consentFinding(config));
  const script = builtScript();
  found.push(
    script === null
      ? fail('page script', 'weft.js is not built', 'Run `npm run build`.')
      : ok('page script', `${bytesSaid(statSync(script).size)} built`),
  );
  return found;
};

const marks = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };

export const doctor = async (asked: DoctorAsked, out: Out): Promise<Ending> => {
  const found = await examine(undefined, asked, Date.now());
  const failed = found.filter(({ state }) => state === 'fail').length;
  if (asked.json) out.tell(JSON.stringify({ ok: failed === 0, findings: found }));
  else {
    const width = Math.max(...found.map(({ what }) => what.length));
    for (const { what, state, said, next } of found) {
      out.tell(`${marks[state]}  ${what.padEnd(width)}  ${said.replaceAll('\n', ' ')}`);
      if (next !== null) out.tell(`${' '.repeat(width + 8)}→ ${next}`);
    }
    const warned = found.filter(({ state }) => state === 'warn').length;
    out.tell(failed === 0 && warned === 0 ? '\nAll is well.' : `\n${failed} failed, ${warned} to be looked at.`);
  }
  return failed === 0 ? 'done' : 'found';
};
