// The room of accounts: who of staff may log in, in which role. For owners. A password is drawn here, shown on the page that
// answers the form, and never again; what is kept is its hash (site/keys.ts).

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { iso } from '../../contract/instant.js';
import {
  accountName,
  type Credential,
  newAccountId,
  newPassword,
  owner,
  type StaffRole,
  staffCredential,
  staffRoles,
} from '../../site/keys.js';
import { credentialsOf } from '../../site/ring.js';
import {
  type House,
  noSuchPage,
  ownForm,
  queryOf,
  respondPage,
  roleWords,
  type StaffContext,
  type Staffed,
  segment,
  staffOf,
  tokenOf,
} from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Act, Code, Confirm, Empty, Notice, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { staleForm } from '../login.js';

/** A shop has a handful; a bound keeps the page and the login quick. */
const accountsMax = 200;
const revokedShown = 20;

const nameOf = ({ id, label }: Credential): string => (id === owner.id ? owner.name : label);
const roleOf = ({ roles }: Credential): StaffRole => (roles.includes('owner') ? 'owner' : (roles[0] ?? 'marketing'));
const isRole = (text: string | undefined): text is StaffRole =>
  text !== undefined && (staffRoles as readonly string[]).includes(text);

const columns: readonly Column[] = [{ name: 'Account' }, { name: 'Role' }, { name: 'Made' }, { name: 'Acts' }];

const AccountRow: FC<{ account: Credential; isSelf: boolean }> = ({ account, isSelf }) => {
  const path = `/staff/${segment(account.id)}`;
  return (
    <Row
      columns={columns}
      rowKey={account.id}
      cells={[
        <>
          <Said text={nameOf(account)} charsMax={60} /> {isSelf && <span class="soft">(you)</span>}
        </>,
        <Badge tone={roleOf(account) === 'privacy' ? 'private' : 'plain'}>{roleOf(account)}</Badge>,
        <Time at={iso(account.createdAt)} as="day" />,
        account.revokedAt !== null ? (
          <span class="soft">
            revoked <Time at={iso(account.revokedAt)} as="day" />
          </span>
        ) : account.id === owner.id ? (
          <span class="soft">
            password: <code>WEFT_ADMIN_PASSWORD</code>
          </span>
        ) : (
          <>
            <a href={`${path}/password`}>New password…</a>
            {!isSelf && (
              <>
                {' · '}
                <a class="danger" href={`${path}/revoke`}>
                  Revoke…
                </a>
              </>
            )}
          </>
        ),
      ]}
    />
  );
};

const CreateForm: FC<{ csrf: string; name: string; role: StaffRole | null; trouble: string | null }> = ({
  csrf,
  name,
  role,
  trouble,
}) => (
  <Act action="/staff" csrf={csrf} class="stack">
    {trouble !== null && (
      <Notice tone="bad">
        <p id="trouble">{trouble}</p>
      </Notice>
    )}
    <label for="name">Name</label>
    <input
      id="name"
      name="name"
      value={name}
      maxlength={60}
      required
      autocomplete="off"
      aria-describedby={trouble === null ? 'name-note' : 'trouble name-note'}
      aria-invalid={trouble === null ? undefined : 'true'}
    />
    <p id="name-note" class="soft small">
      What this person types to log in, and what the audit log calls them. One account a person, so that the log can
      tell who it was.
    </p>
    <fieldset>
      <legend>Role</legend>
      {staffRoles.map((which) => (
        <label class="choice">
          <input type="radio" name="role" value={which} required checked={which === role} />
          <span>
            <b>{which}</b> <span class="soft">{roleWords[which]}</span>
          </span>
        </label>
      ))}
    </fieldset>
    <div class="buttons">
      <button type="submit">Make the account</button>
    </div>
  </Act>
);

const notes: Readonly<Record<string, string>> = {
  revoked: 'Revoked. Whoever was logged in with it is logged out.',
};

