// The consent configuration of a site: what is asked, under which terms, where. Owns its shape, its defaults and the
// material hash that decides what a release asks again (consent.md, sections 2 and 10). It never decides about an event.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Purpose, requires } from '../contract/purposes.js';
import { contentHash } from './canonical.js';
import { bitOf, everything, isPurpose, type Mask, maskOf } from './mask.js';
import { expandMatch, isInEea, type Model, models, type Region, type RegionRule, regionOf } from './region.js';

const text = z.string().max(2_000);
const id = z.string().min(1).max(64);
const ids = z.array(id).max(100);
const days = z.number().int().min(1).max(4_000);

const purpose = z.looseObject({
  id,
  always: z.boolean().optional(),
  basis: z.enum(['consent', 'legitimate-interest', 'contract', 'legal-obligation']).optional(),
  requires: ids.optional(),
  gpc: z.enum(['deny', 'ignore']).optional(),
  retentionDays: days.optional(),
  data: ids.optional(),
  recipients: ids.optional(),
  automated: z.boolean().optional(),
  thirdCountries: z.array(z.string().regex(/^[A-Z]{2}$/)).optional(),
  consentMode: ids.optional(),
  /** Material hashes of earlier terms that were no narrower: what was granted under them stands. */
  compatibleWith: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .max(100)
    .optional(),
});

const recipient = z.looseObject({
  name: text,
  country: z.string().regex(/^[A-Z]{2}$/, { error: 'ISO 3166 alpha-2' }),
  role: z.enum(['processor', 'controller', 'joint-controller']),
});

