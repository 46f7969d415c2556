// The audit log as a page: who looked at whom and changed what, by who, what, whom and when. Looking at the log is no look at
// a person: it shows numbers, and a profile's id only where there still is the profile.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { isAuditAct } from '../../audit/view.js';
import { type AuditAct, type AuditItem, auditActs } from '../../contract/audit.js';
import { credentialsOf } from '../../site/ring.js';
import { type House, may, queryOf, type Staffed } from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, More, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { personPath } from '../people/people.js';
import { respondRoom } from './room.js';

const pageSize = 50;
const personsNamed = 5;
const dayMs = 86_400_000;

const words: Readonly<Record<AuditAct, string>> = {
  'person.read': 'Looked at a person',
  'person.find': 'Looked a person up',
  'person.copy': 'Took a person’s profile away',
  'people.list': 'Looked at a list of people',
  'live.read': 'Looked at live events with names',
  'receipt.read': 'Looked at a receipt',
  'certificate.read': 'Looked at a certificate',
  'access.file': 'Took a person’s export away',
  'rights.read': 'Looked at a request',
  'merge.undo': 'Told two people apart',
  'merge.join': 'Joined two people',
  'erasure.ask': 'Asked for an erasure',
  'access.ask': 'Asked for an export',
  'objection.ask': 'Noted an objection',
  'objection.lift': 'Lifted an objection',
  'notice.act': 'Acted on a recipient’s notice',
  'delivery.note': 'Noted a delivery',
  'policy.publish': 'Published a policy',
  'ledger.verify': 'Checked the ledger',
  'ledger.export': 'Exported the ledger',
  'account.make': 'Made an account',
  'account.password': 'Gave an account a new password',
  'account.revoke': 'Revoked an account',
  'key.make': 'Made a key',
  'key.revoke': 'Revoked a key',
  'session.open': 'Logged in',
  'session.fail': 'Did not get in: wrong password',
  'session.close': 'Logged out',
  'data.export': 'Exported data with the command',
  'data.import': 'Imported data with the command',
};

const columns: readonly Column[] = [
  { name: 'When' },
  { name: 'Who' },
  { name: 'What' },
  { name: 'Whom' },
  { name: 'What for' },
];

const Persons: FC<{ persons: AuditItem['persons']; linked: boolean }> = ({ persons, linked }) => (
  <ul class="plain-list">
    {persons.slice(0, personsNamed).map(({ number, profileId }) => (
      <li>
        {profileId === null ? (
          <span class="soft">person {String(number)}, who is gone</span>
        ) : linked ? (
          <a href={personPath(profileId)}>person {String(number)}</a>
        ) : (
          <>
            person {String(number)}{' '}
            <span class="soft">
              <Said text={profileId} charsMax={40} mono />
            </span>
          </>
        )}
      </li>
    ))}
    {persons.length > personsNamed && <li class="soft">and {String(persons.length - personsNamed)} more</li>}
  </ul>
);

const instantOf = (day: string | null): number | null => {
  if (day === null || !/^\d{4}-\d\d-\d\d$/.test(day)) return null;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? null : at;
};

