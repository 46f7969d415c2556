// The shop's own script: variants, basket without a reload, who is here, the strip. It speaks to Weft through
// two doors only: `dataLayer`, and the public verbs of `window.weft`. Every form works without it.

(() => {
  const state = JSON.parse(document.getElementById('shop-state').textContent);
  window.dataLayer = window.dataLayer || [];
  const find = (selector, from = document) => from.querySelector(selector);

  const tell = (pushes) => {
    for (const push of pushes) window.dataLayer.push(push);
  };

  /** A verb of Weft: queued while the script is on its way. */
  const weft = (verb, ...args) => {
    window.weft = window.weft || [];
    if (Array.isArray(window.weft)) return void window.weft.push([verb, ...args]);
    return verb.split('.').reduce((object, name) => object[name], window.weft)(...args);
  };

  document.documentElement.classList.add('scripted');

  // --- basket -------------------------------------------------------------------------------------------------------

  const showCount = (count) => {
    const badge = find('[data-count]');
    badge.dataset.count = badge.textContent = count;
    find('[data-count-words]').textContent = count === 1 ? '1 thing in it' : `${count} things in it`;
  };

  let toastTimer;
  const say = (words, withLink) => {
    const toast = find('[data-toast]');
    toast.textContent = `${words} `;
    if (withLink) {
      const link = document.createElement('a');
      link.href = `${state.base}/basket`;
      link.textContent = 'To the basket';
      toast.append(link);
    }
    toast.classList.add('shown');
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => toast.classList.remove('shown'), 6000);
  };

  const ask = async (form) => {
    const answer = await fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(new FormData(form)),
    });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    return answer.json();
  };

  const change = async (form) => {
    const focused = document.activeElement?.id;
    const done = await ask(form);
    tell(done.pushes);
    // No event of GA4 says that a coupon was used or a basket emptied.
    if (done.call) weft('cart.update', done.call);
    state.snapshot = done.snapshot;
    showCount(done.count);
    const region = document.getElementById('basket');
    if (region) {
      region.innerHTML = done.html;
      const title = find('h1', region);
      title.tabIndex = -1;
      ((focused && document.getElementById(focused)) || title).focus();
    }
    if (form.dataset.basketForm !== 'coupon') say(done.said, form.dataset.basketForm === 'add');
  };

  const signUpForLetter = async (form) => {
    const said = find('[data-letter-said]', form);
    const email = form.elements.email.value;
    try {
      const { ok } = await ask(form);
      if (!ok) throw new Error('refused');
      // An address typed here is what this device claims, and no more: no user is named.
      weft('identify', { email });
      said.textContent = 'Thank you. A real shop would now write to you; this one never does.';
      form.reset();
    } catch {
      said.textContent = 'That did not work. Is the address whole?';
    }
  };

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.basketForm) {
      event.preventDefault();
      const button = find('button[type=submit]', form);
      button.setAttribute('aria-busy', 'true');
      change(form)
        .catch(() => form.submit())
        .finally(() => button.removeAttribute('aria-busy'));
    }
    // The order follows: how it is paid must be said before it.
    if (form.dataset.checkout === 'payment') tell(JSON.parse(form.querySelector(':checked').dataset.pushes));
    if ('letter' in form.dataset) {
      event.preventDefault();
      signUpForLetter(form);
    }
  });

  const showVariant = (input) => {
    const { now, was, left, stockWords, alt } = input.dataset;
    const picture = find('[data-picture]');
    picture.src = `${state.base}/pictures/${input.value}.svg`;
    picture.alt = alt;
    const price = find('.product-price [data-price]');
    price.textContent = now;
    if (was) {
      const old = document.createElement('s');
      old.className = 'price-was';
      old.textContent = was;
      price.append(' ', old);
    }
    const stock = find('[data-stock]');
    stock.textContent = stockWords;
    stock.className = left === '0' ? 'stock out' : Number(left) <= 5 ? 'stock few' : 'stock';
    find('[data-buy]').disabled = left === '0';
  };

  document.addEventListener('change', (event) => {
    const input = event.target;
    if (input.classList.contains('quantity')) input.form.requestSubmit();
    if (input.name === 'sku' && input.type === 'radio') showVariant(input);
  });

  // --- what GA4 calls selecting -------------------------------------------------------------------------------------

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    const card = link?.closest('[data-item]');
    if (card) {
      const item = JSON.parse(card.dataset.item);
      const { item_list_id, item_list_name } = item;
      tell([{ ecommerce: null }, { event: 'select_item', ecommerce: { item_list_id, item_list_name, items: [item] } }]);
    }
    const promotion = link?.closest('[data-promotion]');
    if (promotion) tell(JSON.parse(promotion.dataset.promotion));
  });

  // A page that comes out of the back-forward cache may show an old basket.
  addEventListener('pageshow', async (event) => {
    if (!event.persisted) return;
    if (document.getElementById('basket')) return location.reload();
    try {
      const basket = await (await fetch(`${state.base}/basket.json`)).json();
      showCount(basket.count);
      state.snapshot = basket.snapshot;
    } catch {
      // Offline: the old count stands.
    }
  });

  // --- consent ------------------------------------------------------------------------------------------------------

  // Weft asks by itself (its banner, and every link that carries `data-weft-consent`); the shop only hears the answer.
  /** Purpose → true, false, or null where nobody has said. */
  let consent;

  const heard = (now) => {
    if (now.measurement === undefined) return;
    const isNew = consent !== undefined && !consent.measurement && now.measurement;
    // At the moment of consent Weft tells the present page and basket; the basket it has to be told of before.
    if (consent === undefined && !now.measurement && state.snapshot) weft('cart.update', state.snapshot);
    consent = now;
    showState();
    if (isNew && state.account) weft('identify', state.account.id, state.account.traits);
  };

  // --- what Weft sees -----------------------------------------------------------------------------------------------

  const list = find('[data-strip-list]');
  const shownMax = 40;
  let counted = 0;
  let soon;

  const showState = () => {
    const words = consent?.measurement
      ? `${counted} ${counted === 1 ? 'event' : 'events'} here`
      : consent?.measurement === false
        ? 'nothing: refused'
        : 'no answer yet';
    find('[data-strip-state]').textContent = words;
  };

  const summaryOf = ({ type, event, properties = {}, traits, userId }) => {
    if (type === 'page') return location.pathname;
    if (type === 'identify') return userId ? `user ${userId}` : Object.keys(traits || {}).join(', ');
    if (event === 'Page Engaged') return `${Math.round(properties.engaged_ms / 1000)} s`;
    const { name, products, query, order_id } = properties;
    return order_id || name || query || (products ? `${products.length} products` : '');
  };

  const show = (event) => {
    counted += 1;
    const row = document.createElement('li');
    for (const text of [
      new Date(event.timestamp).toLocaleTimeString('en-GB'),
      event.event || event.type,
      summaryOf(event),
    ]) {
      const cell = document.createElement('span');
      cell.textContent = text;
      row.append(cell);
    }
    list.prepend(row);
    if (list.children.length > shownMax) list.lastElementChild.remove();
    showState();
    // A shop leaves the time to Weft, which gathers for five seconds. Here somebody watches the profile build.
    clearTimeout(soon);
    soon = setTimeout(() => weft('flush'), 250);
  };

  weft('on', 'event', show);
  weft('on', 'consent', heard);
  // Where Weft was quicker than this script, it has said its word already.
  const now = weft('consent.get');
  if (now) heard(now);
})();
