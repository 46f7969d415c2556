// The door for staff: an account's password, a cookie, and a way out; and whom the table of permissions lets into which room.
// Where a session begins and ends, and nothing else.

import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { FC } from 'hono/jsx';
import { matchedRoutes } from 'hono/route';
import { owner, sameName } from '../site/keys.js';
import { admissionOf, homeOf } from '../site/permissions.js';
import {
  fieldsOf,
  type House,
  isHttps,
  isOurForm,
  notYours,
  respondPage,
  respondTrouble,
  type StaffContext,
  type Staffed,
} from './frame.js';
import { countGuesses, type Place } from './guesses.js';
import { Notice } from './kit/panel.js';
import { draw, idleMaxMs, knownMaxMs } from './session.js';

const cookies = { session: 'weft_staff', visitor: 'weft_door', known: 'weft_known' } as const;

/** Who did not get in, in the audit log. */
const nobody = 'nobody';

const attributes = (c: Context, path = '/') => ({ httpOnly: true, sameSite: 'Lax', path, secure: isHttps(c) }) as const;

/** Only a room of this house; anything else could lead staff away. */
export const safeNext = (next: string | null | undefined): string =>
  next != null &&
  next.length <= 500 &&
  /^\/(people|live|privacy|erasures|staff)?(?:[/?][\w\-.~%/?&=+@:,]*)?$/.test(next) &&
  !next.startsWith('//')
    ? next
    : '/';

/** Whoever asks, as far as it can be told. A network that hands out addresses by the billion counts as one place. */
const placeOf = (c: Context, known: string | null): Place => {
  if (known !== null) return { name: known, known: true };
  let address = 'unknown';
  try {
    address = getConnInfo(c).remote.address ?? address;
  } catch {
    // Not behind a socket: a test.
  }
  const name =
    address.includes(':') && !address.startsWith('::ffff:') ? address.split(':').slice(0, 4).join(':') : address;
  return { name, known: false };
};

const LoginForm: FC<{
  csrf: string;
  next: string;
  /** What was typed as the account; null: there is only the owner, who need not be named. */
  account: string | null;
  trouble: string | null;
  demo: string | null;
  docs: string | null;
}> = ({ csrf, next, account, trouble, demo, docs }) => (
  <section class="panel login">
    <h1>Log in</h1>
    {trouble !== null && (
      <Notice tone="bad">
        <p id="trouble">{trouble}</p>
      </Notice>
    )}
    <form method="post" action="/login">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="next" value={next} />
      {account === null ? (
        // Password managers file a password under a name.
        <input type="hidden" name="account" value={owner.name} autocomplete="username" />
      ) : (
        <>
          <label for="account">Account</label>
          <input
            id="account"
            name="account"
            value={account}
            maxlength={100}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            aria-describedby="account-note"
          />
          <p id="account-note" class="soft small">
            The name an owner gave it. Whoever has WEFT_ADMIN_PASSWORD is “{owner.name}”.
          </p>
        </>
      )}
      <label for="password">{account === null ? 'Staff password' : 'Password'}</label>
      <input
        id="password"
        name="password"
        type="password"
        required
        maxlength={500}
        autocomplete="current-password"
        autofocus
        aria-describedby={trouble === null ? 'password-note' : 'trouble password-note'}
        aria-invalid={trouble === null ? undefined : 'true'}
      />
      <button type="submit">Log in</button>
      <p id="password-note" class="soft small">
        {account === null ? (
          <>
            The collector printed it when it first started. To set another one, start it with{' '}
            <code>WEFT_ADMIN_PASSWORD</code>.
          </>
        ) : (
          'Lost it? An owner gives a new one under Staff.'
        )}
      </p>
    </form>
    {(demo !== null || docs !== null) && (
      <p class="small links">
        {demo !== null && <a href={demo}>Visit the demo shop</a>}
        {docs !== null && <a href={docs}>Read the docs</a>}
      </p>
    )}
  </section>
);

