// Everything one person's page shows, read together. Bounded: a page is for eyes, the API is for the rest.

import type {
  Cart,
  EventItem,
  Merge,
  Order,
  Page,
  Profile,
  SessionItem,
  SuggestedMatch,
} from '../../contract/profile.js';
import { askedBy, type House, pageOf, versionOf } from '../frame.js';
import { callProfile, userIdOf } from '../words/person.js';

const eventsShown = 80;
const sessionsRead = 200;
export const cartsShown = 20;
export const ordersShown = 20;
const mergesShown = 100;
const suggestionsShown = 10;

export interface Suggestion {
  match: SuggestedMatch;
  name: string;
  /** null: a visitor without an account, whom nobody can join by hand. */
  userId: string | null;
}

export interface PersonRead {
  profile: Profile;
  events: Page<EventItem>;
  sessions: readonly SessionItem[];
  carts: Page<Cart>;
  orders: Page<Order>;
  merges: readonly Merge[];
  suggestions: readonly Suggestion[];
}

const none = { items: [], next: null };

export const readPerson = async (house: House, id: string, before: string | null): Promise<PersonRead | null> => {
  const { reader } = house;
  const [profile, events, sessions, carts, orders, merges, matches] = await Promise.all([
    reader.profile(id, askedBy(house)),
    reader.events(id, pageOf(house, eventsShown, before)),
    reader.sessions(id, pageOf(house, sessionsRead)),
    reader.carts(id, pageOf(house, cartsShown)),
    reader.orders(id, pageOf(house, ordersShown)),
    reader.merges(id, pageOf(house, mergesShown)),
    reader.suggestions(id, askedBy(house)),
  ]);
  if (profile === null) return null;
  const suggestions = await Promise.all(
    matches.slice(0, suggestionsShown).map(async (match): Promise<Suggestion | null> => {
      const other = await reader.profile(match.profileId, askedBy(house));
      return other && { match, name: callProfile(other), userId: userIdOf(other) };
    }),
  );
  return {
    profile,
    events: events ?? none,
    sessions: sessions?.items ?? [],
    carts: carts ?? none,
    orders: orders ?? none,
    merges: merges?.items ?? [],
    suggestions: suggestions.filter((suggestion) => suggestion !== null),
  };
};

/** What an open page asks several times a second: whether anything a person's page shows has changed. */
export const versionOfPerson = async ({ reader, ...house }: House, id: string): Promise<string | null> => {
  const [profile, events, merges] = await Promise.all([
    reader.profile(id, askedBy(house)),
    reader.events(id, pageOf(house, 3)),
    reader.merges(id, pageOf(house, mergesShown)),
  ]);
  if (profile === null) return null;
  return versionOf([
    profile,
    events?.items.map(({ messageId, ownedBecause, sessionId }) => [messageId, ownedBecause, sessionId]),
    merges?.items.map((merge) => [merge.id, merge.undoneAt]),
  ]);
};
