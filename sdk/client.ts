// The public verbs, and the way of an event: stamp → gate → identify → buffer; delivery hears of it and takes it on. Knows
// no source. Nothing here throws into the page, and nothing is read, stored or sent before the gate has been asked.

import { fetched } from './browser/chunk.js';
import { after, now } from './browser/clock.js';
import { end, onPage } from './browser/life.js';
import type { Stop } from './browser/listen.js';
import { request } from './browser/net.js';
import { isShown, originNow } from './browser/page.js';
import { debug, hear, quietly, tell, tellPage } from './browser/tell.js';
import { drop, put } from './buffer/buffer.js';
import { decide, renewed } from './consent/decide.js';
import { begin, type ConsentState, keep, look, on, record, rowFor, state, suspend, tune } from './consent/keeper.js';
import type { Act, ConsentRecord } from './consent/record.js';
import { ask, type Effective, place } from './consent/rules.js';
import { drain, frozen, leave, retryNow, wait } from './delivery/delivery.js';
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
  type Options,
  options,
  type RemoteConfig,
  resolve,
} from './options.js';

/** Watches the page and calls the client; what it returns ends the watching. */
export type Source = (client: Client) => Stop | undefined | void;

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
    /** Closes these purposes, and no others, on this page without deciding anything; it can open nothing by itself. */
    suspend: (purposes: readonly string[]) => void;
    /** Opens the banner, or tells a banner of the site's own (`weft.on('show', …)`). */
    show: (layer?: 'first' | 'preferences') => void;
    /** What a banner goes by: the document, what was decided, what must be asked. */
    state: () => ConsentState & { named: PageEvent | undefined };
    onChange: (heard: (now: Effective) => void) => Stop;
  };
  on: <Detail>(name: string, heard: (detail: Detail) => void) => Stop;
  /** For sources: says what happens to whoever listens. */
  tell: (name: string, detail?: unknown) => void;
  /** Prints the way of each event; what it returns ends that. */
  debug: () => Stop;
  stop: () => void;
}

/** What was called before the configuration was known. */
const waiting: (() => unknown)[] = [];
/** Until it is, or cannot be had, the device is not even read. */
let isKnown = false;
/** Told, or being told: there is one start. */
let isStarted = false;
/** Where a page view of this document came from, after its first. */
let cameFrom: string | undefined;
let sources: readonly Source[];
let rest: Promise<unknown> | undefined | void;
/** Whom the site named last with a proof, on this page: what follows an account may come later than that. */
let named: PageEvent | undefined;

const attach = (start: Source) => hear('stop', start(client));

/** A source by name. What is unknown or fails to load is left out, and told: nothing comes back then. */
const fetchSource = (name: string): Promise<Stop | void> =>
  fetched(name, options.base)
    .then(({ start }) => attach(start as Source))
    .catch((error) => tell('error', error));

/** What most pages do without (sources/rest.ts). Fetched again when it is needed again, if it could not be had. */
const needRest = () =>
  (rest ??= fetchSource('rest').then((isThere) => {
    rest = isThere && rest;
  }));

// --- the way of an event --------------------------------------------------------------------------------------------------

/** At once and after a fresh look at the record, if the configuration is there; else in its order, when it is. */
const soon = <Result>(run: () => Result): Result | undefined => {
  if (isKnown) {
    quietly(look);
    return quietly(run);
  }
  if (waiting.length < earlyCallsMax) waiting.push(run);
  else drop('full');
};

const emit = (type: EventType, fields: Partial<PageEvent>): void =>
  quietly(() => {
    // Frozen now: the page may change its objects, and its address, while the call waits.
    const event: PageEvent = JSON.parse(JSON.stringify(stamp(type, fields, cameFrom)));
    soon(() => {
      if (event.context.identityProof) named = event;
      if (on.measurement) return pass(event);
      drop('no_consent', event);
    });
  });

