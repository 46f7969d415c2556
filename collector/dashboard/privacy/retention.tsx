// What is kept for how long, and what retention removed as it ran. Shows what the jobs noted; removes nothing itself.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { iso } from '../../contract/instant.js';
import type { House, Staffed } from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { counted, numberFormat, useView } from '../kit/view.js';
import { Money } from '../money.js';
import { respondRoom } from './room.js';

const runsShown = 30;
/** A run begins six hours after the last one (pipeline/retention.ts). */
const runEveryMs = 6 * 3_600_000;
/** Two runs and a bit: then something keeps it from running. */
export const lateAfterMs = 14 * 3_600_000;

export type Runs = Awaited<ReturnType<House['reader']['retentionRuns']>>;
type Counts = Awaited<ReturnType<House['reader']['anonymousCounts']>>;
const dayMs = 86_400_000;
const dayOf = (at: number): string => iso(at).slice(0, 10);

/** Whether it ought to have run by now. A store that never ran it is young. */
export const isLate = ([last]: Runs, now: number): boolean =>
  last !== undefined && now - (last.endedAt ?? last.startedAt) > lateAfterMs;

const runColumns: readonly Column[] = [{ name: 'Began' }, { name: 'Ended' }, { name: 'Removed' }];
const classColumns: readonly Column[] = [{ name: 'What' }, { name: 'Kept for' }, { name: 'Rows now', end: true }];

const Removed: FC<{ removed: Runs[number]['removed'] }> = ({ removed }) => {
  const { locale } = useView();
  return removed.length === 0 ? (
    <span class="soft">nothing was due</span>
  ) : (
    <ul class="plain-list">
      {removed.map((it) => (
        <li>
          <Said text={it.class} charsMax={40} />
          {it.purpose !== null && <span class="soft"> ({it.purpose})</span>}:{' '}
          {it.deleted > 0 && `${counted(it.deleted, 'row', locale)} deleted`}
          {it.deleted > 0 && it.narrowed > 0 && ', '}
          {it.narrowed > 0 && `${counted(it.narrowed, 'event', locale)} lost this purpose and stay for others`}
        </li>
      ))}
    </ul>
  );
};

export const retentionPages = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get('/privacy/retention', async (c) => {
    const now = house.now();
    const [runs, classes, counts] = await Promise.all([
      house.reader.retentionRuns(runsShown),
      house.reader.retentionClasses(),
      house.reader.anonymousCounts({ from: dayOf(now - countedDays * dayMs), to: dayOf(now) }),
    ]);
    const last = runs[0];
    const late = isLate(runs, now);
    return respondRoom(
      c,
      house,
      { title: 'Retention', here: '/privacy/retention' },
      <>
        <h1>Retention</h1>
        <Panel
          id="runs"
          title="As it ran"
          aside={
            last !== undefined && (
              <>
                {late ? <Badge tone="bad">late</Badge> : <Badge tone="good">on time</Badge>}{' '}
                {last.endedAt === null ? (
                  'running now'
                ) : (
                  <>
                    next <Time at={iso(last.startedAt + runEveryMs)} as="until" />
                  </>
                )}
              </>
            )
          }
        >
          {runs.length === 0 ? (
            <Empty title="It has not run yet.">
              <p>
                It begins by itself within the first minutes of a collector and every six hours from then on.{' '}
                <code>weft retention --dry-run</code> says what it would remove.
              </p>
            </Empty>
          ) : (
            <Table label="Runs of retention, newest first" columns={runColumns}>
              {runs.map((run) => (
                <Row
                  columns={runColumns}
                  rowKey={String(run.id)}
                  cells={[
                    <Time at={iso(run.startedAt)} />,
                    run.endedAt === null ? <Badge tone="accent">running</Badge> : <Time at={iso(run.endedAt)} />,
                    <Removed removed={run.removed} />,
                  ]}
                />
              ))}
            </Table>
          )}
        </Panel>
        <Panel id="classes" title="What is kept, and for how long">
          <Table label="What is kept, and for how long" columns={classColumns}>
            {classes.map((it) => (
              <Row
                columns={classColumns}
                cells={[
                  <>
                    {it.what}{' '}
                    <span class="soft">
                      <Said text={it.class} charsMax={40} mono />
                    </span>
                  </>,
                  it.days === null ? (
                    <>
                      as the terms say under which each was collected: <code>retentionDays</code> of its purposes
                    </>
                  ) : (
                    `${it.days} days`
                  ),
                  <Count value={it.rows} />,
                ]}
              />
            ))}
          </Table>
        </Panel>
        <Counted counts={counts} />
      </>,
    );
  });
  return app;
};

const countedDays = 90;
const countedColumns: readonly Column[] = [
  { name: 'What' },
  { name: 'How many', end: true },
  { name: 'People on the busiest day', end: true },
  { name: 'Revenue', end: true },
];

/** Sums of what is gone: with `onWithdraw: anonymise`. */
const Counted: FC<{ counts: Counts }> = ({ counts: { k, events, orders, suppressed } }) => {
  const { locale } = useView();
  return (
    <Panel id="counted" title={`Counted before it was deleted, the last ${countedDays} days`}>
      {events.length + orders.length > 0 ? (
        <Table label="What withdrawals deleted, in sums" columns={countedColumns}>
          {events.map(({ event, events: n, people }) => (
            <Row
              columns={countedColumns}
              cells={[
                event === ':other' ? 'Events with names of your own' : <Said text={event} charsMax={80} />,
                <Count value={n} />,
                <Count value={people} />,
                null,
              ]}
            />
          ))}
          {orders.map(({ currency, orders: n, people, revenueMinor }) => (
            <Row
              columns={countedColumns}
              cells={[
                'Orders',
                <Count value={n} />,
                <Count value={people} />,
                <Money minor={revenueMinor} currency={currency} />,
              ]}
            />
          ))}
        </Table>
      ) : suppressed > 0 ? (
        <Empty title="Too few people to show.">
          <p>A sum is shown once {k} people of one day are in it.</p>
        </Empty>
      ) : (
        <Empty title="Nothing was counted.">
          <p>
            With <code>"onWithdraw": "anonymise"</code> in the consent file, what a withdrawal deletes is added to sums
            by day first.
          </p>
        </Empty>
      )}
      {events.length + orders.length > 0 && suppressed > 0 && (
        <p class="soft">
          {counted(suppressed, 'sum', locale)} of fewer than {k} people not shown.
        </p>
      )}
    </Panel>
  );
};

const Count: FC<{ value: number }> = ({ value }) => <>{numberFormat(useView().locale).format(value)}</>;
