#!/usr/bin/env node
// The command `weft`. Says which commands there are and what they take; what they do stands in cli/. Every command ends
// with an exit code of cli/failure.ts, and whatever goes wrong is said with what to do next. A command's code is loaded when
// it is asked for: help need not wait for a database.

import { Command, CommanderError, Option } from 'commander';
import type { BackupAsked } from './cli/backup.js';
import type { DiffAsked } from './cli/consent/diff.js';
import type { ImportAsked as BannerAsked } from './cli/consent/import.js';
import type { LintAsked } from './cli/consent/lint.js';
import type { DestinationsAsked, SetDestinationAsked } from './cli/destinations.js';
import type { DoctorAsked } from './cli/doctor.js';
import type { EraseAsked } from './cli/erase.js';
import type { ExportAsked } from './cli/export.js';
import { type Ending, exitCodes, Failure } from './cli/failure.js';
import type { ImportAsked } from './cli/import.js';
import type { CreateAsked, KeysAsked } from './cli/keys.js';
import type { VerifyAsked } from './cli/ledger.js';
import { kinds, personOptions } from './cli/person.js';
import type { RebuildAsked } from './cli/rebuild.js';
import type { RestoreAsked } from './cli/restore.js';
import type { RetentionAsked } from './cli/retention.js';
import { type Out, outOf } from './cli/say.js';
import { ownVersion } from './cli/version.js';
import { ConfigError } from './config.js';
import { PolicyError } from './consent/policy/policy.js';

const codes = `
Exit codes:
  0    done
  1    a check found what it looks for (doctor, consent lint, rebuild --check, import --strict, ledger verify)
  2    the command makes no sense as it was given
  3    somebody else has the data folder, or the collector cannot be reached: come again
  4    what was asked for cannot be done: a damaged file, a key that may not
  70   a bug
  78   the environment, the consent file or the site's options make no sense
  130  stopped by Ctrl+C

Every command works on the folder WEFT_DATA (./data). See docs/import.md and docs/cli.md.`;

const program = new Command('weft')
  .description('Weft: collects what shoppers do, with consent, and folds it into profiles.')
  .version(ownVersion(), '-V, --version')
  .showHelpAfterError('`weft help` says what there is.')
  .addHelpText('after', codes)
  .exitOverride();

/** What a command ends with; how the process ends is decided in one place. */
let ending: Ending = 'done';

/** What a command does with its options, its voice and its arguments. */
const doing =
  <Options, Args extends string[]>(act: (options: Options, out: Out, ...args: Args) => Ending | Promise<Ending>) =>
  // commander hands over the arguments, then the options, then the command itself.
  async (...given: [...Args, Options & { quiet?: boolean }, Command]): Promise<void> => {
    const options = given.at(-2) as Options & { quiet?: boolean };
    ending = await act(options, outOf(options), ...(given.slice(0, -2) as Args));
  };

const described = (made: Command, description: string, quiet: string, example: string): Command =>
  made
    .description(description)
    .option('-q, --quiet', quiet)
    .addHelpText(
      'after',
      `\nFor example:\n${example
        .trim()
        .split('\n')
        .map((line) => `  ${line.trim()}`)
        .join('\n')}`,
    )
    .exitOverride();

const command = (name: string, description: string, example: string): Command =>
  described(program.command(name), description, 'no progress, no remarks', example);

/** Commands of one subject, as `weft keys list`. `json`: each of them can say it so. */
const group = (subject: string, description: string, { json }: { json: boolean }) => {
  const parent = program.command(subject).description(description);
  return (name: string, what: string, example: string): Command => {
    const made = described(parent.command(name), what, 'no remarks', example);
    return json ? made.option('--json', 'as JSON') : made;
  };
};

command('serve', 'start the collector; the environment says how', 'PORT=8787 WEFT_DATA=/var/lib/weft weft serve')
  // Returns once it listens; a signal ends it. A start that fails sets the exit code itself.
  .action(async () => (await import('./serve.js')).run());

command(
  'import',
  'take in a CSV or JSON Lines file by a map; again and again, each row counts once',
  `
  weft import orders.csv.gz --map orders.map.json --dry-run
  weft import orders.csv.gz --map orders.map.json
  WEFT_SECRET_KEY=sk_… weft import orders.csv.gz --map orders.map.json --url https://collect.shop.example
  `,
)
  .argument('<file>', 'plain or gzipped')
  .requiredOption('--map <map.json>', 'what its rows mean: docs/import.md')
  .option('--dry-run', 'show the first events and the counts, send nothing')
  .option('--url <address>', 'send to a running collector instead of the folder')
  .option('--key <secret key>', 'for --url; better set WEFT_SECRET_KEY, which no list of processes shows')
  .option('--work <folder>', 'where the list of refused rows and the mark of how far it came go (beside the file)')
  .option('--restart', 'do not go on from where an earlier run stopped')
  .option('--strict', 'exit code 1 if a row was refused')
  .option('--json', 'the report as JSON')
  .action(
    doing(async (options: ImportAsked, out, file: string) =>
      (await import('./cli/import.js')).importFile(file, options, out),
    ),
  );

