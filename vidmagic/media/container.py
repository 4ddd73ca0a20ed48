"""Which container a video file has, by its first bytes, and whether it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from vidmagic.media import boxes, ebml

_HEAD = 4096  # bytes; an EBML header is shorter


@dataclass(frozen=True, slots=True)
class Container:
    """One kind of video file: the suffix of its name, its type in a web page, and FFmpeg's name of its reader.

    `name` stands in messages. A MOV of today holds what an MP4 holds, and browsers play it under that type.
    """

    name: str
    suffix: str
    media_type: str
    reader: str


MP4 = Container("MP4", ".mp4", "video/mp4", "mp4")
MOV = Container("MOV", ".mov", "video/mp4", "mov")
WEBM = Container("WebM", ".webm", "video/webm", "matroska")
MKV = Container("Matroska", ".mkv", "video/x-matroska", "matroska")
SUFFIXES = tuple(container.suffix for container in (MP4, MOV, WEBM, MKV))

_FIRST_BOXES = {b"moov", b"mdat", b"wide"}  # with which a QuickTime file may begin that states no brand
_IMAGE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"mif1"}


def container_of(file: BinaryIO) -> Container | None:
    """Return the container of *file*, whatever its name and its content type claim; None for anything else."""
    file.seek(0)
    head = file.read(_HEAD)
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _IMAGE_BRANDS else MOV if head[8:12] == b"qt  " else MP4
    if head[4:8] in _FIRST_BOXES:
        return MOV
    document = ebml.document_type(head)
    return {"webm": WEBM, "matroska": MKV}.get(document)


def other_format(file: BinaryIO) -> str:
    """Return the suffix of a video whose format is known and not read here, as ".avi"; "" for anything else."""
    file.seek(0)
    head = file.read(_HEAD)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return ".avi"
    if head[:1] == b"G" and head[188:189] == b"G":
        return ".ts"
    names = {
        b"FLV\x01": ".flv", b"OggS": ".ogv", b"\x00\x00\x01\xba": ".mpg", b"\x30\x26\xb2\x75": ".wmv",
    }  # fmt: skip
    return names.get(head[:4], "")


def check_whole(file: BinaryIO) -> None:
    """Check that a video file is complete, by its structure alone. Raises Damaged."""
    container = container_of(file)
    if container in {WEBM, MKV}:
        ebml.check_whole(file)
    else:
        boxes.check_whole(file)
