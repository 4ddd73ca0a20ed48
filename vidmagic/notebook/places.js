// Fill each place of the notebook's plain HTML that carries this name, in every page that shows it.

function fillPlaces(name, fill) {
  const places = document.getElementsByClassName(name); // kept up to date by the browser
  const filled = new WeakSet();

  function look() {
    for (const place of [...places].filter((each) => !filled.has(each))) {
      filled.add(place);
      fill(place);
    }
  }
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  look();
  return () => watch.disconnect(); // what is in its place stays there
}
