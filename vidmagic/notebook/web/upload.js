// Take files that are chosen, dropped or pasted, and hand their bytes to the kernel, one part after the other.

const PART = 2 ** 20; // bytes: far below what any notebook server takes as one message
const SOON = 300; // ms in which most files have come; until then nothing is said
const PATIENCE = 4000; // ms of silence after which the kernel is called busy
const TYPES = "image/png,image/jpeg,image/webp";

function element(name, facts) {
  return Object.assign(document.createElement(name), facts);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

export default {
  initialize({ model }) {
    const lost = model.get("arriving"); // the page that was sending it is gone
    if (lost) model.send({ refused: `${lost} broke off with the page: choose it again` });
  },

  render({ model, el }) {
    const label = model.get("label");
    const several = model.get("count") > 1;
    const button = element("button", { type: "button", textContent: `Choose ${label}` });
    const input = element("input", { type: "file", accept: TYPES, multiple: several, hidden: true });
    const hint = element("span", { className: "vidmagic-quiet" });
    const bar = element("progress", { max: 1, ariaLabel: `${label} on the way` });
    const amount = element("span", { className: "vidmagic-quiet vidmagic-amount" });
    const status = element("span", { role: "status", ariaLive: "polite" });
    button.className = "jupyter-widgets jupyter-button widget-button";
    el.classList.add("vidmagic-choice");
    el.dataset.lmSuppressShortcuts = "true"; // keys here are not for the notebook
    el.append(button, input, hint, status, bar, amount);

    const ending = new AbortController();
    let choice = null; // what is being sent
    let own = ""; // what went wrong, before the kernel has said it
    let late = 0; // the timer of the next answer

    function draw() {
      const wrong = own || (!choice && model.get("problem"));
      const sending = choice?.shown;
      const name = choice ? sending && choice.name : model.get("arriving");
      const slow = sending && choice.slow ? ". The kernel does not answer: it may be busy" : "";
      const said = wrong || (name ? `${name} is on its way${slow}` : "");
      if (status.textContent !== said) status.textContent = said;
      status.className = wrong ? "vidmagic-wrong" : "";
      hint.textContent = said ? "" : several ? "or drop them here" : "or drop it here";
      bar.hidden = amount.hidden = !sending;
      if (sending) {
        bar.value = choice.at / choice.whole.size;
        amount.textContent = `${megabytes(choice.at)} of ${megabytes(choice.whole.size)} MB`;
      }
    }

    function end(wrong) {
      clearTimeout(late);
      choice = null;
      own = wrong;
      draw();
    }

    function refuse(why) {
      end(why);
      model.send({ refused: why });
    }

    function unfit(files) {
      const [most, count] = [model.get("most"), model.get("count")];
      if (files.length > count) return `${files.length} files: at most ${count} can be taken here`;
      const other = files.find((file) => file.type && !file.type.startsWith("image/"));
      if (other) return `${other.name} is no image`;
      const large = files.find((file) => file.size > most);
      const number = (bytes) => bytes.toLocaleString("en");
      return large && `${large.name} has ${number(large.size)} bytes, at most ${number(most)} are allowed`;
    }

    function take(files) {
      const why = unfit(files);
      if (why) return refuse(why);
      end("");
      const name = files.map((file) => file.name).join(", ");
      const mine = { turn: `${Date.now()} ${Math.random()}`, whole: new Blob(files), name, at: 0 };
      choice = mine;
      model.send({ turn: mine.turn, files: files.map((file) => [file.name, file.size]) });
      setTimeout(() => {
        mine.shown = true;
        draw();
      }, SOON);
      sendPart(mine);
    }

    async function sendPart(mine) {
      let bytes;
      try {
        bytes = await mine.whole.slice(mine.at, mine.at + PART).arrayBuffer();
      } catch {
        bytes = null;
      }
      if (mine !== choice) return; // another was chosen meanwhile
      if (!bytes) return refuse(`${mine.name} cannot be read: it is a folder, or has just changed`);
      model.send({ turn: mine.turn, at: mine.at }, undefined, [bytes]);
      late = setTimeout(() => {
        mine.slow = true;
        draw();
      }, PATIENCE);
    }

    function answered({ turn, at }) {
      if (turn !== choice?.turn) return;
      if (at === null) return end("");
      clearTimeout(late);
      Object.assign(choice, { at, slow: false });
      draw();
      sendPart(choice);
    }

    const box = () => el.closest(".vidmagic-picture") ?? el;
    const links = (data) => data.getData("text/uri-list").match(/^https?:\S+/im);

    function mark(is) {
      box().classList.toggle("vidmagic-over", is);
    }

    function dragged(event) {
      const { types } = event.dataTransfer;
      const here = box().contains(event.target) && (types.includes("Files") || types.includes("text/uri-list"));
      mark(here && event.type !== "drop");
      if (!here) return false;
      event.preventDefault(); // the browser would leave the notebook and show the file
      event.stopPropagation();
      event.dataTransfer.dropEffect = "copy";
      return true;
    }

    function dropped(event) {
      if (!dragged(event)) return;
      const files = [...event.dataTransfer.files];
      const link = links(event.dataTransfer);
      if (files.length) take(files);
      else if (link) model.send({ link: link[0] });
    }

    function pasted(event) {
      const files = [...event.clipboardData.files];
      if (!files.length || event.clipboardData.types.includes("text/plain")) return;
      if (!box().contains(document.activeElement)) return;
      event.preventDefault();
      event.stopPropagation();
      take(files);
    }

    const heard = { capture: true, signal: ending.signal };
    document.addEventListener("dragover", dragged, heard);
    document.addEventListener("drop", dropped, heard);
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false), heard);
    document.addEventListener("paste", pasted, heard);
    button.onclick = () => input.click();
    input.onchange = () => {
      if (input.files.length) take([...input.files]);
      input.value = ""; // so that the same file can be chosen again
    };
    const changed = () => {
      own = "";
      draw();
    };
    const gone = () => choice && end(`${choice.name} broke off: the kernel is gone`);
    model.on("msg:custom", answered);
    model.on("change:problem", changed);
    model.on("change:arriving", changed);
    model.on("comm_live_update", gone);
    draw();
    return () => {
      ending.abort();
      end("");
    };
  },
};
