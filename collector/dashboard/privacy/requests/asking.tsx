// Asking on somebody's behalf: to see, to be erased, or that nothing of theirs be used. First what will happen, then, once it is
// confirmed, the act itself.

import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import { purposes } from '../../../contract/purposes.js';
import {
  type House,
  ownForm,
  respondTrouble,
  type StaffContext,
  type Staffed,
  staffOf,
  tokenOf,
  troubleOf,
} from '../../frame.js';
import { Act } from '../../kit/panel.js';
import { Said } from '../../kit/said.js';
import { staleForm } from '../../login.js';
import { respondRoom } from '../room.js';
import { here, pathOf } from './standing.js';

const subjects = {
  userId: 'User id',
  email: 'E-mail',
  anonymousId: 'Anonymous id (device)',
  profileId: 'Profile id',
} as const;
type SubjectName = keyof typeof subjects;
const isSubject = (name: string | undefined): name is SubjectName =>
  name !== undefined && Object.hasOwn(subjects, name);

const kinds = {
  access: {
    word: 'Make a copy of what is kept of them',
    verb: 'Make the copy',
    says: 'A file is made of all that is stored of them, for you to hand to them. It is kept for seven days, and goes at once if they are erased.',
  },
  erase: {
    word: 'Erase everything of them',
    verb: 'Erase for good',
    says: 'All that is stored of them is deleted, and they are kept from coming back with late events or imports. This cannot be undone.',
  },
  object: {
    word: 'Note an objection',
    verb: 'Note the objection',
    says: 'From now on nothing of theirs is used for any purpose; what only consent justified is deleted. They alone can lift it.',
  },
} as const;
type Kind = keyof typeof kinds;
const isKind = (name: string | undefined): name is Kind => name !== undefined && Object.hasOwn(kinds, name);

export const Ask: FC<{ csrf: string }> = ({ csrf }) => (
  <Act action={here} csrf={csrf} class="stack">
    <label for="by">Whom, by</label>
    <select id="by" name="by">
      {Object.entries(subjects).map(([name, word]) => (
        <option value={name}>{word}</option>
      ))}
    </select>
    <label for="value">Which</label>
    <input
      id="value"
      name="value"
      required
      maxlength={320}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
    <fieldset>
      <legend>What they ask for</legend>
      {Object.entries(kinds).map(([name, { word }]) => (
        <label class="choice">
          <input type="radio" name="kind" value={name} required /> <span>{word}</span>
        </label>
      ))}
    </fieldset>
    <div class="buttons">
      <button type="submit">Go on…</button>
    </div>
    <p class="soft small">
      Make sure first that it is they who ask. The answer is the same whether somebody is known here or not.
    </p>
  </Act>
);

const made = z.object({ id: z.string() });

/** Asking on somebody's behalf. */
export const requestAsking = (house: House): Hono<Staffed> => {
  const { log, now } = house;
  const app = new Hono<Staffed>();

  /** First what will happen, then, once it is confirmed, the act itself. */
  app.post(here, async (c: StaffContext) => {
    const fields = await ownForm(c, house);
    if (fields === null) return staleForm(c, house);
    const { by, kind } = fields;
    const value = (fields.value ?? '').trim().slice(0, 320);
    if (!isSubject(by) || !isKind(kind) || value === '') return c.redirect(here, 303);
    const { word, verb, says } = kinds[kind];
    if (fields.sure !== 'yes')
      return respondRoom(
        c,
        house,
        { title: word, here, narrow: true },
        <section class="panel">
          <h1>{word}?</h1>
          <p>
            {subjects[by]}: <Said text={value} charsMax={320} />
          </p>
          <p>{says}</p>
          <Act action={here} csrf={tokenOf(c, house)} class="confirm">
            <input type="hidden" name="by" value={by} />
            <input type="hidden" name="kind" value={kind} />
            <input type="hidden" name="value" value={value} />
            <label class="choice">
              <input type="checkbox" name="sure" value="yes" required /> It is they who ask, as far as I could find out
            </label>
            <div class="buttons">
              <button type="submit" class={kind === 'erase' ? 'danger' : undefined}>
                {verb}
              </button>
              <a class="button quiet" href={here}>
                Cancel
              </a>
            </div>
          </Act>
        </section>,
      );
    const asked = { subject: { [by]: value }, by: staffOf(c).id, at: now() };
    const result = await log.command(
      kind === 'object' ? { kind, ...asked, purposes, lift: false } : { kind, ...asked },
    );
    const request = made.safeParse(result.body);
    if (result.status >= 400 || !request.success) {
      const { message, hint } = troubleOf(result);
      return respondTrouble(c, house, {
        status: 409,
        title: 'Nothing was changed',
        words: `${message} ${hint}`,
        step: <a href={here}>Back to the requests</a>,
      });
    }
    return c.redirect(pathOf(request.data.id), 303);
  });
  return app;
};
