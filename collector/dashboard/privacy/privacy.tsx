// The privacy room: its pages, and the first of them, which says what needs doing now and how. Joins what the others find;
// decides nothing of its own.

import { Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import type { RecipientState, RightsRequest, Standing } from '../../consent/rights/view.js';
import type { Page } from '../../contract/profile.js';
import { type House, type Staffed, segment } from '../frame.js';
import { Badge, type Tone } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { auditPages } from './audit.js';
import { consentPages } from './consent.js';
import { cookielessPages } from './cookieless.js';
import { isUnsigned, ledgerPages } from './ledger.js';
import { findingsOf } from './policy/shown.js';
import { recipientKeyPages } from './recipient-keys.js';
import { recipientPages } from './recipients.js';
import { nearMs } from './requests/standing.js';
import { requestPages } from './requests.js';
import { isLate, retentionPages } from './retention.js';
import { respondRoom } from './room.js';

/** One thing that ought to be looked at: what, why, and the next step. */
export interface Task {
  tone: Tone;
  word: string;
  what: Child;
  step: Child;
}

const listedMax = 100;
/** Of a month, all but the last week. */
const nearAfterMs = 21 * 86_400_000;
const countOf = ({ items, next }: Page<RightsRequest>): string => `${items.length}${next === null ? '' : ' or more'}`;
const requestsLink = (standing: Standing, items: readonly RightsRequest[]) => (
  <a href={items.length === 1 ? `/privacy/requests/${segment(items[0]!.id)}` : `/privacy/requests?state=${standing}`}>
    See {items.length === 1 ? 'it' : 'them'}
  </a>
);

const dueTasks = (page: Page<RightsRequest>, now: number): Task[] => {
  const over = page.items.filter(({ overdue }) => overdue);
  const near = page.items.filter(({ overdue, dueAt }) => !overdue && Date.parse(dueAt) - now < nearMs);
  const waits = (items: readonly RightsRequest[]): string =>
    items.some(({ pending }) => pending > 0)
      ? 'A recipient has not confirmed yet; each request names who, with a way to try again.'
      : 'It goes on by itself; if it does not, the collector’s log says why.';
  const tasks: Task[] = [];
  if (over.length > 0)
    tasks.push({
      tone: 'bad',
      word: 'overdue',
      what: `${countOf({ ...page, items: over })} of the requests of people ${over.length === 1 ? 'is' : 'are'} past the month that the law gives.`,
      step: (
        <>
          {requestsLink('open', over)}. {waits(over)}
        </>
      ),
    });
  if (near.length > 0)
    tasks.push({
      tone: 'warn',
      word: 'this week',
      what: `${countOf({ ...page, items: near })} of the requests of people ${near.length === 1 ? 'is' : 'are'} due within a week.`,
      step: (
        <>
          {requestsLink('open', near)}. {waits(near)}
        </>
      ),
    });
  return tasks;
};

/** As long as they could still be answered in time, and a month more. */
const failedTasks = (items: readonly RightsRequest[], now: number): Task[] => {
  const lately = items.filter(({ dueAt }) => now < Date.parse(dueAt) + 30 * 86_400_000);
  return lately.length === 0
    ? []
    : [
        {
          tone: 'bad',
          word: 'now',
          what: `${lately.length} ${lately.length === 1 ? 'request' : 'requests'} could not be carried out.`,
          step: (
            <>
              {requestsLink('failed', lately)}, and make {lately.length === 1 ? 'it' : 'each'} again.
            </>
          ),
        },
      ];
};

const recipientTasks = (recipients: readonly RecipientState[]): Task[] => {
  const byHand = recipients.filter(({ manual }) => manual > 0);
  const nowhere = recipients.filter(({ destination, host }) => destination !== null && host === null);
  const tasks: Task[] = [];
  const names = (list: readonly RecipientState[]) => (
    <Said text={list.map(({ name }) => name).join(', ')} charsMax={120} />
  );
  if (byHand.length > 0)
    tasks.push({
      tone: 'bad',
      word: 'by hand',
      what: <>{names(byHand)} must be told of erasures by hand.</>,
      step: (
        <>
          <a href="/privacy/recipients#open">See of which</a>; tell them and mark it as done, or try again.
        </>
      ),
    });
  if (nowhere.length > 0)
    tasks.push({
      tone: 'warn',
      word: 'soon',
      what: <>The policy says that {names(nowhere)} hears of erasures, and no address is set.</>,
      step: (
        <>
          <code>weft destinations set</code> on the server sets it; <a href="/privacy/recipients">recipients</a> shows
          which.
        </>
      ),
    });
  return tasks;
};

const rank = ({ tone }: Task): number => (tone === 'bad' ? 0 : tone === 'warn' ? 1 : 2);

/** The most pressing first. Each looks at one part of the house; a part that cannot be read is a task itself. */
const tasksOf = async (house: House): Promise<Task[]> => {
  const { reader, now } = house;
  const at = now();
  const asked = { now: at, limit: listedMax, cursor: null };
  const [health, runs, due, failed, recipients] = await Promise.all([
    reader.ledgerHealth(),
    reader.retentionRuns(1),
    reader.requests({ ...asked, standing: 'open', before: at - nearAfterMs }),
    reader.requests({ ...asked, standing: 'failed' }),
    reader.recipients(at),
  ]);
  const tasks: Task[] = [...dueTasks(due, at), ...failedTasks(failed.items, at), ...recipientTasks(recipients)];
  const trouble = house.policy?.trouble() ?? [];
  if (trouble.length > 0)
    tasks.push({
      tone: 'bad',
      word: 'now',
      what: 'The consent file on disk is refused; the last good one stays in force.',
      step: (
        <>
          <a href="/privacy/policy">See what is wrong with it</a>, line by line.
        </>
      ),
    });
  const warnings = house.policy === null ? 0 : findingsOf(house.policy).length;
  if (warnings > 0)
    tasks.push({
      tone: 'warn',
      word: 'soon',
      what: `The policy in force has ${warnings === 1 ? 'one thing' : `${warnings} things`} that should not ship.`,
      step: (
        <>
          <a href="/privacy/policy#findings">See {warnings === 1 ? 'it' : 'them'}</a>, {warnings === 1 ? '' : 'each '}
          with what to do.
        </>
      ),
    });
  if (health.brokenAt !== undefined)
    tasks.push({
      tone: 'bad',
      word: 'now',
      what: <>The consent ledger is broken at row {String(health.brokenAt.seq)}.</>,
      step: <a href="/privacy/ledger">See what to do</a>,
    });
  else if (isUnsigned(health, at))
    tasks.push({
      tone: 'warn',
      word: 'soon',
      what: 'The consent ledger has rows that were not signed for more than a day.',
      step: (
        <>
          <a href="/privacy/ledger">Look at the ledger</a>. Signing needs the file <code>ledger.key</code> in the data
          folder to be readable and writable.
        </>
      ),
    });
  if (isLate(runs, at))
    tasks.push({
      tone: 'warn',
      word: 'soon',
      what: 'Retention has not run for longer than it should.',
      step: (
        <>
          <a href="/privacy/retention">See when it last ran</a>. <code>weft doctor</code> on the server says what keeps
          it.
        </>
      ),
    });
  if (house.keys.accounts().length < 2)
    tasks.push({
      tone: 'plain',
      word: 'once',
      what: 'Everybody logs in with one password, so the audit log cannot tell one from another.',
      step: (
        <>
          An owner makes accounts under <a href="/staff">Staff</a>.
        </>
      ),
    });
  return tasks.sort((a, b) => rank(a) - rank(b));
};

const Tasks: FC<{ tasks: readonly Task[] }> = ({ tasks }) =>
  tasks.length === 0 ? (
    <Empty title="Nothing needs doing.">
      <p>
        No request is due within a week, every recipient has heard of every erasure, the ledger holds and is signed, and
        retention runs on time.
      </p>
    </Empty>
  ) : (
    <ul class="todo">
      {tasks.map(({ tone, word, what, step }) => (
        <li>
          <Badge tone={tone}>{word}</Badge>
          <div>
            <p>
              <b>{what}</b>
            </p>
            <p>{step}</p>
          </div>
        </li>
      ))}
    </ul>
  );

export const privacyRoom = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get('/privacy', async (c) =>
    respondRoom(
      c,
      house,
      { title: 'Privacy', here: '/privacy' },
      <>
        <h1>Privacy</h1>
        <Panel id="todo" title="What needs doing">
          <Tasks tasks={await tasksOf(house)} />
        </Panel>
      </>,
    ),
  );
  app.route('/', requestPages(house));
  app.route('/', consentPages(house));
  app.route('/', ledgerPages(house));
  app.route('/', retentionPages(house));
  app.route('/', recipientPages(house));
  app.route('/', recipientKeyPages(house));
  app.route('/', cookielessPages(house));
  app.route('/', auditPages(house));
  return app;
};
