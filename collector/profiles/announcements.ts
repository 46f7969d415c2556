// What a person's state has to tell the world once it is due.

import type { CartState } from '../carts/state.js';
import type { ProfileState } from './fold.js';

/**
 * What became due and has to be told, from a settled state (C4): every episode of the carts the state still holds. A browse
 * has no cart to be keyed by, so it is by its person.
 */
export const announcementsOf = (state: ProfileState, profileId: string) => {
  const carts = state.aspects.carts as CartState;
  const told = (cartId: string | null, { stage, valueMinor, abandonedAt }: CartState['browses'][number]) => ({
    key: `cart.abandoned:${cartId ?? `browse:${profileId}`}:${abandonedAt}`,
    kind: cartId === null ? 'browse.abandoned' : 'cart.abandoned',
    at: abandonedAt,
    body: { cartId, stage, valueMinor, abandonedAt },
  });
  return [
    ...carts.carts.flatMap((cart) => cart.episodes.map((episode) => told(cart.id, episode))),
    ...carts.browses.map((episode) => told(null, episode)),
  ];
};
