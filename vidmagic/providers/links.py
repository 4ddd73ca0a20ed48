"""Find links in running text, as gateways write it round their results."""

from __future__ import annotations

import re

_ASCII = r"[A-Za-z0-9._~:/?#@!$&*+,;=%-]"  # Chinese text may follow a link without a space
_LINK = re.compile(rf"https?://(?:{_ASCII}|\({_ASCII}*\))+")
_LABELS = {
    "last_frame": re.compile(r"尾帧|末帧|最后|last.?frame", re.IGNORECASE),
    "cover": re.compile(r"封面|cover|poster|thumb", re.IGNORECASE),
    "watermarked": re.compile(r"(?<!无)水印|watermarked", re.IGNORECASE),
    "film": re.compile(r"视频|video", re.IGNORECASE),
}


def links(text: str) -> dict[str, str]:
    """Return the first link of each kind in running text: film, watermarked, last_frame, cover or other."""
    found: dict[str, str] = {}
    end = 0
    for match in _LINK.finditer(text):
        link = match[0].rstrip(".,;:!?*")
        found.setdefault(_kind("".join(text[end : match.start()].strip().splitlines()[-1:]), link), link)
        end = match.end()
    return found


def _kind(label: str, link: str) -> str:
    """Tell what a link leads to, by the end of its path, then by the words before it."""
    path = link.partition("?")[0].lower()
    if path.endswith((".mp4", ".mov", ".webm")):
        return "watermarked" if _LABELS["watermarked"].search(label) else "film"
    if path.endswith((".jpg", ".jpeg", ".png", ".webp", ".gif")):
        return "last_frame" if _LABELS["last_frame"].search(label) else "cover"
    return next((kind for kind, words in _LABELS.items() if words.search(label)), "other")


def without_links(text: str) -> str:
    """Return foreign text without its links, which are signed and therefore secret."""
    return _LINK.sub("(link)", text)
