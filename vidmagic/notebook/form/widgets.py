"""The widgets of the form and the texts they show; this module knows nothing of jobs or money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ipywidgets

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.style import CLASS, FIELDS, LONG, STYLE
from vidmagic.spec.models import Mode, Model

WIDE = {"width": "auto"}
_LIVE = f'<div class="{LITERAL}" role="status" aria-live="polite">'
_MIN_ROWS, _MAX_ROWS, _ROW = 2, 10, 80  # lines, and characters in a line, of the area that holds the cell


class FormWidgets:
    """All widgets of a form; `box` holds them. *models* are pairs of label and id, *model* is the id to choose."""

    def __init__(self, models: Sequence[tuple[str, str]], model: str, prompt: str, *, sandbox: bool) -> None:
        self.model = ipywidgets.Dropdown(options=models, value=model, description="model", style=LABEL, layout=WIDE)
        self.sandbox = ipywidgets.Checkbox(
            sandbox, description="run in the sandbox, free of charge", indent=False, layout=WIDE,
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
        self.images, self.fields, self.card = ipywidgets.VBox(), ipywidgets.Box(), ipywidgets.VBox()
        self.improve = ipywidgets.VBox()
        self.recipe = ipywidgets.VBox()
        self.box = self._laid_out()

    def _laid_out(self) -> ipywidgets.Box:
        self._add_classes()
        across = {"flex_flow": "row wrap", "align_items": "center"}
        buttons = ipywidgets.HBox([self.generate, self.again], layout=across)
        purchase = ipywidgets.VBox([buttons, self.reason])
        purchase.add_class("vidmagic-indent")
        choice, prompt = ipywidgets.VBox([self.model, self.sandbox]), ipywidgets.VBox([self.prompt, self.count])
        cell = ipywidgets.VBox([self.cell, self.note])
        parts = [
            choice,
            prompt,
            self.improve,
            self.images,
            self.limit,
            self.fields,
            purchase,
            self.card,
            cell,
            self.recipe,
        ]
        box = ipywidgets.VBox([ipywidgets.HTML(STYLE, layout={"display": "none"}), *parts])
        box.add_class(CLASS)
        return box

    def _add_classes(self) -> None:
        self.fields.add_class(FIELDS)
        self.cell.add_class("vidmagic-code")
        self.reason.add_class("vidmagic-reason")
        for widget in (self.model, self.prompt, self.cell):
            widget.add_class(LONG)
        for widget in (self.sandbox, self.count, self.limit, self.note):
            widget.add_class("vidmagic-indent")

    @property
    def without_card(self) -> list[ipywidgets.Widget]:
        """All parts of the form but the card of its job."""
        return [part for part in self.box.children if part is not self.card]

    def choose(self, model: str, prompt: str) -> None:
        """Choose the model of this id, and write *prompt* into its field. Raises InvalidRequest for another model."""
        if model not in {offered for _, offered in self.model.options}:
            raise InvalidRequest(f"the form does not have the model {model}")
        self.model.value = model
        self.prompt.value = prompt

    def show_prompt(self, model: Model, mode: Mode | None, length: int) -> None:
        """Show how long the prompt is and may be; hide it for a model that takes none."""
        limit = model.prompt_limit(mode)
        is_taken = limit is None or limit > 0
        self.prompt.layout.display = self.count.layout.display = None if is_taken else "none"
        optional = " · optional with these images" if mode is not None and not mode.prompt_needed else ""
        of = f" of {limit:,}" if limit is not None else ""
        _show_line(self.count, f"{length:,}{of} characters{optional}", wrong=limit is not None and length > limit)

    def show_limit(self, text: str) -> None:
        """Show what cannot be uploaded here; "" hides the line."""
        self.limit.layout.display = None if text else "none"
        _show_line(self.limit, text)

    def show_offer(self, text: str, notes: Iterable[str], *, possible: bool, already_made: bool, again: bool) -> None:
        """Show what a click would do: *text* is its price, or the reason why it is not *possible*."""
        self.generate.disabled = not possible
        free = already_made and not again
        self.generate.description = "Generate (shown again, free of charge)" if free else "Generate"
        self.again.layout.display = None if already_made or again else "none"
        quiet = "".join(f'<div class="vidmagic-quiet">{escape(note)}</div>' for note in notes)
        _set_html(self.reason, f"{_LIVE}<div>{escape(text)}</div>{quiet}</div>")

    def show_refusal(self, text: str) -> None:
        """Show why a click did nothing; it stays until something changes."""
        _set_html(self.reason, f'{_LIVE}<div class="vidmagic-wrong">{escape(text)}</div></div>')

    def show_cell(self, text: str, in_memory_only: Sequence[str]) -> None:
        """Show the cell that makes the same request, and which inputs it cannot name."""
        rows = sum(1 + len(line) // _ROW for line in text.split("\n"))
        self.cell.rows = max(_MIN_ROWS, min(_MAX_ROWS, rows))
        self.cell.value = text
        note = f"Replace {', '.join(in_memory_only)} by a path, or by a variable that holds it."
        _show_line(self.note, note if in_memory_only else "")
        self.note.layout.display = None if in_memory_only else "none"


def _show_line(widget: ipywidgets.HTML, text: str, *, wrong: bool = False) -> None:
    style = "vidmagic-wrong" if wrong else "vidmagic-quiet"
    _set_html(widget, f'<div class="{LITERAL} {style}">{escape(text)}</div>')


def _set_html(widget: ipywidgets.HTML, html: str) -> None:
    if widget.value != html:  # the same text would be announced again
        widget.value = html
