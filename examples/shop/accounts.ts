// Accounts, sessions and stock of the demo: all in the memory of this process, bounded, gone when it stops.
// Passwords are hashed even here; nothing of a person is ever logged.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Basket } from './basket.js';

const accountsMax = 5_000;
const sessionsMax = 10_000;

export interface Account {
  id: string;
  name: string;
  email: string;
  createdAt: string;
  /** Kept here while the person is logged out. */
  basket: Basket | undefined;
  orderIds: string[];
}

export type SignUp =
  | { ok: true; account: Account }
  | { ok: false; reason: 'name' | 'email' | 'password' | 'taken' | 'full' };

/** Shown on the log-in page, so that anybody can be Ada. */
export const seeded = { name: 'Ada Marlow', email: 'ada@example.com', password: 'demo' };

const emailShape = /^[^\s@<>"']{1,64}@[^\s@<>"']{1,180}\.[a-z]{2,24}$/i;

export const emailOf = (value: string): string | undefined => {
  const email = value.trim().toLowerCase();
  return emailShape.test(email) ? email : undefined;
};

/** A Map that forgets its oldest entry instead of growing. */
export const bounded = <V>(max: number) => {
  const map = new Map<string, V>();
  return {
    get: (key: string) => map.get(key),
    set: (key: string, value: V) => {
      map.delete(key);
      map.set(key, value);
      if (map.size > max) map.delete(map.keys().next().value as string);
    },
    delete: (key: string) => map.delete(key),
    get size() {
      return map.size;
    },
  };
};

const hash = (password: string, salt: Buffer) =>
  new Promise<Buffer>((resolve, reject) =>
    scrypt(password.slice(0, 200), salt, 32, { N: 1024 }, (error, key) => (error ? reject(error) : resolve(key))),
  );

interface Stored {
  account: Account;
  salt: Buffer;
  key: Buffer;
}

export const openAccounts = () => {
  const byEmail = new Map<string, Stored>();
  const byId = new Map<string, Account>();
  const sessions = bounded<string>(sessionsMax);

  const store = async (id: string, name: string, email: string, password: string): Promise<Account> => {
    const salt = randomBytes(16);
    const account: Account = { id, name, email, createdAt: new Date().toISOString(), basket: undefined, orderIds: [] };
    const key = await hash(password, salt);
    byEmail.set(email, { account, salt, key });
    byId.set(id, account);
    return account;
  };
  const ready = store('cust-1001', seeded.name, seeded.email, seeded.password);

  return {
    signUp: async (name: string, emailText: string, password: string): Promise<SignUp> => {
      await ready;
      const email = emailOf(emailText);
      const cleanName = name.trim().slice(0, 80);
      if (!cleanName) return { ok: false, reason: 'name' };
      if (!email) return { ok: false, reason: 'email' };
      if (password.length < 4) return { ok: false, reason: 'password' };
      if (byEmail.has(email)) return { ok: false, reason: 'taken' };
      if (byEmail.size >= accountsMax) return { ok: false, reason: 'full' };
      return { ok: true, account: await store(`cust-${randomBytes(6).toString('hex')}`, cleanName, email, password) };
    },

    logIn: async (emailText: string, password: string): Promise<Account | undefined> => {
      await ready;
      const stored = byEmail.get(emailText.trim().toLowerCase());
      // Hash also for nobody, so that the time does not tell who has an account.
      const key = await hash(password, stored?.salt ?? Buffer.alloc(16));
      return stored && timingSafeEqual(key, stored.key) ? stored.account : undefined;
    },

    open: (account: Account): string => {
      const session = randomBytes(18).toString('base64url');
      sessions.set(session, account.id);
      return session;
    },
    of: (session: string | undefined): Account | undefined => byId.get(sessions.get(session ?? '') ?? ''),
    close: (session: string | undefined) => sessions.delete(session ?? ''),
  };
};

export type Accounts = ReturnType<typeof openAccounts>;
