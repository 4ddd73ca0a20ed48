"""Text on a picture: lines that fit, in a font that has the characters."""

from __future__ import annotations

import re
from functools import lru_cache

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow's own font comes first; it has no Chinese. Pillow looks these up in the folders of the system; where none of
# them is installed, a character that is missing is drawn as a box.
_SYSTEM_FONTS = (
    "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc", "msyh.ttc",
    "simhei.ttf", "Arial Unicode.ttf", "DejaVuSans.ttf",
)  # fmt: skip
_PIECE = re.compile(r"[⺀-鿿가-힯豈-﫿＀-￯]|[^\s⺀-鿿가-힯豈-﫿＀-￯]+|\s+")  # Chinese breaks between any two
_NO_CHARACTER = "\U0010ffff"


def label_lines(text: str, font: Font, width: float, most: int) -> list[str]:
    """Break *text* into at most *most* lines of at most *width* pixels; a longer one ends in an ellipsis."""
    lines: list[str] = []
    left = " ".join(text.split())
    while left and len(lines) < most:
        taken = _fitting(left, font, width)
        lines.append(taken.rstrip())
        left = left[len(taken) :].lstrip()
    if left:
        last = lines[-1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        lines[-1] = last + "…"
    return lines


def write_lines(draw: ImageDraw.ImageDraw, corner: tuple[int, int], lines: list[str], font: Font, colour: str) -> None:
    """Write *lines* from their left upper *corner* on."""
    for number, line in enumerate(lines):
        draw.text((corner[0], corner[1] + number * line_height(font)), line, colour, font)


def line_height(font: Font) -> int:
    """Return how many pixels one line takes."""
    return round(getattr(font, "size", 11) * 1.3)


def font_for(texts: list[str], size: int) -> Font:
    """Return the font of *size* pixels that lacks the fewest characters of *texts*."""
    characters = frozenset(character for text in texts for character in text if not character.isspace())
    name = min(_installed(), key=lambda name: _lacking(name, characters))
    return _load(name, size)


def _fitting(text: str, font: Font, width: float) -> str:
    """Return the beginning of *text* that fits; at least one character."""
    taken = ""
    for piece in _PIECE.findall(text):
        if font.getlength(taken + piece.rstrip()) > width:
            break
        taken += piece
    if taken:
        return taken
    end = 1
    while end < len(text) and font.getlength(text[: end + 1]) <= width:
        end += 1
    return text[:end]


@lru_cache(maxsize=64)
def _load(name: str, size: int) -> Font:
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    names = [""]
    for name in _SYSTEM_FONTS:
        try:
            _load(name, 16)
        except OSError:
            continue
        names.append(name)
    return tuple(names)


@lru_cache(maxsize=256)
def _lacking(name: str, characters: frozenset[str]) -> int:
    font = _load(name, 16)
    box = bytes(font.getmask(_NO_CHARACTER))
    return sum(bytes(font.getmask(one)) == box for one in characters)
