// What of the site's consent file the bridges go by, beside what the script itself reads.

import type { Client } from '../client.js';
import type { ConsentConfig, PurposeRule } from '../options.js';

export interface Bridges {
  googleConsentMode?: boolean;
  tcf?: boolean;
  gpp?: boolean;
  dataLayer?: boolean;
  /** Scripts and frames that wait for their purpose. */
  blocked?: boolean;
  /** Words that pages use for purposes → the purpose's id. */
  categories?: Readonly<Record<string, string>>;
}

interface Recipient {
  cookies?: readonly string[];
}

type Wide = Omit<ConsentConfig, 'purposes' | 'bridges'> & {
  bridges?: Bridges;
  recipients?: Readonly<Record<string, Recipient>>;
  purposes?: readonly (PurposeRule & { consentMode?: readonly string[]; recipients?: readonly string[] })[];
};

export const wideConfig = (client: Client): Wide => client.consent.state().config as unknown as Wide;
export const bridgesOf = (client: Client): Bridges => wideConfig(client).bridges ?? {};

/** Somebody has decided, or a region's default is on record. A browser's signal alone decides nothing. */
export const isDecided = (client: Client): boolean => Object.keys(client.consent.state().decisions).length > 0;
