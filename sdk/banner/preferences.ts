// The second layer: every purpose with its switch and its terms, what the opt-out signal means for it, and what a person
// may do with their own data. Draws a scene and reports what was pressed. A switch decides nothing: buttons do.

import { countryName, element } from '../browser/element.js';
import type { Purpose, Scene } from './document.js';
import type { Drawn } from './first.js';
import { anchor, buttonOf, changesSince, linkTo, signalled, statuses } from './parts.js';
import { dependants, flipped } from './switches.js';
import { type Words, wordsOf } from './words.js';

export interface PreferencesActs {
  accept: () => void;
  reject: () => void;
  /**
   * `odd`: what the person was asked about once more, because the browser's signal is against it; `isAcknowledged`: and
   * wants all the same.
   */
  save: (values: Record<string, boolean>, odd: readonly string[], isAcknowledged: boolean) => void;
  optOut: () => void;
  /** Not to be counted either. */
  oppose: () => void;
  copy: (text: string) => Promise<unknown>;
  download: () => Promise<unknown>;
  erase: () => Promise<unknown>;
}

/** What one purpose is done with, to what, for how long, by whom. */
const terms = (words: Words, { config, locale }: Scene, purpose: Purpose) => {
  const { say, quote, has } = words;
  const list = element('dl');
  const line = (key: string, ...values: (string | Node)[][]) =>
    values.length && list.append(element('dt', {}, say(key)), ...values.map((value) => element('dd', {}, ...value)));
  const named = (section: string, id: string) =>
    has(`${section}.${id}`) ? say(`${section}.${id}`) : quote(`${section}.${id}`, id);
  const { basis, data = [], retentionDays, recipients = [], automated } = purpose;
  if (basis) line('terms.basis', [named('basis', basis)]);
  if (data[0]) line('terms.data', [data.map((one) => named('data', one)).join(words.whisper('list'))]);
  if (retentionDays) line('terms.retentionDays', [quote(`${purpose.id}.retentionDays`, `${retentionDays}`)]);
  const label = element('dt', {}, say('terms.recipients'));
  const described = recipients.map((id) => {
    const { name, country, role, policy, cookies = [] } = config.recipients?.[id] ?? { name: id };
    const key = `recipients.${id}`;
    return element(
      'dd',
      {},
      element('strong', {}, quote(`${key}.name`, name)),
      country && ` (${quote(`${key}.country`, country, countryName(country, locale))})`,
      role && `. ${named('roles', role)}. `,
      policy && anchor(policy, say('terms.policy')),
      cookies[0] && element('div', {}, say('terms.cookies'), ': ', quote(`${key}.cookies`, cookies.join(' '))),
    );
  });
  list.append(label, ...(described[0] ? described : [element('dd', {}, say('terms.nobody'))]));
  if (automated) list.append(element('dd', {}, say('terms.automated')));
  return list;
};

export interface Preferences extends Drawn<HTMLDialogElement> {
  warn: (odd: readonly string[]) => void;
}

