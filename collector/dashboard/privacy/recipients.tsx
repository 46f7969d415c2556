// Who else was given data of people, and whether they have heard of erasures: the last delivery, the last word of each, and
// what somebody must see to by hand. It sends nothing; to try again is a command of the log.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Certificate } from '../../contract/certificate.js';
import {
  type House,
  ownForm,
  respondTrouble,
  type StaffContext,
  type Staffed,
  segment,
  staffOf,
  tokenOf,
  troubleOf,
} from '../frame.js';
import { Badge, type Tone } from '../kit/badge.js';
import { Act, Empty, Notice, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { type Column, Row, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { staleForm } from '../login.js';
import { respondRoom } from './room.js';

const here = '/privacy/recipients';
const noticesMax = 100;

export const noticeStates: Readonly<
  Record<Certificate['destinations'][number]['state'], { word: string; tone: Tone }>
> = {
  pending: { word: 'to be sent', tone: 'warn' },
  sent: { word: 'sent, not confirmed', tone: 'warn' },
  manual: { word: 'by hand', tone: 'bad' },
  acknowledged: { word: 'confirmed', tone: 'good' },
  settled: { word: 'done by hand', tone: 'good' },
};

const troubles: Readonly<Record<string, string>> = {
  no_destination: 'no address is set for it',
  not_acknowledged: 'it took the notice and never confirmed',
};
export const troubleWords = (code: string): string => troubles[code] ?? `last answer: ${code.slice(0, 60)}`;

export const NoticeActs: FC<{ id: string; recipient: string; csrf: string; canRetry: boolean; back: string }> = ({
  id,
  recipient,
  csrf,
  canRetry,
  back,
}) => (
  <Act action={here} csrf={csrf}>
    <input type="hidden" name="id" value={id} />
    <input type="hidden" name="back" value={back} />
    <div class="buttons">
      {canRetry && (
        <button type="submit" name="act" value="retry" class="quiet" aria-label={`Try again: ${recipient}`}>
          Try again
        </button>
      )}
      <button type="submit" name="act" value="settled" class="quiet" aria-label={`Mark as done: ${recipient}`}>
        Mark as done
      </button>
    </div>
  </Act>
);

const columns: readonly Column[] = [
  { name: 'Recipient' },
  { name: 'Hears of erasures at' },
  { name: 'Keys', end: true },
  { name: 'Last delivery' },
  { name: 'Last confirmed' },
  { name: 'Waiting', end: true },
];
const noticeColumns: readonly Column[] = [
  { name: 'Recipient' },
  { name: 'Erasure' },
  { name: 'Since' },
  { name: 'State' },
  { name: 'Do' },
];

export const recipientPages = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();

  app.get(here, async (c) => {
    const [recipients, notices] = await Promise.all([reader.recipients(now()), reader.openNotices(noticesMax)]);
    return respondRoom(
      c,
      house,
      { title: 'Recipients', here },
      <>
        <h1>Recipients</h1>
        {c.req.query('done') === 'retry' && (
          <Notice tone="good">
            <p>It is tried again within a minute.</p>
          </Notice>
        )}
        {c.req.query('done') === 'settled' && (
          <Notice tone="good">
            <p>It is noted as done by hand.</p>
          </Notice>
        )}
        <Panel id="all" title="Who was given data">
          {recipients.length === 0 ? (
            <Empty title="No recipient is named, and none was given anything.">
              <p>
                Name whom you hand data to under <code>recipients</code> in the{' '}
                <a href="/privacy/policy">consent policy</a>. Whoever was given somebody’s data is told when that person
                is erased.
              </p>
            </Empty>
          ) : (
            <Table label="Recipients" columns={columns}>
              {recipients.map((it) => (
                <Row
                  columns={columns}
                  rowKey={it.recipient}
                  cells={[
                    <>
                      <Said text={it.name} charsMax={60} />
                      {it.country !== null && (
                        <span class="soft">
                          {' '}
                          <Said text={it.country} charsMax={40} />
                        </span>
                      )}
                    </>,
                    it.host !== null ? (
                      <Said text={it.host} charsMax={80} />
                    ) : it.destination !== null ? (
                      <>
                        <Badge tone="warn">no address</Badge>{' '}
                        <span class="soft">
                          set it with <code>weft destinations set</code>
                        </span>
                      </>
                    ) : (
                      <span class="soft">told by hand</span>
                    ),
                    <a
                      href={`${here}/${segment(it.recipient)}/keys`}
                      aria-label={`Keys of ${it.name.slice(0, 60)}: ${it.keys === 0 ? 'none' : it.keys}`}
                    >
                      {it.keys === 0 ? 'none' : String(it.keys)}
                    </a>,
                    it.lastDeliveredAt === null ? (
                      <span class="soft">none</span>
                    ) : (
                      <Time at={it.lastDeliveredAt} as="ago" />
                    ),
                    it.lastAcknowledgedAt === null ? (
                      <span class="soft">nothing yet</span>
                    ) : (
                      <Time at={it.lastAcknowledgedAt} as="ago" />
                    ),
                    <>
                      {String(it.pending)}
                      {it.manual > 0 && (
                        <>
                          {' '}
                          <Badge tone="bad">{`${it.manual} by hand`}</Badge>
                        </>
                      )}
                    </>,
                  ]}
                />
              ))}
            </Table>
          )}
        </Panel>
        <Panel id="open" title="Not confirmed yet">
          {notices.length === 0 ? (
            <Empty title="Every recipient has heard of every erasure.">
              <p>What could not be delivered for three days, or has no address, waits here for somebody.</p>
            </Empty>
          ) : (
            <Table label="Notices that are not confirmed" columns={noticeColumns}>
              {notices.map((it) => (
                <Row
                  columns={noticeColumns}
                  rowKey={it.id}
                  cells={[
                    <Said text={it.recipient} charsMax={60} />,
                    <a href={`/privacy/requests/${segment(it.erasure)}`}>
                      <Said text={it.erasure} charsMax={12} mono />
                    </a>,
                    <Time at={it.createdAt} as="ago" />,
                    <>
                      <Badge tone={noticeStates[it.state].tone}>{noticeStates[it.state].word}</Badge>
                      {it.trouble !== null && <span class="soft"> {troubleWords(it.trouble)}</span>}
                    </>,
                    <NoticeActs
                      id={it.id}
                      recipient={it.recipient}
                      csrf={tokenOf(c, house)}
                      canRetry={it.canRetry}
                      back={here}
                    />,
                  ]}
                />
              ))}
            </Table>
          )}
          {notices.length === noticesMax && (
            <p class="soft small">The first {noticesMax} are shown: those to be done by hand, then the oldest.</p>
          )}
        </Panel>
      </>,
    );
  });

  app.post(here, async (c: StaffContext) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const { id = '', act, back = '' } = fields;
    if (act !== 'retry' && act !== 'settled') return c.redirect(here, 303);
    const result = await log.command({ kind: 'notices', act, id: id.slice(0, 64), by: staffOf(c).id, at: now() });
    if (result.status >= 400) {
      const { message } = troubleOf(result);
      return respondTrouble(c, house, {
        status: 409,
        title: 'Nothing was changed',
        words: `${message} It may have been confirmed just now.`,
        step: <a href={here}>Back to the recipients</a>,
      });
    }
    return c.redirect(/^\/privacy\/requests\/[\w-]{1,64}$/.test(back) ? back : `${here}?done=${act}`, 303);
  });
  return app;
};
