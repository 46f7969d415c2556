// The shape of the consent file (consent.md, section 10), stated once: what zod refuses here, the JSON Schema that editors
// read says too. Strict throughout: a key nobody knows is a mistake, since a misspelt rule would be a rule that does not
// hold. What a shape cannot say (lint.ts, ../policy.ts) is not its affair, and neither are defaults.

import { z } from 'zod';
import { models } from './region.js';

const text = z.string().max(2_000);
const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][\w.:-]*$/, { error: 'letters, digits and . _ : - only' });
const ids = z.array(id).max(100);
const days = z.number().int().min(1).max(4_000);
const country = z.string().regex(/^[A-Z]{2}$/, { error: 'ISO 3166 alpha-2, such as FR' });
/** A page's own address or one under https; never a script. */
const href = z
  .string()
  .min(1)
  .max(2_000)
  .regex(/^(https?:\/\/[^\s]+|\/(?!\/)[^\s]*|mailto:[^\s]+)$/, {
    error: 'an address under https, or a path such as /privacy',
  });
const place = z.string().regex(/^(\*|EEA|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/, { error: 'ISO 3166, `EU`, `EEA` or `*`' });
const locale = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/, { error: 'a language such as fr or pt-BR' });

const purpose = z
  .strictObject({
    id: id.meta({ description: 'necessary, measurement, personalisation, marketing or sharing.' }),
    always: z.boolean().optional().meta({ description: 'Only for `necessary`: needs no decision.' }),
    basis: z
      .enum(['consent', 'legitimate-interest', 'contract', 'legal-obligation'])
      .optional()
      .meta({ description: 'Legal basis; `consent` unless said otherwise. In the material hash.' }),
    requires: ids
      .optional()
      .meta({ description: 'What it builds on; fixed by Weft, may be repeated here for readers.' }),
    gpc: z
      .enum(['deny', 'ignore'])
      .optional()
      .meta({ description: 'What the opt-out signal (Global Privacy Control) means for it.' }),
    retentionDays: days.optional().meta({ description: 'How long data under it is kept. In the material hash.' }),
    data: ids.optional().meta({ description: 'Classes of data it covers. In the material hash.' }),
    recipients: ids.optional().meta({ description: 'Ids of `recipients`. In the material hash.' }),
    automated: z
      .boolean()
      .optional()
      .meta({ description: 'Whether decisions about a person are made by machine alone. In the material hash.' }),
    thirdCountries: z
      .array(country)
      .max(250)
      .optional()
      .meta({ description: 'Countries outside the EEA; of its recipients unless given. In the material hash.' }),
    consentMode: ids.optional().meta({ description: 'Signals of Google Consent Mode that follow it.' }),
    compatibleWith: z
      .array(z.string().regex(/^[0-9a-f]{64}$/, { error: 'a material hash of 64 hex digits' }))
      .max(100)
      .optional()
      .meta({
        description:
          'Material hashes of earlier, no narrower terms: what was granted under them stands. `weft consent diff --write` fills it.',
      }),
  })
  .meta({ id: 'Purpose' });

const recipient = z
  .strictObject({
    name: text.min(1),
    country,
    role: z.enum(['processor', 'controller', 'joint-controller']),
    policy: href.optional().meta({ description: 'Their privacy notice.' }),
    cookies: z
      .array(z.string().min(1).max(100))
      .max(200)
      .optional()
      .meta({ description: 'Names or globs (`_adn*`) of the cookies they set.' }),
    erasureWebhook: id.optional().meta({ description: 'The destination that is told of an erasure.' }),
  })
  .meta({ id: 'Recipient' });

const region = z
  .strictObject({
    match: z.array(place).min(1).max(300),
    model: z.enum(models).meta({ description: 'What holds before anybody has answered.' }),
    ui: z.enum(['banner', 'link', 'none']).optional(),
    gpcStatus: z.boolean().optional().meta({ description: 'Show that the opt-out signal is honoured.' }),
    fallback: z.boolean().optional().meta({ description: 'Holds where no other rule does.' }),
  })
  .meta({ id: 'Region' });

const presetNames = ['eu', 'us', 'world', 'everywhere-opt-in'] as const;

