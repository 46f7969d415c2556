// The port behind the profile routes and the dashboard: all that can be read. The embedded engine answers it from a
// read-only connection in a thread of its own, so that a slow page never stalls the door.

import type { ProofModel } from '../consent/ledger/proofs.js';
import type { PolicyReading } from '../consent/policy/releases.js';
import type { RightsReading } from '../consent/rights/view.js';
import type { DisclosureReading } from './disclose.js';
import type { KeptReading } from './kept.js';
import type { PeopleReading } from './reading.js';

/** As the connection answers. */
export type Readings = PeopleReading & KeptReading & PolicyReading & ProofModel & RightsReading & DisclosureReading;

/** The same, asked across threads. */
export type Reader = {
  [Name in keyof Readings]: (...args: Parameters<Readings[Name]>) => Promise<ReturnType<Readings[Name]>>;
};

/** A reader over whatever carries the question. */
export const readerOf = (
  names: readonly string[],
  ask: (name: string, args: readonly unknown[]) => Promise<unknown>,
): Reader =>
  Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => ask(name, args)])) as unknown as Reader;
