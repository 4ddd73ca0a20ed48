"""How our HTML looks: as the front end's own, by its variables."""

from __future__ import annotations

FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#777))"
