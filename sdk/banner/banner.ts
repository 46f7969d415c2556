// The consent banner: fetched only where something is to be asked or shown. Owns when which layer is on the page, and
// turns what was pressed into one call of `consent.set`. It stores nothing, and decides nothing that nobody pressed.

import { pause } from '../browser/clock.js';
import { copy, firstInBody, languages, onFailure, whenBody } from '../browser/element.js';
import { brought } from '../browser/net.js';
import type { Client, Source } from '../client.js';
import type { Act } from '../consent/record.js';
import type { ConsentDocument, Layer, Scene, Texts } from './document.js';
import { type Drawn, first, link } from './first.js';
import { matched } from './locale.js';
import { signalled } from './parts.js';
import { preferences } from './preferences.js';
import { erase, takeOut } from './rights.js';
import { sheetOf } from './style.js';
import { variantOf } from './variant.js';

/** What the client tells of how things stand; of the document, what the banner reads. */
type State = Omit<ReturnType<Client['consent']['state']>, 'config'> & { config: ConsentDocument };

const wordsMaxMs = 1e4;
/** After a failure: a network that comes and goes deserves another try, a missing file does not deserve many. */
const retriesMs = [2e3, 8e3];

export const start: Source = (client: Client) => {
  const { consent, tell } = client;
  const stateNow = () => consent.state() as State;
  let isOver = false;
  let loading: Promise<{ texts: Texts; locale: string } | undefined> | undefined;
  let place: ReturnType<typeof firstInBody> | undefined;
  let question: (Drawn & { about: string }) | undefined;
  let dialog: (Drawn<HTMLDialogElement> & { about: string }) | undefined;
  let answered: string | undefined;

  const aboutNow = () => JSON.stringify(stateNow().decisions);
  const failed = (error: unknown) => void tell('error', error);
  onFailure(failed);

  const load = async ({ config, host }: State) => {
    const locale = matched(config, languages());
    const href = config.texts?.[locale]?.href;
    for (const waitMs of [...retriesMs, 0]) {
      const texts = href && (await brought(new URL(href, host).href, wordsMaxMs));
      if (texts) return { texts: texts as Texts, locale };
      if (waitMs) await pause(waitMs);
    }
    // Without words nothing can be asked, so nothing is answered: the gate stays shut. The next call tries again.
    loading = undefined;
    tell('error', new Error(`The banner has no words: ${href} cannot be fetched.`));
  };

  const sceneOf = (state: State, words: { texts: Texts; locale: string }): Scene => {
    const scene: Scene = {
      ...state,
      ...words,
      // The record's own, where there is one.
      since: (state.record?.policy as { version?: string } | undefined)?.version,
      on: consent.get(),
      objected: idsOf(state.config).filter((id) => state.decisions[id]?.source === 'object'),
      receiptHref: `${state.host}/v1/receipts/${state.receipt}`,
      isKnown: !!state.anonymousId,
    };
    // What counts without anybody says so, if it does here; so does what knows that nothing can be decided here.
    tell('scene', scene);
    return scene;
  };

  const idsOf = ({ purposes = [] }: ConsentDocument) => purposes.filter(({ always }) => !always).map(({ id }) => id);
  const valuesOf = (ids: readonly string[], value: boolean) => Object.fromEntries(ids.map((id) => [id, value]));

  /** What the buttons of a layer do. Both layers have them, and they do the same in both. */
  const actsOf = (layer: Layer, scene: Scene, drawn: () => Drawn) => {
    const { config, ask, signal, since, locale } = scene;
    const all = idsOf(config);
    const against = signalled(config);
    const asked = layer === 'first' ? ask : all;
    const answer = async (values: Record<string, boolean>, action: string, more: Act = {}, odd?: readonly string[]) => {
      const variant = variantOf(scene, all, odd);
      const textHash = await drawn().words.hash();
      if (isOver) return;
      // Where the browser keeps no record the question stays open; it is not put twice on one page.
      answered = `${stateNow().ask}`;
      consent.set(values, { source: 'banner', layer, action, locale, textHash, variant, ...more } as Act);
      dialog?.root.close();
      await update();
    };
    // Asked about one thing alone, a person answers that alone.
    const reject = (action: string) => answer(valuesOf(layer === 'first' && since ? ask : all, false), action);
    return {
      // What the browser's signal is against is never part of "all".
      accept: () =>
        answer(
          valuesOf(
            asked.filter((id) => !signal || !against.includes(id)),
            true,
          ),
          'accept-all',
        ),
      reject: () => reject('reject-all'),
      close: config.decision?.onClose === 'reject' ? () => reject('close') : undefined,
      optOut: () => answer(valuesOf(against, false), 'link'),
      oppose: () => answer({ measurement: false }, 'link', { kind: 'object' }),
      save: (values: Record<string, boolean>, odd: readonly string[], gpcAck: boolean) =>
        answer(values, 'save', { gpcAck }, odd),
    };
  };

  const root = (scene: Scene) => (place ??= firstInBody(sheetOf(scene.config))).root;

  /** Puts the first layer, or the opt-out's link, as things stand; takes away what is answered. */
  const update = async (mayAsk = !!question) => {
    const state = stateNow();
    const { ask, signal, region, config } = state;
    const isLink = region.ui === 'link' || (region.gpcStatus && signal);
    const kind = ask[0] && region.ui === 'banner' && mayAsk && `${ask}` !== answered ? 'first' : isLink ? 'link' : '';
    const about = JSON.stringify([kind, ask, kind === 'link' && signalled(config).map((id) => consent.get()[id])]);
    if (question?.about === about && question.root.isConnected) return;
    if (!kind) {
      question?.root.remove();
      question = undefined;
      return tidy();
    }
    const words = await (loading ??= load(state));
    if (!words || isOver) return;
    // While the words came, things may have changed, or another call may have drawn the same.
    if (`${stateNow().ask}` !== `${ask}`) return update(mayAsk);
    if (question?.about === about && question.root.isConnected) return;
    const scene = sceneOf(state, words);
    const drawn: Drawn = (kind === 'first' ? first : link)(scene, {
      ...actsOf('first', scene, () => drawn),
      choose: () => show('preferences'),
    });
    const had = question?.root;
    question = { ...drawn, about };
    if (had?.isConnected) had.replaceWith(drawn.root);
    else root(scene).prepend(drawn.root);
  };

  const openPreferences = async () => {
    const state = stateNow();
    const words = await (loading ??= load(state));
    if (!words || isOver || dialog?.root.open) return;
    const scene = sceneOf(state, words);
    const { host, receipt, anonymousId: visitorId } = state;
    const proof = { visitorId, receipt };
    const drawn: Drawn<HTMLDialogElement> = preferences(scene, {
      ...actsOf('preferences', scene, () => drawn),
      copy,
      download: () => takeOut(host, proof),
      erase: async () => {
        const isTaken = await erase(host, proof);
        if (isTaken) {
          client.forget();
          tell('erased');
        }
        return isTaken;
      },
    });
    dialog = { ...drawn, about: aboutNow() };
    drawn.root.addEventListener('close', () => {
      drawn.root.remove();
      dialog = undefined;
      tidy();
    });
    root(scene).append(drawn.root);
    drawn.root.showModal();
  };

  /** Nothing of ours stays in a page that nothing is shown in. */
  const tidy = () => {
    if (question || dialog) return;
    place?.remove();
    place = undefined;
  };

  const show = (layer: Layer) =>
    whenBody(() => !isOver && void (layer === 'first' ? update(true) : openPreferences()).catch(failed));

  const stops = [
    client.on<{ layer: Layer }>('show', ({ layer }) => show(layer)),
    // Answered here, by the site, or in another tab: what is open then shows what no longer is.
    consent.onChange(() => {
      if (dialog?.about !== aboutNow()) dialog?.root.close();
      update().catch(failed);
    }),
  ];
  whenBody(() => !isOver && void update().catch(failed));
  return () => {
    isOver = true;
    for (const stop of stops) stop();
    dialog?.root.close();
    place?.remove();
  };
};
