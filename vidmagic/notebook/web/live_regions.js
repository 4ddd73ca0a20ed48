// A live region is announced when its text changes, not when it is put there anew. ipywidgets draws the HTML of a widget
// anew at each change, so the element that stays becomes the region in place of the one within.

const REGIONS = ".vidmagic-form .widget-html-content > [aria-live]";

export default {
  initialize() {
    function look() {
      for (const region of document.querySelectorAll(REGIONS)) {
        for (const name of ["role", "aria-live"]) {
          region.parentElement.setAttribute(name, region.getAttribute(name));
          region.removeAttribute(name);
        }
      }
    }
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, subtree: true });
    look();
    return () => watch.disconnect();
  },
};
