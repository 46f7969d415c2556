// The public verbs, and the joining of the stations: stamp → gate → identify → buffer, then delivery. Knows no source.
// Nothing here throws into the page, and nothing is read, stored or sent before the gate has been asked.

import { after, iso, now } from './browser/clock.js';
import { cookieValues, readCookies, writeCookie } from './browser/cookie.js';
import { onDocument, onWindow, type Stop, together } from './browser/listen.js';
import { openChannel, request, sizeOf } from './browser/net.js';
import { hasGpcSignal, hasPage, isShown, originNow } from './browser/page.js';
import { createBuffer } from './buffer/buffer.js';
import { conclude, decide, rowOf } from './consent/decide.js';
import { type Act, type ConsentRecord, type Row, recordIn } from './consent/record.js';
import { type Effective, effective, isCurrent, termsOf } from './consent/rules.js';
import { createDelivery } from './delivery/delivery.js';
import { permit } from './event/permit.js';
import { stamp } from './event/stamp.js';
import type { Commerce, EventContext, EventType, PageEvent, Properties } from './event/wire.js';
import { type Ids, touched } from './identity/ids.js';
import {
  configMaxMs,
  earlyCallsMax,
  eventMaxBytes,
  heldBounds,
  type Options,
  type RemoteConfig,
  sessionBounds,
} from './options.js';

/** Watches the page and calls the client; what it returns ends the watching. */
export type Source = (client: Client) => Stop;

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
    /** Items in the cart as far as this device knows. */
    items: () => number;
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
    show: () => void;
    onChange: (heard: (now: Effective) => void) => Stop;
  };
  on: <Detail>(name: string, heard: (detail: Detail) => void) => Stop;
  debug: (enabled?: boolean) => void;
  stop: () => void;
}

const idsName = 'weft_id';
const crashMs = 6e4;

