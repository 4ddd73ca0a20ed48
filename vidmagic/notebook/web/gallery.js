// Play a thumbnail of a gallery under the pointer, or while the keyboard's focus is on it. The page without a kernel has
// the pictures, each with a link to its video.

const LINKS = ".vidmagic-gallery a";

export default {
  initialize() {
    let playing = null;

    function stop() {
      playing?.remove();
      playing = null;
    }

    function start(event) {
      const link = event.target.closest?.(LINKS);
      if (!link || link.contains(playing)) return;
      stop();
      playing = Object.assign(document.createElement("video"), {
        src: link.href, muted: true, loop: true, autoplay: true, playsInline: true, disablePictureInPicture: true,
      });
      playing.setAttribute("aria-hidden", "true");
      playing.style.cssText =
        "position:absolute;inset:0;width:100%;height:100%;object-fit:contain;background:#000;pointer-events:none";
      playing.onerror = stop; // the picture stays
      link.append(playing);
    }

    function end(event) {
      const link = event.target.closest?.(LINKS);
      if (link && !link.contains(event.relatedTarget)) stop();
    }

    const lifetime = new AbortController();
    const options = { signal: lifetime.signal };
    for (const name of ["pointerover", "focusin"]) document.addEventListener(name, start, options);
    for (const name of ["pointerout", "focusout"]) document.addEventListener(name, end, options);
    return () => {
      lifetime.abort();
      stop();
    };
  },
};
