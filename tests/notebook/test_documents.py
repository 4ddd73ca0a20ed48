"""The five documents' own examples, typed as cells, arrive at the service as the documents write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.steps import samples
from vidmagic.sandbox import Sandbox

FIRST = "https://ark-project.tos-cn-beijing.volces.com/doc_image/seepro_first_frame.jpeg"
LAST = "https://ark-project.tos-cn-beijing.volces.com/doc_image/seepro_last_frame.jpeg"
BIRD = "https://prod-ss-images.s3.cn-northwest-1.amazonaws.com.cn/vidu-maas/template/startend2video-{}.jpeg"
BIRDS = f"--image {BIRD.format(1)} --last-image {BIRD.format(2)}"
SUNFLOWER = "https://pic.netbian.com/uploads/allimg/170624/172231-1498296151ea67.jpg"

# line · prompt · path · the document's JSON · what we name and the document leaves to the service
EXAMPLES: dict[str, tuple[str, str, str, dict[str, Any], dict[str, Any]]] = {
    "hailuo": (
        "hailuo --duration 6 --resolution 768P",
        "A man picks up a book [Pedestal up], then reads [Static shot].",
        "/v1/video_generation",
        {
            "model": "MiniMax-Hailuo-2.3",
            "prompt": "A man picks up a book [Pedestal up], then reads [Static shot].",
            "duration": 6,
            "resolution": "768P",
        },
        {"prompt_optimizer": True, "fast_pretreatment": False, "aigc_watermark": False},
    ),
    "sora": (
        "sora",
        "A happy cat playing with a ball in a sunny garden",
        "/v1/chat/completions",
        {
            "model": "sora_video2",
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "A happy cat playing with a ball in a sunny garden"}],
                }
            ],
        },
        {},
    ),
    "sora from an image": (
        "apiyi/sora_video2-landscape --image https://example.com/image.jpg",
        "Make this scene come alive",
        "/v1/chat/completions",
        {
            "model": "sora_video2-landscape",
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Make this scene come alive"},
                        {"type": "image_url", "image_url": {"url": "https://example.com/image.jpg"}},
                    ],
                }
            ],
        },
        {},
    ),
    "seedance": (
        f"seedance --image {FIRST} --last-image {LAST} --resolution 1080p --aspect-ratio 16:9",
        "图中女孩对着镜头说'茄子'，360度环绕运镜",
        "/v1/responses",
        {
            "model": "doubao-seedance-1-5-pro-responses",
            "input": [
                {"type": "text", "text": "图中女孩对着镜头说'茄子'，360度环绕运镜"},
                {"type": "image_url", "image_url": {"url": FIRST}, "role": "first_frame"},
                {"type": "image_url", "image_url": {"url": LAST}, "role": "last_frame"},
            ],
            "return_last_frame": False,
            "generate_audio": True,
            "resolution": "1080p",
            "ratio": "16:9",
            "duration": 5,
            "seed": -1,
            "camera_fixed": False,
            "watermark": False,
        },
        {},
    ),
    "viduq2": (
        f"viduq2 {BIRDS} --wm-url {BIRD.format(1)}",
        "一只小猫在愉快的玩耍",
        "/v1/responses",
        {
            "model": "viduq2-pro",
            "input": "一只小猫在愉快的玩耍",
            "duration": 5,
            "seed": 0,
            "resolution": "720p",
            "movement_amplitude": "auto",
            "images": [BIRD.format(1), BIRD.format(2)],
            "bgm": False,
            "watermark": False,
            "wm_position": 3,
            "wm_url": BIRD.format(1),
        },
        {},
    ),
    "vidu from text": (
        "vidu --seed 123",
        "小白兔白又白",
        "/ent/v1/tasks",
        {
            "type": "text2video",
            "model": "vidu-high-performance",
            "style": "general",
            "input": {"seed": 123, "enhance": True, "prompts": [{"type": "text", "content": "小白兔白又白"}]},
            "output_params": {"sample_count": 1, "duration": 4},
            "moderation": False,
        },
        {"model_version": "2.0", "resolution": "720p"},
    ),
    "vidu from an image": (
        f"vidu --image {SUNFLOWER}",
        "向日葵动起来",
        "/ent/v1/tasks",
        {
            "type": "img2video",
            "model": "vidu-high-performance",
            "input": {
                "enhance": True,
                "prompts": [
                    {"type": "text", "content": "向日葵动起来"},
                    {"type": "image", "content": SUNFLOWER},
                ],
            },
            "output_params": {"sample_count": 1, "duration": 4},
            "moderation": False,
        },
        {"model_version": "2.0", "resolution": "720p"},
    ),
    "vidu from start to end": (
        f"vidu {BIRDS} --duration 4 --seed 0 --resolution 720p --movement-amplitude auto",
        "The camera zooms in on the bird, which then flies to the right.",
        "/ent/v2/start-end2video",
        {
            "model": "vidu2.0",
            "images": [BIRD.format(1), BIRD.format(2)],
            "prompt": "The camera zooms in on the bird, which then flies to the right.",
            "duration": 4,  # the document's curl sends "4" and "0" as text; its table says Int
            "seed": 0,
            "resolution": "720p",
            "movement_amplitude": "auto",
        },
        {"payload": None},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_a_document_arrives_as_it_is_written(
    name: str, run: Callable[[str], Any], sandbox: Sandbox
) -> None:
    """Every field of the document's JSON is in the body with its value, and nothing else but what we name."""
    line, prompt, path, document, named = EXAMPLES[name]
    job = run(f"%%video {line} -b\n{prompt}")
    job.result(timeout=60)
    (body,) = [call.body for call in sandbox.ledger if call.path == path and call.accepted]
    extra = {field: value for field, value in body.items() if field not in document}
    assert {field: body[field] for field in document if field != "input"} == {
        field: value for field, value in document.items() if field != "input"
    }
    if isinstance(document.get("input"), dict):
        stripped = {key: value for key, value in body["input"].items() if key in document["input"]}
        assert stripped == document["input"]
    elif "input" in document:
        assert body["input"] == document["input"]
    assert set(extra) <= set(named), extra
    assert all(extra[field] == value for field, value in named.items() if value is not None)


