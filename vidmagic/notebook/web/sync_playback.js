// One set of controls for the videos of a comparison. The videos are plain HTML of the notebook and play without it;
// every grid on the page gets its controls, and loses them when the kernel's model is closed.

const GRIDS = document.getElementsByClassName("vidmagic-compare"); // the browser adds what is new
const FAR = 0.15; // seconds: videos further apart are set to the same time; nearer ones catch up by their speed
const NEAR = 0.015; // seconds: closer than a frame
const PLAYABLE = HTMLMediaElement.HAVE_FUTURE_DATA;

function element(name, facts, ...children) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...children);
  return made;
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

function controls(grid, slot) {
  const videos = [...grid.querySelectorAll("video")];
  const play = element("button", { type: "button", title: "Play all in step" });
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, ariaLabel: "Time" });
  const time = element("span");
  const loop = element("input", { type: "checkbox", checked: videos.some((video) => video.loop) });
  const sound = element("select", { ariaLabel: "Sound" }, new Option("no sound", -1));
  for (const i of videos.keys()) sound.append(new Option(`sound of ${i + 1}`, i));
  sound.value = 0;

  let playing = false;
  let waiting = false; // all wait for the one that is not ready

  const length = (video) => video.duration || 0;
  const leader = () => videos.reduce((longest, video) => (length(video) > length(longest) ? video : longest));
  const over = (video, now) => now >= length(video) - 0.05;

  function show() {
    slider.max = length(leader());
    if (!slider.matches(":active")) slider.value = leader().currentTime;
    play.textContent = playing ? "❚❚" : "▶";
    play.ariaLabel = playing ? "Pause all" : "Play all";
    time.textContent = `${clock(leader().currentTime)} / ${clock(length(leader()))}`;
  }

  function chooseSound() {
    for (const [i, video] of videos.entries()) video.muted = i !== Number(sound.value);
  }

  function seek(to) {
    for (const video of videos) {
      video.pause();
      video.currentTime = Math.min(to, length(video));
    }
    waiting = true;
    show();
  }

  function stop() {
    playing = false;
    for (const video of videos) {
      video.pause();
      video.playbackRate = 1;
    }
    show();
  }

  function start() {
    playing = true;
    for (const video of videos) video.loop = false; // one alone would start again at another time
    chooseSound();
    seek(leader().ended ? 0 : leader().currentTime);
    requestAnimationFrame(step);
  }

  function keepUp(video, now) {
    const ahead = video.currentTime - now;
    video.playbackRate = Math.abs(ahead) > NEAR ? Math.min(1.15, Math.max(0.85, 1 - 2 * ahead)) : 1;
  }

  function step() {
    if (!playing) return;
    const first = leader();
    const now = first.currentTime;
    const moving = videos.filter((video) => video === first || !over(video, now));
    if (first.ended) {
      if (!loop.checked) return stop();
      seek(0);
    } else if (waiting) {
      if (moving.every((video) => !video.seeking && video.readyState >= PLAYABLE)) {
        waiting = false;
        for (const video of moving) video.play().catch(stop);
      }
    } else if (moving.some((video) => video.paused)) {
      return stop(); // somebody has paused it by its own controls
    } else if (moving.some((video) => video.readyState < PLAYABLE || Math.abs(video.currentTime - now) > FAR)) {
      seek(now);
    } else {
      for (const video of moving) if (video !== first) keepUp(video, now);
    }
    show();
    requestAnimationFrame(step);
  }

  play.onclick = () => (playing ? stop() : start());
  slider.oninput = () => seek(Number(slider.value));
  sound.onchange = chooseSound;
  for (const video of videos) video.addEventListener("loadedmetadata", show);

  const row = element("div", {}, play, slider, time, element("label", {}, loop, " loop"), sound);
  row.style.cssText = "display:flex;align-items:center;gap:10px;margin:4px 0 8px";
  slider.style.flex = "1 1 auto";
  play.style.minWidth = "3em";
  time.style.fontVariantNumeric = "tabular-nums";
  row.dataset.lmSuppressShortcuts = "true"; // keys here are not for the notebook
  slot.append(row);
  show();
  return () => {
    if (playing) stop();
    row.remove();
  };
}

export default {
  initialize() {
    const removals = new Map();
    const addControls = () => {
      for (const grid of removals.keys()) if (!grid.isConnected) removals.delete(grid);
      for (const grid of GRIDS) {
        const slot = grid.querySelector(".vidmagic-steering");
        if (slot && !slot.firstChild && grid.querySelector("video")) removals.set(grid, controls(grid, slot));
      }
    };
    const observer = new MutationObserver(addControls);
    observer.observe(document.body, { childList: true, subtree: true });
    addControls();
    return () => {
      observer.disconnect();
      for (const remove of removals.values()) remove();
    };
  },
};
