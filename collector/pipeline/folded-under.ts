// Which of the site's options the stored state was folded under. Options of the folds may change between two starts; what
// was folded before stays as it was until a rebuild, and whoever runs the collector is to be told so.

import { defaultSiteOptions, type SiteOptions } from './site-file.js';

type Rules = SiteOptions['rules'];

/** The key in the table `site`. */
const key = 'folded_under';
/** Some under these, some under those. */
const several = 'several';

interface SiteTable {
  site: (key: string) => string | undefined;
  changeSite: (key: string, value: string) => unknown;
}

const textOf = ({ sessions, emailMerge }: Rules): string =>
  JSON.stringify([sessions.idleMaxMs, sessions.splitOnCampaign, emailMerge]);

/** At a start: a store that other rules have folded holds both from now on. Of one older than this note, the defaults are known. */
export const noteRules = (table: SiteTable, rules: Rules, isEmpty: boolean): void => {
  const now = textOf(rules);
  const before = table.site(key) ?? (isEmpty ? now : textOf(defaultSiteOptions.rules));
  const next = isEmpty || before === now ? now : several;
  if (table.site(key) !== next) table.changeSite(key, next);
};

/** After everything was folded again. */
export const noteRebuilt = (table: SiteTable, rules: Rules): void => {
  table.changeSite(key, textOf(rules));
};

export const foldedOtherwise = (said: string | null, rules: Rules): boolean =>
  (said ?? textOf(defaultSiteOptions.rules)) !== textOf(rules);

/** What the store says, read beside a running collector too. */
export const foldedUnderKey = key;
