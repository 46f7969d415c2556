// The keys a recipient reads with (docs/decisions/0710, 0740): made by an owner, shown on the page that answers the form and
// never again; taken away by whoever keeps the privacy room. What is kept of a key is its hash (site/keys.ts).

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { RecipientState } from '../../consent/rights/view.js';
import { iso } from '../../contract/instant.js';
import { type Purpose, purposes } from '../../contract/purposes.js';
import { type Credential, newSecretKey, recipientName, secretCredential } from '../../site/keys.js';
import { credentialsOf } from '../../site/ring.js';
import { type House, ownForm, queryOf, type StaffContext, type Staffed, segment, staffOf, tokenOf } from '../frame.js';
import { Act, Code, Confirm, Empty, Notice, Panel } from '../kit/panel.js';
import { legible, Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { staleForm } from '../login.js';
import { purposeWords } from '../words/person.js';
import { noSuchIn, respondRoom } from './room.js';

const here = '/privacy/recipients';
/** More than these for one recipient is somebody who makes a key a day. */
const keysMax = 20;
const revokedShown = 10;
const labelMaxChars = 60;

/** A key for measurement alone reads nobody. */
const readable = purposes.filter((purpose) => purpose !== 'measurement');
const pathOf = (recipient: string): string => `${here}/${segment(recipient)}/keys`;
const listOf = (covers: readonly string[]): string =>
  covers.map((purpose) => purposeWords[purpose] ?? purpose).join(', ');

const columns: readonly Column[] = [{ name: 'For' }, { name: 'Reads for' }, { name: 'Made' }, { name: 'Acts' }];

const KeyRow: FC<{ it: Credential; recipient: string }> = ({ it, recipient }) => (
  <Row
    columns={columns}
    rowKey={it.id}
    cells={[
      <Said text={it.label} charsMax={labelMaxChars} />,
      listOf(it.purposes),
      <Time at={iso(it.createdAt)} as="day" />,
      it.revokedAt !== null ? (
        <span class="soft">
          revoked <Time at={iso(it.revokedAt)} as="day" />
        </span>
      ) : (
        <a class="danger" href={`${pathOf(recipient)}/${segment(it.id)}/revoke`}>
          Revoke…
        </a>
      ),
    ]}
  />
);

interface Form {
  label: string;
  covers: readonly Purpose[];
  trouble: string | null;
}

const CreateForm: FC<Form & { csrf: string; recipient: string; named: readonly Purpose[] }> = ({
  csrf,
  recipient,
  named,
  label,
  covers,
  trouble,
}) => (
  <Act action={pathOf(recipient)} csrf={csrf} class="stack">
    {trouble !== null && (
      <Notice tone="bad">
        <p id="trouble">{trouble}</p>
      </Notice>
    )}
    <label for="label">What it is for</label>
    <input
      id="label"
      name="label"
      value={label}
      maxlength={labelMaxChars}
      required
      autocomplete="off"
      aria-describedby={trouble === null ? 'label-note' : 'trouble label-note'}
    />
    <p id="label-note" class="soft small">
      How you tell it from their other keys: the machine or the person it is given to.
    </p>
    <fieldset>
      <legend>It reads for</legend>
      {readable.map((purpose) => (
        <label class="choice">
          <input type="checkbox" name={purpose} value="yes" checked={covers.includes(purpose)} />
          <span>
            <b>{purposeWords[purpose]}</b>{' '}
            <span class="soft">
              {named.includes(purpose)
                ? 'The policy in force names them for it.'
                : 'The policy in force does not name them for it, so people were not told, and the key does not read for it.'}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
    <p class="soft small">
      With it they read the profiles of people who agreed to one of these, and act on nobody. Whoever they read counts
      as given to them: they hear of that person’s erasure.
    </p>
    <div class="buttons">
      <button type="submit">Make the key</button>
    </div>
  </Act>
);

export const recipientKeyPages = (house: House): Hono<Staffed> => {
  const { reader, log, keys, now } = house;
  const app = new Hono<Staffed>();

  const recipientOf = async (c: StaffContext): Promise<RecipientState | null> => {
    const id = c.req.param('id') ?? '';
    if (!recipientName.safeParse(id).success) return null;
    return (await reader.recipients(now())).find(({ recipient }) => recipient === id) ?? null;
  };
  const keysOf = async (recipient: string): Promise<Credential[]> =>
    (await credentialsOf(log)).filter((it) => it.kind === 'secret' && it.recipient === recipient);
  const keyOf = async (c: StaffContext, { recipient }: RecipientState): Promise<Credential | null> =>
    (await keysOf(recipient)).find(({ id, revokedAt }) => id === c.req.param('key') && revokedAt === null) ?? null;
  /** What the consent file says it is given people's data for. */
  const namedFor = ({ recipient }: RecipientState): Purpose[] => {
    const terms = house.policy?.current().policy.purposes ?? [];
    return readable.filter((purpose) =>
      terms.some(({ id, recipients }) => id === purpose && (recipients ?? []).includes(recipient)),
    );
  };

  const noSuchRecipient = (c: StaffContext): Response =>
    noSuchIn(c, house, {
      here,
      title: 'There is no such recipient',
      words: 'The consent file in force does not name it, and it was never given data.',
      back: 'See the recipients',
    });
  const noSuchKey = (c: StaffContext, { name, recipient }: RecipientState): Response =>
    noSuchIn(c, house, {
      here,
      title: 'There is no such key',
      words: `${legible(name, 60)} has none of this id, or it was revoked already.`,
      back: 'See their keys',
      to: pathOf(recipient),
    });

  const list = async (
    c: StaffContext,
    of: RecipientState,
    form: Form,
    status: 200 | 400 | 409 = 200,
  ): Promise<Response> => {
    const all = await keysOf(of.recipient);
    const live = all.filter(({ revokedAt }) => revokedAt === null);
    const gone = all
      .filter(({ revokedAt }) => revokedAt !== null)
      .sort((a, b) => b.revokedAt! - a.revokedAt!)
      .slice(0, revokedShown);
    return respondRoom(
      c,
      house,
      { title: 'Keys', here, status },
      <>
        <h1>
          Keys of <Said text={of.name} charsMax={60} />
        </h1>
        {queryOf(c, 'done') === 'revoked' && (
          <Notice tone="good">
            <p>Revoked. It reads nobody any more.</p>
          </Notice>
        )}
        <Panel id="keys" title="Keys">
          {live.length === 0 ? (
            <Empty title="They have no key.">
              <p>Without one they read nobody by themselves; what you hand to them otherwise is not noted here.</p>
            </Empty>
          ) : (
            <Table label="Keys" columns={columns}>
              {live.map((it) => (
                <KeyRow it={it} recipient={of.recipient} />
              ))}
            </Table>
          )}
        </Panel>
        <Panel id="create" title="Another key">
          {staffOf(c).role !== 'owner' ? (
            <p>A key reads people, so an owner makes it.</p>
          ) : live.length >= keysMax ? (
            <p>They have {keysMax} keys, which is the most there can be. Revoke one first.</p>
          ) : (
            <CreateForm csrf={tokenOf(c, house)} recipient={of.recipient} named={namedFor(of)} {...form} />
          )}
        </Panel>
        {gone.length > 0 && (
          <Panel id="revoked" title="Revoked">
            <Table label="Revoked keys" columns={columns}>
              {gone.map((it) => (
                <KeyRow it={it} recipient={of.recipient} />
              ))}
            </Table>
          </Panel>
        )}
        <p>
          <a href={here}>Back to the recipients</a>
        </p>
      </>,
    );
  };

  app.get(`${here}/:id/keys`, async (c) => {
    const of = await recipientOf(c);
    if (of === null) return noSuchRecipient(c);
    return list(c, of, { label: '', covers: namedFor(of), trouble: null });
  });

  app.post(`${here}/:id/keys`, async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const of = await recipientOf(c);
    if (of === null) return noSuchRecipient(c);
    const label = (fields.label ?? '')
      .replace(/\p{Cc}/gu, ' ')
      .slice(0, labelMaxChars)
      .trim();
    const covers = readable.filter((purpose) => fields[purpose] === 'yes');
    const again = (trouble: string, status: 400 | 409) => list(c, of, { label, covers, trouble }, status);
    if (label === '') return again('Say what it is for.', 400);
    if (covers.length === 0) return again('Choose what it reads for.', 400);
    const live = (await keysOf(of.recipient)).filter(({ revokedAt }) => revokedAt === null);
    if (live.length >= keysMax) return again('There are too many.', 400);
    if (live.some((it) => it.label === label)) return again('There is a live key for that. Say it otherwise.', 409);
    const value = newSecretKey();
    const at = now();
    await log.command({
      kind: 'keys',
      act: 'create',
      value: secretCredential(value, { label, seeded: false, at }, { covers, recipient: of.recipient }),
      by: staffOf(c).id,
      at,
    });
    await keys.renew();
    return respondRoom(
      c,
      house,
      { title: 'The key', here, narrow: true },
      <section class="panel">
        <h1>
          The key of <Said text={of.name} charsMax={60} />
        </h1>
        <p>
          For <Said text={label} charsMax={labelMaxChars} />. It is shown this once: what is kept is a hash.
        </p>
        <Code text={value} label="The key" />
        <p class="soft">Reads for: {listOf(covers)}.</p>
        <p>
          <a href={pathOf(of.recipient)}>Back to their keys</a>
        </p>
      </section>,
    );
  });

  app.get(`${here}/:id/keys/:key/revoke`, async (c) => {
    const of = await recipientOf(c);
    if (of === null) return noSuchRecipient(c);
    const it = await keyOf(c, of);
    if (it === null) return noSuchKey(c, of);
    return respondRoom(
      c,
      house,
      { title: 'Revoke', here, narrow: true },
      <section class="panel">
        <h1>
          Revoke the key for <Said text={it.label} charsMax={labelMaxChars} />?
        </h1>
        <ul class="plain-list">
          <li>Nobody is read with it from now on, and it cannot be brought back.</li>
          <li>
            <Said text={of.name} charsMax={60} /> still hears of the erasure of everybody they read.
          </li>
        </ul>
        <Confirm
          action={`${pathOf(of.recipient)}/${segment(it.id)}/revoke`}
          csrf={tokenOf(c, house)}
          verb="Revoke it"
          danger
          back={pathOf(of.recipient)}
        />
      </section>,
    );
  });

  app.post(`${here}/:id/keys/:key/revoke`, async (c) => {
    if ((await ownForm(c, house)) === null) return staleForm(c, house);
    const of = await recipientOf(c);
    if (of === null) return noSuchRecipient(c);
    const it = await keyOf(c, of);
    if (it === null) return noSuchKey(c, of);
    const at = now();
    await log.command({ kind: 'keys', act: 'revoke', value: { id: it.id, at }, by: staffOf(c).id, at });
    await keys.renew();
    return c.redirect(`${pathOf(of.recipient)}?done=revoked`, 303);
  });

  return app;
};
