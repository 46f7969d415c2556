// The choices of an account on this device (`decision.scope: "account"`; consent.md section 2, "Cross-device"): fetched once
// somebody is named with a proof. What the device had decided before is set aside, without any identifier, and holds again
// at the logout: a shared screen must not change for others. Writes the record as another tab would; the gate reads it.

import { after, iso, now } from '../browser/clock.js';
import { cookiesNow, valuesIn, writeCookie } from '../browser/cookie.js';
import { element, firstInBody, languages, onFailure, whenBody } from '../browser/element.js';
import { onWindow, together } from '../browser/listen.js';
import { openChannel, request } from '../browser/net.js';
import type { Client, Source } from '../client.js';
import { conclude, renewed } from '../consent/decide.js';
import type { ConsentRecord } from '../consent/record.js';
import { type Decided, type Decisions, enforce, isShut, lifeMs, purposes, stands } from '../consent/rules.js';
import type { PageEvent } from '../event/wire.js';
import { dayMs, type Options, resolve } from '../options.js';
import type { ConsentDocument, Texts } from './document.js';
import { matched } from './locale.js';
import { buttonOf } from './parts.js';
import { sheetOf } from './style.js';
import { wordsOf } from './words.js';

/** The record of the device itself, while that of an account is in its place. */
interface Aside {
  decisions: Decisions;
  policy: unknown;
  /** An answer given while logged in which the account has not been told. */
  untold?: boolean | undefined;
  /** Of the person for whom the record stands, beside a grant alone: too short to tell anybody by it. */
  mark?: number | undefined;
  /** How many others have logged in since, one over the other: a tab that knows of an earlier one knows nobody any more. */
  turn?: number | undefined;
  /** The person has logged out: it is to be put back. */
  left?: boolean | undefined;
}

interface Told {
  decisions: { purpose: string; value: Decided['value']; at: string; materialHash: string | null; ack: boolean }[];
  voucher: string;
}

type Person = Required<Pick<PageEvent, 'userId'>> & Pick<PageEvent, 'traits'> & { proof: string };

const answerMaxMs = 1e4;
/** What waits to be sent is the account's: it gets a moment before its consent is put away. */
const farewellMaxMs = 1e3;

/** Sixteen bits: thousands of people share one. It says of two who log in one after the other whether they are the same. */
const markOf = ({ userId }: Person): number =>
  [...`${userId}`].reduce((sum, one) => (sum * 31 + (one.codePointAt(0) as number)) & 0xffff, 7);

const textOf = (decisions: Decisions | undefined) => JSON.stringify(decisions ?? {});

