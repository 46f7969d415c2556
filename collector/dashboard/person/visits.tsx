// What a person did, visit by visit, on which device.

import type { FC } from 'hono/jsx';
import { Icon } from '../kit/icon.js';
import { Empty, Panel } from '../kit/panel.js';
import { legible, Said } from '../kit/said.js';
import { More } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, useView } from '../kit/view.js';
import { personPath } from '../people/people.js';
import { inspect, type Part, plain, type Telling, tell, toldAgain } from '../words/event.js';
import { money } from '../words/money.js';
import { ownedWords } from '../words/person.js';
import { channelWords, countryWord, deviceIcon, deviceWords, lengthWords } from '../words/visit.js';
import type { PersonRead } from './read.js';
import { type Thread, type Visit, visitsOf } from './timeline.js';

/** Of an event's properties, for reading. */
const propertiesMax = 40;

const Parts: FC<{ parts: readonly Part[] }> = ({ parts }) => (
  <>
    {parts.map((part) =>
      typeof part === 'string' ? (
        part
      ) : (
        <b>
          <Said text={part.said} charsMax={160} />
        </b>
      ),
    )}
  </>
);

const EventRow: FC<{ event: Visit['events'][number]; telling: Telling; again: boolean }> = ({
  event,
  telling,
  again,
}) => {
  const { icon, parts, weight } = tell(event, telling, again);
  const owned = ownedWords(event.ownedBecause);
  const properties = [...Object.entries(event.properties), ...Object.entries(event.traits)];
  const path = event.page?.path ?? null;
  return (
    <li class={`event ${weight}`} data-key={event.messageId} data-told={plain(parts)}>
      <span class="knot">
        <Icon name={icon} />
      </span>
      <details>
        <summary>
          <span class="told">
            <Parts parts={parts} />
            {path !== null && event.type === 'page' && plain(parts) !== `Looked at ${legible(path, 120)}` && (
              <span class="soft path">
                {' '}
                <Said text={path} charsMax={80} mono />
              </span>
            )}
          </span>
          <span class="because soft">{owned.word}</span>
          <Time at={event.at} as="clock" />
        </summary>
        <div class="inside">
          <p>
            <b>Why it is theirs:</b> {owned.sentence === '' ? owned.word : owned.sentence}
          </p>
          <dl class="pairs">
            <div>
              <dt>Event</dt>
              <dd>
                {event.type}
                {event.event !== null && event.event !== '' && (
                  <>
                    {': '}
                    <Said text={event.event} />
                  </>
                )}
              </dd>
            </div>
            {path !== null && (
              <div>
                <dt>Page</dt>
                <dd>
                  <Said text={path} mono />
                </dd>
              </div>
            )}
            {event.userId !== null && (
              <div>
                <dt>User</dt>
                <dd>
                  <Said text={event.userId} mono />
                </dd>
              </div>
            )}
            {event.anonymousId !== null && (
              <div>
                <dt>Device</dt>
                <dd>
                  <Said text={event.anonymousId} mono />
                </dd>
              </div>
            )}
            {event.groupId !== null && (
              <div>
                <dt>Group</dt>
                <dd>
                  <Said text={event.groupId} mono />
                </dd>
              </div>
            )}
            {event.category !== null && (
              <div>
                <dt>Category</dt>
                <dd>
                  <Said text={event.category} />
                </dd>
              </div>
            )}
            <div>
              <dt>Happened</dt>
              <dd>
                <Time at={event.at} />
              </dd>
            </div>
            {event.releasedAt !== null && (
              <div>
                <dt>Held until they agreed</dt>
                <dd>
                  <Time at={event.releasedAt} />
                </dd>
              </div>
            )}
            <div>
              <dt>Arrived</dt>
              <dd>
                <Time at={event.receivedAt} />
              </dd>
            </div>
            <div>
              <dt>Message id</dt>
              <dd>
                <Said text={event.messageId} mono />
              </dd>
            </div>
            {properties.slice(0, propertiesMax).map(([name, value]) => (
              <div>
                <dt>
                  <Said text={name} charsMax={60} mono />
                </dt>
                <dd>
                  <Said text={inspect(value)} charsMax={300} mono />
                </dd>
              </div>
            ))}
          </dl>
          {properties.length > propertiesMax && (
            <p class="soft">… and {properties.length - propertiesMax} more properties.</p>
          )}
        </div>
      </details>
    </li>
  );
};

const VisitBlock: FC<{ visit: Visit; thread: Thread | null; telling: Telling; again: ReadonlySet<string> }> = ({
  visit,
  thread,
  telling,
  again,
}) => {
  const { session } = visit;
  const { locale } = useView();
  const country = countryWord(session?.country ?? null);
  const newest = visit.events[0]!;
  return (
    <li class={`visit thread-${thread?.colour ?? 0}`} data-key={visit.key}>
      <div class="visit-head">
        <h3>
          <span>
            {session !== null ? (
              <>
                <Icon name={deviceIcon(session.device)} /> {deviceWords(session.device)}
              </>
            ) : visit.anonymousId !== null ? (
              'A visit'
            ) : (
              <>{newest.anonymousId === null && <Icon name="server" />} Outside any visit</>
            )}
          </span>
          {thread !== null && <span class="thread-mark">Device {thread.letter}</span>}
        </h3>
        <p class="soft">
          {session !== null ? (
            <>
              <Time at={session.startedAt} />
              {' · '}
              {channelWords(session.touches)}
              {country !== null && ` · ${country}`}
              {' · '}
              {counted(session.pageViews, 'page', locale)}
              {' · '}
              {lengthWords(session)}
            </>
          ) : (
            <Time at={newest.at} />
          )}
        </p>
      </div>
      <ol class="events">
        {session !== null && session.leftWithCart !== null && (
          <li class="event loud" data-key={`left:${session.id}`} data-told="Left with a cart">
            <span class="knot">
              <Icon name="cart" />
            </span>
            <p class="line">
              <span class="told">Left with a cart</span>
              <Time at={session.leftWithCart.at} as="clock" />
            </p>
          </li>
        )}
        {visit.events.map((event) => (
          <EventRow event={event} telling={telling} again={again.has(event.messageId)} />
        ))}
      </ol>
    </li>
  );
};

export const Timeline: FC<{ read: PersonRead; isOlder: boolean; threads: ReadonlyMap<string, Thread> }> = ({
  read,
  isOlder,
  threads,
}) => {
  const { locale } = useView();
  const { profile, events } = read;
  const telling: Telling = {
    money: (minor, currency) => money(minor, currency, locale),
    currency: profile.cart?.currency ?? profile.revenue[0]?.currency ?? null,
  };
  const visits = visitsOf(events.items, read.sessions);
  const again = toldAgain(events.items);
  const path = personPath(profile.id);
  return (
    <Panel
      id="timeline"
      title="Timeline"
      aside={isOlder ? <a href={`${path}#timeline`}>Back to the newest</a> : <span class="soft">newest first</span>}
    >
      {visits.length === 0 ? (
        <Empty title={isOlder ? 'Nothing older.' : 'No event of theirs may be shown.'} />
      ) : (
        <ol class="visits">
          {visits.map((visit) => (
            <VisitBlock
              visit={visit}
              thread={visit.anonymousId === null ? null : (threads.get(visit.anonymousId) ?? null)}
              telling={telling}
              again={again}
            />
          ))}
        </ol>
      )}
      {events.next !== null && (
        <More href={`${path}?before=${encodeURIComponent(events.next)}#timeline`} words="Older events" />
      )}
    </Panel>
  );
};
