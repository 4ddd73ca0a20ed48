"""Two versions of a prompt as one text: what was removed is crossed out, what was added is underlined."""

from __future__ import annotations

from vidmagic.engine.journal.request_diff import Change
from vidmagic.escaping import LITERAL, escape, shorten
from vidmagic.spec.word_diff import Span, spans

_LONGEST = 60  # characters of one phrase in a line of text
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"
_OLD = "text-decoration:line-through;background:rgba(248,81,73,.15)"
_NEW = "text-decoration:underline;background:rgba(46,160,67,.18)"


def diff_html(old: str, new: str) -> str:
    """Return the word difference as HTML; screen readers announce the elements `del` and `ins`."""
    return f'<div class="{LITERAL}" style="{_TEXT}">{"".join(map(_span, spans(old, new)))}</div>'


def diff_text(old: str, new: str) -> str:
    """Return the word difference as one line: − “calm” + “wild, in strong wind”."""
    changes = (Change("", _phrase(span.old), _phrase(span.new)) for span in spans(old, new) if not span.same)
    return ", ".join(map(str, changes)) or ("only spaces" if old != new else "nothing")


def _span(span: Span) -> str:
    if span.same:
        return escape(span.new)
    removed = f'<del style="{_OLD}">{escape(span.old)}</del>' if span.old.strip() else ""
    added = f'<ins style="{_NEW}">{escape(span.new)}</ins>' if span.new else ""
    return f"{removed} {added}" if removed and added and not span.old[-1:].isspace() else removed + added


def _phrase(text: str) -> str:
    return shorten(text, _LONGEST, empty="")
