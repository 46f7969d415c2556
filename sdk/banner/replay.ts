// A layer as it was shown once, drawn again from what the ledger keeps: the same code, the same words, and nothing that
// can be pressed. Whoever looks at a receipt sees the banner itself, and whether its words have the receipt's hash.

import { firstInBody } from '../browser/element.js';
import type { ConsentDocument, Layer, Region, Scene, Texts } from './document.js';
import { first, link } from './first.js';
import { type Preferences, preferences } from './preferences.js';
import { sheetOf } from './style.js';
import { readVariant } from './variant.js';

export interface Replayed {
  /** The document that was in force. */
  document: ConsentDocument;
  texts: Texts;
  locale: string;
  layer: Layer;
  region: Region;
  /** The page saw the browser's opt-out signal. */
  gpc: boolean;
  /** The row's: purpose → granted? Shown by the switches; no part of the hash. */
  decisions?: Readonly<Record<string, boolean>>;
  /** The row's `ui.variant`. */
  variant?: string;
}

const nothing = () => {};
const never = async () => {};

/** Draws into `place` and gives the hash of the words: of a live answer, the same as its `textHash`. */
export const replay = async (place: HTMLElement, given: Replayed): Promise<string | undefined> => {
  const { document: config, texts, locale, layer, region, gpc: signal, decisions = {}, variant = '' } = given;
  const all = (config.purposes ?? []).filter(({ always }) => !always).map(({ id }) => id);
  const { odd, ...told } = readVariant(variant, all);
  const scene: Scene = { config, texts, locale, region, signal, ...told };
  const { root } = firstInBody(
    `${sheetOf(config)}
:host{position:static!important;display:block!important}
.first,dialog{position:static!important;max-block-size:none!important;margin:0 auto}
.text,.body{overflow:visible!important}
`,
    place,
  );
  const acts = {
    accept: nothing,
    reject: nothing,
    choose: nothing,
    optOut: nothing,
    oppose: nothing,
    save: nothing,
    copy: never,
    download: never,
    erase: never,
  };
  const drawn =
    layer === 'preferences'
      ? preferences(scene, acts)
      : (region.ui === 'link' ? link : first)(scene, { ...acts, close: nothing });
  if (odd[0] && layer === 'preferences') (drawn as Preferences).warn(odd);
  root.prepend(drawn.root);
  if (layer === 'preferences') {
    drawn.root.setAttribute('open', '');
    for (const input of root.querySelectorAll('input')) input.checked = !!decisions[input.id];
    for (const details of root.querySelectorAll('details')) details.open = true;
  }
  drawn.root.inert = true;
  return drawn.words.hash();
};
