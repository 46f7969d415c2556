// The pictures of the demo shop, drawn here in SVG so that it needs no file and no stranger's photograph.
// A drawing is a function of a tone and a prefix for its gradient ids (two drawings may share one scene).
// It must never take text from a request: what it returns is served as an image and is not escaped.

import type { CategoryId, Choice } from './catalogue.js';

type Drawing = (tone: string, id: string) => string;

const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

const mix = (hex: string, other: string, share: number) => {
  const b = channels(other);
  return `#${channels(hex)
    .map((value, i) =>
      Math.round(value + ((b[i] ?? 0) - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
};
const light = (hex: string, share: number) => mix(hex, '#fffaf0', share);
const dark = (hex: string, share: number) => mix(hex, '#1b1612', share);

type Stop = [at: number, colour: string, opacity?: number];
const stops = (list: Stop[]) =>
  list
    .map(
      ([at, colour, opacity]) =>
        `<stop offset="${at}" stop-color="${colour}"${opacity === undefined ? '' : ` stop-opacity="${opacity}"`}/>`,
    )
    .join('');
const across = (id: string, ...list: Stop[]) => `<linearGradient id="${id}">${stops(list)}</linearGradient>`;
const down = (id: string, ...list: Stop[]) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops(list)}</linearGradient>`;
const round = (id: string, cx: number, cy: number, ...list: Stop[]) =>
  `<radialGradient id="${id}" cx="${cx}" cy="${cy}" r="0.75">${stops(list)}</radialGradient>`;

const shadow = (cx: number, cy: number, rx: number, ry = rx * 0.13) =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="#20180f" opacity=".16"/><ellipse cx="${cx}" cy="${cy}" rx="${rx * 0.82}" ry="${ry * 0.7}" fill="#20180f" opacity=".2"/>`;

/** The turned, glazed or cast body every vessel here has: lit from the left, dark at the right, a rim of bounced light. */
const body = (id: string, tone: string) =>
  across(
    id,
    [0, dark(tone, 0.12)],
    [0.2, light(tone, 0.28)],
    [0.48, tone],
    [0.84, dark(tone, 0.34)],
    [1, dark(tone, 0.18)],
  );

/** The same speckles on every visit: a small fixed sequence instead of chance. */
const speckles = (x: number, y: number, width: number, height: number, tone: string, count: number) => {
  let seed = 7;
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  return Array.from({ length: count }, () => {
    const [cx, cy, r] = [x + next() * width, y + next() * height, 0.8 + next() * 1.8];
    return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${r.toFixed(1)}" fill="${dark(tone, 0.5)}" opacity=".4"/>`;
  }).join('');
};

const mug: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}c`, [0, '#a98d6c'], [0.25, '#d2b48f'], [0.6, '#b4936d'], [1, '#7d6347'])}${down(`${id}i`, [0, dark(tone, 0.45)], [1, dark(tone, 0.12)])}</defs>
${shadow(330, 532, 150)}
<path d="M420 318c70-14 104 22 98 74-6 50-52 82-112 76" fill="none" stroke="${dark(tone, 0.28)}" stroke-width="30" stroke-linecap="round"/>
<path d="M420 314c66-12 96 22 91 70-6 46-47 76-104 72" fill="none" stroke="${light(tone, 0.12)}" stroke-width="14" stroke-linecap="round"/>
<path d="M206 262c-6 92-2 176 22 252 4 14 14 18 26 19 46 6 86 6 132 0 12-1 22-5 26-19 24-76 28-160 22-252z" fill="url(#${id}b)"/>
<path d="M224 492c2 8 3 14 5 22 4 14 13 18 25 19 46 6 86 6 132 0 12-1 21-5 25-19 2-8 3-14 5-22-60 15-132 15-192 0z" fill="url(#${id}c)"/>
<path d="M224 492c60 15 132 15 192 0" fill="none" stroke="${dark(tone, 0.3)}" stroke-width="3" opacity=".5"/>
${speckles(236, 300, 168, 176, tone, 34)}
<ellipse cx="320" cy="262" rx="114" ry="29" fill="${light(tone, 0.25)}"/>
<ellipse cx="320" cy="264" rx="104" ry="24" fill="url(#${id}i)"/>
<path d="M222 276c10 16 50 25 98 25s88-9 98-25c-12-8-48-14-98-14s-86 6-98 14z" fill="#6b4426" opacity=".85"/>
<path d="M240 304c-3 62-1 118 10 168" fill="none" stroke="#fff" stroke-width="13" stroke-linecap="round" opacity=".3"/>`;

