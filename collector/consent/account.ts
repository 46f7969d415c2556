// Choices that follow an account (consent.md, section 2, "Cross-device"; off unless `decision.scope` says so): what a
// device and the account of whoever logs in on it have decided, made one record. The rule is pure; around it stand the
// ledger's row and the person's acts, which are the account's record. That the person is who they say is proved before.

import { type Purpose, purposes, requires } from '../contract/purposes.js';
import type { AccountAsked } from '../log/log.js';
import { bitOf, isPurpose, type Mask } from './mask.js';
import { type Policy, termsHold } from './policy/policy.js';
import { regionOf } from './policy/region.js';
import type { RowParts } from './rows/act.js';
import { tokenOf } from './rows/fields.js';
import { effectiveInstant, instantOf } from './rows/instant.js';
import { notePersonAct } from './rows/person.js';
import type { PersonAct } from './store/persons.js';
import { vouch } from './voucher.js';

/** A decision of a person's, on the device or of the account. */
export interface Choice {
  purpose: Purpose;
  value: 'granted' | 'denied';
  at: number;
  materialHash: string | null;
  ack: boolean;
}

/** What the device is told; the same for whoever was never heard of. */
export interface AccountRecord {
  decisions: readonly Choice[];
  /** To be shown with the row that these decisions make. */
  voucher: string;
  /** These of the device's choices are the account's now. */
  taken: readonly Purpose[];
}

type Held = Choice & { objection: boolean };

/**
 * For each purpose the device's choice or the account's. Where only one has decided, that one counts; the later of two
 * counts, and of two at one instant the denial. Where the account goes first (`accountConflict: "account"`) a choice made
 * before the login gives way; one made while logged in is the account's own. An objection gives way to nothing but the same
 * person's deliberate choice. Pure.
 */
export const reconcile = (
  account: readonly Held[],
  device: readonly Choice[],
  how: { accountFirst: boolean; isDeliberate: boolean; stands: (choice: Choice) => boolean },
): { decisions: Choice[]; taken: Choice[] } => {
  const isKept = (held: Held, told: Choice): boolean =>
    (held.objection && !(how.isDeliberate && told.at > held.at)) ||
    (how.accountFirst && how.stands(held)) ||
    held.at > told.at ||
    (held.at === told.at && (held.value === 'denied' || told.value === held.value));
  const taken: Choice[] = [];
  const decisions = purposes.flatMap((purpose): Choice[] => {
    const held = account.find((one) => one.purpose === purpose);
    const told = device.find((one) => one.purpose === purpose);
    if (held && (!told || isKept(held, told))) {
      const { objection: _, ...choice } = held;
      return [choice];
    }
    if (!told) return [];
    taken.push(told);
    return [told];
  });
  return {
    // A grant is worth nothing where what it builds on is not granted; told so, it could come alive by itself later.
    decisions: decisions.filter(
      ({ purpose, value }) =>
        value === 'denied' ||
        requires[purpose] === null ||
        decisions.some((one) => one.purpose === requires[purpose] && one.value === 'granted'),
    ),
    taken,
  };
};

