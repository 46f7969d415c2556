// Stands for whatever a site asks its visitors with: two buttons of equal weight that call `weft.consent.set`. Below
// them, for whoever reads the example, what Weft made of the page.

(() => {
  const weft = (verb, ...args) => {
    window.weft = window.weft || [];
    if (Array.isArray(window.weft)) return void window.weft.push([verb, ...args]);
    return verb.split('.').reduce((object, name) => object[name], window.weft)(...args);
  };
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const answer = (granted) => () =>
    weft(
      'consent.set',
      { measurement: granted, personalisation: granted, marketing: granted, sharing: false },
      { source: 'own-cmp', locale: 'en', layer: 'first', action: granted ? 'accept-all' : 'reject-all' },
    );
  const state = make('p', {}, 'Weft has not been heard yet.');
  const list = make('ol', {});
  document.body.append(
    make(
      'section',
      { className: 'consent' },
      make('p', {}, 'May we remember your visit?'),
      make('button', { type: 'button', id: 'refuse', onclick: answer(false) }, 'Refuse'),
      make('button', { type: 'button', id: 'accept', onclick: answer(true) }, 'Accept'),
    ),
    make('section', { className: 'seen' }, make('strong', {}, 'What Weft sees'), state, list),
  );

  const heard = ({ measurement }) => {
    if (measurement === undefined) return;
    state.textContent = measurement
      ? 'You have accepted.'
      : measurement === false
        ? 'You have refused.'
        : 'Nobody has answered: nothing is noted.';
  };
  weft('on', 'consent', heard);
  weft('on', 'event', ({ type, event, properties }) => {
    list.append(make('li', {}, `${event || type} `, make('code', {}, JSON.stringify(properties || {}))));
  });
  const now = weft('consent.get');
  if (now) heard(now);
})();
