// Draw a card into its slot. The kernel sends the frame once (a bar, a button, lines, a live region); here they move.

const REPLACED = 1000; // ms after the end in which a page that knows the output has put the player there

function drawCard(model) {
  const template = document.createElement("template");
  template.innerHTML = model.get("frame");
  const card = template.content.firstElementChild;
  const track = card.querySelector("[role=progressbar]");
  const bar = card.querySelector(".progress-bar");
  const row = card.querySelector(".vidmagic-card-row");
  const lines = card.querySelector(".vidmagic-card-lines");
  const goneLine = card.querySelector(".vidmagic-card-gone");
  const liveRegion = card.querySelector("[aria-live]"); // it stays, so that a change of its text is announced

  card.querySelector("button").onclick = () => model.send({ event: "pressed" });

  function show() {
    const value = model.get("value"); // null: nobody knows
    bar.style.width = `${100 * (value ?? 0)}%`;
    if (value === null) track.removeAttribute("aria-valuenow");
    else track.setAttribute("aria-valuenow", Math.round(100 * value));
    if (lines.innerHTML !== model.get("lines")) {
      const scrolled = lines.querySelector("[role=region]")?.scrollLeft ?? 0;
      lines.innerHTML = model.get("lines");
      if (scrolled) lines.querySelector("[role=region]").scrollLeft = scrolled;
    }
    if (liveRegion.textContent !== model.get("announcement")) liveRegion.textContent = model.get("announcement");
    row.style.display = model.get("ended") ? "none" : "flex";
  }
  model.on("change", show);
  show();
  whenKernelGone(model, () => {
    if (model.get("ended")) return;
    row.style.display = "none";
    lines.style.opacity = "0.6";
    goneLine.hidden = false;
    liveRegion.textContent = goneLine.textContent;
  });
  return card;
}

// Put the player where the card is. A page that was loaded after the cell ran does not know which output the kernel
// means: it keeps the slot, and so do the notebook's model and the file, unless the output is found by the slot's name.
function putPlayer(model, slot) {
  const data = model.get("player");
  const cells = model.widget_manager?.context?.model?.cells ?? [];
  for (const { outputs } of cells) {
    for (let n = 0; n < (outputs?.length ?? 0); n++) {
      if (!String(outputs.get(n).data["text/html"] ?? "").includes(model.get("slot"))) continue;
      outputs.set(n, { output_type: "display_data", data, metadata: {} });
      return;
    }
  }
  slot.innerHTML = data["text/html"];
}

export default {
  initialize({ model }) {
    return fillSlots(model.get("slot"), (slot) => {
      function ask() {
        if (slot.isConnected) model.send({ event: "left" });
        else model.send({ event: "replaced" });
      }
      slot.replaceChildren(drawCard(model));
      model.send({ event: "mounted" });
      model.on("change:ended", () => setTimeout(ask, REPLACED));
      model.on("change:player", () => slot.isConnected && putPlayer(model, slot));
      if (model.get("player")) putPlayer(model, slot);
      else if (model.get("ended")) ask();
    });
  },
};