export const createClient = (options: Options, sources: readonly Source[]): Client => {
  const { writeKey, host } = options;
  const listeners: [name: string, heard: (detail: never) => void][] = [];
  const suspended = new Set<string>();
  let stop: Stop = () => {};
  let isDebugging = false;
  let cameFrom: string | undefined;

  /** Calls that wait for the configuration. Until it is known, or cannot be had, the device is not even read. */
  let early: (() => void)[] | undefined = [];
  let config: RemoteConfig | undefined;
  let terms = termsOf(config, options, false);
  let record: ConsentRecord | undefined;
  let ids: Ids | undefined;
  let cookies: string | undefined;
  let on: Effective = {};
  let onText = '{}';
  /** This page has used a grant; when the grant ends, everything that it permitted is wiped. */
  let isOpen = false;
  let held: PageEvent[] = [];
  /** A page view went by while nobody had answered. */
  let isMissed = false;
  /** What is in the cart now: told at a grant, never as a history of clicks. */
  let lines: Record<string, Properties> = {};
  let items = 0;
  let channel: BroadcastChannel | undefined;

  // --- what is told -------------------------------------------------------------------------------------------------------

  const log = (...parts: unknown[]) => {
    if (isDebugging) console.debug('weft', ...parts);
  };
  const guarded =
    <Args extends unknown[], Result>(run: (...args: Args) => Result) =>
    (...args: Args): Result | undefined => {
      try {
        return run(...args);
      } catch (error) {
        log('error', error);
      }
    };
  const tell = (name: string, detail: unknown) => {
    log(name, detail);
    for (const [wanted, heard] of listeners) if (wanted === name) guarded(heard)(detail as never);
  };
  const drop = (reason: string, event?: PageEvent) => tell('dropped', { reason, event });
  const lose = (reason: string) => {
    delivery.lose_(reason);
    drop(reason);
  };

  // --- the record and the ids, as all tabs see them -----------------------------------------------------------------------

  const rules = () => config?.consent ?? {};
  const recordName = () => rules().storage?.name ?? 'weft_consent';
  const allow = () => rules().redact?.query?.allow;
  const write = (name: string, value?: unknown, maxAgeMs = 0) => {
    writeCookie(name, value, maxAgeMs, rules().storage?.domain);
    cookies = readCookies();
  };
  const save = (next: Ids) => {
    if (JSON.stringify(ids) === JSON.stringify((ids = next))) return;
    write(idsName, ids, ids.anonymousId ? (record as ConsentRecord).exp - now() : sessionBounds.idleMaxMs);
  };
  const keep = (next?: ConsentRecord) => {
    record = next;
    write(recordName(), next, next && next.exp - now());
    // An old grant must not outlive a new record that the browser would not take.
    if (next && recordIn(cookies as string, recordName())?.rev !== next.rev) write(recordName());
    channel?.postMessage({ epoch: next?.epoch, rev: next?.rev });
    judge();
  };
  /** Looks at the device again; called before each event and each request, and cheap where nothing has changed. */
  const look = () => {
    const found = readCookies();
    if (found !== cookies) {
      cookies = found;
      const theirs = recordIn(found, recordName());
      // A tab that wrote at the same moment knew less: ours is the newer word.
      if (record && theirs && (theirs.at - record.at || theirs.rev - record.rev) < 0) return keep(record);
      record = theirs;
      ids = (cookieValues(found, idsName) as Ids[]).find((one) => one?.epoch === record?.epoch);
      items = ids?.cartItems ?? items;
    }
    judge();
  };

  /** What is in force now, and what follows from a change. */
  const judge = (): void => {
    const { receipt, decisions = {} } = record ?? {};
    isOpen ||= !!receipt;
    // Expired: nothing is left to stand on.
    if (receipt && !isCurrent(record as ConsentRecord, terms, now())) return keep();
    on = effective(decisions, terms, now(), suspended);
    if (!receipt) {
      // What a region grants by default is in force with its receipt, not before.
      for (const id in on) on[id] &&= null;
      if (isOpen) {
        isOpen = false;
        held = [];
        ids = undefined;
        write(idsName);
        buffer.wipe_();
      }
    }
    const text = JSON.stringify(on);
    if (text === onText) return;
    const wasOn = /true/.test(onText);
    onText = text;
    if (on.measurement && !wasOn) release();
    tell('consent', { ...on });
  };

  const act = (next: ReturnType<typeof decide>) => {
    if (!next) return;
    const { epoch, decisions, rows } = next;
    const { kind, visitorId } = rows[rows.length - 1] as Row;
    if (kind === 'refuse' && rules().decision?.countRefusals === false) rows.pop();
    if (epoch) {
      const isDenied = decisions.personalisation?.value === 'denied';
      record = next;
      save({
        ...touched(ids, epoch, now()),
        anonymousId: isDenied ? undefined : (visitorId ?? ids?.anonymousId),
        userId: isDenied ? undefined : ids?.userId,
      });
    }
    keep(next);
    delivery.drain_(true);
  };
  const decideOn = (values: Record<string, boolean | undefined>, how: Act) =>
    decide(record, values, how, terms, now(), ids?.anonymousId);
  const refuse = (purposes: readonly string[], how: Act) =>
    decideOn(Object.fromEntries(purposes.map((id) => [id, false])), how);
  const afresh = () => act(conclude(record, (record as ConsentRecord).decisions, {}, terms, now(), undefined, true));

  // --- the way of an event ------------------------------------------------------------------------------------------------

  /** Once the configuration is there, with a fresh look at the record; what goes wrong stays here. */
  const soon = guarded((run: () => unknown): unknown => {
    if (!early) {
      look();
      return run();
    }
    if (early.length < earlyCallsMax) early.push(() => soon(run));
  });

  const emit = guarded((type: EventType, fields: Partial<PageEvent>): void => {
    // Frozen now: the page may change its objects, and its address, while the call waits.
    const event: PageEvent = JSON.parse(JSON.stringify(stamp(type, fields, cameFrom)));
    soon(() => {
      const { event: name = '', properties = {} } = event;
      guarded(fold)(name, properties);
      if (on.measurement) return pass(event);
      const mode = options.preConsent ?? rules().preConsent?.mode ?? 'current';
      if (on.measurement === null && mode === 'hold') {
        held.push(permit(event, { measurement: true, personalisation: true }, allow()) ?? event);
        tell('held', event);
        if (held.length <= heldBounds.countMax && JSON.stringify(held).length <= heldBounds.charsMax) return;
        held.pop();
      }
      isMissed ||= type === 'page' && mode === 'current';
      drop('no_consent', event);
    });
  });

  /** A grant has come. It does not reach backwards: what was held is marked, else only the present is told. */
  const release = () => {
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
    const event = permit(stamped, on, allow());
    if (!event) return drop('purpose', stamped);
    if (on.personalisation && !ids?.anonymousId) afresh();
    const { epoch, receipt } = record as { epoch: number; receipt: string };
    const { type, userId, context } = event;
    let next = ids && context.active === false ? ids : touched(ids, epoch, now());
    if (type === 'identify' && userId && userId !== next.userId) {
      // Another person at the same device begins another session (S2); the first one named in a session does not.
      if (next.userId) next = touched({ ...next, activeAt: 0 }, epoch, now());
      next = { ...next, userId };
    }
    save({ ...next, cartItems: items });
    if (on.personalisation) {
      event.anonymousId = next.anonymousId;
      event.userId ??= next.userId;
    }
    context.sessionId = next.sessionId;
    context.consent = { receipt };
    const json = JSON.stringify(event);
    const entry = {
      id: event.messageId,
      epoch,
      receipt,
      at: Date.parse(event.timestamp),
      on: onText,
      bytes: sizeOf(json),
      json,
      row: record?.rows?.find((one) => one.receipt === receipt),
    };
    if (entry.bytes > eventMaxBytes) return lose('too_large');
    buffer.put_(entry);
    delivery.added_(entry);
    tell('event', event);
  };

  const buffer = createBuffer(
    `weft-${writeKey}`,
    (entry) => {
      // A record as young as that may have been lost in a crash: browsers keep a new cookie from the disk for half a minute.
      if (entry.epoch !== record?.epoch && !ids?.earlier?.includes(entry.epoch) && entry.at - entry.epoch > crashMs)
        return 'foreign';
      if (entry.on === onText) return entry;
      const event = permit(JSON.parse(entry.json), on, allow());
      if (!event) return 'purpose';
      const json = JSON.stringify(event);
      return { ...entry, on: onText, bytes: sizeOf(json), json };
    },
    lose,
  );
  const delivery = createDelivery(
    host,
    writeKey,
    buffer,
    {
      look_: () => {
        look();
        return record;
      },
      receipt_: () => (on.measurement ? record?.receipt : undefined),
      note_: (noted) => record && keep({ ...record, ...noted }),
      told_: (state, told) => {
        look();
        const { receipt, epoch, decisions } = record ?? {};
        if (receipt !== told || !record || !decisions) return;
        if (state === 'held') {
          const row = { kind: 'grant' as const, receipt, epoch, supersedes: undefined, visitorId: ids?.anonymousId };
          keep({ ...record, rows: [rowOf(row, decisions, {}, terms, now())] });
          return true;
        }
        if (state === 'stale') return void configure('reload');
        // Withdrawn elsewhere: what is left is a refusal. Erased: nothing is, and no default brings it back.
        terms = { ...terms, isOptIn_: true };
        const refused = state === 'withdrawn' && refuse(Object.keys(decisions), {});
        keep(refused ? { ...refused, rows: undefined } : undefined);
      },
    },
    tell,
  );

  // --- the configuration, and the start -----------------------------------------------------------------------------------

  const configure = async (cache?: RequestCache) => {
    const got = await request(`${host}/v1/config/${writeKey}`, configMaxMs, { cache: cache ?? 'default' });
    if (got?.status_ === 200) config = got.body_ as RemoteConfig;
    else if (!config) after(3e4, configure);
    guarded(start)();
  };

  const start = () => {
    terms = termsOf(config, options, hasGpcSignal());
    look();
    // Neither a policy nor an answer: there is nothing to go by yet.
    if (!config && !record) return;
    if (record) {
      // One domain, one record; written again on each visit, since some browsers keep a script's cookie for a week only.
      if (rules().storage?.domain) writeCookie(recordName(), 0, 0, null);
      keep(record);
    }
    if (config) act(decideOn({}, {}));
    if (!early) return;
    const calls = early;
    early = undefined;
    for (const call of calls) call();
    const tune = () => {
      channel = openChannel('consent', guarded(look));
    };
    const leave = () => {
      held = [];
      delivery.leave_();
      channel?.close();
    };
    stop = together(
      ...sources.map((source) => guarded(source(client))),
      delivery.stop_,
      leave,
      onWindow('online', delivery.retryNow_),
      onWindow('pagehide', leave),
      onWindow('pageshow', () => {
        tune();
        look();
      }),
      onDocument('visibilitychange', () => (isShown() ? delivery.drain_(false) : delivery.leave_())),
    );
    delivery.drain_(false);
    tune();
  };

  // --- the verbs ----------------------------------------------------------------------------------------------------------

  const fold = (event: string, { products, quantity = 1, ...product }: Properties) => {
    const by =
      event === 'Product Added' ? +(quantity as number) : event === 'Product Removed' ? -(quantity as number) : 0;
    if (by) {
      const key = [product.variant, product.sku, product.product_id].join();
      const left = ((lines[key]?.quantity as number) || 0) + by;
      if (left > 0) lines[key] = { ...product, quantity: left };
      else delete lines[key];
      items = Math.max(0, items + by);
    } else if (/^(Cart [VU]|Order Co)/.test(event)) {
      lines = {};
      items = 0;
      if (/^C/.test(event)) for (const one of products as Properties[]) fold('Product Added', one);
    }
  };
  const track = (event: string, properties: Properties = {}, context: EventContext = {}) =>
    emit('track', { event, properties, context });
  const verb =
    <Name extends Named>(event: Name) =>
    (properties: Commerce[Name]) =>
      track(event, properties);
  const withdraw = (how: Act, purposes?: string | string[]) =>
    soon(() => act(refuse([purposes ?? Object.keys(on)].flat(), how)));
  const leavePerson = (keepDevice?: boolean) =>
    soon(() => {
      if (!ids || !record?.epoch) return;
      const left = { ...ids, userId: undefined };
      if (keepDevice) return save(left);
      items = 0;
      ids = {
        ...left,
        anonymousId: undefined,
        activeAt: 0,
        earlier: [record.epoch, ...(ids.earlier ?? [])].slice(0, 5),
      };
      afresh();
    });
  const client: Client = {
    page: (name, properties) => {
      const isNamed = typeof name === 'string';
      emit('page', { name: isNamed ? name : undefined, properties: isNamed ? properties : name });
      cameFrom = originNow();
    },
    track,
    identify: (userId, traits, options) => {
      const isNamed = userId && typeof userId !== 'object';
      emit('identify', {
        userId: isNamed ? `${userId}` : undefined,
        traits: isNamed ? traits : (userId as Properties) || traits,
        context: { identityProof: options?.proof },
      });
    },
    alias: (userId, previousId) => soon(() => emit('alias', { userId, previousId: previousId ?? ids?.anonymousId })),
    group: (groupId, traits) => emit('group', { groupId, traits }),
    cart: {
      add: verb('Product Added'),
      remove: verb('Product Removed'),
      update: verb('Cart Updated'),
      view: verb('Cart Viewed'),
      items: () => items,
    },
    checkout: verb('Checkout Started'),
    order: verb('Order Completed'),
    reset: () => leavePerson(),
    logout: (how) => leavePerson(how?.keepDevice),
    forget: () => withdraw({ kind: 'erase' }),
    flush: async () => soon(() => delivery.drain_(true)),
    consent: {
      get: () => ({ ...on }),
      set: (decisions, how = {}) => soon(() => act(decideOn(decisions, how))),
      withdraw: (purposes) => withdraw({}, purposes),
      suspend: (purposes, isClosed) =>
        soon(() => {
          for (const id of purposes) suspended[isClosed ? 'add' : 'delete'](id);
          judge();
        }),
      show: () => log('no banner here'),
      onChange: (heard) => client.on('consent', heard),
    },
    on: (name, heard) => {
      const entry: (typeof listeners)[0] = [name, heard];
      listeners.push(entry);
      return () => void listeners.splice(listeners.indexOf(entry), 1);
    },
    debug: (enabled = true) => {
      isDebugging = enabled;
    },
    stop: () => stop(),
  };
  if (hasPage()) {
    config = options.config;
    if (config) guarded(start)();
    else void configure();
  }
  return client;
};
