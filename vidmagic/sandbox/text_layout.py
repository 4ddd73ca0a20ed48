"""Text on a picture: a font that has the characters, and lines that fit."""

from __future__ import annotations

import re
from functools import lru_cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow looks these names up in the system's font folders. Latin first, then the common fonts with Chinese.
FONTS = (
    "DejaVuSans.ttf", "Arial.ttf", "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc",
    "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc",
    "msyh.ttc", "simhei.ttf", "Arial Unicode.ttf",
)  # fmt: skip
MAX_CHARACTERS = 320
_TOKEN = re.compile(r"[⺀-鿿가-힯豈-﫿＀-￯]|[^\s⺀-鿿가-힯豈-﫿＀-￯]+|\s+")


def fit_text(text: str, width: float, height: float, largest: int) -> tuple[list[str], Font]:
    """Wrap *text* into a box of pixels at the largest size that fits, and return its lines and font.

    A text too long for a picture is shortened on the picture, with an ellipsis.
    """
    shown = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
    name = _font_name(frozenset(shown))
    size = largest
    while True:
        font = load_font(name, size)
        lines = wrap(shown, font, width)
        if size <= 9 or len(lines) * size * 1.35 <= height:
            return lines, font
        size -= 1 + size // 12


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Break *text* into lines of at most *width* pixels: at spaces, and between Chinese characters."""
    lines = [""]
    for token in _TOKEN.findall(text):
        if font.getlength(lines[-1] + token.rstrip()) <= width:
            lines[-1] += " " if token.isspace() else token
        else:
            pieces = _pieces(token.strip(), font, width)
            lines = [*lines[:-1], lines[-1].rstrip(), *pieces]
    return [line for line in lines if line.strip()]


@lru_cache(maxsize=64)
def load_font(name: str | None, size: int) -> Font:
    """Load a system font by its file name, or Pillow's own (Latin only) for None."""
    return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)


def _pieces(word: str, font: Font, width: float) -> list[str]:
    pieces = [""]
    for character in word:
        if font.getlength(pieces[-1] + character) > width and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
    return pieces


@lru_cache(maxsize=64)
def _font_name(characters: frozenset[str]) -> str | None:
    """Return the font that lacks the fewest of these characters; what it lacks it draws as its own box."""
    return min(_installed(), key=lambda name: _lacking(name, characters))


@lru_cache(maxsize=1)
def _installed() -> tuple[str | None, ...]:
    matching: list[str | None] = []
    for name in FONTS:
        try:
            load_font(name, 16)
        except OSError:
            continue
        matching.append(name)
    return (*matching, None)


def _lacking(name: str | None, characters: frozenset[str]) -> int:
    font = load_font(name, 16)
    box = bytes(font.getmask("\U0010ffff"))
    return sum(bytes(font.getmask(one)) == box for one in characters if not one.isspace())
