// Who may ask what: every route of the process in one table, with who is let in. Pure. What stands in no row is nobody's:
// the app refuses to start with such a route (app/admission.ts), so that forgetting a row is found before anyone else finds
// the route. Which persons and fields are shown behind it is bound to purposes elsewhere.

import type { KeyRole, StaffRole } from './keys.js';

export type Admission =
  /** Nothing is asked of them here. */
  | { by: 'anyone' }
  /** A write or secret key, which may stand in the body: the door judges it (ingest/). */
  | { by: 'key' }
  /** A secret key; with this role, where one is named. */
  | { by: 'secret'; role: KeyRole | null }
  /** A secret key with this role, or the person's own proof, which the handler judges. */
  | { by: 'person'; role: KeyRole }
  /** Staff who are logged in, with one of these roles. */
  | { by: 'staff'; roles: readonly StaffRole[] };

const anyone: Admission = { by: 'anyone' };
const key: Admission = { by: 'key' };
const secret = (role: KeyRole | null = null): Admission => ({ by: 'secret', role });
const person = (role: KeyRole): Admission => ({ by: 'person', role });
const staff = (...roles: StaffRole[]): Admission => ({ by: 'staff', roles });

/**
 * `METHOD pattern`, the pattern as the route is written. A pattern that ends in `*` stands for all that begin so; only
 * what is anyone's may be listed like that.
 */
