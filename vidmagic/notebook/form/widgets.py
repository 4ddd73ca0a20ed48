"""The widgets of the form and what they say; nothing here knows of jobs or money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets

from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.style import CLASS, FIELDS, LONG, STYLE
from vidmagic.spec.models import Mode, Model

WIDE = {"width": "auto"}
_LIVE = f'<div class="{LITERAL}" role="status" aria-live="polite">'
_FEWEST_ROWS, _MOST_ROWS, _ROW = 2, 10, 80  # lines and characters of the area that holds the cell


class FormWidgets:
    """All that is seen of a form; `box` is the whole. *models* are pairs of label and id."""

    def __init__(self, models: Sequence[tuple[str, str]], model: str, prompt: str, *, rehearse: bool) -> None:
        self.model = ipywidgets.Dropdown(options=models, value=model, description="model", style=LABEL, layout=WIDE)
        self.rehearse = ipywidgets.Checkbox(
            rehearse, description="rehearse in the sandbox, free of charge", indent=False, layout=WIDE,
        )  # fmt: skip
        self.prompt = ipywidgets.Textarea(
            prompt, description="prompt", placeholder="what the video shows", rows=4, style=LABEL, layout=WIDE,
        )  # fmt: skip
        self.generate = ipywidgets.Button(description="Generate", button_style="primary", layout=WIDE)
        self.again = ipywidgets.Checkbox(
            False, description="another take, paid again", indent=False, layout=WIDE,
        )  # fmt: skip
        self.cell = ipywidgets.Textarea(description="as a cell", style=LABEL, layout=WIDE)
        self.count, self.reason, self.limit, self.note = (ipywidgets.HTML(layout=WIDE) for _ in range(4))
        self.pictures, self.fields, self.card = ipywidgets.VBox(), ipywidgets.Box(), ipywidgets.VBox()
        self.box = self._laid_out()

    def _laid_out(self) -> Any:
        self.fields.add_class(FIELDS)
        self.cell.add_class("vidmagic-code")
        for each in (self.model, self.prompt, self.cell):
            each.add_class(LONG)
        self.reason.add_class("vidmagic-reason")
        for each in (self.rehearse, self.count, self.limit, self.note):
            each.add_class("vidmagic-indent")
        across = {"flex_flow": "row wrap", "align_items": "center"}
        buttons = ipywidgets.HBox([self.generate, self.again], layout=across)
        pay = ipywidgets.VBox([buttons, self.reason])
        pay.add_class("vidmagic-indent")
        chosen, words = ipywidgets.VBox([self.model, self.rehearse]), ipywidgets.VBox([self.prompt, self.count])
        same = ipywidgets.VBox([self.cell, self.note])
        parts = [chosen, words, self.pictures, self.limit, self.fields, pay, self.card, same]
        box = ipywidgets.VBox([ipywidgets.HTML(STYLE, layout={"display": "none"}), *parts])
        box.add_class(CLASS)
        return box

    def show_prompt(self, model: Model, mode: Mode | None, length: int) -> None:
        """Show how long the prompt is and may be; no prompt for a model that takes none."""
        most = model.longest_prompt
        taken = most is None or most > 0
        self.prompt.layout.display = self.count.layout.display = None if taken else "none"
        optional = " · this model needs none with these images" if mode is not None and not mode.prompt_needed else ""
        of = f" of {most:,}" if most is not None else ""
        _say(self.count, f"{length:,}{of} characters{optional}", wrong=most is not None and length > most)

    def show_limit(self, said: str) -> None:
        """Say what the choosers of images cannot do."""
        self.limit.layout.display = None if said else "none"
        _say(self.limit, said)

    def show_offer(self, said: str, notes: Iterable[str], *, possible: bool, already_made: bool, again: bool) -> None:
        """Show what a press would do: its price, or the reason why it can do nothing."""
        self.generate.disabled = not possible
        free = already_made and not again
        self.generate.description = "Generate (shown again, free of charge)" if free else "Generate"
        self.again.layout.display = None if already_made or again else "none"
        quiet = "".join(f'<div class="vidmagic-quiet">{escape(note)}</div>' for note in notes)
        _set(self.reason, f"{_LIVE}<div>{escape(said)}</div>{quiet}</div>")

    def show_refusal(self, said: str) -> None:
        """Show why a press did nothing; it stays until something changes."""
        _set(self.reason, f'{_LIVE}<div class="vidmagic-wrong">{escape(said)}</div></div>')

    def show_cell(self, text: str, only_here: Sequence[str]) -> None:
        """Show the same request as a cell, and what it needs beside it."""
        rows = sum(1 + len(line) // _ROW for line in text.split("\n"))
        self.cell.rows = max(_FEWEST_ROWS, min(_MOST_ROWS, rows))
        self.cell.value = text
        said = (
            f"Where it says {', '.join(only_here)}, put the path, or a variable that holds it: the form knows neither."
        )
        _say(self.note, said if only_here else "")
        self.note.layout.display = None if only_here else "none"


def _say(place: Any, text: str, *, wrong: bool = False) -> None:
    _set(place, f'<div class="{LITERAL} {"vidmagic-wrong" if wrong else "vidmagic-quiet"}">{escape(text)}</div>')


def _set(place: Any, html: str) -> None:
    if place.value != html:
        place.value = html
