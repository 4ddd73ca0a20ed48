"""The inline styles of our HTML, written with the front end's own CSS variables.

Inline, because JupyterLab removes style sheets from the output of a notebook that it does not trust.
"""

from __future__ import annotations

FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#767676))"
SMALL = f"font-size:12px;{QUIET}"
STRONG = "font-weight:600"
RULE = "border-bottom:1px solid var(--jp-border-color2,var(--vscode-panel-border,#8886))"
TABLE = "border-collapse:collapse;font-size:13px;color:inherit;background:transparent"
CELL = "text-align:left;vertical-align:top"
THUMBNAIL = "display:block;border-radius:4px"
EMPTY_PICTURE = "background:var(--jp-layout-color2,#8883)"
CARD_WIDTH = "max-width:640px"
CARD_ROW = "display:flex;align-items:center;min-height:28px"  # as high with a bar alone as with the button
LIST_WIDTH = "max-width:960px"
# Out of sight, for screen readers.
READ_ALOUD_ONLY = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
