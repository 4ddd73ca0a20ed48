// Fill each slot of the notebook's plain HTML that carries this name, in every page that shows it.

function fillSlots(name, fill) {
  const fillers = (globalThis.vidmagicSlots ??= watchPage());
  fillers.set(name, fill);
  for (const slot of document.querySelectorAll(`.${name}`)) fill(slot);
  return () => fillers.delete(name); // what is in a slot stays there
}

// One observer for all slots of the page: it reads only what is new.
function watchPage() {
  const fillers = new Map();

  function fillNew(added) {
    const slots = added.matches(".vidmagic-slot") ? [added] : added.querySelectorAll(".vidmagic-slot");
    for (const slot of slots) fillers.get(slot.classList[1])?.(slot);
  }
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const added of change.addedNodes) if (added instanceof Element) fillNew(added);
    }
  });
  observer.observe(document.body, { childList: true, subtree: true });
  return fillers;
}
