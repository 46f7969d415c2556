// Reading people and acting on them, with a secret key. Every answer is bound to the purposes of the key that asks,
// narrowed by `?purpose=`. Acts are commands of the log: they are facts like events, and are replayed by a rebuild.

import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { AuditNotes } from '../audit/notes.js';
import { type Policy, purposesNaming } from '../consent/policy/policy.js';
import type { AuditAct } from '../contract/audit.js';
import type { Purpose } from '../contract/purposes.js';
import {
  eventsPageQuery,
  identifierNames,
  type ListName,
  lists,
  mergeCall,
  pageQuery,
  profilesQuery,
  purposeQuery,
} from '../contract/reading.js';
import { type Refusal, refuse } from '../errors.js';
import { bodyOf } from '../ingest/body.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import { readAs } from '../ingest/shape.js';
import type { Command, CommandResult, Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import type { Asked, IdentifierQuery, PageAsked } from '../profiles/reading.js';
import type { Key } from '../site/keys.js';
import { admittedKey } from './admission.js';

export interface ReadingOptions {
  /** Each read of persons is noted. */
  audit: AuditNotes;
  reader: Reader;
  log: Log;
  now: () => number;
  /** In force now: says what a recipient may be given. */
  policy: () => Policy;
}

/** Of the people one identifier leads to. */
const personsNotedMax = 500;

/** `name`: of the parameter that was read by itself. */
const parsed = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string | null = null,
): z.output<Schema> | Refusal =>
  readAs(schema, value, {
    at: (path) => name ?? (path || 'The request'),
    hint: (path) =>
      path === 'cursor'
        ? 'Take `next` of the page before, as it is; without `cursor` the list begins at its newest.'
        : undefined,
  });

/** A query names each thing once; a name given twice is a mistake worth telling. */
const queryOf = (c: Context): Record<string, string> | Refusal => {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) return refuse('bad_request', { message: 'A query parameter was given twice.' });
    query[name] = values[0]!;
  }
  return query;
};