const pass = (stamped: PageEvent) => {
  const event = permit(stamped, on, config.redact);
  if (!event) return drop('purpose', stamped);
  const { type, userId, context, messageId } = event;
  const { userId: before, session } = record as ConsentRecord;
  const isOther = type === 'identify' && userId && userId !== before;
  // Another person at the same device begins another session (S2); the first one named in a session does not.
  const next = session && !context.active ? session : touched(isOther && before ? undefined : session);
  if (isOther || next !== session)
    keep({ ...(record as ConsentRecord), userId: isOther ? userId : before, session: next });
  const { life, receipt, anonymousId, userId: user } = record as ConsentRecord & { life: number; receipt: string };
  if (on.personalisation) {
    event.anonymousId = anonymousId;
    event.userId ??= user;
  }
  context.sessionId = next.id;
  context.consent = { receipt };
  const at = now();
  const isYoung = at - life < crashMs;
  const entry = frozen(event, { id: messageId, life, receipt, at, isYoung, row: rowFor(receipt) });
  if (entry.bytes > eventMaxBytes) return drop('too_large', event);
  put(entry);
  wait();
  tell('event', event);
};

// --- the configuration, and the start -------------------------------------------------------------------------------------

const configure = async (cache?: RequestCache) => {
  const { host, writeKey, region = '-', config } = options;
  const got = await request(`${host}/v1/config/${writeKey}/${region}`, configMaxMs, { cache } as RequestInit);
  const known = got?.status_ === 200 ? (got.body_ as RemoteConfig) : config;
  if (!known) after(3e4, configure);
  quietly(() => start(known));
};

const start = (known: RemoteConfig | undefined) => {
  if (!begin(known) || isStarted) return;
  isStarted = true;
  // Still to be asked, or said; or the site's file asks for more than events, everywhere or here.
  if (ask[0] || place.rest) needRest();
  if (on.measurement) return go();
  // What happens meanwhile may be held, told at the grant, or granted by the region: it waits as it did for the configuration.
  after(configMaxMs, go);
  needRest().then(go);
};

const go = () => {
  if (isKnown) return;
  isKnown = true;
  waiting.forEach(quietly);
  sources.forEach(attach);
  options.sources?.match(/\S+/g)?.forEach(fetchSource);
  const shown = () => {
    tune();
    if (isShown()) drain(false);
    else leave();
  };
  onPage('online', retryNow);
  onPage('visibilitychange', shown);
  shown();
};

hear('stale', () => configure('reload'));
hear('pass', pass);
hear('keep', keep);
// What the ledger has lost is made again there; until it is, the events wait.
hear('lost', needRest);
hear('consent', () => {
  tellPage(`consent:${isStarted ? 'change' : 'ready'}`, on);
  // Taken back: what to do with what happens now.
  if (!on.measurement) needRest();
});

// --- the verbs --------------------------------------------------------------------------------------------------------------

const track = (event: string, properties: Properties = {}, context: EventContext = {}) =>
  emit('track', { event, properties, context });
const verb =
  <Name extends Named>(event: Name) =>
  (properties: Commerce[Name]) =>
    track(event, properties);
const act = (next: ConsentRecord | undefined) => {
  if (next) {
    keep(next);
    drain(true);
  }
};
const set = (decisions: Record<string, boolean>, how: Act = {}) => soon(() => act(decide(record, decisions, how)));
const withdraw = (purposes: string | string[] = 'measurement') =>
  set(Object.fromEntries([purposes].flat().map((id) => [id, false])));
const leavePerson = (how?: { keepDevice?: boolean }): void =>
  soon(() => {
    if (!record?.receipt) return;
    if (how?.keepDevice) return keep({ ...record, userId: undefined });
    return act(renewed(record));
  });

export const client: Client = {
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
  },
  checkout: verb('Checkout Started'),
  order: verb('Order Completed'),
  reset: leavePerson,
  logout: leavePerson,
  forget: () => set({ measurement: false }, { kind: 'erase' }),
  flush: async () => soon(() => drain(true)),
  consent: {
    get: () => (isKnown ? on : {}),
    set,
    withdraw,
    suspend: (purposes) => soon(() => suspend(purposes)),
    // A turn later, so that a call made before the page's sources were there is heard by them.
    show: (layer = 'preferences') => soon(() => needRest().then(() => tell('show', { layer }))),
    state: () => state(named),
    onChange: (heard) => hear('consent', heard),
  },
  on: hear,
  tell,
  debug,
  stop: () => {
    end();
    tell('stop');
  },
};

/** Once. */
export const create = (given: Options, watching: readonly Source[]): Client => {
  resolve(given);
  sources = watching;
  if (given.config) quietly(() => start(given.config));
  else configure();
  return client;
};