export const auditPages = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();

  /** Accounts and keys by what they are called, revoked ones too. */
  const names = async (): Promise<ReadonlyMap<string, string>> =>
    new Map([
      ...(await credentialsOf(house.log)).map(
        ({ id, kind, label }) => [id, kind === 'staff' ? label : `key ${label}`] as const,
      ),
      ...house.keys.accounts().map(({ id, name }) => [id, name] as const),
      ['person', 'the person'] as const,
      ['cli', 'the command line'] as const,
      ['weft erase', 'the command line'] as const,
      ['nobody', 'somebody at the door'] as const,
      ['shop', 'the shop’s server'] as const,
    ]);

  app.get('/privacy/audit', async (c) => {
    const what = queryOf(c, 'what', 40);
    const by = queryOf(c, 'by', 64);
    const profile = queryOf(c, 'profile', 64);
    const dayIn = (name: string): string | null => {
      const day = queryOf(c, name, 10);
      return instantOf(day) === null ? null : day;
    };
    const from = dayIn('from');
    const to = dayIn('to');
    const end = instantOf(to);
    const known = isAuditAct(what) ? what : null;
    const [{ items, next, who }, called] = await Promise.all([
      house.reader.auditLog({
        by,
        what: known,
        profileId: profile,
        from: instantOf(from),
        to: end === null ? null : end + dayMs,
        limit: pageSize,
        cursor: queryOf(c, 'after', 20),
      }),
      names(),
    ]);
    const filters = {
      ...(by !== null && { by }),
      ...(known !== null && { what: known }),
      ...(profile !== null && { profile }),
      ...(from !== null && { from }),
      ...(to !== null && { to }),
    };
    const isFiltered = Object.keys(filters).length > 0;
    const linked = may(c, '/people/:id');
    return respondRoom(
      c,
      house,
      { title: 'Audit log', here: '/privacy/audit' },
      <>
        <h1>Audit log</h1>
        <form method="get" action="/privacy/audit" class="stack row filter">
          <div>
            <label for="by">Who</label>
            <select id="by" name="by">
              <option value="">everybody</option>
              {who.map((id) => (
                <option value={id} selected={id === by}>
                  {called.get(id) ?? id}
                </option>
              ))}
            </select>
          </div>
          <div>
            <label for="what">What</label>
            <select id="what" name="what">
              <option value="">everything</option>
              {auditActs.map((act) => (
                <option value={act} selected={act === known}>
                  {words[act]}
                </option>
              ))}
            </select>
          </div>
          <div>
            <label for="profile">Profile id</label>
            <input
              id="profile"
              name="profile"
              value={profile ?? ''}
              maxlength={64}
              autocomplete="off"
              spellcheck={false}
            />
          </div>
          <div>
            <label for="from">From</label>
            <input id="from" name="from" type="date" value={from ?? ''} />
          </div>
          <div>
            <label for="to">To, included</label>
            <input id="to" name="to" type="date" value={to ?? ''} />
          </div>
          <button type="submit">Show</button>
        </form>
        <Panel id="rows" title="Newest first" aside={isFiltered && <a href="/privacy/audit">Show everything</a>}>
          {items.length === 0 ? (
            <Empty title={isFiltered ? 'No row is like this.' : 'Nobody has looked at anybody yet.'}>
              <p>
                {isFiltered
                  ? 'Rows about somebody who was erased are not found by their id any more: the log no longer knows whom they were about.'
                  : 'Every look at a person by staff or by a secret key, and every change, is noted here.'}
              </p>
            </Empty>
          ) : (
            <Table label="Audit log, newest first" columns={columns}>
              {items.map((item) => (
                <Row
                  columns={columns}
                  rowKey={String(item.seq)}
                  cells={[
                    <Time at={item.at} />,
                    <Said text={called.get(item.by) ?? item.by} charsMax={60} />,
                    <>
                      {words[item.what] ?? item.what}
                      {item.times > 1 && <span class="soft"> {item.times} times</span>}
                      {item.detail !== null && (
                        <>
                          {' '}
                          <span class="soft">
                            <Said text={called.get(item.detail) ?? item.detail} charsMax={80} />
                          </span>
                        </>
                      )}
                    </>,
                    item.persons.length === 0 ? null : <Persons persons={item.persons} linked={linked} />,
                    item.purpose === null ? null : <Badge>{item.purpose.replaceAll(',', ', ')}</Badge>,
                  ]}
                />
              ))}
            </Table>
          )}
          {next !== null && <More href={`/privacy/audit?${new URLSearchParams({ ...filters, after: next })}`} />}
        </Panel>
      </>,
    );
  });
  return app;
};
