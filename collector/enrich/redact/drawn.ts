// What a machine drew, told from words and model numbers; and what in a path is the key to an account. Pure.

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const fileEnding = /\.(?:html?|php|aspx?|jsp|json|xml|pdf|js|css|png|jpe?g|webp|gif|svg|avif)$/i;
const notAlphanumeric = /[^A-Za-z0-9]+/;

const classOf = (code: number): 0 | 1 | 2 => (code <= 0x39 ? 0 : code <= 0x5a ? 1 : 2);

/**
 * Mean length of the stretches of one class (digits, capitals, small letters; a capital belongs to the word it begins).
 * Words and model numbers are made of long stretches, what a machine drew is not: 2.1 for hex, 1.6 for base64, 5 or 6
 * for "iphone15promax256gb" and "MensBlueRunningShoes".
 */
const stretch = (run: string): number => {
  let stretches = 1;
  let capitals = 0;
  let last = classOf(run.charCodeAt(0));
  if (last === 1) capitals = 1;
  for (let i = 1; i < run.length; i++) {
    const next = classOf(run.charCodeAt(i));
    if (next !== last && !(last === 1 && next === 2 && capitals === 1)) stretches++;
    capitals = next === 1 ? (last === 1 ? capitals + 1 : 1) : 0;
    last = next;
  }
  return run.length / stretches;
};

/** "High-entropy token of 20 characters or more", so that a long slug of words is none. */
export const tokenLike = (text: string): boolean => {
  if (text.length < 20) return false;
  const bare = text.replace(fileEnding, '').replace(uuid, '');
  if (bare.length < 20) return false;
  let drawn = 0;
  let all = 0;
  for (const run of bare.split(notAlphanumeric)) {
    all += run.length;
    const digits = /\d/.test(run);
    const letters = /[A-Za-z]/.test(run);
    const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run);
    if (run.length >= 20) {
      if (!letters) return true;
      if (digits && /^[0-9a-f]+$/i.test(run)) return true;
      if (digits && stretch(run) < 5) return true;
      if (mixed && stretch(run) < 3.5) return true;
    } else if (run.length >= 8 && (digits || mixed) && letters && stretch(run) < 3) drawn += run.length;
  }
  // base64url has - and _ among its letters, so a token may come in pieces.
  return all >= 18 && drawn >= 0.6 * all && /[a-z]/.test(bare) && /[A-Z]/.test(bare) && /\d/.test(bare);
};

/** After such a segment the next ones are keys to an account, even if they look as harmless as a UUID. */
export const keyFollows =
  /(?:^|[-_.])(?:reset|recover|recovery|verify|verification|confirm|confirmation|activate|activation|invite|invitation|invitations|unsubscribe|optout|magic|token|tokens|auth|oauth|sso|otp)(?:$|[-_.])|passw(?:or[dt]|d)|mot-de-passe/i;
export const accountKey = (segment: string): boolean =>
  segment.length >= 20 ||
  /^\d{4,}$/.test(segment) ||
  (segment.length >= 6 && /\d/.test(segment)) ||
  (segment.length >= 8 && /[a-z][A-Z]/.test(segment) && stretch(segment) < 3.5);