const bowl: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${down(`${id}i`, [0, dark(tone, 0.38)], [0.6, tone], [1, light(tone, 0.25)])}${across(`${id}c`, [0, '#a98d6c'], [0.3, '#d2b48f'], [1, '#7d6347'])}</defs>
${shadow(320, 532, 150)}
<path d="M262 500h116l-8 30c-30 6-70 6-100 0z" fill="url(#${id}c)"/>
<path d="M122 338c2 84 56 152 138 172 38 8 82 8 120 0 82-20 136-88 138-172z" fill="url(#${id}b)"/>
${[388, 418, 446, 470].map((y, i) => `<path d="M${140 + i * 20} ${y}c${70 - i * 6} 24 ${290 - i * 34} 24 ${360 - i * 40} 0" fill="none" stroke="${dark(tone, 0.3)}" stroke-width="2.5" opacity=".32"/>`).join('')}
${speckles(170, 380, 300, 100, tone, 40)}
<ellipse cx="320" cy="338" rx="198" ry="54" fill="${light(tone, 0.3)}"/>
<ellipse cx="320" cy="341" rx="186" ry="47" fill="url(#${id}i)"/>
<path d="M186 362c40 20 84 26 134 26s94-6 134-26c-26-14-74-22-134-22s-108 8-134 22z" fill="${light(tone, 0.16)}" opacity=".5"/>
<path d="M158 388c14 40 40 70 74 90" fill="none" stroke="#fff" stroke-width="14" stroke-linecap="round" opacity=".22"/>`;

const teapot: Drawing = (tone, id) => `
<defs>${round(`${id}b`, 0.34, 0.3, [0, light(tone, 0.4)], [0.45, tone], [1, dark(tone, 0.42)])}${body(`${id}s`, tone)}${across(`${id}h`, [0, '#7b5632'], [0.5, '#c39761'], [1, '#6a4828'])}</defs>
${shadow(326, 532, 170)}
<path d="M212 320C206 172 434 172 428 320" fill="none" stroke="url(#${id}h)" stroke-width="17" stroke-linecap="round"/>
${Array.from({ length: 15 }, (_, i) => {
  const angle = Math.PI * (0.1 + (0.8 * i) / 14);
  const [x, y] = [320 - Math.cos(angle) * 108, 322 - Math.sin(angle) * 113];
  return `<path d="M${(x - 6).toFixed(1)} ${(y - 8).toFixed(1)}l12 16" stroke="#5b3d21" stroke-width="2.4" opacity=".5"/>`;
}).join('')}
<path d="M196 420c-58-6-70-66-92-112-6-12 10-22 24-14 46 26 52 52 92 62z" fill="url(#${id}s)"/>
<path d="M104 306c-5-12 10-20 24-12" fill="none" stroke="${dark(tone, 0.5)}" stroke-width="5" stroke-linecap="round"/>
<path d="M178 420c0-74 62-118 142-118s142 44 142 118c0 52-30 92-76 108-42 8-90 8-132 0-46-16-76-56-76-108z" fill="url(#${id}b)"/>
${speckles(220, 350, 210, 140, tone, 38)}
<circle cx="214" cy="326" r="10" fill="${dark(tone, 0.35)}"/><circle cx="426" cy="326" r="10" fill="${dark(tone, 0.35)}"/>
<ellipse cx="320" cy="310" rx="76" ry="19" fill="${dark(tone, 0.35)}"/>
<path d="M248 306c6-30 40-42 72-42s66 12 72 42c-22 14-122 14-144 0z" fill="url(#${id}s)"/>
<path d="M306 264c-4-14-10-18-8-26 3-12 41-12 44 0 2 8-4 12-8 26z" fill="url(#${id}s)"/>
<path d="M214 392c6-30 26-50 50-60" fill="none" stroke="#fff" stroke-width="15" stroke-linecap="round" opacity=".32"/>`;

const carafe: Drawing = (tone, id) => `
<defs>${across(`${id}g`, [0, tone, 0.75], [0.16, light(tone, 0.75), 0.5], [0.5, light(tone, 0.5), 0.28], [0.85, tone, 0.55], [1, dark(tone, 0.2), 0.8])}${across(`${id}w`, [0, tone, 0.6], [0.5, light(tone, 0.35), 0.42], [1, dark(tone, 0.15), 0.62])}</defs>
${shadow(320, 532, 128)}
<path d="M276 252c0 50-72 92-78 168-3 42 4 80 16 100 6 10 14 12 24 13 56 6 108 6 164 0 10-1 18-3 24-13 12-20 19-58 16-100-6-76-78-118-78-168z" fill="url(#${id}g)"/>
<path d="M205 384c-5 12-8 24-8 38-2 40 5 78 17 98 6 9 14 11 24 12 56 6 108 6 164 0 10-1 18-3 24-12 12-20 19-58 17-98 0-14-3-26-8-38-66 14-164 14-230 0z" fill="url(#${id}w)"/>
<ellipse cx="320" cy="384" rx="115" ry="13" fill="${light(tone, 0.55)}" opacity=".7"/>
<path d="M278 216h84l2 44c-26 8-62 8-88 0z" fill="url(#${id}g)"/>
<path d="M262 132c-4 34-6 66-4 96 40 12 84 12 124 0 2-30 0-62-4-96-30-9-86-9-116 0z" fill="url(#${id}g)" stroke="${dark(tone, 0.25)}" stroke-opacity=".35" stroke-width="2"/>
<ellipse cx="320" cy="132" rx="58" ry="11" fill="${light(tone, 0.6)}" opacity=".85"/>
<path d="M258 226c40 13 84 13 124 0" fill="none" stroke="${light(tone, 0.85)}" stroke-width="4" opacity=".9"/>
<path d="M226 420c-4 40 0 70 8 92M272 150c-3 26-4 46-3 64" fill="none" stroke="#fff" stroke-width="11" stroke-linecap="round" opacity=".65"/>
<path d="M412 430c3 34 0 62-6 84" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".5"/>
<circle cx="352" cy="454" r="4" fill="#fff" opacity=".55"/><circle cx="296" cy="486" r="3" fill="#fff" opacity=".5"/><circle cx="370" cy="416" r="2.5" fill="#fff" opacity=".5"/>`;

const napkins: Drawing = (tone, id) => {
  const fold = (y: number, inset: number) => `
<path d="M${128 + inset} ${y}c-13 2-13 38 0 42h${384 - inset * 2}c12-3 12-39 0-42z" fill="url(#${id}f)"/>
<path d="M${128 + inset} ${y + 21}h${390 - inset * 2}" stroke="${dark(tone, 0.3)}" stroke-width="2" opacity=".55"/>
<path d="M${430 - inset} ${y + 2}v38M${446 - inset} ${y + 2}v38" stroke="${light(tone, 0.75)}" stroke-width="6" opacity=".8"/>`;
  return `
