// The door for staff: one password, a cookie, and a way out. Where a session begins and ends, and nothing else.

import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { FC } from 'hono/jsx';
import type { KeyTable } from '../site/keys.js';
import { fieldsOf, type House, isHttps, isOurForm, respondPage, respondTrouble, type Staffed } from './frame.js';
import { countGuesses, type Place } from './guesses.js';
import { Notice } from './kit/panel.js';
import { draw, idleMaxMs, knownMaxMs } from './session.js';

const cookies = { session: 'weft_staff', visitor: 'weft_door', known: 'weft_known' } as const;

const attributes = (c: Context, path = '/') => ({ httpOnly: true, sameSite: 'Lax', path, secure: isHttps(c) }) as const;

/** Only a room of this house; anything else could lead staff away. */
export const safeNext = (next: string | null | undefined): string =>
  next != null &&
  next.length <= 500 &&
  /^\/(people|live)?(?:[/?][\w\-.~%/?&=+@:,]*)?$/.test(next) &&
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
  trouble: string | null;
  demo: string | null;
  docs: string | null;
}> = ({ csrf, next, trouble, demo, docs }) => (
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
      {/* Password managers file a password under a name. */}
      <input type="hidden" name="username" value="staff" autocomplete="username" />
      <label for="password">Staff password</label>
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
        The collector printed it when it first started. To set another one, start it with{' '}
        <code>WEFT_ADMIN_PASSWORD</code>.
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

export const login = (house: House, keys: Pick<KeyTable, 'staff'>): Hono<Staffed> => {
  const { sessions, now } = house;
  const guesses = countGuesses(now);
  const app = new Hono<Staffed>();

  /** A token needs someone to be bound to before there is a session. */
  const visitorOf = (c: Context): string => {
    const kept = getCookie(c, cookies.visitor);
    if (kept !== undefined && /^[\w-]{10,60}$/.test(kept)) return kept;
    const made = draw();
    setCookie(c, cookies.visitor, made, { ...attributes(c, '/login'), maxAge: 3_600 });
    return made;
  };
  const form = (c: Context<Staffed>, next: string, trouble: string | null, status: 200 | 400 | 401 | 429 = 200) =>
    respondPage(
      c,
      house,
      { title: 'Log in', narrow: true, status },
      <LoginForm csrf={sessions.token(visitorOf(c))} next={next} trouble={trouble} {...house.links} />,
    );

  app.get('/login', (c) => {
    const next = safeNext(c.req.query('next'));
    return c.get('session') === null ? form(c, next, null) : c.redirect(next, 303);
  });

  app.post('/login', async (c) => {
    const fields = await fieldsOf(c);
    const next = safeNext(fields.next);
    const visitor = getCookie(c, cookies.visitor);
    if (visitor === undefined || !isOurForm(c, sessions, visitor, fields.csrf)) {
      return form(c, next, 'This form had been open for too long, or cookies are off. Please try again.', 400);
    }
    const place = placeOf(c, sessions.known(getCookie(c, cookies.known)));
    const guess = await guesses.attempt(place, () => keys.staff(fields.password ?? ''));
    if (guess.kind === 'wait') {
      c.header('Retry-After', String(guess.seconds));
      return form(c, next, `Too many tries. Wait ${guess.seconds} s, then try again.`, 429);
    }
    if (guess.kind === 'wrong') return form(c, next, 'That is not the password.', 401);
    // Always a new session: one that was planted before the login is worth nothing.
    setCookie(c, cookies.session, sessions.open().cookie, { ...attributes(c), maxAge: idleMaxMs / 1_000 });
    setCookie(c, cookies.known, sessions.know(), { ...attributes(c, '/login'), maxAge: knownMaxMs / 1_000 });
    deleteCookie(c, cookies.visitor, { path: '/login' });
    return c.redirect(next, 303);
  });

  app.get('/logout', (c) => c.redirect('/', 303));
  app.post('/logout', async (c) => {
    const session = c.get('session');
    if (session === null) return c.redirect('/login', 303);
    const { csrf } = await fieldsOf(c);
    if (!isOurForm(c, sessions, session.id, csrf)) return staleForm(c, house);
    sessions.close(session);
    deleteCookie(c, cookies.session, { path: '/' });
    return c.redirect('/login', 303);
  });
  return app;
};

/** Reads the cookie. Before every room, and before the door itself. */
export const recognise =
  ({ sessions }: House): MiddlewareHandler<Staffed> =>
  async (c, next) => {
    const session = sessions.read(getCookie(c, cookies.session));
    c.set('session', session);
    await next();
    // Only a page somebody opens keeps a session alive; one that mends itself in a forgotten tab does not.
    if (session === null || c.req.method !== 'GET' || c.req.header('x-weft-refresh') !== undefined) return;
    const cookie = sessions.renewed(session);
    if (cookie !== null) setCookie(c, cookies.session, cookie, { ...attributes(c), maxAge: idleMaxMs / 1_000 });
  };

/** Staff only. A page's own script is told so; whoever opens a page is led to the door and back. */
export const staffOnly =
  (house: House): MiddlewareHandler<Staffed> =>
  async (c, next) => {
    const session = c.get('session');
    if (session === null) {
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
