// The public verbs, and the way of an event: stamp → gate → identify → buffer; delivery hears of it and takes it on. Knows
// no source. Nothing here throws into the page, and nothing is read, stored or sent before the gate has been asked.

import { after, iso, now } from './browser/clock.js';
import { onWindow, type Stop, together } from './browser/listen.js';
import { request } from './browser/net.js';
import { hasPage, isShown, originNow } from './browser/page.js';
import { debug, hear, quietly, tell, tellPage } from './browser/tell.js';
import { put, wipe } from './buffer/buffer.js';
import {
  answer,
  begin,
  type ConsentState,
  keep,
  look,
  on,
  record,
  renew,
  rowFor,
  state,
  suspend,
  tune,
} from './consent/keeper.js';
import type { Act, ConsentRecord } from './consent/record.js';
import type { Effective } from './consent/rules.js';
import { deliver, drain, frozen, leave, retryNow } from './delivery/delivery.js';
import { permit } from './event/permit.js';
import { stamp } from './event/stamp.js';
import type { Commerce, EventContext, EventType, PageEvent, Properties } from './event/wire.js';
import { touched } from './identity/session.js';
import {
  config,
  configMaxMs,
  crashMs,
  earlyCallsMax,
  eventMaxBytes,
  heldBounds,
  type Options,
  options,
  type RemoteConfig,
  resolve,
} from './options.js';

/** Watches the page and calls the client; what it returns ends the watching. */
export type Source = (client: Client) => Stop | undefined;

type Named = keyof Commerce & string;

export interface Client {
  page: (name?: string | Properties, properties?: Properties) => void;
  track: {
    <Name extends Named>(event: Name, properties: Commerce[Name], context?: EventContext): void;
    (event: string, properties?: Properties, context?: EventContext): void;
  };
  identify: (
    userId: string | number | Properties | null | undefined,
    traits?: Properties,
    options?: { proof?: string },
  ) => void;
  alias: (userId: string, previousId?: string) => void;
  group: (groupId: string, traits?: Properties) => void;
  cart: {
    add: (product: Commerce['Product Added']) => void;
    remove: (product: Commerce['Product Removed']) => void;
    update: (cart: Commerce['Cart Updated']) => void;
    view: (cart: Commerce['Cart Viewed']) => void;
    /** What is in the cart, as far as this page has been told. */
    lines: () => Properties[];
  };
  checkout: (checkout: Commerce['Checkout Started']) => void;
  order: (order: Commerce['Order Completed']) => void;
  reset: () => void;
  logout: (options?: { keepDevice?: boolean }) => void;
  forget: () => void;
  flush: () => Promise<unknown>;
  consent: {
    /** Purpose → true, false, or null where nobody has said: only true permits. */
    get: () => Effective;
    set: (decisions: Record<string, boolean>, act?: Act) => void;
    withdraw: (purposes?: string | string[]) => void;
    /** Closes purposes on this page without deciding anything, or lifts that again; it can open nothing by itself. */
    suspend: (purposes: string[], isClosed: boolean) => void;
    /** Opens the banner, or tells a banner of the site's own (`weft.on('show', …)`). */
    show: (layer?: 'first' | 'preferences') => void;
    /** What a banner goes by: the document, what was decided, what must be asked. */
    state: () => ConsentState;
    onChange: (heard: (now: Effective) => void) => Stop;
  };
  on: <Detail>(name: string, heard: (detail: Detail) => void) => Stop;
  /** For sources: says what happens to whoever listens. */
  tell: (name: string, detail?: unknown) => void;
  /** Prints the way of each event; what it returns ends that. */
  debug: () => Stop;
  stop: () => void;
}

/** What waits for the end of this turn of the page; before that, for the configuration. */
let waiting: (() => unknown)[] = [];
/** Until it is, or cannot be had, the device is not even read. */
let isKnown = false;
let held: PageEvent[] = [];
/** A page view went by while nobody had answered. */
let isMissed = false;
/** Where a page view of this document came from, after its first. */
let cameFrom: string | undefined;
/** What is in the cart now: told at a grant, never as a history of clicks. */
let lines: Record<string, Properties> = {};
let stop: Stop | undefined;

