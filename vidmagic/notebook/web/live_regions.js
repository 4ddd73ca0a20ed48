// Make screen readers announce the form's messages. A live region is announced when its text changes, not when it is
// new. ipywidgets replaces the HTML in a widget at each change, so the element around it becomes the region.

const REGIONS = ".vidmagic-form .widget-html-content > [aria-live]";

export default {
  initialize() {
    function moveRegions() {
      for (const region of document.querySelectorAll(REGIONS)) {
        for (const name of ["role", "aria-live"]) {
          region.parentElement.setAttribute(name, region.getAttribute(name));
          region.removeAttribute(name);
        }
      }
    }
    const observer = new MutationObserver(moveRegions);
    observer.observe(document.body, { childList: true, subtree: true });
    moveRegions();
    return () => observer.disconnect();
  },
};
