// The frame of the privacy room: which pages it has, and the way from one to the next. A page is listed for whoever the table
// of permissions lets in, once it is there.

import type { Child, FC } from 'hono/jsx';
import { dayOf } from '../../contract/instant.js';
import { type House, may, type PageProps, respondPage, type StaffContext } from '../frame.js';

/** In the order of a working day: what is to be done, then what proves it. */
const pages: readonly { path: string; name: string }[] = [
  { path: '/privacy', name: 'To do' },
  { path: '/privacy/requests', name: 'Requests' },
  { path: '/privacy/consent', name: 'Consent' },
  { path: '/privacy/policy', name: 'Policy' },
  { path: '/privacy/ledger', name: 'Ledger' },
  { path: '/privacy/retention', name: 'Retention' },
  { path: '/privacy/recipients', name: 'Recipients' },
  { path: '/privacy/cookieless', name: 'Cookieless' },
  { path: '/privacy/audit', name: 'Audit log' },
];

const Pages: FC<{ pages: readonly { path: string; name: string }[]; here: string }> = ({ pages: shown, here }) => (
  <nav aria-label="Privacy" class="filters">
    <ul>
      {shown.map(({ path, name }) => (
        <li>
          <a href={path} aria-current={path === here ? 'page' : undefined}>
            {name}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

/** From which day to which, as fields of a form. */
export const Span: FC<{ range: { from: string; to: string }; now: number }> = ({ range, now }) => {
  const today = dayOf(now);
  return (
    <>
      <div>
        <label for="from">From</label>
        <input id="from" name="from" type="date" value={range.from} max={today} />
      </div>
      <div>
        <label for="to">To, included</label>
        <input id="to" name="to" type="date" value={range.to} max={today} />
      </div>
    </>
  );
};

/** What the policy in force says of counting where nobody has agreed. */
export const cookielessOf = ({ policy }: Pick<House, 'policy'>): { mode: string; unique: string } => {
  const { mode = 'off', unique = 'none' } = (policy?.current().policy.document.cookieless ?? {}) as {
    mode?: string;
    unique?: string;
  };
  return { mode, unique };
};

/** Something that would be shown within the room is not there: what may have become of it, and the way back. */
export const noSuchIn = (
  c: StaffContext,
  house: House,
  { here, title, words, back, to = here }: { here: string; title: string; words: string; back: string; to?: string },
): Response =>
  respondRoom(
    c,
    house,
    { title, here, narrow: true, status: 404 },
    <section class="panel">
      <h1>{title}</h1>
      <p>{words}</p>
      <p>
        <a href={to}>{back}</a>
      </p>
    </section>,
  );

/** `here`: the page of the room this is, or the one it belongs to. */
export const respondRoom = (
  c: StaffContext,
  house: House,
  { here, ...props }: Omit<PageProps, 'room'> & { here: string },
  body: Child,
): Response =>
  respondPage(
    c,
    house,
    { ...props, room: '/privacy' },
    <>
      <Pages
        pages={pages.filter(
          ({ path }) => may(c, path) && (path !== '/privacy/cookieless' || cookielessOf(house).mode !== 'off'),
        )}
        here={here}
      />
      {body}
    </>,
  );