FRAMES = "--image https://example.com/first.jpeg", "--last-image https://example.com/last.jpeg"
LINKS = "--wm-url https://example.com/mark.jpeg --callback-url https://example.com/done"
EDITED = "--video https://example.com/video.mp4 --reference https://example.com/first.jpeg"
REFERENCES = "--reference https://example.com/first.jpeg --reference https://example.com/last.jpeg"
WAN_REFERENCES = " ".join(
    f"--reference https://example.com/{name}" for name in ("girl.jpg", "cup.png", "guitar.png", "room.png")
)
WAN_VOICES = (
    "--reference-voice https://example.com/girl.mp3 --reference-voice https://example.com/boy.mp3 "
    "--voice-of image1+video1"
)
WAN_FRAMES = "--image https://example.com/first.png", "--last-image https://example.com/last.png"
WAN_EDIT = (
    "--video https://example.com/street.mp4 --negative cars --aspect-ratio 16:9 --duration 5 --watermark --seed 23"
)
# Headings of the samples of Wan's page, and their cells.
WAN = {
    "text": (
        "--driving-audio https://example.com/rain.mp3 --negative flowers --resolution 1080P --watermark "
        "--seed 123456789\nShot 1 [0-3s]: a street in the rain."
    ),
    "first frame": (
        f"{WAN_FRAMES[0]} --driving-audio https://example.com/rap.mp3 --watermark --seed 43\nthe painted boy raps"
    ),
    "first and last frame": (
        f"{' '.join(WAN_FRAMES)} --no-prompt-extend --watermark --seed 43\na black kitten watches the sky"
    ),
    "continuation": (
        f"--video https://example.com/mirror.mp4 {WAN_FRAMES[1]} --duration 10 --watermark --seed 43\n"
        "she takes her bag and leaves"
    ),
    "references": (
        f"{WAN_REFERENCES} --reference-video https://example.com/boy.mp4 {WAN_VOICES} --negative cars --duration 10 "
        "--no-prompt-extend --watermark --seed 23\nVideo 1 plays on the chair of Image 4, Image 1 brings Image 2"
    ),
    "storyboard": (
        "--reference https://example.com/storyboard.png --duration 10 --no-prompt-extend --watermark --seed 23\n"
        "the reference image, as a cartoon"
    ),
    "edit": f"--task edit {WAN_EDIT}\nmake it all of clay",
    "edit with references": (
        f"--reference https://example.com/clothes.png {WAN_EDIT}\ngive her the clothes of the image"
    ),
}
# API page · heading of the sample · the cell: the samples have the values of the documents' scripts
PAGES = (
    (
        "viduq3",
        "Request: text",
        f"viduq3 --duration 10 --aspect-ratio 4:3 --resolution 1080p {LINKS}\na kitten on the beach",
    ),
    (
        "viduq3",
        "Request: first frame",
        f"viduq3 {FRAMES[0]} --duration 10 --resolution 540p --no-is-rec\nthe astronaut dances",
    ),
    (
        "viduq3",
        "Request: first and last frame",
        f"viduq3 {FRAMES[0]} {FRAMES[1]} --duration 10 --resolution 1080p\nthe bird lands on her hand",
    ),
    ("happyhorse", "Request: text", "happyhorse --seed 42\na city of cardboard at night"),
    (
        "happyhorse",
        "Request: first frame",
        f"happyhorse {FRAMES[0]} --resolution 720P --seed 42\na cat runs over the grass",
    ),
    (
        "happyhorse",
        "Request: references",
        f"happyhorse {REFERENCES} --resolution 720P --seed 42\nthe woman of [Image 1] opens the fan of [Image 2]",
    ),
    (
        "happyhorse",
        "Request: edit",
        f"happyhorse {EDITED} --resolution 720P --seed 11\nhe wears the striped sweater",
    ),
    *(("wan", f"Request: {name}", f"wan {cell}") for name, cell in WAN.items()),
)


@pytest.mark.parametrize(
    ("page", "heading", "cell"), PAGES, ids=[f"{page} {heading[9:]}" for page, heading, _ in PAGES]
)
def test_a_sample_of_a_page_is_typed_as_a_cell(
    page: str, heading: str, cell: str, run: Callable[[str], Any], sandbox: Sandbox
) -> None:
    """The body is the sample of the provider's API page, and the job ends in a video."""
    line, prompt = cell.split("\n")
    job = run(f"%%video {line} -b\n{prompt}")
    assert job.result(timeout=60).path.exists()
    (body,) = [call.body for call in sandbox.ledger if call.accepted]
    assert body == samples(f"dmxapi/{page}")[heading]


ODD = "{a} {{{{ }} 'q' \"d\" $HOME %s \\n 🪁 </script> 错误 [推进], 然后[拉远]\n[左移,上升] `x` {not_a_name!r}"


def test_a_prompt_arrives_exactly_as_typed(run: Callable[[str], Any], sandbox: Sandbox) -> None:
    """Braces, quotes, `$`, emoji, markup, Chinese camera moves: nothing is expanded, escaped or lost."""
    run(f"%%video hailuo\n{ODD}\n").result(timeout=60)
    (body,) = [call.body for call in sandbox.ledger if call.path == "/v1/video_generation"]
    assert body["prompt"] == ODD
