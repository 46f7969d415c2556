// How a visitor came: reads campaign parameters, click ids and the referrer into one touch, by tables and in the order of
// GA4's default channel groups. Pure. It reads addresses before they are redacted and must hand on nothing of them but
// names of sources, mediums and campaigns, and a click id only with `marketing`.

import { getDomain, getDomainWithoutSuffix, getPublicSuffix } from 'tldts';
import type { Touch } from '../events/event.js';
import { recent } from '../store/recent.js';
import assistants from './lists/ai-assistants.json' with { type: 'json' };
import clicks from './lists/click-ids.json' with { type: 'json' };
import ga4 from './lists/ga4-sources.json' with { type: 'json' };
import passages from './lists/passages.json' with { type: 'json' };
import engines from './lists/search-engines.json' with { type: 'json' };
import networks from './lists/socials.json' with { type: 'json' };
import { redactText } from './redact/redact.js';

/** GA4's default channel groups, and one of our own for what came after them. Direct is not here: it is no touch. */
export const channels = [
  'Cross-network',
  'Paid Shopping',
  'Paid Search',
  'Paid Social',
  'Paid Video',
  'Display',
  'Paid Other',
  'AI Assistants',
  'Organic Shopping',
  'Organic Social',
  'Organic Video',
  'Organic Search',
  'Referral',
  'Email',
  'Affiliates',
  'Audio',
  'SMS',
  'Mobile Push Notifications',
  'Unassigned',
] as const;
export type Channel = (typeof channels)[number];

export interface TouchInput {
  /** As sent, before redaction: redaction takes the click ids away. */
  pageUrl: string | null;
  referrer: string | null;
  /** Segment's `context.campaign`; what the address says comes first. */
  campaign: unknown;
  /** Hosts or origins of the site itself, beside the host of `pageUrl`. */
  siteHosts: readonly string[];
  /** Without it click ids are not read at all, not even for what their presence tells. */
  marketing: boolean;
}

// ---------------------------------------------------------------------------------------------------------------------
// Sources

type Category = 'search' | 'social' | 'shopping' | 'video' | 'assistant' | 'email' | 'passage';

const hostsOf = (lists: Readonly<Record<string, string>>): string[] => Object.values(lists).join(' ').split(' ');

/** Later entries win: the lists overlap, and GA4's are the ones the channel rules were written for. */
const categories: ReadonlyMap<string, Category> = new Map(
  (
    [
      ['social', hostsOf(networks.hosts)],
      ['search', hostsOf(engines.hosts)],
      ['search', ga4.search.join(' ').split(' ')],
      ['social', ga4.social.join(' ').split(' ')],
      ['video', ga4.video.join(' ').split(' ')],
      ['shopping', ga4.shopping.join(' ').split(' ')],
      ['assistant', hostsOf(assistants.hosts)],
      ['social', passages.hosts.social.split(' ')],
      ['video', passages.hosts.video.split(' ')],
      ['shopping', passages.hosts.shopping.split(' ')],
      ['email', passages.hosts.email.split(' ')],
      ['passage', `${passages.hosts.passage.payment} ${passages.hosts.passage['sign-in']}`.split(' ')],
    ] as const
  ).flatMap(([category, hosts]) => hosts.map((host): [string, Category] => [host.replaceAll('+', ' '), category])),
);

/**
 * Names that campaigns use. Not all names of the lists: "Inbox", "Orange" or "You" is as likely to be a newsletter's, and
 * the rules look at the source before they look for e-mail.
 */
const names: ReadonlyMap<string, Category> = new Map([
  ...[...categories].filter(([host]) => !host.includes('.')),
  ...'fb ig insta x snap whatsapp threads discord telegram bluesky mastodon wechat weibo snapchat tiktok xing'
    .split(' ')
    .map((name): [string, Category] => [name, 'social']),
  ...'chatgpt openai claude copilot gemini perplexity deepseek grok mistral'
    .split(' ')
    .map((name): [string, Category] => [name, 'assistant']),
]);

/** Below these the registrable domain says too much: mail.google.com is no search, and a shop may live on t.me's. */
const inherited: ReadonlySet<Category> = new Set(['social', 'video', 'shopping', 'passage']);

interface Site {
  /** The registrable domain, or the host where there is none (localhost, an address, an app). */
  domain: string;
  /** `google` of www.google.co.uk. */
  label: string;
  category: Category | null;
}

const suffixes = { allowPrivateDomains: true } as const;

const bareHost = (host: string): string => (host.startsWith('www.') ? host.slice(4) : host);

