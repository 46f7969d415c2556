// The public verbs, and the joining of the stations: stamp → gate → identify → buffer, then delivery. Knows no source.
// Nothing here throws into the page, and nothing is read, stored or sent before the gate has been asked.

import { after, iso, now } from './browser/clock.js';
import { cookieValues, writeCookie } from './browser/cookie.js';
import { createBus, listen, onWindow, type Stop, together } from './browser/listen.js';
import { openChannel, request, sizeOf } from './browser/net.js';
import { hasGpcSignal, hasPage, isShown, originNow } from './browser/page.js';
import { createBuffer, type Entry } from './buffer/buffer.js';
import { conclude, decide, rowOf } from './consent/decide.js';
import { type Act, type ConsentRecord, recordIn } from './consent/record.js';
import { type Effective, effective, isCurrent, type Terms, termsOf } from './consent/rules.js';
import { createDelivery } from './delivery/delivery.js';
import { permit } from './event/permit.js';
import { stamp } from './event/stamp.js';
import type { Commerce, EventContext, EventType, PageEvent, Properties } from './event/wire.js';
import { type Session, touched } from './identity/session.js';
import {
  type ConsentConfig,
  configMaxMs,
  crashMs,
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

const sessionName = 'weft_session';

export const createClient = (options: Options, sources: readonly Source[]): Client => {
  const { writeKey, host } = options;
  const bus = createBus();
  const suspended = new Set<string>();
  let stop: Stop | undefined;
  let isDebugging = false;
  let cameFrom: string | undefined;

  /** Calls that wait for the configuration. Until it is known, or cannot be had, the device is not even read. */
  let early: (() => void)[] | undefined = [];
  let { config } = options;
  let rules: ConsentConfig = {};
  let recordName: string;
  let terms: Terms;
  let record: ConsentRecord | undefined;
  let session: Session | undefined;
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
  const tell = (name: string, detail: unknown) => {
    log(name, detail);
    bus.dispatchEvent(new CustomEvent(name, { detail }));
  };
  const drop = (reason: string, event?: PageEvent) => {
    delivery.lose_(reason);
    tell('dropped', { reason, event });
  };
  /** What goes wrong in here stays in here. */
  const quietly = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      log(error);
    }
  };

  // --- the record, as all tabs see it -------------------------------------------------------------------------------------

  const write = (name: string, value?: unknown, maxAgeMs?: number) =>
    writeCookie(name, rules.storage?.domain, value, maxAgeMs);
  const keep = (next?: ConsentRecord) => {
    write(recordName, next, next && next.exp - now());
    // An old grant must not outlive a new record that the browser would not take.
    if (next && recordIn(recordName)?.rev !== next.rev) write(recordName);
    channel?.postMessage({ epoch: next?.epoch, rev: next?.rev });
    record = undefined;
    look();
  };

  /** Looks at the device again, before each event and each request: what is in force now, and what follows from a change. */
  const look = (): void => {
    let found = recordIn(recordName);
    // A tab that wrote at the same moment knew less: ours is the newer word.
    if (record && found && (found.at - record.at || found.rev - record.rev) < 0) return keep(record);
    isOpen ||= !!found?.receipt;
    // Expired: nothing is left to stand on.
    if (found && !isCurrent(found, terms)) found = write(recordName) as undefined;
    record = found;
    session = cookieValues(sessionName)[0] as Session | undefined;
    items = session?.items ?? items;
    on = effective(found?.decisions ?? {}, terms, suspended);
    if (isOpen && !found?.receipt) {
      isOpen = false;
      held = [];
      write(sessionName);
      buffer.wipe_();
    }
    const text = JSON.stringify(on);
    if (text === onText) return;
    const wasOn = /true/.test(onText);
    onText = text;
    if (on.measurement && !wasOn) release();
    tell('consent', { ...on });
  };

  const act = (next: ConsentRecord | undefined) => {
    if (!next) return;
    if (!next.receipt && !record?.receipt && rules.decision?.countRefusals === false) next.rows = [];
    keep(next);
    delivery.drain_(true);
  };
  const answer = (values: Record<string, boolean> | undefined, how: Act) => decide(record, values, how, terms);
  // --- the way of an event ------------------------------------------------------------------------------------------------

  /** Once the configuration is there, with a fresh look at the record. */
  const soon = (run: () => unknown): unknown =>
    quietly(() => {
      if (!early) {
        look();
        return run();
      }
      if (early.length < earlyCallsMax) early.push(() => soon(run));
    });

  const emit = (type: EventType, fields: Partial<PageEvent>) =>
    void quietly(() => {
      // Frozen now: the page may change its objects, and its address, while the call waits.
      const event: PageEvent = JSON.parse(JSON.stringify(stamp(type, fields, cameFrom)));
      soon(() => {
        fold(event.event ?? '', event.properties ?? {});
        if (on.measurement) return pass(event);
        const mode = options.preConsent ?? rules.preConsent?.mode ?? 'current';
        const kept = permit(event, { measurement: true, personalisation: true }, rules.redact?.query?.allow);
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
    const event = permit(stamped, on, rules.redact?.query?.allow);
    if (!event) return drop('purpose', stamped);
    const { type, userId, context } = event;
    const before = JSON.stringify(session);
    if (type === 'identify' && userId && userId !== record?.userId) {
      // Another person at the same device begins another session (S2); the first one named in a session does not.
      if (record?.userId) write(sessionName);
      keep({ ...(record as ConsentRecord), userId });
    }
    if (!session || context.active) session = touched(session, now(), items);
    if (JSON.stringify(session) !== before) write(sessionName, session, sessionBounds.idleMaxMs);
    const { epoch, receipt, anonymousId, rows } = record as ConsentRecord & { epoch: number; receipt: string };
    if (on.personalisation) {
      event.anonymousId = anonymousId;
      event.userId ??= record?.userId;
    }
    context.sessionId = session.id;
    context.consent = { receipt };
    const entry = frozen(event, {
      id: event.messageId,
      epoch,
      receipt,
      at: now(),
      row: rows?.find((row) => row.receipt === receipt),
    });
    if (entry.bytes > eventMaxBytes) return drop('too_large', event);
    buffer.put_(entry);
    delivery.added_(entry);
    tell('event', event);
  };

  const frozen = (event: PageEvent, entry: Pick<Entry, 'id' | 'epoch' | 'receipt' | 'at' | 'row'>): Entry => {
    const json = JSON.stringify(event);
    return { ...entry, on: onText, bytes: sizeOf(json), json };
  };

  const buffer = createBuffer(
    `weft-${writeKey}`,
    (entry) => {
      // A life as young as that may have lost its cookie in a crash.
      if (entry.epoch !== record?.epoch && !record?.earlier?.includes(entry.epoch) && entry.at - entry.epoch > crashMs)
        return 'foreign';
      if (entry.on === onText) return entry;
      const event = permit(JSON.parse(entry.json), on, rules.redact?.query?.allow);
      return event ? frozen(event, entry) : 'purpose';
    },
    drop,
  );
  const delivery = createDelivery(
    host,
    writeKey,
    buffer,
    {
      look_: () => {
        look();
        return { ...record, receipt: on.measurement ? record?.receipt : undefined };
      },
      note_: (noted) => record && keep({ ...record, ...noted }),
      told_: (state, receipt) => {
        look();
        if (!record || record.receipt !== receipt) return;
        if (state === 'held') {
          const { epoch, anonymousId, decisions } = record;
          const ids = { kind: 'grant' as const, receipt, epoch, visitorId: anonymousId, supersedes: undefined };
          keep({ ...record, rows: [rowOf(ids, decisions, {}, terms)] });
          return true;
        }
        if (state === 'stale') return void configure('reload');
        // Withdrawn elsewhere: what is left is a refusal. Erased: nothing is, and no default brings it back.
        terms = { ...terms, isOptIn_: true };
        keep(state === 'erased' ? undefined : { ...(answer({ measurement: false }, {}) as ConsentRecord), rows: [] });
      },
    },
    tell,
  );

  // --- the configuration, and the start -----------------------------------------------------------------------------------

  const configure = async (cache?: RequestCache) => {
    const got = await request(`${host}/v1/config/${writeKey}`, configMaxMs, { cache: cache ?? 'default' });
    if (got?.status_ === 200) config = got.body_ as RemoteConfig;
    else if (!config) after(3e4, configure);
    quietly(start);
  };

  const start = () => {
    rules = config?.consent ?? {};
    recordName = rules.storage?.name ?? 'weft_consent';
    terms = termsOf(config, options, hasGpcSignal(), recordIn(recordName));
    look();
    // Neither a policy nor an answer: there is nothing to go by yet.
    if (!config && !record) return;
    if (record) {
      // One domain, one record; written again on each visit, since some browsers keep a script's cookie for a week only.
      if (rules.storage?.domain) writeCookie(recordName);
      keep(record);
    }
    act(answer(undefined, {}));
    if (!early) return;
    const calls = early;
    early = undefined;
    for (const call of calls) call();
    const shown = () => {
      channel?.close();
      if (isShown()) {
        channel = openChannel('consent', look);
        look();
        delivery.drain_(false);
      } else delivery.leave_();
    };
    stop = together(
      ...sources.map((source) => source(client)),
      delivery.stop_,
      () => channel?.close(),
      onWindow('online', delivery.retryNow_),
      onWindow('pagehide', () => {
        held = [];
      }),
      onWindow('visibilitychange', shown),
    );
    shown();
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
      if (event < 'D') for (const one of (products as Properties[]) ?? []) fold('Product Added', one);
    }
  };
  const track = (event: string, properties: Properties = {}, context: EventContext = {}) =>
    emit('track', { event, properties, context });
  const verb =
    <Name extends Named>(event: Name) =>
    (properties: Commerce[Name]) =>
      track(event, properties);
  const withdraw = (how: Act, purposes?: string | string[]) =>
    soon(() => act(answer(Object.fromEntries([purposes ?? 'measurement'].flat().map((id) => [id, false])), how)));
  const leavePerson = (keepDevice?: boolean) =>
    soon(() => {
      if (!record?.receipt) return;
      if (keepDevice) return keep({ ...record, userId: undefined });
      items = 0;
      write(sessionName);
      act(conclude(record, record.decisions, {}, terms, true));
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
      set: (decisions, how = {}) => soon(() => act(answer(decisions, how))),
      withdraw: (purposes) => withdraw({}, purposes),
      suspend: (purposes, isClosed) =>
        soon(() => {
          for (const id of purposes) suspended[isClosed ? 'add' : 'delete'](id);
          look();
        }),
      show: () => log('no banner here'),
      onChange: (heard) => client.on('consent', heard),
    },
    on: (name, heard) => listen(bus, name, (event) => heard((event as CustomEvent).detail)),
    debug: (enabled = true) => {
      isDebugging = enabled;
    },
    stop: () => stop?.(),
  };
  if (hasPage()) {
    if (config) quietly(start);
    else void configure();
  }
  return client;
};
