// Who is logged in, without a table: a signed cookie with an end, and form tokens bound to it. Pure but for chance.
// No password comes here, and nothing here ever reaches a log.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Session {
  id: string;
  /** Whose it is, and the stamp of the password it was opened with (site/keys.ts). What the account may is asked of the table. */
  account: string;
  stamp: string;
  issuedAt: number;
  expiresAt: number;
}

/** Without a page opened for this long, the session ends. */
export const idleMaxMs = 12 * 3_600_000;
/** However busy, after this it ends. */
export const sessionMaxMs = 7 * 24 * 3_600_000;
/** A browser that once logged in is told apart from strangers who guess. */
export const knownMaxMs = 90 * 24 * 3_600_000;

const closedMax = 10_000;

export interface Sessions {
  open: (account: { id: string; stamp: string }) => { session: Session; cookie: string };
  read: (cookie: string | undefined) => Session | null;
  /** A cookie with a later end, when half of the present one has passed. */
  renewed: (session: Session) => string | null;
  /** In this process only; the cookie itself is taken from the browser. */
  close: (session: Session) => void;
  /** Another one each time it is written, so that a compressed page tells nothing of it. `of` = a session's or a visitor's id. */
  token: (of: string) => string;
  checks: (of: string, token: unknown) => boolean;
  know: () => string;
  /** Its id, when the browser has logged in here before. */
  known: (cookie: string | undefined) => string | null;
}

const same = (a: string, b: string): boolean => {
  const one = Buffer.from(a);
  const other = Buffer.from(b);
  return one.length === other.length && timingSafeEqual(one, other);
};

export const draw = (): string => randomBytes(16).toString('base64url');

export const openSessions = (secret: string, now: () => number): Sessions => {
  const keyFor = (use: string): Buffer => createHmac('sha256', secret).update(`weft dashboard ${use}`).digest();
  const keys = { session: keyFor('session'), form: keyFor('form'), known: keyFor('known') };
  const sign = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const closed = new Map<string, number>();

  const write = ({ id, account, stamp, issuedAt, expiresAt }: Session): string => {
    const body = [id, account, stamp, issuedAt.toString(36), expiresAt.toString(36)].join('.');
    return `${body}.${sign(keys.session, body)}`;
  };
  /** `body.signature`, when the signature is ours. */
  const signed = (key: Buffer, cookie: string | undefined): string | null => {
    if (cookie === undefined || cookie.length > 300) return null;
    const end = cookie.lastIndexOf('.');
    if (end < 0) return null;
    const body = cookie.slice(0, end);
    return same(cookie.slice(end + 1), sign(key, body)) ? body : null;
  };

  return {
    open: (account) => {
      const at = now();
      const session = {
        id: draw(),
        account: account.id,
        stamp: account.stamp,
        issuedAt: at,
        expiresAt: at + idleMaxMs,
      };
      return { session, cookie: write(session) };
    },
    read: (cookie) => {
      const [id, account, stamp, issued, expires] = signed(keys.session, cookie)?.split('.') ?? [];
      if (id === undefined || account === undefined || stamp === undefined) return null;
      if (issued === undefined || expires === undefined) return null;
      const session = {
        id,
        account,
        stamp,
        issuedAt: Number.parseInt(issued, 36),
        expiresAt: Number.parseInt(expires, 36),
      };
      const at = now();
      const over = at >= session.expiresAt || at >= session.issuedAt + sessionMaxMs || closed.has(id);
      return over ? null : session;
    },
    renewed: (session) => {
      const expiresAt = Math.min(now() + idleMaxMs, session.issuedAt + sessionMaxMs);
      return expiresAt - session.expiresAt < idleMaxMs / 2 ? null : write({ ...session, expiresAt });
    },
    close: (session) => {
      const at = now();
      if (closed.size >= closedMax) for (const [id, until] of closed) if (until <= at) closed.delete(id);
      if (closed.size >= closedMax) closed.delete(closed.keys().next().value!);
      closed.set(session.id, session.issuedAt + sessionMaxMs);
    },
    token: (of) => {
      const nonce = draw();
      return `${nonce}.${sign(keys.form, `${of}.${nonce}`)}`;
    },
    checks: (of, token) => {
      if (typeof token !== 'string' || token.length > 200) return false;
      const [nonce, mac, more] = token.split('.');
      return (
        nonce !== undefined && mac !== undefined && more === undefined && same(mac, sign(keys.form, `${of}.${nonce}`))
      );
    },
    know: () => {
      const body = `${draw()}.${(now() + knownMaxMs).toString(36)}`;
      return `${body}.${sign(keys.known, body)}`;
    },
    known: (cookie) => {
      const [id, until] = signed(keys.known, cookie)?.split('.') ?? [];
      return id === undefined || until === undefined || now() >= Number.parseInt(until, 36) ? null : id;
    },
  };
};
