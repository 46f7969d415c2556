// `weft keys`: who may speak to this site. Writes one table, which a running collector asks again every few seconds, so it
// needs no lock; only where nobody runs does it bring the tables up to date first.

import { openAudit } from '../audit/store.js';
import { consentModes } from '../contract/consent.js';
import { dayOf } from '../contract/instant.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import { keysCommand } from '../pipeline/keys.js';
import {
  accountName,
  type Credential,
  type KeyRole,
  keyRoles,
  newAccountId,
  newPassword,
  newSecretKey,
  newWriteKey,
  owner,
  recipientName,
  type StaffRole,
  secretCredential,
  staffCredential,
  staffRoles,
  writeCredential,
} from '../site/keys.js';
import { listCredentials } from '../site/store.js';
import { mustHaveData, placeOf, readerOf, withStore } from './data.js';
import { type Ending, Failure } from './failure.js';
import type { Out } from './say.js';

export interface KeysAsked {
  json?: boolean;
}
export interface CreateAsked extends KeysAsked {
  label?: string;
  mode?: string;
  purposes?: string;
  roles?: string;
  /** Who reads with it, as the consent file names them. */
  recipient?: string;
  /** The name of an account of staff. */
  staff?: string;
  category?: string[];
  retentionDays?: string;
  orderRetentionDays?: string;
}

/** What there is to see of a key: never what proves it. */
const shown = ({
  id,
  kind,
  label,
  publicValue,
  mode,
  purposes: covers,
  roles,
  recipient,
  seeded,
  createdAt,
  revokedAt,
}: Credential) => ({
  id,
  kind,
  label,
  value: publicValue,
  mode,
  purposes: covers,
  roles,
  recipient,
  seeded,
  createdAt: new Date(createdAt).toISOString(),
  revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
});

export const listKeys = async ({ json }: KeysAsked, out: Out): Promise<Ending> => {
  const store = readerOf(placeOf());
  try {
    const keys = listCredentials(store).map(shown);
    if (json) out.tell(JSON.stringify({ keys }));
    else if (keys.length === 0) out.tell('There are no keys. The first start makes some; so does `weft keys create`.');
    else {
      const rows = [
        ['id', 'kind', 'key', 'mode', 'roles', 'made', 'label'],
        ...keys.map((key) => [
          key.id,
          key.kind,
          key.kind === 'staff' ? '(a password)' : (key.value ?? '(kept as a hash)'),
          key.kind === 'write' ? key.mode : '',
          key.kind === 'write'
            ? ''
            : key.kind === 'staff' && key.roles.includes('owner')
              ? 'owner'
              : key.recipient === null
                ? key.roles.join(',')
                : `for ${key.recipient}`,
          key.createdAt.slice(0, 10),
          key.id === owner.id
            ? owner.name
            : key.revokedAt === null
              ? key.label
              : `${key.label} (revoked ${key.revokedAt.slice(0, 10)})`,
        ]),
      ];
      const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
      for (const row of rows)
        out.tell(
          row
            .map((cell, at) => cell.padEnd(widths[at]!))
            .join('  ')
            .trimEnd(),
        );
    }
    return 'done';
  } finally {
    store.close();
  }
};

const listedIn = <Name extends string>(
  given: string | undefined,
  known: readonly Name[],
  option: string,
): Name[] | undefined => {
  if (given === undefined) return undefined;
  const names = given
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names)
    if (!(known as readonly string[]).includes(name))
      throw new Failure(
        'usage',
        `${option}: "${name}" is none.`,
        `Name some of ${known.join(', ')}, separated by commas.`,
      );
  return names as Name[];
};

const categoriesOf = (given: readonly string[] | undefined): Record<string, Purpose> => {
  const all: Record<string, Purpose> = {};
  for (const pair of given ?? []) {
    const [name = '', purpose = ''] = pair.split('=');
    if (name === '' || !(purposes as readonly string[]).includes(purpose))
      throw new Failure(
        'usage',
        `--category ${pair}: must be <category>=<purpose>.`,
        `For example --category C2=measurement; purposes are ${purposes.join(', ')}.`,
      );
    all[name] = purpose as Purpose;
  }
  return all;
};

const daysIn = (given: string | undefined, option: string): number | null => {
  if (given === undefined) return null;
  const days = Number(given);
  if (!Number.isInteger(days) || days < 1 || days > 36_500)
    throw new Failure(
      'usage',
      `${option}: "${given.slice(0, 20)}" is no number of days.`,
      'Give a whole number from 1 to 36500.',
    );
  return days;
};

/** An account of staff: its password is drawn, and is all that stands on stdout. */
const createAccount = async (name: string, asked: CreateAsked, out: Out): Promise<Ending> => {
  if (
    asked.mode !== undefined ||
    asked.purposes !== undefined ||
    asked.recipient !== undefined ||
    (asked.category ?? []).length > 0
  )
    throw new Failure(
      'usage',
      'An account has a name and a role, and no mode, purposes, categories or recipient.',
      'For example weft keys create --staff "Maya" --roles marketing.',
    );
  const read = accountName.safeParse(name);
  if (!read.success) throw new Failure('usage', `--staff: ${read.error.issues[0]!.message}.`, 'Choose another name.');
  const roles: StaffRole[] = listedIn(asked.roles, staffRoles, '--roles') ?? [];
  if (roles.length !== 1)
    throw new Failure('usage', 'An account has one role.', `Name one with --roles: ${staffRoles.join(', ')}.`);
  const password = newPassword();
  const at = Date.now();
  const account = await staffCredential(
    password,
    { label: read.data, seeded: false, at },
    { id: newAccountId(), role: roles[0]! },
  );
  const { status } = withStore(placeOf(), 'weft keys', (store) =>
    keysCommand(store, openAudit(store), { act: 'create', value: account, by: 'cli', at }),
  );
  if (status !== 200)
    throw new Failure('refused', 'There is an account of this name.', 'Choose another name, or revoke that one first.');
  if (asked.json) out.tell(JSON.stringify({ password, ...shown(account) }));
  else {
    out.tell(password);
    out.note(
      `Account ${account.id} of “${read.data}”, role ${roles[0]}. Its password is shown this once: what is kept is a hash. A running collector knows it within seconds.`,
    );
  }
  return 'done';
};

