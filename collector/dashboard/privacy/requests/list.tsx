// What people ask for, newest first, and the form to ask with on somebody's behalf.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { type RightsRequest, type Standing, standings } from '../../../consent/rights/view.js';
import { type House, queryOf, type Staffed, tokenOf } from '../../frame.js';
import { Empty, Panel } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { type Column, More, Row, Table } from '../../kit/table.js';
import { Time } from '../../kit/time.js';
import { respondRoom } from '../room.js';
import { Ask } from './asking.js';
import { Due, Far, here, isOpen, kindWords, pathOf, whoAsked } from './standing.js';

const shownMax = 30;

const standingWords: Readonly<Record<Standing, string>> = { open: 'Open', failed: 'Failed', closed: 'Closed' };
const isAmong = <Name extends string>(names: readonly Name[], name: string | null): name is Name =>
  name !== null && (names as readonly string[]).includes(name);
const requestKinds = Object.keys(kindWords) as RightsRequest['kind'][];

const columns: readonly Column[] = [
  { name: 'Asked' },
  { name: 'What' },
  { name: 'By' },
  { name: 'State' },
  { name: 'Due' },
];

const Filters: FC<{ kind: string | null; standing: string | null }> = ({ kind, standing }) => (
  <form method="get" action={here} class="stack row filter">
    <div>
      <label for="kind">What</label>
      <select id="kind" name="kind">
        <option value="">Everything</option>
        {requestKinds.map((name) => (
          <option value={name} selected={name === kind}>
            {kindWords[name]}
          </option>
        ))}
      </select>
    </div>
    <div>
      <label for="state">State</label>
      <select id="state" name="state">
        <option value="">Any</option>
        {standings.map((name) => (
          <option value={name} selected={name === standing}>
            {standingWords[name]}
          </option>
        ))}
      </select>
    </div>
    <button type="submit">Show</button>
  </form>
);

/** The list, and the form to ask with. */
export const requestList = (house: House): Hono<Staffed> => {
  const { reader, now } = house;
  const app = new Hono<Staffed>();

  app.get(here, async (c) => {
    const [kindAsked, stateAsked] = [queryOf(c, 'kind', 20), queryOf(c, 'state', 20)];
    const kind = isAmong(requestKinds, kindAsked) ? kindAsked : null;
    const standing = isAmong(standings, stateAsked) ? stateAsked : null;
    const { items, next } = await reader.requests({
      kind,
      standing,
      now: now(),
      limit: shownMax,
      cursor: queryOf(c, 'after', 200),
    });
    return respondRoom(
      c,
      house,
      { title: 'Requests', here },
      <>
        <h1>Requests</h1>
        <Filters kind={kind} standing={standing} />
        <Panel id="list" title="Newest first">
          {items.length === 0 && (kind !== null || standing !== null) ? (
            <Empty title="No request is like this.">
              <p>
                <a href={here}>Show all of them</a>
              </p>
            </Empty>
          ) : items.length === 0 ? (
            <Empty title="Nobody has asked for anything yet.">
              <p>
                Requests come from people themselves, through the preferences of the banner, from your server with a key
                of the role <code>privacy</code>, and from the form below.
              </p>
            </Empty>
          ) : (
            <Table label="Requests, newest first" columns={columns}>
              {items.map((request) => (
                <Row
                  columns={columns}
                  rowKey={request.id}
                  cells={[
                    <Time at={request.requestedAt} />,
                    <a href={pathOf(request.id)}>
                      {kindWords[request.kind]} <Said text={request.id} charsMax={12} mono />
                    </a>,
                    <Said text={whoAsked(house, request.by)} charsMax={40} />,
                    <Far request={request} />,
                    isOpen(request) || request.state === 'failed' ? <Due request={request} /> : null,
                  ]}
                />
              ))}
            </Table>
          )}
          {next !== null && (
            <More href={`${here}?${new URLSearchParams({ kind: kind ?? '', state: standing ?? '', after: next })}`} />
          )}
        </Panel>
        <Panel id="ask" title="On somebody’s behalf">
          <Ask csrf={tokenOf(c, house)} />
        </Panel>
      </>,
    );
  });
  return app;
};
