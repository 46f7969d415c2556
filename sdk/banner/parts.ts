// Pieces that both layers show.

import { type Child, element } from '../browser/element.js';
import type { ConsentDocument, Scene } from './document.js';
import type { Words } from './words.js';

/** What the opt-out signal is against. */
export const signalled = ({ purposes = [] }: ConsentDocument): string[] =>
  purposes.filter(({ gpc, always }) => gpc === 'deny' && !always).map(({ id }) => id);

/** Another site gets no address of this page, and no hold on its window. */
export const anchor = (href: string, text: string) =>
  element('a', { href, target: '_blank', rel: 'noreferrer', part: 'link' }, text);

export const linkTo = ({ say }: Words, { policy }: ConsentDocument, name: 'privacy' | 'imprint') => {
  const href = policy?.links?.[name];
  return href && anchor(href, say(name === 'privacy' ? 'terms.policy' : 'terms.imprint'));
};

/** Versions are read as people count: 9 before 10, and dates in their order. */
const isLater = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true }) > 0;

/** What the site wrote about each version since the one that was answered. */
export const changesSince = ({ say, quote }: Words, { config, texts, since }: Scene): Child[] => {
  const { version = '' } = config.policy ?? {};
  const said = Object.entries(texts.changes ?? {})
    .filter(([one]) => since && isLater(one, since) && !isLater(one, version))
    .sort(([one], [other]) => (isLater(one, other) ? 1 : -1));
  return [
    said[0] && element('h3', {}, say('layer2.changes')),
    ...said.map(([one, text]) => element('p', {}, quote(`changes.${one}`, text as string))),
  ];
};

/** A button by its words. */
export const buttonOf =
  ({ say }: Words) =>
  (key: string, click: (() => void) | undefined, look = 'b') =>
    element('button', { type: 'button', class: look, part: 'button', click }, say(key));

/** What stays off whatever is pressed for all: by the browser's signal, which was heard, and by what the person objected to. */
export const statuses = ({ say }: Words, { config, signal, objected = [] }: Scene): Child[] => [
  signal && element('p', { class: 'status' }, say('status.gpc'), '. ', say('status.gpcOff', signalled(config))),
  objected[0] && element('p', { class: 'status' }, say('status.objected', objected)),
];
