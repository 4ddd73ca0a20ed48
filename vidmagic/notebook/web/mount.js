// Put a widget into a place of the notebook's plain HTML, while the kernel lives.

export default {
  async initialize({ model }) {
    const manager = model.widget_manager;
    const child = await manager.get_model(model.get("child").replace("IPY_MODEL_", ""));

    return fillPlaces(model.get("place"), async (place) => {
      const view = await manager.create_view(child);
      place.replaceChildren(view.el);
      // As attaching does: it reaches the views within, which else would never get their layouts.
      view.luminoWidget.processMessage({ type: "after-attach", isConflatable: false, conflate: () => false });
      model.send({ event: "mounted" });
    });
  },
};
