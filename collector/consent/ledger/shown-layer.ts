// A layer of the banner as text, as it was shown for one answer: for whoever reads a copy of their data, where no script
// runs. It says what sdk/banner draws, in its order; shown-layer.test.ts holds the two against each other word by word, and
// the hash over the words is the row's own, so a copy can say whether this is what was shown. Pure.

import { createHash } from 'node:crypto';

export type ShownLine =
  | { kind: 'title' | 'heading' | 'text' | 'note' | 'button'; text: string }
  /** A purpose by its name. `on`: how its switch stood in the answer; null for what cannot be switched. */
  | { kind: 'purpose'; text: string; on: boolean | null }
  /** Of the purpose before it: basis, data, days, recipients. */
  | { kind: 'term'; text: string; values: string[] };

export interface ShownLayer {
  layer: 'first' | 'preferences';
  lines: ShownLine[];
  /** Of the words, as the banner makes it. */
  sha256: string;
}

interface Purpose {
  id: string;
  always?: boolean;
  requires?: readonly string[];
  gpc?: string;
  basis?: string;
  data?: readonly string[];
  recipients?: readonly string[];
  retentionDays?: number;
  automated?: boolean;
}
interface Recipient {
  name: string;
  country?: string;
  role?: string;
  policy?: string;
  cookies?: readonly string[];
}
/** What a layer reads of the consent document; the collector checked it when it came into force. */
export interface ShownDocument {
  purposes?: readonly Purpose[];
  recipients?: Readonly<Record<string, Recipient>>;
  policy?: { version?: string; links?: { privacy?: string; imprint?: string } };
  controller?: { name?: string; contact?: string };
  decision?: { onClose?: string; scope?: string };
  ui?: { buttons?: readonly string[] };
}

export interface ShownOf {
  document: ShownDocument;
  texts: Readonly<Record<string, unknown>>;
  locale: string;
  layer: 'first' | 'preferences';
  region: { model: string; ui: string };
  /** The page saw the browser's opt-out signal. */
  gpc: boolean;
  decisions: Readonly<Record<string, boolean>>;
  /** The row's `ui.variant`. */
  variant: string;
}

const listOf = (text: string | null): string[] => text?.split(',').filter((one) => one !== '') ?? [];
const isLater = (one: string, other: string): boolean => one.localeCompare(other, 'en', { numeric: true }) > 0;
const countryName = (code: string, locale: string): string => {
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
};

