// What is known of a person, by whose word, and under which names.

import type { FC } from 'hono/jsx';
import type { Profile } from '../../contract/profile.js';
import { Badge } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { inspect } from '../words/event.js';
import { assuranceWord, short, sourceWord, typeWord } from '../words/person.js';
import type { Thread } from './timeline.js';

export const Assurance: FC<{ assurance: string }> = ({ assurance }) => {
  const { word, tone } = assuranceWord(assurance);
  return <Badge tone={tone}>{word}</Badge>;
};

const traitColumns: readonly Column[] = [{ name: 'Trait' }, { name: 'Value' }, { name: 'Said by' }, { name: 'When' }];
export const Traits: FC<{ traits: Profile['traits'] }> = ({ traits }) => {
  const entries = Object.entries(traits).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <Panel id="traits" title="Traits">
      {entries.length === 0 ? (
        <Empty title="Nothing has been said about them yet." />
      ) : (
        <Table label="Traits" columns={traitColumns}>
          {entries.map(([name, trait]) => (
            <Row
              columns={traitColumns}
              rowKey={name}
              cells={[
                <Said text={name} charsMax={60} />,
                <Said text={inspect(trait.value)} charsMax={300} />,
                <>
                  {sourceWord(trait.source)} <Assurance assurance={trait.assurance} />
                </>,
                <Time at={trait.at} as="ago" />,
              ]}
            />
          ))}
        </Table>
      )}
    </Panel>
  );
};

const identifierColumns: readonly Column[] = [
  { name: 'Identifier' },
  { name: 'Assurance' },
  { name: 'First seen' },
  { name: 'Last seen' },
];
export const Identifiers: FC<{
  identifiers: Profile['identifiers'];
  spellings: NonNullable<Profile['spellings']>;
  claims: NonNullable<Profile['claims']>;
  threads: ReadonlyMap<string, Thread>;
}> = ({ identifiers, spellings, claims, threads }) => (
  <Panel id="identifiers" title="Identifiers">
    <Table label="Identifiers" columns={identifierColumns}>
      {identifiers.map(({ type, value, assurance, firstSeenAt, lastSeenAt }) => {
        const spelling = spellings.find((one) => one.type === type && one.value === value)?.spelling;
        const thread = type === 'anonymous_id' ? threads.get(value) : undefined;
        return (
          <Row
            columns={identifierColumns}
            rowKey={`${type} ${value}`}
            cells={[
              <>
                <span class={thread === undefined ? 'soft' : `soft thread-name thread-${thread.colour}`}>
                  {typeWord(type)}
                  {thread !== undefined && ` ${thread.letter}`}
                </span>{' '}
                <Said text={value} charsMax={120} mono={type === 'anonymous_id'} />
                {spelling !== undefined && (
                  <span class="soft">
                    {' written '}
                    <Said text={spelling} charsMax={120} />
                  </span>
                )}
              </>,
              <Assurance assurance={assurance} />,
              <Time at={firstSeenAt} as="ago" />,
              <Time at={lastSeenAt} as="ago" />,
            ]}
          />
        );
      })}
    </Table>
    {claims.length > 0 && (
      <p class="soft">
        Claimed without proof, so nothing of theirs is here:{' '}
        {claims.map(({ userId }, index) => (
          <>
            {index > 0 && ', '}
            <Said text={userId} charsMax={120} />
          </>
        ))}
      </p>
    )}
  </Panel>
);

export const Identifier: FC<{ type: string; value: string; link?: boolean }> = ({ type, value, link = false }) => {
  const shown = (
    <Said text={type === 'anonymous_id' ? short(value) : value} charsMax={80} mono={type === 'anonymous_id'} />
  );
  return (
    <span class="identifier">
      <span class="soft">{typeWord(type)}</span>{' '}
      {link ? <a href={`/people?${new URLSearchParams({ find: value })}`}>{shown}</a> : shown}
    </span>
  );
};
