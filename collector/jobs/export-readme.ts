// The page in an export that explains it to the person: what each file is, what for, for how long, who had it, how
// conclusions are drawn, and what they agreed to, in the words they saw. Pure; every value is escaped.

import type { ShownLine } from '../consent/ledger/shown-layer.js';
import type { DisclosedConsent } from '../consent/rights/view.js';

interface Terms {
  controller?: { name?: string; contact?: string };
  policy?: { version?: string; links?: { privacy?: string } };
  purposes?: {
    id: string;
    always?: boolean;
    basis?: string;
    retentionDays?: number;
    data?: string[];
    recipients?: string[];
    automated?: boolean;
  }[];
  recipients?: Record<string, { name?: string; country?: string; role?: string; policy?: string }>;
}

export interface ReadmeOf {
  id: string;
  at: number;
  terms: unknown;
  consents: readonly DisclosedConsent[];
  recipients: readonly { recipient: string; firstAt: string; lastAt: string }[];
  known: boolean;
}

const escaped = (value: unknown): string =>
  String(value ?? '').replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const files: readonly [string, string][] = [
  [
    'profile.jsonl',
    'Who the site takes you to be: identifiers, what you told about yourself, counts, your open cart. Made from the events.',
  ],
  ['identifiers.jsonl', 'Every identifier by which you are known: accounts, devices, addresses, phone numbers.'],
  [
    'events.jsonl',
    'What you did, one event a line: when, where on the site, from which device, under which consent. Everything else is made from these.',
  ],
  ['sessions.jsonl', 'Your visits.'],
  ['carts.jsonl', 'Your carts: what was in them, when they were left, whether you came back.'],
  ['orders.jsonl', 'Your orders and refunds.'],
  ['merges.jsonl', 'How several devices and identifiers came to be taken for one person, and why.'],
  [
    'consents.jsonl',
    'What you agreed to or refused, and the banner as it was shown to you: its words, buttons and switches in their order.',
  ],
  ['recipients.jsonl', 'Who was given data about you, and when.'],
];

