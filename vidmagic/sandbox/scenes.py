"""The moving picture of a sandbox video: drifting lights, or a crossfade from one image to another."""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Callable

from PIL import Image, ImageOps

Picture = Callable[[float], Image.Image]  # progress, 0 to 1 → the picture
Colour = tuple[float, float, float]
_FIELD = 24  # pixels of a side before it is scaled up


def drifting_lights(name: str, size: tuple[int, int], seconds: float) -> Picture:
    """Return a calm field of coloured lights; *name* decides its colours and paths."""
    digest = hashlib.sha256(name.encode()).digest()
    lights = [_light(digest, number) for number in range(4)]
    columns = max(4, round(_FIELD * math.sqrt(size[0] / size[1])))
    rows = max(4, round(_FIELD * math.sqrt(size[1] / size[0])))
    turns = seconds / 9

    def picture(progress: float) -> Image.Image:
        spots = [(colour, *path(progress * turns)) for colour, path in lights]
        field = Image.new("RGB", (columns, rows))
        field.putdata([_mix(spots, (x + 0.5) / columns, (y + 0.5) / rows) for y in range(rows) for x in range(columns)])
        return field.resize(size, Image.Resampling.BICUBIC)

    return picture


def _light(digest: bytes, number: int) -> tuple[Colour, Callable[[float], tuple[float, float]]]:
    """Return a light's colour and its path: turn → point in the unit square."""
    # From sea through violet to amber: green light flatters nothing.
    hue = 0.44 + 0.52 * digest[0] / 256 + (0.0, 0.07, -0.06, 0.16)[number] + digest[1 + number] / 3000
    lightness = (0.30, 0.46, 0.16, 0.55)[number]
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, 0.42 + digest[6 + number] / 900)
    start, tilt = digest[12 + number] / 256, digest[18 + number] / 256

    def path(outcome: float) -> tuple[float, float]:
        angle = 2 * math.pi * (outcome * (0.5 + 0.15 * number) + start)
        return 0.5 + 0.46 * math.cos(angle), 0.5 + 0.42 * math.sin(angle * 0.8 + tilt * 6)

    return (red * 255, green * 255, blue * 255), path


def _mix(spots: list[tuple[Colour, float, float]], x: float, y: float) -> tuple[int, int, int]:
    red = green = blue = total = 0.0
    for colour, at_x, at_y in spots:
        distance = (x - at_x) ** 2 + (y - at_y) ** 2
        weight = 1 / (0.03 + distance) ** 2
        red, green, blue = red + weight * colour[0], green + weight * colour[1], blue + weight * colour[2]
        total += weight
    return int(red / total), int(green / total), int(blue / total)


def crossfade(first: Image.Image, last: Image.Image, size: tuple[int, int]) -> Picture:
    """Return a slow zoom into the first image that fades into the last."""
    start, end = (ImageOps.fit(image.convert("RGB"), size) for image in (first, last))

    def picture(progress: float) -> Image.Image:
        fade = progress * progress * (3 - 2 * progress)
        return Image.blend(_zoom(start, 0.1 * progress), _zoom(end, 0.1 * (1 - progress)), fade)

    return picture


def _zoom(image: Image.Image, amount: float) -> Image.Image:
    width, height = image.size
    left, top = width * amount / 2, height * amount / 2
    return image.resize(image.size, Image.Resampling.BILINEAR, (left, top, width - left, height - top))
