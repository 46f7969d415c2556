// What lies over the page without stopping anybody: the question of the first layer, and where the law wants an opt-out
// instead of a question, the link and the status for it. Draws a scene and reports what was pressed; decides nothing.

import { element } from '../browser/element.js';
import type { Scene } from './document.js';
import { buttonOf, changesSince, linkTo, signalled, statuses } from './parts.js';
import { type Words, wordsOf } from './words.js';

export interface Drawn<Root extends HTMLElement = HTMLElement> {
  root: Root;
  words: Words;
}

export interface FirstActs {
  accept: () => void;
  reject: () => void;
  choose: () => void;
  /** Only where closing is a refusal. */
  close?: (() => void) | undefined;
  /** "Do not sell or share". */
  optOut: () => void;
}

/** Where it stands: `bottom-end` is two classes. */
const look = ({ ui: { layer1, position = 'bottom-start' } = {} }: Scene['config'], kind = layer1) =>
  `first ${kind} ${position.replace('-', ' ')}`;

/** Asks everything, or what alone is open because its terms changed. */
export const first = (scene: Scene, acts: FirstActs): Drawn => {
  const { config, texts, locale, ask, since } = scene;
  const { ui: { buttons } = {}, decision: { scope, onClose } = {} } = config;
  const words = wordsOf(texts);
  const { say } = words;
  const button = buttonOf(words);
  // A record of another policy stands for the rest: only what is new is asked, and called by other names.
  const part = since ? 'again' : 'layer1';
  const order = (name: string) => buttons?.indexOf(name) ?? 0;
  const pair = order('accept') < order('reject') ? (['accept', 'reject'] as const) : (['reject', 'accept'] as const);
  const root = element(
    'section',
    {
      role: 'region',
      class: look(config),
      part: 'banner',
      lang: locale,
      dir: texts.dir,
      'aria-labelledby': 'title',
      keydown: ({ key }: KeyboardEvent) => key === 'Escape' && acts.close?.(),
    },
    element(
      'div',
      // What scrolls must be reachable by keys.
      { class: 'text', tabIndex: 0, part: 'text' },
      element('h2', { id: 'title' }, say(`${part}.title`)),
      element('p', {}, say(`${part}.body`, ask), ' ', linkTo(words, config, 'privacy')),
      ...changesSince(words, scene),
      scope === 'account' && element('p', {}, say('layer1.account')),
      ...statuses(words, scene),
    ),
    element('div', { class: 'pair', part: 'buttons' }, ...pair.map((name) => button(`${part}.${name}`, acts[name]))),
    button('layer1.choose', acts.choose, 'quiet'),
    onClose === 'reject' && button('layer2.close', acts.close, 'quiet'),
  );
  return { root, words };
};

/** For regions of the opt-out model: what may be said no to at any time, and that the browser's no was heard. */
export const link = ({ config, texts, locale, signal, on }: Scene, acts: FirstActs): Drawn => {
  const words = wordsOf(texts);
  const button = buttonOf(words);
  // Also what somebody allowed in spite of the signal.
  const against = signalled(config);
  const isOpen = against.some((id) => on[id]);
  const root = element(
    'section',
    {
      role: 'region',
      class: look(config, 'link'),
      part: 'banner',
      lang: locale,
      dir: texts.dir,
      'aria-label': words.whisper('status.link'),
    },
    isOpen
      ? button('status.doNotSell', acts.optOut, 'quiet')
      : (signal || against[0]) &&
          element('p', { class: 'status' }, words.say(signal ? 'status.gpc' : 'status.optedOut')),
    button('status.link', acts.choose, 'quiet'),
  );
  return { root, words };
};
