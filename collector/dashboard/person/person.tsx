// The room of one person: the page, what it is asked for while it is open, and the three acts (undo, join, erase), each
// with a page that says what will happen before it does. Acts are commands of the log; nothing is decided here.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import type { Merge, Profile } from '../../contract/profile.js';
import { erasureState } from '../../contract/reading.js';
import {
  askedBy,
  type House,
  isUnchanged,
  may,
  noSuchPage,
  noteRead,
  ownForm,
  pageOf,
  queryOf,
  respondPage,
  respondTrouble,
  type StaffContext,
  type Staffed,
  staffOf,
  tokenOf,
  troubleOf,
  unchanged,
} from '../frame.js';
import { Badge } from '../kit/badge.js';
import { Confirm, Notice } from '../kit/panel.js';
import { Said } from '../kit/said.js';
import { Time } from '../kit/time.js';
import { counted, useView } from '../kit/view.js';
import { staleForm } from '../login.js';
import { Revenue } from '../money.js';
import { personPath } from '../people/people.js';
import { SearchForm } from '../people/search.js';
import { callProfile, joinWords, userIdOf } from '../words/person.js';
import { joinPath, undoPath } from './joined.js';
import { Identifier } from './known.js';
import { PersonPage } from './page.js';
import { Parted, partingsOf } from './parted.js';
import { readPerson, versionOfPerson } from './read.js';

const refreshMs = 700;
const mergesLooked = 500;

/** What was done in the request before a redirect. */
const notes: Readonly<Record<string, string>> = {
  undone: 'Undone. The two are told apart from now on; each keeps what their own events say.',
  joined: 'Joined. They are one person from now on, and this can be undone below.',
};

const Counts: FC<{ profile: Profile }> = ({ profile }) => {
  const { locale } = useView();
  return (
    <p>
      <a href={personPath(profile.id)}>
        <Said text={callProfile(profile)} charsMax={80} />
      </a>
      : {counted(profile.counts.events, 'event', locale)} in {counted(profile.counts.sessions, 'visit', locale)},{' '}
      {counted(profile.counts.orders, 'order', locale)}, revenue <Revenue revenue={profile.revenue} />
    </p>
  );
};

const erasureShown = z.looseObject({
  id: z.string(),
  state: z.string(),
  requestedAt: z.union([z.number(), z.string()]).nullish(),
  doneAt: z.union([z.number(), z.string()]).nullish(),
  counts: z.record(z.string(), z.number()).nullish(),
});
const erasureWords: Readonly<Record<string, { title: string; words: string }>> = {
  accepted: {
    title: 'The erasure is waiting for its turn',
    words: 'From now on nothing more of this person is taken in.',
  },
  running: {
    title: 'The erasure is running',
    words: 'Events, visits, carts, orders, traits and consents are being deleted.',
  },
  done: {
    title: 'The person is erased',
    words: 'What was stored is deleted, and a keyed mark keeps it from coming back with late events or imports.',
  },
};