const readSite = (host: string): Site => {
  const domain = getDomain(host, suffixes) ?? host;
  const label = getDomainWithoutSuffix(host, suffixes) ?? host;
  const suffix = getPublicSuffix(host, suffixes);
  const bare = bareHost(host);
  const wild = suffix !== null && bare.endsWith(`.${suffix}`) ? `${bare.slice(0, -suffix.length)}*` : null;
  const below = bare.indexOf('.');
  let category =
    categories.get(bare) ??
    categories.get(host) ??
    (wild === null ? undefined : categories.get(wild)) ??
    (below < 0 ? undefined : categories.get(`*${bare.slice(below)}`));
  if (category === undefined) {
    const ofDomain = categories.get(domain) ?? categories.get(`${label}.*`);
    if (ofDomain !== undefined && inherited.has(ofDomain)) category = ofDomain;
  }
  return { domain, label, category: category ?? null };
};

// Hosts only: whole referrers could name people, so they are not kept even here.
const sites = recent<string, Site>(4_000);

const siteOf = (host: string): Site => {
  let site = sites.get(host);
  if (site === undefined) {
    site = readSite(host);
    sites.set(host, site);
  }
  return site;
};

/** An app is named from the end: com.example has no registrable domain, though `.gm` and `.android` are suffixes. */
const isApp = /^\s*(?:android|ios)-app:/i;
const appOf = (host: string): Site => ({ domain: host, label: host, category: categories.get(host) ?? null });

const addressMaxChars = 8_192;
const hostShape = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}._-]{0,252}$|^\[[0-9a-f:.]+\]$/u;

const schemed = /^(?:(?:https?|android-app|ios-app):)?\/\//i;

/** The host of an address, of an app's (`android-app://com.example`), or a bare host; lower case, without its port. */
const hostOf = (address: string): string | null => {
  const text = address.length > addressMaxChars ? address.slice(0, addressMaxChars).trim() : address.trim();
  const start = text.startsWith('https://') ? 8 : (schemed.exec(text)?.[0].length ?? 0);
  let from = start;
  let colon = -1;
  let to = start;
  for (; to < text.length; to++) {
    const code = text.charCodeAt(to);
    // / ? # and the backslash end it, an @ ends the user before it, a colon begins the port.
    if (code === 0x2f || code === 0x3f || code === 0x23 || code === 0x5c) break;
    if (code === 0x40) {
      from = to + 1;
      colon = -1;
    } else if (code === 0x3a) colon = to;
    else if (code === 0x5d) colon = -1;
  }
  // Without a scheme it is a bare host or nothing: `about:blank`, `data:…` and paths are none.
  if (start === 0 && (to < text.length || from > 0)) return null;
  if (colon >= 0 && !/^\d{1,5}$/.test(text.slice(colon + 1, to))) return null;
  let end = colon >= 0 ? colon : to;
  if (end > from && text.charCodeAt(end - 1) === 0x2e) end--;
  const host = text.slice(from, end).toLowerCase();
  return hostShape.test(host) ? host : null;
};

/** The site's own name for a search engine, as GA4 gives it: google for google.de and images.google.com. */
const engineNames: ReadonlyMap<string, string> = new Map([
  ['ya.ru', 'yandex'],
  ['com.google.android.googlequicksearchbox', 'google'],
]);

// ---------------------------------------------------------------------------------------------------------------------
// Rules

const categoryOf = (source: string): Category | null => {
  const named = categories.get(source) ?? names.get(source);
  if (named !== undefined) return named;
  return source.includes('.') && hostShape.test(source) ? siteOf(source).category : null;
};

const paid = (medium: string): boolean =>
  medium.includes('cp') || medium === 'ppc' || medium === 'retargeting' || medium.startsWith('paid');
const shopCampaign = /(?:[^a-df-z]|^)shop|shopping/;
const oneOf = (...values: string[]): ReadonlySet<string> => new Set(values);
const displayMediums = oneOf('display', 'banner', 'expandable', 'interstitial', 'cpm');
const socialMediums = oneOf('social', 'social-network', 'social-media', 'sm', 'social network', 'social media');
const referralMediums = oneOf('referral', 'app', 'link');
const emailNames = oneOf('email', 'e-mail', 'e_mail', 'e mail');

interface Manual {
  source: string;
  medium: string;
  campaign: string;
  category: Category | null;
}

