"""The style sheet of the form: a column of labels, fields side by side where there is room, the theme's colours."""

from __future__ import annotations

from vidmagic.notebook.style import QUIET

CLASS, FIELDS, LONG = "vidmagic-form", "vidmagic-fields", "vidmagic-long"  # LONG: a text field over the whole width

STYLE = (
    """<style>
.vidmagic-form { width: 100%; max-width: 720px; container-type: inline-size; overflow: visible; gap: 8px;
  color: var(--jp-ui-font-color1); font-family: var(--jp-ui-font-family); font-size: 13px; }
.vidmagic-form .jupyter-widgets { margin: 0; }
.vidmagic-form .widget-box { overflow: visible; gap: 6px; }
.vidmagic-form .widget-label { color: var(--jp-ui-font-color1); text-align: left; }
.vidmagic-form .widget-html-content, .vidmagic-form .widget-html { line-height: 1.5; height: auto; }
.vidmagic-form .widget-html-content { color: var(--jp-ui-font-color1); font-size: 13px; overflow-wrap: anywhere; }
.vidmagic-form .vidmagic-indent, .vidmagic-form .vidmagic-fields > .widget-checkbox {
  padding-left: calc(11.5em + 8px); }
.vidmagic-form textarea { resize: vertical; }
.vidmagic-form .vidmagic-code textarea { font-family: var(--jp-code-font-family); font-size: var(--jp-code-font-size);
  field-sizing: content; min-height: 3.4em; max-height: 20em; }
.vidmagic-form .vidmagic-quiet { """
    + QUIET
    + """ }
.vidmagic-form .vidmagic-wrong { color: var(--jp-error-color1); }
.vidmagic-form .vidmagic-reason { min-height: 3em; }
.vidmagic-form .vidmagic-preview { display: inline-flex; align-items: center; gap: 8px; margin: 0 12px 0 0; }
.vidmagic-form .vidmagic-preview img { max-width: 80px; max-height: 80px; border-radius: 3px;
  border: 1px solid var(--jp-border-color2); }
.vidmagic-form .vidmagic-preview video { max-width: 240px; max-height: 135px; border-radius: 3px; }
.vidmagic-form .vidmagic-preview audio { max-width: 280px; height: 32px; }
.vidmagic-form .vidmagic-upload-row { margin-left: calc(11.5em + 8px); align-items: center; position: relative; }
.vidmagic-form .vidmagic-drop-target { padding: 3px; border: 1px dashed var(--jp-border-color1); border-radius: 3px; }
.vidmagic-form .vidmagic-upload-row > button { flex: none; }
.vidmagic-form .vidmagic-upload-row > .widget-upload { width: 15em; }
.vidmagic-form .vidmagic-drag-over .vidmagic-drop-target { border: 1px solid var(--jp-brand-color1);
  box-shadow: 0 0 0 1px var(--jp-brand-color1); }
.vidmagic-form .vidmagic-input-field + .vidmagic-input-field { margin-top: 4px; }
.vidmagic-form .vidmagic-upload { flex: 1 1 auto; display: flex; align-items: center; gap: 2px 10px;
  position: static; min-width: 0; line-height: 1.5; overflow-wrap: anywhere; }
.vidmagic-form .vidmagic-upload button { flex: none; width: auto; min-width: 13em; }
.vidmagic-form .vidmagic-upload .vidmagic-quiet:empty { display: none; }
.vidmagic-form .vidmagic-upload progress { position: absolute; inset: auto 0 -2px; width: 100%; height: 3px;
  appearance: none; border: 0; background: var(--jp-border-color2); }
.vidmagic-form .vidmagic-upload progress::-webkit-progress-bar { background: var(--jp-border-color2); }
.vidmagic-form .vidmagic-upload progress::-webkit-progress-value { background: var(--jp-brand-color1); }
.vidmagic-form .vidmagic-upload progress::-moz-progress-bar { background: var(--jp-brand-color1); }
.vidmagic-form .vidmagic-upload progress[hidden] { display: none; }
.vidmagic-form .vidmagic-upload-amount { flex: none; font-variant-numeric: tabular-nums; }
.vidmagic-form .vidmagic-fields { display: grid; gap: 6px 24px; overflow: visible;
  grid-template-columns: repeat(2, minmax(0, 1fr)); }
.vidmagic-form .vidmagic-fields > .widget-checkbox, .vidmagic-form .vidmagic-long { grid-column: 1 / -1; }
.vidmagic-form .widget-checkbox label { display: flex; align-items: center; gap: 6px; }
.vidmagic-form .widget-checkbox label { white-space: normal; line-height: 1.4; }
.vidmagic-form .widget-checkbox { height: auto; min-height: var(--jp-widgets-inline-height); align-items: center; }
.vidmagic-form .widget-checkbox input { margin: 0; flex: none; }
.vidmagic-form :focus-visible, .vidmagic-form .jupyter-button:focus-visible:enabled {
  outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
@container (max-width: 560px) {
  .vidmagic-form .vidmagic-fields { grid-template-columns: minmax(0, 1fr); }
  .vidmagic-form .vidmagic-indent, .vidmagic-form .vidmagic-fields > .widget-checkbox { padding-left: 0; }
  .vidmagic-form > .jupyter-widgets { margin-left: 5px; }
  .vidmagic-form .vidmagic-upload-row { margin-left: 0; }
  .vidmagic-form .vidmagic-upload { flex-wrap: wrap; }
  .vidmagic-form .vidmagic-upload button { min-width: 0; }
  .vidmagic-form .vidmagic-long { flex-direction: column; align-items: stretch; height: auto; }
  .vidmagic-form .vidmagic-long > .widget-label { width: auto !important; }
  .vidmagic-form .vidmagic-long > :not(.widget-label) { flex: none; width: 100%;
    min-height: var(--jp-widgets-inline-height); }
}
</style>"""
)
