// The shop's own script, as text: variants, basket without a reload, the consent question, the strip. It speaks to Weft
// through two doors only: `dataLayer`, and the public verbs of `window.weft`. Every form works without it.
// Text and not a bundled module, so that the demo needs no build of its own.

export const shopScript = /* js */ `(() => {
'use strict';
const state = JSON.parse(document.getElementById('shop-state').textContent);
const layer = (window.dataLayer = window.dataLayer || []);
const tell = (pushes) => { for (const push of pushes) layer.push(push); };
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
document.documentElement.classList.add('scripted');

// --- basket ---------------------------------------------------------------------------------------------------------

const showCount = (count) => {
  const badge = find('[data-count]');
  badge.dataset.count = badge.textContent = count;
  find('[data-count-words]').textContent = count === 1 ? '1 thing in it' : count + ' things in it';
};

let toastTimer;
const say = (words, link) => {
  const toast = find('[data-toast]');
  toast.textContent = words + ' ';
  if (link) {
    const a = document.createElement('a');
    a.href = state.base + '/basket';
    a.textContent = 'To the basket';
    toast.append(a);
  }
  toast.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove('shown'), 6000);
};

const ask = (form) => fetch(form.action, {
  method: 'POST',
  headers: { accept: 'application/json' },
  body: new URLSearchParams(new FormData(form)),
}).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));

const change = async (form) => {
  const kind = form.dataset.basketForm;
  const focused = document.activeElement && document.activeElement.id;
  const done = await ask(form);
  tell(done.pushes);
  if (done.call) window.weft.cart.update(done.call);
  state.snapshot = done.snapshot;
  showCount(done.count);
  const region = document.getElementById('basket');
  if (region) {
    region.innerHTML = done.html;
    const again = focused && document.getElementById(focused);
    if (again) again.focus();
    else { const title = find('h1', region); title.tabIndex = -1; title.focus(); }
  }
  if (kind !== 'coupon') say(done.said, kind === 'add');
};

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.basketForm) {
    event.preventDefault();
    const button = find('button[type=submit]', form);
    button.setAttribute('aria-busy', 'true');
    change(form).catch(() => form.submit()).finally(() => button.removeAttribute('aria-busy'));
  }
  if ('letter' in form.dataset) {
    event.preventDefault();
    const email = form.elements.email.value;
    const said = find('[data-letter-said]', form);
    ask(form).then(() => {
      // A mail address typed here is what this device claims, and no more: no user is named.
      window.weft.identify(undefined, { email });
      said.textContent = 'Thank you. A real shop would now write to you; this one never does.';
      form.reset();
    }).catch(() => { said.textContent = 'That did not work. Is the address whole?'; });
  }
});

document.addEventListener('change', (event) => {
  const input = event.target;
  if (input.classList.contains('quantity')) return input.form.requestSubmit();
  if (input.name !== 'sku' || input.type !== 'radio') return;
  const { now, was, left, stockWords, alt } = input.dataset;
  const picture = find('[data-picture]');
  picture.src = state.base + '/pictures/' + input.value + '.svg';
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
});

// --- what GA4 calls selecting ---------------------------------------------------------------------------------------

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href]');
  const card = link && link.closest('[data-item]');
  if (card) {
    const item = JSON.parse(card.dataset.item);
    tell([{ ecommerce: null }, { event: 'select_item', ecommerce: { item_list_id: item.item_list_id, item_list_name: item.item_list_name, items: [item] } }]);
  }
  const promotion = link && link.closest('[data-promotion]');
  if (promotion) tell(JSON.parse(promotion.dataset.promotion));
});

// A page that comes back out of the back-forward cache may show an old count.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  if (document.getElementById('basket')) return location.reload();
  fetch(state.base + '/basket.json').then((answer) => answer.json()).then((basket) => {
    showCount(basket.count);
    state.snapshot = basket.snapshot;
  }).catch(() => {});
});

// --- consent --------------------------------------------------------------------------------------------------------

const question = document.getElementById('consent');
const asked = { accept: { measurement: true, personalisation: true, marketing: true, sharing: false },
  refuse: { measurement: false, personalisation: false, marketing: false, sharing: false } };
let opener;

const decided = () => {
  const now = window.weft && window.weft.consent && window.weft.consent.get && window.weft.consent.get();
  return now && now.state ? now : undefined;
};

const open = (from) => {
  opener = from;
  question.hidden = false;
  const line = find('[data-consent-now]');
  const now = from && choice();
  line.hidden = !now;
  if (now) line.textContent = now === 'accept' ? 'Your answer at present: yes.' : 'Your answer at present: no.';
  if (from) find('#consent-title').focus();
};

const close = () => {
  question.hidden = true;
  if (opener && opener.isConnected) opener.focus();
  opener = undefined;
};

/** Undefined as long as nobody has answered. */
const choice = () => undefined;

all('[data-consent]').forEach((button) => button.addEventListener('click', () => {
  const answer = button.dataset.consent;
  window.weft.consent.set(asked[answer], { source: 'own-cmp', textHash: state.textHash, locale: 'en', layer: 'first', action: answer === 'accept' ? 'accept-all' : 'reject-all' });
  if (answer === 'accept') {
    if (state.account) window.weft.identify(state.account.id, state.account.traits);
    if (state.snapshot) window.weft.cart.update(state.snapshot);
  }
  close();
}));
all('[data-consent-open]').forEach((button) => button.addEventListener('click', () => open(button)));
question.addEventListener('keydown', (event) => { if (event.key === 'Escape' && opener) close(); });
})();
`;
