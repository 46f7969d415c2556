// What most pages do without, fetched when something is still to be asked or said, or the site's file asks for more than
// events: the banner, the bridges, counting without anybody, what a region grants by default, and holding events until
// there is an answer. A visitor who has answered loads none of it, unless the site has a bridge or such a region.

import { fetched } from '../browser/chunk.js';
import { after, cancel, iso, now } from '../browser/clock.js';
import { onWindow, type Stop, together } from '../browser/listen.js';
import { hearTabs } from '../browser/net.js';
import { isShown } from '../browser/page.js';
import type { Entry } from '../buffer/buffer.js';
import type { Client, Source } from '../client.js';
import type { Row } from '../consent/record.js';
import type { Decided } from '../consent/rules.js';
import { permit } from '../event/permit.js';
import { withoutSecrets } from '../event/text.js';
import type { PageEvent, Properties } from '../event/wire.js';
import { dayMs, heldBounds, isOff } from '../options.js';
import { following } from './following.js';
import { transferring } from './transferring.js';

const legacyMaxMs = 2e3;

type State = ReturnType<Client['consent']['state']>;
type Dropped = { reason: string; event?: PageEvent };

/** A source by name. What is unknown or fails to load is left out, and told. */
const chunk = (client: Client, name: string): Stop => {
  const starting = fetched(name, client.consent.state().base)
    .then(({ start }) => (start as Source)(client))
    .catch((error) => client.tell('error', error)) as Promise<Stop | undefined>;
  return () => void starting.then((stop) => stop?.());
};

/** Whether a person must be asked, or wants to be, and the fetching of the banner then. */
const asking = (client: Client, arrived: Promise<unknown> | undefined): Stop => {
  const { state, onChange } = client.consent;
  let banner: Promise<Stop | undefined> | undefined;
  const need = (then?: () => void) => {
    banner ??= fetched('banner', state().base).then(({ start }) => (start as Source)(client) as Stop | undefined);
    banner.then(then, (error) => {
      // It is fetched again when it is needed again.
      banner = undefined;
      client.tell('error', error);
    });
  };
  const ask = () => {
    const { ask, region, signal } = state();
    if (ask[0] && region.ui === 'banner') client.tell('show', { layer: 'first' });
    // Where nothing is asked there is still something to be said: that the signal is honoured, how to object, and that one
    // has. Whoever has answered can change their mind on any page.
    else if ((region.gpcStatus && signal) || region.ui === 'link') need();
  };
  let isOver = false;
  // What was called before this was there has been heard by then, and may have answered.
  const timer = after(0, () => void Promise.resolve(arrived).then(() => isOver || ask()));
  return together(
    () => cancel(timer),
    () => {
      isOver = true;
    },
    onChange(ask),
    client.on('show', ({ layer }: { layer: 'first' | 'preferences' }) => {
      // Told once more, when there is somebody to hear it.
      if (!banner) need(() => client.tell('show', { layer }));
    }),
    () => banner?.then((stop) => stop?.()),
  );
};

/**
 * What the region grants where nobody has said. Not what the browser's signal denies: nothing is written for that.
 */
const defaults = ({ consent }: Client) => {
  const { config, decisions, isOptIn, signal, region } = consent.state();
  if (isOptIn) return;
  const isAnswered = (one?: Decided) =>
    one && one.source !== 'region' && now() - one.at < (region.days?.[one.value] ?? 180) * dayMs;
  const open = (config.purposes ?? []).filter(
    ({ id, always, gpc }) => !always && !isAnswered(decisions[id]) && !(signal && gpc === 'deny'),
  );
  consent.set(Object.fromEntries(open.map(({ id }) => [id, true])), { kind: 'region-default' });
};

/** The cart as it stands, from what this page was told of it while nobody had agreed. */
const cart = () => {
  let lines: Record<string, Properties> = {};
  /** Of the last that said so: without them the collector would open a second cart, or count in another currency. */
  let cartId: string | undefined;
  let currency: string | undefined;
  const fold = ({ event = '', properties = {} }: Pick<PageEvent, 'event' | 'properties'>): void => {
    const { products, quantity = 1, cart_id, ...product } = properties;
    const by = { 'Product Added': +(quantity as number), 'Product Removed': -(quantity as number) }[event];
    if (!by && !/^(Cart (Viewed|Updated)|Order Completed)$/.test(event)) return;
    // What comes after an order is another cart.
    cartId = event === 'Order Completed' ? undefined : ((cart_id as string) ?? cartId);
    currency = (product.currency as string) ?? currency;
    if (by) {
      const key = [product.variant, product.sku, product.product_id].join();
      const left = ((lines[key]?.quantity as number) || 0) + by;
      if (left > 0) lines[key] = { ...lines[key], ...product, quantity: left };
      else delete lines[key];
    } else {
      lines = {};
      if (event < 'D')
        for (const one of (products as Properties[]) ?? []) fold({ event: 'Product Added', properties: one });
    }
  };
  return { fold, told: () => ({ cart_id: cartId, currency, products: Object.values(lines) }) };
};

