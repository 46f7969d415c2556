// The shop's own code, written for a tag manager long before anybody thought of Weft.

window.dataLayer = window.dataLayer || [];

/** Google's own definition: it is the `arguments` that must be pushed. */
function gtag() {
  // biome-ignore lint/complexity/noArguments: an array would be no command
  dataLayer.push(arguments);
}

(() => {
  const teapot = {
    item_id: 'T-1',
    item_name: 'Teapot',
    item_brand: 'Oxlip',
    item_category: 'Table',
    price: 64,
    quantity: 1,
  };
  // A price as some shops write it.
  const mug = {
    item_id: 'M-1',
    item_name: 'Mug',
    item_category: 'Table',
    item_variant: 'Moss',
    price: '19,00',
    quantity: 2,
  };
  const oneMug = { ...mug, quantity: 1 };
  const currency = 'EUR';

  const say = (event, ecommerce) => {
    dataLayer.push({ ecommerce: null });
    dataLayer.push({ event, ecommerce });
  };
  const acts = {
    add: () => say('add_to_cart', { currency, value: 102, items: [teapot, mug] }),
    remove: () => say('remove_from_cart', { currency, value: 19, items: [oneMug] }),
    cart: () => say('view_cart', { currency, value: 83, items: [teapot, oneMug] }),
    checkout: () => say('begin_checkout', { currency, value: 83, items: [teapot, oneMug] }),
    buy: () =>
      say('purchase', {
        transaction_id: `E-${Date.now()}`,
        currency,
        value: 83,
        tax: 0,
        shipping: 4.9,
        items: [teapot, oneMug],
      }),
    search: () => gtag('event', 'search', { search_term: 'tea' }),
    name: () => gtag('set', { user_id: 'customer-7' }),
  };
  document.addEventListener('click', ({ target }) => {
    const act = target.closest('button[id]')?.id;
    if (act && Object.hasOwn(acts, act)) acts[act]();
  });

  say('view_item', { currency, value: 64, items: [teapot] });
})();