const region = z.looseObject({
  match: z
    .array(z.string().regex(/^(\*|EEA|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/, { error: 'ISO 3166, `EU`, `EEA` or `*`' }))
    .min(1)
    .max(300),
  model: z.enum(models),
  ui: z.enum(['banner', 'link', 'none']).optional(),
  gpcStatus: z.boolean().optional(),
  fallback: z.boolean().optional(),
});

const file = z.looseObject({
  site: text.optional(),
  policy: z.looseObject({ version: z.string().min(1).max(100) }).optional(),
  killSwitch: z.boolean().optional(),
  decision: z
    .looseObject({
      days: z.number().int().min(1).max(395).optional(),
      onClose: z.enum(['ignore', 'reject']).optional(),
      countRefusals: z.boolean().optional(),
      scope: z.enum(['device', 'account']).optional(),
    })
    .optional(),
  preConsent: z
    .looseObject({
      mode: z.enum(['current', 'hold', 'drop']).optional(),
      maxEvents: z.number().int().min(0).max(50).optional(),
      maxMinutes: z.number().min(0).max(30).optional(),
    })
    .optional(),
  onWithdraw: z.enum(['erase', 'stop', 'anonymise']).optional(),
  purposes: z.array(purpose).min(1).max(20).optional(),
  recipients: z.record(id, recipient).optional(),
  regions: z.array(region).min(1).max(100).optional(),
});
type ConsentFile = z.output<typeof file>;

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
  /** How far before its grant a held event may lie; 0 unless events are held. */
  preConsentMaxMs: number;
  onWithdraw: 'erase' | 'stop' | 'anonymise';
  regions: readonly RegionRule[];
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

const defaultRegions: readonly RegionRule[] = [
  { match: ['EU', 'EEA', 'GB', 'CH', 'BR', 'CA-QC'], model: 'opt-in', ui: 'banner' },
  {
    match: ['CA', 'CO', 'CT', 'DE', 'MD', 'MT', 'NE', 'NH', 'NJ', 'OR', 'TX'].map((state) => `US-${state}`),
    model: 'opt-out',
    ui: 'link',
    gpcStatus: true,
  },
  { match: ['*'], model: 'opt-in', ui: 'banner', fallback: true },
];

const defaults = {
  policy: { version: '1', reconsent: 'material' },
  decision: {
    days: 180,
    sameForRefusal: true,
    onClose: 'ignore' as 'ignore' | 'reject',
    countRefusals: true,
    scope: 'device' as 'device' | 'account',
    accountConflict: 'latest',
    reaskAfterOptOutDays: 365,
  },
  storage: { kind: 'cookie', name: 'weft_consent', domain: null, secure: true },
  preConsent: { mode: 'current' as 'current' | 'hold' | 'drop', maxEvents: 50, maxMinutes: 30 },
  onWithdraw: 'erase' as 'erase' | 'stop' | 'anonymise',
  cookieless: { mode: 'off', regions: [], unique: 'none' },
  age: { gate: false, minorBelow: { '*': 16 } },
};

/** What is wrong with a consent file, one line a finding, each with its path. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly findings: readonly string[];
  constructor(findings: readonly string[]) {
    super(`The consent file is not valid:\n${findings.map((finding) => `  ${finding}`).join('\n')}`);
    this.findings = findings;
  }
}

/** What zod's shape cannot say. */
const findingsOf = (given: ConsentFile): string[] => {
  const findings: string[] = [];
  const seen = new Set<string>();
  for (const [index, one] of (given.purposes ?? []).entries()) {
    const path = `purposes.${index}`;
    if (seen.has(one.id)) findings.push(`${path}.id: "${one.id}" is listed twice`);
    seen.add(one.id);
    if (one.id === 'necessary') continue;
    if (!isPurpose(one.id)) {
      findings.push(`${path}.id: "${one.id}" is no purpose Weft knows`);
      continue;
    }
    if (one.always) findings.push(`${path}.always: only "necessary" needs no decision`);
    const needed = requires[one.id];
    if (one.requires && (one.requires.length !== (needed ? 1 : 0) || (needed && one.requires[0] !== needed)))
      findings.push(`${path}.requires: "${one.id}" requires ${needed ? `"${needed}"` : 'nothing'}`);
    if (one.id === 'sharing' && one.gpc === 'ignore')
      findings.push(`${path}.gpc: the opt-out signal is about sharing and cannot be ignored for it`);
    for (const name of one.recipients ?? [])
      if (!Object.hasOwn(given.recipients ?? {}, name))
        findings.push(`${path}.recipients: "${name}" is not described under recipients`);
  }
  for (const listed of seen) {
    const needed = isPurpose(listed) ? requires[listed] : null;
    if (needed && !seen.has(needed)) findings.push(`purposes: "${listed}" requires "${needed}", which is not listed`);
  }
  return findings;
};

const termsOf = (one: z.output<typeof purpose> & { id: Purpose }, given: ConsentFile): PurposeTerms => {
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
  return {
    ...terms,
    gpc: one.gpc ?? built.gpc,
    compatibleWith: one.compatibleWith ?? [],
    materialHash: contentHash({
      id: terms.id,
      basis: terms.basis,
      dataClasses: terms.data,
      // A processor that becomes a controller is another recipient, though its name stays.
      recipients: described.map((one) => `${one.id}:${one.role ?? ''}`),
      retentionDays: terms.retentionDays,
      automated: terms.automated,
      thirdCountries: terms.thirdCountries,
    }),
  };
};

/** From the parsed JSON of a consent file; `{}` gives the defaults. Throws a PolicyError that names every finding. */
export const parsePolicy = (json: unknown): Policy => {
  const parsed = file.safeParse(json);
  if (!parsed.success)
    throw new PolicyError(parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`));
  const given = parsed.data;
  const findings = findingsOf(given);
  if (findings.length > 0) throw new PolicyError(findings);

  const listed = given.purposes ?? [
    { id: 'necessary', always: true },
    ...Object.keys(defaultPurposes).map((name) => ({ id: name })),
  ];
  const known = listed.filter((one): one is typeof one & { id: Purpose } => isPurpose(one.id));
  const purposes = known.map((one) => termsOf(one, given));
  const preConsent = over(defaults.preConsent, given.preConsent);
  const decision = over(defaults.decision, given.decision);
  const regions: readonly RegionRule[] = given.regions ?? defaultRegions;
  const policy = over(defaults.policy, given.policy);
  const onWithdraw = given.onWithdraw ?? defaults.onWithdraw;
  const document = {
    ...defaults,
    ...given,
    policy,
    decision,
    preConsent,
    onWithdraw,
    regions,
    purposes: listed.map((one) => {
      const terms = purposes.find((candidate) => candidate.id === one.id);
      return terms
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
    preConsentMaxMs: preConsent.mode === 'hold' ? preConsent.maxMinutes * 60_000 : 0,
    onWithdraw,
    regions,
    document,
  };
};

/** Without a path, the defaults. */
export const readPolicy = (path: string | null): Policy => {
  if (path === null) return parsePolicy({});
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new PolicyError([
      `${path}: ${error instanceof SyntaxError ? `not JSON, ${error.message}` : 'cannot be read'}`,
    ]);
  }
  return parsePolicy(json);
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

/** For `GET /v1/config`, without the site's settings: what a page must know before it may ask. */
export const publicConfig = (
  policy: Policy,
  regionToldBy: unknown,
): {
  policy: { version: string; configHash: string };
  consent: Record<string, unknown> & { purposes: { id: string; materialHash: string }[] };
  region: Region;
} => ({
  policy: { version: policy.version, configHash: policy.configHash },
  consent: {
    ...policy.document,
    purposes: policy.document.purposes as { id: string; materialHash: string }[],
    regions: policy.regions.map((rule) => ({ ...rule, match: expandMatch(rule.match) })),
  },
  region: regionOf(policy.regions, regionToldBy),
});

export type { Model, Region };
