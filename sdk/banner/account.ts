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
import { type Decided, type Decisions, enforce, lifeMs, purposes, stands } from '../consent/rules.js';
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
  opposed?: boolean | undefined;
  /** An answer given while logged in which the account has not been told. */
  untold?: boolean | undefined;
  /** The person has logged out: it is to be put back. */
  left?: boolean | undefined;
}

interface Told {
  decisions: { purpose: string; value: Decided['value']; at: string; materialHash: string | null; ack: boolean }[];
  voucher: string;
}

type Person = Required<Pick<PageEvent, 'userId'>> & Pick<PageEvent, 'traits'> & { proof: string };
type Act = 'login' | 'answer';

const answerMaxMs = 1e4;
/** What waits to be sent is the account's: it gets a moment before its consent is put away. */
const farewellMaxMs = 1e3;

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

  let person: Person | undefined;
  /** As the account knows it. */
  let known: string | undefined;
  let isOver = false;
  let notice: { remove: () => void } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const next = (run: () => Promise<unknown>) => {
    last = last.then(() => !isOver && run()).catch((error) => client.tell('error', error));
  };

  const put = (record?: ConsentRecord) => {
    writeCookie(name, domain, record, record ? record.exp - now() : 0);
    const channel = openChannel('consent', () => {});
    channel.postMessage({ epoch: record?.epoch, rev: record?.rev });
    channel.close();
    // Which looks at the record first.
    void client.flush();
  };
  /** A life of its own: nothing of it joins whoever was here before (R9); what waits of theirs may still be sent. */
  const begun = (record: ConsentRecord | undefined, decisions: Decisions, action: string) => {
    const how = { layer: 'account', action };
    if (!record?.receipt) {
      const { rev, rows, notBefore } = record ?? {};
      return conclude({ rev, rows, notBefore } as ConsentRecord, decisions, how);
    }
    const made = renewed({ ...record, decisions });
    const at = now();
    return { ...made, at, exp: at + lifeMs(), rows: lastRow(made, { ui: { ...how, variant: undefined } }) };
  };
  const lastRow = ({ rows }: ConsentRecord, more: object) =>
    rows.map((row, index) => (index === rows.length - 1 ? { ...row, ...more } : row));

  const sync = async (act: Act, deliberate?: boolean) => {
    const who = person;
    if (!who) return;
    const record = recordNow();
    const aside = asideNow();
    // Somebody else may have been logged in here before, and not have logged out.
    const isTheirs = !!aside && (act === 'answer' || !!aside.untold || record?.userId === who.userId);
    const own = aside && !isTheirs ? aside : record;
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
    if (person !== who || answer?.status_ !== 200) {
      if (answer && answer.status_ < 429) person = undefined;
      return client.tell('error', answer?.status_);
    }
    // Decided meanwhile, here or in another tab: that is told in its turn.
    if (recordNow()?.at !== record?.at) return;
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
    const isOther = purposes.some(
      (one) =>
        stands(theirs[one.id], one) && (theirs[one.id]?.value !== has[one.id]?.value || !stands(has[one.id], one)),
    );
    if (aside) putAside({ ...aside, untold: undefined, left: undefined });
    else putAside({ decisions: has, policy: record?.policy, opposed: record?.opposed });
    known = textOf(has);
    if (!isOther) return;
    // On a life that is the account's own, the difference takes effect as if it had been decided here.
    const made =
      isTheirs && record
        ? conclude(record, { ...has, ...theirs }, { layer: 'account', action: act })
        : begun(record, theirs, act);
    known = textOf(made.decisions);
    put({ ...made, rows: lastRow(made, { voucher }) });
    if (consent.get().personalisation) client.identify(who.userId, who.traits, { proof: who.proof });
    if (act === 'login') void tellPerson();
  };

  const leave = async () => {
    let aside = asideNow();
    if (!aside?.left) return;
    const isSame = ({ decisions = {} }: Partial<ConsentRecord> = {}, { decisions: own }: Aside) =>
      purposes.every(({ id }) => decisions[id]?.value === own[id]?.value);
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
    put({ ...made, opposed: aside.opposed, rows: made.receipt ? made.rows : (record?.rows ?? []) });
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
      next(() => sync('login'));
    }),
    consent.onChange(() => {
      const record = recordNow();
      if (!person || textOf(record?.decisions) === known) return;
      const aside = asideNow();
      const { layer, action } = record?.rows[record.rows.length - 1]?.ui ?? {};
      // Before the first word of the account, an answer is the device's own.
      if (!aside) return;
      putAside({ ...aside, untold: true });
      next(() => sync('answer', layer === 'preferences' && action === 'save'));
    }),
    // Erased: nothing of the device is left to go back to.
    client.on('sent', (answer: { state?: string } | undefined) => {
      if (answer?.state === 'erased') putAside();
    }),
    onWindow('online', () => {
      if (person) next(() => sync(asideNow()?.untold ? 'answer' : 'login'));
    }),
    () => {
      isOver = true;
      client.logout = logout;
      client.reset = reset;
      notice?.remove();
    },
  );
};
