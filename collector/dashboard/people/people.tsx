// The room of people: all of them, those seen last first, or those whose identifier begins with what was typed.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { PersonSummary } from '../../contract/profile.js';
import { type House, noteRead, pageOf, queryOf, respondPage, type Staffed, segment } from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, More, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { Money, Revenue } from '../money.js';
import { cartStateWord } from '../words/cart.js';
import { callSummary, short, typeWord } from '../words/person.js';
import { SearchForm } from './search.js';

const pageSize = 30;

export const personPath = (id: string): string => `/people/${segment(id)}`;

const columns: readonly Column[] = [
  { name: 'Person' },
  { name: 'Identifiers' },
  { name: 'Last seen' },
  { name: 'Orders', end: true },
  { name: 'Revenue', end: true },
  { name: 'Cart' },
];

const Identifiers: FC<{ identifiers: PersonSummary['identifiers'] }> = ({ identifiers }) => (
  <ul class="ids">
    {identifiers.map(({ type, value }) => (
      <li>
        <span class="soft">{typeWord(type)}</span>{' '}
        <Said text={type === 'anonymous_id' ? short(value) : value} charsMax={60} mono={type === 'anonymous_id'} />
      </li>
    ))}
  </ul>
);

const PersonRow: FC<{ person: PersonSummary }> = ({ person }) => {
  const cart = person.cartState === null ? null : cartStateWord(person.cartState);
  return (
    <Row
      columns={columns}
      rowKey={person.id}
      cells={[
        <a class="name" href={personPath(person.id)}>
          <Said text={callSummary(person)} charsMax={60} />
        </a>,
        <Identifiers identifiers={person.identifiers} />,
        person.lastSeenAt === null ? null : <Time at={person.lastSeenAt} as="ago" />,
        person.orders === 0 ? <span class="soft">0</span> : String(person.orders),
        person.revenue.length === 0 ? <span class="soft">–</span> : <Revenue revenue={person.revenue} />,
        cart === null ? null : (
          <>
            <Badge tone={cart.tone}>{cart.word}</Badge>{' '}
            {person.cartValueMinor !== null && <Money minor={person.cartValueMinor} currency={person.currency} />}
          </>
        ),
      ]}
    />
  );
};

export const people = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get('/people', async (c) => {
    const find = queryOf(c, 'find', 200);
    const cursor = queryOf(c, 'after', 500);
    const { items, next } = await house.reader.people(find ?? '', pageOf(house, pageSize, cursor));
    if (items.length > 0)
      noteRead(
        c,
        house,
        'people.list',
        items.map(({ id }) => id),
        find === null ? null : 'searched',
      );
    const more = new URLSearchParams({ ...(find !== null && { find }), ...(next !== null && { after: next }) });
    return respondPage(
      c,
      house,
      { title: find === null ? 'People' : 'People found', room: '/people' },
      <>
        <h1>People</h1>
        <SearchForm where="page" find={find} />
        <Panel
          id="people"
          title={find === null ? (cursor === null ? 'Seen last' : 'Seen before') : `Found`}
          aside={find !== null && <a href="/people">Show everybody</a>}
        >
          {items.length > 0 ? (
            <Table label="People" columns={columns} id="people-rows">
              {items.map((person) => (
                <PersonRow person={person} />
              ))}
            </Table>
          ) : find === null ? (
            <Empty title="Nobody yet.">
              <p>
                The first visitor who consents shows up here. <a href="/">How to get the first event</a>
              </p>
            </Empty>
          ) : (
            <Empty title="Nobody has this identifier.">
              <p>
                Looked for “<Said text={find} />” as a user id, e-mail, phone number, device id, order number and
                profile id. Beginnings count, except of order numbers.
              </p>
            </Empty>
          )}
          {next !== null && <More href={`/people?${more}`} />}
        </Panel>
      </>,
    );
  });
  return app;
};
