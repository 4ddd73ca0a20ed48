"""How the form looks: one column of labels, fields side by side where there is room, the front end's own colours."""

from __future__ import annotations

CLASS, FIELDS = "vidmagic-form", "vidmagic-fields"

STYLE = """<style>
.vidmagic-form { width: 100%; max-width: 720px; container-type: inline-size; overflow: visible; gap: 8px;
  color: var(--jp-ui-font-color1); font-family: var(--jp-ui-font-family); font-size: 13px; }
.vidmagic-form .jupyter-widgets { margin: 0; }
.vidmagic-form .widget-box { overflow: visible; gap: 6px; }
.vidmagic-form .widget-label { color: var(--jp-ui-font-color1); text-align: left; }
.vidmagic-form .widget-html-content, .vidmagic-form .widget-html { line-height: 1.5; height: auto; }
.vidmagic-form .widget-html-content { color: var(--jp-ui-font-color1); font-size: 13px; overflow-wrap: anywhere; }
.vidmagic-form .vidmagic-indent { padding-left: calc(11.5em + 8px); }
.vidmagic-form textarea { resize: vertical; }
.vidmagic-form .vidmagic-code textarea { font-family: var(--jp-code-font-family); font-size: var(--jp-code-font-size); }
.vidmagic-form .vidmagic-quiet { color: var(--jp-ui-font-color2); }
.vidmagic-form .vidmagic-wrong { color: var(--jp-error-color1); }
.vidmagic-form .vidmagic-thumb { display: inline-flex; align-items: center; gap: 8px; margin: 0 12px 0 0; }
.vidmagic-form .vidmagic-thumb img { max-width: 80px; max-height: 80px; border-radius: 3px;
  border: 1px solid var(--jp-border-color2); }
.vidmagic-form .vidmagic-fields { display: grid; gap: 6px 24px; overflow: visible;
  grid-template-columns: repeat(2, minmax(0, 1fr)); }
.vidmagic-form .widget-checkbox label { display: flex; align-items: center; gap: 6px; }
.vidmagic-form .widget-checkbox label { white-space: normal; line-height: 1.4; }
.vidmagic-form .widget-checkbox { height: auto; min-height: var(--jp-widgets-inline-height); align-items: center; }
.vidmagic-form .widget-checkbox input { margin: 0; flex: none; }
.vidmagic-form .widget-upload { flex: 0 0 15em; }
.vidmagic-form :focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
@container (max-width: 560px) {
  .vidmagic-form .vidmagic-fields { grid-template-columns: minmax(0, 1fr); }
  .vidmagic-form .vidmagic-picture { flex-wrap: wrap; }
  .vidmagic-form .vidmagic-picture > :first-child { flex: 1 1 100%; }
  .vidmagic-form .vidmagic-indent { padding-left: 0; }
}
</style>"""