export const login = (house: House): Hono<Staffed> => {
  const { sessions, keys, now } = house;
  const guesses = countGuesses(now);
  const app = new Hono<Staffed>();
  const note = (by: string, role: string, what: 'session.open' | 'session.close'): void =>
    house.audit.note({ at: now(), by, what, persons: [], purpose: role, detail: null });

  /** A token needs someone to be bound to before there is a session. */
  const visitorOf = (c: Context): string => {
    const kept = getCookie(c, cookies.visitor);
    if (kept !== undefined && /^[\w-]{10,60}$/.test(kept)) return kept;
    const made = draw();
    setCookie(c, cookies.visitor, made, { ...attributes(c, '/login'), maxAge: 3_600 });
    return made;
  };
  const form = (
    c: StaffContext,
    next: string,
    typed: string,
    trouble: string | null,
    status: 200 | 400 | 401 | 429 = 200,
  ) =>
    respondPage(
      c,
      house,
      { title: 'Log in', narrow: true, status },
      <LoginForm
        csrf={sessions.token(visitorOf(c))}
        next={next}
        account={keys.accounts().length > 1 ? typed : null}
        trouble={trouble}
        {...house.links}
      />,
    );
  const entrance = (next: string, role: Parameters<typeof homeOf>[0]): string => (next === '/' ? homeOf(role) : next);

  app.get('/login', (c) => {
    const next = safeNext(c.req.query('next'));
    const staff = c.get('staff');
    return staff === null ? form(c, next, '', null) : c.redirect(entrance(next, staff.role), 303);
  });

  app.post('/login', async (c) => {
    const fields = await fieldsOf(c);
    const next = safeNext(fields.next);
    const typed = (fields.account ?? '').slice(0, 100);
    const visitor = getCookie(c, cookies.visitor);
    if (visitor === undefined || !isOurForm(c, sessions, visitor, fields.csrf)) {
      return form(c, next, typed, 'This form had been open for too long, or cookies are off. Please try again.', 400);
    }
    const place = placeOf(c, sessions.known(getCookie(c, cookies.known)));
    const guess = await guesses.attempt(place, () => keys.staff(typed, fields.password ?? ''));
    if (guess.kind === 'wait') {
      c.header('Retry-After', String(guess.seconds));
      return form(c, next, typed, `Too many tries. Wait ${guess.seconds} s, then try again.`, 429);
    }
    if (guess.kind === 'wrong') {
      // What was typed as a name is not noted: it may be the password, in the wrong field. Whose account it was is enough.
      const meant = keys.accounts().find(({ name }) => sameName(name, typed.trim() === '' ? owner.name : typed));
      house.audit.noteOpen({
        at: now(),
        by: nobody,
        what: 'session.fail',
        persons: [],
        purpose: null,
        detail: meant?.id ?? 'no such account',
      });
      const words =
        keys.accounts().length > 1 ? 'That is not the password of this account.' : 'That is not the password.';
      return form(c, next, typed, words, 401);
    }
    note(guess.right.id, guess.right.role, 'session.open');
    // Always a new session: one that was planted before the login is worth nothing.
    setCookie(c, cookies.session, sessions.open(guess.right).cookie, { ...attributes(c), maxAge: idleMaxMs / 1_000 });
    setCookie(c, cookies.known, sessions.know(), { ...attributes(c, '/login'), maxAge: knownMaxMs / 1_000 });
    deleteCookie(c, cookies.visitor, { path: '/login' });
    return c.redirect(entrance(next, guess.right.role), 303);
  });

  app.get('/logout', (c) => c.redirect('/', 303));
  app.post('/logout', async (c) => {
    const session = c.get('session');
    if (session === null) return c.redirect('/login', 303);
    const { csrf } = await fieldsOf(c);
    if (!isOurForm(c, sessions, session.id, csrf)) return staleForm(c, house);
    const staff = c.get('staff');
    if (staff !== null) note(staff.id, staff.role, 'session.close');
    sessions.close(session);
    deleteCookie(c, cookies.session, { path: '/' });
    return c.redirect('/login', 303);
  });
  return app;
};

/** Reads the cookie. Before every room, and before the door itself. */
export const recognise =
  ({ sessions, keys }: House): MiddlewareHandler<Staffed> =>
  async (c, next) => {
    const read = sessions.read(getCookie(c, cookies.session));
    // Of the account as it is now: one that was revoked, or given another password, has no session.
    const staff = read === null ? null : keys.account(read.account);
    const session = staff !== null && staff.stamp === read?.stamp ? read : null;
    c.set('session', session);
    c.set('staff', session === null ? null : staff);
    await next();
    // Only a page somebody opens keeps a session alive; one that mends itself in a forgotten tab does not.
    if (session === null || c.req.method !== 'GET' || c.req.header('x-weft-refresh') !== undefined) return;
    const cookie = sessions.renewed(session);
    if (cookie !== null) setCookie(c, cookies.session, cookie, { ...attributes(c), maxAge: idleMaxMs / 1_000 });
  };

/** Whoever is not logged in. A page's own script is told so; whoever opens a page is led to the door and back. */
const toTheDoor = (c: StaffContext, house: House): Response => {
  if (c.req.header('x-weft-refresh') !== undefined) return c.text('Log in again.', 401);
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    return respondTrouble(c, house, {
      status: 401,
      title: 'You are logged out',
      words: 'Nothing was changed.',
      step: <a href="/login">Log in again</a>,
    });
  }
  const { pathname, search } = new URL(c.req.url);
  const wanted = safeNext(pathname + search);
  return c.redirect(wanted === '/' ? '/login' : `/login?next=${encodeURIComponent(wanted)}`, 303);
};

/** By the table of permissions, before any room: what stands in no row of it is nobody's. */
export const admit =
  (house: House): MiddlewareHandler<Staffed> =>
  async (c, next) => {
    for (const { method, path } of matchedRoutes(c)) {
      if (method === 'ALL') continue;
      const row = admissionOf(method, path);
      if (row === null) return c.notFound();
      if (row.by !== 'staff') continue;
      const staff = c.get('staff');
      if (staff === null) return toTheDoor(c, house);
      if (row.roles.includes(staff.role)) continue;
      // The bare address leads everybody to their own start.
      if (c.req.path === '/') return c.redirect(homeOf(staff.role), 303);
      return c.req.header('x-weft-refresh') === undefined ? notYours(c, house) : c.text('Not yours.', 403);
    }
    return next();
  };

export const staleForm = (c: Context<Staffed>, house: House): Response =>
  respondTrouble(c, house, {
    status: 403,
    title: 'Nothing was changed',
    words: 'The form did not come from a page of this session. It may have been open since before you logged in.',
    step: <a href="/">Go to the overview and try again</a>,
  });