/**
 * What becomes of what happens while nobody has agreed (consent.md section 3). With `current`, the default, a grant does not
 * reach backwards: the present page and cart are told then. With `hold` events wait in this page's memory for an answer.
 */
const unanswered = (client: Client): Stop => {
  /**
   * With the number of the answer that it waits for, and once that was heard of from another tab, the life it began (0: none).
   * Both, because an erasure lets numbers begin again: what this page did not see in the background is not passed over.
   */
  let held: { event: PageEvent; rev: number; life?: number }[] = [];
  let isMissed = false;
  /** In the background since the device was looked at last: what lies there now may be another than the first answer. */
  let isBehind = !isShown();
  let channel: Stop | undefined;
  const { fold, told } = cart();
  const { consent } = client;
  const { state, get } = consent;
  const { preConsent, config } = state();
  const { mode: configured, maxEvents = Infinity, maxMinutes = Infinity } = config.preConsent ?? {};
  const mode = preConsent ?? configured ?? 'current';
  // The site may hold less than we do, not more.
  const countMax = Math.min(maxEvents, heldBounds.countMax);
  const ageMaxMs = Math.min(maxMinutes * 6e4, heldBounds.ageMaxMs);
  const hold = (event: PageEvent) => {
    const { config, record } = state();
    const { redact } = config;
    const permitted = permit(event, { measurement: true, personalisation: true }, redact);
    if (!permitted) return;
    const kept = { event: withoutSecrets(permitted, redact?.keys), rev: 1 + (record?.rev ?? 0) };
    // It was counted as lost when the gate was closed to it.
    client.tell('dropped', { reason: 'no_consent', n: -1 });
    held.push(kept);
    channel ??= hearTabs(({ rev = 0, epoch = 0 }) => {
      for (const one of held) if (rev >= one.rev) one.life ??= epoch;
      // It waited for this, where the answer was seen before it was heard of.
      consent.set({});
      settle();
    });
    if (held.length > countMax || JSON.stringify(held).length > heldBounds.charsMax) {
      held.pop();
      client.tell('dropped', { reason: 'full' });
      return;
    }
    client.tell('held', kept.event);
    // What may not be told any more is not kept in memory either.
    after(ageMaxMs, () => {
      if (!held.includes(kept)) return;
      held = held.filter((one) => one !== kept);
      client.tell('dropped', { reason: 'age' });
    });
  };
  const settle = () => {
    const { measurement } = get();
    if (measurement == null) return;
    const at = now();
    const { rev, epoch = 0 } = state().record ?? {};
    const isUnheard = (one: (typeof held)[0]) => measurement && isBehind && one.rev === rev && one.life === undefined;
    const settled = held.filter((one) => !isUnheard(one));
    held = held.filter(isUnheard);
    for (const { event, life = epoch, ...one } of settled) {
      const isFirst = measurement && one.rev === rev && life === epoch;
      if (isFirst && at - Date.parse(event.timestamp) < ageMaxMs)
        client.tell('pass', { ...event, preConsent: true, releasedAt: iso(at) });
      else client.tell('dropped', { reason: isFirst ? 'age' : 'no_consent' });
    }
  };
  return together(
    client.on('dropped', ({ reason, event }: Dropped) => {
      if (reason !== 'no_consent' || !event) return;
      if (mode === 'hold' && get().measurement === null) hold(event);
      fold(event);
      isMissed ||= mode === 'current' && event.type === 'page';
    }),
    consent.onChange(({ measurement }) => {
      if (measurement === null) return;
      settle();
      if (!measurement || !isMissed) return;
      isMissed = false;
      client.page();
      const cart = told();
      if (cart.products[0]) client.cart.update(cart);
    }),
    onWindow('visibilitychange', () => {
      isBehind ||= !isShown();
      // By then the device has been looked at. Whoever finds it unanswered has missed nothing that still stands.
      after(0, () => {
        isBehind &&= !isShown() || get().measurement != null;
      });
    }),
    () => channel?.(),
    onWindow('pagehide', () => {
      held = [];
      // An open one would keep the page out of the back-forward cache.
      channel?.();
      channel = undefined;
      // Coming back is a view of its own.
      isMissed = false;
    }),
  );
};

