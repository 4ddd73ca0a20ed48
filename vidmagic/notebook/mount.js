// Put a widget into a place of the notebook's plain HTML, in every page that shows it, while the kernel lives.

export default {
  async initialize({ model }) {
    const places = document.getElementsByClassName(model.get("place")); // kept up to date by the browser
    const manager = model.widget_manager;
    const child = await manager.get_model(model.get("child").replace("IPY_MODEL_", ""));
    const filled = new WeakSet();

    async function fill(place) {
      filled.add(place);
      const view = await manager.create_view(child);
      place.replaceChildren(view.el);
      // As attaching does: it reaches the views within, which else would never get their layouts.
      view.luminoWidget.processMessage({ type: "after-attach", isConflatable: false, conflate: () => false });
      model.send({ event: "mounted" });
    }

    const look = () => [...places].filter((place) => !filled.has(place)).forEach(fill);
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, subtree: true });
    look();
    return () => watch.disconnect(); // what is in its place stays there
  },
};
