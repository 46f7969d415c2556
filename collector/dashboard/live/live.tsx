// The room of what reaches the door: a row an event, newest first, with its verdict and, where it was refused, why and what
// to do. Holds no property of an event: the port behind it hands out none.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { LiveEvent } from '../../contract/profile.js';
import {
  askedBy,
  type House,
  noteRead,
  queryOf,
  respondPage,
  type StaffContext,
  type Staffed,
  viewOf,
} from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Icon, type IconName } from '../kit/icon.js';
import { Empty } from '../kit/panel.js';
import { Said, Words } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { ViewOf } from '../kit/view.js';
import { personPath } from '../people/people.js';
import { SearchForm } from '../people/search.js';
import { trackIcon } from '../words/event.js';
import { callProfile } from '../words/person.js';
import { refusalReason, type Verdict, verdictWords, warningReason } from '../words/verdict.js';
import { TurnedAwayPanel } from './turned-away.js';

const shownMax = 100;
/** Refused ones may be far apart: so many are looked through for them. */
const lookedThroughMax = 1_000;
/** Names are a read each. */
const namedMax = 40;
const pollMs = 700;

const filters = ['all', 'accepted', 'refused', 'held', 'dropped', 'rejected'] as const;
type Filter = (typeof filters)[number];
const isFilter = (value: string | null): value is Filter => (filters as readonly (string | null)[]).includes(value);
const passes = (filter: Filter, verdict: Verdict): boolean =>
  filter === 'all' || (filter === 'refused' ? verdict !== 'accepted' && verdict !== 'duplicate' : filter === verdict);
const filterWord = (filter: Filter): string =>
  filter === 'all' ? 'All' : filter === 'refused' ? 'All refused' : verdictWords[filter].word;

const typeWords: Readonly<Record<string, { word: string; icon: IconName }>> = {
  page: { word: 'Page view', icon: 'page' },
  screen: { word: 'Screen', icon: 'mobile' },
  identify: { word: 'Identify', icon: 'person' },
  alias: { word: 'Alias', icon: 'person' },
  group: { word: 'Group', icon: 'person' },
  track: { word: 'Event', icon: 'other' },
};

const columns: readonly Column[] = [
  { name: 'When' },
  { name: 'Verdict' },
  { name: 'Event' },
  { name: 'Page' },
  { name: 'Person' },
  { name: 'Why' },
];

type Names = ReadonlyMap<string, string>;

const What: FC<{ event: LiveEvent }> = ({ event }) => {
  const known = event.type !== null && Object.hasOwn(typeWords, event.type) ? typeWords[event.type]! : null;
  const name = event.type === 'track' ? event.name : null;
  return (
    <span class="what">
      <Icon name={name === null ? (known?.icon ?? 'other') : trackIcon(name)} />
      <span class={name === 'Page Engaged' ? 'soft' : undefined}>
        {name === null ? (known?.word ?? 'Unreadable') : <Said text={name} charsMax={80} />}
        {event.type === 'page' && event.name !== null && event.name !== '' && (
          <span class="soft">
            {' '}
            <Said text={event.name} charsMax={60} />
          </span>
        )}
      </span>
    </span>
  );
};

const Why: FC<{ event: LiveEvent }> = ({ event }) => {
  const reason = event.code === null ? null : refusalReason(event.code);
  return (
    <>
      {reason !== null && (
        <p>
          <Words text={reason.meaning} />{' '}
          {reason.hint !== null && (
            <span class="soft">
              <Words text={reason.hint} />
            </span>
          )}{' '}
          <span class="soft">
            <Said text={event.code!} charsMax={60} mono />
          </span>
          {event.path !== null && event.path !== '' && (
            <>
              {' '}
              at <Said text={event.path} charsMax={80} mono />
            </>
          )}
        </p>
      )}
      {event.warnings.map((code) => (
        <p>
          <Badge tone="warn">Look</Badge> <Words text={warningReason(code).meaning} />
        </p>
      ))}
    </>
  );
};

const LiveRow: FC<{ event: LiveEvent; names: Names }> = ({ event, names }) => {
  const { word, tone } = verdictWords[event.verdict];
  const isSilent = event.code === null && event.warnings.length === 0;
  return (
    <Row
      columns={columns}
      rowKey={String(event.seq)}
      cells={[
        <Time at={event.receivedAt} as="ago" />,
        <Badge tone={tone}>{word}</Badge>,
        <What event={event} />,
        event.pagePath === null ? null : <Said text={event.pagePath} charsMax={80} mono />,
        event.profileId === null ? null : (
          <a href={personPath(event.profileId)}>
            <Said text={names.get(event.profileId) ?? 'Open the person'} charsMax={50} />
          </a>
        ),
        isSilent ? null : <Why event={event} />,
      ]}
    />
  );
};

