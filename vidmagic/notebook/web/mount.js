// Put a widget into a slot of the notebook's plain HTML, while the kernel lives.

export default {
  async initialize({ model }) {
    const manager = model.widget_manager;
    const child = await manager.get_model(model.get("child").replace("IPY_MODEL_", ""));

    return fillSlots(model.get("slot"), async (slot) => {
      const view = await manager.create_view(child);
      slot.replaceChildren(view.el);
      // Attaching sends this message: without it the views within would never get their layouts.
      view.luminoWidget.processMessage({ type: "after-attach", isConflatable: false, conflate: () => false });
      model.send({ event: "mounted" });
    });
  },
};