export const preferences = (scene: Scene, acts: PreferencesActs): Preferences => {
  const { config, texts, locale, region, signal, receipt } = scene;
  const words = wordsOf(texts);
  const { say, quote, whisper } = words;
  const listed = config.purposes ?? [];
  const asked = listed.filter(({ always }) => !always);
  const against = signalled(config);
  const chosen = new Set(asked.map(({ id }) => id).filter((id) => scene.on[id]));
  const inputs: Record<string, HTMLInputElement> = {};
  const live = element('p', { role: 'status', class: 'live' });

  const button = buttonOf(words);
  const close = () => root.close();

  const flip = (id: string, value: boolean) => {
    const others = flipped(asked, chosen, id, value);
    for (const one of [id, ...others]) {
      chosen[value ? 'add' : 'delete'](one);
      (inputs[one] as HTMLInputElement).checked = value;
    }
    live.textContent = others[0] ? whisper(value ? 'layer2.alsoOn' : 'layer2.alsoOff', others) : '';
  };

  const purposeOf = (purpose: Purpose) => {
    const { id, always, requires = [] } = purpose;
    const title = say(`purposes.${id}.title`);
    const input = element('input', {
      type: 'checkbox',
      role: 'switch',
      id,
      part: 'switch',
      checked: chosen.has(id),
      'aria-describedby': `${id}-what`,
      change: () => flip(id, input.checked),
    });
    inputs[id] = input;
    const others = dependants(asked, id);
    return element(
      'section',
      { part: 'purpose' },
      element(
        'div',
        { class: 'line' },
        always ? element('h3', {}, title) : element('label', { for: id }, title),
        always ? element('span', { class: 'note' }, say('layer2.always')) : input,
      ),
      element('p', { id: `${id}-what` }, say(`purposes.${id}.body`)),
      requires[0] && element('p', { class: 'note' }, say('layer2.needs', requires)),
      others[0] && element('p', { class: 'note' }, say('layer2.without', others)),
      !always && element('details', {}, element('summary', {}, say('layer2.details')), terms(words, scene, purpose)),
    );
  };

  const rights = () => {
    const said = element('p', { role: 'status' });
    const act = (key: string, run: () => Promise<unknown>, done?: string) =>
      button(
        key,
        async () => {
          said.textContent = key === 'rights.download' ? whisper('rights.preparing') : '';
          const isDone = await run().then(
            (answer) => answer !== false,
            () => false,
          );
          said.textContent = isDone ? (done ? whisper(done) : '') : whisper('errors.failed');
        },
        'o',
      );
    const sure = element(
      'div',
      { hidden: true },
      element('p', { tabIndex: -1 }, say('rights.eraseBody')),
      element(
        'div',
        { class: 'pair' },
        act('rights.eraseConfirm', acts.erase, 'rights.erased'),
        button('rights.cancel', () => ask(false), 'o'),
      ),
    );
    const ask = (isAsked: boolean) => {
      sure.hidden = !isAsked;
      ((isAsked ? sure.firstElementChild : eraser) as HTMLElement).focus();
    };
    const eraser = button('rights.erase', () => ask(true), 'o');
    return element(
      'section',
      {},
      element('h3', {}, say('rights.title')),
      element(
        'p',
        { class: 'row' },
        `${say('rights.receipt')}: `,
        scene.receiptHref && anchor(scene.receiptHref, receipt as string),
        act('rights.copy', () => acts.copy(receipt as string), 'rights.copied'),
      ),
      scene.isKnown && element('div', { class: 'row' }, act('rights.download', acts.download), eraser),
      scene.isKnown && sure,
      said,
    );
  };

  const values = (): Record<string, boolean> => Object.fromEntries(asked.map(({ id }) => [id, chosen.has(id)]));
  /** The step that is taken once more where the browser's signal is against what was switched on. */
  const warn = (odd: readonly string[]) => {
    const title = element('h3', { tabIndex: -1, id: 'odd' }, say('conflict.title'));
    const without = Object.fromEntries(odd.map((id) => [id, false]));
    foot.replaceChildren(
      element(
        'div',
        { role: 'group', 'aria-labelledby': 'odd', class: 'step' },
        title,
        element('p', {}, say('conflict.body', odd)),
        element(
          'div',
          { class: 'pair', part: 'buttons' },
          button('conflict.keep', () => acts.save({ ...values(), ...without }, odd, false)),
          button('conflict.allow', () => acts.save(values(), odd, true)),
        ),
      ),
    );
    title.focus();
  };
  const save = () => {
    const odd = signal ? against.filter((id) => chosen.has(id) && !scene.on[id]) : [];
    if (odd[0]) warn(odd);
    else acts.save(values(), odd, false);
  };

  const { controller } = config;
  const head = element('h2', { id: 'name', tabIndex: -1, autofocus: true }, say('layer2.title'));
  const closer = button('layer2.close', close, 'quiet');
  const isOptOut = region.model === 'opt-out' && against.some((id) => scene.on[id]);
  const body = element(
    'div',
    { class: 'body' },
    element('p', {}, say('layer2.body')),
    ...statuses(words, scene),
    isOptOut && button('status.doNotSell', acts.optOut, 'o'),
    ...changesSince(words, scene),
    config.decision?.scope === 'account' && element('p', {}, say('layer1.account')),
    ...listed.map(purposeOf),
    receipt && rights(),
    scene.isCounted &&
      element('section', {}, element('p', {}, say('oppose.body')), button('oppose.stop', acts.oppose, 'o')),
    element(
      'section',
      { class: 'row' },
      controller?.name &&
        element(
          'span',
          {},
          say('terms.controller'),
          ': ',
          quote('controller.name', controller.name),
          controller.contact && ` (${quote('controller.contact', controller.contact)})`,
        ),
      linkTo(words, config, 'privacy'),
      linkTo(words, config, 'imprint'),
    ),
  );
  const foot = element(
    'div',
    {},
    element(
      'div',
      { class: 'pair', part: 'buttons' },
      button('layer1.reject', acts.reject),
      button('layer1.accept', acts.accept),
      button('layer2.save', save),
    ),
  );
  const root = element(
    'dialog',
    { part: 'dialog', lang: locale, dir: texts.dir, 'aria-labelledby': 'name' },
    element('div', { class: 'head' }, head, closer),
    body,
    // Nothing to decide: no buttons either.
    asked[0] && element('div', { class: 'foot' }, live, foot),
  );
  return { root, words, warn };
};
