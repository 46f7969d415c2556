// The consent configuration of a site: what is asked, under which terms, where. Owns its shape, its defaults and the
// material hash that decides what a release asks again (consent.md, sections 2 and 10). It never decides about an event.

import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Purpose, requires } from '../../contract/purposes.js';
import { contentHash } from '../canonical.js';
import { bitOf, everything, isPurpose, type Mask, maskOf } from '../mask.js';
import { type Feature, type Locales, readLocaleFiles, readLocales } from './locales.js';
import { clip, documentMaxBytes, type Finding, findingsOfIssues, readText, type Text } from './read.js';
import { isInEea, type Model, type Region, type RegionRule, regionPresets } from './region.js';
import { type ConsentFile, consentFile, type PurposeGiven } from './shape.js';

/** The terms of one purpose, and the hash that says whether a decision was made under them. */
export interface PurposeTerms {
  id: Purpose;
  basis: string;
  gpc: 'deny' | 'ignore';
  retentionDays: number;
  data: readonly string[];
  recipients: readonly string[];
  automated: boolean;
  thirdCountries: readonly string[];
  compatibleWith: readonly string[];
  materialHash: string;
  /** What the hash is of: the terms a person agreed to, without any word or colour. */
  material: Readonly<Material>;
}

export interface Material {
  id: string;
  basis: string;
  dataClasses: readonly string[];
  /** `id:role`: a processor that becomes a controller is another recipient, though its name stays. */
  recipients: readonly string[];
  retentionDays: number;
  automated: boolean;
  thirdCountries: readonly string[];
}

export interface Policy {
  version: string;
  /** Of the whole file: which texts and rules a receipt was given under. */
  configHash: string;
  purposes: readonly PurposeTerms[];
  /** What this site asks at all; nothing while its kill switch is on. */
  available: Mask;
  /** What `Sec-GPC: 1` denies. */
  gpcDeny: Mask;
  /** How long a decision stands, yes and no alike. */
  decisionMaxMs: number;
  countRefusals: boolean;
  /** What a person decides while logged in holds on this device, or wherever they log in (CNIL 2025-131). */
  scope: 'device' | 'account';
  /** Of a choice made before the login and the account's: the later one, or always the account's. */
  accountConflict: 'latest' | 'account';
  /** How far before its grant a held event may lie; 0 unless events are held. */
  preConsentMaxMs: number;
  onWithdraw: 'erase' | 'stop' | 'anonymise';
  regions: readonly RegionRule[];
  /** Hosts that an answer may be handed to. */
  transfer: readonly string[];
  /** A grant counts only from somebody who has passed the age gate, or whose guardian has agreed. */
  ageGate: boolean;
  /** The site declares that an earlier banner asked the same: what was granted there counts until its old end. */
  legacyEquivalent: boolean;
  /** The words of every language it is asked in. */
  locales: Locales;
  /** The validated file with its defaults, as the page and the privacy notice read it. */
  document: Readonly<Record<string, unknown>>;
}

const dayMs = 86_400_000;

/** What is given over what is built in; a field that is present but undefined is not given. */
const over = <Built extends object>(
  built: Built,
  given: { [Key in keyof Built]?: Built[Key] | undefined } | undefined,
) =>
  ({
    ...built,
    ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)),
  }) as Built;

const defaultPurposes: Readonly<Record<Purpose, { gpc: 'deny' | 'ignore'; retentionDays: number; data: string[] }>> = {
  measurement: { gpc: 'ignore', retentionDays: 395, data: ['pages', 'cart'] },
  personalisation: { gpc: 'ignore', retentionDays: 180, data: ['profile', 'cart'] },
  marketing: { gpc: 'deny', retentionDays: 90, data: ['contacts', 'cart'] },
  sharing: { gpc: 'deny', retentionDays: 30, data: ['segments'] },
};
const consentMode: Readonly<Record<Purpose, readonly string[]>> = {
  measurement: ['analytics_storage'],
  personalisation: ['personalization_storage'],
  marketing: ['ad_storage', 'ad_user_data', 'ad_personalization'],
  sharing: [],
};