const colour = z.string().regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i, { error: 'a colour as #rgb or #rrggbb' });
const length = z.string().regex(/^(0|\d{1,2}(\.\d{1,2})?(px|rem|em))$/, { error: 'a length such as 8px or 0.5rem' });
/** Few on purpose: no button has a colour of its own, so accepting cannot look better than refusing. */
const colours = {
  accent: colour.optional().meta({ description: 'Of buttons and links; both buttons always share it.' }),
  onAccent: colour.optional().meta({ description: 'Text on the accent; black or white by contrast unless given.' }),
  background: colour.optional(),
  text: colour.optional(),
};
const theme = z.strictObject({
  ...colours,
  radius: length.optional(),
  font: z
    .string()
    .max(200)
    .regex(/^[\w\s,"'-]+$/, { error: 'a list of font families, or inherit' })
    .optional(),
  dark: z.enum(['auto', 'light', 'dark']).optional().meta({ description: 'Follow the system, or one of the two.' }),
  darkColours: z.strictObject(colours).optional().meta({ description: 'The same tokens where it is dark.' }),
});

const buttons = ['reject', 'accept', 'choose'] as const;

export const consentFile = z
  .strictObject({
    $schema: z.string().max(2_000).optional(),
    site: text.optional().meta({ description: 'A name for people; nothing depends on it.' }),
    policy: z
      .strictObject({
        version: z.string().min(1).max(100).optional().meta({ description: 'Yours: a date, a number.' }),
        reconsent: z
          .enum(['material'])
          .optional()
          .meta({ description: 'What asks again: a change of material terms, purpose by purpose.' }),
        links: z.strictObject({ privacy: href.optional(), imprint: href.optional() }).optional(),
      })
      .optional(),
    controller: z.strictObject({ name: text.optional(), contact: text.optional() }).optional(),
    killSwitch: z.boolean().optional().meta({ description: 'Nothing is collected while it is on.' }),
    decision: z
      .strictObject({
        days: z.number().int().min(1).max(395).optional().meta({ description: 'How long an answer stands (180).' }),
        sameForRefusal: z
          .literal(true, { error: 'a refusal stands as long as an acceptance' })
          .optional()
          .meta({ description: 'A refusal stands as long.' }),
        onClose: z.enum(['ignore', 'reject'], { error: 'ignore or reject; closing never accepts' }).optional(),
        countRefusals: z.boolean().optional(),
        scope: z.enum(['device', 'account']).optional(),
        accountConflict: z.enum(['latest', 'account']).optional(),
        reaskAfterOptOutDays: z
          .number()
          .int()
          .min(0)
          .max(4_000)
          .optional()
          .meta({ description: 'How long somebody who opted out is not asked to opt back in (365).' }),
      })
      .optional(),
    storage: z
      .strictObject({
        kind: z.enum(['cookie']).optional(),
        name: z
          .string()
          .regex(/^[\w.-]{1,64}$/, { error: 'a cookie name of letters, digits and . _ -' })
          .optional(),
        domain: z
          .string()
          .regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/i, { error: 'a domain such as shop.example' })
          .nullable()
          .optional(),
        secure: z
          .literal(true, { error: 'true: there is no other; the cookie of a page under https never travels without' })
          .optional(),
      })
      .optional(),
    preConsent: z
      .strictObject({
        mode: z.enum(['current', 'hold', 'drop']).optional(),
        maxEvents: z.number().int().min(0).max(50).optional(),
        maxMinutes: z.number().min(0).max(30).optional(),
      })
      .optional(),
    onWithdraw: z.enum(['erase', 'stop', 'anonymise']).optional(),
    purposes: z.array(purpose).min(1).max(20).optional(),
    recipients: z.record(id, recipient).optional(),
    regions: z
      .union([z.array(region).min(1).max(100), z.enum(presetNames)])
      .optional()
      .meta({ description: 'Rules, or the name of a preset.' }),
    cookieless: z
      .strictObject({
        mode: z.enum(['off', 'until-decision', 'on-reject', 'always']).optional(),
        regions: z.array(place).max(300).optional().meta({ description: 'Where; empty = everywhere.' }),
        unique: z.enum(['none', 'daily-hash']).optional(),
      })
      .optional(),
    retention: z
      .strictObject({ ledgerDays: days.optional(), auditDays: days.optional(), cookielessDays: days.optional() })
      .optional()
      .meta({ description: 'Of what is kept about data rather than of people.' }),
    age: z
      .strictObject({
        gate: z.boolean().optional(),
        minorBelow: z
          .record(z.string().regex(/^(\*|[A-Z]{2})$/, { error: 'a country, or *' }), z.number().int().min(0).max(25))
          .optional(),
      })
      .optional(),
    redact: z
      .strictObject({
        query: z.strictObject({ allow: z.array(z.string().min(1).max(100)).max(200).optional() }).optional(),
        path: z.enum(['auto']).optional(),
        keys: z.array(z.string().min(1).max(100)).max(200).optional(),
      })
      .optional(),
    transfer: z
      .array(
        z
          .string()
          .max(253)
          .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
            error: 'a host name in small letters, such as www.shop.example: no scheme, port, path or *',
          }),
      )
      .max(50)
      .optional()
      .meta({ description: 'Hosts that an answer may be handed to, by a link; each by its whole name.' }),
    ui: z
      .strictObject({
        layer1: z.enum(['box', 'bar']).optional(),
        position: z.enum(['bottom-start', 'bottom-end', 'bottom', 'top']).optional(),
        buttons: z.array(z.enum(buttons)).max(3).optional(),
        modal: z.literal(false, { error: 'the first layer never traps the page' }).optional(),
        theme: theme.optional(),
      })
      .optional(),
    locales: z
      .strictObject({
        default: locale.optional(),
        detect: z.enum(['document', 'browser']).optional(),
        files: z
          .record(locale, z.string().min(1).max(500).nullable())
          .optional()
          .meta({ description: 'The languages offered: a file beside this one, or null for the words that ship.' }),
      })
      .optional(),
    bridges: z
      .strictObject({
        googleConsentMode: z.boolean().optional(),
        tcf: z.boolean().optional(),
        gpp: z.boolean().optional(),
        dataLayer: z.boolean().optional(),
        blocked: z.boolean().optional().meta({
          description: 'Scripts and frames with `data-category` or `data-name` wait for their purpose.',
        }),
        categories: z
          .record(z.string().min(1).max(64), id)
          .refine((words) => Object.keys(words).length <= 100, { error: 'at most 100' })
          .optional()
          .meta({
            description:
              'Words that pages use in `data-category` and `data-name`, and an earlier banner in its cookie: word → id of the purpose.',
          }),
        legacy: z
          .strictObject({
            from: z.enum(['vanilla', 'klaro']),
            cookie: z
              .string()
              .regex(/^[\w.-]{1,64}$/, { error: 'a cookie name of letters, digits and . _ -' })
              .optional()
              .meta({ description: 'Its name; `cc_cookie` or `klaro` unless the site gave another.' }),
            equivalent: z
              .boolean()
              .optional()
              .meta({ description: 'The old words asked the same: grants are taken over too, until their old end.' }),
          })
          .optional()
          .meta({ description: 'Answers given to an earlier banner, read from its cookie once.' }),
      })
      .optional(),
  })
  .meta({
    title: 'The consent file of a site',
    description: 'See docs/consent-file.md. Engineering guidance, not legal advice.',
  });

