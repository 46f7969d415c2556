// Carts and orders in words: their states, and what became of each time a cart was left.

import type { Cart, Line, Order } from '../../contract/profile.js';
import type { Tone } from '../kit/badge.js';
import { legible } from '../kit/said.js';

interface Word {
  word: string;
  tone: Tone;
}

const cartStates: Readonly<Record<Cart['state'], Word>> = {
  active: { word: 'Open', tone: 'accent' },
  abandoned: { word: 'Abandoned', tone: 'warn' },
  converted: { word: 'Bought', tone: 'good' },
  emptied: { word: 'Emptied', tone: 'plain' },
  merged: { word: 'Joined into another cart', tone: 'plain' },
  expired: { word: 'Expired', tone: 'plain' },
};
export const cartStateWord = (state: string): Word =>
  Object.hasOwn(cartStates, state) ? cartStates[state as Cart['state']] : { word: legible(state, 40), tone: 'plain' };

type Episode = Cart['episodes'][number];

const stages: Readonly<Record<Episode['stage'], string>> = {
  browse: 'Left while looking at products',
  cart: 'Left with a full cart',
  checkout: 'Left in the checkout',
  payment: 'Left at the payment',
};
export const stageWord = (stage: Episode['stage']): string => stages[stage];

/** C4, C5. */
export const outcomeWord = ({ outcome, recoveredBy }: Pick<Episode, 'outcome' | 'recoveredBy'>): Word => {
  switch (outcome) {
    case 'open':
      return { word: 'not back yet', tone: 'warn' };
    case 'resumed':
      return { word: 'came back and went on', tone: 'accent' };
    case 'recovered':
      return {
        word: recoveredBy?.startsWith('message:') ? 'bought after a message' : 'came back and bought',
        tone: 'good',
      };
    case 'lost':
      return { word: 'never came back', tone: 'plain' };
  }
};

const orderStates: Readonly<Record<Order['state'], Word>> = {
  completed: { word: 'Completed', tone: 'good' },
  cancelled: { word: 'Cancelled', tone: 'bad' },
  partially_refunded: { word: 'Partly refunded', tone: 'warn' },
  refunded: { word: 'Refunded', tone: 'warn' },
  refund_only: { word: 'Refund, order unknown', tone: 'warn' },
};
export const orderStateWord = (state: Order['state']): Word => orderStates[state];

export const lineName = ({ name, productId, variant, key }: Line): string => {
  const product = name ?? productId ?? key;
  return variant === null || product.includes(variant) ? product : `${product}, ${variant}`;
};