/** Joins the caller's transaction. null: choices stay on their device here. */
export const followAccount = (parts: RowParts, asked: AccountAsked): AccountRecord | null => {
  const { store, tombstones, keyOf, policy } = parts;
  if (policy.scope !== 'account') return null;
  const { userId, receivedAt } = asked;
  const under = (
    typeof asked.policy === 'object' && asked.policy !== null ? asked.policy : { version: asked.policy }
  ) as Readonly<Record<string, unknown>>;
  const configHash = tokenOf(under.configHash);
  const device = choicesOf(parts, asked, configHash);

  // An erased person comes back by a new grant of their own, not by what a device remembers.
  const gone = tombstones.ofUser(userId);
  const isOut = gone !== null && gone.openedAt === null;
  const held = isOut ? [] : store.personActs(keyOf('userId', userId)).flatMap(heldOf);
  const isDeliberate = asked.isDeliberate && asked.act === 'answer';
  const { decisions, taken } = reconcile(held, device, {
    accountFirst: policy.accountConflict === 'account' && asked.act === 'login',
    isDeliberate,
    stands: (choice) =>
      receivedAt - choice.at < policy.decisionMaxMs && (choice.value === 'denied' || isUnderTerms(policy, choice)),
  });
  const news = isOut ? [] : taken;
  if (news.length > 0) {
    const seq = append(parts, asked, news, { version: tokenOf(under.version), configHash });
    for (const { purpose, value, at, materialHash, ack } of news)
      notePersonAct(parts, userId, {
        chosen: value === 'granted' ? bitOf(purpose) : 0,
        refused: value === 'denied' ? bitOf(purpose) : 0,
        objection: false,
        isDeliberate,
        at,
        seq,
        decisions: [{ purpose, materialHash }],
        ack: ack ? bitOf(purpose) : 0,
      });
  }
  let granted: Mask = 0;
  for (const { purpose, value } of decisions) if (value === 'granted') granted |= bitOf(purpose);
  return { decisions, voucher: vouch(keyOf, granted, receivedAt), taken: news.map(({ purpose }) => purpose) };
};

const isUnderTerms = (policy: Policy, { purpose, materialHash }: Pick<Choice, 'purpose' | 'materialHash'>): boolean =>
  materialHash !== null && termsHold(policy, [{ purpose, materialHash }], {}) !== 0;

/**
 * What the device's record says, as far as it may reach an account. Who agreed where nothing said that the choice follows
 * the account has not agreed to that; a no needs no such word.
 */
const choicesOf = ({ store, policy }: RowParts, asked: AccountAsked, configHash: string | null): Choice[] => {
  const document = configHash === null ? null : store.policyDocument(configHash);
  const wasTold = (document?.decision as { scope?: string } | undefined)?.scope === 'account';
  return asked.decisions.flatMap(({ purpose, value, at, materialHash, ack }): Choice[] => {
    const said = instantOf(at);
    if (!isPurpose(purpose) || said === null || (value !== 'granted' && value !== 'denied')) return [];
    const choice: Choice = {
      purpose,
      value,
      at: Math.min(effectiveInstant(said, asked.sentAt, asked.receivedAt), asked.receivedAt),
      materialHash: tokenOf(materialHash),
      ack: ack === true,
    };
    return value === 'granted' && !(wasTold && isUnderTerms(policy, choice)) ? [] : [choice];
  });
};

const heldOf = (act: PersonAct): Held[] => {
  const { purpose, value, at, objection, materialHash = null, ack = false } = act;
  return isPurpose(purpose) ? [{ purpose, value, at, objection, materialHash, ack }] : [];
};

const append = (
  { store, policy }: RowParts,
  { act, region, placedBy, receivedAt, gpc, origin }: AccountAsked,
  news: readonly Choice[],
  under: { version: string | null; configHash: string | null },
): number => {
  const { model, code } = regionOf(policy.regions, region);
  return store.append({
    kind: 'account-sync',
    receipt: null,
    at: receivedAt,
    clientAt: null,
    effectiveAt: receivedAt,
    expiresAt: receivedAt + policy.decisionMaxMs,
    // The account's record is found by the person's key; its proof names nobody.
    subjectKey: null,
    epoch: null,
    supersedes: null,
    decisions: news.map(({ purpose, value, materialHash }) => ({
      purpose,
      value,
      source: 'user',
      materialHash,
      basis: policy.purposes.find((terms) => terms.id === purpose)?.basis ?? null,
    })),
    policy: under,
    text: null,
    ui: { layer: 'account', action: act },
    jurisdiction: { code, model, how: code === null ? 'unknown' : placedBy },
    gpc: { header: gpc, js: null, ack: news.some(({ ack }) => ack) },
    age: null,
    origin,
    sdkVersion: null,
    cmp: null,
  });
};