const exporting = command(
  'export',
  'write what is kept as JSON Lines; all of it, or one person',
  `
  weft export > everything.jsonl
  weft export --orders --out orders.jsonl.gz
  weft export --user 42 --out person.jsonl
  `,
);
for (const kind of kinds) exporting.option(`--${kind}`, `only ${kind}; several may be chosen`);
for (const [flags, said] of personOptions) exporting.option(flags, `one person, ${said}`);
exporting
  .option('--ledger', 'the ledger of consent instead, with its signatures and public keys')
  .option('--out <file>', 'instead of stdout; gzipped if its name ends in .gz')
  .option(
    '--recipient <name>',
    'who gets it, as the consent file names them: only what their purposes permit; they are told of erasures',
  )
  .action(doing(async (options: ExportAsked, out) => (await import('./cli/export.js')).exportLines(options, out)));

const erasing = command(
  'erase',
  'erase a person or a device, and keep them out',
  `
  weft erase --user 42
  WEFT_SECRET_KEY=sk_… weft erase --email ada@shop.example --url https://collect.shop.example
  `,
);
for (const [flags, said] of personOptions) erasing.option(flags, said);
erasing
  .option('--url <address>', 'ask a running collector instead of the folder')
  .option('--key <secret key>', 'for --url; better set WEFT_SECRET_KEY')
  .option('--json', 'the result as JSON')
  .action(doing(async (options: EraseAsked, out) => (await import('./cli/erase.js')).erase(options, out)));

command('rebuild', 'make everything derived again from the events', 'weft rebuild --check')
  .option('--check', 'compare with what is there, byte by byte, and change nothing')
  .option('--values', 'with --check: show the lines that differ, personal data and all')
  .option('--json', 'the result as JSON')
  .action(doing(async (options: RebuildAsked, out) => (await import('./cli/rebuild.js')).rebuildAll(options, out)));

command(
  'retention',
  'remove what has been kept for long enough; the collector does it by itself, four times a day',
  `
  weft retention --dry-run
  weft retention
  `,
)
  .option('--dry-run', 'show what would go, change nothing; beside a running collector too')
  .option('--json', 'the result as JSON')
  .action(doing(async (options: RetentionAsked, out) => (await import('./cli/retention.js')).retention(options, out)));

const keys = group('keys', 'the keys of this site; may be changed beside a running collector', { json: true });
keys('list', 'which keys there are; secrets are not kept and not shown', 'weft keys list').action(
  doing(async (options: KeysAsked, out) => (await import('./cli/keys.js')).listKeys(options, out)),
);
keys(
  'create',
  'make a key; stdout is the key alone',
  'KEY=$(weft keys create secret --roles privacy --label "helpdesk")\n  weft keys create --staff "Maya" --roles marketing',
)
  .argument('[kind]', 'secret or write', 'secret')
  .option('--label <text>', 'what it is for')
  .option('--purposes <list>', 'what it may be used for (all)')
  .option('--staff <name>', 'make an account for the dashboard; stdout is its password alone')
  .option('--roles <list>', 'of a secret key: owner, privacy (both); of an account one of owner, marketing, privacy')
  .option('--recipient <id>', 'of a secret key: who reads with it, as the consent file names them')
  .option(
    '--retention-days <n>',
    'of a key that is not asked for consent: days its events are kept (as the policy says)',
  )
  .option('--order-retention-days <n>', 'and its orders (no end)')
  .addOption(new Option('--mode <mode>', 'of a write key: how its events prove their consent (ledger)'))
  // Once for each category.
  .option(
    '--category <name=purpose>',
    'of a write key in mode claimed: a banner’s category → our purpose; repeatable',
    (pair: string, all: string[]) => [...all, pair],
    [] as string[],
  )
  .action(
    doing(async (options: CreateAsked, out, kind: string) =>
      (await import('./cli/keys.js')).createKey(kind, options, out),
    ),
  );
keys('revoke', 'end a key', 'weft keys revoke key_Xy…')
  .argument('<id>', 'as `weft keys list` shows it; or the write key itself')
  .action(
    doing(async (options: KeysAsked, out, id: string) => (await import('./cli/keys.js')).revokeKey(id, options, out)),
  );

const ledger = group('ledger', 'the proof of consent: check an export, change the signing key', { json: true });
ledger(
  'verify',
  'check an export of the ledger; needs no store',
  'weft ledger verify ledger.jsonl --key 5d1f8c2a9b7e4f60a1c3d5e7f9012345',
)
  .argument('<file>', 'as `weft export --ledger` or GET /v1/ledger/export wrote it; gzipped if its name ends in .gz')
  .option(
    '--key <fingerprint>',
    'a key you know from elsewhere; another that it does not vouch for is refused; repeatable',
    (one: string, all: string[]) => [...all, one],
    [] as string[],
  )
  .action(
    doing(async (options: VerifyAsked, out, file: string) =>
      (await import('./cli/ledger.js')).verifyExport(file, options, out),
    ),
  );
ledger('rotate', 'sign with a new key from now on; the one before vouches for it', 'weft ledger rotate').action(
  doing(async (options: { json?: boolean }, out) => (await import('./cli/ledger.js')).rotateKey(options, out)),
);

