// Send files that are chosen, dropped or pasted to the kernel, one part after the other.

const PART = 2 ** 20; // bytes: far below what any notebook server accepts as one message
const SHOW_AFTER = 300; // ms in which most files are complete; until then no progress is shown
const BUSY_AFTER = 4000; // ms without an answer after which the kernel is called busy
const CALLED = { image: "an image", video: "a video", audio: "sound" };

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

export default {
  initialize({ model }) {
    const lost = model.get("arriving"); // the page that was sending it is gone
    if (lost) model.send({ refused: `the upload of ${lost} ended with the page; choose it again` });
  },

  render({ model, el }) {
    const label = model.get("label");
    const several = model.get("max_files") > 1;
    const button = element("button", { type: "button", textContent: `Choose ${label}` });
    const input = element("input", { type: "file", accept: model.get("accept"), multiple: several, hidden: true });
    const hint = element("span", { className: "vidmagic-quiet" });
    const bar = element("progress", { max: 1, ariaLabel: `upload of ${label}` });
    const amount = element("span", { className: "vidmagic-quiet vidmagic-upload-amount" });
    const status = element("span", { role: "status", ariaLive: "polite" });
    button.className = "jupyter-widgets jupyter-button widget-button";
    el.classList.add("vidmagic-upload");
    el.dataset.lmSuppressShortcuts = "true"; // keys typed here are not commands of the notebook
    el.append(button, input, hint, status, bar, amount);

    const lifetime = new AbortController();
    let upload = null; // what is being sent
    let pageProblem = ""; // what the page found wrong; the kernel's own problem follows
    let busyTimer = 0;

    function draw() {
      const problem = pageProblem || (!upload && model.get("problem"));
      const sending = upload?.shown;
      const name = upload ? sending && upload.name : model.get("arriving");
      const busy = sending && upload.busy ? ". The kernel does not answer: it may be busy" : "";
      const text = problem || (name ? `Uploading ${name}${busy}` : "");
      if (status.textContent !== text) status.textContent = text; // the same text would be announced again
      status.className = problem ? "vidmagic-wrong" : "";
      hint.textContent = text ? "" : several ? "or drop them here" : "or drop it here";
      bar.hidden = amount.hidden = !sending;
      if (sending) {
        bar.value = upload.at / upload.bytes.size;
        amount.textContent = `${megabytes(upload.at)} of ${megabytes(upload.bytes.size)} MB`;
      }
    }

    function end(problem) {
      clearTimeout(busyTimer);
      upload = null;
      pageProblem = problem;
      draw();
    }

    function refuse(problem) {
      end(problem);
      model.send({ refused: problem });
    }

    function problemOf(files) {
      const [maxBytes, maxFiles] = [model.get("max_bytes"), model.get("max_files")];
      if (files.length > maxFiles) return `${files.length} files were chosen; at most ${maxFiles} are allowed`;
      const kind = model.get("kind");
      const other = files.find((file) => file.type && !file.type.startsWith(`${kind}/`));
      if (other) return `${other.name} is not ${CALLED[kind]}`;
      const large = files.find((file) => file.size > maxBytes);
      const number = (bytes) => bytes.toLocaleString("en");
      return large && `${large.name} has ${number(large.size)} bytes; at most ${number(maxBytes)} are allowed`;
    }

    function start(files) {
      const problem = problemOf(files);
      if (problem) return refuse(problem);
      end("");
      const name = files.map((file) => file.name).join(", ");
      const started = { transfer: `${Date.now()} ${Math.random()}`, bytes: new Blob(files), name, at: 0 };
      upload = started;
      model.send({ transfer: started.transfer, files: files.map((file) => [file.name, file.size]) });
      setTimeout(() => {
        started.shown = true;
        draw();
      }, SHOW_AFTER);
      sendPart(started);
    }

    async function sendPart(sent) {
      let part;
      try {
        part = await sent.bytes.slice(sent.at, sent.at + PART).arrayBuffer();
      } catch {
        part = null;
      }
      if (sent !== upload) return; // another was chosen meanwhile
      if (!part) return refuse(`${sent.name} cannot be read: it is a folder, or has just changed`);
      model.send({ transfer: sent.transfer, at: sent.at }, undefined, [part]);
      busyTimer = setTimeout(() => {
        sent.busy = true;
        draw();
      }, BUSY_AFTER);
    }

    function onAnswer({ transfer, at }) {
      if (transfer !== upload?.transfer) return;
      if (at === null) return end("");
      clearTimeout(busyTimer);
      Object.assign(upload, { at, busy: false });
      draw();
      sendPart(upload);
    }

    const FIELD = ".vidmagic-input-field";
    const field = () => el.closest(FIELD) ?? el;
    const isOwnField = model.get("area") === FIELD;
    const isHere = ({ target }) => field().contains(target)
      || (!isOwnField && el.closest(model.get("area"))?.contains(target) && !target.closest(FIELD));
    const links = (data) => data.getData("text/uri-list").match(/^https?:\S+/im);

    function highlight(isOver) {
      field().classList.toggle("vidmagic-drag-over", isOver);
    }

    function onDrag(event) {
      const { types } = event.dataTransfer;
      const taken = types.includes("Files") || (isOwnField && types.includes("text/uri-list"));
      const here = isHere(event) && taken;
      highlight(here && event.type !== "drop");
      if (!here) return false;
      event.preventDefault(); // the browser would leave the notebook and show the file
      event.stopPropagation();
      event.dataTransfer.dropEffect = "copy";
      return true;
    }

    function onDrop(event) {
      if (!onDrag(event)) return;
      const files = [...event.dataTransfer.files];
      const link = links(event.dataTransfer);
      if (files.length) start(files);
      else if (link) model.send({ link: link[0] });
    }

    function onPaste(event) {
      const files = [...event.clipboardData.files];
      if (!files.length || event.clipboardData.types.includes("text/plain")) return;
      if (!field().contains(document.activeElement)) return;
      event.preventDefault();
      event.stopPropagation();
      start(files);
    }

    const options = { capture: true, signal: lifetime.signal };
    document.addEventListener("dragover", onDrag, options);
    document.addEventListener("drop", onDrop, options);
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && highlight(false), options);
    document.addEventListener("paste", onPaste, options);
    button.onclick = () => input.click();
    input.onchange = () => {
      if (input.files.length) start([...input.files]);
      input.value = ""; // so that the same file can be chosen again
    };
    const onKernelStatus = () => {
      pageProblem = "";
      draw();
    };
    const onKernelGone = () => upload && end(`the upload of ${upload.name} stopped: the kernel is gone`);
    model.on("msg:custom", onAnswer);
    model.on("change:problem", onKernelStatus);
    model.on("change:arriving", onKernelStatus);
    model.on("comm_live_update", onKernelGone);
    draw();
    return () => {
      lifetime.abort();
      end("");
    };
  },
};
