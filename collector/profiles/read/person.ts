// One person as they are shown: the profile, the line of a list, and where visits came from.

import { cartFigures, openCart } from '../../carts/show.js';
import { iso } from '../../contract/instant.js';
import type { Attribution, PersonSummary, Profile } from '../../contract/profile.js';
import type { identityStore } from '../../identity/store.js';
import { attributionOf } from '../../sessions/attribution.js';
import { type DatedTouch, type Session, sessionSource } from '../../sessions/session.js';
import type { sessionStore } from '../../sessions/store.js';
import type { PresenceState } from '../presence.js';
import type { Asked } from '../reading.js';
import type { TraitsState } from '../traits.js';
import { type ConsentReading, cartState, presenceOf, type Seen, traitsOf } from './seen.js';

export const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
export const unknownDevice = { browser: null, os: null, kind: 'unknown' } as const;

export const showTouch = (touch: DatedTouch, marketing: boolean) => ({
  at: iso(touch.at),
  channel: touch.channel,
  source: touch.source,
  medium: touch.medium,
  campaign: touch.campaign,
  clickId: marketing ? touch.clickId : null,
});

export const showAttribution = (touches: readonly DatedTouch[], marketing: boolean): Attribution | null => {
  const found = attributionOf(touches);
  return (
    found && {
      first: showTouch(found.first, marketing),
      last: showTouch(found.last, marketing),
      linear: found.linear.map((part) => ({ ...showTouch(part.touch, marketing), share: part.share })),
    }
  );
};

interface PersonParts {
  identity: ReturnType<typeof identityStore>;
  sessions: ReturnType<typeof sessionStore>;
  consent: Pick<ConsentReading, 'consentOf'>;
}

export const personOf = (
  { looked, showsMarketing }: Seen,
  { identity, sessions, consent: { consentOf } }: PersonParts,
) => {
  const lastSession = (presence: PresenceState): Profile['lastSession'] => {
    if (presence.lastSession === null) return null;
    for (const [device, id] of Object.entries(presence.sessionOf)) {
      if (id !== presence.lastSession) continue;
      const node = identity.nodeBy('anonymous_id', device);
      const row = node ? sessions.ofDevice(node.id).findLast((session) => session.public_id === id) : undefined;
      if (!row) continue;
      const session = JSON.parse(row.body) as Session;
      return {
        id,
        startedAt: iso(session.startedAt),
        lastActivityAt: iso(session.lastActivityAt),
        engagedMs: session.engagedMs,
        source: sessionSource(session.touches),
        device: session.device ?? unknownDevice,
      };
    }
    return null;
  };

  const show = (leader: number, asked: Asked): Profile | null => {
    const found = looked(leader, asked);
    const node = identity.node(leader);
    if (!found || !node) return null;
    const presence = presenceOf(found.state);
    const figures = cartFigures(cartState(found.state));
    const marketing = showsMarketing(leader, asked);
    const historical = identity
      .members(leader)
      .filter((member) => member.kind === 'user_id' && member.id !== leader)
      .map((member) => member.value);
    const known = presence.identifiers.some((identifier) => identifier.type !== 'anonymous_id');
    const consent = consentOf(
      { anonymousIds: valuesOf(presence, 'anonymous_id'), userIds: valuesOf(presence, 'user_id') },
      asked.now,
    );
    return {
      id: node.hid,
      identifiers: [...presence.identifiers]
        .sort(
          (a, b) =>
            kindOrder(a.type) - kindOrder(b.type) ||
            Number(historical.includes(a.value)) - Number(historical.includes(b.value)),
        )
        .map((identifier) => ({
          type: identifier.type,
          value: identifier.value,
          assurance: identifier.assurance,
          firstSeenAt: iso(identifier.firstSeenAt),
          lastSeenAt: iso(identifier.lastSeenAt),
        })),
      traits: Object.fromEntries(
        Object.entries(traitsOf(found.state))
          .filter(([, trait]) => trait.value !== null)
          .map(([name, trait]) => [
            name,
            { value: trait.value, at: iso(trait.at), source: trait.source, assurance: trait.assurance },
          ]),
      ),
      firstSeenAt: isoOrNull(presence.firstSeenAt),
      lastSeenAt: isoOrNull(presence.lastSeenAt),
      counts: {
        events: presence.events,
        sessions: presence.sessions,
        pageViews: presence.pageViews,
        ...figures.counts,
      },
      revenue: figures.revenue,
      cart: openCart(cartState(found.state)),
      lastSession: lastSession(presence),
      touches: [...presence.firstTouches, ...presence.lastTouches].map((touch) => showTouch(touch, marketing)),
      consent: consent.purposes,
      spellings: marketing
        ? presence.identifiers.flatMap(({ type, value, spelling }) =>
            spelling ? { type, value, spelling: spelling.text } : [],
          )
        : [],
      claims: presence.claims.map(({ userId, at }) => ({ userId, at: iso(at) })),
      gpcSeenAt: isoOrNull(consent.gpcSeenAt),
      lifecycle:
        figures.counts.orders > 1
          ? 'repeat_customer'
          : figures.counts.orders === 1
            ? 'customer'
            : known
              ? 'lead'
              : 'visitor',
    };
  };

  const summary = (leader: number, asked: Asked): PersonSummary | null => {
    const found = looked(leader, asked);
    const node = identity.node(leader);
    if (!found || !node) return null;
    const presence = presenceOf(found.state);
    const figures = cartFigures(cartState(found.state));
    const cart = openCart(cartState(found.state));
    return {
      id: node.hid,
      name: nameOf(traitsOf(found.state)),
      identifiers: [...presence.identifiers]
        .sort((a, b) => kindOrder(a.type) - kindOrder(b.type))
        .slice(0, 4)
        .map(({ type, value }) => ({ type, value })),
      lastSeenAt: isoOrNull(presence.lastSeenAt),
      orders: figures.counts.orders,
      revenue: figures.revenue,
      cartState: cart?.state ?? null,
      cartValueMinor: cart?.valueMinor ?? null,
      currency: cart?.currency ?? figures.revenue[0]?.currency ?? null,
    };
  };

  return { show, summary };
};

const kindOrder = (kind: string): number => {
  const at = ['user_id', 'email', 'phone', 'anonymous_id'].indexOf(kind);
  return at < 0 ? 3.5 : at;
};

const valuesOf = (presence: PresenceState, type: string): string[] =>
  presence.identifiers.filter((identifier) => identifier.type === type).map((identifier) => identifier.value);

const nameOf = (traits: TraitsState['traits']): string | null => {
  const word = (name: string): string | null => {
    const value = traits[name]?.value;
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 100) : null;
  };
  const full = [word('firstName'), word('lastName')].filter((part) => part !== null).join(' ');
  return word('name') ?? (full === '' ? null : full);
};
