// Answers that were given to the banner the site had before (consent.md section 10, "existing decisions"): a refusal is
// taken over as a refusal, a grant only where the site declares that the old words asked the same, with its old date and
// never beyond its old end. Reads one cookie, the one the site names, once, where there is no record of ours; then that
// cookie goes, so that what is erased or over later cannot come back from it.

import { iso, now } from '../browser/clock.js';
import { cookiesNow, dropCookies } from '../browser/cookie.js';
import type { Source } from '../client.js';
import { conclude } from '../consent/decide.js';
import { joined } from '../consent/join.js';
import type { Row } from '../consent/record.js';
import { type Decided, enforce, isCurrent, isShut, isSignalled, lifeMs, purposes, stands } from '../consent/rules.js';
import { type Options, resolve } from '../options.js';

export interface Legacy {
  from: 'vanilla' | 'klaro';
  /** Name of its cookie, where the site gave it one of its own. */
  cookie?: string | null;
  /** The old words asked the same as ours. */
  equivalent?: boolean;
}

/** What an old cookie says: word → yes or no; when, and until when. */
interface Said {
  words: Record<string, boolean>;
  /** Every word that it knows is among them. */
  isWhole: boolean;
  at: number;
  until: number;
}

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = JSON.parse(decodeURIComponent(text));
    return value && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {}
};
const listOf = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);

/** NaN where it does not say when: klaro never does. */
const read = (from: Legacy['from'], text: string): Said | undefined => {
  const value = parsed(text);
  if (!value) return;
  if (from === 'klaro')
    return {
      words: Object.fromEntries(
        Object.entries(value).filter((pair): pair is [string, boolean] => pair[1] === !!pair[1]),
      ),
      isWhole: true,
      at: Number.NaN,
      until: Number.NaN,
    };
  const { categories, services, lastConsentTimestamp, consentTimestamp, expirationTime } = value;
  if (!Array.isArray(categories)) return;
  const accepted = listOf(categories);
  const known = Object.keys((services as object) ?? {});
  return {
    words: Object.fromEntries([...known, ...accepted].map((word) => [word, accepted.includes(word)])),
    isWhole: !!known[0],
    at: Date.parse(`${lastConsentTimestamp ?? consentTimestamp}`),
    until: typeof expirationTime === 'number' ? expirationTime : Number.NaN,
  };
};

/**
 * What it answers of our purposes. `categories`: its words → the ids of ours. Where one of the words that mean a purpose was
 * refused, the purpose was; a purpose that it has no word for is asked.
 */
export const answersIn = (
  { from, equivalent }: Legacy,
  text: string,
  ids: readonly string[],
  categories: Readonly<Record<string, string>>,
  lifeOf: (value: Decided['value']) => number,
): Record<string, { value: Decided['value']; at: number }> => {
  const said = read(from, text);
  const answers: Record<string, { value: Decided['value']; at: number }> = {};
  for (const id of said ? ids : []) {
    const { words, isWhole, at, until } = said as Said;
    const mapped = Object.keys(categories).filter((word) => categories[word] === id);
    const known = [id, ...mapped].filter((word) => word in words);
    if (!known[0] && (isWhole || !mapped[0])) continue;
    const isGranted = !!known[0] && known.every((word) => words[word]);
    const value = isGranted ? 'granted' : 'denied';
    // An answer stands for a time from its instant. Where its old end is before that, it counts as so much older.
    const since = Math.min(at, until - lifeOf(value));
    if (!isGranted) answers[id] = { value, at: since || at || now() };
    else if (equivalent && since) answers[id] = { value, at: since };
  }
  return answers;
};

export const start: Source = (client) => {
  const { config, host, writeKey, policy, region, age, minor, record } = client.consent.state();
  const { legacy, categories = {} } = (config.bridges ?? {}) as {
    legacy?: Legacy;
    categories?: Record<string, string>;
  };
  if (record || !legacy) return;
  // This file has the rules for itself: what is in force is told to them once more.
  resolve({ host, writeKey, age, minor } as Options);
  enforce({ policy, region, consent: config }, undefined);
  if (isShut) return;
  const name = legacy.cookie ?? (legacy.from === 'klaro' ? 'klaro' : 'cc_cookie');
  const text = cookiesNow()
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  if (!text) return;
  const ids = purposes.map(({ id }) => id);
  const answers = answersIn(legacy, text, ids, categories, lifeMs);
  const told = Object.fromEntries(
    purposes.flatMap(({ id, materialHash }): [string, Decided][] => {
      const answer = answers[id];
      return answer && isCurrent(answer) ? [[id, { ...answer, source: 'user', materialHash, ack: undefined }]] : [];
    }),
  );
  const join = joined({}, told, purposes, { stands, isSignalled });
  if (!join) return;
  const made = conclude({}, join.decisions, { layer: 'import', action: legacy.from });
  const [row] = made.rows as [Row];
  const at = Math.min(...Object.values(join.decisions).map((one) => one.at));
  client.tell('keep', {
    ...made,
    at,
    exp: at + lifeMs(),
    rows: [
      {
        ...row,
        kind: row.kind === 'refuse' ? row.kind : 'import',
        clientAt: iso(at),
        // On the device it is the person's own answer; the proof says that it came from elsewhere.
        decisions: row.decisions.map((one) => ({ ...one, source: 'import' })),
      },
    ],
  });
  // Nothing was kept: it is there for another try.
  if (client.consent.state().record) dropCookies([name]);
  void client.flush();
};
