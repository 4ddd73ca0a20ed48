// Draw a card into its place: a bar with a button, the lines below, and words for those who listen.

const UNSEEN =
  "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

function element(name, style, attributes, ...children) {
  const made = document.createElement(name);
  made.style.cssText = style;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function draw(model) {
  const done = element("div", "height:100%;border-radius:3px;background:var(--jp-brand-color1,#1976d2)", {
    class: "progress-bar",
  });
  const track = element(
    "div",
    "flex:1 1 auto;height:6px;border-radius:3px;overflow:hidden;background:var(--jp-layout-color3,#8884)",
    { role: "progressbar", "aria-label": model.get("label"), "aria-valuemin": 0, "aria-valuemax": 100 },
    done,
  );
  const button = element("button", "flex:none;width:auto", {
    type: "button",
    class: "jupyter-widgets jupyter-button widget-button",
    title: model.get("tip"),
  });
  const row = element("div", "display:flex;align-items:center;gap:8px;min-height:28px", {}, track, button);
  const lines = element("div", "", {});
  // It stays, so that a change of its text is announced.
  const told = element("div", UNSEEN, { role: "status", "aria-live": "polite" });
  const card = element("div", "position:relative;max-width:640px;contain:content", {}, row, lines, told);

  button.textContent = model.get("button");
  button.onclick = () => model.send({ event: "pressed" });

  function show() {
    const value = model.get("value"); // null: nobody knows
    done.style.width = `${100 * (value ?? 0)}%`;
    if (value === null) track.removeAttribute("aria-valuenow");
    else track.setAttribute("aria-valuenow", Math.round(100 * value));
    if (lines.innerHTML !== model.get("lines")) lines.innerHTML = model.get("lines");
    if (told.textContent !== model.get("told")) told.textContent = model.get("told");
    row.style.display = model.get("over") ? "none" : "flex";
  }
  model.on("change", show);
  show();
  return card;
}

export default {
  initialize({ model }) {
    return fillPlaces(model.get("place"), (place) => {
      place.replaceChildren(draw(model));
      model.send({ event: "mounted" });
    });
  },
};
