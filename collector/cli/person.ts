// Whom a command is about: one identifier, given by an option; and what is kept of people.

import type { ErasureSubject } from '../consent/rights/erase.js';
import { Failure } from './failure.js';

export interface PersonAsked {
  user?: string;
  anonymous?: string;
  email?: string;
  phone?: string;
  profile?: string;
}
/** What can be written of them. */
export const kinds = ['profiles', 'events', 'sessions', 'carts', 'orders'] as const;
export type Kind = (typeof kinds)[number];
type Subject = Exclude<ErasureSubject, { visitorId: string }>;

/** What somebody is called at the routes, by the option's name. */
const names = {
  user: 'userId',
  anonymous: 'anonymousId',
  email: 'email',
  phone: 'phone',
  profile: 'profileId',
} as const;

export const personOptions: readonly (readonly [string, string])[] = [
  ['--user <id>', 'by user id'],
  ['--anonymous <id>', 'by the anonymous id of a device'],
  ['--email <address>', 'by e-mail address'],
  ['--phone <number>', 'by phone number, E.164'],
  ['--profile <id>', 'by profile id, present or former'],
];

/** null = nobody was named. */
export const personOf = (asked: PersonAsked): Subject | null => {
  const given = (Object.keys(names) as (keyof typeof names)[]).filter((option) => asked[option] !== undefined);
  if (given.length > 1)
    throw new Failure(
      'usage',
      `One person at a time: --${given.join(' and --')} were given.`,
      'Name the person by one identifier.',
    );
  const [option] = given;
  return option === undefined ? null : ({ [names[option]]: asked[option] } as unknown as Subject);
};
