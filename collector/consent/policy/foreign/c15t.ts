// From c15t: the options of its consent manager (`consentCategories` or the older `store.initialGdprTypes`, `translations`
// or `i18n`, `legalLinks`, `scripts`). Pure.

import { type Fields, fieldsOf, type Imported, isFunction, listOf, openDraft, purposeFor, textOf } from './draft.js';

export const isC15t = (value: unknown): boolean => {
  const config = fieldsOf(value);
  return (
    'consentCategories' in config ||
    'initialGdprTypes' in fieldsOf(config.store) ||
    ('mode' in config &&
      ('translations' in config || 'i18n' in config || 'backendURL' in config || 'callbacks' in config))
  );
};

/** What c15t asks for when a site names nothing. */
const shippedCategories = ['necessary', 'marketing'];

export const fromC15t = (config: Fields): Imported => {
  const draft = openDraft('c15t');
  const store = fieldsOf(config.store);
  const given = [...listOf(config.consentCategories), ...listOf(store.initialGdprTypes)].filter(
    (one): one is string => typeof one === 'string',
  );
  for (const name of given.length > 0 ? new Set(given) : shippedCategories) draft.purpose(name);

  for (const one of [...listOf(config.scripts), ...listOf(store.scripts)].map(fieldsOf)) {
    const id = textOf(one.id) ?? 'script';
    const under = (typeof one.category === 'string' ? [one.category] : [])
      .map((name) => draft.purpose(name))
      .filter((ours) => ours !== null);
    if (typeof one.category !== 'string')
      draft.remark(
        'refused',
        `the condition of the script "${id}" is no single category`,
        'Mark it with the data-category that covers it.',
      );
    if (one.alwaysLoad === true)
      draft.remark(
        'refused',
        `the script "${id}" loads whatever was answered (alwaysLoad)`,
        'It waits for its purpose.',
      );
    draft.recipient(id, under, id, []);
    for (const act of ['onBeforeLoad', 'onLoad', 'onError', 'onConsentChange', 'onDelete'] as const)
      if (isFunction(one[act]))
        draft.remark('refused', `${act} of "${id}" is a function`, 'Listen to the DOM event consent:change.');
  }

  if (textOf(config.backendURL) !== null)
    draft.remark(
      'note',
      'decisions were kept by a c15t backend',
      'They are kept here, in the ledger; the address is no longer needed.',
    );
  if (textOf(config.mode) === 'offline')
    draft.remark(
      'note',
      'decisions were kept in the browser only (mode: offline)',
      'They are kept in a cookie, and proved in the ledger.',
    );
  for (const act of Object.keys(fieldsOf(config.callbacks)).concat(Object.keys(fieldsOf(store.callbacks))))
    draft.remark(
      'refused',
      `the callback ${act.slice(0, 80)} is a function`,
      "Listen to the DOM events: document.addEventListener('consent:change', (event) => …).",
    );
  if (config.ignoreGeoLocation === true || store.ignoreGeoLocation === true)
    draft.remark('note', 'the visitor’s place was ignored', 'Everybody is asked first (preset "eu").');
  draft.set('regions', config.ignoreGeoLocation === true || store.ignoreGeoLocation === true ? 'eu' : 'world');
  const packs = listOf(fieldsOf(config.offlinePolicy).policyPacks);
  if (packs.length > 0) draft.remark('refused', 'policy packs are not read', 'Write regions: docs/consent-file.md.');

  const legal = fieldsOf(config.legalLinks);
  const privacy = textOf(fieldsOf(legal.privacyPolicy).href);
  if (privacy !== null) draft.link('privacy', privacy);

  const i18n = fieldsOf(config.i18n);
  const older = fieldsOf(config.translations ?? store.initialTranslationConfig);
  const messages = { ...fieldsOf(older.translations), ...fieldsOf(i18n.messages) };
  const languages = Object.keys(messages);
  for (const code of languages) {
    const words = fieldsOf(messages[code]);
    const common = fieldsOf(words.common);
    const banner = fieldsOf(words.cookieBanner);
    const dialog = fieldsOf(words.consentManagerDialog);
    draft.word(code, ['layer1', 'title'], banner.title);
    draft.word(code, ['layer1', 'body'], banner.description);
    draft.word(code, ['layer1', 'accept'], common.acceptAll);
    draft.word(code, ['layer1', 'reject'], common.rejectAll);
    draft.word(code, ['layer1', 'choose'], common.customize);
    draft.word(code, ['layer2', 'title'], dialog.title);
    draft.word(code, ['layer2', 'body'], dialog.description);
    draft.word(code, ['layer2', 'save'], common.save);
    for (const [name, one] of Object.entries(fieldsOf(words.consentTypes))) {
      const ours = purposeFor(name);
      if (ours === null) continue;
      draft.word(code, ['purposes', ours, 'title'], fieldsOf(one).title);
      draft.word(code, ['purposes', ours, 'body'], fieldsOf(one).description);
    }
  }
  const fallback =
    textOf(i18n.locale) ?? textOf(older.defaultLanguage) ?? (languages.length === 1 ? languages[0]! : 'en');
  const offered = [...new Set([...languages, fallback])];
  draft.set('locales', {
    default: fallback,
    detect: i18n.detectBrowserLanguage === true || older.disableAutoLanguageSwitch === false ? 'browser' : 'document',
    files: Object.fromEntries(offered.map((code) => [code, languages.includes(code) ? `${code}.json` : null])),
  });
  const scheme = textOf(config.colorScheme) ?? textOf(fieldsOf(config.react).colorScheme);
  draft.set('ui', {
    layer1: 'box',
    position: 'bottom-start',
    theme: { dark: scheme === 'dark' ? 'dark' : scheme === 'light' ? 'light' : 'auto' },
  });
  if (config.theme !== undefined || fieldsOf(config.react).theme !== undefined)
    draft.remark('note', 'its theme was left out', 'Set ui.theme: accent, radius, font, dark.');
  return draft.finish();
};