export type ConsentFile = z.output<typeof consentFile>;
export type PurposeGiven = z.output<typeof purpose>;

let schema: Record<string, unknown> | null = null;
/** For editors, at /consent.schema.json. */
export const consentSchema = (): Record<string, unknown> => {
  schema ??= z.toJSONSchema(consentFile, { io: 'input' }) as Record<string, unknown>;
  return schema;
};

/** What could stand at a path, for "did you mean": the keys a shape knows there. */
export const knownKeysAt = (path: readonly PropertyKey[]): string[] => {
  let at: unknown = consentFile;
  const open = (of: unknown): unknown => {
    let inner = of as { def?: { type?: string; innerType?: unknown; options?: unknown[] } };
    while (inner?.def?.type === 'optional' || inner?.def?.type === 'nullable')
      inner = inner.def.innerType as typeof inner;
    return inner?.def?.type === 'union' ? open(inner.def.options?.[0]) : inner;
  };
  at = open(at);
  for (const step of path) {
    const { def } = at as {
      def?: { type: string; shape?: Record<string, unknown>; element?: unknown; valueType?: unknown };
    };
    const next =
      def?.type === 'object' ? def.shape?.[String(step)] : def?.type === 'array' ? def.element : def?.valueType;
    if (next === undefined) return [];
    at = open(next);
  }
  const { def } = at as { def?: { type: string; shape?: Record<string, unknown> } };
  return def?.type === 'object' ? Object.keys(def.shape ?? {}) : [];
};
