"""Improve a prompt by one question to a language model; no video service is asked, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from vidmagic.errors import InvalidRequest, NotImproved, TooExpensive, VidmagicError
from vidmagic.http.network_errors import unframed
from vidmagic.http.timeouts import Timeouts
from vidmagic.providers.chat.completions import Answer, ask, request_body
from vidmagic.providers.chat.usage import Usage, usage_text
from vidmagic.session.cost_limit import read_amount
from vidmagic.session.improve.answer import read_prompt
from vidmagic.session.improve.endpoint import ChatEndpoint, choose_endpoint, sandbox_endpoint
from vidmagic.session.improve.instructions import messages
from vidmagic.session.improve.marks import mark_problems
from vidmagic.session.improve.question import Question, check_question
from vidmagic.session.planning import make_plan
from vidmagic.session.service_access import ServiceAccess
from vidmagic.session.settings import Settings
from vidmagic.session.settings_sources import sandbox_variable
from vidmagic.spec.models import Mode, Model

NO_KEY = "No key of a language model is set, so the sandbox rewrites it by rules, free of charge."
AS_BEFORE = "The same was asked before: this is that answer, and nothing was sent. --again asks anew."


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A prompt as it was (`old`) and as the language model wrote it (`new`); nothing of it was sent to a video service.

    `problems` are sentences on what the new prompt lost or added, `notes` those on how it came about. `is_reused` is
    true for an answer that was there before.
    """

    old: str
    new: str
    wish: str
    model: Model
    writer: str
    usage: Usage | None
    in_sandbox: bool = False
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    is_reused: bool = False

    @property
    def price(self) -> str:
        """What the rewrite used and cost: tokens as they were reported; nobody published their price."""
        used = usage_text(self.usage, in_sandbox=self.in_sandbox)
        return f"nothing was used now; then it was {used}" if self.is_reused else used


class _Checked(NamedTuple):
    """What speaks against a prompt for a model, and advice on it."""

    refusals: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class Improver:
    """Ask language models; what they answered is remembered as long as the session lives.

    `settings` returns the settings as they are now, `sandbox_url` starts the sandbox and returns where it is.
    """

    def __init__(
        self,
        access: ServiceAccess,
        settings: Callable[[], Settings],
        sandbox_url: Callable[[], str],
        timeouts: Timeouts,
    ) -> None:
        self._access = access
        self._settings = settings
        self._sandbox_url = sandbox_url
        self._timeouts = timeouts
        self._answered: dict[object, Rewrite] = {}

    def endpoint(self, model: Model, *, max_cost: str | None = None, sandbox: bool = False) -> ChatEndpoint | None:
        """Return the language model that would be asked for *model*, None for the sandbox. Raises as `question`."""
        settings = self._settings()
        service = self._access.catalog.find_model(model.id)[0].service.name
        chosen = choose_endpoint(self._access, service, settings.chat_model, sandbox=sandbox)
        if chosen is not None:
            _check_limit(chosen, settings.max_cost if max_cost is None else str(max_cost))
        return chosen

    def question(
        self,
        prompt: str,
        model: Model,
        mode: Mode | None = None,
        *,
        wish: str = "",
        max_cost: str | None = None,
        sandbox: bool = False,
    ) -> Question:
        """Check what is to be asked and choose whom; nothing is sent.

        Raises InvalidRequest for a prompt or a wish that cannot be sent, for an endpoint that is not usable, and for a
        limit of 0 (TooExpensive); MissingKey for an endpoint of one's own without its key.
        """
        mode = mode or model.mode({}) or model.modes[0]
        check_question(prompt, wish, model, mode)
        chosen = self.endpoint(model, max_cost=max_cost, sandbox=sandbox)
        if chosen is not None:
            return Question(prompt, model, mode, wish, chosen)
        notes = () if sandbox or sandbox_variable() else (NO_KEY,)
        return Question(prompt, model, mode, wish, sandbox_endpoint(self._sandbox_url()), notes)

    def answer(
        self, question: Question, *, again: bool = False, on_text: Callable[[str], None] = lambda _: None
    ) -> Rewrite:
        """Ask once and return the new prompt; the same question again returns the answer there is, unless *again*.

        *on_text* is called with what was written so far. Raises NotImproved for an answer that is not a usable prompt,
        Refused, Failed, NotSent or OutcomeUnknown where there is none; nothing is repeated by itself.
        """
        before = self._answered.get(question.identity)
        if before is not None and not again:
            return replace(before, notes=(*question.notes, AS_BEFORE), is_reused=True)
        rewrite = self._rewrite(question, on_text)
        self._answered[question.identity] = rewrite
        return rewrite

    def _rewrite(self, question: Question, on_text: Callable[[str], None]) -> Rewrite:
        endpoint, prompt = question.endpoint, question.prompt
        try:
            answer = self._ask(question, on_text)
            new = read_prompt(answer, prompt, question.model, question.mode)
            before, after = self._checked(question, prompt), self._checked(question, new)
            if problems := sorted(after.refusals - before.refusals):
                raise NotImproved(f"the new prompt would be refused: {'; '.join(problems)}", text=new)
        except NotImproved as problem:
            problem.hint = f"It used {usage_text(answer.usage, in_sandbox=endpoint.in_sandbox)}. {problem.hint}"
            problem.charged = "no" if endpoint.in_sandbox else "yes"
            raise
        advice = (note for note in after.notes if note not in before.notes)
        return Rewrite(
            prompt,
            new,
            question.wish,
            question.model,
            str(endpoint),
            answer.usage,
            endpoint.in_sandbox,
            tuple(mark_problems(prompt, new)),
            (*question.notes, *advice),
        )

    def _checked(self, question: Question, prompt: str) -> _Checked:
        """Check *prompt* as far as that can be done without a cell's flags."""
        provider = self._access.catalog.find_model(question.model.id)[0]
        try:
            return _Checked(notes=make_plan(provider, question.model, prompt, {}, in_sandbox=True).notes)
        except InvalidRequest as problem:
            return _Checked(frozenset(problem.message.split("; ")))

    def _ask(self, question: Question, on_text: Callable[[str], None]) -> Answer:
        endpoint = question.endpoint
        body = request_body(endpoint.model, messages(question.prompt, question.wish, question.model, question.mode))
        try:
            return ask(endpoint.transport(self._timeouts), endpoint.path, body, on_text)
        except VidmagicError as error:
            lost = error
        unframed(lost)  # the frames that sent it hold the key
        if endpoint.in_sandbox:
            lost.charged = "no"
        raise lost


def _check_limit(endpoint: ChatEndpoint, limit: str) -> None:
    """Raise TooExpensive where nothing at all may be spent: what a language model costs is not known beforehand."""
    if limit and read_amount(limit)[0] == 0 and not endpoint.on_this_machine:
        raise TooExpensive(
            f"the limit is {limit}, and what {endpoint} costs is not known beforehand",
            hint="--sandbox rewrites the prompt by rules, free of charge.",
        )
