// The privacy room: its pages, and the first of them, which says what needs doing now and how. Joins what the others find;
// decides nothing of its own.

import { Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import type { House, Staffed } from '../frame.js';
import { Badge, type Tone } from '../kit/badge.js';
import { Empty, Panel } from '../kit/panel.js';
import { auditPages } from './audit.js';
import { consentPages } from './consent.js';
import { cookielessPages } from './cookieless.js';
import { isUnsigned, ledgerPages } from './ledger.js';
import { recipientPages } from './recipients.js';
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

/** The most pressing first. Each looks at one part of the house; a part that cannot be read is a task itself. */
const tasksOf = async (house: House): Promise<Task[]> => {
  const { reader, now } = house;
  const at = now();
  const [health, runs] = await Promise.all([reader.ledgerHealth(), reader.retentionRuns(1)]);
  const tasks: Task[] = [];
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
  return tasks;
};

const Tasks: FC<{ tasks: readonly Task[] }> = ({ tasks }) =>
  tasks.length === 0 ? (
    <Empty title="Nothing needs doing.">
      <p>The ledger holds and is signed, and retention runs on time.</p>
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
  app.route('/', cookielessPages(house));
  app.route('/', auditPages(house));
  return app;
};
