"""The form: a request as fields, its price as you type, and one button that may cost money."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from IPython.display import DisplayHandle

from vidmagic.engine import states
from vidmagic.engine.job import Job
from vidmagic.errors import VidmagicError
from vidmagic.media.video import Video
from vidmagic.notebook.card.card import Card
from vidmagic.notebook.form.card import form_card
from vidmagic.notebook.form.click_guard import ClickGuard
from vidmagic.notebook.form.draft import Draft
from vidmagic.notebook.form.improve_panel import ImprovePanel
from vidmagic.notebook.form.model_choice import chosen_model, model_options, values_of
from vidmagic.notebook.form.output import show
from vidmagic.notebook.form.recipe_field import RecipeField
from vidmagic.notebook.form.simple_upload import SMALL_ONLY
from vidmagic.notebook.form.widgets import FormWidgets
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.session.open_file import OpenedFile
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import DEFAULTS, RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.price import price_text

RUNNING = "This form's video is being made; the form makes one at a time."
MADE_BEFORE = "This request was made before. Generate shows its video again and sends nothing."
CHANGED = "The form changed while you clicked, so nothing was sent. Check it and click again."


class Form:
    """Fields for one request; nothing is sent before *Generate* is clicked.

    *given* are parameters and inputs of the model. `job` is the last job, `video` the last video, each None until there
    is one. A model, parameter or value that is not accepted raises InvalidRequest here.
    """

    def __init__(
        self,
        session: Session,
        *,
        model: str | None = None,
        prompt: str = "",
        options: RunOptions = DEFAULTS,
        **given: object,
    ) -> None:
        self.session = session
        self.job: Job | None = None
        self.video: Video | None = None
        chosen, given = chosen_model(session, model, given)
        self.widgets = FormWidgets(model_options(session), chosen.id, prompt, sandbox=options.sandbox)
        self.draft = Draft(session, self.widgets, given, options, on_change=self._refresh)
        self._below: DisplayHandle | None = None
        self._lock = threading.RLock()  # a job's end and a click may come on two threads
        self.improve = ImprovePanel(
            session.improver, self.widgets.improve, self._lock, lambda: self.draft, self._use_prompt
        )
        self._refreshing = False
        self._purchases = 0  # part of the terms: a second click on what was just bought is on other terms
        self._free = False  # whether the page shows that a click costs nothing
        self._end_note = ""  # on the job that has just ended
        self._click_guard = ClickGuard(self._generate, self._refuse)
        self._refresh()
        self.recipe = RecipeField(session, self.fill, scripted=self.draft.scripted)
        self.widgets.recipe.children = [self.recipe.box]
        self._listen()

    def fill(self, file: OpenedFile) -> None:
        """Fill the form with the request that made a video; nothing is sent, and a ticked sandbox stays ticked.

        Raises InvalidRequest for a model that the form does not have.
        """
        with self._lock:
            model, values = values_of(self.session, file.record)
            self._refreshing = True
            try:
                self.widgets.choose(model.id, file.record.prompt)
                self.widgets.sandbox.value = self.widgets.sandbox.value or file.record.in_sandbox
                self.draft.fill(values)
            finally:
                self._refreshing = False
            self._refresh()

    def _listen(self) -> None:
        widgets = self.widgets
        widgets.model.observe(self._on_model, "value")
        for widget in (widgets.sandbox, widgets.prompt, widgets.again, widgets.cell):
            widget.observe(self._refresh, "value")
        widgets.generate.on_click(lambda _: self._click_guard.click())

    # -- keep what is shown true

    def _on_model(self, _: object) -> None:
        with self._lock:
            self.draft.on_model_change()
            self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Bring everything that is shown in line with what is chosen."""
        with self._lock:
            if self._refreshing:  # a field whose value moves calls this too
                return
            self._refreshing = True
            try:
                notes = [*filter(None, [self._end_note]), *self.draft.refresh()]
                self._click_guard.keep_order(self.widgets.without_card)
                self._show_draft()
                self._click_guard.set_terms((self._show_offer(notes), self._purchases))
                self.improve.refresh()
            finally:
                self._refreshing = False

    def _show_draft(self) -> None:
        widgets, draft = self.widgets, self.draft
        widgets.show_prompt(draft.model, draft.mode, len(draft.prompt))
        widgets.show_limit(SMALL_ONLY if draft.input_fields and not draft.scripted else "")
        widgets.show_cell(draft.cell(), [name for field in draft.input_fields for name in field.in_memory_only])

    def _show_offer(self, notes: list[str]) -> object:
        """Show what a click would do; return the terms on which it would, None where it would do nothing."""
        self._free, running, again = False, self.running, self.widgets.again.value
        try:
            plan = self.draft.plan()
            already_made = self.session.already_made(plan)
        except VidmagicError as problem:
            self.widgets.show_offer(problem.message, notes, possible=False, already_made=False, again=again)
            return None
        self._free = already_made and not again
        text = RUNNING if running else MADE_BEFORE if self._free else _offer_text(plan)
        self.widgets.show_offer(
            text, [*notes, *plan.notes], possible=not running, already_made=already_made and not running, again=again
        )
        return plan.request.params, plan.request.inputs, plan.price, plan.in_sandbox, self._free, running

    def _use_prompt(self, prompt: str) -> None:
        self.widgets.prompt.value = prompt

    @property
    def running(self) -> bool:
        """Whether a job of this form is running."""
        return self.job is not None and not self.job.ended

    # -- the button

    def _generate(self) -> None:
        """Do what the button says, once."""
        with self._lock:
            if self.running:
                return
            try:
                job = self._launch()
            except VidmagicError as problem:
                self._refresh()
                self.widgets.show_refusal(problem.message)
                return
            if job is None:
                self._refuse()
                return
            self._purchases += 1
            self.job = job
            self.widgets.again.value = False  # one tick buys one take
            self._refresh()
        card = form_card(job, self.widgets.card, self._below, updates=self.session.settings.updates)
        card.open()
        live_display().add(self._steps(card, job))

    def _launch(self) -> Job | None:
        """Start the job, or return None where the page shows "free of charge" and it no longer is."""
        plan = self.draft.plan(before_purchase=True)
        if self._free and not self.session.already_made(plan):
            return None
        return self.session.launch(plan, self.draft.options)

    def _refuse(self) -> None:
        self._refresh()
        self.widgets.show_refusal(CHANGED)

    def _steps(self, card: Card, job: Job) -> Iterator[float]:
        """Redraw the card until its job has ended, then show that in the form; yield the seconds to wait."""
        yield from card.steps()
        with self._lock:
            if job.has_video:
                self.video = job.result()
            self._end_note = f"{job.short}: {states.label(job.state)}"
            self._refresh()
            self._end_note = ""  # the next change removes it

    # -- display

    def __repr__(self) -> str:
        hint = "a notebook with widgets shows it as fields; this cell makes the same video:"
        return f"Form for {self.draft.model.short}: {hint}\n{self.draft.cell()}"

    def _ipython_display_(self) -> None:
        """Show the form, and below it the output where its video stays when the form is gone."""
        self._below = show(self.widgets.box, repr(self), self.draft.cell(), self._use_plain_widgets)

    def _use_plain_widgets(self) -> None:
        with self._lock:
            self.draft.use_plain_widgets()
            self.recipe.use_plain_widgets()
            self._refresh()


def _offer_text(plan: Plan) -> str:
    """Return the price, where it was read, and of a model with several modes the mode: an image may be missing."""
    parts = [price_text(plan.price, in_sandbox=plan.in_sandbox)]
    if plan.price is not None and not plan.in_sandbox and plan.price.origin:
        parts.append(plan.price.origin)
    if len(plan.model.modes) > 1:
        parts.append(f"{plan.request.mode} mode")
    return " · ".join(parts)
