"""The form's button that improves the prompt: the answer is a word difference, to be used or discarded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import ipywidgets

from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.form.click_guard import ClickGuard
from vidmagic.notebook.form.draft import Draft
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.views.prompt_diff import diff_html
from vidmagic.session.improve.improve import Improver, Rewrite
from vidmagic.session.improve.question import Question
from vidmagic.spec.price import SANDBOX_PRICE, UNKNOWN_PRICE

CHANGED = "The form changed while you clicked, so nothing was sent. Check it and click again."
WIDE = {"width": "auto"}
_STEP = 0.25  # seconds between two drawings


class ImprovePanel:
    """The field of the wish, the button, and the answer; one click is one request, on a thread of its own.

    The widgets are shown in *box*. *draft* returns what the form holds, whose *lock* is held while it is read; *on_use*
    is called with a new prompt.
    """

    def __init__(
        self,
        improver: Improver,
        box: ipywidgets.Box,
        lock: threading.RLock,
        draft: Callable[[], Draft],
        on_use: Callable[[str], None],
    ) -> None:
        self.wish = ipywidgets.Text(
            placeholder="what a better prompt should change, for instance: more wind",
            description="wish", style=LABEL, layout=WIDE,
        )  # fmt: skip
        self.improve = ipywidgets.Button(description="Improve prompt", layout=WIDE)
        self.use = ipywidgets.Button(description="Use it", button_style="primary", layout=WIDE)
        self.discard = ipywidgets.Button(description="Discard", layout=WIDE)
        self.status, self.result = ipywidgets.HTML(layout=WIDE), ipywidgets.HTML(layout=WIDE)
        self.rewrite: Rewrite | None = None
        self._improver, self._lock, self._draft, self._on_use = improver, lock, draft, on_use
        self._guard = ClickGuard(self._ask, lambda: self._show_status(CHANGED, wrong=True))
        self._running = False
        self._written = ""  # so far
        self._asked: object = None  # the question that was asked last: to ask it again is to ask anew
        self._outcome: Rewrite | VidmagicError | None = None
        self._lay_out(box)

    def _lay_out(self, box: ipywidgets.Box) -> None:
        self.wish.add_class(LONG)
        across = {"flex_flow": "row wrap", "align_items": "center"}
        self._answer = ipywidgets.VBox([self.result, ipywidgets.HBox([self.use, self.discard], layout=across)])
        self._answer.layout.display = "none"
        below = ipywidgets.VBox([ipywidgets.HBox([self.improve, self.status], layout=across), self._answer])
        below.add_class("vidmagic-indent")
        box.children = [self.wish, below]
        self.improve.on_click(lambda _: self._guard.click())
        self.use.on_click(lambda _: self._use())
        self.discard.on_click(lambda _: self._close())

    def refresh(self) -> None:
        """Bring the button and the difference in line with what the form holds."""
        draft = self._draft()
        is_taken = draft.model.longest_prompt != 0
        self.wish.layout.display = self.improve.layout.display = None if is_taken else "none"
        self._guard.keep_order((self.wish, self.improve, self.use, self.discard))
        offer = self._offer(draft)
        self._guard.set_terms((draft.model.id, offer, self._running))
        self.improve.disabled = self._running or not draft.prompt.strip()
        if not self._running:
            self._show_status(offer if is_taken else "")
        if self.rewrite is not None:
            self._show_answer(self.rewrite, draft.prompt)

    def _offer(self, draft: Draft) -> str:
        """Return whom a click would ask, and what is known of the price; or why it would ask nobody."""
        try:
            options = draft.options
            endpoint = self._improver.endpoint(draft.model, max_cost=options.max_cost, sandbox=options.sandbox)
        except VidmagicError as problem:
            return problem.message
        return f"by {endpoint} · {UNKNOWN_PRICE}" if endpoint is not None else f"by the sandbox · {SANDBOX_PRICE}"

    # -- the button

    def _ask(self) -> None:
        """Ask once, on a thread of its own."""
        if self._running:
            return
        try:
            question = self._question(self._draft())
        except VidmagicError as problem:
            self._show_status(problem.message, wrong=True)
            return
        self._close()
        self._running, self._written, self._outcome = True, "", None
        self.improve.disabled = True
        again, self._asked = self._asked == question.identity, question.identity
        threading.Thread(target=self._work, args=(question, again), name="vidmagic-improve", daemon=True).start()
        live_display().add(self._steps(question))

    def _question(self, draft: Draft) -> Question:
        wish, options = self.wish.value.strip(), draft.options
        return self._improver.question(
            draft.prompt, draft.model, draft.mode, wish=wish, max_cost=options.max_cost, sandbox=options.sandbox
        )

    def _work(self, question: Question, again: bool) -> None:
        try:
            self._outcome = self._improver.answer(question, again=again, on_text=self._note)
        except VidmagicError as error:
            self._outcome = error
        except Exception as error:  # noqa: BLE001  the form must not wait for ever
            self._outcome = VidmagicError(f"{type(error).__name__}: {error}")

    def _note(self, text: str) -> None:
        self._written = text

    def _steps(self, question: Question) -> Iterator[float]:
        """Show what is written until it is done; yield the seconds to wait."""
        while (outcome := self._outcome) is None:
            written = f" · {len(self._written):,} characters" if self._written else ""
            self._show_status(f"asking {question.endpoint}…{written}")
            yield _STEP
        with self._lock:
            self._running = False
            if isinstance(outcome, Rewrite):
                self.rewrite = outcome
            self.refresh()
            if isinstance(outcome, VidmagicError):
                self._show_status(f"{outcome.message} · {outcome.charged_text}", wrong=True)

    # -- the answer

    def _use(self) -> None:
        rewrite = self.rewrite
        self._close()
        if rewrite is not None:
            self._on_use(rewrite.new)

    def _close(self) -> None:
        self.rewrite = None
        self._answer.layout.display = "none"
        self.result.value = ""

    def _show_answer(self, rewrite: Rewrite, prompt: str) -> None:
        """Show what *rewrite* would change in *prompt*, which may have changed since."""
        head = f"for {rewrite.model.short}, by {rewrite.writer} · {rewrite.price}"
        same = "Nothing would change." if prompt == rewrite.new else ""
        quiet = "".join(_line(text, "vidmagic-quiet") for text in filter(None, [head, *rewrite.notes, same]))
        wrong = "".join(_line(problem, "vidmagic-wrong") for problem in rewrite.problems)
        html = f'<div role="status" aria-live="polite">{quiet}{diff_html(prompt, rewrite.new)}{wrong}</div>'
        if self.result.value != html:
            self.result.value = html
        self._answer.layout.display = None

    def _show_status(self, text: str, *, wrong: bool = False) -> None:
        html = _line(text, "vidmagic-wrong" if wrong else "vidmagic-quiet")
        if self.status.value != html:
            self.status.value = html


def _line(text: str, css_class: str) -> str:
    return f'<div class="{LITERAL} {css_class}">{escape(text)}</div>'
