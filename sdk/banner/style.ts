// How the banner looks: one sheet, a few tokens of the site's. Accept and reject share one rule and have none apart;
// text on the accent is black or white, whichever can be read.

import type { ConsentDocument, Theme, Tokens } from './document.js';

const light: Tokens = {
  background: '#fff',
  text: '#1c1c21',
  border: '#cfcfd6',
  accent: '#0b5fff',
  radius: '8px',
  font: 'system-ui,sans-serif',
};
const dark: Tokens = { background: '#1d1d22', text: '#f2f2f5', border: '#4a4a53' };

/** Relative luminance of WCAG 2, of `#rgb` or `#rrggbb`. */
export const luminance = (hex: string): number => {
  const digits = hex.length < 6 ? hex.replace(/\w/g, '$&$&') : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** Black reaches 4.5:1 on whatever is lighter than this, white on whatever is darker. */
export const onto = (accent: string): string => (luminance(accent) > 0.179 ? '#000' : '#fff');

const declared = (tokens: Tokens): string =>
  `:host{${Object.entries({ onAccent: onto(tokens.accent as string), ...tokens })
    .map(([name, value]) => `--w-${name}:${value}`)
    .join(';')}}`;

/** The collector has checked that a token is a colour, a length or a list of fonts and nothing else. */
const themed = ({ dark: mode = 'auto', darkColours, ...given }: Theme): string => {
  const day = { ...light, ...given };
  const night = declared({ accent: day.accent, ...dark, ...darkColours });
  return (
    declared(day) +
    // The keyword would mean the custom property itself.
    (day.font === 'inherit' ? ':host{font-family:inherit!important}' : '') +
    (mode === 'dark' ? night : mode === 'auto' ? `@media (prefers-color-scheme:dark){${night}}` : '')
  );
};

// `font-size:medium` is what the person set in the browser, whatever the page makes of `rem`. The first layer is at most
// 16em high, which is 40 % of a phone of 640 px at the usual size, and grows with the text. Nothing moves, so nothing need
// be stilled for those who ask for less motion.
const rules = `
:host{all:initial!important;font-family:var(--w-font)!important;position:fixed!important;z-index:2147483647!important}
*{box-sizing:border-box;margin:0;padding:0;font:inherit;color:inherit}
.first,dialog{position:fixed;display:flex;flex-direction:column;font-size:medium;line-height:1.45;color:var(--w-text);background:var(--w-background);border:1px solid var(--w-border);border-radius:calc(var(--w-radius)*1.5);overflow-wrap:break-word;text-align:start;box-shadow:0 8px 40px #0005}
.first{inset:auto 8px 8px;gap:8px;padding:10px 12px;max-height:min(100vh - 16px,max(40vh,16em));max-width:min(27em,100% - 16px)}
.end{inset-inline-start:auto}
.start{inset-inline-end:auto}
.bar{max-width:none}
.top{inset-block:8px auto}
.text{overflow:auto;min-height:2.6em;font-size:.875em;line-height:1.35}
.text>*+*,.body>*+*,.step>*+*{margin-top:.4em}
h2{font-size:1.143em;font-weight:650;line-height:1.3}
dialog h2{font-size:1.25em;flex:1 1 7em}
h3,label{font-weight:650}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,7.5em),1fr));gap:8px}
.foot .pair{grid-template-columns:repeat(auto-fit,minmax(min(100%,8.5em),1fr))}
button{min-height:40px;padding:6px 12px;border-radius:var(--w-radius);border:1px solid var(--w-border);background:none;font-size:.9375em;font-weight:550;line-height:1.2;cursor:pointer}
.b{background:var(--w-accent);color:var(--w-onAccent);border-color:var(--w-accent)}
.quiet{min-height:28px;padding:2px;border-color:transparent}
.link .quiet{text-align:start}
a,.quiet{text-decoration:underline;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--w-text);outline-offset:2px}
[tabindex='-1']{outline:0}
.row,.link,.line,.head{display:flex;flex-flow:row wrap;gap:8px 12px;align-items:center;justify-content:space-between}
.row{justify-content:start}
.link{padding:4px 10px;gap:0 10px;max-width:calc(100% - 16px);font-size:.875em}
dialog{inset:0;margin:auto;width:min(100% - 16px,40em);max-width:none;max-height:min(100% - 16px,52em);overflow:hidden}
dialog:not([open]),[hidden]{display:none!important}
dialog::backdrop{background:#0009}
.head,.foot{padding:12px 16px}
.foot,.body section{border-top:1px solid var(--w-border)}
.body{overflow:auto;padding:0 16px 16px;flex:1;min-height:5em}
.body,.foot{font-size:.9375em}
.body section{padding:12px 0;margin-top:0}
.body>p+section{margin-top:12px}
label{flex:1 1 min-content;padding:4px 0}
label,summary,input{cursor:pointer}
.note,dl{font-size:.9375em}
summary{padding:6px 0;width:fit-content}
dl{display:grid;grid-template-columns:minmax(6em,1fr) 2.4fr;gap:4px 12px}
dd{grid-column:2}
.status{font-weight:550;border-inline-start:4px solid;padding-inline-start:8px}
.live:not(:empty){padding-bottom:8px;font-weight:550}
input{appearance:none;width:48px;height:28px;border:2px solid var(--w-text);border-radius:14px;background:var(--w-background);display:flex;align-items:center;padding:0 3px}
input::before{content:"";width:18px;height:18px;border-radius:9px;background:var(--w-text)}
input:checked{background:var(--w-accent);justify-content:flex-end}
input:checked::before{background:var(--w-onAccent)}
@media (max-width:22em){dl{display:block}dd{margin-bottom:.4em}}
@media (max-width:14em),(max-height:22em){dialog{overflow:auto}.body{flex:none}}
@media (forced-colors:active){input{forced-color-adjust:none;--w-text:CanvasText;--w-background:Canvas;--w-accent:Highlight;--w-onAccent:HighlightText}}
@media print{:host{display:none!important}}`;

export const sheetOf = ({ ui }: ConsentDocument): string => rules + themed(ui?.theme ?? {});