<defs>${down(`${id}f`, [0, light(tone, 0.3)], [0.5, tone], [1, dark(tone, 0.22)])}${across(`${id}t`, [0, light(tone, 0.32)], [1, tone])}</defs>
${shadow(320, 532, 218)}
${fold(488, 0)}${fold(446, 5)}${fold(404, 2)}${fold(362, 8)}
<path d="M136 362l44-76c4-6 8-8 16-8h252c8 0 12 2 16 8l44 76z" fill="url(#${id}t)"/>
<path d="M398 278l36 84M414 278l40 84" stroke="${light(tone, 0.78)}" stroke-width="6" opacity=".85"/>
<path d="M160 322c90 6 220 4 322-2" fill="none" stroke="${dark(tone, 0.25)}" stroke-width="2" opacity=".4"/>
<path d="M286 278c-6 80-10 168-8 254M302 278c-4 80-6 168-4 254" fill="none" stroke="#8a6f4c" stroke-width="4"/>
<path d="M292 316c-34-26-58-8-42 8 10 10 30 2 42-8zm4 0c34-26 58-8 42 8-10 10-30 2-42-8zm-4 2c-14 18-20 30-26 46m32-46c10 16 18 28 28 42" fill="none" stroke="#7b6241" stroke-width="5" stroke-linecap="round"/>`;
};

const board: Drawing = (tone, id) => `
<defs>${across(`${id}b`, [0, light(tone, 0.2)], [0.35, tone], [0.7, light(tone, 0.1)], [1, dark(tone, 0.2)])}<clipPath id="${id}k"><rect x="0" y="0" width="244" height="372" rx="34"/></clipPath></defs>
${shadow(328, 534, 180)}
<g transform="translate(212 144) rotate(5)">
<path d="M10 8h244v366a30 30 0 0 1-30 30H44a34 34 0 0 1-34-30z" fill="${dark(tone, 0.45)}" transform="translate(6 -14)"/>
<rect width="244" height="372" rx="34" fill="url(#${id}b)"/>
<g clip-path="url(#${id}k)" fill="none" stroke="${dark(tone, 0.42)}" stroke-width="2.4" opacity=".4">
${[22, 52, 78, 166, 196, 222].map((x, i) => `<path d="M${x} -10c${10 - i * 3} 90 ${-8 + i * 2} 180 ${4 - i} 400"/>`).join('')}
<path d="M112 400c-4-70-16-96-14-140 2-34 12-52 24-52s24 18 25 52c2 44-12 70-15 140"/><path d="M118 400c-2-70-8-96-7-136 1-24 6-34 12-34s12 10 13 34c1 40-8 66-10 136"/><ellipse cx="123" cy="262" rx="6" ry="15"/>
<path d="M104 -10c-4 60 4 110 0 160M134 -10c6 60-2 110 6 160"/></g>
<circle cx="122" cy="46" r="19" fill="${dark(tone, 0.55)}"/><path d="M122 65a19 19 0 0 0 18-13" fill="none" stroke="${light(tone, 0.5)}" stroke-width="4"/>
<path d="M8 40v290" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".35"/>
<path d="M122 44c-30-40-70-62-58-88 10-20 48-4 58 86 6-90 22-96 32-84" fill="none" stroke="#6b4f36" stroke-width="7" stroke-linecap="round"/></g>
<g transform="translate(398 446)"><path d="M-6 40C-8 6 24-12 58-6c34 4 58 32 52 60-4 24-34 36-64 34C14 86-4 68-6 40z" fill="#e0b23c"/><path d="M104 34c14-2 18 8 6 20" fill="#caa034"/><path d="M10 34C14 16 30 8 46 8" fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".45"/></g>`;

const pan: Drawing = (tone, id) => `
<defs>${round(`${id}b`, 0.36, 0.32, [0, light(tone, 0.3)], [0.5, tone], [1, dark(tone, 0.5)])}${across(`${id}h`, [0, light(tone, 0.26)], [0.5, tone], [1, dark(tone, 0.45)])}</defs>
<g transform="rotate(38 320 330)">
<ellipse cx="326" cy="286" rx="176" ry="172" fill="#20180f" opacity=".22" transform="translate(16 14)"/>
<path d="M296 420l-6 196c-1 34 60 34 59 0l-6-196z" fill="#20180f" opacity=".22" transform="translate(14 6)"/>
<path d="M290 420l10 40-8 156c-1 33 57 33 56 0l-8-156 10-40z" fill="url(#${id}h)"/>
<ellipse cx="320" cy="612" rx="11" ry="19" fill="#cdbfa8"/>
<path d="M148 262c-18-8-22 22-2 26M492 262c18-8 22 22 2 26" fill="${dark(tone, 0.2)}"/>
<circle cx="320" cy="276" r="176" fill="${light(tone, 0.1)}"/><circle cx="320" cy="276" r="168" fill="${dark(tone, 0.45)}"/>
<circle cx="320" cy="278" r="148" fill="url(#${id}b)"/>
${[128, 104, 80, 56, 32].map((r) => `<circle cx="320" cy="278" r="${r}" fill="none" stroke="#fff" stroke-width="1.4" opacity=".07"/>`).join('')}
<path d="M204 232c14-44 46-70 88-80" fill="none" stroke="#fff" stroke-width="14" stroke-linecap="round" opacity=".2"/></g>`;

const mill: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}m`, [0, '#8a6a2f'], [0.3, '#ecd28a'], [0.6, '#c29a4b'], [1, '#70521f'])}</defs>
${shadow(320, 532, 92)}
<path d="M252 500c-2 18-2 26 2 30 40 8 92 8 132 0 4-4 4-12 2-30-2-36-30-52-30-104s22-70 22-112c0-22-16-34-18-48h-84c-2 14-18 26-18 48 0 42 22 60 22 112s-28 68-30 104z" fill="url(#${id}b)"/>
<path d="M252 500c42 9 94 9 136 0M280 388c26 5 54 5 80 0" fill="none" stroke="${dark(tone, 0.5)}" stroke-width="4" opacity=".5"/>
<rect x="276" y="220" width="88" height="17" rx="5" fill="url(#${id}m)"/>
<path d="M270 220c-12-14-18-30-14-48 8-34 36-42 64-42s56 8 64 42c4 18-2 34-14 48-28 6-72 6-100 0z" fill="url(#${id}b)"/>
<path d="M310 132c-2-8-10-12-10-20 0-22 40-22 40 0 0 8-8 12-10 20z" fill="url(#${id}m)"/>
<path d="M282 160c-6 14-6 28-2 42M284 268c-3 30 4 60 12 92M272 494c2-14 8-28 14-44" fill="none" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".3"/>
<g fill="#3a3029"><circle cx="432" cy="522" r="9"/><circle cx="456" cy="528" r="8"/><circle cx="414" cy="530" r="6"/><circle cx="196" cy="528" r="8"/></g>`;

const jar: Drawing = (tone, id) => `
<defs>${across(`${id}g`, [0, '#a5bdb9', 0.75], [0.18, '#f4fbf8', 0.4], [0.6, '#dceae6', 0.22], [1, '#86a09c', 0.72])}${across(`${id}l`, [0, dark(tone, 0.3)], [0.3, light(tone, 0.12)], [1, dark(tone, 0.36)])}${across(`${id}k`, [0, '#93704a'], [0.35, '#d9b98c'], [1, '#805d3a'])}</defs>
${shadow(320, 532, 138)}
<path d="M204 372v132c0 16 8 24 22 26 62 6 126 6 188 0 14-2 22-10 22-26V372c-60 14-172 14-232 0z" fill="url(#${id}l)"/>
<g fill="${dark(tone, 0.4)}" opacity=".5">${Array.from({ length: 70 }, (_, i) => `<ellipse cx="${216 + ((i * 47) % 208)}" cy="${392 + ((i * 29) % 128)}" rx="5.5" ry="3.4" transform="rotate(${(i * 37) % 90} ${216 + ((i * 47) % 208)} ${392 + ((i * 29) % 128)})"/>`).join('')}</g>
<g fill="${light(tone, 0.4)}" opacity=".6">${Array.from({ length: 44 }, (_, i) => `<ellipse cx="${220 + ((i * 61) % 200)}" cy="${388 + ((i * 43) % 132)}" rx="5" ry="3" transform="rotate(${(i * 53) % 90} ${220 + ((i * 61) % 200)} ${388 + ((i * 43) % 132)})"/>`).join('')}</g>
<ellipse cx="320" cy="372" rx="116" ry="17" fill="${light(tone, 0.22)}"/>
<path d="M228 226c0 30-32 32-32 70v210c0 18 10 26 24 28 66 7 134 7 200 0 14-2 24-10 24-28V296c0-38-32-40-32-70z" fill="url(#${id}g)" stroke="#7e9793" stroke-opacity=".5" stroke-width="2"/>
<path d="M228 168l6 66c54 12 118 12 172 0l6-66z" fill="url(#${id}k)"/><ellipse cx="320" cy="168" rx="92" ry="17" fill="#e3c79d"/>
<g fill="#7c5a38" opacity=".5"><circle cx="260" cy="196" r="3"/><circle cx="300" cy="212" r="2.4"/><circle cx="352" cy="200" r="3.2"/><circle cx="384" cy="216" r="2.2"/><circle cx="320" cy="190" r="2"/></g>
<path d="M220 236c60 14 140 14 200 0" fill="none" stroke="#fff" stroke-width="7" opacity=".65"/>
<path d="M258 420h124v64H258z" fill="#f7f0e0"/><path d="M258 420h124v64H258z" fill="none" stroke="#c8b994" stroke-width="2"/>
<path d="M280 456c10-18 16-18 14-4s10 6 14-4 8-8 8 2 14 4 18-4 8-4 6 4 10 4 16-4" fill="none" stroke="#5c4a35" stroke-width="3.4" stroke-linecap="round"/>
<path d="M218 300v180" stroke="#fff" stroke-width="13" stroke-linecap="round" opacity=".6"/><path d="M426 310v150" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".45"/>`;

const apron: Drawing = (tone, id) => `
<defs>${across(`${id}b`, [0, dark(tone, 0.14)], [0.3, light(tone, 0.14)], [0.62, tone], [1, dark(tone, 0.26)])}</defs>
<path d="M110 98h420" stroke="#7b5f41" stroke-width="12" stroke-linecap="round"/><path d="M110 94h420" stroke="#b08d63" stroke-width="4" stroke-linecap="round"/>
<path d="M252 214C246 110 290 100 320 96c30 4 74 14 68 118" fill="none" stroke="${dark(tone, 0.3)}" stroke-width="17"/>
<path d="M320 84v26" stroke="#5b452e" stroke-width="9" stroke-linecap="round"/>
<path d="M240 204h160c4 60 20 96 58 112 10 90 16 172 18 250-50 14-262 14-312 0 2-78 8-160 18-250 38-16 54-52 58-112z" fill="url(#${id}b)"/>
<path d="M240 204h160v20H240z" fill="${dark(tone, 0.2)}"/>
<path d="M182 316c-44 20-62 62-52 122M458 316c44 20 62 62 52 122" fill="none" stroke="${dark(tone, 0.28)}" stroke-width="13" stroke-linecap="round"/>
<path d="M232 392h176v108c-54 10-122 10-176 0z" fill="${dark(tone, 0.1)}"/><path d="M232 392h176v108c-54 10-122 10-176 0z M352 392v113" fill="none" stroke="${light(tone, 0.4)}" stroke-width="2.5" stroke-dasharray="8 5"/>
<path d="M232 392h176v14H232z" fill="${dark(tone, 0.24)}"/>
<path d="M284 392c2-40-4-60 4-92 6-20 30-20 34 0 4 32-6 52-6 92" fill="#d3a876"/><path d="M290 304c4-14 24-14 28 2" fill="none" stroke="#a67c4e" stroke-width="4"/>
<path d="M210 350c-10 70-14 140-14 206M430 350c10 70 14 140 14 206M320 516v52" fill="none" stroke="${dark(tone, 0.35)}" stroke-width="5" opacity=".28"/>
<path d="M166 552c52 13 256 13 308 0" fill="none" stroke="${light(tone, 0.4)}" stroke-width="2.5" stroke-dasharray="8 5"/>`;

const lamp: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}m`, [0, '#8a6a2f'], [0.4, '#ecd28a'], [1, '#70521f'])}${round(`${id}l`, 0.5, 0.1, [0, '#fff1c4', 0.85], [1, '#ffe9b0', 0])}${down(`${id}s`, [0, light(tone, 0.22)], [1, dark(tone, 0.25)])}</defs>
<path d="M184 300L60 536h356L300 272z" fill="url(#${id}l)"/>
${shadow(404, 534, 104)}
<ellipse cx="404" cy="524" rx="96" ry="20" fill="${dark(tone, 0.35)}"/><ellipse cx="404" cy="515" rx="96" ry="20" fill="url(#${id}b)"/>
<path d="M404 512L470 316M470 316L272 178" stroke="${dark(tone, 0.3)}" stroke-width="15" stroke-linecap="round"/><path d="M401 510L466 318M466 312L272 174" stroke="${light(tone, 0.24)}" stroke-width="5" stroke-linecap="round"/>
<circle cx="470" cy="316" r="17" fill="url(#${id}m)"/><circle cx="470" cy="316" r="6" fill="#6b4e1d"/><circle cx="404" cy="508" r="13" fill="url(#${id}m)"/>
<g transform="translate(246 196) rotate(24)"><path d="M-22 -58c0-16 44-16 44 0l4 28h-52z" fill="url(#${id}m)"/>
<path d="M-28 -34h56c42 30 62 72 66 120H-94c4-48 24-90 66-120z" fill="url(#${id}s)"/><path d="M-94 86h188c-10 16-178 16-188 0z" fill="#fff3cf"/><ellipse cx="0" cy="88" rx="30" ry="17" fill="#fffbe8"/>
<path d="M-66 56c6-30 18-52 34-68" fill="none" stroke="#fff" stroke-width="11" stroke-linecap="round" opacity=".35"/></g>
<path d="M494 522c40 6 70-4 96 10" fill="none" stroke="#3b342c" stroke-width="6" stroke-linecap="round"/>`;

const glow = (id: string) =>
  `<radialGradient id="${id}" cx="0.5" cy="0.5" r="0.5">${stops([
    [0, '#ffe3a4', 0.75],
    [0.35, '#ffdf9a', 0.3],
    [1, '#ffdf9a', 0],
  ])}</radialGradient>`;

/** Wants `glow(id)` among the definitions of its drawing. */
const flame = (x: number, y: number, size: number, id: string) =>
  `<g transform="translate(${x} ${y}) scale(${size})"><circle r="120" cy="-26" fill="url(#${id})"/><path d="M0 2c-17 0-19-18-9-32 6-8 8-16 7-28 14 12 22 26 20 40-1 12-7 20-18 20z" fill="#f3a43b"/><path d="M0 0c-9 0-10-10-4-18 4-5 5-9 5-15 7 8 11 15 10 22-1 7-4 11-11 11z" fill="#fff2c6"/></g>`;

const candles: Drawing = (tone, id) => {
  const pillar = (x: number, width: number, top: number) => `
