// The first room: how many people, what they do and buy, what was refused and why. Where nothing has arrived yet, how to
// get the first event.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { monthsDays } from '../consent/retention/retention.js';
import type { Overview } from '../contract/profile.js';
import { credentialsOf } from '../site/ring.js';
import {
  askedBy,
  type House,
  isUnchanged,
  type Links,
  originOf,
  respondPage,
  type Staffed,
  unchanged,
  versionOf,
} from './frame.js';
import { Badge } from './kit/badge.js';
import { DayChart, HourChart } from './kit/chart.js';
import { Code, Empty, Figures, Panel } from './kit/panel.js';
import { legible, Said, Words } from './kit/said.js';
import { type Column, Row, Table } from './kit/table.js';
import { counted, numberFormat, useView } from './kit/view.js';
import { Money } from './money.js';
import { SearchForm } from './people/search.js';
import { discardReason, isVerdict, refusalReason, verdictWords, warningReason } from './words/verdict.js';

const refreshMs = 2_000;

/** A code of ours, or of a newer writer. */
const Coded: FC<{ code: string }> = ({ code }) => (
  <span class="soft">
    <Said text={code} charsMax={60} mono />
  </span>
);

const Count: FC<{ value: number }> = ({ value }) => <>{numberFormat(useView().locale).format(value)}</>;

const share = (part: number, whole: number, locale: string): string =>
  numberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(part / whole);

const refusalColumns: readonly Column[] = [
  { name: 'Verdict' },
  { name: 'Why' },
  { name: 'Next step' },
  { name: 'Events', end: true },
];
const Refusals: FC<{ refusals: Overview['refusals'] }> = ({ refusals }) => (
  <Panel id="refusals" title="Refused in the last 24 hours" aside={<a href="/live?verdict=refused">See them live</a>}>
    {refusals.length === 0 ? (
      <Empty title="Nothing was refused." />
    ) : (
      <Table label="Refused in the last 24 hours" columns={refusalColumns}>
        {refusals.map(({ verdict, code, count }) => {
          const known = isVerdict(verdict)
            ? verdictWords[verdict]
            : { word: legible(verdict, 40), tone: 'plain' as const };
          const reason = refusalReason(code);
          return (
            <Row
              columns={refusalColumns}
              cells={[
                <Badge tone={known.tone}>{known.word}</Badge>,
                <>
                  <Words text={reason.meaning} /> <Coded code={code} />
                </>,
                reason.hint === null ? null : <Words text={reason.hint} />,
                <Count value={count} />,
              ]}
            />
          );
        })}
      </Table>
    )}
  </Panel>
);

/** Codes with what they mean and what to do about them, where there are any. */
const Reasons: FC<{
  id: string;
  title: string;
  label: string;
  columns: readonly Column[];
  rows: readonly { code: string; reason: { meaning: string; hint: string | null }; count: number }[];
}> = ({ id, title, label, columns, rows }) =>
  rows.length === 0 ? null : (
    <Panel id={id} title={title}>
      <Table label={label} columns={columns}>
        {rows.map(({ code, reason, count }) => (
          <Row
            columns={columns}
            cells={[
              <>
                <Words text={reason.meaning} /> <Coded code={code} />
              </>,
              reason.hint === null ? null : <Words text={reason.hint} />,
              <Count value={count} />,
            ]}
          />
        ))}
      </Table>
    </Panel>
  );

const Discarded: FC<{ discarded: Overview['discarded'] }> = ({ discarded }) => (
  <Reasons
    id="discarded"
    title="Let go of in the page, in the last 24 hours"
    label="Let go of in the page, in the last 24 hours"
    columns={[{ name: 'Why' }, { name: 'Next step' }, { name: 'Events', end: true }]}
    rows={discarded.map(({ reason, count }) => ({ code: reason, reason: discardReason(reason), count }))}
  />
);

const Warnings: FC<{ warnings: Overview['warnings'] }> = ({ warnings }) => (
  <Reasons
    id="warnings"
    title="Accepted, but look at it"
    label="Warnings"
    columns={[{ name: 'What' }, { name: 'Next step' }, { name: 'Times', end: true }]}
    rows={warnings.map(({ code, count }) => ({ code, reason: warningReason(code), count }))}
  />
);