/**
 * Where nothing can be granted (the age is untold, the person is a child, the site is switched off) the banner has no purposes
 * to show, so no buttons, and says why. What a person may do with their data stays.
 */
const shut = ({ consent, on }: Client): Stop =>
  on('scene', (scene: { config: object; texts: Record<string, Record<string, string>> }) => {
    if (Object.keys(consent.get())[0]) return;
    const { config, texts } = scene;
    scene.config = { ...config, purposes: [] };
    // A site that declares children and has no age gate has no words for it.
    scene.texts = { ...texts, layer2: { ...texts.layer2, body: texts.shut?.body ?? '' } };
  });

/** For whoever looks why nobody is asked (`weft.debug()`): a page of a site with an age gate that says nothing of it. */
const tellUntold = ({ consent, tell }: Client) => {
  const { config, age, minor } = consent.state();
  if (config.age?.gate && !age && !minor)
    tell('age', 'Nobody is asked: the consent file has an age gate, and this page has no data-age (or data-minor).');
};

/** A refusal may be left uncounted (`countRefusals`); what takes something back is told in any case. */
const uncounted = (client: Client): Stop =>
  client.consent.onChange(() => {
    const { config, record } = client.consent.state();
    if (config.decision?.countRefusals === false && record?.rows.some(({ kind }) => kind === 'refuse'))
      client.tell('keep', { ...record, rows: record.rows.filter(({ kind }) => kind !== 'refuse') });
  });

/** Adds the row again that the ledger has lost: with what is decided now, which is all that can be said. */
const found = (client: Client): Stop =>
  client.on('lost', ({ receipt, json }: Entry) => {
    const { record, decisions, policy, signal, age, region } = client.consent.state();
    const row: Row = {
      kind: 'grant',
      receipt,
      epoch: record?.epoch,
      visitorId: (JSON.parse(json) as PageEvent).anonymousId,
      decisions: Object.entries(decisions).map(([purpose, one]) => ({ ...one, purpose, at: undefined })),
      policy,
      text: undefined,
      ui: { layer: undefined, action: undefined, variant: undefined },
      gpc: { js: signal, ack: false },
      jurisdiction: region.told,
      cmp: undefined,
      age,
      clientAt: iso(now()),
    };
    if (record) client.tell('keep', { ...record, rows: [row] });
  });

/** Counting without anybody (consent.md section 7). What is dropped until that is there is handed on to it. */
const counting = (client: Client): Stop => {
  let missed: unknown[] | undefined = [];
  return together(
    client.on('dropped', (detail) => void missed?.push(detail)),
    client.on('counting', (take: (details: unknown[]) => void) => {
      take(missed ?? []);
      missed = undefined;
    }),
    chunk(client, 'cookieless'),
  );
};

/** What was answered to the site's earlier banner, where its file says so. Until then nothing is asked. */
const takingOver = (client: Client): Promise<unknown> | undefined => {
  const { base, config, record } = client.consent.state();
  if (record || !config.bridges?.legacy) return;
  const taking = fetched('legacy', base).then(({ start }) => (start as Source)(client));
  return Promise.race([
    taking.catch((error) => client.tell('error', error)),
    new Promise<void>((resolve) => after(legacyMaxMs, resolve)),
  ]);
};

export const start: Source = (client) => {
  const { banner, config }: State = client.consent.state();
  // Before anything else: what the page was handed is taken out of its address.
  const handed = transferring(client);
  const arrived = handed?.arrived ?? takingOver(client);
  return together(
    handed?.stop,
    // `until-decision`, `on-reject`, `always`; `off` or nothing else.
    /[ty]/.test(`${config.cookieless?.mode ?? ''}`) ? counting(client) : undefined,
    void tellUntold(client),
    shut(client),
    unanswered(client),
    uncounted(client),
    found(client),
    /true/.test(JSON.stringify({ ...config.bridges, legacy: 0 })) ? chunk(client, 'bridges') : undefined,
    void (arrived ? arrived.then(() => defaults(client)) : defaults(client)),
    following(client) as Stop | undefined,
    isOff(banner) ? undefined : asking(client, arrived),
  );
};
