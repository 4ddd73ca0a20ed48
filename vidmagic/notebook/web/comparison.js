// One set of controls for the videos of a comparison. The script stands in the comparison's own HTML, so that it works
// in a saved notebook and in a page on disk too; where no script runs, each video plays by itself.

(() => {
  const FAR = 0.15; // seconds: videos further apart are set to the same time; nearer ones catch up by their speed
  const NEAR = 0.015; // seconds: closer than a frame
  const PLAYABLE = HTMLMediaElement.HAVE_FUTURE_DATA;
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
  const ICONS = {
    play: "M5 3l9 5-9 5z",
    pause: "M4 3h3v10H4zM9 3h3v10H9z",
    back: "M3 3h2v10H3zM13 3v10L6 8z",
    forward: "M11 3h2v10h-2zM3 3l7 5-7 5z",
    loop: "M3 8a5 5 0 0 1 8.5-3.5L13 3v4H9l1.5-1.5A3 3 0 0 0 5 8zM13 8a5 5 0 0 1-8.5 3.5L3 13V9h4l-1.5 1.5A3 3 0 0 0 11 8z",
    wipe: "M2 3h12v10H2zM7.5 4v8h1V4zM9.5 5v6H13V5z",
    full: "M2 2h5v2H4v3H2zM9 2h5v5h-2V4H9zM2 9h2v3h3v2H2zM12 9h2v5H9v-2h3z",
    sound: "M2 6h3l4-3v10l-4-3H2zM10.5 5a4 4 0 0 1 0 6zM11 2.5a6 6 0 0 1 0 11v-1.6a4.5 4.5 0 0 0 0-7.8z",
    muted: "M2 6h3l4-3v10l-4-3H2zM10 6l1-1 1.5 1.7L14 5l1 1-1.6 2L15 10l-1 1-1.5-1.8L11 11l-1-1 1.6-2z",
  };
  const STYLE = `
.vidmagic-bar{display:flex;flex-wrap:wrap;align-items:center;gap:6px;margin:6px 0 10px}
.vidmagic-bar button,.vidmagic-tools button,.vidmagic-choice button,.vidmagic-bar select{font:inherit;color:inherit;
 background:transparent;border:1px solid color-mix(in srgb,currentColor 45%,transparent);border-radius:4px;
 min-width:28px;height:28px;padding:0 6px;margin:0;cursor:pointer;display:inline-flex;align-items:center;
 justify-content:center;box-sizing:border-box;vertical-align:middle}
.vidmagic-bar select{background:var(--jp-layout-color1,var(--vscode-dropdown-background,Canvas));
 color:var(--jp-ui-font-color1,var(--vscode-dropdown-foreground,CanvasText));max-width:16em}
.vidmagic-tools button{height:24px;min-width:24px;padding:0 4px}
.vidmagic-choice button{height:24px;padding:0 8px}
.vidmagic-bar button:hover,.vidmagic-tools button:hover,.vidmagic-choice button:hover{
 background:color-mix(in srgb,currentColor 12%,transparent)}
.vidmagic-bar button[aria-pressed=true],.vidmagic-tools button[aria-pressed=true]{
 background:color-mix(in srgb,currentColor 20%,transparent);border-color:currentColor}
.vidmagic-bar :focus-visible,.vidmagic-tools :focus-visible,.vidmagic-choice :focus-visible{
 outline:2px solid var(--jp-brand-color1,Highlight);outline-offset:1px}
.vidmagic-bar button svg,.vidmagic-tools button svg{width:16px;height:16px;fill:currentColor;display:block}
.vidmagic-bar input[type=range]{flex:1 1 90px;min-width:80px;margin:0;accent-color:currentColor}
.vidmagic-bar output{font-variant-numeric:tabular-nums;white-space:nowrap}
.vidmagic-bar label{display:inline-flex;align-items:center;gap:4px}
.vidmagic-bar[hidden]{display:none}
.vidmagic-compare:fullscreen{background:var(--jp-layout-color0,Canvas);color:var(--jp-ui-font-color1,CanvasText);
 padding:16px;overflow:auto;box-sizing:border-box}
.vidmagic-wiping .vidmagic-tiles{display:grid!important;grid-template-columns:minmax(0,1fr)!important;
 position:relative;touch-action:none;cursor:ew-resize}
.vidmagic-wiping .vidmagic-tiles :is(div[role=region],table,tbody,tr,td){display:contents!important}
.vidmagic-wiping .vidmagic-tiles :is(caption,thead,th,figcaption,.vidmagic-tile){display:none!important}
.vidmagic-wiping .vidmagic-tiles .vidmagic-left,.vidmagic-wiping .vidmagic-tiles .vidmagic-right{
 display:block!important;grid-area:1/1!important}
.vidmagic-wiping .vidmagic-tiles video{width:100%!important;max-width:none!important;height:auto!important;
 max-height:75vh;aspect-ratio:var(--vidmagic-shape);object-fit:contain;pointer-events:none}
.vidmagic-wiping figure{max-width:none!important}
.vidmagic-wiping .vidmagic-right{clip-path:inset(0 0 0 var(--vidmagic-wipe));z-index:1}
.vidmagic-line{display:none}
.vidmagic-wiping .vidmagic-line{display:block;position:absolute;top:0;bottom:0;left:var(--vidmagic-wipe);width:2px;
 margin-left:-1px;background:#fff;box-shadow:0 0 2px #000;z-index:2;pointer-events:none}`;

  function element(name, facts, ...children) {
    const made = Object.assign(document.createElement(name), facts);
    made.append(...children);
    return made;
  }

  // Keys that are pressed in a control are not for the notebook; JupyterLab asks the control itself, not its parents.
  function control(name, label, facts, ...children) {
    const made = element(name, { title: label, ariaLabel: label, ...facts }, ...children);
    made.dataset.lmSuppressShortcuts = "true";
    return made;
  }

  function draw(button, icon) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[icon]);
    path.setAttribute("fill-rule", "evenodd");
    svg.append(path);
    button.replaceChildren(svg);
  }

  function press(label, icon, act) {
    const button = control("button", label, { type: "button", onclick: act });
    draw(button, icon);
    return button;
  }

  function toggle(label, icon, isOn, act) {
    const button = press(label, icon, () => set(button.ariaPressed !== "true"));
    function set(on) {
      button.ariaPressed = String(on);
      act(on, button);
    }
    button.ariaPressed = String(isOn);
    return button;
  }

  function clock(seconds) {
    return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
  }

  // Play *videos* in step; *rates* are their frames a second. `onchange` is called whenever something has moved.
  function player(videos, rates, onchange) {
    let playing = false;
    let waiting = false; // all wait for the one that is not ready
    let speed = 1;
    let looping = videos.some((video) => video.loop);

    const length = (video) => video.duration || 0;
    const leader = () => videos.reduce((longest, video) => (length(video) > length(longest) ? video : longest));
    const over = (video, now) => now >= length(video) - 0.05;

    function seek(to) {
      for (const video of videos) {
        video.pause();
        video.currentTime = Math.max(0, Math.min(to, length(video)));
      }
      waiting = true;
      onchange();
    }

    function stop() {
      playing = false;
      for (const video of videos) {
        video.pause();
        video.playbackRate = speed;
      }
      onchange();
    }

    function start() {
      playing = true;
      for (const video of videos) {
        video.loop = false; // one alone would start again at another time
        video.playbackRate = speed;
      }
      seek(leader().ended ? 0 : leader().currentTime);
      requestAnimationFrame(step);
    }

    function keepUp(video, now) {
      const ahead = video.currentTime - now;
      const correction = Math.abs(ahead) > NEAR ? Math.min(1.15, Math.max(0.85, 1 - 2 * ahead)) : 1;
      video.playbackRate = speed * correction;
    }

    function step() {
      if (!playing) return;
      const first = leader();
      const now = first.currentTime;
      const moving = videos.filter((video) => video === first || !over(video, now));
      if (first.ended) {
        if (!looping) return stop();
        seek(0);
      } else if (waiting) {
        if (moving.every((video) => !video.seeking && video.readyState >= PLAYABLE)) {
          waiting = false;
          for (const video of moving) video.play().catch(stop);
        }
      } else if (moving.some((video) => video.paused)) {
        return stop(); // the browser has paused one of them
      } else if (moving.some((video) => video.readyState < PLAYABLE || Math.abs(video.currentTime - now) > FAR * speed)) {
        seek(now);
      } else {
        for (const video of moving) if (video !== first) keepUp(video, now);
      }
      onchange();
      requestAnimationFrame(step);
    }

    return {
      seek,
      stop,
      toggle: () => (playing ? stop() : start()),
      // The middle of the frame after, or before, the one that is shown: a time stamp may lie a little beside its edge.
      move(frames) {
        const rate = Math.max(...rates);
        if (playing) stop();
        seek((Math.floor(leader().currentTime * rate + 0.01) + frames + 0.5) / rate);
      },
      get playing() { return playing; },
      get time() { return leader().currentTime; },
      get length() { return length(leader()); },
      get looping() { return looping; },
      set looping(value) { looping = value; },
      set speed(value) {
        speed = value;
        for (const video of videos) video.playbackRate = value;
      },
    };
  }

  // Lay two tiles one over the other; a slider moves the line between them.
  function wiper(root, tiles, names) {
    const stage = root.querySelector(".vidmagic-tiles");
    const line = element("div", { className: "vidmagic-line" });
    const choose = (label, at) => {
      const select = control("select", label, { onchange: show }, ...names.map((name, i) => new Option(name, i)));
      select.value = at;
      return select;
    };
    const left = choose("Left video", 0);
    const right = choose("Right video", 1);
    const slider = control("input", "Line between the left and the right video", {
      type: "range", min: 0, max: 100, step: 1, value: 50, oninput: show,
    });
    const row = element("div", { className: "vidmagic-bar", hidden: true }, left, slider, right);
    row.setAttribute("role", "group");
    row.ariaLabel = "Wipe";
    let isOn = false;

    function show() {
      const [under, above] = [tiles[left.value], tiles[right.value]];
      for (const tile of tiles) {
        tile.classList.toggle("vidmagic-left", isOn && tile === under);
        tile.classList.toggle("vidmagic-right", isOn && tile === above && tile !== under);
      }
      const video = under.querySelector("video");
      root.style.setProperty("--vidmagic-wipe", `${slider.value}%`);
      root.style.setProperty("--vidmagic-shape", `${video.videoWidth || 16} / ${video.videoHeight || 9}`);
      slider.setAttribute("aria-valuetext", `${slider.value} % of the left video`);
    }

    function drag(event) {
      if (!isOn || event.buttons !== 1) return;
      const box = stage.getBoundingClientRect();
      slider.value = (100 * (event.clientX - box.left)) / box.width;
      show();
    }

    stage.append(line);
    stage.addEventListener("pointerdown", drag);
    stage.addEventListener("pointermove", drag);
    return {
      row,
      turn(on) {
        isOn = on;
        root.classList.toggle("vidmagic-wiping", on);
        row.hidden = !on;
        show();
      },
    };
  }

  function prepare(root) {
    const slot = root.querySelector(".vidmagic-steering");
    const tiles = [...root.querySelectorAll(".vidmagic-tile")].filter((tile) => tile.querySelector("video"));
    if (!slot || slot.firstChild || !tiles.length) return;
    const videos = tiles.map((tile) => tile.querySelector("video"));
    const names = tiles.map((tile, i) => tile.dataset.name || String(i + 1));
    const all = player(videos, tiles.map((tile) => Number(tile.dataset.fps) || 24), show);

    const play = press("Play all", "play", () => all.toggle());
    const slider = control("input", "Time", {
      type: "range", min: 0, max: 1, step: 0.001, value: 0, oninput: () => all.seek(Number(slider.value)),
    });
    const time = element("output");
    const speed = control("select", "Speed", { onchange: () => (all.speed = Number(speed.value)) });
    speed.append(...SPEEDS.map((value) => new Option(`${value}×`, value)));
    speed.value = 1;

    function show() {
      slider.max = all.length;
      if (!slider.matches(":active")) slider.value = all.time;
      slider.setAttribute("aria-valuetext", `${all.time.toFixed(1)} of ${all.length.toFixed(1)} seconds`);
      time.textContent = `${clock(all.time)} / ${clock(all.length)}`;
      if ((play.ariaLabel === "Pause all") === all.playing) return;
      play.title = play.ariaLabel = all.playing ? "Pause all" : "Play all";
      draw(play, all.playing ? "pause" : "play");
    }

    const bar = element("div", { className: "vidmagic-bar" },
      press("One frame back", "back", () => all.move(-1)),
      play,
      press("One frame forward", "forward", () => all.move(1)),
      slider, time, speed,
      toggle("Loop", "loop", all.looping, (on) => (all.looping = on)),
    );
    bar.setAttribute("role", "group");
    bar.ariaLabel = "All videos";
    slot.append(element("style", { textContent: STYLE }), bar);
    if (videos.length > 1) {
      const wipe = wiper(root, tiles, names);
      bar.append(toggle("Wipe between two", "wipe", false, (on) => wipe.turn(on)));
      slot.append(wipe.row);
    }
    if (document.fullscreenEnabled) {
      bar.append(press("Full screen", "full", () =>
        document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
    }
    let isFirst = true;
    for (const [i, tile] of tiles.entries()) {
      const video = videos[i];
      video.controls = false; // these would cover the picture; the ones above move all
      video.addEventListener("loadedmetadata", show);
      video.addEventListener("click", () => all.toggle());
      video.muted = !(tile.dataset.sound === "1" && isFirst); // one sound at a time, until somebody wants more
      if (tile.dataset.sound !== "1") continue;
      isFirst = false;
      const button = toggle(`Sound of ${names[i]}`, video.muted ? "muted" : "sound", !video.muted, (on) => {
        video.muted = !on;
      });
      video.addEventListener("volumechange", () => {
        button.ariaPressed = String(!video.muted);
        draw(button, video.muted ? "muted" : "sound");
      });
      tile.querySelector(".vidmagic-tools")?.append(button);
    }
    show();
  }

  const own = document.currentScript?.closest(".vidmagic-compare");
  for (const root of own ? [own] : document.querySelectorAll(".vidmagic-compare")) prepare(root);
})();
