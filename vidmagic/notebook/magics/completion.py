"""Install and remove Tab completion for `%%video` and `%video` in IPython."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.interactiveshell import InteractiveShell

if TYPE_CHECKING:
    from vidmagic.session.session import Session

IDENTIFIER = "vidmagic"

_log = logging.getLogger(__name__)


def install(ip: InteractiveShell, session: Callable[[], Session]) -> None:
    """Complete the two magics in *ip*, once however often it is called; `session` is called at the first need.

    A matcher can suppress what Jedi would complete on such a line; a `complete_command` hook cannot.
    """

    def match(context: CompletionContext) -> SimpleMatcherResult:
        try:
            typed, texts = _answer(context, ip, session)
        except Exception:  # noqa: BLE001  a fault must not reach the cell that is being typed
            _log.debug("completion failed", exc_info=True)
            typed, texts = "", []
        completions = [SimpleCompletion(text) for text in texts]
        return {"completions": completions, "matched_fragment": typed, "ordered": True, "suppress": bool(texts)}

    remove(ip)
    ip.Completer.custom_matchers.append(context_matcher(identifier=IDENTIFIER)(match))


def remove(ip: InteractiveShell) -> None:
    """Remove our completion from *ip*, and no other."""
    matchers = ip.Completer.custom_matchers
    matchers[:] = [matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != IDENTIFIER]


def _answer(context: CompletionContext, ip: InteractiveShell, session: Callable[[], Session]) -> tuple[str, list[str]]:
    """Return the unfinished word at the cursor and its completions."""
    if context.full_text.startswith("%%") and context.cursor_line > 0:
        return _body_answer(context, ip, session)
    command, space, line = context.text_until_cursor.lstrip().partition(" ")
    if not space or command not in {"%%video", "%video"}:
        return "", []
    from vidmagic.notebook.magics.candidates import Candidates

    candidates = Candidates(session(), ip.user_ns)
    return candidates.of_cell(line) if command == "%%video" else candidates.of_line(line)


def _body_answer(
    context: CompletionContext, ip: InteractiveShell, session: Callable[[], Session]
) -> tuple[str, list[str]]:
    """Return what may stand in an open bracket of a prompt."""
    command, _, line = context.full_text.partition("\n")[0].partition(" ")
    if command != "%%video" or "[" not in context.text_until_cursor:
        return "", []
    from vidmagic.notebook.magics.candidates import Candidates

    return Candidates(session(), ip.user_ns).of_body(line, context.text_until_cursor)
