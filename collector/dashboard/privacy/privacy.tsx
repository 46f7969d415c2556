// The privacy room's first page: what needs doing, and where everything else is.

import { Hono } from 'hono';
import { type House, queryOf, type Staffed, segment } from '../frame.js';
import { Panel } from '../kit/panel.js';
import { respondRoom } from './room.js';

export const privacyRoom = (house: House): Hono<Staffed> => {
  const app = new Hono<Staffed>();
  app.get('/privacy', (c) => {
    const job = queryOf(c, 'job', 80);
    if (job !== null) return c.redirect(`/erasures/${segment(job)}`, 303);
    return respondRoom(
      c,
      house,
      { title: 'Privacy', here: '/privacy' },
      <>
        <h1>Privacy</h1>
        <Panel id="job" title="How far is an erasure?">
          <form method="get" action="/privacy" class="find">
            <label for="job-id">Number of the job</label>
            <input id="job-id" name="job" required maxlength={80} autocomplete="off" spellcheck={false} />
            <button type="submit">Look</button>
          </form>
        </Panel>
      </>,
    );
  });
  return app;
};
