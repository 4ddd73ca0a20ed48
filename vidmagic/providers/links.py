"""Find links in running text, as gateways write them round their results: in Markdown, HTML, JSON and Chinese."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A slash and an ampersand may be escaped, where JSON stands inside of text. Chinese may follow without a space.
_ASCII = r"(?:[A-Za-z0-9._~:/?#@!$&*+,;=%-]|\\/|\\u00(?:26|2[fF]|3[dD]))"
_LINK = re.compile(rf"https?:(?:/|\\/){{2}}(?:{_ASCII}|\({_ASCII}*\))+")
_ESCAPED = re.compile(r"\\(?:u(00[0-9a-fA-F]{2})|/)")
_NOTHING = re.compile(r"(?:\\u?[0-9a-fA-F]{0,3})?")  # or the beginning of an escape
_EMPHASIS = ("**", "__", "~~", "*", "_")
_IN_A_TAG = re.compile(r"<[^<>]*=\s*[\"']?$")
_SECRET = re.compile(r"https?:(?:/|\\/){2}[!#-&(-;=?-_a-~]*[A-Za-z0-9%&=/#]")  # to the end of the word, or a quote
_LABELS = {
    "last_frame": re.compile(r"尾帧|末帧|最后|last.?frame", re.IGNORECASE),
    "cover": re.compile(r"封面|cover|poster|thumb", re.IGNORECASE),
    "watermarked": re.compile(r"(?<!无)水印|watermarked", re.IGNORECASE),
    "video": re.compile(r"视频|video", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link in running text.

    `label` is what stands before it on its line. `at_end` is true when nothing follows it: in a text that broke off it
    may have broken off too.
    """

    url: str
    label: str = ""
    at_end: bool = False

    @property
    def path(self) -> str:
        """The link in lower case without its query and fragment."""
        return re.split("[?#]", self.url.lower(), maxsplit=1)[0]

    @property
    def kind(self) -> str:
        """What it leads to, by the end of its path, then by its label: video, watermarked, last_frame, cover, other."""
        if self.path.endswith((".mp4", ".mov", ".webm")):
            return "watermarked" if _LABELS["watermarked"].search(self.label) else "video"
        if self.path.endswith((".jpg", ".jpeg", ".png", ".webp", ".gif")):
            return "last_frame" if _LABELS["last_frame"].search(self.label) else "cover"
        return next((kind for kind, words in _LABELS.items() if words.search(self.label)), "other")


def find_links(text: str) -> Iterator[Link]:
    """Yield the links of *text* in their order; parentheses inside a link must be balanced, punctuation ends it."""
    end = 0
    for match in _LINK.finditer(text):
        before = text[end : match.start()]
        label = "".join(before.strip().splitlines()[-1:])
        yield Link(_plain(match[0], before), label, at_end=_NOTHING.fullmatch(text, match.end()) is not None)
        end = match.end()


def links_by_kind(text: str) -> dict[str, str]:
    """Return the first link of each kind in *text*."""
    links: dict[str, str] = {}
    for link in find_links(text):
        links.setdefault(link.kind, link.url)
    return links


def without_links(text: str) -> str:
    """Return foreign text without its links, which are signed and therefore secret."""
    return _SECRET.sub("(link)", text)


def _plain(written: str, before: str) -> str:
    """Return the link that is *written* after *before*, without the escapes and marks of what it stands in."""
    url = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "/", written)
    if _IN_A_TAG.search(before[-200:]):
        url = html.unescape(url)
    url = url.rstrip(".,;:!?")
    for mark in _EMPHASIS:
        if before.endswith(mark):
            url = url.removesuffix(mark)
    return url.rstrip(".,;:!?*")
