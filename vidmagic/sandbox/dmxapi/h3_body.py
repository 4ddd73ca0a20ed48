"""What a body for MiniMax H3 may hold: its fields, its list of inputs, and which of them go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..exchange import JsonObject
from ..fields import Field, check
from ..request_media import Bounds, Kind, Medium, RequestMedia

MODEL, AGAIN = "MiniMax-H3", "MiniMax-H3-video_regeneration"
Invalid = Callable[[str], Exception]

COMMON = {
    "model": Field(str, required=True),
    "input": Field(list, required=True, not_empty=True),
    "aigc_watermark": Field(bool),
}
FIELDS = {
    MODEL: COMMON | {
        "resolution": Field(str, required=True, choices=("768P", "2K")),
        "duration": Field(int, required=True, low=4, high=15),
        "ratio": Field(str, choices=("21:9", "16:9", "4:3", "1:1", "3:4", "9:16", "adaptive")),
    },
    AGAIN: COMMON | {"resolution": Field(str, required=True, choices=("2K",))},
}  # fmt: skip
LONGEST = {MODEL: 7000, AGAIN: 40_000}
LARGEST_BODY = 64_000_000
MOST = {"first_frame": 1, "last_frame": 1, "reference_image": 9, "reference_video": 3, "reference_audio": 3}
KINDS: Mapping[str, Kind] = {
    "first_frame": "image",
    "last_frame": "image",
    "reference_image": "image",
    "reference_video": "video",
    "reference_audio": "audio",
    "base_video": "video",
}
FILES = ("mm_file://",)
BOUNDS = {
    "image": Bounds(
        ("jpeg", "png", "webp", "heic", "heif"), 30_000_000, side=(256, 5760), aspect=(0.4, 2.5), uris=FILES
    ),
    "video": Bounds(
        ("mp4", "mov"), 50_000_000, seconds=(2, 15), side=(256, 5760), aspect=(0.4, 2.5), frame_rate=(23.97, 60),
        uris=FILES,
    ),
    "audio": Bounds(("wav", "mp3"), 15_000_000, seconds=(2, 15), uris=FILES),
}  # fmt: skip
BASE = Bounds(
    ("mp4", "mov"), 64_000_000, seconds=(4.4, 15.2), pixels=(1, 768 * 1344), frame_rate=(23.9, 24.1), uris=FILES
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a body by their role."""

    text: str
    by_role: Mapping[str, list[Medium]] = field(default_factory=dict)

    def of(self, *roles: str) -> list[Medium]:
        """Return the inputs of these roles, in their order."""
        return [medium for role in roles for medium in self.by_role.get(role, [])]


def read_body(body: JsonObject, media: RequestMedia, invalid: Invalid) -> Inputs:
    """Return the inputs of *body*. Raises what *invalid* makes of the first thing that is wrong."""
    problems = check(body, FIELDS[body["model"]])
    if problems:
        raise invalid(problems[0].message)
    texts: list[str] = []
    by_role: dict[str, list[Medium]] = {}
    size = 0
    for number, item in enumerate(body["input"]):
        where = f"input[{number}]"
        if isinstance(item, dict) and item.get("type") == "text":
            texts.append(_text(item, LONGEST[body["model"]], where, invalid))
            continue
        role, url = _medium(item, body["input"], where, invalid)
        size += len(url)
        bounds = BASE if role == "base_video" else BOUNDS[KINDS[role]]
        by_role.setdefault(role, []).append(media.read(KINDS[role], url, where, bounds, invalid))
    if len(texts) != 1:
        raise invalid("input needs exactly one text")
    if size > LARGEST_BODY:
        raise invalid("the body is larger than 64 MB")
    for conflict in _conflicts(body, by_role):
        raise invalid(conflict)
    return Inputs(texts[0], by_role)


def _text(item: JsonObject, longest: int, where: str, invalid: Invalid) -> str:
    fields = {"type": Field(str), "text": Field(str, required=True, longest=longest, not_empty=True)}
    problems = check(item, fields, f"{where}.")
    if problems or not item["text"].strip():
        raise invalid(problems[0].message if problems else f"{where}.text is empty")
    return str(item["text"])


def _medium(item: Any, items: list[Any], where: str, invalid: Invalid) -> tuple[str, str]:
    """Return role and address of an item; a single image without a role is the first frame."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind not in {"image_url", "video_url", "audio_url"}:
        raise invalid(f"{where}.type is not text, image_url, video_url or audio_url")
    is_single = sum(isinstance(other, dict) and other.get("type") == "image_url" for other in items) == 1
    role = item.get("role", "first_frame" if kind == "image_url" and is_single else None)
    if role not in KINDS or f"{KINDS[role]}_url" != kind:
        raise invalid(f"{where}.role {role!r} does not go with {kind}")
    fields = {"type": Field(str), "role": Field(str), kind: Field(dict, required=True)}
    problems = check(item, fields, f"{where}.") or check(
        item[kind], {"url": Field(str, required=True, not_empty=True)}, f"{where}.{kind}."
    )
    if problems:
        raise invalid(problems[0].message)
    return role, item[kind]["url"]


def _conflicts(body: JsonObject, by_role: Mapping[str, list[Medium]]) -> Iterator[str]:
    """Yield what is wrong with the inputs taken together."""
    yield from (f"{role} may be given {most} times" for role, most in MOST.items() if len(by_role.get(role, [])) > most)
    bases = by_role.get("base_video", [])
    if len(bases) != (body["model"] == AGAIN):
        yield "base_video must be given once, and only to MiniMax-H3-video_regeneration"
    references = [role for role in by_role if role.startswith("reference_")]
    if references and ("first_frame" in by_role or "last_frame" in by_role):
        yield "frames and references exclude each other"
    if references == ["reference_audio"]:
        yield "reference_audio cannot be given alone"
    for role in references:
        if sum(medium.seconds for medium in by_role[role]) > 15:
            yield f"all {role} together are longer than 15 s"
    if any(base.width % 32 or base.height % 32 for base in bases):
        yield "the sides of base_video are not multiples of 32"
    if body["model"] == MODEL and not by_role and body.get("ratio", "adaptive") == "adaptive":
        yield "ratio is required with text alone, and cannot be adaptive"
