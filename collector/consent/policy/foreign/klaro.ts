// From klaro 0.7 (consent.md section 10, "coming from", the column of that name). Pure.

import { type Fields, fieldsOf, type Imported, isFunction, listOf, openDraft, purposeFor, textOf } from './draft.js';

export const isKlaro = (value: unknown): boolean => {
  const config = fieldsOf(value);
  return Array.isArray(config.services) || Array.isArray(config.apps);
};

const themePositions: readonly (readonly [string, string])[] = [
  ['top', 'top'],
  ['left', 'bottom-start'],
  ['right', 'bottom-end'],
];

export const fromKlaro = (config: Fields): Imported => {
  const draft = openDraft('klaro');
  const services = [...listOf(config.services), ...listOf(config.apps)].map(fieldsOf);
  let optOut = 0;
  for (const service of services) {
    const name = textOf(service.name) ?? 'service';
    const theirs = listOf(service.purposes).filter((one): one is string => typeof one === 'string');
    const required = service.required === true;
    const under = theirs.map((one) => draft.purpose(one)).filter((one) => one !== null);
    if (required && under.some((one) => one !== 'necessary'))
      draft.remark(
        'refused',
        `"${name}" is required, so nobody could refuse it`,
        'Only what is necessary needs no decision; it is asked for now.',
      );
    if ((service.default === true || (config.default === true && service.default === undefined)) && !required)
      draft.remark(
        'refused',
        `"${name}" is switched on before anybody said so (default: true)`,
        'Nothing is pre-set; it is asked for now.',
      );
    if (service.optOut === true) {
      optOut += 1;
      draft.remark(
        'refused',
        `"${name}" ran until somebody objected (optOut: true)`,
        'Where people must be asked first, it waits; a region may be opt-out, a single service not.',
      );
    }
    if (service.contextualConsentOnly === true)
      draft.remark('refused', `"${name}" was asked for in its place only`, 'It is asked for with its purpose.');
    if (!(required && under.every((one) => one === 'necessary')))
      draft.recipient(name, under, textOf(service.title) ?? name, listOf(service.cookies));
    for (const act of ['callback', 'onAccept', 'onDecline', 'onInit'] as const)
      if (isFunction(service[act]) || (act !== 'callback' && textOf(service[act]) !== null))
        draft.remark(
          'refused',
          `${act} of "${name}" is code`,
          'Listen to the DOM event consent:change, or mark its script with data-name: that is understood as it is.',
        );
  }
  if (isFunction(config.callback))
    draft.remark(
      'refused',
      'callback is a function',
      "Listen to the DOM events: document.addEventListener('consent:change', (event) => …).",
    );

  const days = config.cookieExpiresAfterDays;
  if (typeof days === 'number') {
    draft.set('decision', { days: Math.min(Math.max(Math.round(days), 1), 395) });
    if (days > 180)
      draft.remark('note', `an answer stood ${days} days`, 'About six months is good practice; 395 is the most.');
  } else draft.set('decision', { days: 120 });
  if (config.storageMethod === 'localStorage')
    draft.remark(
      'refused',
      'the answer was kept in localStorage',
      'It is kept in a cookie: one place that can be read and proved.',
    );
  const domain = textOf(config.cookieDomain);
  if (domain !== null) draft.set('storage', { kind: 'cookie', domain });
  if (textOf(config.cookiePath) !== null && config.cookiePath !== '/')
    draft.remark('refused', 'the cookie was bound to a path', 'It holds for the whole site.');

  draft.set('regions', [{ match: ['*'], model: 'opt-in', ui: 'banner', fallback: true }]);
  if (optOut > 0 && optOut === services.filter((service) => service.required !== true).length)
    draft.remark(
      'note',
      'every service was opt-out',
      'If the law of your visitors allows that, write a region with model "opt-out".',
    );

  const translations = fieldsOf(config.translations);
  const shared = fieldsOf(translations.zz);
  const sharedLink = textOf(shared.privacyPolicyUrl) ?? textOf(config.privacyPolicy);
  if (sharedLink !== null) draft.link('privacy', sharedLink);
  const languages = Object.keys(translations).filter((code) => code !== 'zz');
  for (const code of languages) {
    const words = fieldsOf(translations[code]);
    const link = textOf(words.privacyPolicyUrl);
    if (link !== null) draft.link('privacy', link);
    const notice = fieldsOf(words.consentNotice);
    draft.word(code, ['layer1', 'title'], notice.title);
    draft.word(code, ['layer1', 'body'], notice.description);
    draft.word(code, ['layer1', 'choose'], notice.learnMore);
    draft.word(code, ['layer1', 'accept'], words.acceptAll);
    draft.word(code, ['layer1', 'reject'], words.decline);
    const modal = fieldsOf(words.consentModal);
    draft.word(code, ['layer2', 'title'], modal.title);
    draft.word(code, ['layer2', 'body'], modal.description);
    draft.word(code, ['layer2', 'save'], words.acceptSelected ?? words.save);
    draft.word(code, ['layer2', 'close'], words.close);
    for (const [name, given] of Object.entries(fieldsOf(words.purposes))) {
      const ours = purposeFor(name);
      if (ours === null) continue;
      draft.word(code, ['purposes', ours, 'title'], typeof given === 'string' ? given : fieldsOf(given).title);
      draft.word(code, ['purposes', ours, 'body'], fieldsOf(given).description);
    }
    if (config.acceptAll === false && textOf(words.ok) !== null)
      draft.remark(
        'refused',
        `"ok" in "${code}" was no button to accept (acceptAll: false)`,
        'It kept what was pre-set. "Accept all" means all, "Reject all" none.',
      );
  }
  if (config.acceptAll === false)
    draft.remark('note', 'there was no button to accept everything', 'There is one now, beside the one to refuse.');
  if (config.hideDeclineAll === true)
    draft.remark(
      'refused',
      'the button to refuse was hidden (hideDeclineAll)',
      'It stands on the first layer, as large as the other.',
    );
  if (config.mustConsent === true || config.noticeAsModal === true)
    draft.remark('refused', 'the page could not be used before an answer', 'The first layer never traps the page.');
  const fallback = textOf(config.lang) ?? (languages.includes('en') || languages.length === 0 ? 'en' : languages[0]!);
  const offered = languages.includes(fallback) ? languages : [...languages, fallback];
  draft.set('locales', {
    default: fallback,
    detect: 'document',
    files: Object.fromEntries(offered.map((code) => [code, languages.includes(code) ? `${code}.json` : null])),
  });

  const themes = listOf(fieldsOf(config.styling).theme).filter((one): one is string => typeof one === 'string');
  draft.set('ui', {
    layer1: themes.includes('wide') ? 'bar' : 'box',
    position: themePositions.find(([name]) => themes.includes(name))?.[1] ?? 'bottom-end',
    theme: { dark: themes.includes('light') ? 'light' : 'auto' },
  });
  return draft.finish();
};