/** To the second, and with its zone: no machine reads this page. */
const instant = (at: string): string => escaped(at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'));
const acts: Readonly<Record<string, string>> = {
  grant: 'you agreed',
  refuse: 'you refused',
  update: 'you changed your answer',
  withdraw: 'you took your answer back',
  object: 'you objected',
  erase: 'you asked to be forgotten',
  import: 'an answer you gave elsewhere was taken over',
  'region-default': 'no answer: what holds in your region until there is one',
  'account-sync': 'the answer of your account was taken over at a login',
};

const rows = (cells: readonly (readonly string[])[]): string =>
  cells.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');

const switchSaid = (on: boolean | null): string =>
  on === null ? '' : ` <span class="switch">switch ${on ? 'on' : 'off'}</span>`;

/** A layer as it stood there: nothing in it can be pressed. */
const layerOf = (lines: readonly ShownLine[]): string =>
  lines
    .map((line) => {
      const text = escaped(line.text);
      switch (line.kind) {
        case 'title':
          return `<h4>${text}</h4>`;
        case 'heading':
          return `<h5>${text}</h5>`;
        case 'purpose':
          return `<h5>${text}${switchSaid(line.on)}</h5>`;
        case 'button':
          return `<span class="button">${text}</span>`;
        case 'term':
          return `<dl><dt>${text}</dt>${line.values.map((value) => `<dd>${escaped(value)}</dd>`).join('')}</dl>`;
        default:
          return `<p>${text}</p>`;
      }
    })
    .join('\n');

const exactness = (isExact: boolean | null): string =>
  isExact === null
    ? 'Its words were not hashed on your device, so this copy cannot be held against what was shown.'
    : isExact
      ? 'These words have the hash that was recorded with your answer: this is what was shown.'
      : 'These words do not have the hash that was recorded with your answer: what was shown differed from this.';

const consentSection = (consent: DisclosedConsent): string => {
  const decisions = (consent.decisions as { purpose: string; value: string }[])
    .map(({ purpose, value }) => `${escaped(purpose)}: ${escaped(value)}`)
    .join(', ');
  const { shown, text } = consent;
  return `<section><h3>${instant(consent.at)}: ${escaped(acts[consent.kind] ?? consent.kind)}</h3>
<p>${decisions || 'No decision of its own.'} Policy ${escaped(consent.policy.version ?? 'unknown')}. ${consent.receipt === null ? 'Of your account.' : `Receipt <code>${escaped(consent.receipt)}</code>.`}</p>
${
  shown === null
    ? '<p>No banner of this collector was shown for it, or its words were not kept here.</p>'
    : `<p>${shown.layer === 'preferences' ? 'The privacy choices' : 'The banner'} as you saw it, with the buttons in their order${shown.layer === 'preferences' ? ' and the switches as you left them' : ''}. ${exactness(shown.isExact)}</p>
<blockquote lang="${escaped(text?.locale)}" dir="auto">${layerOf(shown.lines)}</blockquote>`
}</section>`;
};

export const readmeOf = ({ id, at, terms, consents, recipients, known }: ReadmeOf): string => {
  const { controller, policy, purposes = [], recipients: listed = {} } = terms as Terms;
  const nameOf = (recipient: string): string => {
    const it = listed[recipient];
    return `${escaped(it?.name ?? recipient)}${it?.country ? ` (${escaped(it.country)}, ${escaped(it.role)})` : ''}`;
  };
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What is kept about you</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: start; vertical-align: top; padding: .4rem; border-bottom: 1px solid #8886; }
blockquote { border-inline-start: 3px solid #8886; margin-inline: 0; padding-inline-start: 1rem; } code { overflow-wrap: anywhere; } td:first-child code { white-space: nowrap; }
h4, h5, dl { margin: .6rem 0 .2rem; } dd { margin-inline-start: 1rem; } .button { display: inline-block; border: 1px solid; border-radius: 4px; padding: .1rem .6rem; margin: .2rem .3rem .2rem 0; } .switch { font-weight: normal; font-style: italic; }
</style></head><body>
<h1>What is kept about you</h1>
<p>Made on ${instant(new Date(at).toISOString())}, by request <code>${escaped(id)}</code>, for ${escaped(controller?.name ?? 'the operator of the site')}${
    controller?.contact ? `, <code>${escaped(controller.contact)}</code>` : ''
  }. The copy on the server is deleted after seven days.</p>
${known ? '' : '<p><strong>Nothing is kept that could be found by what you named.</strong> The files beside this page are empty.</p>'}
<h2>The files</h2>
<p>Each is JSON Lines: text, one record a line, readable by any editor and any program.</p>
<table>${rows(files.map(([name, said]) => [`<code>${name}</code>`, escaped(said)]))}</table>
<h2>What for, on which basis, for how long, and who may get it</h2>
<table><tr><th>Purpose</th><th>Basis</th><th>Kept</th><th>Data</th><th>Recipients</th></tr>
${rows(
  purposes
    .filter(({ always }) => always !== true)
    .map((purpose) => [
      escaped(purpose.id),
      escaped(purpose.basis ?? 'consent'),
      purpose.retentionDays === undefined ? '' : `${escaped(purpose.retentionDays)} days`,
      escaped((purpose.data ?? []).join(', ')),
      (purpose.recipients ?? []).map(nameOf).join(', ') || 'nobody',
    ]),
)}</table>
${policy?.links?.privacy ? `<p>The site’s notice: ${escaped(policy.links.privacy)}, version ${escaped(policy.version)}.</p>` : ''}
<h2>Who was given data about you</h2>
${
  recipients.length === 0
    ? '<p>Nobody.</p>'
    : `<table>${rows(recipients.map((one) => [nameOf(one.recipient), `${instant(one.firstAt)} to ${instant(one.lastAt)}`]))}</table>`
}
<h2>Where it comes from</h2>
<p>From the pages of the site, while you had permitted it; from the site’s own server (orders, your account); and from what the site imported. Each event says which: <code>sentBy</code>.</p>
<h2>How conclusions are drawn</h2>
<p>Events of one device are put together to visits: half an hour of rest ends one. A device belongs to the account that was logged in on it. An address that the site’s server proved joins what belongs to the same address. A cart that rests for an hour counts as left. Counts and sums are added up from the events. No decision that has legal or similar effect on you is taken by this program alone${
    purposes.some(({ automated }) => automated)
      ? '; purposes marked as automated are explained in the site’s notice'
      : ''
  }.</p>
<h2>What you agreed to</h2>
${consents.length === 0 ? '<p>No act of consent is connected with you here.</p>' : consents.map(consentSection).join('\n')}
<h2>Your rights</h2>
<p>You may have what is wrong corrected, have all of it erased, object to its use, and complain to a supervisory authority.</p>
</body></html>
`;
};