export const defaults = {
  policy: { version: '1', reconsent: 'material' },
  decision: {
    days: 180,
    sameForRefusal: true,
    onClose: 'ignore' as 'ignore' | 'reject',
    countRefusals: true,
    scope: 'device' as 'device' | 'account',
    accountConflict: 'latest' as 'latest' | 'account',
    reaskAfterOptOutDays: 365,
  },
  storage: { kind: 'cookie', name: 'weft_consent', domain: null, secure: true },
  preConsent: { mode: 'current' as 'current' | 'hold' | 'drop', maxEvents: 50, maxMinutes: 30 },
  onWithdraw: 'erase' as 'erase' | 'stop' | 'anonymise',
  cookieless: { mode: 'off', regions: [], unique: 'none' },
  age: { gate: false, minorBelow: { '*': 16 } },
  redact: { query: {}, path: 'auto', keys: [] },
  ui: {
    layer1: 'box',
    position: 'bottom-start',
    buttons: ['reject', 'accept', 'choose'],
    modal: false,
    theme: { dark: 'auto' },
  },
  locales: { default: 'en', detect: 'document' },
  bridges: { googleConsentMode: false, tcf: false, gpp: false, dataLayer: false, blocked: false },
};

/** `12:5 purposes.3.gpc: why → what next`, as a person reads it. */
export const lineOf = (finding: Finding): string =>
  [
    finding.file === undefined ? '' : `${clip(finding.file)}: `,
    finding.line === null ? '' : `line ${finding.line}, column ${finding.column}: `,
    finding.path === '' ? '(file): ' : `${finding.path}: `,
    finding.reason,
    finding.next === '' ? '' : `. ${finding.next}`,
  ].join('');

/** What is wrong with a consent file, one line a finding, each with its place. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[], file: string | null = null) {
    super(
      `The consent file${file === null ? '' : ` ${file}`} is not valid:\n${findings.map((finding) => `  ${lineOf(finding)}`).join('\n')}`,
    );
    this.findings = findings;
  }
}

type Note = (rule: string, path: readonly PropertyKey[], reason: string, next: string) => void;

/** What the shape cannot say and without which no policy can be in force; advice beyond that is policy/lint.ts. */
const inspect = (given: ConsentFile, note: Note): void => {
  const seen = new Set<string>();
  for (const [index, one] of (given.purposes ?? []).entries()) {
    const path = ['purposes', index];
    if (seen.has(one.id)) note('purpose-twice', [...path, 'id'], `"${one.id}" is listed twice`, 'Keep one of them.');
    seen.add(one.id);
    if (one.id === 'necessary') continue;
    if (!isPurpose(one.id)) {
      note(
        'purpose-unknown',
        [...path, 'id'],
        `"${one.id}" is no purpose Weft knows`,
        'Use necessary, measurement, personalisation, marketing or sharing.',
      );
      continue;
    }
    if (one.always)
      note(
        'pre-set',
        [...path, 'always'],
        'only "necessary" needs no decision',
        'Take `always` out: nothing is on before somebody says so.',
      );
    const needed = requires[one.id];
    if (one.requires && (one.requires.length !== (needed ? 1 : 0) || (needed && one.requires[0] !== needed)))
      note(
        'purpose-requires',
        [...path, 'requires'],
        `"${one.id}" requires ${needed ? `"${needed}"` : 'nothing'}`,
        'Take the key out; what builds on what is fixed.',
      );
    if (one.id === 'sharing' && one.gpc === 'ignore')
      note(
        'sharing-ignores-gpc',
        [...path, 'gpc'],
        'the opt-out signal is about sharing and cannot be ignored for it',
        'Write "deny".',
      );
    for (const [at, name] of (one.recipients ?? []).entries())
      if (!Object.hasOwn(given.recipients ?? {}, name))
        note(
          'recipient-undescribed',
          [...path, 'recipients', at],
          `"${clip(name)}" is not described under recipients`,
          'Describe it there with name, country and role.',
        );
  }
  for (const listed of seen) {
    const needed = isPurpose(listed) ? requires[listed] : null;
    if (needed && !seen.has(needed))
      note(
        'purpose-requires',
        ['purposes'],
        `"${listed}" requires "${needed}", which is not listed`,
        `List "${needed}" too.`,
      );
  }
  if (given.bridges?.legacy?.from === 'klaro' && given.bridges.legacy.equivalent)
    note(
      'legacy-undated',
      ['bridges', 'legacy', 'equivalent'],
      "klaro's cookie does not say when anybody agreed, so no grant in it has an end",
      'Take it out: refusals are taken over without it, and whoever agreed is asked.',
    );
  const buttons = given.ui?.buttons;
  if (buttons && !buttons.includes('reject'))
    note('no-reject', ['ui', 'buttons'], 'the first layer has no way to refuse', 'List "reject" beside "accept".');
  if (buttons && !buttons.includes('accept'))
    note('no-accept', ['ui', 'buttons'], 'the first layer has no way to accept', 'List "accept" beside "reject".');
  if (Array.isArray(given.regions) && !given.regions.some((rule) => rule.fallback || rule.match.includes('*')))
    note(
      'no-fallback-region',
      ['regions'],
      'no rule holds where none of them matches',
      'Add {"match": ["*"], "model": "opt-in", "ui": "banner", "fallback": true}.',
    );
  if (Array.isArray(given.regions))
    for (const [index, rule] of given.regions.entries())
      if (rule.model === 'opt-out' && (rule.ui === 'none' || rule.ui === 'banner'))
        note(
          'opt-out-without-link',
          ['regions', index, 'ui'],
          'where people must opt out, a link to do so must stand',
          'Write "link".',
        );
};

