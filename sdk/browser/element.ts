// Building what a person sees, for the parts of the SDK that show something: elements, a shadow root with a style sheet
// that a strict Content Security Policy lets through, and the few things a person may ask of the browser. No style
// attribute, no inline handler, no markup out of text.

/** Hears what goes wrong when something of ours is pressed: it must not reach the page. */
let failed: (error: unknown) => void = () => {};
export const onFailure = (heard: (error: unknown) => void) => {
  failed = heard;
};

export type Child = Node | string | false | undefined | null;
type Properties = Record<string, unknown>;

/** Text becomes an attribute, a function a listener whose errors stay in here, anything else a property. */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'string') made.setAttribute(name, value);
    else if (typeof value === 'function')
      made.addEventListener(name, (event) => void (async () => value(event))().catch(failed));
    else if (value != null) (made as unknown as Properties)[name] = value;
  }
  made.append(...(children.filter(Boolean) as (Node | string)[]));
  return made;
};

/**
 * A host of ours, first in the body so that Tab reaches it first; nothing of the page's styles reaches into it. A sheet
 * made by script is no inline style to a Content Security Policy. Before there is a body there is nothing to be first in.
 */
export const firstInBody = (css: string, inside: Element = document.body): { root: ShadowRoot; remove: () => void } => {
  const host = document.createElement('weft-consent');
  const root = host.attachShadow({ mode: 'open' });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Browsers from before 2023.
    root.append(element('style', {}, css));
  }
  inside.prepend(host);
  return { root, remove: () => host.remove() };
};

export const whenBody = (run: () => void): void => {
  if (document.body) run();
  else document.addEventListener('DOMContentLoaded', run, { once: true });
};

/** Of the document, and those the browser would like, in order. */
export const languages = (): { ofDocument: string; ofBrowser: readonly string[] } => ({
  ofDocument: document.documentElement.lang,
  ofBrowser: navigator.languages,
});

/** A country's name in a language; its code where the browser has none. */
export const countryName = (code: string, locale: string): string => {
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
};

/** SHA-256 in hex; nothing on a page without https, where browsers do not offer it. */
export const digest = async (text: string): Promise<string | undefined> => {
  const bytes = await crypto.subtle?.digest('SHA-256', new TextEncoder().encode(text));
  return bytes && [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

export const copy = (text: string): Promise<void> => navigator.clipboard.writeText(text);

/** Gives a file that only the holder of the token may fetch. False: it could not be had. */
export const download = async (url: string, token: string, name: string): Promise<boolean> => {
  const answer = await fetch(url, { headers: { 'weft-token': token }, credentials: 'omit' });
  if (!answer.ok) return false;
  const href = URL.createObjectURL(await answer.blob());
  element('a', { href, download: name }).click();
  // Some browsers begin to read it only after the click is over.
  setTimeout(() => URL.revokeObjectURL(href), 6e4);
  return true;
};
