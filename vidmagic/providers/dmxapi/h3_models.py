"""What MiniMax H3 takes: its parameters, the limits of its inputs, its modes."""

from __future__ import annotations

from dataclasses import replace

from vidmagic.spec.models import ImageLimits, Mode, RecordingLimits
from vidmagic.spec.params import Param
from vidmagic.spec.request import FIRST, LAST, REFERENCE, REFERENCE_AUDIO, REFERENCE_VIDEO, VIDEO

DOC = "dmxapi-h3"

RATIOS = ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16")
RATIO = Param("aspect_ratio", str, "shape of the picture; adaptive follows the references", "adaptive",
              (*RATIOS, "adaptive"), source=DOC)  # fmt: skip
PARAMS = (
    Param("duration", int, "length of the video", 5, tuple(range(4, 16)), unit="s", source=DOC),
    Param("resolution", str, "size of the picture", "2K", ("768P", "2K"), source=DOC),
    RATIO,
    Param("aigc_watermark", bool, "put a watermark on the video", default=False, source=DOC),
)
TEXT_RATIO = Param("aspect_ratio", str, "shape of the picture", "16:9", RATIOS, source=DOC)
ONLY_2K = Param("resolution", str, "size of the new picture", "2K", ("2K",), source=DOC)

BODY_SIZE = 64 * 10**6
FILES = ("mm_file://",)  # names of files that the platform has
IMAGES = ImageLimits(
    formats=("png", "jpeg", "webp"),  # HEIC and HEIF too, which are not read here: give a link
    size=30 * 10**6,
    min_side=256,
    max_side=5760,
    aspect=2.5,
    uris=FILES,
    body_size=BODY_SIZE,
    source=DOC,
)
VIDEOS = RecordingLimits(
    formats=("mp4", "mov"),
    size=50 * 10**6,
    seconds=(2, 15),
    total_seconds=15,
    frame_rate=(23.976, 60),
    side=(256, 5760),
    aspect=(0.4, 2.5),
    uris=FILES,
    local=True,
    jobs="link",
    source=DOC,
)
AUDIO = RecordingLimits(
    formats=("wav", "mp3"), size=15 * 10**6, seconds=(2, 15), total_seconds=15, uris=FILES, local=True, source=DOC
)
# Those of a reference, and room for the video that is made anew; `h3.problems` checks each for itself.
BASE_AND_REFERENCES = replace(VIDEOS, seconds=(2, 15.2), total_seconds=None)

REFERENCES = {REFERENCE: (0, 9), REFERENCE_VIDEO: (0, 3), REFERENCE_AUDIO: (0, 3)}
AGAIN = "regenerate"
MODES = (
    Mode("text", params=(TEXT_RATIO,)),
    Mode("image", {FIRST: (1, 1)}, without=frozenset({"aspect_ratio"}), limits=IMAGES),
    Mode("last-frame", {LAST: (1, 1)}, without=frozenset({"aspect_ratio"}), limits=IMAGES),
    Mode("start-end", {FIRST: (1, 1), LAST: (1, 1)}, without=frozenset({"aspect_ratio"}), limits=IMAGES),
    Mode("references", {**REFERENCES, REFERENCE: (1, 9)}, limits=IMAGES, video_limits=VIDEOS, audio_limits=AUDIO),
    Mode(
        "video-references",
        {REFERENCE_VIDEO: (1, 3), REFERENCE_AUDIO: (0, 3)},
        limits=IMAGES,
        video_limits=VIDEOS,
        audio_limits=AUDIO,
    ),
    Mode(
        AGAIN,
        {VIDEO: (1, 1), FIRST: (0, 1), LAST: (0, 1), **REFERENCES},
        without=frozenset({"duration", "aspect_ratio"}),
        params=(ONLY_2K,),
        limits=IMAGES,
        video_limits=BASE_AND_REFERENCES,
        audio_limits=AUDIO,
        longest_prompt=40_000,
    ),
)
