"""What is written on a sandbox video: the prompt, the badge, and the line that shows how far it has run."""

from __future__ import annotations

from PIL import Image, ImageDraw

from .text_layout import fit_text, load_font

_BADGE = "SANDBOX · no service was called"


def caption_layer(prompt: str, size: tuple[int, int]) -> Image.Image:
    """Draw what does not move: a dark lower half to read on, the prompt, the badge."""
    width, height = size
    short = min(size)
    layer = Image.new("RGBA", size)
    shade = Image.linear_gradient("L").resize((width, height // 2)).point(lambda value: value * 150 // 255)
    layer.paste((8, 8, 16, 255), (0, height - height // 2), shade)
    draw = ImageDraw.Draw(layer)
    margin = short // 16
    lines, font = fit_text(prompt, width - 2 * margin, height * 0.5, max(12, short // 11))
    step = round(font.size * 1.3) if hasattr(font, "size") else 14
    top = height - margin * 2 - step * len(lines)
    for number, line in enumerate(lines):
        draw.text((margin + 1, top + number * step + 2), line, (0, 0, 0, 150), font)
        draw.text((margin, top + number * step), line, (255, 255, 255, 255), font)
    _badge(draw, margin, short)
    return layer


def _badge(draw: ImageDraw.ImageDraw, margin: int, short: int) -> None:
    font = load_font(None, max(9, short // 26))
    pad = margin * 0.4
    corner = margin + pad * 1.4, margin + pad
    left, top, right, bottom = draw.textbbox(corner, _BADGE, font)
    box = (left - pad * 1.4, top - pad, right + pad * 1.4, bottom + pad)
    draw.rounded_rectangle(box, (box[3] - box[1]) / 2, (0, 0, 0, 110))
    draw.text(corner, _BADGE, (255, 255, 255, 225), font)


def compose(picture: Image.Image, layer: Image.Image, progress: float) -> Image.Image:
    """Draw the caption layer and the progress line over *picture*; *progress* is 0 at the start and 1 at the end."""
    picture.paste(layer, (0, 0), layer)
    width, height = picture.size
    margin = min(width, height) // 16
    draw = ImageDraw.Draw(picture)
    y, reach = height - margin, width - 2 * margin
    draw.line((margin, y, width - margin, y), (110, 110, 120), 2)
    draw.line((margin, y, margin + round(reach * progress), y), (255, 255, 255), 3)
    return picture
