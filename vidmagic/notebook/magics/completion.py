"""Tab completion for `%%video` and `%video`, hung into IPython and taken out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from vidmagic.session.session import Session

IDENTIFIER = "vidmagic"

_log = logging.getLogger(__name__)


def install(ip: Any, session: Callable[[], Session], verbs: Iterable[str]) -> None:
    """Complete the two magics in *ip*, once however often it is called; `session` is called at the first need.

    A matcher, other than a `complete_command` hook, keeps away what Jedi takes the line for.
    """

    def match(context: CompletionContext) -> SimpleMatcherResult:
        try:
            typed, found = _answer(context, ip, session, tuple(verbs))
        except Exception:  # noqa: BLE001  a fault must not reach the cell that is being typed
            _log.debug("completion failed", exc_info=True)
            typed, found = "", []
        completions = [SimpleCompletion(text) for text in found]
        return {"completions": completions, "matched_fragment": typed, "ordered": True, "suppress": bool(found)}

    remove(ip)
    ip.Completer.custom_matchers.append(context_matcher(identifier=IDENTIFIER)(match))


def remove(ip: Any) -> None:
    """Take our completion out of *ip*; that of others stays."""
    matchers = ip.Completer.custom_matchers
    matchers[:] = [each for each in matchers if getattr(each, "matcher_identifier", "") != IDENTIFIER]


def _answer(
    context: CompletionContext, ip: Any, session: Callable[[], Session], verbs: tuple[str, ...]
) -> tuple[str, list[str]]:
    """Return what is typed of the word at the cursor, and what it may become."""
    if context.full_text.startswith("%%") and context.cursor_line > 0:
        return _body_answer(context, ip, session, verbs)
    command, space, line = context.text_until_cursor.lstrip().partition(" ")
    if not space or command not in {"%%video", "%video"}:
        return "", []
    from vidmagic.notebook.magics.candidates import Candidates

    candidates = Candidates(session(), ip.user_ns, verbs)
    return candidates.of_cell(line) if command == "%%video" else candidates.of_verb(line)


def _body_answer(
    context: CompletionContext, ip: Any, session: Callable[[], Session], verbs: tuple[str, ...]
) -> tuple[str, list[str]]:
    """Return what may stand in an open bracket of a prompt."""
    command, _, line = context.full_text.partition("\n")[0].partition(" ")
    if command != "%%video" or "[" not in context.text_until_cursor:
        return "", []
    from vidmagic.notebook.magics.candidates import Candidates

    return Candidates(session(), ip.user_ns, verbs).of_body(line, context.text_until_cursor)
