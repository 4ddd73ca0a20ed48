"""The form: a request as fields, its price as you type, and one button that may cost money."""

from __future__ import annotations

import threading
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.engine.states import DONE
from vidmagic.errors import VidmagicError
from vidmagic.media.video import Video
from vidmagic.notebook.card.card import VIEWS, WORDS
from vidmagic.notebook.form.card import FormCard
from vidmagic.notebook.form.click_guard import ClickGuard
from vidmagic.notebook.form.draft import Draft
from vidmagic.notebook.form.output import show
from vidmagic.notebook.form.simple_upload import SMALL_ONLY
from vidmagic.notebook.form.widgets import FormWidgets
from vidmagic.notebook.magics.dry_run import DryRun
from vidmagic.providers import keys
from vidmagic.session.planning import Plan

RUNS = "One video at a time: this one is on its way."
MADE_BEFORE = "This very request has been made before: a press shows its video and sends nothing."
CHANGED = "The form changed while the button was pressed, so nothing was sent. Look at it and press again."


class Form:
    """Fields for one request; nothing is sent before *Generate* is pressed.

    `job` is the last job, `video` the last video, each None until there is one. A model, parameter or value that
    nobody takes raises InvalidRequest here.
    """

    def __init__(
        self,
        session: Any,
        *,
        model: str | None = None,
        prompt: str = "",
        sandbox: bool = False,
        max_cost: str | None = None,
        **given: Any,
    ) -> None:
        self.session = session
        self.job: Job | None = None
        self.video: Video | None = None
        chosen = session.catalog.find(model)[1] if model is not None else session.default_model()
        self.face = FormWidgets(_models(session), chosen.id, prompt, rehearse=sandbox)
        self.draft = Draft(session, self.face, given, max_cost=max_cost, changed=self._refresh)
        self._below: Any = None
        self._lock = threading.RLock()  # a job's end and a click may come on two threads
        self._settling = False
        self._bought = 0  # videos, so that a press on what was just bought counts as one on other terms
        self._free = False  # whether the page was told that a press costs nothing
        self._news = ""  # of the job that has ended
        self._press = ClickGuard(self._generate, self._refuse)
        self._refresh()
        self._listen()

    def _listen(self) -> None:
        face = self.face
        face.model.observe(self._on_model, "value")
        for widget in (face.rehearse, face.prompt, face.again, face.cell):
            widget.observe(self._refresh, "value")
        face.generate.on_click(lambda _: self._press.press())

    # -- keeping the form true

    def _on_model(self, _: object) -> None:
        with self._lock:
            self.draft.take_over()
            self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Bring everything that is shown in line with what is chosen."""
        with self._lock:
            if self._settling:  # a field that is moved tells so, too
                return
            self._settling = True
            try:
                notes = [*filter(None, [self._news]), *self.draft.settle()]
                self._press.keep_order(part for part in self.face.box.children if part is not self.face.card)
                self._show_draft()
                self._press.show((self._offer(notes), self._bought))
            finally:
                self._settling = False

    def _show_draft(self) -> None:
        face, draft = self.face, self.draft
        face.show_prompt(draft.model, draft.mode, len(draft.prompt))
        face.show_limit(SMALL_ONLY if draft.pictures and not draft.scripted else "")
        face.show_cell(draft.cell(), [name for picture in draft.pictures for name in picture.only_here])

    def _offer(self, notes: list[str]) -> object:
        """Show what a press would do; return the terms on which it would, None where it would do nothing."""
        self._free, runs, again = False, self.runs, self.face.again.value
        try:
            plan = self.draft.plan()
            already_made = self.session.already_made(plan)
        except VidmagicError as problem:
            self.face.show_offer(problem.message, notes, possible=False, already_made=False, again=again)
            return None
        self._free = already_made and not again
        said = RUNS if runs else MADE_BEFORE if self._free else _price(plan)
        self.face.show_offer(
            said, [*notes, *plan.notes], possible=not runs, already_made=already_made and not runs, again=again
        )
        return plan.request.params, plan.request.images, plan.price, plan.in_sandbox, self._free, runs

    @property
    def runs(self) -> bool:
        """Whether a job of this form is on its way."""
        return self.job is not None and not self.job.ended

    # -- the button

    def _generate(self) -> None:
        """Carry out what the button says, once."""
        with self._lock:
            if self.runs:
                return
            try:
                plan = self.draft.plan(anew=True)
                if self._free and not self.session.already_made(plan):
                    self._refuse()
                    return
                job = self.session.launch(plan, again=self.face.again.value)
            except VidmagicError as problem:
                self._refresh()
                self.face.show_refusal(problem.message)
                return
            self._bought += 1
            self.job = job
            self.face.again.value = False  # one tick buys one take
            self._refresh()
            updates = self.session.settings.updates
            card = FormCard(job, self.face.card, self._below, updates=updates, on_end=self._on_end)
        card.open()
        VIEWS.add(card.steps())

    def _refuse(self) -> None:
        self._refresh()
        self.face.show_refusal(CHANGED)

    def _on_end(self, job: Job) -> None:
        with self._lock:
            if job.state == DONE:
                self.video = job.result()
            self._news = f"{job.short}: {WORDS[job.state]}"
            self._refresh()
            self._news = ""  # until something changes

    # -- showing

    def __repr__(self) -> str:
        same = "a notebook with widgets shows it as fields; the same by a cell:"
        return f"Form for {self.draft.model.short}: {same}\n{self.draft.cell()}"

    def _ipython_display_(self) -> None:
        """Show the form, and below it the place where its video stays when the form is gone."""
        self._below = show(self.face.box, repr(self), self.draft.cell(), self._do_without_scripts)

    def _do_without_scripts(self) -> None:
        with self._lock:
            self.draft.do_without_scripts()
            self._refresh()


def _price(plan: Plan) -> str:
    """Say what it costs, and for a model with several modes from what it is made: an image may have got lost."""
    price = DryRun(plan).price if plan.price is not None or plan.in_sandbox else "price unknown"
    return price if len(plan.model.modes) == 1 else f"{price} · {plan.request.mode} mode"


def _models(session: Any) -> list[tuple[str, str]]:
    """Return the models with their service and whether its key is set, and their ids."""
    found = []
    for model in session.catalog:
        service = session.catalog.find(model.id)[0].service
        key = keys.find(service)
        said = f"key from {key.source}" if key is not None else f"no key ({service.key_env})"
        found.append((f"{model.short} · {model.title} · {service.title} · {said}", model.id))
    return found
