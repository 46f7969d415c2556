// The words of the demo shop's consent question and the hash they are proved by. Two choices of equal weight; what is
// asked is exactly what is then set. It decides nothing: `weft.consent.set` does, from the shop's own script.

import { createHash } from 'node:crypto';

const words = {
  title: 'May we remember your visit?',
  body: 'With your leave, Weft notes which pages and things you look at and what is in your basket, joins your visits into one profile, and lets us write to you about a basket you left. Nothing is noted unless you accept, and the shop works the same if you refuse.',
  link: 'What exactly?',
  refuse: 'Refuse',
  accept: 'Accept',
};

export const consentQuestion = {
  ...words,
  hash: createHash('sha256').update(JSON.stringify(words)).digest('hex'),
};