export const staffRooms = (house: House): Hono<Staffed> => {
  const { log, keys, now } = house;
  const app = new Hono<Staffed>();

  const staffed = async (): Promise<Credential[]> => (await credentialsOf(log)).filter(({ kind }) => kind === 'staff');
  const named = async (c: StaffContext): Promise<Credential | null> => {
    const account = (await staffed()).find(({ id }) => id === c.req.param('id'));
    // The owner's password is the environment's to set, and the owner cannot be locked out from here.
    return account === undefined || account.revokedAt !== null || account.id === owner.id ? null : account;
  };

  const list = async (
    c: StaffContext,
    form: { name: string; role: StaffRole | null; trouble: string | null },
    status: 200 | 400 | 409 = 200,
  ): Promise<Response> => {
    const all = await staffed();
    const live = all.filter(({ revokedAt }) => revokedAt === null);
    const gone = all
      .filter(({ revokedAt }) => revokedAt !== null)
      .sort((a, b) => b.revokedAt! - a.revokedAt!)
      .slice(0, revokedShown);
    const self = staffOf(c).id;
    const note = queryOf(c, 'done');
    return respondPage(
      c,
      house,
      {
        title: 'Staff',
        room: '/staff',
        status,
        notice: note !== null && Object.hasOwn(notes, note) && (
          <Notice tone="good">
            <p>{notes[note]}</p>
          </Notice>
        ),
      },
      <>
        <h1>Staff</h1>
        <Panel id="accounts" title="Accounts">
          <Table label="Accounts" columns={columns}>
            {live.map((account) => (
              <AccountRow account={account} isSelf={account.id === self} />
            ))}
          </Table>
          {live.length < 2 && (
            <Empty title="There is only the owner.">
              <p>
                Give everybody an account of their own below: marketing and privacy teams then see what is theirs, and
                the audit log can tell who looked at whom.
              </p>
            </Empty>
          )}
        </Panel>
        <Panel id="create" title="Another account">
          {live.length >= accountsMax ? (
            <p>There are {accountsMax} accounts, which is the most there can be. Revoke one first.</p>
          ) : (
            <CreateForm csrf={tokenOf(c, house)} {...form} />
          )}
        </Panel>
        {gone.length > 0 && (
          <Panel id="revoked" title="Revoked">
            <Table label="Revoked accounts" columns={columns}>
              {gone.map((account) => (
                <AccountRow account={account} isSelf={false} />
              ))}
            </Table>
          </Panel>
        )}
      </>,
    );
  };

  /** The only page a password ever stands on. */
  const shown = (
    c: StaffContext,
    account: Pick<Credential, 'label'> & { role: StaffRole },
    password: string,
  ): Response =>
    respondPage(
      c,
      house,
      { title: 'Password', room: '/staff', narrow: true },
      <section class="panel">
        <h1>
          The password of <Said text={account.label} charsMax={60} />
        </h1>
        <Code text={password} label="Password" />
        <p>
          <b>It is shown this once</b>: what is kept is a hash. Hand it over in a way only they can read. They log in at{' '}
          <a href="/login">/login</a> with the account “
          <Said text={account.label} charsMax={60} />” and this password.
        </p>
        <p class="soft">
          Role {account.role}: {roleWords[account.role]}
        </p>
        <p>
          <a href="/staff">Back to the accounts</a>
        </p>
      </section>,
    );

  app.get('/staff', (c) => list(c, { name: '', role: null, trouble: null }));

  app.post('/staff', async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const role = isRole(fields.role) ? fields.role : null;
    const typed = (fields.name ?? '').slice(0, 60);
    const name = accountName.safeParse(typed);
    if (!name.success) return list(c, { name: typed, role, trouble: `${name.error.issues[0]!.message}.` }, 400);
    if (role === null) return list(c, { name: typed, role, trouble: 'Choose a role.' }, 400);
    if (keys.accounts().length >= accountsMax)
      return list(c, { name: typed, role, trouble: 'There are too many.' }, 400);
    const password = newPassword();
    const at = now();
    const account = await staffCredential(
      password,
      { label: name.data, seeded: false, at },
      { id: newAccountId(), role },
    );
    const { status } = await log.command({ kind: 'keys', act: 'create', value: account, by: staffOf(c).id, at });
    if (status === 409)
      return list(c, { name: typed, role, trouble: 'There is an account of this name. Choose another one.' }, 409);
    await keys.renew();
    return shown(c, { label: account.label, role }, password);
  });

  app.get('/staff/:id/password', async (c) => {
    const account = await named(c);
    if (account === null) return noSuchPage(c, house);
    return respondPage(
      c,
      house,
      { title: 'New password', room: '/staff', narrow: true },
      <section class="panel">
        <h1>
          A new password for <Said text={account.label} charsMax={60} />?
        </h1>
        <ul class="plain-list">
          <li>A new one is drawn and shown to you once.</li>
          <li>The present one ends now, and whoever is logged in with it is logged out.</li>
        </ul>
        <Confirm
          action={`/staff/${segment(account.id)}/password`}
          csrf={tokenOf(c, house)}
          verb="Draw a new password"
          back="/staff"
        />
      </section>,
    );
  });

  app.post('/staff/:id/password', async (c) => {
    if ((await ownForm(c, house)) === null) return staleForm(c, house);
    const account = await named(c);
    if (account === null) return noSuchPage(c, house);
    const password = newPassword();
    const at = now();
    const role = roleOf(account);
    const value = await staffCredential(
      password,
      { label: account.label, seeded: false, at: account.createdAt },
      { id: account.id, role },
    );
    await log.command({ kind: 'keys', act: 'upsert', value, by: staffOf(c).id, at });
    await keys.renew();
    return shown(c, { label: account.label, role }, password);
  });

  app.get('/staff/:id/revoke', async (c) => {
    const account = await named(c);
    if (account === null || account.id === staffOf(c).id) return noSuchPage(c, house);
    return respondPage(
      c,
      house,
      { title: 'Revoke', room: '/staff', narrow: true },
      <section class="panel">
        <h1>
          Revoke the account of <Said text={account.label} charsMax={60} />?
        </h1>
        <ul class="plain-list">
          <li>They are logged out now, wherever they are, and cannot log in again.</li>
          <li>What they did stays in the audit log.</li>
          <li>The name is free again for another account.</li>
        </ul>
        <Confirm
          action={`/staff/${segment(account.id)}/revoke`}
          csrf={tokenOf(c, house)}
          verb="Revoke it"
          danger
          back="/staff"
        />
      </section>,
    );
  });

  app.post('/staff/:id/revoke', async (c) => {
    if ((await ownForm(c, house)) === null) return staleForm(c, house);
    const account = await named(c);
    if (account === null || account.id === staffOf(c).id) return noSuchPage(c, house);
    const at = now();
    await log.command({ kind: 'keys', act: 'revoke', value: { id: account.id, at }, by: staffOf(c).id, at });
    await keys.renew();
    return c.redirect('/staff?done=revoked', 303);
  });

  return app;
};
