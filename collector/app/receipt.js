// Draws the banner of a receipt again, with the code that drew it then, and holds its words against the row's hash. Without
// it the page says the same in words.

const place = document.getElementById('banner');
const match = document.getElementById('match');
const data = document.getElementById('replay');

const say = (yes, text) => {
  match.className = yes === null ? 'match' : yes ? 'match yes' : 'match no';
  match.textContent = text;
};

if (place && match && data && place.dataset.replay) {
  try {
    const { replay } = await import(place.dataset.replay);
    const hash = await replay(place, JSON.parse(data.textContent));
    const told = place.dataset.hash;
    if (hash === undefined) say(null, `This browser cannot hash here. The row’s hash of the words is ${told}.`);
    else if (hash === told) say(true, `✓ The words of this banner have the hash of the row, ${told}.`);
    else
      say(false, `✗ The words of this banner have the hash ${hash}; the row’s is ${told}. What was shown was another.`);
  } catch {
    place.hidden = true;
    say(null, 'The banner could not be drawn again in this browser; its words are listed below.');
  }
} else if (place && match) {
  place.hidden = true;
}