export const start: Source = (client: Client) => {
  const { consent } = client;
  const { config, host, writeKey, policy, region, age, minor } = consent.state();
  const { name = 'weft_consent', domain } = config.storage ?? {};
  const recordNow = () => valuesIn(cookiesNow(), name)[0] as ConsentRecord | undefined;
  const asideNow = () => valuesIn(cookiesNow(), `${name}_aside`)[0] as Aside | undefined;
  const putAside = (aside?: Aside) => writeCookie(`${name}_aside`, domain, aside, aside ? 2 * 180 * dayMs : 0);

  // This file has the rules for itself: what is in force is told to them once more.
  resolve({ host, writeKey, age, minor } as Options);
  enforce({ policy, region, consent: config }, undefined);
  // Where nothing can be decided, no account decides anything either.
  const decidable = isShut ? [] : purposes;

  let person: Person | undefined;
  /** Who gave the answer on this page that the account has not been told. */
  let answered: Person | undefined;
  /** As the account knows it. */
  let known: string | undefined;
  let turn = 0;
  let isOver = false;
  let notice: { remove: () => void } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const next = (run: () => Promise<unknown>) => {
    last = last.then(() => !isOver && run()).catch((error) => client.tell('error', error));
  };

  const put = (record?: ConsentRecord) => {
    writeCookie(name, domain, record, record ? record.exp - now() : 0);
    const channel = openChannel(() => {});
    channel.postMessage({ epoch: record?.epoch, rev: record?.rev });
    channel.close();
    // Which looks at the record first.
    void client.flush();
  };
  /** A life of its own: nothing of it joins whoever was here before (R9); what waits of theirs may still be sent. */
  const begun = (record: ConsentRecord | undefined, decisions: Decisions, action: string) => {
    const how = { layer: 'account', action };
    if (!record?.receipt) {
      const { rev, rows, notBefore, at } = record ?? {};
      return conclude({ rev, rows, notBefore, at } as ConsentRecord, decisions, how);
    }
    const made = renewed({ ...record, decisions });
    const at = now();
    return {
      ...made,
      at: Math.max(at, made.at),
      exp: at + lifeMs(),
      rows: lastRow(made, { ui: { ...how, variant: undefined } }),
    };
  };
  const lastRow = ({ rows }: ConsentRecord, more: object) =>
    rows.map((row, index) => (index === rows.length - 1 ? { ...row, ...more } : row));

  /**
   * Whether the record that stands here for an account is theirs: somebody else may have been logged in before, and not have
   * logged out; and naming them has put their id into the record by now. Where nothing says whose it is, only a refusal that
   * waits to be told is taken for theirs: a grant of somebody else's must not become theirs.
   */
  const isOf = (who: Person, { mark, untold }: Aside, record: ConsentRecord | undefined) =>
    answered ? answered === who : mark !== undefined ? mark === markOf(who) : !!untold && !record?.receipt;

  const sync = async (deliberate?: boolean, who = person): Promise<unknown> => {
    // Another person has logged in since.
    noticeLeaving();
    if (!who || who !== person) return;
    const record = recordNow();
    const aside = asideNow();
    const isTheirs = !!aside && isOf(who, aside, record);
    const own = aside && !isTheirs ? aside : record;
    const act = isTheirs && aside.untold ? 'answer' : 'login';
    const answer = await request(`${host}/v1/consent/account`, answerMaxMs, {
      method: 'POST',
      body: JSON.stringify({
        writeKey,
        userId: who.userId,
        proof: who.proof,
        act,
        deliberate,
        decisions: Object.entries(own?.decisions ?? {})
          .filter(([, { source }]) => source !== 'region')
          .map(([purpose, { value, at, materialHash, ack }]) => ({ purpose, value, at, materialHash, ack })),
        policy: own?.policy,
        region: region.code,
        sentAt: iso(now()),
      }),
    });
    // Another person has logged in meanwhile, or they have left: what was told is not about whoever is here now.
    if (person !== who) return;
    if (answer?.status_ !== 200) {
      if (answer && answer.status_ < 429) person = undefined;
      return client.tell('error', answer?.status_);
    }
    // Decided meanwhile, here or in another tab: that must be told first.
    if (recordNow()?.at !== record?.at) return next(() => sync(deliberate, who));
    const { decisions, voucher } = answer.body_ as Told;
    const theirs: Record<string, Decided> = {};
    for (const { purpose, value, at, materialHash, ack } of decisions)
      theirs[purpose] = {
        value,
        source: 'account',
        at: Date.parse(at),
        materialHash: materialHash ?? undefined,
        ack: ack || undefined,
      };
    const has = record?.decisions ?? {};
    // Of somebody else's answers none may stay, whether this person has said anything or not.
    const isAnothers = !!aside && !isTheirs;
    const isOther = decidable.some(
      (one) =>
        (isAnothers || stands(theirs[one.id], one)) &&
        (theirs[one.id]?.value !== has[one.id]?.value || !stands(has[one.id], one) !== !stands(theirs[one.id], one)),
    );
    answered = undefined;
    // Answers that are the same to the millisecond are of the same person.
    if (
      isAnothers &&
      decidable.some(({ id }) => theirs[id]?.value !== has[id]?.value || theirs[id]?.at !== has[id]?.at)
    )
      turn = (aside.turn ?? 0) + 1;
    else turn = aside?.turn ?? 0;
    const setAside = (standing: ConsentRecord | undefined) =>
      putAside({
        ...(aside ?? { decisions: has, policy: record?.policy }),
        untold: undefined,
        left: undefined,
        mark: standing?.receipt ? markOf(who) : undefined,
        turn,
      });
    known = textOf(has);
    if (!isOther) return setAside(record);
    if (textOf(theirs) === '{}') {
      known = textOf(undefined);
      setAside(undefined);
      return put();
    }
    // On a life that is the account's own, the difference takes effect as if it had been decided here.
    const made =
      isTheirs && record
        ? conclude(record, { ...has, ...theirs }, { layer: 'account', action: act })
        : begun(record, theirs, act);
    known = textOf(made.decisions);
    setAside(made);
    put({ ...made, rows: lastRow(made, { voucher }) });
    if (consent.get().personalisation) client.identify(who.userId, who.traits, { proof: who.proof });
    if (act === 'login') void tellPerson();
  };

  const leave = async () => {
    let aside = asideNow();
    if (!aside?.left) return;
    const isSame = ({ decisions = {} }: Partial<ConsentRecord> = {}, { decisions: own }: Aside) =>
      decidable.every(({ id }) => decisions[id]?.value === own[id]?.value);
    if (recordNow()?.receipt && !isSame(recordNow(), aside))
      await Promise.race([client.flush(), new Promise<void>((resolve) => after(farewellMaxMs, resolve))]);
    aside = asideNow();
    if (!aside?.left) return;
    const record = recordNow();
    putAside();
    if (isSame(record, aside)) return;
    if (textOf(aside.decisions) === '{}') return put();
    const made = begun(record, aside.decisions, 'logout');
    // A refusal was told when it was given, and names nobody: there is nothing to say of it again.
    put({ ...made, rows: made.receipt ? made.rows : (record?.rows ?? []) });
  };

  /** That other choices than a moment ago are in force, and where to look at them. */
  const tellPerson = async () => {
    const shown = config as ConsentDocument;
    const locale = matched(shown, languages());
    const href = shown.texts?.[locale]?.href;
    const words = href ? await request(new URL(href, host).href, answerMaxMs, {}) : undefined;
    if (words?.status_ !== 200 || isOver) return;
    const texts = words.body_ as Texts;
    const said = wordsOf(texts);
    const button = buttonOf(said);
    whenBody(() => {
      notice?.remove();
      const { root, remove } = firstInBody(sheetOf(shown));
      notice = { remove };
      root.append(
        element(
          'section',
          {
            role: 'status',
            class: `first link ${(shown.ui?.position ?? 'bottom-start').replace('-', ' ')}`,
            part: 'notice',
            lang: locale,
            dir: texts.dir,
          },
          element('p', {}, said.say('account.applies')),
          button('status.link', () => consent.show(), 'quiet'),
          button('layer2.close', remove, 'quiet'),
        ),
      );
    });
  };

  /** In another tab they have left, or somebody else has logged in over them. */
  const noticeLeaving = () => {
    if (known === undefined || asideNow()?.turn === turn) return;
    person = known = undefined;
    notice?.remove();
  };

  const { logout, reset } = client;
  const out =
    (leaves: Client['logout']): Client['logout'] =>
    (how) => {
      person = known = undefined;
      notice?.remove();
      const aside = asideNow();
      if (aside) putAside({ ...aside, left: true });
      leaves(how);
      next(leave);
    };
  client.logout = out(logout);
  client.reset = out(reset);
  onFailure((error) => client.tell('error', error));
  next(leave);

  return together(
    client.on('user', ([event]: [PageEvent | undefined]) => {
      const { userId, traits, context } = event ?? {};
      if (!userId || `${person?.userId}` === `${userId}` || !Object.keys(consent.get())[0]) return;
      person = { userId, traits, proof: String(context?.identityProof) };
      known = undefined;
      next(() => sync());
    }),
    consent.onChange(() => {
      noticeLeaving();
      const record = recordNow();
      if (!person || textOf(record?.decisions) === known) return;
      const aside = asideNow();
      const { layer, action } = record?.rows[record.rows.length - 1]?.ui ?? {};
      // Before the first word of the account, an answer is the device's own.
      if (!aside) return;
      putAside({ ...aside, untold: true, mark: record?.receipt ? markOf(person) : undefined });
      answered = person;
      const who = person;
      next(() => sync(layer === 'preferences' && action === 'save', who));
    }),
    // Erased: nothing of the device is left to go back to.
    client.on('sent', (answer: { state?: string } | undefined) => {
      if (answer?.state === 'erased') putAside();
    }),
    onWindow('online', () => {
      noticeLeaving();
      if (person) next(() => sync());
    }),
    () => {
      isOver = true;
      client.logout = logout;
      client.reset = reset;
      notice?.remove();
    },
  );
};
