"""The body of a version 1 task, as the document allows it."""

from __future__ import annotations

from .exchange import JsonObject
from .fields import Field, check
from .vidu_dialect import check_problems, invalid, refuse

TYPES = ("text2video", "img2video", "character2video", "upscale")
SHORT_SIDES = {"512": 512, "720p": 720, "1080p": 1080, "360p": 360}
RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}
AMPLITUDES = ("auto", "small", "medium", "large")
FIELDS = {
    "type": Field(str, required=True, choices=TYPES),
    "model": Field(str, choices=("vidu-high-performance", "stable")),
    "model_version": Field(str, choices=("1.5", "2.0")),
    "resolution": Field(str, choices=("512", "720p", "1080p")),
    "style": Field(str, choices=("general", "anime")),
    "moderation": Field(bool),
    "input": Field(dict, required=True),
    "output_params": Field(dict),
}
INPUT = {
    "seed": Field(int, low=0),
    "enhance": Field(bool),
    "creation_id": Field(str),
    "prompts": Field(list),
    "aspect_ratio": Field(str, choices=tuple(RATIOS)),
    "movement_amplitude": Field(str, choices=AMPLITUDES),
}
PROMPT = {
    "type": Field(str, required=True, choices=("text", "image")),
    "content": Field(str, required=True, not_empty=True),
    "negative": Field(bool),
}
OUTPUT = {
    "sample_count": Field(int, required=True, choices=(1,)),
    "duration": Field(int, required=True, choices=(4, 8)),
}


def check_task(body: JsonObject) -> None:
    """Raise the error for the first field of a body that the document does not allow."""
    check_problems(check(body, FIELDS))
    check_problems(check(body["input"], INPUT, "input."))
    for number, prompt in enumerate(body["input"].get("prompts", [])):
        check_problems(check(prompt, PROMPT, f"input.prompts[{number}]."))
    if "output_params" in body:
        check_problems(check(body["output_params"], OUTPUT, "output_params."))
    if body["type"] == "upscale":
        _check_upscale(body)
    else:
        _check_generation(body)


def _check_upscale(body: JsonObject) -> None:
    if "creation_id" not in body["input"]:
        raise refuse(400, "FieldLacking", "input.creation_id is required")
    if body.get("model", "stable") != "stable":
        raise invalid("model is not stable")
    if body["input"].get("prompts"):
        raise refuse(400, "FieldUnwanted", "input.prompts is not a field of upscale")


def _check_generation(body: JsonObject) -> None:
    kind, prompts = body["type"], body["input"].get("prompts", [])
    images = sum(prompt["type"] == "image" for prompt in prompts)
    if "output_params" not in body:
        raise refuse(400, "FieldLacking", "output_params is required")
    if body.get("model") == "stable":
        raise invalid("model is not vidu-high-performance")
    if "creation_id" in body["input"]:
        raise refuse(400, "FieldUnwanted", "input.creation_id is a field of upscale only")
    if "style" in body and kind != "text2video":
        raise refuse(400, "FieldUnwanted", "style is a field of text2video only")
    if {"text2video": images != 0, "img2video": images != 1, "character2video": images == 0}[kind]:
        raise refuse(400, "FieldItemCountOutOfRange", f"input.prompts has {images} images")
    if kind == "text2video" and not prompt_texts(body):
        raise refuse(400, "FieldLacking", "input.prompts has no text")
    if any(len(prompt["content"]) > 1500 for prompt in prompts if prompt["type"] == "text"):
        raise invalid("input.prompts[].content has more than 1500 characters")
    if any(prompt.get("negative") for prompt in prompts if prompt["type"] == "image"):
        raise invalid("input.prompts[].negative is for text only")


def prompt_texts(body: JsonObject) -> list[str]:
    """Return the prompts of a body, without its negative prompts."""
    prompts = body["input"].get("prompts", [])
    return [prompt["content"] for prompt in prompts if prompt["type"] == "text" and not prompt.get("negative", False)]
