// One person's page: who, what they did on which device, what lies in their carts, what is known of them and from whom,
// and why all of it is one person.

import { type Child, createContext, type FC, useContext } from 'hono/jsx';
import type { Cart, Line, Merge, Order, Profile } from '../../contract/profile.js';
import { purposes } from '../../contract/purposes.js';
import { segment } from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Icon } from '../kit/icon.js';
import { Empty, type Figure, Figures, Panel } from '../kit/panel.js';
import { legible, Said, Words } from '../kit/said.js';
import { type Column, More, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { Money, Revenue } from '../money.js';
import { personPath } from '../people/people.js';
import { cartStateWord, lineName, orderStateWord, outcomeWord, stageWord } from '../words/cart.js';
import { inspect, type Part, plain, type Telling, tell, toldAgain } from '../words/event.js';
import { money } from '../words/money.js';
import {
  assuranceWord,
  callProfile,
  consentWords,
  joinWords,
  lifecycleWord,
  ownedWords,
  purposeWords,
  short,
  sourceWord,
  typeWord,
  userIdOf,
} from '../words/person.js';
import {
  channelWords,
  countryWord,
  deviceIcon,
  deviceWords,
  lengthWords,
  onDevice,
  touchWords,
} from '../words/visit.js';
import { cartsShown, ordersShown, type PersonRead, type Suggestion } from './read.js';
import { type Thread, threadsOf, type Visit, visitsOf } from './timeline.js';

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

// ── Head ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const Consent: FC<{ consent: Profile['consent'] }> = ({ consent }) => (
  <ul class="chips" aria-label="Consent">
    {purposes.map((purpose) => {
      const given = Object.hasOwn(consent, purpose) ? consent[purpose]! : null;
      const { word, tone } = consentWords[given?.value ?? 'unset'] ?? {
        word: legible(given?.value ?? '', 40),
        tone: 'plain' as const,
      };
      return (
        <li title={given === null ? undefined : `said by ${legible(given.source, 40)}`}>
          {purposeWords[purpose]} <Badge tone={tone}>{word}</Badge>
        </li>
      );
    })}
  </ul>
);

const Head: FC<{ profile: Profile }> = ({ profile }) => {
  const { locale } = useView();
  const { counts, lastSession } = profile;
  const lastOn = lastSession === null ? null : onDevice(lastSession.device);
  const life = profile.lifecycle === null ? null : lifecycleWord(profile.lifecycle);
  const number = (value: number): string => numberFormat(locale).format(value);
  const contacts = profile.identifiers.filter((identifier) => identifier.type !== 'anonymous_id').slice(0, 4);
  const devices = profile.identifiers.filter((identifier) => identifier.type === 'anonymous_id').length;
  const figures: Figure[] = [
    { name: 'Revenue, less refunds', value: <Revenue revenue={profile.revenue} /> },
    { name: 'Orders', value: number(counts.orders) },
    { name: 'Visits', value: number(counts.sessions), note: counted(counts.pageViews, 'page', locale) },
    { name: 'Products seen', value: number(counts.productViews), note: `${number(counts.cartAdds)} put in a cart` },
    { name: 'Carts open', value: number(counts.cartsOpen) },
    {
      name: 'Carts abandoned',
      value: number(counts.cartsAbandoned),
      note: counts.cartsAbandoned === 0 ? null : `${number(counts.cartsRecovered)} recovered`,
    },
  ];
  return (
    <header class="person-head">
      <div class="head">
        <h1>
          <Said text={callProfile(profile)} charsMax={80} />
        </h1>
        {life !== null && <Badge tone={life.tone}>{life.word}</Badge>}
      </div>
      <p class="soft">
        {contacts.map(({ type, value }) => (
          <>
            {typeWord(type)} <Said text={value} charsMax={80} />
            {' · '}
          </>
        ))}
        {counted(devices, 'device', locale)}
      </p>
      <p class="soft">
        {profile.lastSeenAt !== null && (
          <>
            Last seen <Time at={profile.lastSeenAt} as="ago" />
            {lastOn !== null && ` on ${lastOn}`}
          </>
        )}
        {profile.firstSeenAt !== null && (
          <>
            , first seen <Time at={profile.firstSeenAt} />
          </>
        )}
      </p>
      <Consent consent={profile.consent} />
      <Figures figures={figures} />
    </header>
  );
};

// ── Timeline ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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