export const permissions: Readonly<Record<string, Admission>> = {
  // ── Events in ────────────────────────────────────────────────────────────────────────────────────────────────────
  'POST /v1/batch': key,
  'POST /v1/b': key,
  'POST /v1/import': key,
  'POST /v1/track': key,
  'POST /v1/page': key,
  'POST /v1/screen': key,
  'POST /v1/identify': key,
  'POST /v1/alias': key,
  'POST /v1/group': key,
  'POST /v1/t': key,
  'POST /v1/p': key,
  'POST /v1/s': key,
  'POST /v1/i': key,
  'POST /v1/a': key,
  'POST /v1/g': key,
  'POST /v1/consent': key,
  // And the proof of the user it is about, which the handler judges.
  'POST /v1/consent/account': key,
  'POST /v1/consent/transfer': key,
  'POST /v1/consent/transfer/accept': key,
  'POST /v1/cookieless': key,
  'GET /v1/cookieless/counts': secret(),
  // A preflight carries no credential.
  'OPTIONS /v1/*': anyone,

  // ── Reading people, and acting on them ───────────────────────────────────────────────────────────────────────────
  'GET /v1/profiles': secret(),
  'GET /v1/profiles/:id': secret(),
  'GET /v1/profiles/:id/events': secret(),
  'GET /v1/profiles/:id/sessions': secret(),
  'GET /v1/profiles/:id/carts': secret(),
  'GET /v1/profiles/:id/orders': secret(),
  'GET /v1/profiles/:id/merges': secret(),
  'POST /v1/merges': secret('owner'),
  'POST /v1/merges/:id/undo': secret('owner'),

  // ── Rights and proofs ────────────────────────────────────────────────────────────────────────────────────────────
  'POST /v1/privacy/erasures': person('privacy'),
  'GET /v1/privacy/erasures/:id': person('privacy'),
  'GET /v1/privacy/erasures/:id/certificate': secret('privacy'),
  'POST /v1/privacy/exports': person('privacy'),
  'GET /v1/privacy/exports/:id': person('privacy'),
  'GET /v1/privacy/exports/:id/file': person('privacy'),
  'POST /v1/privacy/objections': person('privacy'),
  // A recipient, by the token of its own notice.
  'POST /v1/privacy/acknowledgements/:token': anyone,
  'GET /v1/ledger/verify': secret('privacy'),
  'GET /v1/ledger/export': secret('privacy'),
  // Whoever knows a receipt was given it: 128 random bits are the person's proof.
  'GET /v1/receipts/:id': person('privacy'),
  'GET /receipts/*': anyone,

  'GET /v1/consent/holders': secret('privacy'),
  'GET /v1/consent/rates': secret('privacy'),

  // ── What pages fetch ─────────────────────────────────────────────────────────────────────────────────────────────
  'GET /weft.js': anyone,
  'GET /weft/:file': anyone,
  'GET /v1/config': anyone,
  'GET /v1/config/:writeKey': anyone,
  'GET /v1/config/:writeKey/:region': anyone,
  'GET /v1/projects/:writeKey/settings': anyone,
  'GET /consent/config.json': anyone,
  'GET /consent/config/:file': anyone,
  'GET /consent/texts/:file': anyone,
  'GET /consent.schema.json': anyone,

  // ── What operators and developers fetch ──────────────────────────────────────────────────────────────────────────
  'GET /healthz': anyone,
  'GET /readyz': anyone,
  'GET /metrics': anyone,
  'GET /openapi.json': anyone,
  'GET /docs': anyone,
  'GET /docs/docs.css': anyone,

  // ── The demo: mounted by WEFT_DEMO alone ─────────────────────────────────────────────────────────────────────────
  'GET /demo*': anyone,
  'POST /demo*': anyone,
  'GET /examples*': anyone,

  // ── Staff: the door ──────────────────────────────────────────────────────────────────────────────────────────────
  'GET /assets/*': anyone,
  'GET /favicon.ico': anyone,
  'GET /login': anyone,
  'POST /login': anyone,
  'GET /logout': anyone,
  'POST /logout': anyone,

  // ── Staff: marketing's rooms ─────────────────────────────────────────────────────────────────────────────────────
  'GET /': staff('owner', 'marketing'),
  'GET /live': staff('owner', 'marketing'),
  'GET /live/rows': staff('owner', 'marketing'),
  'GET /people': staff('owner', 'marketing'),
  'GET /people/:id': staff('owner', 'marketing'),
  // All that is known of a person, to carry away; and what the API, too, grants to the role `owner` alone.
  'GET /people/:id/profile.json': staff('owner'),
  'GET /people/:id/merges/:mergeId/undo': staff('owner'),
  'POST /people/:id/merges/:mergeId/undo': staff('owner'),
  'GET /people/:id/join': staff('owner'),
  'POST /people/:id/join': staff('owner'),
  'GET /people/:id/erase': staff('owner'),
  'POST /people/:id/erase': staff('owner'),

  // ── Staff: the privacy room ──────────────────────────────────────────────────────────────────────────────────────
  'GET /privacy': staff('owner', 'privacy'),
  'GET /privacy/policy': staff('owner', 'privacy'),
  'POST /privacy/policy': staff('owner', 'privacy'),
  'GET /privacy/policy/edit': staff('owner', 'privacy'),
  'POST /privacy/policy/review': staff('owner', 'privacy'),
  'POST /privacy/policy/preview': staff('owner', 'privacy'),
  'GET /privacy/requests': staff('owner', 'privacy'),
  'POST /privacy/requests': staff('owner', 'privacy'),
  'GET /privacy/requests/:id': staff('owner', 'privacy'),
  'GET /privacy/requests/:id/certificate': staff('owner', 'privacy'),
  'GET /privacy/requests/:id/certificate.json': staff('owner', 'privacy'),
  'GET /privacy/requests/:id/file': staff('owner', 'privacy'),
  'GET /privacy/recipients': staff('owner', 'privacy'),
  'POST /privacy/recipients': staff('owner', 'privacy'),
  'GET /privacy/recipients/:id/keys': staff('owner', 'privacy'),
  // A key reads people, which the privacy room does not; to take one away is its business.
  'POST /privacy/recipients/:id/keys': staff('owner'),
  'GET /privacy/recipients/:id/keys/:key/revoke': staff('owner', 'privacy'),
  'POST /privacy/recipients/:id/keys/:key/revoke': staff('owner', 'privacy'),
  'GET /privacy/cookieless': staff('owner', 'privacy'),
  'GET /privacy/consent': staff('owner', 'privacy'),
  'GET /privacy/ledger': staff('owner', 'privacy'),
  'POST /privacy/ledger/verify': staff('owner', 'privacy'),
  'GET /privacy/ledger/verify/:id': staff('owner', 'privacy'),
  'GET /privacy/ledger/export': staff('owner', 'privacy'),
  'GET /privacy/receipts': staff('owner', 'privacy'),
  'GET /privacy/retention': staff('owner', 'privacy'),
  'GET /privacy/audit': staff('owner', 'privacy'),
  'GET /erasures/:id': staff('owner', 'privacy'),

  // ── Staff: accounts ──────────────────────────────────────────────────────────────────────────────────────────────
  'GET /staff': staff('owner'),
  'POST /staff': staff('owner'),
  'GET /staff/:id/password': staff('owner'),
  'POST /staff/:id/password': staff('owner'),
  'GET /staff/:id/revoke': staff('owner'),
  'POST /staff/:id/revoke': staff('owner'),
};

const open = Object.keys(permissions).filter((row) => row.endsWith('*'));

/** Rows of ribs, which bring their own. */
export type Rows = Readonly<Record<string, Admission>>;

/** Of a route as it is written; null: it stands in no row, and nobody is let in. */
export const admissionOf = (method: string, pattern: string, more: Rows = {}): Admission | null => {
  const name = `${method} ${pattern}`;
  if (Object.hasOwn(permissions, name)) return permissions[name]!;
  if (Object.hasOwn(more, name)) return more[name]!;
  const row = open.find((prefix) => name.startsWith(prefix.slice(0, -1)));
  return row === undefined ? null : permissions[row]!;
};

/** Whether a link to it is worth showing. */
export const mayStaff = (role: StaffRole, method: 'GET' | 'POST', pattern: string): boolean => {
  const admission = admissionOf(method, pattern);
  return admission?.by === 'anyone' || (admission?.by === 'staff' && admission.roles.includes(role));
};

/** Where somebody of a role begins. */
export const homeOf = (role: StaffRole): string => (role === 'privacy' ? '/privacy' : '/');