export const person = (house: House): Hono<Staffed> => {
  const { reader, log, now } = house;
  const app = new Hono<Staffed>();

  const profileOf = (c: StaffContext): Promise<Profile | null> =>
    reader.profile(c.req.param('id') ?? '', askedBy(house));
  const nobody = (c: StaffContext): Response =>
    respondTrouble(c, house, {
      status: 404,
      title: 'Nobody has this id',
      words: 'No profile has or ever had it. The person may have been erased.',
      step: <a href="/people">Look for somebody</a>,
    });
  const refused = (c: StaffContext, result: Parameters<typeof troubleOf>[0], back: string): Response => {
    const { message, hint } = troubleOf(result);
    return respondTrouble(c, house, {
      status: result.status === 404 ? 404 : 409,
      title: 'Nothing was changed',
      words: `${message} ${hint}`,
      step: <a href={back}>Back to the person</a>,
    });
  };

  app.get('/people/:id', async (c) => {
    const id = c.req.param('id');
    const before = queryOf(c, 'before', 500);
    const version = await versionOfPerson(house, id);
    if (version === null) return nobody(c);
    if (isUnchanged(c, version)) return unchanged(c, version);
    const read = await readPerson(house, id, before);
    if (read === null) return nobody(c);
    const note = queryOf(c, 'done');
    // A visitor who signs in gets the profile of their account; the old address leads there.
    if (read.profile.id !== id) {
      c.header('X-Weft-Moved', personPath(read.profile.id));
      if (c.req.header('x-weft-refresh') === undefined) {
        const done = note === null ? '' : `?${new URLSearchParams({ done: note })}`;
        return c.redirect(personPath(read.profile.id) + done, 302);
      }
    }
    noteRead(c, house, 'person.read', [read.profile.id, ...read.suggestions.map(({ match }) => match.profileId)]);
    const words = note !== null && Object.hasOwn(notes, note) ? notes[note]! : null;
    return respondPage(
      c,
      house,
      {
        title: callProfile(read.profile).slice(0, 80),
        room: '/people',
        // What is older does not change before one's eyes.
        ...(before === null && { version, refreshMs }),
        notice: words !== null && (
          <Notice tone="good">
            <p>{words}</p>
          </Notice>
        ),
        bar: <SearchForm where="bar" find={null} />,
      },
      <PersonPage read={read} isOlder={before !== null} mayAct={may(c, '/people/:id/erase')} />,
    );
  });

  app.get('/people/:id/profile.json', async (c) => {
    const profile = await profileOf(c);
    if (profile === null) return nobody(c);
    noteRead(c, house, 'person.copy', [profile.id]);
    return c.body(JSON.stringify(profile, null, 2), 200, { 'Content-Type': 'application/json' });
  });

  // ── Undo (R12) ───────────────────────────────────────────────────────────────────────────────────────────────────

  const mergeOf = async (c: StaffContext): Promise<{ profile: Profile; merge: Merge } | null> => {
    const [profile, merges] = await Promise.all([
      profileOf(c),
      reader.merges(c.req.param('id') ?? '', pageOf(house, mergesLooked)),
    ]);
    const merge = merges?.items.find((item) => item.id === c.req.param('mergeId'));
    return profile !== null && merge !== undefined ? { profile, merge } : null;
  };

  app.get('/people/:id/merges/:mergeId/undo', async (c) => {
    const found = await mergeOf(c);
    if (found === null) return noSuchPage(c, house);
    const { profile, merge } = found;
    const back = `${personPath(profile.id)}#why`;
    noteRead(c, house, 'person.read', [profile.id], 'undo');
    const { title, sentence } = joinWords(merge);
    return respondPage(
      c,
      house,
      { title: 'Undo', room: '/people', narrow: true },
      <section class="panel">
        <h1>{merge.undoneAt === null ? 'Tell these two apart?' : 'These two are told apart already'}</h1>
        <p class="joined big">
          {merge.identifiers.map(({ type, value }, index) => (
            <>
              {index > 0 && <span class="soft"> and </span>}
              <Identifier type={type} value={value} />
            </>
          ))}
        </p>
        <p class="soft">
          {title}: {sentence} <Time at={merge.at} />
        </p>
        {merge.undoneAt === null ? (
          <>
            <ul class="plain-list">
              <li>
                They become two people, each with exactly what their own events say: carts, orders, traits, visits.
              </li>
              <li>Nothing is deleted, and no event is changed.</li>
              <li>
                They stay apart: signing in on this device again, or the same e-mail address again, does not join them a
                second time. Events that carry the user id themselves stay with that user.
              </li>
            </ul>
            <Confirm action={undoPath(profile.id, merge)} csrf={tokenOf(c, house)} verb="Tell them apart" back={back} />
          </>
        ) : (
          <p>
            <a href={back}>Back to the person</a>
          </p>
        )}
      </section>,
    );
  });

  app.post('/people/:id/merges/:mergeId/undo', async (c) => {
    if ((await ownForm(c, house)) === null) return staleForm(c, house);
    const found = await mergeOf(c);
    if (found === null) return noSuchPage(c, house);
    const result = await log.command({ kind: 'undo', mergeId: found.merge.id, by: staffOf(c).id, at: now() });
    if (result.status >= 400) return refused(c, result, personPath(found.profile.id));
    return c.redirect(`${personPath(found.profile.id)}?done=undone#why`, 303);
  });

  // ── Join (R12) ───────────────────────────────────────────────────────────────────────────────────────────────────

  const pairOf = async (c: StaffContext, other: string | null) => {
    const [here, there] = await Promise.all([
      profileOf(c),
      other === null ? null : reader.profile(other, askedBy(house)),
    ]);
    if (here === null || there === null || here.id === there.id) return null;
    const mine = userIdOf(here);
    const theirs = userIdOf(there);
    return mine === null || theirs === null ? null : { here, there, mine, theirs };
  };

  app.get('/people/:id/join', async (c) => {
    const pair = await pairOf(c, queryOf(c, 'with'));
    if (pair === null) return noSuchPage(c, house);
    const { here, there, mine, theirs } = pair;
    noteRead(c, house, 'person.read', [here.id, there.id], 'join');
    const [one, other] = await Promise.all(
      [here, there].map(async (profile) => {
        const merges = await reader.merges(profile.id, pageOf(house, mergesLooked));
        return { profile, merges: merges?.items ?? [] };
      }),
    );
    const partings = partingsOf(one!, other!);
    const back = `${personPath(here.id)}#suggestions`;
    if (partings.some(({ isFinal }) => isFinal))
      return respondPage(
        c,
        house,
        { title: 'Join', room: '/people', narrow: true },
        <section class="panel">
          <h1>These two stay two people</h1>
          <Counts profile={here} />
          <Counts profile={there} />
          <Parted partings={partings} />
          <p>
            <a href={back}>Back to the person</a>
          </p>
        </section>,
      );
    return respondPage(
      c,
      house,
      { title: 'Join', room: '/people', narrow: true },
      <section class="panel">
        <h1>Make these two one person?</h1>
        <Counts profile={here} />
        <Counts profile={there} />
        <Parted partings={partings} />
        <ul class="plain-list">
          <li>Their events, visits, carts and orders become one history, as if it had always been one.</li>
          <li>Where both say something of a trait, the better proven word counts, then the later one.</li>
          <li>One user id stays. The other becomes historical: looking it up leads to the joined person.</li>
          <li>
            It can be undone, once and for good: each is then again what their own events say, and they stay two people.
          </li>
        </ul>
        <Confirm action={joinPath(here.id, there.id)} csrf={tokenOf(c, house)} verb="Join them" back={back}>
          <fieldset>
            <legend>Which user id stays?</legend>
            {[mine, theirs].map((userId, index) => (
              <label class="choice">
                <input
                  type="radio"
                  name="stays"
                  value={index === 0 ? 'here' : 'there'}
                  required
                  checked={index === 0}
                />
                <Said text={userId} charsMax={80} mono />
              </label>
            ))}
          </fieldset>
        </Confirm>
      </section>,
    );
  });

  app.post('/people/:id/join', async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const pair = await pairOf(c, queryOf(c, 'with'));
    if (pair === null || (fields.stays !== 'here' && fields.stays !== 'there')) return noSuchPage(c, house);
    const { here, mine, theirs } = pair;
    const [from, into] = fields.stays === 'here' ? [theirs, mine] : [mine, theirs];
    const result = await log.command({ kind: 'merge', from, into, by: staffOf(c).id, at: now() });
    if (result.status >= 400) return refused(c, result, personPath(here.id));
    return c.redirect(`${personPath(here.id)}?done=joined#why`, 303);
  });

  // ── Erase (R14) ──────────────────────────────────────────────────────────────────────────────────────────────────

  app.get('/people/:id/erase', async (c) => {
    const profile = await profileOf(c);
    if (profile === null) return nobody(c);
    const back = personPath(profile.id);
    noteRead(c, house, 'person.read', [profile.id], 'erase');
    return respondPage(
      c,
      house,
      { title: 'Erase', room: '/people', narrow: true },
      <section class="panel">
        <h1>Erase this person for good?</h1>
        <Counts profile={profile} />
        <ul class="plain-list">
          <li>All their events, visits, carts, orders, traits, identifiers and consents are deleted.</li>
          <li>
            Their devices are told and wipe themselves. Events that arrive later, imports and backups can’t bring them
            back.
          </li>
          <li>Devices that others used too keep what is theirs.</li>
          <li>
            <b>This can’t be undone.</b>
          </li>
        </ul>
        <Confirm action={`${back}/erase`} csrf={tokenOf(c, house)} verb="Erase for good" danger back={back}>
          <label class="choice">
            <input type="checkbox" name="sure" value="yes" required /> I understand that nothing of it can be brought
            back
          </label>
        </Confirm>
      </section>,
    );
  });

  app.post('/people/:id/erase', async (c) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const profile = await profileOf(c);
    if (profile === null) return nobody(c);
    if (fields.sure !== 'yes') return c.redirect(`${personPath(profile.id)}/erase`, 303);
    const result = await log.command({
      kind: 'erase',
      subject: { profileId: profile.id },
      by: staffOf(c).id,
      at: now(),
    });
    const job = erasureState.safeParse(result.body);
    if (result.status >= 400 || !job.success) return refused(c, result, personPath(profile.id));
    return c.redirect(`/erasures/${encodeURIComponent(job.data.id)}`, 303);
  });

  app.get('/erasures/:id', async (c) => {
    const result = await log.command({ kind: 'erasure', id: c.req.param('id') });
    const job = erasureShown.safeParse(result.body);
    if (result.status >= 400 || !job.success) return noSuchPage(c, house);
    const { state, doneAt, counts } = job.data;
    const version = `${state} ${doneAt ?? ''}`;
    if (isUnchanged(c, version)) return unchanged(c, version);
    const known = Object.hasOwn(erasureWords, state) ? erasureWords[state]! : { title: 'The erasure', words: state };
    return respondPage(
      c,
      house,
      {
        title: 'Erasure',
        room: may(c, '/people') ? '/people' : '/privacy',
        narrow: true,
        ...(state !== 'done' && { version, refreshMs }),
      },
      <section class="panel">
        <div class="head">
          <h1>{known.title}</h1>
          <Badge tone={state === 'done' ? 'good' : 'warn'}>{state}</Badge>
        </div>
        <p>{known.words}</p>
        {counts != null && (
          <dl class="pairs">
            {Object.entries(counts)
              .slice(0, 40)
              .map(([table, count]) => (
                <div>
                  <dt>{table.replaceAll('_', ' ')}</dt>
                  <dd>{String(count)} deleted</dd>
                </div>
              ))}
          </dl>
        )}
        <p class="soft small">
          Number of this job, for your records: <Said text={job.data.id} mono />
        </p>
        <p>
          {state !== 'done' && (
            <>
              <a href={`/erasures/${encodeURIComponent(job.data.id)}`}>Look again</a>
              {' · '}
            </>
          )}
          {may(c, '/people') ? <a href="/people">Back to people</a> : <a href="/privacy">Back to the privacy room</a>}
        </p>
      </section>,
    );
  });

  return app;
};
