// The options of a site that semantics.md names and that are lists or belong together: one JSON file, read once at the
// start, by the collector and by every command that folds. What it says is either right as a whole or ends the start: half
// of somebody's rules would fold half of their history otherwise.

import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../config.js';
import { clip, documentMaxBytes, meant, readText, type Text } from '../consent/policy/read.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules, type SiteRules } from './accept.js';
import type { HouseRules } from './working-set.js';

const minuteMs = 60_000;
/** S2. */
const timeoutMinutes = { least: 5, most: 240 } as const;
const entriesMax = 1_000;

const word = z
  .string({ error: 'must be a text' })
  .max(200, { error: 'must not be longer than 200 characters' })
  .refine((value) => value.trim() !== '', { error: 'must not be empty: an empty value names nobody anyway' });
const list = z
  .array(word, { error: 'must be a list of texts' })
  .max(entriesMax, { error: `must not have more than ${entriesMax} entries` });

const minutes = `must be a whole number of minutes from ${timeoutMinutes.least} to ${timeoutMinutes.most}`;

const siteFile = z
  .strictObject({
    $schema: z.string().optional(),
    blockedIdentifiers: list.optional().meta({
      description: 'R2: values that name nobody here, beside the built-in ones. Compared in any case, also in quotes.',
    }),
    serverTraits: list.optional().meta({
      description: 'R8: traits that only the secret key may set, beside loyalty_tier, clv, is_employee and consent.',
    }),
    emailMerge: z
      .enum(['off', 'transactional', 'claimed'], { error: 'must be "off", "transactional" or "claimed"' })
      .optional()
      .meta({ description: 'R7: which e-mails and phones join people. Without it, "transactional".' }),
    sessionTimeoutMinutes: z
      .int({ error: minutes })
      .min(timeoutMinutes.least, { error: minutes })
      .max(timeoutMinutes.most, { error: minutes })
      .optional()
      .meta({ description: 'S2: so long without activity, and a session is over. Without it, 30.' }),
    splitOnCampaign: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .meta({ description: 'S2: a new campaign begins a new session, as in Matomo. Without it, false.' }),
  })
  .meta({ title: 'The options of a site', description: 'WEFT_SITE; see docs/operators.md.' });

/** What the file says, for the folds and for acceptance. */
export interface SiteOptions {
  rules: Pick<HouseRules, 'sessions' | 'emailMerge'>;
  site: Pick<SiteRules, 'blocked' | 'serverTraits'>;
}

const optionsOf = (given: z.output<typeof siteFile>): SiteOptions => ({
  rules: {
    sessions: {
      ...sessionRules,
      ...(given.sessionTimeoutMinutes !== undefined && { idleMaxMs: given.sessionTimeoutMinutes * minuteMs }),
      ...(given.splitOnCampaign !== undefined && { splitOnCampaign: given.splitOnCampaign }),
    },
    emailMerge: given.emailMerge ?? 'transactional',
  },
  site: {
    blocked: given.blockedIdentifiers ?? defaultSiteRules.blocked,
    serverTraits: [...defaultSiteRules.serverTraits, ...(given.serverTraits ?? [])],
  },
});

export const defaultSiteOptions: SiteOptions = optionsOf({});

const known = Object.keys(siteFile.shape).filter((name) => name !== '$schema');

/** One sentence each, with its place. */
const sentences = (issues: readonly z.core.$ZodIssue[], placeOf: Text['placeOf']): string[] =>
  issues.flatMap((issue) => {
    const say = (path: readonly PropertyKey[], reason: string): string => {
      const { line, column } = placeOf(path);
      return `line ${line}, column ${column}: ${path.length === 0 ? 'the file' : path.map(String).join('.')} ${reason}.`;
    };
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => {
        const near = meant(key, known);
        const { line, column } = placeOf([key]);
        const next = near === null ? `Known are ${known.join(', ')}` : `Did you mean "${near}"?`;
        return `line ${line}, column ${column}: "${clip(key)}" is no option of a site. ${next}${near === null ? '.' : ''}`;
      });
    return [say(issue.path, issue.path.length === 0 ? 'must be a JSON object' : clip(issue.message, 200))];
  });

const refused = (path: string, reasons: readonly string[]): ConfigError =>
  new ConfigError(
    [
      `WEFT_SITE: ${path} is not valid.`,
      ...reasons.map((reason) => `  ${reason}`),
      'Mend it there (docs/operators.md says what may stand in it), or leave WEFT_SITE out for the defaults.',
    ].join('\n'),
  );

export const readSiteOptions = (path: string | null): SiteOptions => {
  if (path === null) return defaultSiteOptions;
  let text: string;
  try {
    if (statSync(path).size > documentMaxBytes) throw refused(path, [`It is larger than ${documentMaxBytes} bytes.`]);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `WEFT_SITE: ${path} cannot be read. Name a JSON file that this process may read, or leave it out for the defaults.`,
    );
  }
  const parsed = readText(text);
  if (!parsed.ok)
    throw refused(
      path,
      parsed.findings.map(
        ({ line, column, reason }) => `${line === null ? '' : `line ${line}, column ${column}: `}${reason}.`,
      ),
    );
  const read = siteFile.safeParse(parsed.read.json);
  if (!read.success) throw refused(path, sentences(read.error.issues, parsed.read.placeOf));
  return optionsOf(read.data);
};

/** For editors: docs/site.schema.json. */
export const siteSchema = (): Record<string, unknown> =>
  z.toJSONSchema(siteFile, { io: 'input' }) as Record<string, unknown>;