<path d="M${x} ${top}v${516 - top}c0 10 8 14 ${width / 2} 14s${width / 2}-4 ${width / 2}-14V${top}z" fill="url(#${id}b)"/>
<ellipse cx="${x + width / 2}" cy="${top}" rx="${width / 2}" ry="13" fill="${light(tone, 0.45)}"/><ellipse cx="${x + width / 2}" cy="${top + 2}" rx="${width / 2 - 12}" ry="8" fill="${light(tone, 0.15)}"/>
<path d="M${x + width / 2} ${top + 4}v-20" stroke="#3a2c1c" stroke-width="4" stroke-linecap="round"/>
<path d="M${x + 16} ${top + 24}v${470 - top}" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".28"/>
<path d="M${x + width - 24} ${top + 4}c2 20-4 40 4 44s10-22 10-44" fill="${light(tone, 0.22)}"/>${flame(x + width / 2, top - 12, 0.86, `${id}y`)}`;
  return `
<defs>${across(`${id}b`, [0, dark(tone, 0.1)], [0.25, light(tone, 0.35)], [0.6, tone], [1, dark(tone, 0.26)])}${glow(`${id}y`)}</defs>
${shadow(320, 532, 196)}${pillar(258, 112, 208)}${pillar(138, 106, 330)}${pillar(392, 110, 388)}`;
};

const candlestick: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}w`, [0, '#cdbfa3'], [0.3, '#fbf4e3'], [1, '#b9a888'])}${glow(`${id}y`)}</defs>
${shadow(320, 532, 172)}
<path d="M468 492c52-30 96-6 84 26-10 26-50 24-66 2" fill="none" stroke="${dark(tone, 0.22)}" stroke-width="15" stroke-linecap="round"/><path d="M470 488c50-26 86-6 76 20" fill="none" stroke="${light(tone, 0.35)}" stroke-width="5" stroke-linecap="round"/>
<path d="M142 484c14 34 84 48 178 48s164-14 178-48z" fill="url(#${id}b)"/><ellipse cx="320" cy="484" rx="178" ry="31" fill="${light(tone, 0.3)}"/><ellipse cx="320" cy="488" rx="160" ry="24" fill="${dark(tone, 0.22)}"/><ellipse cx="312" cy="492" rx="130" ry="16" fill="${tone}" opacity=".7"/>
<path d="M278 486l10-74h64l10 74c-24 8-60 8-84 0z" fill="url(#${id}b)"/><ellipse cx="320" cy="412" rx="46" ry="11" fill="${light(tone, 0.35)}"/><ellipse cx="320" cy="412" rx="30" ry="7" fill="${dark(tone, 0.4)}"/>
<path d="M296 410l4-218c0-8 40-8 40 0l4 218c-10 5-38 5-48 0z" fill="url(#${id}w)"/><ellipse cx="320" cy="190" rx="20" ry="5.5" fill="#fffaf0"/>
<path d="M336 192c2 20-4 34 2 46s8-14 5-40" fill="#fff8e6"/><path d="M320 190v-16" stroke="#3a2c1c" stroke-width="4" stroke-linecap="round"/>${flame(320, 176, 1.05, `${id}y`)}
<path d="M176 500c16 12 42 20 74 24" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".4"/>`;

const pendant: Drawing = (tone, id) => `
<defs>${round(`${id}b`, 0.46, 0.5, [0, '#fffdf2'], [0.45, light(tone, 0.35)], [0.85, tone], [1, dark(tone, 0.16)])}<clipPath id="${id}k"><ellipse cx="320" cy="330" rx="192" ry="180"/></clipPath>${glow(`${id}y`)}</defs>
<circle cx="320" cy="330" r="330" fill="url(#${id}y)"/>
<path d="M320 -600v752" stroke="#37312a" stroke-width="5"/><rect x="304" y="132" width="32" height="26" rx="5" fill="#37312a"/>
<ellipse cx="320" cy="330" rx="192" ry="180" fill="url(#${id}b)"/>
<g clip-path="url(#${id}k)" fill="none" stroke="${dark(tone, 0.4)}" stroke-width="2.2" opacity=".5">${Array.from(
  { length: 17 },
  (_, i) => {
    const y = 166 + i * 20.5;
    const bend = (y - 330) * 0.16;
    return `<path d="M120 ${y.toFixed(1)}c120 ${(26 + bend).toFixed(1)} 280 ${(22 + bend).toFixed(1)} 400 -3"/>`;
  },
).join('')}</g>
<ellipse cx="320" cy="157" rx="42" ry="9" fill="${dark(tone, 0.3)}"/><ellipse cx="320" cy="504" rx="52" ry="10" fill="#fff7dc"/>`;

const lantern: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}g`, [0, '#cfdcd8', 0.55], [0.3, '#fff7df', 0.35], [0.7, '#fff0c8', 0.3], [1, '#aabab6', 0.55])}${glow(`${id}y`)}</defs>
${shadow(320, 534, 150)}
<path d="M248 188C226 84 414 84 392 188" fill="none" stroke="${dark(tone, 0.15)}" stroke-width="10"/><path d="M252 184C234 92 400 90 388 182" fill="none" stroke="${light(tone, 0.4)}" stroke-width="3"/>
<path d="M214 266l58-82h96l58 82z" fill="url(#${id}b)"/><path d="M284 184v-26h72v26z" fill="url(#${id}b)"/><path d="M276 160c0-12 88-12 88 0z" fill="${light(tone, 0.2)}"/>
<rect x="206" y="264" width="228" height="18" rx="5" fill="${dark(tone, 0.25)}"/>
<rect x="222" y="282" width="196" height="212" fill="url(#${id}g)"/>
<ellipse cx="320" cy="478" rx="58" ry="10" fill="#8a7b60" opacity=".5"/><path d="M288 396v84c0 8 64 8 64 0v-84z" fill="#f4e8cb"/><ellipse cx="320" cy="396" rx="32" ry="8" fill="#fff8e4"/><path d="M320 396v-16" stroke="#3a2c1c" stroke-width="4"/>${flame(320, 384, 1.1, `${id}y`)}
<path d="M222 282v212M418 282v212M320 282v56" stroke="${dark(tone, 0.1)}" stroke-width="13"/><path d="M219 282v212" stroke="${light(tone, 0.4)}" stroke-width="3"/>
<path d="M248 304l60 150M262 304l40 98" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".3"/>
<rect x="200" y="490" width="240" height="26" rx="6" fill="url(#${id}b)"/><path d="M216 516h26v18h-26zM398 516h26v18h-26z" fill="${dark(tone, 0.3)}"/>
<circle cx="418" cy="390" r="10" fill="#b48f46"/>`;

const can: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}${across(`${id}m`, [0, '#8a6a2f'], [0.4, '#ecd28a'], [1, '#70521f'])}${down(`${id}s`, [0, light(tone, 0.25)], [1, dark(tone, 0.25)])}</defs>
${shadow(368, 534, 150)}
<path d="M414 290c-4-108 150-76 132 66-8 58-30 92-56 106" fill="none" stroke="${dark(tone, 0.2)}" stroke-width="16" stroke-linecap="round"/><path d="M416 286c4-94 138-66 124 62" fill="none" stroke="${light(tone, 0.35)}" stroke-width="5" stroke-linecap="round"/>
<path d="M262 452L112 216l-22 12 160 278z" fill="url(#${id}s)"/><path d="M212 372l112-74" stroke="${dark(tone, 0.25)}" stroke-width="9"/>
<g transform="translate(96 214) rotate(-34)"><path d="M-12 6l-26-40c-4-8 80-8 76 0L12 6z" fill="url(#${id}m)"/><ellipse cy="-36" rx="39" ry="11" fill="#e9d194"/><g fill="#7a5b25"><circle cx="-18" cy="-37" r="2.4"/><circle cx="-6" cy="-40" r="2.4"/><circle cx="8" cy="-39" r="2.4"/><circle cx="20" cy="-36" r="2.4"/><circle cx="-8" cy="-33" r="2.4"/><circle cx="6" cy="-33" r="2.4"/></g></g>
<path d="M248 300v206c0 18 10 24 28 26 62 5 116 5 178 0 18-2 28-8 28-26V300z" fill="url(#${id}b)"/>
<path d="M248 300c2-14 50-24 117-24s115 10 117 24-50 26-117 26-117-12-117-26z" fill="${light(tone, 0.25)}"/><path d="M262 302c2-9 46-17 103-17s101 8 103 17-46 18-103 18-103-9-103-18z" fill="${dark(tone, 0.55)}"/><path d="M262 303c0-9 46-18 103-18v34c-57 0-103-7-103-16z" fill="${dark(tone, 0.25)}"/>
<path d="M248 346c60 16 174 16 234 0M248 486c60 16 174 16 234 0" fill="none" stroke="${dark(tone, 0.35)}" stroke-width="6" opacity=".6"/><path d="M248 340c60 16 174 16 234 0M248 480c60 16 174 16 234 0" fill="none" stroke="${light(tone, 0.4)}" stroke-width="3" opacity=".8"/>
<path d="M278 364v104" stroke="#fff" stroke-width="14" stroke-linecap="round" opacity=".26"/>`;