const FirstEvent: FC<{ origin: string; writeKey: string | null; links: Links }> = ({ origin, writeKey, links }) => (
  <Panel id="first" title="Waiting for the first event" aside={<span class="soft">shows here as it arrives</span>}>
    <ol class="steps">
      <li>
        <p>Put this line into the head of every page of your shop:</p>
        <Code
          label="The line for your pages"
          text={`<script async src="${origin}/weft.js" data-key="${writeKey ?? 'your write key'}"></script>`}
        />
        <p class="soft">
          The address of the shop must be one that may send: <code>WEFT_ORIGINS</code> names it where the collector is
          started.
        </p>
        {writeKey === null && (
          <p class="soft">
            There is no live write key. Make one with <code>npx weft keys create</code>.
          </p>
        )}
      </li>
      <li>
        <p>
          Open a page of the shop
          {links.demo !== null && (
            <>
              , or <a href={links.demo}>visit the demo shop</a>
            </>
          )}
          , and say yes when it asks for consent.
        </p>
      </li>
      <li>
        <p>
          Watch the event arrive under <a href="/live">Live</a>. If it is refused, the reason and the next step stand
          beside it.
        </p>
      </li>
    </ol>
    {links.docs !== null && (
      <p class="soft">
        More ways to send events are in <a href={links.docs}>the docs</a>.
      </p>
    )}
  </Panel>
);

/** Counts of verdicts end with retention, so this is no sum since the beginning. */
const countedMonths = Math.round(monthsDays / 30.4);

const Figured: FC<{ overview: Overview }> = ({ overview }) => {
  const { locale } = useView();
  const { people, known, revenue, orders, sessions, events, cartsOpen, cartsAbandoned, cartsRecovered, cartEpisodes } =
    overview;
  const [most, ...others] = revenue;
  return (
    <div>
      <Figures
        figures={[
          {
            name: 'People',
            value: <Count value={people} />,
            note: people === 0 ? null : `${numberFormat(locale).format(known)} known by more than a device`,
          },
          {
            name: 'Revenue, less refunds',
            value: most === undefined ? '–' : <Money minor={most.minor} currency={most.currency} />,
            note:
              others.length === 0
                ? null
                : others.map(({ minor, currency }, index) => (
                    <>
                      {index > 0 ? ', ' : 'and '}
                      <Money minor={minor} currency={currency} />
                    </>
                  )),
          },
          {
            name: 'Orders',
            value: <Count value={orders} />,
            note: sessions === 0 ? null : `in ${counted(sessions, 'visit', locale)}`,
          },
          { name: 'Carts open now', value: <Count value={cartsOpen} /> },
          {
            name: 'Carts abandoned',
            value: <Count value={cartsAbandoned} />,
            note:
              cartsAbandoned === 0
                ? null
                : [
                    `${numberFormat(locale).format(cartsRecovered)} recovered, ${share(cartsRecovered, cartsAbandoned, locale)}`,
                    ...(cartEpisodes > cartsAbandoned
                      ? [`left ${numberFormat(locale).format(cartEpisodes)} times in all`]
                      : []),
                  ].join('; '),
          },
          { name: 'Events', value: <Count value={events} />, note: `accepted in the last ${countedMonths} months` },
        ]}
      />
    </div>
  );
};

export const overview = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();

  const writeKey = async (): Promise<string | null> => {
    const live = (await credentialsOf(house.log)).filter((it) => it.kind === 'write' && it.revokedAt === null);
    return (live.find((it) => it.seeded) ?? live[0])?.publicValue ?? null;
  };

  app.get('/', async (c) => {
    const shown = await house.reader.overview(askedBy(house));
    const version = versionOf(shown);
    if (isUnchanged(c, version)) return unchanged(c, version);
    const isEmpty = shown.events === 0;
    const key = isEmpty ? await writeKey() : null;
    return respondPage(
      c,
      house,
      { title: 'Overview', room: '/', version, refreshMs, bar: <SearchForm where="bar" find={null} /> },
      <>
        <h1 class="unseen">Overview</h1>
        <div>{isEmpty && <FirstEvent origin={originOf(c)} writeKey={key} links={house.links} />}</div>
        {!isEmpty && (
          <>
            <Figured overview={shown} />
            <Panel
              id="days"
              title="Visits in the last two weeks"
              aside={<span class="soft">a visit over midnight has a visitor on both days</span>}
            >
              <DayChart
                id="visitors"
                label="Visitors active, by day"
                series={[{ name: 'Visitors active', look: 'first' }]}
                days={shown.days.map(({ at, visitors }) => ({ at, values: [visitors] }))}
              />
              <DayChart
                id="visits"
                label="Visits begun, by day"
                series={[{ name: 'Visits begun', look: 'first' }]}
                days={shown.days.map(({ at, sessions }) => ({ at, values: [sessions] }))}
              />
            </Panel>
            <Panel id="hours" title="Events in the last 24 hours" aside={<a href="/live">Watch live</a>}>
              <HourChart
                label="Events in the last 24 hours, by hour"
                series={[
                  { name: 'Accepted', look: 'first' },
                  { name: 'Refused', look: 'second' },
                ]}
                hours={shown.eventsByHour.map(({ at, accepted, refused }) => ({ at, values: [accepted, refused] }))}
              />
            </Panel>
          </>
        )}
        {(!isEmpty || shown.refusals.length > 0) && <Refusals refusals={shown.refusals} />}
        <Discarded discarded={shown.discarded} />
        {shown.warnings.length > 0 && <Warnings warnings={shown.warnings} />}
      </>,
    );
  });
  return app;
};
