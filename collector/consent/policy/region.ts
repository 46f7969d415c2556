// Where a visitor is decides what holds before anybody has answered: opt-in, opt-out or none (consent.md, section 2).
// Owns the groups of countries and the match of a region against a policy's list. Pure; never learns an address.

export const models = ['opt-in', 'opt-out', 'none'] as const;
export type Model = (typeof models)[number];

export interface RegionRule {
  /** ISO 3166 codes, with or without a subdivision, the groups `EU` and `EEA`, or `*`. */
  match: readonly string[];
  model: Model;
  ui?: 'banner' | 'link' | 'none' | undefined;
  gpcStatus?: boolean | undefined;
  fallback?: boolean | undefined;
}

export interface Region {
  /** ISO 3166, with a subdivision where it is known; null where nothing is. */
  code: string | null;
  model: Model;
  ui: 'banner' | 'link' | 'none';
  /** The page must show that the opt-out signal is honoured. */
  gpcStatus: boolean;
}

/** What somebody may name instead of writing rules: each is a list of rules that ends with a fallback. */
export const regionPresets = {
  /** Opt-in where the law asks for it and where nothing is known; opt-out only where a signal must be honoured. */
  world: (): readonly RegionRule[] => [
    { match: ['EU', 'EEA', 'GB', 'CH', 'BR', 'CA-QC'], model: 'opt-in', ui: 'banner' },
    { match: signalStates, model: 'opt-out', ui: 'link', gpcStatus: true },
    { match: ['*'], model: 'opt-in', ui: 'banner', fallback: true },
  ],
  /** A shop of Europe: whoever comes is asked first. */
  eu: (): readonly RegionRule[] => [{ match: ['*'], model: 'opt-in', ui: 'banner', fallback: true }],
  /** A shop of the United States: a link and the signal there, the question everywhere else. */
  us: (): readonly RegionRule[] => [
    { match: ['US'], model: 'opt-out', ui: 'link', gpcStatus: true },
    { match: ['*'], model: 'opt-in', ui: 'banner', fallback: true },
  ],
  /** The question everywhere, and the signal's status where it must be shown. */
  'everywhere-opt-in': (): readonly RegionRule[] => [
    { match: signalStates, model: 'opt-in', ui: 'banner', gpcStatus: true },
    { match: ['*'], model: 'opt-in', ui: 'banner', fallback: true },
  ],
} as const satisfies Readonly<Record<string, () => readonly RegionRule[]>>;

/** Where an opt-out signal of the browser binds a shop by law. */
const signalStates = ['CA', 'CO', 'CT', 'DE', 'MD', 'MT', 'NE', 'NH', 'NJ', 'OR', 'TX'].map((state) => `US-${state}`);

const members =
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE' +
  // Parts of the Union with country codes of their own.
  ' AX GF GP MF MQ RE YT';
const groups: Readonly<Record<string, readonly string[]>> = {
  EU: members.split(' '),
  EEA: [...members.split(' '), 'IS', 'LI', 'NO'],
};

export const isInEea = (country: string): boolean => groups.EEA!.includes(country);

/** `fr`, `FR`, `EU-FR` and `US-CA` in one spelling; null for anything else. */
export const regionCode = (value: unknown): string | null => {
  if (typeof value !== 'string' || value.length > 12) return null;
  const code = value.trim().toUpperCase().replace(/^EU-/, '');
  return /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(code) ? code : null;
};

/** Groups written out as countries, so that a page needs no list of its own. */
export const expandMatch = (match: readonly string[]): string[] => [
  ...new Set(match.flatMap((one) => groups[one] ?? [one])),
];

const strictness = (model: Model): number => models.indexOf(model);
const strictest = <Rule extends { model: Model }>(rules: readonly Rule[]): Rule | undefined =>
  rules.reduce<Rule | undefined>(
    (found, rule) => (!found || strictness(rule.model) < strictness(found.model) ? rule : found),
    undefined,
  );

const countryOf = (code: string): string => code.slice(0, 2);

/**
 * The most specific rule wins: the subdivision, the country by its name, the country as one of a group, the fallback; of
 * two alike, the first listed.
 */
const ruleFor = (rules: readonly RegionRule[], code: string): RegionRule | undefined => {
  const country = countryOf(code);
  return (
    rules.find(({ match }) => match.includes(code)) ??
    rules.find(({ match }) => match.includes(country)) ??
    rules.find(({ match }) => match.some((one) => groups[one]?.includes(country))) ??
    rules.find(({ match, fallback }) => fallback || match.includes('*'))
  );
};

/** The rules that may apply: one, unless the subdivision matters and is not known. */
const candidates = (rules: readonly RegionRule[], code: string | null): readonly RegionRule[] => {
  if (code === null) return rules;
  const matching = ruleFor(rules, code);
  const finer = code.includes('-') ? [] : rules.filter((rule) => rule.match.some((one) => one.startsWith(`${code}-`)));
  return matching ? [matching, ...finer] : finer.length > 0 ? finer : rules;
};

const describe = (rule: RegionRule | undefined): Omit<Region, 'code'> => {
  const model = rule?.model ?? 'opt-in';
  return {
    model,
    ui: rule?.ui ?? (model === 'opt-in' ? 'banner' : 'link'),
    gpcStatus: rule?.gpcStatus ?? false,
  };
};

/** Unknown, wholly or in part, is the strictest of what it may be. */
export const regionOf = (rules: readonly RegionRule[], value: unknown): Region => {
  const code = regionCode(value);
  return { code, ...describe(strictest(candidates(rules, code))) };
};

/**
 * Whether a grant that nobody gave (source `region`) may stand. The page's word comes first, as in the page itself; where
 * the collector sees another country than the page says, the stricter of both holds, and where nobody tells a region the
 * strictest does.
 */
export const regionGrantStands = (rules: readonly RegionRule[], told: unknown, seen: unknown): boolean => {
  const isOpen = (code: string | null) => regionOf(rules, code).model !== 'opt-in';
  const toldCode = regionCode(told);
  const seenCode = regionCode(seen);
  if (!isOpen(toldCode ?? seenCode)) return false;
  return toldCode === null || seenCode === null || countryOf(seenCode) === countryOf(toldCode) || isOpen(seenCode);
};