const leaf = (x: number, y: number, length: number, angle: number, tone: string) =>
  `<g transform="translate(${x} ${y}) rotate(${angle})"><path d="M0 0C${length * 0.2} ${-length * 0.26} ${length * 0.7} ${-length * 0.26} ${length} 0 ${length * 0.7} ${length * 0.24} ${length * 0.2} ${length * 0.24} 0 0z" fill="${tone}"/><path d="M4 0h${length * 0.86}" stroke="${light(tone, 0.4)}" stroke-width="2" opacity=".7"/></g>`;

const pot: Drawing = (tone, id) => `
<defs>${body(`${id}b`, tone)}</defs>
${shadow(320, 534, 158)}
<g stroke="#6d7a55" stroke-width="6" fill="none"><path d="M318 300c-4-60 2-110-4-176"/><path d="M312 300c-20-40-50-70-86-92"/><path d="M326 300c20-44 44-70 84-96"/></g>
${leaf(314, 200, 78, -148, '#8a9a78')}${leaf(316, 200, 78, -30, '#7b8d6b')}${leaf(314, 160, 66, -132, '#95a583')}${leaf(316, 158, 66, -44, '#8a9a78')}${leaf(314, 130, 58, -92, '#9dac8b')}
${leaf(262, 242, 84, 190, '#71835f')}${leaf(250, 230, 74, -112, '#8a9a78')}${leaf(230, 210, 70, -160, '#95a583')}${leaf(292, 274, 70, 172, '#62744f')}
${leaf(368, 244, 82, -8, '#71835f')}${leaf(384, 224, 72, -74, '#8a9a78')}${leaf(406, 206, 68, -24, '#95a583')}${leaf(342, 274, 72, 6, '#62744f')}
<path d="M196 506c0 16 10 24 26 26 66 5 130 5 196 0 16-2 26-10 26-26z" fill="url(#${id}b)"/>
<path d="M212 346l22 160c2 8 10 10 20 11 44 4 88 4 132 0 10-1 18-3 20-11l22-160z" fill="url(#${id}b)"/>
<path d="M192 300h256l-8 58c-60 12-180 12-240 0z" fill="url(#${id}b)"/><path d="M200 358c60 12 180 12 240 0l-1 10c-60 12-177 12-238 0z" fill="${dark(tone, 0.5)}" opacity=".4"/>
<ellipse cx="320" cy="300" rx="128" ry="23" fill="${light(tone, 0.22)}"/><ellipse cx="320" cy="302" rx="114" ry="18" fill="#3d2c20"/><path d="M214 300c30-8 70-12 106-12s80 4 106 12" fill="none" stroke="#5c4431" stroke-width="5"/>
<path d="M312 304c2-10 2-20 2-30M300 304c-8-14-12-20-20-30M336 304c6-14 12-22 20-30" stroke="#6d7a55" stroke-width="6" fill="none"/>
<path d="M226 386l13 96M216 318l3 26" stroke="#fff" stroke-width="12" stroke-linecap="round" opacity=".24"/>
<path d="M380 420c18 10 20 40 6 66" stroke="#f4e2d2" stroke-width="10" stroke-linecap="round" opacity=".16" fill="none"/>`;