export const shownLayer = ({
  document,
  texts,
  locale,
  layer,
  region,
  gpc,
  decisions,
  variant,
}: ShownOf): ShownLayer => {
  const said: [key: string, text: string][] = [];
  const lines: ShownLine[] = [];
  const listed = document.purposes ?? [];
  const asked = listed.filter(({ always }) => !always);
  const against = asked.filter((one) => one.gpc === 'deny').map(({ id }) => id);

  const query = new URLSearchParams(variant);
  const has = listOf(query.get('has'));
  const ask = query.get('ask') === null ? asked.map(({ id }) => id) : listOf(query.get('ask'));
  const since = query.get('since');
  const on = new Set(listOf(query.get('on')));
  const odd = listOf(query.get('odd'));
  const objected = listOf(query.get('objected'));

  const find = (key: string): string | undefined => {
    const found = key
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], texts);
    return typeof found === 'string' ? found : undefined;
  };
  const titles = (ids: readonly string[]): string =>
    ids.map((id) => find(`purposes.${id}.title`) ?? id).join(find('list'));
  const quote = (key: string, text: string, seen = text): string => {
    said.push([key, text]);
    return seen;
  };
  const say = (key: string, ids: readonly string[] = []): string =>
    quote(
      key,
      (find(key) ?? key.slice(key.lastIndexOf('.') + 1))
        .replace('{purposes}', () => titles(ids))
        .replace(/\s*\{policy\}/, ''),
    );
  const named = (section: string, id: string): string =>
    find(`${section}.${id}`) ? say(`${section}.${id}`) : quote(`${section}.${id}`, id);
  const line = (kind: 'title' | 'heading' | 'text' | 'note' | 'button', text: string): void => {
    lines.push({ kind, text });
  };
  const button = (key: string): void => line('button', say(key));

  const links = (name: 'privacy' | 'imprint'): void => {
    const href = document.policy?.links?.[name];
    if (href) line('text', `${say(name === 'privacy' ? 'terms.policy' : 'terms.imprint')}: ${href}`);
  };
  const statuses = (): void => {
    if (gpc) line('note', `${say('status.gpc')}. ${say('status.gpcOff', against)}`);
    if (objected[0]) line('note', say('status.objected', objected));
  };
  const changes = (): void => {
    const version = document.policy?.version ?? '';
    const written = Object.entries((texts.changes ?? {}) as Record<string, string>)
      .filter(([one]) => since && isLater(one, since) && !isLater(one, version))
      .sort(([one], [other]) => (isLater(one, other) ? 1 : -1));
    if (written.length > 0) line('heading', say('layer2.changes'));
    for (const [one, text] of written) line('text', quote(`changes.${one}`, text));
  };
  const account = (): void => {
    if (document.decision?.scope === 'account') line('text', say('layer1.account'));
  };

  const term = (text: string, values: string[]): void => {
    lines.push({ kind: 'term', text, values });
  };
  const terms = ({ id, basis, data = [], retentionDays, recipients = [], automated }: Purpose): void => {
    // The value is said before its name: so does the banner, and the hash is over that order.
    if (basis) {
      const value = named('basis', basis);
      term(say('terms.basis'), [value]);
    }
    if (data[0]) {
      const value = data.map((one) => named('data', one)).join(find('list') ?? 'list');
      term(say('terms.data'), [value]);
    }
    if (retentionDays) {
      const value = quote(`${id}.retentionDays`, `${retentionDays}`);
      term(say('terms.retentionDays'), [value]);
    }
    const label = say('terms.recipients');
    const described = recipients.map((recipient) => {
      const {
        name,
        country,
        role,
        policy,
        cookies = [],
      } = document.recipients?.[recipient] ?? ({ name: recipient } as Recipient);
      const key = `recipients.${recipient}`;
      return [
        quote(`${key}.name`, name),
        country && ` (${quote(`${key}.country`, country, countryName(country, locale))})`,
        role && `. ${named('roles', role)}.`,
        policy && ` ${say('terms.policy')}: ${policy}`,
        cookies[0] && ` ${say('terms.cookies')}: ${quote(`${key}.cookies`, cookies.join(' '))}`,
      ]
        .filter(Boolean)
        .join('');
    });
    term(label, described.length > 0 ? described : [say('terms.nobody')]);
    if (automated) line('note', say('terms.automated'));
  };

  const dependants = (id: string): string[] => {
    const reached = new Set([id]);
    for (const _ of asked)
      for (const one of asked) if (one.requires?.some((needed) => reached.has(needed))) reached.add(one.id);
    return asked.map((one) => one.id).filter((one) => one !== id && reached.has(one));
  };
  const purpose = (it: Purpose): void => {
    lines.push({
      kind: 'purpose',
      text: say(`purposes.${it.id}.title`),
      on: it.always ? null : decisions[it.id] === true,
    });
    if (it.always) line('note', say('layer2.always'));
    line('text', say(`purposes.${it.id}.body`));
    if (it.requires?.[0]) line('note', say('layer2.needs', it.requires));
    const others = dependants(it.id);
    if (others[0]) line('note', say('layer2.without', others));
    if (it.always) return;
    say('layer2.details');
    terms(it);
  };
  const rights = (): void => {
    // Hidden until somebody asks to be erased, and said before the rest.
    const sure = [say('rights.eraseBody'), say('rights.eraseConfirm'), say('rights.cancel')] as const;
    const erase = say('rights.erase');
    line('heading', say('rights.title'));
    line('text', say('rights.receipt'));
    button('rights.copy');
    if (!has.includes('device')) return;
    button('rights.download');
    line('button', erase);
    line('note', sure[0]);
    line('button', sure[1]);
    line('button', sure[2]);
  };

  const order = (name: string): number => document.ui?.buttons?.indexOf(name) ?? 0;
  // Also what somebody allowed in spite of the signal.
  const isOpen = against.some((id) => on.has(id));
  if (layer === 'preferences') {
    line('title', say('layer2.title'));
    button('layer2.close');
    line('text', say('layer2.body'));
    statuses();
    if (region.model === 'opt-out' && isOpen) button('status.doNotSell');
    changes();
    account();
    for (const one of listed) purpose(one);
    if (has.includes('receipt')) rights();
    if (has.includes('counts')) {
      line('text', say('oppose.body'));
      button('oppose.stop');
    }
    const { name, contact } = document.controller ?? {};
    if (name)
      line(
        'text',
        `${say('terms.controller')}: ${quote('controller.name', name)}${contact ? ` (${quote('controller.contact', contact)})` : ''}`,
      );
    links('privacy');
    links('imprint');
    for (const key of ['layer1.reject', 'layer1.accept', 'layer2.save']) button(key);
    if (odd[0]) {
      line('heading', say('conflict.title'));
      line('text', say('conflict.body', odd));
      button('conflict.keep');
      button('conflict.allow');
    }
  } else if (region.ui === 'link') {
    if (isOpen) button('status.doNotSell');
    else if (gpc || against[0]) line('note', say(gpc ? 'status.gpc' : 'status.optedOut'));
    button('status.link');
  } else {
    const part = since ? 'again' : 'layer1';
    line('title', say(`${part}.title`));
    line('text', say(`${part}.body`, ask));
    links('privacy');
    changes();
    account();
    statuses();
    for (const name of order('accept') < order('reject') ? ['accept', 'reject'] : ['reject', 'accept'])
      button(`${part}.${name}`);
    button('layer1.choose');
    if (document.decision?.onClose === 'reject') button('layer2.close');
  }
  return { layer, lines, sha256: createHash('sha256').update(JSON.stringify(said)).digest('hex') };
};
