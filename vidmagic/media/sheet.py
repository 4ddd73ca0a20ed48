"""A sheet of videos: which stands in which row and column, with headings and captions, and where that is in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from vidmagic.errors import InvalidRequest
from vidmagic.media.label import Font, font_for, label_lines, line_height, write_lines

_GAP = 8  # pixels between two videos, and round them
_SMALLEST = 64  # pixels: the shorter side of a video that can be recognised
_LINES = 2  # of a heading and of a caption; what is longer ends in an ellipsis
_PAGE, _INK, _QUIET = "#111418", "#f2f4f7", "#aeb6c2"


@dataclass(frozen=True, slots=True)
class SheetVideo:
    """A video on a sheet: its file, its row and column from 0, and the caption below it."""

    path: Path
    row: int
    column: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Videos in rows and columns with their headings, which may be ""."""

    videos: tuple[SheetVideo, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """Everything that is written on it."""
        return [*self.rows, *self.columns, *(video.caption for video in self.videos)]


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet in pixels: the size of the whole, of one video, and what stands beside and above the videos."""

    width: int
    height: int
    tile: tuple[int, int]
    left: int
    top: int
    caption: int
    font: Font

    def corner(self, video: SheetVideo) -> tuple[int, int]:
        """Return the left upper corner of a video."""
        x = self.left + _GAP + video.column * (self.tile[0] + _GAP)
        return x, self.top + _GAP + video.row * (self.tile[1] + self.caption + _GAP)

    def background(self, sheet: Sheet) -> Image.Image:
        """Return the picture on which the videos play: the headings and captions, and black where each of them is."""
        image = Image.new("RGB", (self.width, self.height), _PAGE)
        draw = ImageDraw.Draw(image)
        width, height = self.tile
        for at, heading in enumerate(sheet.columns):
            x, _ = self.corner(SheetVideo(Path(), 0, at))
            write_lines(draw, (x, _GAP), label_lines(heading, self.font, width, _LINES), self.font, _INK)
        for at, heading in enumerate(sheet.rows):
            _, y = self.corner(SheetVideo(Path(), at, 0))
            lines = label_lines(heading, self.font, self.left - _GAP, max(1, height // line_height(self.font)))
            write_lines(draw, (_GAP, y), lines, self.font, _INK)
        for video in sheet.videos:
            x, y = self.corner(video)
            draw.rectangle((x, y, x + width - 1, y + height - 1), "black")
            lines = label_lines(video.caption, self.font, width, _LINES)
            write_lines(draw, (x, y + height + 2), lines, self.font, _QUIET)
        return image


def make_page(sheet: Sheet, shapes: Sequence[tuple[int, int]], largest: tuple[int, int]) -> Page:
    """Return the largest page that fits into *largest* pixels and enlarges no video; *shapes* are their sizes.

    All videos get a frame of the shape of the first. Raises InvalidRequest where they would be too small.
    """
    font = font_for(sheet.texts, max(12, largest[0] // 80))
    line = line_height(font)
    left = min(largest[0] // 5, _widest(sheet.rows, font) + _GAP) if any(sheet.rows) else 0
    top = _LINES * line if any(sheet.columns) else 0
    caption = _LINES * line + 4 if any(video.caption for video in sheet.videos) else 0
    rows, columns = len(sheet.rows), len(sheet.columns)
    room = (largest[0] - left - (columns + 1) * _GAP) / columns, (largest[1] - top - (rows + 1) * _GAP) / rows - caption
    aspect = shapes[0][0] / shapes[0][1]
    width = min(room[0], room[1] * aspect, max(shape[0] for shape in shapes))
    tile = _even(width), _even(width / aspect)
    if min(tile) < min(_SMALLEST, *shapes[0]) // 2 * 2:
        raise InvalidRequest(
            f"{len(sheet.videos)} videos in {rows} rows and {columns} columns would be too small to see",
            hint="Choose fewer of them, or export an .html page.",
        )
    return Page(
        width=_even(left + columns * (tile[0] + _GAP) + _GAP + 1),
        height=_even(top + rows * (tile[1] + caption + _GAP) + _GAP + 1),
        tile=tile, left=left, top=top, caption=caption, font=font,
    )  # fmt: skip


def _widest(texts: Sequence[str], font: Font) -> int:
    return max(round(font.getlength(text)) for text in texts) + _GAP


def _even(pixels: float) -> int:
    return int(pixels) // 2 * 2
