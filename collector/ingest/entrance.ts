// Stations 1 to 5 for every route that takes a write key: size, encoding, whose key, from which page, how much. Whoever
// comes through has a call that is opened and not yet looked at, or, on a route of one shape, read as that. What a route takes
// beside that is its own affair.

import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Config } from '../config.js';
import { type Refusal, refuse, refuseRate } from '../errors.js';
import type { Log } from '../log/log.js';
import type { Key } from '../site/keys.js';
import type { KeyRing } from '../site/ring.js';
import { authenticateBody, authenticateHeader, presentedKey } from './authenticate.js';
import { textOf } from './body.js';
import type { Crowd } from './crowd.js';
import { corsHeaders, originAllowed, preflightHeaders } from './origin.js';
import { type Opened, openCall } from './parse.js';
import type { Limiter } from './rate.js';
import { isRefusal } from './respond.js';
import { readAs, type Telling } from './shape.js';
import type { TurnedAwayNotes } from './turned-away.js';

export interface EntranceOptions {
  config: Pick<Config, 'origins'>;
  ring: Pick<KeyRing, 'write' | 'secret' | 'refresh'>;
  rate: Limiter;
  /** By address; none where nothing is said. */
  crowd?: Crowd | undefined;
  /** Told of whom is sent away for where they come from or for their key. */
  turnedAway?: Pick<TurnedAwayNotes, 'note'> | undefined;
  log: Pick<Log, 'waiting'>;
  /** Above so many events waiting for their commit, senders are asked to come again. */
  waitingMaxEvents?: number | undefined;
}

/** Where a commit takes longest, a second has room for a dozen of them. */
export const comeAgain = refuse('unavailable', { retryAfterS: 1 });

/** A request that came through the stations before its content is looked at. */
export interface Entered {
  opened: Opened;
  key: Key;
  /** How much it turned out to be: for the key and for the address. Secret keys have no rate. */
  charge: (count: number) => void;
}

export interface Entrance {
  /** One bucket for each key and `sort`: a withdrawal must not wait behind the events it is about. */
  enter: (c: Context, sort: string | null, reads?: (text: string) => Opened | Refusal) => Promise<Entered | Refusal>;
  /** A call of one shape. It counts as one, before it is looked at, or by what it holds. */
  receive: <Shape extends z.ZodType>(
    c: Context,
    sort: string,
    shape: Shape,
    telling: Telling & { countOf?: (call: z.output<Shape>) => number },
  ) => Promise<{ call: z.output<Shape>; key: Key } | Refusal>;
  /** Too much waits to take more. */
  busy: () => Refusal | null;
  /** Foreign clients ask before they send. */
  preflight: (app: Hono, paths: readonly string[]) => void;
}

export const originOf = (c: Context): string | null => c.req.header('origin') ?? null;
const hostOf = (c: Context): string | null => c.req.header('host') ?? new URL(c.req.url).host;

export const entrance = ({
  config,
  ring,
  rate,
  crowd,
  turnedAway,
  log,
  waitingMaxEvents = 20_000,
}: EntranceOptions): Entrance => {
  /** What a browser must be told with every answer, a refusal too, so that the page may read it. */
  const allowPage = (c: Context): void => {
    for (const [name, value] of Object.entries(corsHeaders(config.origins, originOf(c), hostOf(c))))
      c.header(name, value);
  };

  const noted = (c: Context, refusal: Refusal): Refusal => {
    const { code } = refusal;
    if (code === 'origin' || code === 'bad_key') turnedAway?.note(originOf(c), code);
    return refusal;
  };

  /** Station 4 and 5, once the key is known. Secret keys have no rate. */
  const permit = (c: Context, key: Key, bucket: string): Refusal | null => {
    if (!originAllowed(config.origins, originOf(c), hostOf(c))) return noted(c, refuse('origin'));
    if (key.kind === 'secret') return null;
    const ofKeyS = rate.admit(bucket);
    if (ofKeyS !== null) return refuseRate('key', ofKeyS);
    const ofAddressS = crowd?.admit(c) ?? null;
    return ofAddressS === null ? null : refuseRate('address', ofAddressS);
  };

  // The key may stand in the body, which then is opened before it is known whose it is.
  const enter: Entrance['enter'] = async (c, sort, reads = openCall) => {
    allowPage(c);
    const text = await textOf(c.req.raw);
    if (isRefusal(text)) return text;
    const bucketOf = (key: Key): string => (sort === null ? key.context.id : `${sort}:${key.context.id}`);
    const entered = (opened: Opened, key: Key): Entered => ({
      opened,
      key,
      charge: (count) => {
        if (key.kind === 'secret') return;
        rate.charge(bucketOf(key), count);
        // Of the address, one was paid at the door.
        crowd?.charge(c, Math.max(0, count - 1));
      },
    });
    const presented = presentedKey(c.req.header('authorization'));
    if (presented !== null) {
      const key = await authenticateHeader(ring, presented);
      if (isRefusal(key)) return noted(c, key);
      const refused = permit(c, key, bucketOf(key));
      if (refused !== null) return refused;
      const opened = reads(text);
      return isRefusal(opened) ? opened : entered(opened, key);
    }
    const opened = reads(text);
    if (isRefusal(opened)) return opened;
    const key = await authenticateBody(ring, opened.body.writeKey);
    if (isRefusal(key)) return noted(c, key);
    return permit(c, key, bucketOf(key)) ?? entered(opened, key);
  };

  return {
    enter,
    receive: async (c, sort, shape, { countOf, ...telling }) => {
      const entered = await enter(c, sort);
      if (isRefusal(entered)) return entered;
      if (!countOf) entered.charge(1);
      const call = readAs(shape, entered.opened.body, telling);
      if (isRefusal(call)) return call;
      if (countOf) entered.charge(countOf(call));
      return { call, key: entered.key };
    },
    busy: () => (log.waiting() > waitingMaxEvents ? comeAgain : null),
    preflight: (app, paths) => {
      for (const path of paths) {
        app.options(path, (c) => {
          allowPage(c);
          // A browser that is told no does not send what it asked for.
          if (!originAllowed(config.origins, originOf(c), hostOf(c))) turnedAway?.note(originOf(c), 'origin');
          const asked = c.req.header('access-control-request-headers') ?? null;
          for (const [name, value] of Object.entries(preflightHeaders(asked))) c.header(name, value);
          return c.body(null, 204);
        });
      }
    },
  };
};
