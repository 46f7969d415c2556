// A shop of one document: links change the address and the content, nothing is loaded. Where the browser has the
// Navigation API it is used, else History. Weft sees the changes of address by itself, reads each product's JSON-LD when
// the document has come to rest, and hears the buttons by their `data-weft-…` attributes.

(() => {
  const things = {
    mug: { name: 'Mug', price: 19 },
    bowl: { name: 'Bowl', price: 24 },
    teapot: { name: 'Teapot', price: 64 },
  };
  const base = new URL(document.baseURI).pathname;
  const main = document.getElementById('main');

  const markup = (id, { name, price }) => {
    const script = document.createElement('script');
    script.type = 'application/ld+json';
    script.textContent = JSON.stringify({
      '@context': 'https://schema.org',
      '@type': 'Product',
      sku: id,
      name,
      category: 'Table',
      url: location.href,
      offers: { '@type': 'Offer', price, priceCurrency: 'EUR', availability: 'https://schema.org/InStock' },
    });
    return script;
  };

  const show = () => {
    const id = location.pathname.slice(base.length).replace(/^p\//, '');
    const thing = Object.hasOwn(things, id) ? things[id] : undefined;
    document.title = thing ? `${thing.name} · A single-page shop` : 'A single-page shop';
    if (!thing) {
      main.innerHTML =
        '<h1>A single-page shop</h1><p>Choose something above. The document stays, the address changes.</p>';
      return;
    }
    main.innerHTML = '<h1></h1><p></p><button type="button">Add to cart</button>';
    main.querySelector('h1').textContent = thing.name;
    main.querySelector('p').textContent = `€${thing.price}.00`;
    Object.assign(main.querySelector('button').dataset, {
      weftEvent: 'Product Added',
      weftProductId: id,
      weftName: thing.name,
      weftPrice: thing.price,
      weftCurrency: 'EUR',
    });
    main.append(markup(id, thing));
  };

  const isOurs = (url) => url.origin === location.origin && url.pathname.startsWith(base);

  if (window.navigation) {
    navigation.addEventListener('navigate', (event) => {
      if (!event.canIntercept || event.hashChange || event.downloadRequest || !isOurs(new URL(event.destination.url)))
        return;
      event.intercept({ handler: async () => show() });
    });
  } else {
    document.addEventListener('click', (event) => {
      const link = event.target.closest('a[href]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !isOurs(new URL(link.href))) return;
      event.preventDefault();
      history.pushState(null, '', link.href);
      show();
    });
    addEventListener('popstate', show);
  }
  show();
})();