const termsOf = (one: PurposeGiven & { id: Purpose }, given: ConsentFile): PurposeTerms => {
  const built = defaultPurposes[one.id];
  const recipients = [...(one.recipients ?? [])].sort();
  const described = recipients.map((name) => ({ ...given.recipients?.[name], id: name }));
  const terms = {
    id: one.id,
    basis: one.basis ?? 'consent',
    data: [...(one.data ?? built.data)].sort(),
    recipients,
    retentionDays: one.retentionDays ?? built.retentionDays,
    automated: one.automated ?? false,
    thirdCountries:
      one.thirdCountries ??
      [...new Set(described.map(({ country }) => country).filter((code) => code && !isInEea(code)))]
        .filter((code) => code !== undefined)
        .sort(),
  };
  const material: Material = {
    id: terms.id,
    basis: terms.basis,
    dataClasses: terms.data,
    recipients: described.map((one) => `${one.id}:${one.role ?? ''}`),
    retentionDays: terms.retentionDays,
    automated: terms.automated,
    thirdCountries: terms.thirdCountries,
  };
  return {
    ...terms,
    gpc: one.gpc ?? built.gpc,
    compatibleWith: one.compatibleWith ?? [],
    materialHash: contentHash(material),
    material,
  };
};

/** The site's own words, as texts by language. */
export type OwnLocales = Readonly<Record<string, string>>;

export type Parsed = { ok: true; policy: Policy } | { ok: false; findings: readonly Finding[] };

/** What a site does that needs words of its own. */
const usedBy = ({ decision, cookieless, age, killSwitch }: ConsentFile): Feature[] => [
  ...(decision?.scope === 'account' ? (['account'] as const) : []),
  ...((cookieless?.mode ?? 'off') === 'off' ? [] : (['oppose'] as const)),
  ...(age?.gate ? (['age'] as const) : []),
  // After the age: where everything is off, that is why there is nothing to choose.
  ...(killSwitch ? (['off'] as const) : []),
];

