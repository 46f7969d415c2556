// What every room shares: the frame around a page, the headers it goes out with, the answers when something is missing or
// broken, and what staff may ask of the reader.

import { createHash } from 'node:crypto';
import type { Context, Env, MiddlewareHandler } from 'hono';
import type { Child } from 'hono/jsx';
import type { AuditNotes } from '../audit/notes.js';
import type { Config } from '../config.js';
import type { LivePolicy } from '../consent/policy/live.js';
import { errorBody } from '../contract/answer.js';
import type { AuditAct } from '../contract/audit.js';
import { purposes } from '../contract/purposes.js';
import type { TurnedAwayNotes } from '../ingest/turned-away.js';
import type { CommandResult, Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import type { Asked, PageAsked } from '../profiles/reading.js';
import type { StaffAccount, StaffRole } from '../site/keys.js';
import { homeOf, mayStaff } from '../site/permissions.js';
import type { KeyRing } from '../site/ring.js';
import { assets } from './assets.js';
import { Document, type Room } from './kit/document.js';
import { localeOf, type View } from './kit/view.js';
import type { Session, Sessions } from './session.js';

export interface Links {
  /** Where the demo shop is, when there is one. */
  demo: string | null;
  docs: string | null;
}

/** What the rooms are given. */
export interface House {
  reader: Reader;
  log: Log;
  sessions: Sessions;
  /** The accounts of staff. */
  keys: Pick<KeyRing, 'staff' | 'account' | 'accounts' | 'renew'>;
  /** Every page that shows a person notes it. */
  audit: AuditNotes;
  now: () => number;
  links: Links;
  /** The consent policy in force; null where the room of it is not mounted. */
  policy: LivePolicy | null;
  /** Where exports lie; null = none are made. */
  exportsFolder: string | null;
  /** Whom the door sent away, and from where pages may send. */
  turnedAway: TurnedAwayNotes['list'] | null;
  origins: Config['origins'];
}

export interface Staffed extends Env {
  Variables: { session: Session | null; staff: StaffAccount | null };
}
export type StaffContext = Context<Staffed>;

/** Whoever is logged in, behind the door: who reads, undoes, joins, erases. */
export const staffOf = (c: StaffContext): StaffAccount => {
  const staff = c.get('staff');
  if (staff === null) throw new Error('a room was opened without an account');
  return staff;
};
/** For links on a page: whether they lead anywhere for whoever looks at it. */
export const may = (c: StaffContext, pattern: string, method: 'GET' | 'POST' = 'GET'): boolean =>
  mayStaff(staffOf(c).role, method, pattern);
/** Staff looked at somebody. An open page that asks again and again is one row for a while. */
export const noteRead = (
  c: StaffContext,
  { audit, now }: Pick<House, 'audit' | 'now'>,
  what: AuditAct,
  persons: readonly string[],
  detail: string | null = null,
): void => {
  const { id, role } = staffOf(c);
  const entry = { at: now(), by: id, what, persons: [...persons], purpose: role, detail };
  if (c.req.header('x-weft-refresh') === undefined) audit.note(entry);
  else audit.noteOpen(entry);
};
/** Of the forms on a page. */
export const tokenOf = (c: StaffContext, house: Pick<House, 'sessions'>): string =>
  house.sessions.token(c.get('session')?.id ?? '');

const rooms: readonly Room[] = [
  { path: '/', name: 'Overview' },
  { path: '/live', name: 'Live' },
  { path: '/people', name: 'People' },
  { path: '/privacy', name: 'Privacy' },
  { path: '/staff', name: 'Staff' },
];
const roomsOf = (role: StaffRole): Room[] => rooms.filter(({ path }) => mayStaff(role, 'GET', path));

const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const isHttps = (c: Context): boolean =>
  c.req.header('x-forwarded-proto')?.split(',')[0]?.trim() === 'https' || c.req.url.startsWith('https:');

/** As whoever opened this page would write it. */
export const originOf = (c: Context): string => {
  const { host } = new URL(c.req.url);
  return `${isHttps(c) ? 'https' : 'http'}://${/^[\w.:[\]-]+$/.test(host) ? host : 'localhost'}`;
};

export const protective: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  // A page that says so may stand in a frame of another page of ours, and of nobody else's.
  const isFramed = headers.get('X-Frame-Options') === 'SAMEORIGIN';
  headers.set('Content-Security-Policy', isFramed ? policy.replace("ancestors 'none'", "ancestors 'self'") : policy);
  if (!isFramed) headers.set('X-Frame-Options', 'DENY');
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('Referrer-Policy', 'same-origin');
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  headers.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
  // Pages of people are nobody's to keep, neither a proxy's nor the back button's after logging out.
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
};

export const viewOf = (c: Context, now: number): View => ({ locale: localeOf(c.req.header('accept-language')), now });

export const askedBy = (house: Pick<House, 'now'>): Asked => ({ purposes, now: house.now() });
export const pageOf = (house: Pick<House, 'now'>, limit: number, cursor: string | null = null): PageAsked => ({
  ...askedBy(house),
  limit,
  cursor,
});

