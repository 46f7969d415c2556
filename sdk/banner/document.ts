// What the banner reads of the consent document, of the words of one language, and of how things stand. Types only: the
// collector checks the document before it serves it.

import type { Effective } from '../consent/rules.js';

export interface Purpose {
  id: string;
  always?: boolean;
  requires?: readonly string[];
  gpc?: 'deny' | 'ignore';
  basis?: string;
  data?: readonly string[];
  recipients?: readonly string[];
  retentionDays?: number;
  automated?: boolean;
}

export interface Recipient {
  name: string;
  country?: string;
  role?: string;
  policy?: string;
  cookies?: readonly string[];
}

/** Colours as `#rgb` or `#rrggbb`, a length, a list of fonts. */
export type Tokens = Record<string, string | undefined>;
export interface Theme {
  dark?: string;
  darkColours?: Tokens;
  accent?: string;
  onAccent?: string;
  background?: string;
  text?: string;
  radius?: string;
  font?: string;
}

export interface ConsentDocument {
  purposes?: readonly Purpose[];
  recipients?: Readonly<Record<string, Recipient>>;
  policy?: { version?: string; links?: { privacy?: string; imprint?: string } };
  controller?: { name?: string; contact?: string };
  decision?: { onClose?: string; scope?: string };
  ui?: { layer1?: string; position?: string; buttons?: readonly string[]; theme?: Theme };
  locales?: { default?: string; detect?: string };
  texts?: Readonly<Record<string, { href: string; dir?: string }>>;
}

/** The file of one language: strings under sections. */
export interface Texts {
  [key: string]: string | Texts;
}

export interface Region {
  model?: string;
  ui?: string;
  gpcStatus?: boolean;
}

/** Everything that decides what a layer shows. The same scene shows the same words. */
export interface Scene {
  config: ConsentDocument;
  texts: Texts;
  locale: string;
  region: Region;
  /** The browser's opt-out signal. */
  signal: boolean;
  /** What is in force. */
  on: Effective;
  /** Purposes that must be asked. */
  ask: readonly string[];
  /** What the person objected to (art. 21): no button that accepts all brings it back. */
  objected?: readonly string[];
  /** Policy version of the answer that stood before, if it is another than today's. */
  since?: string | undefined;
  /** Of a standing consent: possession proves who asks. */
  receipt?: string | undefined;
  /** Address of the receipt's page. */
  receiptHref?: string | undefined;
  /** A device id is there too: its data can be given out and erased. */
  isKnown?: boolean;
  /** Visitors are counted here without anybody in the counts, and this one may object. */
  isCounted?: boolean;
}

export type Layer = 'first' | 'preferences';