export const reading = ({ reader, log, audit, now, policy }: ReadingOptions): Hono => {
  const app = new Hono();

  /** Who it is was asked before anything else (admission.ts), by the table of permissions. */
  const secretKey = (c: Context): Key | Refusal => admittedKey(c) ?? refuse('bad_key');

  const askedBy = (key: Key, query: Record<string, string>): Asked | Refusal => {
    const wanted = parsed(purposeQuery, query.purpose, 'purpose');
    if (isRefusal(wanted)) return wanted;
    const carried = key.context.purposes;
    if (wanted?.every((purpose) => carried.includes(purpose)) === false) {
      return refuse('forbidden', { message: 'The key does not carry a purpose that was asked for.' });
    }
    if (key.recipient === null) return { purposes: wanted ?? carried, now: now() };
    // Whoever agreed was told of a recipient at the purposes it is listed at, and at no other.
    const named = purposesNaming(policy(), key.recipient);
    const purposes: readonly Purpose[] = (wanted ?? carried).filter((purpose) => named.includes(purpose));
    return purposes.length === 0 || purposes.length < (wanted?.length ?? 0)
      ? refuse('forbidden', {
          message: 'The consent file in force does not list the recipient of this key at a purpose that was asked for.',
          hint: 'List it at the purpose it is for, in the consent file: whoever is asked for that purpose is told of it.',
        })
      : { purposes, now: now() };
  };

  /** Key, query and purposes, in this order: who may not ask learns nothing of how. */
  const asking = (c: Context): { asked: Asked; query: Record<string, string>; by: string } | Refusal => {
    const key = secretKey(c);
    if (isRefusal(key)) return key;
    const query = queryOf(c);
    if (isRefusal(query)) return query;
    const asked = askedBy(key, query);
    return isRefusal(asked) ? asked : { asked, query, by: key.context.id };
  };
  /**
   * Of a recipient's key: noted before the answer leaves, so that nobody was ever given a person of whose erasure they do not
   * hear. Whoever was erased meanwhile is not among those it returns.
   */
  const deliver = async (c: Context, profiles: readonly string[]): Promise<ReadonlySet<string>> => {
    const recipient = admittedKey(c)?.recipient ?? null;
    if (recipient === null || profiles.length === 0) return new Set(profiles);
    const noted = new Set<string>();
    for (let from = 0; from < profiles.length; from += personsNotedMax) {
      const some = profiles.slice(from, from + personsNotedMax);
      const { body } = await log.command({ kind: 'delivered', recipient, profiles: some, at: now() });
      for (const id of (body as { noted: string[] }).noted) noted.add(id);
    }
    return noted;
  };
  const note = (what: AuditAct, by: string, asked: Asked, persons: readonly string[], detail: string | null): void =>
    audit.note({ at: now(), by, what, persons: [...persons], purpose: asked.purposes.join(','), detail });

  const personal = (c: Context): void => c.header('Cache-Control', 'no-store');

  app.get('/v1/profiles', async (c) => {
    personal(c);
    const it = asking(c);
    if (isRefusal(it)) return respondRefusal(c, it);
    const identifiers = parsed(profilesQuery, it.query);
    if (isRefusal(identifiers)) return respondRefusal(c, identifiers);
    const given = identifierNames.filter((name) => identifiers[name] !== undefined);
    if (given.length !== 1) {
      return respondRefusal(
        c,
        refuse('bad_request', { message: `Ask by exactly one of ${identifierNames.join(', ')}.` }),
      );
    }
    const name = given[0]!;
    const query = { [name]: identifiers[name] } as IdentifierQuery;
    const found = await reader.profilesBy(query, it.asked);
    const shown = await deliver(
      c,
      found.map(({ id }) => id),
    );
    const profiles = found.filter(({ id }) => shown.has(id));
    // By what kind of identifier, not by which one.
    if (profiles.length > 0)
      note('person.find', it.by, it.asked, profiles.map(({ id }) => id).slice(0, personsNotedMax), name);
    return c.json({ profiles });
  });

  app.get('/v1/profiles/:id', async (c) => {
    personal(c);
    const it = asking(c);
    if (isRefusal(it)) return respondRefusal(c, it);
    const profile = await reader.profile(c.req.param('id'), it.asked);
    if (profile === null || !(await deliver(c, [profile.id])).has(profile.id)) return respondRefusal(c, noProfile);
    note('person.read', it.by, it.asked, [profile.id], null);
    return c.json(profile);
  });

  for (const name of Object.keys(lists) as ListName[]) {
    app.get(`/v1/profiles/:id/${name}`, async (c) => {
      personal(c);
      const it = asking(c);
      if (isRefusal(it)) return respondRefusal(c, it);
      const page = parsed(name === 'events' ? eventsPageQuery : pageQuery, it.query);
      if (isRefusal(page)) return respondRefusal(c, page);
      const asked: PageAsked = { ...it.asked, ...page };
      const answer = await reader[name](c.req.param('id') ?? '', asked);
      const id = c.req.param('id') ?? '';
      if (answer === null || !(await deliver(c, [id])).has(id)) return respondRefusal(c, noProfile);
      note('person.read', it.by, it.asked, [id], name);
      return c.json(answer);
    });
  }

  /** What a command found is said in its own words; only a refusal without words gets ours. */
  const respondResult = (c: Context, { status, body }: CommandResult): Response => {
    if (status < 400 || (typeof body === 'object' && body !== null && 'error' in body))
      return c.json(body as object, status as 200);
    return respondRefusal(c, refuse(status === 404 ? 'not_found' : status === 403 ? 'forbidden' : 'bad_request'));
  };
  const run = async (c: Context, command: Command): Promise<Response> => respondResult(c, await log.command(command));

  app.post('/v1/merges', async (c) => {
    personal(c);
    const key = secretKey(c);
    if (isRefusal(key)) return respondRefusal(c, key);
    const body = await bodyOf(c.req.raw);
    const call = isRefusal(body) ? body : parsed(mergeCall, body);
    if (isRefusal(call)) return respondRefusal(c, call);
    return run(c, { kind: 'merge', ...call, by: key.context.id, at: now() });
  });

  app.post('/v1/merges/:id/undo', async (c) => {
    personal(c);
    const key = secretKey(c);
    if (isRefusal(key)) return respondRefusal(c, key);
    return run(c, { kind: 'undo', mergeId: c.req.param('id'), by: key.context.id, at: now() });
  });

  return app;
};

const noProfile = refuse('not_found', {
  message: 'No profile has or ever had this id.',
  hint: 'Look it up with GET /v1/profiles?userId=…',
});
