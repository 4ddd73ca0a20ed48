// Fill each place of the notebook's plain HTML that carries this name, in every page that shows it.

function fillPlaces(name, fill) {
  const all = (globalThis.vidmagicPlaces ??= watched());
  all.set(name, fill);
  document.querySelectorAll(`.${name}`).forEach(fill);
  return () => all.delete(name); // what is in its place stays there
}

// One watch for all places of the page: it looks only at what is new.
function watched() {
  const all = new Map();

  function look(added) {
    const places = added.matches(".vidmagic-place") ? [added] : added.querySelectorAll(".vidmagic-place");
    for (const place of places) all.get(place.classList[1])?.(place);
  }
  const watch = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const added of change.addedNodes) if (added instanceof Element) look(added);
    }
  });
  watch.observe(document.body, { childList: true, subtree: true });
  return all;
}