export const live = (house: House): Hono<Staffed> => {
  const { reader } = house;
  const app = new Hono<Staffed>();

  const namesOf = async (events: readonly LiveEvent[]): Promise<Names> => {
    const ids = [...new Set(events.map((event) => event.profileId).filter((id) => id !== null))].slice(0, namedMax);
    const profiles = await Promise.all(ids.map((id) => reader.profile(id, askedBy(house))));
    return new Map(
      profiles.flatMap((profile, index) => (profile ? [[ids[index]!, callProfile(profile)] as const] : [])),
    );
  };

  /** `seq`: of the newest looked at, shown or not. */
  const read = async (filter: Filter, after: number) => {
    const looked = await reader.live(after, filter === 'all' ? shownMax : lookedThroughMax);
    const events = looked.filter((event) => passes(filter, event.verdict)).slice(0, shownMax);
    return { events, names: await namesOf(events), seq: looked[0]?.seq ?? after };
  };

  const noteNames = (c: StaffContext, names: Names): void => {
    if (names.size > 0) noteRead(c, house, 'live.read', [...names.keys()]);
  };

  app.get('/live', async (c) => {
    const wanted = queryOf(c, 'verdict');
    const filter = isFilter(wanted) ? wanted : 'all';
    const { events, names, seq } = await read(filter, 0);
    noteNames(c, names);
    return respondPage(
      c,
      house,
      { title: 'Live', room: '/live', bar: <SearchForm where="bar" find={null} /> },
      <>
        <div class="head">
          <h1>Live</h1>
          <p class="head-state">
            <span id="live-state" class="soft">
              The newest events as of now.{' '}
              <a href={filter === 'all' ? '/live' : `/live?verdict=${filter}`}>Look again</a>
            </span>
            <button type="button" id="pause" class="quiet" hidden>
              Pause
            </button>
          </p>
        </div>
        <nav aria-label="Verdicts" class="filters">
          <ul>
            {filters.map((name) => (
              <li>
                <a
                  href={name === 'all' ? '/live' : `/live?verdict=${name}`}
                  aria-current={name === filter ? 'true' : undefined}
                >
                  {filterWord(name)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <TurnedAwayPanel list={house.turnedAway?.() ?? null} origins={house.origins} />
        <section id="live" class="panel" aria-label="Events">
          <div
            data-live={`/live/rows?verdict=${filter}`}
            data-seq={String(seq)}
            data-every={String(pollMs)}
            data-most={String(shownMax)}
          >
            <div id="live-empty" hidden={events.length > 0}>
              <Empty title={filter === 'all' ? 'No event has reached the door yet.' : 'None of these, lately.'}>
                {filter === 'all' ? (
                  <p>
                    They show up here within a second. <a href="/">How to get the first event</a>
                    {house.links.demo !== null && (
                      <>
                        {' '}
                        or <a href={house.links.demo}>visit the demo shop</a>
                      </>
                    )}
                  </p>
                ) : (
                  <p>Looked through the last {lookedThroughMax} events.</p>
                )}
              </Empty>
            </div>
            <div id="live-rows" hidden={events.length === 0}>
              <Table label="Events, newest first" columns={columns} id="rows">
                {events.map((event) => (
                  <LiveRow event={event} names={names} />
                ))}
              </Table>
            </div>
          </div>
        </section>
      </>,
    );
  });

  // For the page's own script: the rows that are newer than the last one it saw.
  app.get('/live/rows', async (c) => {
    const wanted = queryOf(c, 'verdict');
    const after = Number(queryOf(c, 'after') ?? 0);
    if (!Number.isSafeInteger(after) || after < 0) return c.text('after: a whole number.', 400);
    const { events, names, seq } = await read(isFilter(wanted) ? wanted : 'all', after);
    c.header('X-Weft-Seq', String(seq));
    c.header('X-Weft-Turned-Away', String(house.turnedAway?.().count ?? 0));
    if (events.length === 0) return c.body(null, 204);
    noteNames(c, names);
    return c.html(
      String(
        <ViewOf value={viewOf(c, house.now())}>
          {events.map((event) => (
            <LiveRow event={event} names={names} />
          ))}
        </ViewOf>,
      ),
    );
  });
  return app;
};
