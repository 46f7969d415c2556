// What a page must know of the policy before it may ask. Pure.

import type { defaults, Policy } from './policy.js';
import { expandMatch, type Model, type Region, regionCode, regionOf } from './region.js';

/** Its groups of countries written out, as those of the regions are. */
const cookielessOf = ({ cookieless }: Policy['document']): unknown => {
  const { regions = [], ...rest } = (cookieless ?? {}) as { regions?: readonly string[] };
  return { ...rest, regions: expandMatch(regions) };
};

/**
 * How long an answer stands in a region. Where the default is yes, who has opted out is not asked to opt back in for longer
 * than an answer stands elsewhere (California: twelve months), and no default switches them on meanwhile.
 */
const daysIn = ({ document }: Policy, { model }: { model: Model }): { granted: number; denied: number } => {
  const { days, reaskAfterOptOutDays } = document.decision as typeof defaults.decision;
  return { granted: days, denied: model === 'opt-in' ? days : Math.max(days, reaskAfterOptOutDays) };
};

/** With how long answers stand, and whether a page there needs more of the script than to record events. */
const told = (policy: Policy, region: Region) => ({
  ...region,
  days: daysIn(policy, region),
  rest: needsRest(policy, region),
});

/** Whatever has been answered on the page: it fetches that part only where it is needed. */
const needsRest = ({ document, scope, transfer }: Policy, { model, ui, gpcStatus }: Region): boolean =>
  // A default is granted by it, a link stands for whoever has answered too, and that a signal is honoured is said to all.
  model !== 'opt-in' ||
  ui === 'link' ||
  gpcStatus ||
  scope === 'account' ||
  transfer.length > 0 ||
  (document.cookieless as typeof defaults.cookieless).mode !== 'off' ||
  Object.values(document.bridges as object).includes(true);

/** For `GET /v1/config`, without the site's settings: what a page must know before it may ask. */
export const publicConfig = (
  policy: Policy,
  /** What the page says of itself goes before what its requests show. */
  { said, seen }: { said?: unknown; seen: unknown },
): {
  policy: { version: string; configHash: string };
  consent: Record<string, unknown> & { purposes: { id: string; materialHash: string }[] };
  region: Region & { days: { granted: number; denied: number }; rest: boolean; told?: { code: string } };
} => {
  const code = regionCode(said);
  // Read here, for this page: it carries no rules of regions.
  const { regions: _, ...document } = policy.document;
  return {
    policy: { version: policy.version, configHash: policy.configHash },
    consent: {
      ...document,
      purposes: policy.document.purposes as { id: string; materialHash: string }[],
      cookieless: cookielessOf(policy.document),
    },
    region: { ...told(policy, regionOf(policy.regions, code ?? seen)), ...(code !== null && { told: { code } }) },
  };
};