const drop = (reason: string, event?: PageEvent) => tell('dropped', { reason, event });

// --- the way of an event --------------------------------------------------------------------------------------------------

/** What waits goes on, in its order, with one fresh look at the record for all of it. */
const settle = () => {
  if (!isKnown) return;
  const runs = waiting;
  waiting = [];
  quietly(look);
  runs.forEach(quietly);
};

const later = (run: () => unknown) => {
  if (isKnown || waiting.length < earlyCallsMax) waiting.push(run);
  else drop('full');
  if (!waiting[1]) queueMicrotask(settle);
};

/** In this very turn, if the configuration is there: after what was called before. */
const soon = <Result>(run: () => Result): Result | undefined => {
  let result: Result | undefined;
  later(() => {
    result = run();
  });
  settle();
  return result;
};

const emit = (type: EventType, fields: Partial<PageEvent>): void =>
  quietly(() => {
    // Frozen now: the page may change its objects, and its address, while the call waits.
    const event: PageEvent = JSON.parse(JSON.stringify(stamp(type, fields, cameFrom)));
    later(() => {
      fold(event.event ?? '', event.properties ?? {});
      if (on.measurement) return pass(event);
      const mode = options.preConsent ?? config.preConsent?.mode ?? 'current';
      const kept = permit(event, { measurement: true, personalisation: true });
      if (on.measurement === null && mode === 'hold' && kept) {
        held.push(kept);
        tell('held', kept);
        if (held.length <= heldBounds.countMax && JSON.stringify(held).length <= heldBounds.charsMax) return;
        held.pop();
      }
      isMissed ||= type === 'page' && mode === 'current';
      drop('no_consent', event);
    });
  });

/** A grant has come. It does not reach backwards: what was held is marked, else only the present is told. */
const release = () => {
  if (!on.measurement) return;
  const at = now();
  for (const event of held.splice(0)) {
    if (at - Date.parse(event.timestamp) < heldBounds.ageMaxMs)
      pass({ ...event, preConsent: true, releasedAt: iso(at) });
  }
  if (!isMissed) return;
  isMissed = false;
  client.page();
  const products = Object.values(lines);
  if (products[0]) client.cart.update({ products });
};

const pass = (stamped: PageEvent) => {
  const event = permit(stamped, on);
  if (!event) return drop('purpose', stamped);
  const { type, userId, context, messageId } = event;
  const { userId: before, session } = record as ConsentRecord;
  const isOther = type === 'identify' && userId && userId !== before;
  // Another person at the same device begins another session (S2); the first one named in a session does not.
  const next = session && !context.active ? session : touched(isOther && before ? undefined : session);
  if (isOther || next !== session)
    keep({ ...(record as ConsentRecord), userId: isOther ? userId : before, session: next });
  const { epoch, receipt, anonymousId, userId: user } = record as ConsentRecord & { epoch: number; receipt: string };
  if (on.personalisation) {
    event.anonymousId = anonymousId;
    event.userId ??= user;
  }
  context.sessionId = next.id;
  context.consent = { receipt };
  const at = now();
  const isYoung = at - epoch < crashMs;
  const entry = frozen(event, { id: messageId, epoch, receipt, at, isYoung, row: rowFor(receipt) });
  if (entry.bytes > eventMaxBytes) return drop('too_large', event);
  put(entry);
  tell('event', event);
};

// --- the configuration, and the start -------------------------------------------------------------------------------------

const configure = async (sources: readonly Source[], given?: RemoteConfig, cache: RequestCache = 'default') => {
  const { host, writeKey } = options;
  const got = await request(`${host}/v1/config/${writeKey}`, configMaxMs, { cache });
  const known = got?.status_ === 200 ? (got.body_ as RemoteConfig) : given;
  if (!known) after(3e4, () => configure(sources));
  quietly(() => start(sources, known));
};