/** From the JSON of a consent file, with the words beside it. Never throws. */
const readPolicyJson = (json: unknown, own: OwnLocales = {}, placeOf: Text['placeOf'] | null = null): Parsed => {
  const parsed = consentFile.safeParse(json);
  if (!parsed.success) return { ok: false, findings: findingsOfIssues(parsed.error.issues, placeOf) };
  const findings: Finding[] = [];
  inspect(parsed.data, (rule, path, reason, next) => {
    const at = placeOf?.(path);
    findings.push({
      severity: 'error',
      rule,
      path: path.join('.'),
      line: at?.line ?? null,
      column: at?.column ?? null,
      reason,
      next,
    });
  });
  const { locales, findings: ofWords } = readLocales(parsed.data.locales, own, usedBy(parsed.data));
  findings.push(...ofWords);
  return findings.length > 0 ? { ok: false, findings } : { ok: true, policy: policyOf(parsed.data, locales) };
};

/** As it was written: the text of a consent file, and of the locale files beside it. */
export interface Source {
  text: string;
  own: OwnLocales;
}

export const readSource = ({ text, own }: Source): Parsed => {
  const read = readText(text);
  return read.ok ? readPolicyJson(read.read.json, own, read.read.placeOf) : read;
};

/** `{}` gives the defaults. Throws a PolicyError that names every finding. */
export const parsePolicy = (json: unknown, own: OwnLocales = {}): Policy => {
  const parsed = readPolicyJson(json, own);
  if (!parsed.ok) throw new PolicyError(parsed.findings);
  return parsed.policy;
};

const policyOf = (given: ConsentFile, locales: Locales): Policy => {
  const listed = given.purposes ?? [
    { id: 'necessary', always: true },
    ...Object.keys(defaultPurposes).map((name) => ({ id: name })),
  ];
  const known = listed.filter((one): one is typeof one & { id: Purpose } => isPurpose(one.id));
  const purposes = known.map((one) => termsOf(one, given));
  const preConsent = over(defaults.preConsent, given.preConsent);
  const decision = over(defaults.decision, given.decision);
  const rules: readonly RegionRule[] =
    typeof given.regions === 'string' ? regionPresets[given.regions]() : (given.regions ?? regionPresets.world());
  // A page that tells its own region looks its rule up in the document, so nothing of it may be left unsaid there.
  const regions = rules.map((rule) => ({ ...rule, ui: rule.ui ?? (rule.model === 'opt-in' ? 'banner' : 'link') }));
  const policy = over(defaults.policy, given.policy);
  const ui = over<Record<string, unknown>>(defaults.ui, given.ui);
  const onWithdraw = given.onWithdraw ?? defaults.onWithdraw;
  const document = {
    ...defaults,
    ...given,
    policy,
    decision,
    preConsent,
    onWithdraw,
    regions,
    storage: over<Record<string, unknown>>(defaults.storage, given.storage),
    cookieless: over<Record<string, unknown>>(defaults.cookieless, given.cookieless),
    age: over<Record<string, unknown>>(defaults.age, given.age),
    redact: over<Record<string, unknown>>(defaults.redact, given.redact),
    ui: { ...ui, theme: over<Record<string, unknown>>(defaults.ui.theme, given.ui?.theme) },
    locales: over<Record<string, unknown>>(defaults.locales, given.locales),
    bridges: over<Record<string, unknown>>(defaults.bridges, given.bridges),
    // By hash: who has a receipt's policy has the words it was given under.
    texts: Object.fromEntries(
      Object.entries(locales).map(([language, { hash, dir }]) => [
        language,
        { href: `/consent/texts/${hash}.json`, dir },
      ]),
    ),
    purposes: listed.map((one) => {
      const found = purposes.find((candidate) => candidate.id === one.id);
      const { material: _, ...terms } = found ?? { id: null };
      return terms.id !== null
        ? {
            consentMode: consentMode[terms.id],
            ...one,
            ...terms,
            requires: requires[terms.id] ? [requires[terms.id]] : [],
          }
        : { ...one, materialHash: contentHash({ id: one.id }) };
    }),
  };
  return {
    version: policy.version,
    configHash: contentHash(document),
    purposes,
    available: given.killSwitch ? 0 : maskOf(purposes.map((terms) => terms.id)),
    gpcDeny: maskOf(purposes.filter((terms) => terms.gpc === 'deny').map((terms) => terms.id)),
    decisionMaxMs: decision.days * dayMs,
    countRefusals: decision.countRefusals,
    scope: decision.scope,
    accountConflict: decision.accountConflict,
    preConsentMaxMs: preConsent.mode === 'hold' ? preConsent.maxMinutes * 60_000 : 0,
    onWithdraw,
    regions,
    transfer: given.transfer ?? [],
    ageGate: document.age.gate === true,
    legacyEquivalent: given.bridges?.legacy?.equivalent === true,
    locales,
    document,
  };
};

