"""Escape text from outside (prompts, errors, ids, links, file names) for HTML and for a terminal."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The class of an element that holds foreign text: without it JupyterLab and nbconvert set `$…$` as mathematics.
LITERAL = "mathjax_ignore tex2jax_ignore"

_CONTROLS = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half a surrogate pair: a message with one cannot be sent
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")  # they reorder what stands beside
_SHOWN = _CONTROLS | _SURROGATES | _BIDI
_STRIPPED = dict.fromkeys((*_CONTROLS, *_BIDI)) | _SURROGATES

_TERMINAL_CODES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?")
_OURS = re.compile(r"(?!/)(?![^/]*:)[A-Za-z0-9._~!$&'()*+,;=:@%/-]+")
_NOT_IN_A_LINK = re.compile(r"[^\x21-\x7e]|[\\\"'<>^`{|}]")


def escape(text: object) -> str:
    """Return *text* as HTML, for content and for attribute values in quotes.

    Control characters, halves of surrogate pairs and characters that turn the reading direction become U+FFFD.
    """
    import html  # its table of names takes time to load, and a package that is only loaded escapes nothing

    lines = str(text).replace("\r\n", "\n").replace("\r", "\n")
    return html.escape(lines.translate(_SHOWN), quote=True)


def isolate(text: object) -> str:
    """Return *text* as HTML in an element of its own, so that its reading direction does not spread."""
    return f"<bdi>{escape(text)}</bdi>"


def link(href: str, label: object) -> str:
    """Return a link as HTML; only the label if *href* is neither https nor a relative, percent-encoded path."""
    if not _may_be_linked(href):
        return isolate(label)
    return (
        f'<a href="{escape(href)}" style="color:inherit" target="_blank" rel="noopener noreferrer">{isolate(label)}</a>'
    )


def plain(text: object) -> str:
    """Return *text* as one line for a terminal: no colour codes, no control characters, single spaces."""
    without_codes = _TERMINAL_CODES.sub("", str(text))
    return " ".join(" ".join(without_codes.split()).translate(_STRIPPED).split())


def shorten(text: str, width: int = 400, *, empty: str = "(no text)") -> str:
    """Return *text* as one line, cut at *width* characters; *empty* stands for a text without a character.

    It is cut between any two characters: Chinese has no spaces to cut at.
    """
    line = " ".join(text.split()) or empty
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def _may_be_linked(href: str) -> bool:
    if _OURS.fullmatch(href):
        return True
    if _NOT_IN_A_LINK.search(href):
        return False
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