const trowel: Drawing = (tone, id) => `
<defs>${across(`${id}b`, [0, '#6d747a'], [0.3, '#d7dcdf'], [0.52, '#9aa2a8'], [0.54, '#7b8389'], [1, '#565d63'])}${across(`${id}h`, [0, dark(tone, 0.2)], [0.3, light(tone, 0.3)], [0.6, tone], [1, dark(tone, 0.36)])}</defs>
<g transform="rotate(38 320 320) translate(14 14)" fill="#20180f" opacity=".2"><path d="M320 620c-56-44-74-104-68-196 22-20 40-22 56-22l4-116h-8V62c0-22 32-22 32 0v224h-8l4 116c16 0 34 2 56 22 6 92-12 152-68 196z"/></g>
<g transform="rotate(38 320 320)">
<path d="M308 270h24l4 150h-32z" fill="url(#${id}b)"/>
<path d="M320 606c-58-40-78-104-72-196 20-18 48-22 72-22s52 4 72 22c6 92-14 156-72 196z" fill="url(#${id}b)"/>
<path d="M320 400v190" stroke="#4d5459" stroke-width="3" opacity=".5"/>
<g stroke="#4d5459" stroke-width="3" opacity=".75"><path d="M274 440h18M274 470h12M276 500h18M284 530h12"/></g>
<path d="M266 424c0 50 6 90 24 122" fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".5"/>
<path d="M296 286c-6-70-16-96-12-150 2-50 14-88 36-88s34 38 36 88c4 54-6 80-12 150z" fill="url(#${id}h)"/>
<path d="M296 286h48v-22h-46z" fill="#b8923f"/><circle cx="320" cy="92" r="7" fill="#b8923f"/>
<path d="M300 112c-4 40 2 80 6 120" fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".35"/>
<path d="M310 66c-14-22-6-40 10-40s24 18 10 40" fill="none" stroke="#5c4431" stroke-width="6"/></g>`;

