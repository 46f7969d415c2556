// Draws the banner of a receipt again, with the code that drew it then, and holds its words against the row's hash. Without
// it the page has the banner as text, and the collector's own comparison.

const place = document.getElementById('banner');
const match = document.getElementById('match');
const data = document.getElementById('replay');

const say = (look, text) => {
  match.className = look;
  match.textContent = text;
};

if (place && match && data && place.dataset.replay) {
  try {
    const { replay } = await import(place.dataset.replay);
    const hash = await replay(place, JSON.parse(data.textContent));
    const told = place.dataset.hash;
    document.getElementById('words').open = false;
    // Without a hash in the row, or none to be had in this browser, the collector's own word stands.
    if (told !== '' && hash !== undefined)
      say(
        hash === told ? 'match yes' : 'match no',
        hash === told
          ? `✓ The words of this banner have the hash of the row, ${told}.`
          : `✗ The words of this banner have the hash ${hash}; the row’s is ${told}. What was shown was another.`,
      );
  } catch {
    // It stands below as text, and what the collector says of that stands too.
    place.hidden = true;
  }
} else if (place && match) {
  place.hidden = true;
}
