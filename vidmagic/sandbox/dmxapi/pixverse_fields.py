"""The fields of PixVerse's requests, by model and mode, as each document lists them."""

from __future__ import annotations

from collections.abc import Mapping

from ..exchange import JsonObject
from ..fields import Field

MODELS = {"PixVerse-V6": "v6", "PixVerse-C1": "c1"}
STYLES = ("anime", "3d_animation", "day", "cyberpunk", "comic")
MOST = 2**64 - 1
ID = Field(int, required=True, low=1, high=MOST)
BOTH = {
    "model": Field(str, required=True),
    "duration": Field(int, required=True, low=1, high=15),
    "quality": Field(str, required=True, choices=("360p", "540p", "720p", "1080p")),
    "seed": Field(int, low=0, high=2**31 - 1),
}
SHORT_PROMPT = {"input": Field(str, required=True, longest=2048, not_empty=True)}
LONG_PROMPT = {"input": Field(str, required=True, longest=5000, not_empty=True)}
RATIO = {"aspect_ratio": Field(str, required=True, choices=("16:9", "9:16", "4:3", "3:4", "1:1", "2:3", "3:2", "21:9"))}
SOUND = {"generate_audio_switch": Field(bool)}
MOTION = {
    "v6": {"motion_mode": Field(str, choices=("normal", "fast"))},
    "c1": {"motion_mode": Field(str, choices=("normal",))},
}
EFFECTS = {"negative_prompt": Field(str, longest=2048), "template_id": Field(int, low=0)}
NEW_IN_V6 = {
    "generate_multi_clip_switch": Field(bool),
    "thinking_type": Field(str, choices=("enabled", "disabled", "auto")),
}
REFERENCE = {
    "type": Field(str, required=True, choices=("subject", "background")),
    "img_id": ID,
    "ref_name": Field(str, required=True, not_empty=True),
}
EXTEND = {
    "source_video_id": Field(int, low=1, high=MOST),
    "video_media_id": Field(int, low=1, high=MOST),
    "style": Field(str, choices=("", *STYLES)),
    "water_mark": Field(bool, required=True),
}


def mode_of(body: JsonObject) -> str:
    """Return the mode that the fields of a body choose."""
    if "image_references" in body:
        return "references"
    if {"first_frame_img", "last_frame_img"} & body.keys():
        return "first and last frame"
    if {"source_video_id", "video_media_id", "water_mark"} & body.keys():
        return "extend"
    return "image" if "img_id" in body else "text"


def fields_of(short: str, mode: str) -> Mapping[str, Field] | None:
    """Return the fields of a mode, None where the model has no such mode."""
    new = NEW_IN_V6 if short == "v6" else {}
    more: dict[tuple[str, str], Mapping[str, Field]] = {
        (short, "text"): {**LONG_PROMPT, **RATIO, **SOUND, **MOTION[short], **EFFECTS, **new},
        (short, "image"): {
            **SHORT_PROMPT, **SOUND, **MOTION[short], **EFFECTS, **new,
            "img_id": ID, "style": Field(str, choices=STYLES),
        },
        (short, "first and last frame"): {
            **SHORT_PROMPT, "first_frame_img": ID, "last_frame_img": ID, **SOUND, **MOTION[short],
        },
        ("v6", "extend"): {**SHORT_PROMPT, **EXTEND, **MOTION["v6"]},
        ("c1", "references"): {
            **SHORT_PROMPT, **RATIO, **SOUND, "duration": Field(int, required=True, choices=(5,)),
            "image_references": Field(list, required=True, longest=3, not_empty=True),
        },
    }  # fmt: skip
    return {**BOTH, **more[short, mode]} if (short, mode) in more else None