const secateurs: Drawing = (tone, id) => `
<defs>${across(`${id}h`, [0, dark(tone, 0.25)], [0.35, light(tone, 0.25)], [0.65, tone], [1, dark(tone, 0.4)])}${down(`${id}m`, [0, '#d9dee0'], [0.5, '#9aa2a8'], [1, '#666d73'])}</defs>
<g transform="rotate(-32 320 330) translate(12 12)" fill="#20180f" opacity=".18"><path d="M296 268c-40 90-74 190-62 300 2 22 34 22 40 0 14-110 40-180 62-256z"/><path d="M344 268c40 90 74 190 62 300-2 22-34 22-40 0-14-110-40-180-62-256z"/><path d="M320 250c-60-70-70-140-24-190 24 50 44 100 54 160z"/></g>
<g transform="rotate(-32 320 330)">
<path d="M340 276c-54-40-84-112-44-196 28 44 52 96 66 170z" fill="url(#${id}m)"/><path d="M296 80c-22 50-16 120 30 176" fill="none" stroke="#f7fafb" stroke-width="5"/>
<path d="M306 290c44-16 82-66 82-130 0-16-12-20-18-6-18 44-50 84-92 100z" fill="#565d63"/><path d="M380 156c-4 48-34 92-72 114" fill="none" stroke="#8b9399" stroke-width="5"/>
<path d="M326 262c50 84 90 194 84 306-2 26-38 26-42 0-12-106-40-190-78-262z" fill="url(#${id}h)"/>
<path d="M314 262c-50 84-90 194-84 306 2 26 38 26 42 0 12-106 40-190 78-262z" fill="url(#${id}h)"/>
<path d="M300 366l40 12-38 14 36 12-34 14 30 10" fill="none" stroke="#8b9399" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/>
<circle cx="320" cy="280" r="27" fill="url(#${id}m)"/><circle cx="320" cy="280" r="13" fill="#6b7278"/><path d="M312 280h16" stroke="#2f3438" stroke-width="4"/>
<path d="M240 540c20-8 150-8 168 0" fill="none" stroke="#7a5433" stroke-width="13" stroke-linecap="round"/>
<path d="M252 520c4-60 18-110 38-160" fill="none" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".35"/></g>`;

const tin: Drawing = (tone, id) => {
  const packet = (x: number, y: number, turn: number, paper: string, bloom: string) =>
    `<g transform="translate(${x} ${y}) rotate(${turn})"><path d="M0 0h92v150H0z" fill="${paper}"/><path d="M0 0h92v20H0z" fill="${dark(paper, 0.12)}"/><path d="M46 116V62" stroke="#5f7a4d" stroke-width="5"/>${leaf(46, 96, 30, -30, '#6f8f5a')}${leaf(46, 104, 30, -150, '#7d9b66')}<circle cx="46" cy="54" r="17" fill="${bloom}"/><circle cx="46" cy="54" r="6" fill="${light(bloom, 0.6)}"/></g>`;
  return `
<defs>${across(`${id}b`, [0, dark(tone, 0.12)], [0.12, light(tone, 0.2)], [0.5, tone], [1, dark(tone, 0.3)])}${down(`${id}l`, [0, light(tone, 0.3)], [1, dark(tone, 0.1)])}</defs>
${shadow(320, 534, 206)}
<path d="M148 328l28-168c2-8 6-10 14-10h260c8 0 12 2 14 10l28 168z" fill="${dark(tone, 0.35)}"/><path d="M168 320l24-146h256l24 146z" fill="#efe5cf"/>
<g stroke="#b6a67f" stroke-width="2.5" opacity=".8"><path d="M206 208h226M200 240h238M196 272h248M258 184l-14 126M320 184v126M382 184l14 126"/></g><g fill="${tone}" opacity=".75"><rect x="210" y="212" width="60" height="9" rx="4"/><rect x="286" y="244" width="92" height="9" rx="4"/><rect x="218" y="278" width="120" height="9" rx="4"/></g>
${packet(186, 262, -7, '#f2e4c4', '#d9873b')}${packet(254, 248, 3, '#e4ecd8', '#b0413e')}${packet(330, 256, -2, '#f5e9d6', '#7a5a94')}${packet(396, 252, 8, '#e9e3cf', '#d7b13a')}
<path d="M146 330h348v178c0 16-8 22-24 24H170c-16-2-24-8-24-24z" fill="url(#${id}b)"/><path d="M146 330h348v20H146z" fill="url(#${id}l)"/>
<rect x="214" y="386" width="212" height="110" rx="8" fill="#f4ecd8"/><rect x="222" y="394" width="196" height="94" rx="5" fill="none" stroke="${dark(tone, 0.2)}" stroke-width="2.5"/>
<path d="M320 476v-52" stroke="${dark(tone, 0.3)}" stroke-width="5"/>${leaf(320, 462, 44, -28, dark(tone, 0.12))}${leaf(320, 462, 44, -152, tone)}${leaf(320, 440, 36, -42, tone)}${leaf(320, 440, 36, -138, dark(tone, 0.12))}${leaf(320, 426, 28, -90, tone)}
<path d="M240 418h32M368 418h32M240 464h26M374 464h26" stroke="${dark(tone, 0.3)}" stroke-width="3.5" stroke-linecap="round" opacity=".7"/>
<path d="M164 364v140" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".28"/>`;
};