export const createKey = async (kind: string, asked: CreateAsked, out: Out): Promise<Ending> => {
  if (asked.staff !== undefined) return createAccount(asked.staff, asked, out);
  if (kind !== 'write' && kind !== 'secret')
    throw new Failure(
      'usage',
      `"${kind}" is no kind of key.`,
      'Make a `write` key, which pages show, or a `secret` one, for servers.',
    );
  const mode = asked.mode ?? 'ledger';
  if (!(consentModes as readonly string[]).includes(mode))
    throw new Failure('usage', `--mode: "${mode}" is none.`, `Name one of ${consentModes.join(', ')}.`);
  if (kind === 'secret' && (asked.mode !== undefined || (asked.category ?? []).length > 0))
    throw new Failure(
      'usage',
      'A secret key has no consent mode: the shop answers for what its server sends.',
      'Leave --mode and --category out.',
    );
  if (kind === 'write' && asked.roles !== undefined)
    throw new Failure('usage', 'A write key is public and has no roles.', 'Leave --roles out, or make a secret key.');
  if (asked.recipient !== undefined) {
    if (kind === 'write')
      throw new Failure('usage', 'A write key reads nobody.', 'Leave --recipient out, or make a secret key.');
    if (asked.roles !== undefined)
      throw new Failure('usage', 'A recipient reads, and acts on nobody.', 'Leave --roles or --recipient out.');
    if (!recipientName.safeParse(asked.recipient).success)
      throw new Failure(
        'usage',
        'A recipient is named with 1 to 64 letters, digits, dots, dashes and colons.',
        'Take its id under `recipients` in the consent file.',
      );
  }
  const covers = listedIn(asked.purposes, purposes, '--purposes') ?? [...purposes];
  const recipient = asked.recipient ?? null;
  const roles: KeyRole[] = listedIn(asked.roles, keyRoles, '--roles') ?? (recipient === null ? [...keyRoles] : []);
  const days = daysIn(asked.retentionDays, '--retention-days');
  const orderDays = daysIn(asked.orderRetentionDays, '--order-retention-days');
  if (kind === 'write' && mode !== 'external' && (days !== null || orderDays !== null))
    throw new Failure(
      'usage',
      'What consent permits is kept as the consent file says.',
      'Leave --retention-days out, or set retentionDays of a purpose in the consent file.',
    );
  const retention = days === null && orderDays === null ? null : { days, orderDays };
  const value = kind === 'write' ? newWriteKey() : newSecretKey();
  const given = { label: (asked.label ?? 'made by weft keys create').slice(0, 200), seeded: false, at: Date.now() };
  const credential =
    kind === 'write'
      ? writeCredential(value, given, {
          mode: mode as Credential['mode'],
          covers,
          categories: categoriesOf(asked.category),
          retention,
        })
      : secretCredential(value, given, { covers, roles, retention, recipient });
  const { status } = withStore(placeOf(), 'weft keys', (store) =>
    keysCommand(store, openAudit(store), { act: 'create', value: credential, by: 'cli', at: given.at }),
  );
  if (status !== 200) throw new Error('a key that was just drawn is taken');
  if (asked.json) out.tell(JSON.stringify({ key: value, ...shown(credential), value }));
  else {
    out.tell(value);
    out.note(
      kind === 'write'
        ? `Write key ${credential.id}, mode ${mode}. It is public. A running collector knows it within seconds.`
        : `Secret key ${credential.id}${recipient === null ? '' : ` of the recipient ${recipient}, who is told when somebody they read is erased`}. It is shown this once: what is kept is a hash. A running collector knows it within seconds.`,
    );
  }
  return 'done';
};

export const revokeKey = async (which: string, asked: KeysAsked, out: Out): Promise<Ending> => {
  const place = placeOf();
  mustHaveData(place);
  const { before, after } = withStore(place, 'weft keys', (store) => {
    const known = listCredentials(store).find(({ id, publicValue }) => id === which || publicValue === which);
    const at = Date.now();
    if (known) keysCommand(store, openAudit(store), { act: 'revoke', value: { id: known.id, at }, by: 'cli', at });
    return { before: known, after: listCredentials(store) };
  });
  if (before === undefined)
    throw new Failure(
      'refused',
      'There is no key of this id.',
      '`weft keys list` shows the ids; a write key is known by itself too.',
    );
  if (asked.json) out.tell(JSON.stringify(shown(after.find(({ id }) => id === before.id)!)));
  else
    out.tell(
      before.revokedAt === null
        ? `${before.id} is revoked. A running collector refuses it within five seconds.`
        : `${before.id} was revoked on ${dayOf(before.revokedAt)} already.`,
    );
  const left = after.filter(({ kind, revokedAt }) => kind === before.kind && revokedAt === null);
  if (left.length === 0 && before.kind !== 'staff')
    out.note(`No ${before.kind} key is left: the next start makes one.`);
  return 'done';
};
