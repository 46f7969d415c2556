// From vanilla-cookieconsent 3 (consent.md section 10, "coming from", the column of that name). Pure.

import { type Fields, fieldsOf, type Imported, isFunction, listOf, openDraft, purposeFor, textOf } from './draft.js';

export const isVanilla = (value: unknown): boolean => {
  const config = fieldsOf(value);
  return 'categories' in config && 'language' in config;
};

const positions: Readonly<Record<string, string>> = { left: 'bottom-start', right: 'bottom-end', center: 'bottom' };

export const fromVanilla = (config: Fields): Imported => {
  const draft = openDraft('vanilla-cookieconsent');
  const mode = textOf(config.mode) ?? 'opt-in';
  for (const [name, value] of Object.entries(fieldsOf(config.categories))) {
    const category = fieldsOf(value);
    const ours = draft.purpose(name);
    if (category.readOnly === true && ours !== 'necessary')
      draft.remark(
        'refused',
        `"${name}" is read-only, so nobody could refuse it`,
        'Only what is necessary needs no decision; it is asked for now.',
      );
    else if (category.enabled === true && ours !== 'necessary' && mode !== 'opt-out')
      draft.remark(
        'refused',
        `"${name}" is switched on before anybody said so (enabled: true)`,
        'Nothing is pre-set; it is asked for now.',
      );
    if (ours === null) continue;
    for (const [id, given] of Object.entries(fieldsOf(category.services))) {
      const service = fieldsOf(given);
      draft.recipient(
        id,
        [ours],
        textOf(service.label) ?? id,
        listOf(service.cookies).map((cookie) => fieldsOf(cookie).name),
      );
      for (const act of ['onAccept', 'onReject'] as const)
        if (isFunction(service[act]))
          draft.remark(
            'refused',
            `${act} of the service "${id}" is a function`,
            'Listen to the DOM event consent:change, or mark its script with data-category.',
          );
    }
    const cleared = listOf(fieldsOf(category.autoClear).cookies).map((cookie) => fieldsOf(cookie).name);
    if (cleared.length > 0 && ours !== 'necessary')
      draft.recipient(`${name}-cookies`, [ours], `Cookies of ${name}`, cleared);
  }

  const revision = config.revision;
  if (typeof revision === 'number' && revision > 0)
    draft.set('policy', { version: `legacy-${revision}`, reconsent: 'material' });

  const cookie = fieldsOf(config.cookie);
  const days = cookie.expiresAfterDays;
  const decision: Record<string, unknown> = {};
  if (isFunction(days))
    draft.remark('refused', 'cookie.expiresAfterDays is a function', 'Write decision.days; 180 stands until then.');
  else if (typeof days === 'number') {
    decision.days = Math.min(Math.max(Math.round(days), 1), 395);
    if (days > 180)
      draft.remark('note', `an answer stood ${days} days`, 'About six months is good practice; 395 is the most.');
  }
  if (Object.keys(decision).length > 0) draft.set('decision', decision);
  if (cookie.useLocalStorage === true)
    draft.remark(
      'refused',
      'the answer was kept in localStorage',
      'It is kept in a cookie: one place that can be read and proved.',
    );
  const domain = textOf(cookie.domain);
  if (domain !== null) draft.set('storage', { kind: 'cookie', domain });
  if (cookie.path !== undefined && cookie.path !== '/')
    draft.remark('refused', 'the cookie was bound to a path', 'It holds for the whole site.');
  if (cookie.sameSite !== undefined && cookie.sameSite !== 'Lax')
    draft.remark('refused', `sameSite was ${String(cookie.sameSite).slice(0, 20)}`, 'It is Lax.');

  draft.set('regions', [
    mode === 'opt-out'
      ? { match: ['*'], model: 'opt-out', ui: 'link', gpcStatus: true, fallback: true }
      : { match: ['*'], model: 'opt-in', ui: 'banner', fallback: true },
  ]);
  if (mode === 'opt-out')
    draft.remark(
      'note',
      'everywhere was opt-out',
      'Name the regions where people must be asked first: docs/consent-file.md, regions.',
    );

  const language = fieldsOf(config.language);
  const rtl = language.rtl;
  const files: string[] = [];
  for (const [code, given] of Object.entries(fieldsOf(language.translations))) {
    files.push(code);
    if (typeof given === 'string') {
      draft.remark(
        'todo',
        `the words in "${code}" are loaded from ${given.slice(0, 200)}`,
        'Put them into its locale file by hand.',
      );
      continue;
    }
    if (isFunction(given)) {
      draft.remark('refused', `the words in "${code}" come from a function`, 'Write them into its locale file.');
      continue;
    }
    const words = fieldsOf(given);
    const first = fieldsOf(words.consentModal);
    draft.word(code, ['layer1', 'title'], first.title);
    draft.word(code, ['layer1', 'body'], first.description);
    draft.word(code, ['layer1', 'accept'], first.acceptAllBtn);
    draft.word(code, ['layer1', 'reject'], first.acceptNecessaryBtn);
    draft.word(code, ['layer1', 'choose'], first.showPreferencesBtn);
    if (textOf(first.acceptNecessaryBtn) === null && textOf(first.acceptAllBtn) !== null)
      draft.remark(
        'refused',
        `the first layer in "${code}" had no button to refuse`,
        'It has one now, as large as the other.',
      );
    const footer = textOf(first.footer);
    if (footer !== null)
      for (const [, href] of footer.matchAll(/href\s*=\s*["']([^"']+)["']/g))
        draft.link(/impr|legal/i.test(href!) ? 'imprint' : 'privacy', href!);
    const second = fieldsOf(words.preferencesModal);
    draft.word(code, ['layer2', 'title'], second.title);
    draft.word(code, ['layer2', 'save'], second.savePreferencesBtn);
    draft.word(code, ['layer2', 'close'], second.closeIconLabel);
    for (const part of listOf(second.sections)) {
      const section = fieldsOf(part);
      const linked = textOf(section.linkedCategory);
      const ours = linked === null ? null : purposeFor(linked);
      if (ours !== null) {
        draft.word(code, ['purposes', ours, 'title'], section.title);
        draft.word(code, ['purposes', ours, 'body'], section.description);
      } else if (linked === null && textOf(section.description) !== null) {
        for (const [, href] of String(section.description).matchAll(/href\s*=\s*["']([^"']+)["']/g))
          draft.link('privacy', href!);
      }
    }
    const message = textOf(first.revisionMessage);
    if (message !== null && typeof revision === 'number' && revision > 0)
      draft.word(code, ['changes', `legacy-${revision}`], message);
    if (rtl === code || (Array.isArray(rtl) && rtl.includes(code))) draft.word(code, ['dir'], 'rtl');
  }
  const fallback = textOf(language.default) ?? files[0] ?? 'en';
  draft.set('locales', {
    default: fallback,
    detect: language.autoDetect === 'browser' ? 'browser' : 'document',
    files: Object.fromEntries(files.map((code) => [code, `${code}.json`])),
  });

  const gui = fieldsOf(fieldsOf(config.guiOptions).consentModal);
  const layout = textOf(gui.layout) ?? 'box';
  const [vertical, horizontal] = (textOf(gui.position) ?? 'bottom left').split(/\s+/);
  draft.set('ui', {
    layer1: layout.startsWith('bar') ? 'bar' : 'box',
    position: vertical === 'top' ? 'top' : (positions[horizontal ?? ''] ?? 'bottom'),
  });
  if (gui.equalWeightButtons === false)
    draft.remark('refused', 'the buttons had unequal weight', 'Accepting and refusing look the same.');
  if (gui.flipButtons === true)
    draft.remark('note', 'the buttons were flipped', 'Their order is fixed: refuse, accept, choose.');
  if (config.disablePageInteraction === true)
    draft.remark(
      'refused',
      'the page could not be used before an answer (disablePageInteraction)',
      'The first layer never traps the page.',
    );
  for (const act of ['onConsent', 'onChange', 'onFirstConsent', 'onModalShow', 'onModalHide', 'onModalReady'])
    if (isFunction(config[act]))
      draft.remark(
        'refused',
        `${act} is a function`,
        "Listen to the DOM events: document.addEventListener('consent:change', (event) => …).",
      );
  return draft.finish();
};