const drawings: Record<string, Drawing> = {
  'OX-101': mug,
  'OX-102': bowl,
  'OX-103': teapot,
  'OX-104': carafe,
  'OX-105': napkins,
  'OX-201': board,
  'OX-202': pan,
  'OX-203': mill,
  'OX-204': jar,
  'OX-205': apron,
  'OX-301': lamp,
  'OX-302': candles,
  'OX-303': candlestick,
  'OX-304': pendant,
  'OX-305': lantern,
  'OX-401': can,
  'OX-402': pot,
  'OX-403': trowel,
  'OX-404': secateurs,
  'OX-405': tin,
};

/** Wall above, surface below, as in a shop's own photographs: one light, one room, a colour for each category. */
const rooms: Record<CategoryId, { wall: string; top: string }> = {
  table: { wall: '#e9dfcd', top: '#d8c8ad' },
  kitchen: { wall: '#dfe0d2', top: '#c9c8b2' },
  light: { wall: '#67707a', top: '#4d5259' },
  garden: { wall: '#d5ddd3', top: '#b9c4b3' },
};

/** Small things come nearer to the camera. */
const nearer: Record<string, number> = {
  'OX-101': 1.14,
  'OX-102': 1.12,
  'OX-105': 1.06,
  'OX-203': 1.06,
  'OX-302': 1.1,
  'OX-303': 1.05,
  'OX-205': 1.06,
};

/** What hangs or lies flat has no table under it. */
const flat = new Set(['OX-202', 'OX-205', 'OX-304', 'OX-403', 'OX-404']);

const room = (category: CategoryId, width: number, height: number, edge: number | null, id: string) => {
  const { wall, top } = rooms[category];
  return `<defs>${round(`${id}w`, 0.3, 0.2, [0, light(wall, 0.45)], [1, dark(wall, 0.06)])}${down(`${id}t`, [0, light(top, 0.1)], [1, dark(top, 0.1)])}</defs>
<rect width="${width}" height="${height}" fill="url(#${id}w)"/>${edge === null ? '' : `<rect y="${edge}" width="${width}" height="${height - edge}" fill="url(#${id}t)"/><rect y="${edge}" width="${width}" height="3" fill="${dark(top, 0.22)}" opacity=".35"/>`}`;
};

const svg = (width: number, height: number, inner: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inner.replace(/\n\s*/g, '')}</svg>`;

/** The picture of one variant, 640 × 640. */
export const picture = ({ product, variant }: Choice): string => {
  const draw = drawings[product.id];
  if (!draw) throw new Error(`no drawing for ${product.id}`);
  const scale = (variant.scale ?? 1) * (nearer[product.id] ?? 1) * 0.94;
  const foot = flat.has(product.id) ? 320 : 532;
  const place = `translate(${(320 * (1 - scale)).toFixed(2)} ${((flat.has(product.id) ? 320 : 540) - foot * scale).toFixed(2)}) scale(${scale.toFixed(3)})`;
  const hung =
    product.id === 'OX-304' ? `translate(${(320 * (1 - scale)).toFixed(2)} 0) scale(${scale.toFixed(3)})` : place;
  return svg(
    640,
    640,
    `${room(product.category, 640, 640, flat.has(product.id) ? null : 456, 'r')}<g transform="${hung}">${draw(variant.tone, 'd')}</g>`,
  );
};

/** The wide picture on the front page: a table by a window, laid with things from the shop. */
export const scene = (): string => {
  const put = (draw: Drawing, tone: string, id: string, x: number, foot: number, scale: number) =>
    `<g transform="translate(${x - 320 * scale} ${foot - 532 * scale}) scale(${scale})">${draw(tone, id)}</g>`;
  return svg(
    1440,
    900,
    `<defs>${across('w', [0, '#efe5d3'], [0.6, '#e6d9c2'], [1, '#d8c8ad'])}${down('t', [0, '#b98d60'], [0.16, '#a97d52'], [1, '#8b633d'])}${down('k', [0, '#dfeaea'], [0.6, '#eef0e2'], [1, '#f6efd9'])}</defs>
<rect width="1440" height="900" fill="url(#w)"/>
<g transform="translate(120 60)"><rect width="420" height="470" fill="#fbf7ee"/><rect x="16" y="16" width="188" height="214" fill="url(#k)"/><rect x="216" y="16" width="188" height="214" fill="url(#k)"/><rect x="16" y="242" width="188" height="212" fill="url(#k)"/><rect x="216" y="242" width="188" height="212" fill="url(#k)"/>
<g opacity=".55"><path d="M16 380c50-40 96-30 130 0 20-30 40-34 58-30v104H16z" fill="#a9bd9a"/><path d="M216 360c40-20 90-10 120 20 20-20 50-26 68-16v90H216z" fill="#9db08e"/></g><path d="M-14 470h448v18H-14z" fill="#efe6d5"/></g>
<path d="M540 60L900 620H1440V240L860 0z" fill="#fff6dc" opacity=".22"/><path d="M300 548L520 700h560L720 548z" fill="#fff6dc" opacity=".1"/>
<rect y="640" width="1440" height="260" fill="url(#t)"/><rect y="640" width="1440" height="5" fill="#6d4a2b" opacity=".4"/>
<g stroke="#6d4a2b" stroke-width="3" opacity=".22" fill="none"><path d="M0 694c300 10 700-10 1440 6M0 762c400-14 900 12 1440-4M0 836c340 12 800-12 1440 6"/></g>
${put(pendant, '#f3e7c9', 'hp', 714, 372, 0.46)}
${put(pot, '#bd6b45', 'ha', 292, 700, 0.62)}
${put(carafe, '#a9c7cd', 'hb', 560, 716, 0.68)}
${put(teapot, '#7f8c5f', 'hc', 806, 762, 0.8)}
${put(mug, '#d9c8a9', 'hd', 1052, 806, 0.54)}
${put(mug, '#5d6b77', 'he', 1176, 742, 0.46)}
${put(candles, '#e0ad4e', 'hg', 1302, 716, 0.5)}
${put(napkins, '#3f5573', 'hf', 430, 846, 0.5)}`,
  );
};

/** The shop's mark: an oxlip, five petals. */
export const mark = (): string =>
  svg(
    64,
    64,
    `<rect width="64" height="64" rx="14" fill="#2f5142"/>${[0, 72, 144, 216, 288].map((turn) => `<g transform="rotate(${turn} 32 32)"><path d="M32 32C20 22 20 10 27 9c3 0 4 2 5 4 1-2 2-4 5-4 7 1 7 13-5 23z" fill="#f3d98b"/></g>`).join('')}<circle cx="32" cy="32" r="5.5" fill="#d9973a"/>`,
  );
