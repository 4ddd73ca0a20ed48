"""A copy of a video with its title and what made it as ordinary metadata, which other programs show."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path

import av

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.container import MKV, WEBM, container_of
from vidmagic.media.new_file import publish
from vidmagic.media.probe import DAMAGE, Facts, UnreadableVideo, opened, probe
from vidmagic.media.recipe import Recipe
from vidmagic.media.recipe_box import box_of, is_signed, refusal

_ROUNDED = 0.1  # seconds: a container rounds the length that it states
_FORMATS = {WEBM: "webm", MKV: "matroska"}


def save_copy(source: Path, target: Path, recipe: Recipe | None) -> Path:
    """Copy the video at *source* to the new file *target*, or into that folder, as `Video.save` documents."""
    if target.is_dir():
        target = target / source.name
    _check(source, target)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if recipe is None or _has_signature(source) or not _written_with_metadata(source, part, recipe):
            shutil.copyfile(source, part)
        publish(part, target, _exists(target))
    except OSError as refused:
        why = (refused.strerror or type(refused).__name__).lower()
        raise InvalidRequest(f"{plain(target)} cannot be written: {plain(why)}") from refused
    finally:
        part.unlink(missing_ok=True)
    return target


def comment_of(recipe: Recipe) -> str:
    """Return what made a video as text: the prompt, then model, parameters, shot and take."""
    values = [f"{name.replace('_', ' ')} {value}" for name, value in recipe.params.items()]
    take = [f"shot {recipe.shot}, take {recipe.take}"] if recipe.shot else []
    return "\n\n".join(filter(None, [recipe.prompt.strip(), ", ".join([recipe.model, *values, *take])]))


def _check(source: Path, target: Path) -> None:
    if not source.is_file():
        raise UnreadableVideo(f"{plain(source)} cannot be read: it does not exist")
    if target.suffix.lower() != source.suffix.lower():
        raise InvalidRequest(
            f"a copy of {plain(source.name)} must end in {source.suffix} too; {plain(target)} does not"
        )
    if not target.parent.is_dir():
        raise InvalidRequest(f"the folder {plain(target.parent)} does not exist; create it first")
    if target.exists():
        raise _exists(target)


def _exists(target: Path) -> InvalidRequest:
    return InvalidRequest(f"{plain(target)} exists", hint="Choose another name, or delete the file.")


def _has_signature(source: Path) -> bool:
    with source.open("rb") as file:
        return is_signed(file)


def _written_with_metadata(source: Path, part: Path, recipe: Recipe) -> bool:
    """Write the copy and check it; return False where its format takes no title, or the copy is not the video."""
    try:
        _remux(source, part, recipe)
        if _media(source) != _media(part) or not _alike(probe(source), probe(part)):
            return False
    except (UnreadableVideo, *DAMAGE):
        return False
    with part.open("r+b") as file:
        why = refusal(file)
        if not why:
            file.seek(0, 2)
            file.write(box_of(recipe))
    return True


def _remux(source: Path, part: Path, recipe: Recipe) -> None:
    """Copy every packet of *source* into a new container with a title and a comment."""
    with source.open("rb") as file:
        kind = container_of(file)
    form = _FORMATS.get(kind, "mp4") if kind is not None else "mp4"
    options = {"movflags": "+faststart"} if form == "mp4" else {}
    with opened(source) as (container, _), av.open(str(part.absolute()), "w", format=form, options=options) as copy:
        copies = {stream.index: copy.add_stream_from_template(stream, opaque=True) for stream in container.streams}
        copy.metadata.update({**container.metadata, "title": recipe.title, "comment": comment_of(recipe)})
        for packet in container.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                copy.mux(packet)


def _media(path: Path) -> list[tuple[int, str]]:
    """Return how many packets each track has, and their checksum."""
    with opened(path) as (container, _):
        digests = {stream.index: (hashlib.sha256(), [0]) for stream in container.streams}
        for packet in container.demux():
            if packet.dts is not None:
                digest, count = digests[packet.stream.index]
                digest.update(bytes(packet))
                count[0] += 1
        return [(count[0], digest.hexdigest()) for digest, count in digests.values()]


def _alike(source: Facts, copy: Facts) -> bool:
    """Return whether picture and sound are the same."""
    lengths = [facts.duration or 0.0 for facts in (source, copy)]
    same = all(getattr(source, name) == getattr(copy, name) for name in ("width", "height", "codec", "audio"))
    return same and abs(lengths[0] - lengths[1]) <= _ROUNDED