const start = (sources: readonly Source[], known: RemoteConfig | undefined) => {
  if (!begin(known) || isKnown) return;
  tellPage('consent:ready', on);
  isKnown = true;
  settle();
  const shown = () => {
    settle();
    tune(isShown());
    if (isShown()) drain(false);
    else leave();
  };
  stop = together(
    ...sources.map((source) => source(client)),
    ...deliver(),
    () => tune(false),
    hear('stale', () => configure(sources, known, 'reload')),
    hear('consent', () => {
      tellPage('consent:change', on);
      release();
    }),
    onWindow('online', retryNow),
    onWindow('pagehide', () => {
      held = [];
    }),
    onWindow('visibilitychange', shown),
  );
  shown();
};

// Also where the first look finds nothing left to stand on: before anything else is there.
hear('ended', () => {
  held = [];
  wipe();
});

// --- the verbs --------------------------------------------------------------------------------------------------------------

const fold = (event: string, { products, quantity = 1, ...product }: Properties) => {
  const by =
    event === 'Product Added' ? +(quantity as number) : event === 'Product Removed' ? -(quantity as number) : 0;
  if (by) {
    const key = [product.variant, product.sku, product.product_id].join();
    const left = ((lines[key]?.quantity as number) || 0) + by;
    if (left > 0) lines[key] = { ...product, quantity: left };
    else delete lines[key];
  } else if (/^(Cart [VU]|Order Co)/.test(event)) {
    lines = {};
    if (event < 'D') for (const one of (products as Properties[]) ?? []) fold('Product Added', one);
  }
};
const track = (event: string, properties: Properties = {}, context: EventContext = {}) =>
  emit('track', { event, properties, context });
const verb =
  <Name extends Named>(event: Name) =>
  (properties: Commerce[Name]) =>
    track(event, properties);
const withdraw = (purposes: string | string[] = 'measurement', how?: Act) =>
  soon(() => answer(Object.fromEntries([purposes].flat().map((id) => [id, false])), how));
const leavePerson = (how?: { keepDevice?: boolean }): void =>
  soon(() => {
    if (!record?.receipt) return;
    if (how?.keepDevice) return keep({ ...record, userId: undefined });
    lines = {};
    renew(record);
  });

const client: Client = {
  page: (name, properties) => {
    emit('page', typeof name === 'string' ? { name, properties } : { properties: name });
    cameFrom = originNow();
  },
  track,
  identify: (userId, traits, options) =>
    emit(
      'identify',
      typeof userId === 'object'
        ? { traits: userId ?? traits }
        : { userId, traits, context: { identityProof: options?.proof } },
    ),
  alias: (userId, previousId) => soon(() => emit('alias', { userId, previousId: previousId ?? record?.anonymousId })),
  group: (groupId, traits) => emit('group', { groupId, traits }),
  cart: {
    add: verb('Product Added'),
    remove: verb('Product Removed'),
    update: verb('Cart Updated'),
    view: verb('Cart Viewed'),
    lines: () => {
      settle();
      return Object.values(lines);
    },
  },
  checkout: verb('Checkout Started'),
  order: verb('Order Completed'),
  reset: leavePerson,
  logout: leavePerson,
  forget: () => withdraw(undefined, { kind: 'erase' }),
  flush: async () => soon(() => drain(true)),
  consent: {
    get: () => on,
    set: (decisions, how) => soon(() => answer(decisions, how)),
    withdraw,
    suspend: (purposes, isClosed) => soon(() => suspend(purposes, isClosed)),
    // A turn later, so that a call made before the page's sources were there is heard by them.
    show: (layer = 'preferences') => soon(() => after(0, () => tell('show', { layer }))),
    state,
    onChange: (heard) => hear('consent', heard),
  },
  on: hear,
  tell,
  debug,
  stop: () => stop?.(),
};

/** A page has one client: a second call gives the first again. */
export const createClient = (given: Options, sources: readonly Source[]): Client => {
  if (hasPage() && !options) {
    resolve(given);
    if (given.config) quietly(() => start(sources, given.config));
    else configure(sources);
  }
  return client;
};
