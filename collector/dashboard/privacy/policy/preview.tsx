// The banner as a visitor would see it, drawn by the script itself in a frame.

import type { FC } from 'hono/jsx';
import type { Policy } from '../../../consent/policy/policy.js';
import { assets } from '../../assets.js';
import { Panel } from '../../kit/panel.js';
import { here } from './policy.js';

export const Preview: FC<{ text: string; csrf: string; policy: Policy }> = ({ text, csrf, policy }) => (
  <Panel id="preview" title="How it looks">
    <form method="post" action={`${here}/preview`} target="preview-frame" class="filters" data-submit="">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="text" value={text} />
      <label for="locale">Language</label>
      <select id="locale" name="locale">
        {Object.keys(policy.locales).map((language) => (
          <option value={language} selected={language === (policy.document.locales as { default?: string }).default}>
            {language}
          </option>
        ))}
      </select>
      <label for="layer">Layer</label>
      <select id="layer" name="layer">
        <option value="first">first</option>
        <option value="preferences">preferences</option>
        <option value="link">link of an opt-out region</option>
      </select>
      <button type="submit">Show</button>
    </form>
    <iframe name="preview-frame" title="The banner as a visitor sees it" class="preview" />
  </Panel>
);

const scenes: Readonly<Record<string, { layer: string; region: object }>> = {
  first: { layer: 'first', region: { code: null, model: 'opt-in', ui: 'banner', gpcStatus: false } },
  preferences: { layer: 'preferences', region: { code: null, model: 'opt-in', ui: 'banner', gpcStatus: false } },
  link: { layer: 'first', region: { code: null, model: 'opt-out', ui: 'link', gpcStatus: true } },
};

/** Inside a script element: what would end it is written otherwise. */
const inScript = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

/** A page of nothing but the banner. */
export const previewPage = (policy: Policy, asked: Readonly<Record<string, string>>, script: string): string => {
  const locale = Object.hasOwn(policy.locales, asked.locale ?? '')
    ? asked.locale!
    : (Object.keys(policy.locales)[0] ?? 'en');
  const words = policy.locales[locale]!;
  const scene = scenes[asked.layer ?? 'first'] ?? scenes.first!;
  const given = {
    script,
    scene: { document: policy.document, texts: JSON.parse(words.content), locale, gpc: false, ...scene },
  };
  return `<!doctype html><html lang="${locale}" dir="${words.dir}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Preview</title></head><body><div id="place"></div><script type="application/json" id="given">${inScript(given)}</script><script type="module" src="${assets.preview}"></script></body></html>`;
};
