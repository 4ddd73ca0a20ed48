// A button below each video of a comparison, which picks its take or answers which is better, while the kernel lives.

export default {
  initialize({ model }) {
    const removals = [];
    const stop = fillSlots(model.get("slot"), (slot) => {
      const bars = [...slot.querySelectorAll(".vidmagic-choice")];
      const message = document.createElement("div");
      message.setAttribute("role", "status");
      slot.append(message);
      for (const [i, bar] of bars.entries()) {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.lmSuppressShortcuts = "true"; // keys here are not for the notebook
        button.onclick = () => {
          message.textContent = "Sent to the kernel …"; // where none lives any more, this is how it stays
          model.send({ event: `choose ${i}` });
        };
        bar.replaceChildren(button);
      }
      function show() {
        message.textContent = model.get("message");
        for (const [i, bar] of bars.entries()) {
          const label = model.get("labels")[i];
          bar.hidden = !label;
          bar.firstChild.textContent = label || "";
        }
      }
      model.on("change", show);
      show();
      removals.push(() => {
        message.remove();
        for (const bar of bars) bar.replaceChildren();
      });
      model.send({ event: "mounted" });
    });
    return () => {
      stop();
      for (const remove of removals) remove();
    };
  },
};
