// What can be seen of the page and its browser. Reads only; never stores, and never asks for what could tell browsers
// apart (no screen depth, no fonts, no canvas, no client hints).

/** There is none on a server that renders pages: every verb is then silent. */
export const hasPage = () => typeof document === 'object';
export const addressNow = () => location.href;
export const originNow = () => location.origin;
export const referrerNow = () => document.referrer;
export const titleNow = () => document.title;
export const isShown = () => !document.hidden;
/** Only what is shown has the focus. */
export const isWatched = () => document.hasFocus();
export const isPrerendering = () => (document as { prerendering?: boolean }).prerendering;
/** The browser keeps it for the whole navigation (GPC), so once is enough. Exact value only. */
export const hasGpcSignal = () => (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true;
export const languageNow = () => navigator.language;
