// A person in words: the name to call them by, how sure an identifier is, why an event is theirs, why identifiers are one.

import type { Merge, PersonSummary, Profile } from '../../contract/profile.js';
import type { Tone } from '../kit/badge.js';
import { legible } from '../kit/said.js';

interface Identified {
  type: string;
  value: string;
}

const firstOf = (identifiers: readonly Identified[], type: string): string | null =>
  identifiers.find((identifier) => identifier.type === type)?.value ?? null;

/** An anonymous id or a profile id, short enough to tell two apart. */
export const short = (id: string): string => (id.length > 12 ? id.slice(-8) : id);

/** A name, else the best identifier, else that somebody was here. */
export const callThem = (name: string | null, identifiers: readonly Identified[], id: string): string => {
  const known =
    name ?? firstOf(identifiers, 'email') ?? firstOf(identifiers, 'user_id') ?? firstOf(identifiers, 'phone');
  return known ?? `Visitor ${short(firstOf(identifiers, 'anonymous_id') ?? id)}`;
};

const word = (traits: Profile['traits'], name: string): string | null => {
  const value = Object.hasOwn(traits, name) ? traits[name]!.value : null;
  return typeof value === 'string' && value.trim() !== '' ? legible(value.trim(), 100) : null;
};
const nameOf = (traits: Profile['traits']): string | null => {
  const full = [word(traits, 'firstName'), word(traits, 'lastName')].filter((part) => part !== null).join(' ');
  return word(traits, 'name') ?? (full === '' ? null : full);
};
export const callProfile = (profile: Profile): string =>
  callThem(nameOf(profile.traits), profile.identifiers, profile.id);
export const callSummary = (person: PersonSummary): string => callThem(person.name, person.identifiers, person.id);

export const userIdOf = (profile: Profile): string | null => firstOf(profile.identifiers, 'user_id');

const types: Readonly<Record<string, string>> = {
  user_id: 'User',
  anonymous_id: 'Device',
  email: 'E-mail',
  phone: 'Phone',
};
export const typeWord = (type: string): string =>
  Object.hasOwn(types, type)
    ? types[type]!
    : type.startsWith('external:')
      ? legible(type.slice(9), 40)
      : legible(type, 40);

const assuranceWords: Readonly<Record<string, { word: string; tone: Tone; meaning: string }>> = {
  claimed: { word: 'claimed', tone: 'plain', meaning: 'A browser said so; nobody has checked it.' },
  transactional: {
    word: 'transactional',
    tone: 'accent',
    meaning: 'Your own server said so, with an order or an account.',
  },
  verified: { word: 'verified', tone: 'good', meaning: 'Proven: by a signed link, a login or a signature.' },
};
export const assuranceWord = (assurance: string) =>
  Object.hasOwn(assuranceWords, assurance)
    ? assuranceWords[assurance]!
    : { word: legible(assurance, 40), tone: 'plain' as const, meaning: '' };

const sources: Readonly<Record<string, string>> = { browser: 'a page', server: 'your server' };
export const sourceWord = (source: string): string =>
  Object.hasOwn(sources, source) ? sources[source]! : legible(source, 40);

const lifecycles: Readonly<Record<string, { word: string; tone: Tone }>> = {
  visitor: { word: 'Visitor', tone: 'plain' },
  lead: { word: 'Known, no order yet', tone: 'accent' },
  customer: { word: 'Customer', tone: 'good' },
  repeat_customer: { word: 'Repeat customer', tone: 'good' },
};
export const lifecycleWord = (lifecycle: string): { word: string; tone: Tone } =>
  Object.hasOwn(lifecycles, lifecycle)
    ? lifecycles[lifecycle]!
    : { word: legible(lifecycle.replaceAll('_', ' '), 40), tone: 'plain' };

/** R4, R7: in a few words beside the event, and in a sentence for who asks further. */
const owning: Readonly<Record<string, { word: string; sentence: string }>> = {
  named: { word: 'signed in', sentence: 'The event itself carries this person’s user id.' },
  session: { word: 'same visit', sentence: 'In the same visit on this device, this person signed in.' },
  before_first_named: {
    word: 'before signing in',
    sentence: 'It happened before anyone ever signed in on this device, and this person was the first to.',
  },
  device: { word: 'their device', sentence: 'This person is the only one who ever signed in on this device.' },
  own: { word: 'this device', sentence: 'Nobody can be named for it, so it belongs to the device it came from.' },
  order: { word: 'by order number', sentence: 'It names an order that this person placed.' },
  cart: { word: 'by cart', sentence: 'It names a cart that is this person’s.' },
  checkout: { word: 'by checkout', sentence: 'It names a checkout that this person began.' },
  email: { word: 'by e-mail', sentence: 'Your server sent it with this person’s e-mail address.' },
  phone: { word: 'by phone', sentence: 'Your server sent it with this person’s phone number.' },
  external: {
    word: 'by other id',
    sentence: 'Your server sent it with an id of another system that is this person’s.',
  },
  unowned: {
    word: 'owner unknown',
    sentence: 'What it names is not known yet; it is decided again when that arrives.',
  },
};
export const ownedWords = (because: string): { word: string; sentence: string } =>
  Object.hasOwn(owning, because) ? owning[because]! : { word: legible(because.replaceAll('_', ' '), 40), sentence: '' };

/** R3, R5, R11, R12: what made two identifiers one person. */
const joining: Readonly<Record<string, { title: string; sentence: string }>> = {
  identify: { title: 'Signed in on this device', sentence: 'This user id was named on this device.' },
  alias: { title: 'Called by another id', sentence: 'Your server said that the first id is now called by the second.' },
  staff: { title: 'Joined by staff', sentence: 'Someone decided here that these two are one person.' },
  email: { title: 'Same e-mail address', sentence: 'Your server used the same address for both.' },
  phone: { title: 'Same phone number', sentence: 'Your server used the same number for both.' },
  external: { title: 'Same id in another system', sentence: 'Your server used the same id for both.' },
};
export const joinWords = ({ reason }: Pick<Merge, 'reason'>): { title: string; sentence: string } =>
  Object.hasOwn(joining, reason) ? joining[reason]! : { title: legible(reason.replaceAll('_', ' '), 60), sentence: '' };

export const purposeWords: Readonly<Record<string, string>> = {
  measurement: 'Measurement',
  personalisation: 'Personalisation',
  marketing: 'Marketing',
  sharing: 'Sharing',
};
export const consentWords: Readonly<Record<string, { word: string; tone: Tone }>> = {
  granted: { word: 'yes', tone: 'good' },
  denied: { word: 'no', tone: 'private' },
  unset: { word: 'not asked', tone: 'plain' },
};
