// @ts-check
// The page's own script: says times in the reader's zone, mends an open page when something changed, adds rows to the live
// table. Everything here is a comfort; without it each page still says all it has to say.

(() => {
  const main = /** @type {HTMLElement} */ (document.getElementById('main'));
  const told = /** @type {HTMLElement} */ (document.getElementById('told'));
  if (!main || !told) return;

  // ── Times: the same words as kit/time.tsx, in the reader's zone ──────────────────────────────────────────────────────

  /** The server's clock, so that a wrong clock here tells no wrong ages. */
  const ahead = Number(main.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;

  const day = /** @type {const} */ ({ day: 'numeric', month: 'short', year: 'numeric' });
  const clock = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const dated = new Intl.DateTimeFormat('en-GB', { ...day, ...clock });
  const timed = new Intl.DateTimeFormat('en-GB', clock);
  const dayed = new Intl.DateTimeFormat('en-GB', day);

  /** @param {number} ms */
  const duration = (ms) => {
    const size = Math.max(0, ms);
    if (size < 60_000) return `${Math.round(size / 1_000)} s`;
    if (size < 600_000) {
      const seconds = Math.round((size % 60_000) / 1_000);
      const minutes = Math.floor(size / 60_000);
      return seconds === 60 ? `${minutes + 1} min` : seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
    }
    if (size < 3_600_000) return `${Math.floor(size / 60_000)} min`;
    if (size < 86_400_000) {
      const minutes = Math.floor((size % 3_600_000) / 60_000);
      const hours = Math.floor(size / 3_600_000);
      return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
    }
    const days = Math.floor(size / 86_400_000);
    return days === 1 ? '1 day' : `${days} days`;
  };
  /** @param {number} ms */
  const ago = (ms) => {
    if (ms < 5_000) return 'just now';
    if (ms < 60_000) return `${Math.floor(ms / 1_000)} s ago`;
    if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
    if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`;
    const days = Math.floor(ms / 86_400_000);
    return days === 1 ? 'yesterday' : days < 7 ? `${days} days ago` : '';
  };
  /**
   * @param {number} at
   * @param {string | undefined} as
   */
  const words = (at, as) => {
    switch (as) {
      case 'clock':
        return timed.format(at);
      case 'day':
        return dayed.format(at);
      case 'ago':
        return ago(now() - at) || dayed.format(at);
      case 'until':
        return at <= now() ? 'now' : `in ${duration(at - now())}`;
      default:
        return dated.format(at);
    }
  };
  /** @param {Element} element @param {string} text */
  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  /** @param {ParentNode} within */
  const tellTimes = (within) => {
    for (const element of within.querySelectorAll('time')) {
      const at = Date.parse(element.dateTime);
      // One that says no `as` is part of a proof, and stays in UTC.
      if (Number.isNaN(at) || element.dataset.as === undefined) continue;
      say(element, words(at, element.dataset.as));
      if (element.title) element.title = dated.format(at);
    }
    for (const element of within.querySelectorAll('[data-hour]')) {
      say(element, timed.format(Date.parse(/** @type {SVGElement} */ (element).dataset.hour ?? '')));
    }
  };
  tellTimes(document);
  setInterval(() => {
    if (document.hidden) return;
    for (const element of main.querySelectorAll('time')) {
      if (element.dataset.as !== 'ago' && element.dataset.as !== 'until') continue;
      const at = Date.parse(element.dateTime);
      if (!Number.isNaN(at)) say(element, words(at, element.dataset.as));
    }
  }, 1_000);

  // ── What whoever listens is told ─────────────────────────────────────────────────────────────────────────────────────

  let toldAt = 0;
  /** @param {string} text not more often than can be listened to */
  const announce = (text) => {
    if (Date.now() - toldAt < 4_000) return;
    toldAt = Date.now();
    told.textContent = text;
  };
  /** @type {HTMLElement | null} */
  let banner = null;
  /** @param {string | null} text @param {[string, string]} [link] */
  const trouble = (text, link) => {
    banner?.remove();
    banner = null;
    if (text === null) return;
    banner = document.createElement('div');
    banner.className = 'notice warn banner';
    banner.setAttribute('role', 'status');
    const paragraph = document.createElement('p');
    paragraph.textContent = `${text} `;
    if (link) {
      const anchor = document.createElement('a');
      anchor.href = link[0];
      anchor.textContent = link[1];
      paragraph.append(anchor);
    }
    banner.append(paragraph);
    document.body.insertBefore(banner, main);
  };
  const toLogin = () => `/login?next=${encodeURIComponent(location.pathname)}`;

  // ── Asking again: one loop for every page that stays true by itself ──────────────────────────────────────────────────

  /**
   * `ask` resolves to whether something changed, rejects when there is no answer, and stops the loop with `stop`.
   * @param {number} everyMs
   * @param {() => Promise<boolean | 'stop'>} ask
   */
  const loop = (everyMs, ask) => {
    let failures = 0;
    let changedAt = Date.now();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let running = false;
    let stopped = false;
    let paused = false;
    const turn = async () => {
      clearTimeout(timer);
      if (running || stopped || paused || document.hidden) return;
      running = true;
      try {
        const answer = await ask();
        if (answer === 'stop') stopped = true;
        else if (answer) changedAt = Date.now();
        if (failures > 0 && !stopped) trouble(null);
        failures = 0;
      } catch {
        failures += 1;
        if (failures === 2) trouble('The collector does not answer. Trying again …');
      }
      running = false;
      if (stopped) return;
      // A page left open over night asks less often; whoever comes back sees it fresh at once.
      const isForgotten = Date.now() - changedAt > 600_000;
      timer = setTimeout(
        turn,
        failures > 0 ? Math.min(10_000, everyMs * 2 ** failures) : isForgotten ? 5_000 : everyMs,
      );
    };
    document.addEventListener('visibilitychange', turn);
    for (const sign of ['pointerdown', 'keydown', 'focus']) {
      window.addEventListener(sign, () => {
        if (Date.now() - changedAt <= 600_000) return;
        changedAt = Date.now();
        turn();
      });
    }
    timer = setTimeout(turn, everyMs);
    return {
      /** @param {boolean} whether */
      pause: (whether) => {
        paused = whether;
        if (!paused) turn();
      },
    };
  };
  const asking = { 'X-Weft-Refresh': '1', Accept: 'text/html' };

  // ── Mending a page: what is the same stays as it is, with its focus, its scroll and its opened details ───────────────

  /** @param {Node} node */
  const keyOf = (node) => (node instanceof Element ? (node.getAttribute('data-key') ?? node.getAttribute('id')) : null);
  /** @type {string[]} */
  let news = [];
  /** @param {Node} from @param {Node} to */
  const mend = (from, to) => {
    if (from instanceof CharacterData && to instanceof CharacterData) {
      if (from.data !== to.data) from.data = to.data;
      return;
    }
    if (!(from instanceof Element) || !(to instanceof Element)) return;
    for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    for (const { name } of [...from.attributes]) {
      const isOpened = name === 'open' && from.nodeName === 'DETAILS';
      if (!to.hasAttribute(name) && !isOpened) from.removeAttribute(name);
    }
    /** @type {Map<string, Element>} */
    const keyed = new Map();
    for (const child of from.children) {
      const key = keyOf(child);
      if (key !== null) keyed.set(key, child);
    }
    /** @type {ChildNode | null} */
    let at = from.firstChild;
    for (const want of to.childNodes) {
      const key = keyOf(want);
      /** @type {ChildNode | null | undefined} */
      const have = key === null ? (at !== null && keyOf(at) === null ? at : null) : keyed.get(key);
      if (have && have.nodeName === want.nodeName) {
        if (have === at) at = at.nextSibling;
        else from.insertBefore(have, at);
        mend(have, want);
      } else {
        const added = document.importNode(want, true);
        from.insertBefore(added, at);
        if (added instanceof HTMLElement && added.dataset.key !== undefined) {
          added.classList.add('fresh');
          const event = added.dataset.told === undefined ? added.querySelector('[data-told]') : added;
          if (event instanceof HTMLElement && event.dataset.told) news.push(event.dataset.told);
        }
      }
    }
    while (at !== null) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  };

  const everyMs = Number(main.dataset.refresh);
  if (everyMs > 0) {
    let version = main.dataset.version ?? '';
    loop(everyMs, async () => {
      const response = await fetch(location.pathname + location.search, {
        headers: { ...asking, 'If-None-Match': `"${version}"` },
        cache: 'no-store',
      });
      if (response.status === 304) return false;
      if (response.status === 401) {
        trouble('You are logged out.', [toLogin(), 'Log in again']);
        return 'stop';
      }
      if (response.status === 404) {
        trouble('What this page shows is gone.', ['/people', 'Look for somebody']);
        return 'stop';
      }
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const fresh = page.getElementById('main');
      if (fresh === null) throw new Error('no page');
      const moved = response.headers.get('X-Weft-Moved');
      if (moved !== null) history.replaceState(null, '', moved + location.hash);
      news = [];
      mend(main, fresh);
      document.title = page.title;
      tellTimes(main);
      if (news.length > 0)
        announce(news.length === 1 ? `New: ${news[0]}` : `${news.length} new, the newest: ${news[0]}`);
      version = fresh.dataset.version ?? '';
      return fresh.dataset.refresh === undefined ? 'stop' : true;
    });
  }

  // ── The live table ───────────────────────────────────────────────────────────────────────────────────────────────────

  const table = /** @type {HTMLElement | null} */ (document.querySelector('[data-live]'));
  const rows = document.getElementById('rows');
  const state = document.getElementById('live-state');
  const button = /** @type {HTMLButtonElement | null} */ (document.getElementById('pause'));
  if (table !== null && rows !== null && state !== null && button !== null) {
    let seq = Number(table.dataset.seq);
    const most = Number(table.dataset.most);
    let isPaused = false;
    const showState = () => {
      state.className = isPaused ? 'soft' : 'is-live';
      state.textContent = isPaused ? 'Paused' : 'Live';
      button.textContent = isPaused ? 'Go on' : 'Pause';
      button.setAttribute('aria-pressed', String(isPaused));
    };
    // Who was turned away is no event: told by a number, and fetched with the page when that is another.
    const mendTurnedAway = async (/** @type {string | null} */ count) => {
      const shown = document.getElementById('turned-away');
      if (shown === null || count === null || shown.dataset.count === count) return;
      const response = await fetch(location.href, { headers: asking, cache: 'no-store' });
      if (!response.ok) return;
      const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('turned-away');
      if (fresh === null) return;
      tellTimes(fresh);
      shown.replaceWith(fresh);
    };
    const watch = loop(Number(table.dataset.every), async () => {
      const response = await fetch(`${table.dataset.live}&after=${seq}`, { headers: asking, cache: 'no-store' });
      if (response.status === 401) {
        trouble('You are logged out.', [toLogin(), 'Log in again']);
        return 'stop';
      }
      if (!response.ok) throw new Error(String(response.status));
      await mendTurnedAway(response.headers.get('X-Weft-Turned-Away'));
      const newest = Number(response.headers.get('X-Weft-Seq'));
      if (response.status === 204) {
        seq = Math.max(seq, newest);
        return false;
      }
      const template = document.createElement('template');
      template.innerHTML = await response.text();
      seq = Math.max(seq, newest);
      const added = [...template.content.querySelectorAll('tr')];
      for (const row of added) row.classList.add('fresh');
      tellTimes(template.content);
      rows.prepend(...added);
      while (rows.children.length > most) rows.lastElementChild?.remove();
      document.getElementById('live-empty')?.setAttribute('hidden', '');
      document.getElementById('live-rows')?.removeAttribute('hidden');
      announce(added.length === 1 ? '1 new event' : `${added.length} new events`);
      return true;
    });
    button.hidden = false;
    button.addEventListener('click', () => {
      isPaused = !isPaused;
      showState();
      watch.pause(isPaused);
    });
    showState();
  }

  // What shows itself in a frame beside its form is shown at once, and again when another choice is made.
  for (const form of document.querySelectorAll('form[data-submit]')) {
    if (!(form instanceof HTMLFormElement)) continue;
    form.addEventListener('change', () => form.requestSubmit());
    form.requestSubmit();
  }
})();
