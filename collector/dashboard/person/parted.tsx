// What an undo has told apart between two people who are about to be joined (R12), and what joining them does to it: said
// before the press, since an undo is for good and the act alone would not say so. Decides nothing.

import type { FC } from 'hono/jsx';
import type { Merge, Profile } from '../../contract/profile.js';
import { Notice } from '../kit/panel.js';
import { Time } from '../kit/time.js';
import { Identifier } from './known.js';

type Known = Merge['identifiers'][number];

export interface Parting {
  id: string;
  identifiers: readonly Known[];
  undoneAt: string;
  /** Two user ids: nothing joins them again. */
  isFinal: boolean;
}

interface Side {
  profile: Profile;
  merges: readonly Merge[];
}

/** The latest first. Of each undone merge, whether one of its identifiers is here and the other there. */
export const partingsOf = (here: Side, there: Side): Parting[] => {
  const has = ({ profile }: Side, { type, value }: Known): boolean =>
    profile.identifiers.some((one) => one.type === type && one.value === value);
  const found = new Map<string, Parting>();
  for (const { id, identifiers, undoneAt } of [...here.merges, ...there.merges]) {
    const [one, other] = identifiers;
    if (undoneAt === null || !one || !other) continue;
    // A profile lists a few of its identifiers, and each merge is in the list of all it is about.
    const isBoths = [here, there].every(({ merges }) => merges.some((merge) => merge.id === id));
    if (isBoths || (has(here, one) && has(there, other)) || (has(here, other) && has(there, one)))
      found.set(id, { id, identifiers, undoneAt, isFinal: identifiers.every(({ type }) => type === 'user_id') });
  }
  return [...found.values()].sort((a, b) => (a.undoneAt < b.undoneAt ? 1 : -1));
};

/** What becomes of it. A device's visits without a name are their own; an address's are whose the address is. */
const outcome = ({ identifiers, isFinal }: Parting): string =>
  isFinal
    ? 'An undo is for good: they stay two people, whatever is pressed here and whatever comes in.'
    : identifiers.some(({ type }) => type === 'anonymous_id')
      ? 'That stays so for what was done there without a name; what the other user did there comes along.'
      : 'That stays so: what is known by it alone, a guest’s order for example, will be of neither of the two.';

export const Parted: FC<{ partings: readonly Parting[] }> = ({ partings }) =>
  partings.length === 0 ? null : (
    <Notice tone="warn">
      <p>
        <b>Staff told these apart before:</b>
      </p>
      {partings.map((parting) => (
        <p>
          {parting.identifiers.map(({ type, value }, index) => (
            <>
              {index > 0 && ' and '}
              <Identifier type={type} value={value} />
            </>
          ))}
          , <Time at={parting.undoneAt} />. {outcome(parting)}
        </p>
      ))}
    </Notice>
  );
