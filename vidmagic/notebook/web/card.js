// Draw a card into its slot. The kernel sends the frame once (a bar, a button, lines, a live region); here they move.

function drawCard(model) {
  const template = document.createElement("template");
  template.innerHTML = model.get("frame");
  const card = template.content.firstElementChild;
  const track = card.querySelector("[role=progressbar]");
  const bar = card.querySelector(".progress-bar");
  const row = card.querySelector(".vidmagic-card-row");
  const lines = card.querySelector(".vidmagic-card-lines");
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
  return card;
}

export default {
  initialize({ model }) {
    return fillSlots(model.get("slot"), (slot) => {
      slot.replaceChildren(drawCard(model));
      model.send({ event: "mounted" });
    });
  },
};
