"""What a language model is asked, and what of it cannot be sent."""

from __future__ import annotations

from dataclasses import dataclass

from vidmagic.errors import InvalidRequest
from vidmagic.session.improve.endpoint import ChatEndpoint
from vidmagic.session.planning import has_words, unsendable
from vidmagic.spec.models import Mode, Model

LONGEST_WISH = 1000  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """What a language model is asked: to rewrite `prompt` for `model` in `mode`, with a `wish` ("" for none)."""

    prompt: str
    model: Model
    mode: Mode
    wish: str
    endpoint: ChatEndpoint
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> object:
        """What makes two questions the same."""
        asked = self.endpoint.origin, self.endpoint.model
        return *asked, self.model.id, self.mode.name, self.prompt, self.wish


def check_question(prompt: str, wish: str, model: Model, mode: Mode) -> None:
    """Raise InvalidRequest, with all that is wrong, for a prompt or a wish that cannot be sent."""
    if problems := [*_prompt_problems(prompt, model, mode), *_wish_problems(wish)]:
        raise InvalidRequest("; ".join(problems))


def _prompt_problems(prompt: str, model: Model, mode: Mode) -> list[str]:
    if not isinstance(prompt, str):
        return [f"the prompt is not text but {type(prompt).__name__}"]
    if model.prompt_limit(mode) == 0:
        return [f"{model.short} takes no prompt"]
    problems = [] if has_words(prompt) else ["the prompt is empty: there is nothing to improve"]
    return problems + ([problem] if (problem := unsendable(prompt)) else [])


def _wish_problems(wish: str) -> list[str]:
    if not isinstance(wish, str):
        return [f"the wish is not text but {type(wish).__name__}"]
    if len(wish) > LONGEST_WISH:
        return [f"the wish has {len(wish):,} characters; at most {LONGEST_WISH:,} are taken"]
    return [problem.replace("the prompt", "the wish")] if (problem := unsendable(wish)) else []
