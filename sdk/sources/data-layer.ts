// GA4's data layer as a source: what a shop pushes for its tag manager becomes our events, with no new code in the shop.
// Pushes made before we came are replayed, later ones are seen by wrapping `push`; the page's own push is always made
// first, its return value handed on, and nothing that goes wrong here is thrown into it. What a push means: ga4.ts.

import { pageDocument, pageGlobals } from '../browser/host.js';
import { onDocument, onWindow, type Stop } from '../browser/listen.js';
import type { Client } from '../client.js';
import { createReader, type Told } from './ga4.js';
import { memoryOf } from './twice.js';

const replayedMax = 1_000;
const sourceName = 'data-layer';

export interface DataLayerSettings {
  /** Name of the global array; tag managers let a page choose another. */
  name?: string;
  /** `gtag`: a consent update decides, here too. Otherwise it can only close the gate. */
  consentFrom?: 'gtag';
}

type Push = (...pushed: unknown[]) => unknown;
type Layer = Omit<unknown[], 'push'> & { push: Push };

/** Of the script tag we were asked for by; a chunk has no `currentScript`. */
const settingsOfPage = (): DataLayerSettings => {
  const { consentFrom, dataLayer } =
    pageDocument().querySelector<HTMLElement>('script[data-key][data-sources]')?.dataset ?? {};
  return { ...(consentFrom === 'gtag' && { consentFrom }), ...(dataLayer && { name: dataLayer }) };
};

/** Seen by any start on this page: a source that is stopped and started again must not tell the past twice. */
const replayed = new WeakSet<object>();

export const dataLayer = (client: Client, settings: DataLayerSettings = settingsOfPage()): Stop => {
  const globals = pageGlobals() as Record<string, Layer | undefined>;
  const name = settings.name ?? 'dataLayer';
  const memory = memoryOf(client);
  const read = createReader();
  const unwraps: Stop[] = [];
  const closed = new Set<string>();
  let isStopped = false;
  let userId: string | undefined;
  let waiting: Told[] = [];

  const isOurs = () =>
    !!(client.consent.state().config as { bridges?: { googleConsentMode?: boolean } }).bridges?.googleConsentMode;

  const hearConsent = ({ mode, granted }: Told & { kind: 'consent' }) => {
    for (const [purpose, isGranted] of Object.entries(granted)) closed[isGranted ? 'delete' : 'add'](purpose);
    client.consent.suspend([...closed]);
    // A default is what holds until somebody is asked: it decides nothing.
    if (settings.consentFrom === 'gtag' && mode === 'update')
      client.consent.set(granted, { source: 'gtag', action: 'update' });
  };

  const tell = (told: Told) => {
    // Where we tell Google's tags what was decided, hearing it again would be hearing ourselves.
    if (told.kind === 'consent') return isOurs() ? undefined : hearConsent(told);
    if (told.kind === 'identify') {
      if (told.userId === userId) return;
      userId = told.userId;
      return client.identify(userId);
    }
    const { event, properties, warnings } = told;
    if (!memory.isNew(sourceName, event, properties)) return;
    client.track(event, properties, { source: sourceName, ...(warnings.length > 0 && { warnings }) });
  };

  const tellAll = () => {
    const all = waiting;
    waiting = [];
    if (isStopped) return;
    for (const told of all) {
      try {
        tell(told);
      } catch {
        // The client does not throw; a page that put something of its own in its place may.
      }
    }
  };

  const see = (pushed: unknown) => {
    try {
      const told = read(pushed);
      // At the end of the present turn: a shop that also calls us by name, in the same handler, is then heard first.
      if (waiting.length === 0 && told.length > 0) queueMicrotask(tellAll);
      waiting.push(...told);
    } catch {
      // A push with a getter that throws is the page's affair.
    }
  };

  const attach = () => {
    const found = globals[name];
    const isMade = !found;
    const layer = found ?? ([] as unknown as Layer);
    if (isMade) globals[name] = layer;
    if (!Array.isArray(layer) && typeof (layer as { push?: unknown }).push !== 'function') return;
    const original = layer.push;
    for (const pushed of Array.from(layer as unknown[]).slice(-replayedMax)) {
      if (typeof pushed !== 'object' || pushed === null || replayed.has(pushed)) continue;
      replayed.add(pushed);
      see(pushed);
    }
    const wrapped: Push = function (this: unknown, ...pushed) {
      const result = original.apply(this as Layer, pushed);
      if (!isStopped) {
        for (const one of pushed) {
          if (typeof one === 'object' && one !== null) replayed.add(one);
          see(one);
        }
      }
      return result;
    };
    layer.push = wrapped;
    unwraps.push(() => {
      // Whoever wrapped it after us keeps calling ours, which is silent now.
      if (layer.push === wrapped) {
        if (Object.getPrototypeOf(layer)?.push === original) delete (layer as { push?: Push }).push;
        else layer.push = original;
      }
      if (isMade && layer.length === 0 && globals[name] === layer) delete globals[name];
    });
    attached = layer;
  };

  /** A page may write `dataLayer = [...]` after us. */
  let attached: Layer | undefined;
  const attachAgain = () => {
    if (globals[name] !== attached) attach();
  };

  attach();
  unwraps.push(onDocument('DOMContentLoaded', attachAgain), onWindow('load', attachAgain));

  return () => {
    isStopped = true;
    client.consent.suspend([]);
    for (const unwrap of unwraps.splice(0)) unwrap();
  };
};

export const start = (client: Client): Stop => dataLayer(client);