/** In order; the first that holds decides. Values are lower case, absent ones empty. */
const rules: readonly [Channel, (touch: Manual) => boolean][] = [
  ['Cross-network', ({ campaign }) => campaign.includes('cross-network')],
  ['Paid Shopping', (t) => paid(t.medium) && (t.category === 'shopping' || shopCampaign.test(t.campaign))],
  ['Paid Search', (t) => paid(t.medium) && t.category === 'search'],
  ['Paid Social', (t) => paid(t.medium) && t.category === 'social'],
  ['Paid Video', (t) => paid(t.medium) && t.category === 'video'],
  ['Display', ({ medium }) => displayMediums.has(medium)],
  ['Paid Other', ({ medium }) => paid(medium)],
  ['AI Assistants', (t) => t.category === 'assistant' && (t.medium === '' || referralMediums.has(t.medium))],
  ['Organic Shopping', (t) => t.category === 'shopping' || shopCampaign.test(t.campaign)],
  ['Organic Social', (t) => t.category === 'social' || socialMediums.has(t.medium)],
  ['Organic Video', (t) => t.category === 'video' || t.medium.includes('video')],
  ['Organic Search', (t) => t.category === 'search' || t.medium === 'organic'],
  ['Referral', ({ medium }) => referralMediums.has(medium)],
  ['Email', (t) => emailNames.has(t.source) || emailNames.has(t.medium)],
  ['Affiliates', ({ medium }) => medium === 'affiliate'],
  ['Audio', ({ medium }) => medium === 'audio'],
  ['SMS', ({ source, medium }) => source === 'sms' || medium === 'sms'],
  [
    'Mobile Push Notifications',
    ({ source, medium }) =>
      medium.endsWith('push') || medium.includes('mobile') || medium.includes('notification') || source === 'firebase',
  ],
];

/** The default channel group of a source, a medium and a campaign. */
export const readChannel = (source: string | null, medium: string | null, campaign: string | null): Channel => {
  const lower = (source ?? '').toLowerCase();
  const touch: Manual = {
    source: lower,
    medium: (medium ?? '').toLowerCase(),
    campaign: (campaign ?? '').toLowerCase(),
    category: lower === '' ? null : categoryOf(lower),
  };
  return rules.find(([, holds]) => holds(touch))?.[0] ?? 'Unassigned';
};

// ---------------------------------------------------------------------------------------------------------------------
// Reading

const valueMaxChars = 200;
const clickIdMaxChars = 500;
const parametersMax = 100;
const controls = /\p{Cc}+/gu;

/** A name that may be stored and shown: short, on one line, without an address that a mailing tool put into it. */
const clean = (value: unknown): string | null => {
  if (typeof value !== 'string') return null;
  const text = redactText(value.slice(0, 1_000).replace(controls, ' ').normalize('NFC').trim());
  return text.slice(0, valueMaxChars).trim() || null;
};
const lowered = (value: unknown): string | null => clean(value)?.toLowerCase() ?? null;

/** First non-empty value of each parameter, names in lower case. */
const parametersOf = (url: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const text = url.slice(0, addressMaxChars);
  const hash = text.indexOf('#');
  const address = hash < 0 ? text : text.slice(0, hash);
  const mark = address.indexOf('?');
  if (mark < 0) return found;
  for (const pair of address.slice(mark + 1).split('&', parametersMax)) {
    const equals = pair.indexOf('=');
    if (equals < 1 || equals === pair.length - 1) continue;
    const name = readable(pair.slice(0, equals)).toLowerCase();
    if (!found.has(name)) found.set(name, readable(pair.slice(equals + 1)));
  }
  return found;
};

const readable = (text: string): string => {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
};

interface Click {
  name: string;
  source: string | null;
  medium: string | null;
  channel: Channel | null;
  keep: boolean;
}

const clickIds: readonly Click[] = clicks.ids.map(([name, source, medium, channel, keep]) => ({
  name: name as string,
  source: source as string | null,
  medium: medium as string | null,
  channel: channel as Channel | null,
  keep: keep as boolean,
}));
/** Those whose value may be kept: what a page leaves in an address where `marketing` is granted. */
export const clickIdNames: readonly string[] = clickIds.filter(({ keep }) => keep).map(({ name }) => name);
const clickShape = /^[\w.~+/=:%!-]+$/;

/** The first of the table that tells a channel, else the first at all; with the value that may be kept. */
const readClick = (
  parameters: ReadonlyMap<string, string>,
  referrer: Site | null,
): { click: Click; clickId: string | null } | null => {
  let found: Click | null = null;
  let kept: string | null = null;
  for (const click of clickIds) {
    const value = parameters.get(click.name.toLowerCase());
    if (value === undefined || (click.name === 'si' && referrer?.label !== 'youtube' && referrer?.label !== 'youtu'))
      continue;
    if (found === null || (found.channel === null && click.channel !== null)) found = click;
    if (kept === null && click.keep && value.length <= clickIdMaxChars && clickShape.test(value))
      kept = `${click.name}=${value}`;
  }
  return found === null ? null : { click: found, clickId: kept };
};