/** A parameter of the address, bounded. */
export const queryOf = (c: Context, name: string, charsMax = 320): string | null => {
  const value = c.req.query(name)?.slice(0, charsMax).trim();
  return value === undefined || value === '' ? null : value;
};

/** Of a path. What is no well-formed text would throw. */
export const segment = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

export interface PageProps {
  title: string;
  room?: string | null;
  /** Of what the page shows: the same again means nothing changed. */
  version?: string;
  refreshMs?: number;
  notice?: Child;
  narrow?: boolean;
  bar?: Child;
  status?: 200 | 400 | 401 | 403 | 404 | 409 | 429 | 500 | 503;
}

export const versionOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);

const etag = (version: string): string => `"${version}"`;
/** The page's own script asks whether anything changed since. */
export const isUnchanged = (c: Context, version: string): boolean => c.req.header('if-none-match') === etag(version);
export const unchanged = (c: Context, version: string): Response => {
  c.header('ETag', etag(version));
  return c.body(null, 304);
};

export const respondPage = (c: StaffContext, house: House, props: PageProps, body: Child): Response => {
  const session = c.get('session') ?? null;
  const staff = c.get('staff') ?? null;
  if (props.version !== undefined) c.header('ETag', etag(props.version));
  const page = (
    <Document
      title={props.title}
      view={viewOf(c, house.now())}
      assets={assets}
      rooms={staff === null ? [] : roomsOf(staff.role)}
      home={staff === null ? '/' : homeOf(staff.role)}
      who={staff === null || house.keys.accounts().length < 2 ? null : staff.name}
      room={props.room ?? null}
      csrf={session === null ? null : house.sessions.token(session.id)}
      refresh={
        props.version !== undefined && props.refreshMs !== undefined
          ? { everyMs: props.refreshMs, version: props.version }
          : null
      }
      notice={props.notice}
      narrow={props.narrow ?? false}
      bar={props.bar}
    >
      {body}
    </Document>
  );
  return c.html(`<!doctype html>${String(page)}`, props.status ?? 200);
};

/** Something can't be shown or done: what happened, and the next step. */
export const respondTrouble = (
  c: StaffContext,
  house: House,
  trouble: { status: NonNullable<PageProps['status']>; title: string; words: string; step: Child },
): Response =>
  respondPage(
    c,
    house,
    { title: trouble.title, narrow: true, status: trouble.status },
    <section class="panel">
      <h1>{trouble.title}</h1>
      <p>{trouble.words}</p>
      <p>{trouble.step}</p>
    </section>,
  );

const homeFor = (c: StaffContext): string => {
  const staff = c.get('staff') ?? null;
  return staff === null ? '/' : homeOf(staff.role);
};

export const noSuchPage = (c: StaffContext, house: House): Response =>
  respondTrouble(c, house, {
    status: 404,
    title: 'There is no such page',
    words: 'The address may be mistyped, or what it showed is gone.',
    step: <a href={homeFor(c)}>Go to the start</a>,
  });

/** A room of others: said clearly, with where one's own is. */
export const notYours = (c: StaffContext, house: House): Response => {
  const { role } = staffOf(c);
  return respondTrouble(c, house, {
    status: 403,
    title: 'This room is not open to you',
    words: `Your account has the role “${role}”. ${roleWords[role]}`,
    step: (
      <>
        <a href={homeOf(role)}>Go to {role === 'privacy' ? 'the privacy room' : 'the overview'}</a>, or ask an owner for
        an account with another role.
      </>
    ),
  });
};

/** What each role is there for, for whoever has it or gives it. */
export const roleWords: Readonly<Record<StaffRole, string>> = {
  owner: 'It opens every room, and gives accounts to others.',
  marketing: 'It opens the overview, live events and people; not the privacy room, and no export of a person.',
  privacy: 'It opens the privacy room and the export of one person at a time; not the rooms of marketing.',
};

/** What a command found wrong, in its own words where it has some. */
export const troubleOf = (result: CommandResult): { message: string; hint: string } => {
  const read = errorBody.safeParse(result.body);
  if (read.success) return read.data.error;
  return result.status === 404
    ? { message: 'It is not there any more.', hint: 'Someone may have done this just now. Look at the person again.' }
    : { message: 'It could not be done.', hint: 'Try again. The log of the collector says why.' };
};

/** Form fields as text; what is a file or given twice is not ours. */
export const fieldsOf = async (c: Context): Promise<Readonly<Record<string, string>>> => {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(await c.req.parseBody().catch(() => ({}))))
    if (typeof value === 'string') fields[name] = value;
  return fields;
};

/** A form of ours, sent by a page of ours. */
export const isOurForm = (c: Context, sessions: Sessions, of: string, token: string | undefined): boolean => {
  const site = c.req.header('sec-fetch-site');
  return (site === undefined || site === 'same-origin' || site === 'none') && sessions.checks(of, token);
};

/** The fields of a form of this session, or null. */
export const ownForm = async (
  c: StaffContext,
  { sessions }: Pick<House, 'sessions'>,
): Promise<Readonly<Record<string, string>> | null> => {
  const fields = await fieldsOf(c);
  const session = c.get('session');
  return session !== null && isOurForm(c, sessions, session.id, fields.csrf) ? fields : null;
};
