// What was counted of visitors who were asked nothing, or said no: events by day, and by what they have in common. Counts
// alone; there is nobody behind them to look at, and what too few did is not shown.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { rangeOf } from '../../consent/ledger/rates.js';
import type { CookielessCounts, CookielessDimension } from '../../contract/cookieless.js';
import { dayOf } from '../../contract/instant.js';
import { type House, queryOf, type Staffed } from '../frame.js';
import { DayChart } from '../kit/chart.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { cookielessOf, respondRoom, Span } from './room.js';

const here = '/privacy/cookieless';
const dayMs = 86_400_000;
const rowsMax = 50;

const events: Readonly<Record<string, string>> = {
  page: 'Page views',
  add: 'Put into a cart',
  remove: 'Taken out of a cart',
  checkout: 'Checkouts begun',
  'checkout-item': 'Products in checkouts',
};
const groups = {
  path: { title: 'By path', name: 'Path' },
  product: { title: 'By product', name: 'Product' },
  device: { title: 'By device', name: 'Device' },
  country: { title: 'By country', name: 'Country' },
} as const satisfies Partial<Record<CookielessDimension, { title: string; name: string }>>;
type Group = keyof typeof groups;
const groupNames = Object.keys(groups) as Group[];

const textOf = (item: CookielessCounts['items'][number], name: string): string => String(item[name] ?? '');

/** One slot a day of the span, so that a day of nothing is seen as one. */
const daysOf = ({
  from,
  to,
  items,
}: Pick<CookielessCounts, 'from' | 'to' | 'items'>): { at: string; values: [number, number, number] }[] => {
  const slots = new Map<string, [number, number, number]>();
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += dayMs)
    slots.set(dayOf(at), [0, 0, 0]);
  for (const item of items) {
    const values = slots.get(textOf(item, 'day'));
    const event = textOf(item, 'event');
    // The products of a checkout are counted beside it; drawn with it they would count twice.
    if (values === undefined || event === 'checkout-item') continue;
    values[event === 'page' ? 0 : event === 'checkout' ? 2 : 1] += item.count;
  }
  return [...slots].map(([day, values]) => ({ at: `${day}T00:00:00Z`, values }));
};

const Hidden: FC<{ counts: Pick<CookielessCounts, 'suppressed' | 'k' | 'truncated'> }> = ({
  counts: { suppressed, k, truncated },
}) => {
  const { locale } = useView();
  return (
    <>
      {suppressed > 0 && (
        <p class="soft small">
          {counted(suppressed, 'cell', locale)} not shown: fewer than {k} so far, or what would give such a one away.
          What waits is told with what comes next.
        </p>
      )}
      {truncated && <p class="soft small">There are more; choose a shorter span.</p>}
    </>
  );
};

const columnsOf = (name: string): readonly Column[] => [{ name }, { name: 'What' }, { name: 'Count', end: true }];

const Grouped: FC<{ counts: CookielessCounts; by: Group }> = ({ counts, by }) => {
  const { locale } = useView();
  const { title, name } = groups[by];
  const columns = columnsOf(name);
  const items = counts.items.filter((item) => textOf(item, by) !== '' || by === 'country');
  return (
    <Panel id={by} title={title}>
      {items.length === 0 ? (
        <Empty
          title={
            counts.suppressed > 0
              ? `Fewer than ${counts.k} in each so far, or the day is not over.`
              : 'Nothing was counted.'
          }
        />
      ) : (
        <Table label={title} columns={columns}>
          {items.slice(0, rowsMax).map((item) => {
            const value = textOf(item, by);
            const event = textOf(item, 'event');
            return (
              <Row
                columns={columns}
                cells={[
                  value === '' ? (
                    <span class="soft">not known</span>
                  ) : value === ':few' ? (
                    <span class="soft">too few of each to be named</span>
                  ) : value === ':other' ? (
                    <span class="soft">others</span>
                  ) : (
                    <Said text={value} charsMax={120} />
                  ),
                  events[event] ?? <Said text={event} charsMax={40} />,
                  numberFormat(locale).format(item.count),
                ]}
              />
            );
          })}
        </Table>
      )}
      {items.length > rowsMax && <p class="soft small">The {rowsMax} largest are shown.</p>}
      <Hidden counts={counts} />
    </Panel>
  );
};

const uniqueColumns: readonly Column[] = [{ name: 'Day' }, { name: 'Visitors, about', end: true }];
const Uniques: FC<{ uniques: CookielessCounts['uniques'] }> = ({ uniques }) => {
  const { locale } = useView();
  return (
    <Panel id="uniques" title="Different visitors a day">
      {uniques.length === 0 ? (
        <Empty title="No day had enough visitors to show." />
      ) : (
        <Table label="Different visitors a day" columns={uniqueColumns}>
          {[...uniques].reverse().map(({ day, estimate }) => (
            <Row
              columns={uniqueColumns}
              cells={[<Time at={`${day}T00:00:00Z`} as="day" />, numberFormat(locale).format(estimate)]}
            />
          ))}
        </Table>
      )}
      <p class="soft small">
        An estimate. What it is made from cannot be linked from one day to the next, nor to anybody.
      </p>
    </Panel>
  );
};

export const cookielessPages = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get(here, async (c) => {
    const now = house.now();
    const range = rangeOf(queryOf(c, 'from', 10), queryOf(c, 'to', 10), now);
    const { mode, unique } = cookielessOf(house);
    const [byDay, ...byGroup] = await Promise.all([
      house.reader.cookielessCounts({ ...range, by: ['day', 'event'], now }),
      ...groupNames.map((name) => house.reader.cookielessCounts({ ...range, by: [name, 'event'], now })),
    ]);
    const isNone = byDay.items.length === 0 && byDay.suppressed === 0;
    return respondRoom(
      c,
      house,
      { title: 'Cookieless', here },
      <>
        <h1>Cookieless</h1>
        <p class="soft">
          Counted without consent, without storing or reading anything on a device, and without an id.{' '}
          {mode === 'off' ? (
            <>
              The <a href="/privacy/policy">policy</a> in force has it turned off: nothing is added.
            </>
          ) : (
            <>
              The policy in force counts <code>{mode}</code>.
            </>
          )}
        </p>
        <form method="get" action={here} class="stack row filter">
          <Span range={range} now={now} />
          <button type="submit">Show</button>
        </form>
        {isNone ? (
          <Panel id="none" title="Counts">
            <Empty title="Nothing was counted in these days.">
              <p>
                {mode === 'off' ? (
                  <>
                    <code>cookieless.mode</code> in the consent policy turns counting on.
                  </>
                ) : (
                  'Counts show up here once an hour is over, and ten of a kind have come together.'
                )}
              </p>
            </Empty>
          </Panel>
        ) : (
          <>
            <Panel id="days" title="By day">
              <DayChart
                label="Counted by day"
                series={[
                  { name: 'Page views', look: 'first' },
                  { name: 'Cart', look: 'third' },
                  { name: 'Checkouts', look: 'second' },
                ]}
                days={daysOf(byDay)}
              />
              <Hidden counts={byDay} />
            </Panel>
            {groupNames.map((name, index) => (
              <Grouped counts={byGroup[index]!} by={name} />
            ))}
            {unique !== 'none' && <Uniques uniques={byDay.uniques} />}
          </>
        )}
      </>,
    );
  });
  return app;
};