const none = /^\((?:none|not set|direct)\)$/;

/** Where the campaign is told: in the address, else by the client. */
const readCampaign = (
  parameters: ReadonlyMap<string, string>,
  campaign: unknown,
): Omit<Touch, 'channel' | 'clickId'> => {
  const inAddress = {
    source: lowered(parameters.get('utm_source')),
    medium: lowered(parameters.get('utm_medium')),
    campaign: clean(parameters.get('utm_campaign') ?? parameters.get('utm_id')),
  };
  if (inAddress.source !== null || inAddress.medium !== null || inAddress.campaign !== null) return inAddress;
  if (typeof campaign !== 'object' || campaign === null) return inAddress;
  const own = (name: string): unknown =>
    Object.hasOwn(campaign, name) ? (campaign as Readonly<Record<string, unknown>>)[name] : undefined;
  return { source: lowered(own('source')), medium: lowered(own('medium')), campaign: clean(own('name') ?? own('id')) };
};

/** What the referrer alone says; null if it is the site itself, a passage, or nothing. */
const readReferrer = (
  host: string | null,
  site: Site | null,
  own: readonly string[],
): { source: string; medium: string; channel: Channel } | null => {
  if (host === null || site === null || site.category === 'passage') return null;
  for (const address of own) {
    const ownHost = hostOf(address);
    if (ownHost !== null && (ownHost === host || siteOf(ownHost).domain === site.domain)) return null;
  }
  switch (site.category) {
    case 'search':
      return { source: engineNames.get(host) ?? site.label, medium: 'organic', channel: 'Organic Search' };
    case 'email':
      // mail.google.com and gemini.google.com say more than google.com.
      return { source: bareHost(host), medium: 'email', channel: 'Email' };
    case 'assistant':
      return { source: bareHost(host), medium: 'referral', channel: 'AI Assistants' };
    case 'shopping':
      return { source: site.domain, medium: 'referral', channel: 'Organic Shopping' };
    case 'social':
      return { source: site.domain, medium: 'referral', channel: 'Organic Social' };
    case 'video':
      return { source: site.domain, medium: 'referral', channel: 'Organic Video' };
    default:
      return { source: site.domain, medium: 'referral', channel: 'Referral' };
  }
};

/**
 * A touch, or null where there is nothing to say: a page of the site led here, a payment or sign-in page sent the visitor
 * back, or nobody did. A campaign in the address counts even then, since somebody put it there on purpose.
 */
export const readTouch = (input: TouchInput): Touch | null => {
  const { pageUrl, referrer, siteHosts, marketing } = input;
  const parameters = pageUrl === null ? noParameters : parametersOf(pageUrl);
  const host = referrer === null || referrer === '' ? null : hostOf(referrer);
  const site = host === null ? null : isApp.test(referrer!) ? appOf(host) : siteOf(host);
  const told = readCampaign(parameters, input.campaign);
  const clicked = marketing && parameters.size > 0 ? readClick(parameters, site) : null;
  const clickId = clicked?.clickId ?? null;
  const referred = readReferrer(host, site, pageUrl === null ? siteHosts : [pageUrl, ...siteHosts]);

  if (told.source !== null || told.medium !== null || told.campaign !== null) {
    if (told.source !== null && none.test(told.source) && (told.medium === null || none.test(told.medium))) return null;
    // What the campaign leaves unsaid, the click or the referrer says, as long as they speak of the same source.
    const shown = clicked !== null && clicked.click.source !== null ? clicked.click : referred;
    const source = told.source ?? shown?.source ?? null;
    const medium = told.medium ?? (source === shown?.source ? (shown?.medium ?? null) : null);
    return { channel: readChannel(source, medium, told.campaign), source, medium, campaign: told.campaign, clickId };
  }
  if (clicked !== null) {
    const { source, medium, channel } = clicked.click;
    if (channel !== null) return { channel, source, medium, campaign: null, clickId };
    // fbclid: it came from Facebook, by whatever link. Better said by the referrer, where there is one.
    if (referred === null && source !== null) {
      return { channel: readChannel(source, medium, null), source, medium, campaign: null, clickId };
    }
  }
  return referred === null ? null : { ...referred, campaign: null, clickId };
};

const noParameters: ReadonlyMap<string, string> = new Map();
