// Why all of it is one person, and who else might be the same.

import { createContext, type FC, useContext } from 'hono/jsx';
import type { Merge, Profile } from '../../contract/profile.js';
import { segment } from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Icon } from '../kit/icon.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { Time } from '../kit/time.js';
import { personPath } from '../people/people.js';
import { joinWords, typeWord, userIdOf } from '../words/person.js';
import { Assurance, Identifier } from './known.js';
import type { PersonRead, Suggestion } from './read.js';

export const undoPath = (profileId: string, merge: Pick<Merge, 'id'>): string =>
  `${personPath(profileId)}/merges/${segment(merge.id)}/undo`;

/** Whether whoever looks may undo, join, erase and carry away (site/permissions.ts): links to what they may not are left out. */
export const acting = createContext(false);

const MergeBlock: FC<{ merge: Merge; profileId: string }> = ({ merge, profileId }) => {
  const mayAct = useContext(acting);
  const { title, sentence } = joinWords(merge);
  const isUndone = merge.undoneAt !== null;
  return (
    <li class={isUndone ? 'block undone' : 'block'} data-key={merge.id}>
      <div class="block-head">
        <b>{title}</b>
        {isUndone ? (
          <Badge>Undone</Badge>
        ) : (
          mayAct && (
            <a class="button quiet" href={undoPath(profileId, merge)}>
              <Icon name="undo" /> Undo…
            </a>
          )
        )}
      </div>
      <p class="joined">
        {merge.identifiers.map(({ type, value }, index) => (
          <>
            {index > 0 && <Icon name="link" />}
            <Identifier type={type} value={value} link={isUndone} />
          </>
        ))}
      </p>
      <p class="soft small">
        {sentence} <Time at={merge.at} />
        {isUndone && (
          <>
            . Undone by staff <Time at={merge.undoneAt!} />; they are told apart from then on.
          </>
        )}
      </p>
    </li>
  );
};

export const Why: FC<{ read: PersonRead }> = ({ read }) => {
  const { merges, profile } = read;
  return (
    <Panel id="why" title="Why they are one person">
      {merges.length === 0 ? (
        <Empty title="Nothing was joined.">
          <p>
            {profile.identifiers.length === 1
              ? 'Everything here comes from one identifier.'
              : 'What else names them came with what they did on their own device, or with their own orders.'}
          </p>
        </Empty>
      ) : (
        <ul class="blocks">
          {merges.map((merge) => (
            <MergeBlock merge={merge} profileId={profile.id} />
          ))}
        </ul>
      )}
    </Panel>
  );
};

export const joinPath = (profileId: string, other: string): string =>
  `${personPath(profileId)}/join?${new URLSearchParams({ with: other })}`;

const SuggestionBlock: FC<{ suggestion: Suggestion; profile: Profile }> = ({ suggestion, profile }) => {
  const { match, name, userId } = suggestion;
  const mine = userIdOf(profile);
  const mayAct = useContext(acting);
  return (
    <li class="block" data-key={match.profileId}>
      <div class="block-head">
        <a class="name" href={personPath(match.profileId)}>
          <Said text={name} charsMax={60} />
        </a>
        {mayAct && mine !== null && userId !== null && (
          <a class="button quiet" href={joinPath(profile.id, match.profileId)}>
            <Icon name="link" /> Join…
          </a>
        )}
      </div>
      <p>
        Both have the {typeWord(match.type).toLowerCase()} <Said text={match.value} charsMax={80} />: here{' '}
        <Assurance assurance={match.here} />, there <Assurance assurance={match.there} />.
      </p>
      <p class="soft small">
        {mine !== null && userId !== null
          ? 'Two accounts that share it stay two people unless you say otherwise.'
          : match.here === 'claimed' || match.there === 'claimed'
            ? 'A browser’s word alone joins nobody. They become one by themselves when the person signs in, or when your server confirms it.'
            : 'One of them has no account, so they can’t be joined by hand. They become one when the person signs in.'}
      </p>
    </li>
  );
};

export const Suggestions: FC<{ read: PersonRead }> = ({ read }) =>
  read.suggestions.length === 0 ? null : (
    <Panel id="suggestions" title="Perhaps the same person">
      <ul class="blocks">
        {read.suggestions.map((suggestion) => (
          <SuggestionBlock suggestion={suggestion} profile={read.profile} />
        ))}
      </ul>
    </Panel>
  );
