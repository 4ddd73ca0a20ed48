"""Image files made to order."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

ORIENTATION = 0x0112


def encoded(kind: str = "PNG", size: tuple[int, int] = (160, 120), mode: str = "RGB", orientation: int = 0) -> bytes:
    """Return an image file of one colour, with an EXIF orientation if one is given."""
    file = io.BytesIO()
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    Image.new(mode, size, 1).save(file, kind, exif=exif)
    return file.getvalue()


def noisy(kind: str = "PNG", size: tuple[int, int] = (160, 120)) -> bytes:
    """Return an image file that does not compress."""
    file = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(file, kind)
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Return a moving image of three frames."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (160, 120), (60 * i, 0, 0)) for i in range(3)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


def two_in_one() -> bytes:
    """Return a JPEG with a second picture in it, as many phones write."""
    file = io.BytesIO()
    Image.new("RGB", (160, 120)).save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60))])
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims this size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """Return the opening of a WebP that claims this size."""
    sides = b"".join(struct.pack("<I", side - 1)[:3] for side in (width, height))
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