/** A consent file and the words beside it, as texts; what cannot be read is a finding. */
export const sourceOf = (path: string | null, text?: string): { source: Source; findings: readonly Finding[] } => {
  const unreadable = (reason: string, next: string) => ({
    source: { text: '', own: {} },
    findings: [{ severity: 'error' as const, rule: 'file', path: '', line: null, column: null, reason, next }],
  });
  let given = text;
  if (given === undefined) {
    try {
      const { size } = statSync(path ?? '');
      if (size > documentMaxBytes)
        return unreadable(
          `it is larger than ${documentMaxBytes} bytes`,
          'A consent file is a few kilobytes; is this one?',
        );
      given = readFileSync(path ?? '', 'utf8');
    } catch {
      return unreadable('it cannot be read', 'Set WEFT_CONSENT to a file that this process may read.');
    }
  }
  const read = readText(given);
  if (!read.ok) return { source: { text: given, own: {} }, findings: [] };
  const shaped = consentFile.safeParse(read.read.json);
  const { own, findings } = readLocaleFiles(
    shaped.success ? shaped.data.locales?.files : undefined,
    path === null ? null : dirname(path),
  );
  const placed = findings.map((finding) => ({ ...finding, ...read.read.placeOf(finding.path.split('.')) }));
  return { source: { text: given, own }, findings: placed };
};

/** The defaults, as a file. */
export const shippedSource: Source = { text: '{}\n', own: {} };

/** Without a path, the defaults. */
export const readPolicy = (path: string | null): Policy => {
  if (path === null) return parsePolicy({});
  const { source, findings } = sourceOf(path);
  const parsed: Parsed = findings.some(({ rule }) => rule === 'file')
    ? { ok: false, findings: [] }
    : readSource(source);
  if (findings.length > 0 || !parsed.ok)
    throw new PolicyError([...findings, ...(parsed.ok ? [] : parsed.findings)], path);
  return parsed.policy;
};

/** What a decision says of the terms it was made under. */
export interface Termed {
  purpose: string;
  materialHash?: string | null | undefined;
  /** Made under the terms of an earlier row than the one that holds it. */
  carried?: boolean | undefined;
}

/**
 * Which purposes' terms, as a decision was told them, still hold. A decision that names no hash was made under the
 * terms of the policy version its row names, if that is the one in force; otherwise it fails closed.
 */
export const termsHold = (
  policy: Policy,
  decisions: readonly Termed[],
  under: { version?: unknown; configHash?: unknown },
): Mask => {
  const sameVersion =
    under.configHash === policy.configHash || (under.configHash == null && under.version === policy.version);
  let mask = 0;
  for (const { purpose: name, materialHash, carried } of decisions) {
    const terms = policy.purposes.find((candidate) => candidate.id === name);
    if (!terms) continue;
    const holds =
      materialHash == null
        ? sameVersion && !carried
        : materialHash === terms.materialHash || terms.compatibleWith.includes(materialHash);
    if (holds) mask |= bitOf(terms.id);
  }
  return mask & everything;
};

export type { Model, Region };

/** At which purposes people are told of this recipient, as far as anything is done for them now. */
export const purposesNaming = ({ purposes, available }: Policy, recipient: string): readonly Purpose[] =>
  purposes
    .filter(({ id, recipients }) => recipients.includes(recipient) && (available & bitOf(id)) !== 0)
    .map(({ id }) => id);