const Timeline: FC<{ read: PersonRead; isOlder: boolean; threads: ReadonlyMap<string, Thread> }> = ({
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

// ── Carts and orders ─────────────────────────────────────────────────────────────────────────────────────────────────

const Lines: FC<{ lines: readonly Line[]; currency: string | null }> = ({ lines, currency }) => (
  <ul class="lines">
    {lines.map((line) => (
      <li>
        <span class="line-name">
          {line.quantity !== 1 && <span class="soft">{line.quantity} × </span>}
          <Said text={lineName(line)} charsMax={100} />
        </span>
        {line.priceMinor === null ? (
          <span class="soft">price unknown</span>
        ) : (
          <Money minor={Math.round(line.priceMinor * line.quantity)} currency={currency} />
        )}
      </li>
    ))}
  </ul>
);

const Deadline: FC<{ cart: Cart }> = ({ cart }) => {
  const { now } = useView();
  if (cart.deadlineAt === null) return null;
  if (cart.state === 'active')
    return Date.parse(cart.deadlineAt) > now ? (
      <p>
        Counts as abandoned <Time at={cart.deadlineAt} as="until" /> if nothing happens.
      </p>
    ) : (
      <p>Is about to count as abandoned.</p>
    );
  return cart.state === 'abandoned' ? (
    <p>
      Abandoned since <Time at={cart.deadlineAt} />.
    </p>
  ) : null;
};

const CartBlock: FC<{ cart: Cart }> = ({ cart }) => {
  const { word, tone } = cartStateWord(cart.state);
  return (
    <li class={`block cart ${cart.state}`} data-key={cart.id}>
      <div class="block-head">
        <Badge tone={tone}>{word}</Badge>
        {cart.lines.length > 0 && (
          <strong>
            {cart.valueMinor === null ? 'value unknown' : <Money minor={cart.valueMinor} currency={cart.currency} />}
          </strong>
        )}
      </div>
      {cart.lines.length > 0 && <Lines lines={cart.lines} currency={cart.currency} />}
      <Deadline cart={cart} />
      {cart.episodes.length > 0 && (
        <ol class="episodes" aria-label="Times it was left">
          {cart.episodes.map((episode) => {
            const outcome = outcomeWord(episode);
            return (
              <li>
                {stageWord(episode.stage)} <Time at={episode.abandonedAt} />
                {episode.valueMinor !== null && (
                  <>
                    {', '}
                    <Money minor={episode.valueMinor} currency={cart.currency} />
                  </>
                )}
                {': '}
                <Badge tone={outcome.tone}>{outcome.word}</Badge>
              </li>
            );
          })}
        </ol>
      )}
      <p class="soft small">
        Begun <Time at={cart.createdAt} />, last changed <Time at={cart.updatedAt} as="ago" />
      </p>
    </li>
  );
};

const Carts: FC<{ carts: PersonRead['carts'] }> = ({ carts }) => (
  <Panel id="carts" title="Carts">
    {carts.items.length === 0 ? (
      <Empty title="No cart yet." />
    ) : (
      <ul class="blocks">
        {carts.items.map((cart) => (
          <CartBlock cart={cart} />
        ))}
      </ul>
    )}
    {carts.next !== null && <p class="soft small">The newest {cartsShown}; the API lists all.</p>}
  </Panel>
);

/** What brought the visit that bought: each touch with its equal share, the first and the last marked. */
const OwedTo: FC<{ attribution: Order['attribution'] }> = ({ attribution }) => {
  const { locale } = useView();
  if (attribution === null) return null;
  const { first, last, linear } = attribution;
  const percent = numberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const [firstWords, lastWords] = [touchWords(first), touchWords(last)];
  return linear.length === 1 ? (
    <p class="soft">
      Came through <Words text={firstWords} />
    </p>
  ) : (
    <>
      <p class="soft">Came through, in equal shares:</p>
      <ol class="lines owed">
        {linear.map((touch) => {
          const words = touchWords(touch);
          return (
            <li>
              <span class="line-name">
                <Words text={words} /> {words === firstWords && <Badge>first touch</Badge>}{' '}
                {words === lastWords && <Badge>last touch</Badge>}
              </span>
              <span>{percent.format(touch.share)}</span>
            </li>
          );
        })}
      </ol>
    </>
  );
};

const OrderBlock: FC<{ order: Order }> = ({ order }) => {
  const { word, tone } = orderStateWord(order.state);
  return (
    <li class="block" data-key={order.orderId}>
      <div class="block-head">
        <span>
          <b>
            <Said text={order.orderId} charsMax={60} />
          </b>{' '}
          <Badge tone={tone}>{word}</Badge>
        </span>
        {!order.elsewhere && (
          <strong>
            <Money minor={order.revenueMinor} currency={order.currency} />
          </strong>
        )}
      </div>
      {order.elsewhere && <p>Told for somebody else too, and counted there.</p>}
      {order.refundedMinor > 0 && (
        <p>
          <Money minor={order.refundedMinor} currency={order.currency} /> refunded, so{' '}
          <Money minor={order.revenueMinor - order.refundedMinor} currency={order.currency} /> remain.
        </p>
      )}
      {order.lines.length > 0 && <Lines lines={order.lines} currency={order.currency} />}
      <OwedTo attribution={order.attribution} />
      <p class="soft small">
        <Time at={order.at} />
      </p>
    </li>
  );
};

const Orders: FC<{ orders: PersonRead['orders'] }> = ({ orders }) =>
  orders.items.length === 0 ? null : (
    <Panel id="orders" title="Orders">
      <ul class="blocks">
        {orders.items.map((order) => (
          <OrderBlock order={order} />
        ))}
      </ul>
      {orders.next !== null && <p class="soft small">The newest {ordersShown}; the API lists all.</p>}
    </Panel>
  );

// ── What is known, and why it is one person ──────────────────────────────────────────────────────────────────────────

const Assurance: FC<{ assurance: string }> = ({ assurance }) => {
  const { word, tone } = assuranceWord(assurance);
  return <Badge tone={tone}>{word}</Badge>;
};

const traitColumns: readonly Column[] = [{ name: 'Trait' }, { name: 'Value' }, { name: 'Said by' }, { name: 'When' }];
const Traits: FC<{ traits: Profile['traits'] }> = ({ traits }) => {
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
const Identifiers: FC<{
  identifiers: Profile['identifiers'];
  spellings: NonNullable<Profile['spellings']>;
  threads: ReadonlyMap<string, Thread>;
}> = ({ identifiers, spellings, threads }) => (
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

export const undoPath = (profileId: string, merge: Pick<Merge, 'id'>): string =>
  `${personPath(profileId)}/merges/${segment(merge.id)}/undo`;

/** Whether whoever looks may undo, join, erase and carry away (site/permissions.ts): links to what they may not are left out. */
const acting = createContext(false);

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

const Why: FC<{ read: PersonRead }> = ({ read }) => {
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

const Suggestions: FC<{ read: PersonRead }> = ({ read }) =>
  read.suggestions.length === 0 ? null : (
    <Panel id="suggestions" title="Perhaps the same person">
      <ul class="blocks">
        {read.suggestions.map((suggestion) => (
          <SuggestionBlock suggestion={suggestion} profile={read.profile} />
        ))}
      </ul>
    </Panel>
  );

// ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const PersonPage: FC<{ read: PersonRead; isOlder: boolean; mayAct: boolean }> = ({ read, isOlder, mayAct }) => {
  const { profile } = read;
  const threads = threadsOf(
    profile.identifiers
      .filter((identifier) => identifier.type === 'anonymous_id')
      .sort((a, b) => Date.parse(a.firstSeenAt) - Date.parse(b.firstSeenAt))
      .map((identifier) => identifier.value),
  );
  const sections: [id: string, name: string, Child][] = [
    ['timeline', 'Timeline', true],
    ['carts', 'Carts', true],
    ['orders', 'Orders', read.orders.items.length > 0],
    ['traits', 'Traits', true],
    ['identifiers', 'Identifiers', true],
    ['why', 'Why one person', true],
    ['suggestions', 'Perhaps the same', read.suggestions.length > 0],
  ];
  return (
    <acting.Provider value={mayAct}>
      <Head profile={profile} />
      <nav class="jump" aria-label="On this page">
        <ul>
          {sections
            .filter(([, , shown]) => shown)
            .map(([id, name]) => (
              <li>
                <a href={`#${id}`}>{name}</a>
              </li>
            ))}
        </ul>
      </nav>
      <div class="person-body">
        <div class="person-main">
          <Timeline read={read} isOlder={isOlder} threads={threads} />
        </div>
        <div class="person-side">
          <Carts carts={read.carts} />
          <div>
            <Orders orders={read.orders} />
          </div>
          <Why read={read} />
          <div>
            <Suggestions read={read} />
          </div>
          <Traits traits={profile.traits} />
          <Identifiers spellings={read.profile.spellings ?? []} identifiers={profile.identifiers} threads={threads} />
          {mayAct && (
            <section class="panel" aria-labelledby="acts-title">
              <div class="panel-head">
                <h2 id="acts-title">What you can do</h2>
              </div>
              <ul class="acts">
                <li>
                  <a href={`${personPath(profile.id)}/profile.json`}>The profile as JSON</a>
                </li>
                <li>
                  <a class="danger" href={`${personPath(profile.id)}/erase`}>
                    Erase this person…
                  </a>
                </li>
              </ul>
            </section>
          )}
        </div>
      </div>
    </acting.Provider>
  );
};
