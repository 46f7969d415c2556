// Draws the banner of a draft inside the frame of the policy's editor: the banner's own code, inert.
const given = JSON.parse(document.getElementById('given')?.textContent ?? '{}');
const place = document.getElementById('place');
if (place) {
  import(given.script).then(
    ({ replay }) => replay(place, given.scene),
    () => {
      place.textContent = 'The banner could not be drawn.';
    },
  );
}