const destinations = group(
  'destinations',
  'where recipients hear of erasures; may be changed beside a running collector',
  { json: true },
);
destinations('list', 'which there are; secrets are not shown', 'weft destinations list').action(
  doing(async (options: DestinationsAsked, out) =>
    (await import('./cli/destinations.js')).listDestinations(options, out),
  ),
);
destinations(
  'set',
  'name an address, or give a name another one; stdout is the secret its notices are signed with',
  'weft destinations set adnet-erasure --url https://adnet.example/erasures',
)
  .argument('<name>', 'as `erasureWebhook` of the recipient in the consent file')
  .requiredOption('--url <address>', 'https; what is posted there: docs/developers.md')
  .option('--identities <how>', 'raw, or sha256 of each', 'raw')
  .action(
    doing(async (options: SetDestinationAsked, out, name: string) =>
      (await import('./cli/destinations.js')).setDestination(name, options, out),
    ),
  );
destinations('remove', 'send nothing there any more', 'weft destinations remove adnet-erasure')
  .argument('<name>')
  .action(
    doing(async (options: DestinationsAsked, out, name: string) =>
      (await import('./cli/destinations.js')).removeDestination(name, options, out),
    ),
  );

command('doctor', 'look for what is wrong with this installation', 'weft doctor')
  .option('--full', 'read every page of a large store, too')
  .option('--json', 'the findings as JSON')
  .action(doing(async (options: DoctorAsked, out) => (await import('./cli/doctor.js')).doctor(options, out)));

command(
  'backup',
  'copy the store into one file, while the collector goes on',
  'weft backup /backups/weft-2026-11-22.sqlite',
)
  .argument('<file>')
  .option('--force', 'replace the file')
  .option('--json', 'the note beside it, as JSON')
  .action(
    doing(async (options: BackupAsked, out, file: string) =>
      (await import('./cli/backup.js')).backup(file, options, out),
    ),
  );

command(
  'restore',
  'put a backup in the place of the store; erased people stay erased',
  'weft restore /backups/weft-2026-11-22.sqlite',
)
  .argument('<file>')
  .option('--without-tombstones', 'although who was erased since the backup cannot be known')
  .option('--json', 'the result as JSON')
  .action(
    doing(async (options: RestoreAsked, out, file: string) =>
      (await import('./cli/restore.js')).restore(file, options, out),
    ),
  );

const consent = group('consent', 'consent files: check, compare, take over from another banner', { json: false });
consent(
  'lint',
  'whether a consent file may ship; and the table for the privacy notice',
  'weft consent lint consent.json',
)
  .argument('<file>')
  .option('--table', 'stdout is the table for the privacy notice alone')
  .option('--locale <language>', 'of the table; the default language of the file')
  .option('--strict', 'exit code 1 for warnings, too')
  .option('--json', 'the findings as JSON')
  .action(
    doing(async (options: LintAsked, out, file: string) =>
      (await import('./cli/consent/lint.js')).lintFile(file, options, out),
    ),
  );
consent(
  'diff',
  'which purposes a new consent file asks again, and of about how many',
  'weft consent diff consent.json next.json --write',
)
  .argument('<old>')
  .argument('<new>')
  .option('--write', 'note in <new> what it only narrows, so that nobody is asked about that')
  .option('--url <address>', 'count the holders of a running collector instead of those of the folder')
  .option('--key <secret key>', 'for --url; better set WEFT_SECRET_KEY')
  .option('--strict', 'exit code 1 if anything is asked again')
  .option('--json', 'the comparison as JSON')
  .action(
    doing(async (options: DiffAsked, out, before: string, after: string) =>
      (await import('./cli/consent/diff.js')).diffFiles(before, after, options, out),
    ),
  );
consent(
  'import',
  'a consent file from the configuration of another banner',
  'weft consent import --from klaro klaro-config.js --out ./consent',
)
  .argument('<file.js>')
  .requiredOption('--from <banner>', 'vanilla, klaro or c15t')
  .option('--out <folder>', 'write the file and its words there; else the file goes to stdout')
  .option('--force', 'replace files that are there')
  .action(
    doing(async (options: BannerAsked, out, file: string) =>
      (await import('./cli/consent/import.js')).importBanner(file, options, out),
    ),
  );

const end = (code: number): void => {
  process.exitCode = code;
};

// `| head` takes what it wants and goes: that is no failure, and what the command does besides is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  await program.parseAsync();
  if (ending !== 'done') end(exitCodes[ending]);
} catch (error) {
  if (error instanceof CommanderError) end(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
  else if (error instanceof Failure) {
    process.stderr.write(`${error.message}\n→ ${error.next}\n`);
    end(exitCodes[error.ending]);
  } else if (error instanceof ConfigError || error instanceof PolicyError) {
    process.stderr.write(`${error.message}\n`);
    end(exitCodes.config);
  } else {
    process.stderr.write(`This is a bug in weft.\n${(error as Error).stack ?? String(error)}\n`);
    end(exitCodes.bug);
  }
}
