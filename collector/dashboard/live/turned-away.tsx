// Who was sent away at the door, and what to do about it: such a call is no event, so no row of the table tells of it.

import type { FC } from 'hono/jsx';
import type { House } from '../frame.js';
import { Said, Words } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';

export type TurnedAwayList = ReturnType<NonNullable<House['turnedAway']>>;
type TurnedAway = TurnedAwayList['known'][number];

const columns: readonly Column[] = [
  { name: 'From' },
  { name: 'Last' },
  { name: 'Calls' },
  { name: 'Why, and what to do' },
];

const Advice: FC<{ one: TurnedAway; origins: House['origins'] }> = ({ one: { origin, reason }, origins }) =>
  reason === 'bad_key' ? (
    <>
      It sends with a key that is not live.{' '}
      <span class="soft">
        <Words text="If it is yours: `data-key` of its script must be a live write key; `weft keys list` shows them." />
      </span>
    </>
  ) : origin === null ? (
    <>
      Pages without an address may not send.{' '}
      <span class="soft">A page of a file, or a frame in a sandbox: serve it from an address of its own.</span>
    </>
  ) : (
    <>
      Pages of this address may not send.{' '}
      <span class="soft">
        If it is yours: {origins.kind === 'listed' ? 'add ' : 'set '}
        <Said text={origin} charsMax={140} mono /> {origins.kind === 'listed' ? 'to ' : 'as '}
        <code>WEFT_ORIGINS</code>, and start the collector again.
      </span>
    </>
  );

/** `list`: null where nobody counts. The script of the page asks for it anew when its number has changed. */
export const TurnedAwayPanel: FC<{ list: TurnedAwayList | null; origins: House['origins'] }> = ({ list, origins }) => (
  <section
    id="turned-away"
    class="panel"
    aria-labelledby="turned-title"
    data-count={String(list?.count ?? 0)}
    hidden={list === null || list.count === 0}
  >
    <div class="panel-head">
      <h2 id="turned-title">Turned away at the door</h2>
      <div class="panel-aside soft">since the collector started</div>
    </div>
    <Table label="Who was turned away, newest first" columns={columns} id="turned-rows">
      {list?.known.map((one) => (
        <Row
          columns={columns}
          rowKey={`${one.reason} ${one.origin}`}
          cells={[
            one.origin === null ? <span class="soft">No address</span> : <Said text={one.origin} charsMax={140} mono />,
            <Time at={new Date(one.lastAt).toISOString()} as="ago" />,
            one.count.toLocaleString('en'),
            <Advice one={one} origins={origins} />,
          ]}
        />
      ))}
      {list !== null && list.others !== null && (
        <Row
          columns={columns}
          rowKey="others"
          cells={[
            <span class="soft">Others</span>,
            <Time at={new Date(list.others.lastAt).toISOString()} as="ago" />,
            list.others.count.toLocaleString('en'),
            <span class="soft">More addresses than are told apart.</span>,
          ]}
        />
      )}
    </Table>
  </section>
);
