"""What is known of a model before anything is sent: its modes, limits, parameters and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import Kind, Request


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a service takes as an image. Sizes are in bytes, sides in pixels, `aspect` is the longest side ratio.

    All bounds are inclusive. `quotient` bounds the first frame's aspect ratio divided by the last frame's. `uris` are
    the prefixes of image names that the service itself gave; such a name is sent unchanged. `body_size` bounds all
    images of one request together, in the encoding of its body. `opaque_png` refuses a PNG with transparency.
    """

    formats: tuple[str, ...]
    size: int
    data_uri_size: int | None = None
    min_side: int = 1
    max_side: int | None = None
    aspect: float | None = None
    quotient: tuple[float, float] | None = None
    links: bool = True
    local: bool = True
    uris: tuple[str, ...] = ()
    body_size: int | None = None
    opaque_png: bool = False
    source: str = ""


Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """What a service takes as a video or as audio. All bounds are inclusive.

    `formats` are names of containers ("mp4", "wav"), `size` is in bytes and `seconds` the length of one, `total_size`
    and `total_seconds` bound all of a kind in one request. `side` and `pixels` (width × height) are in pixels, `aspect`
    is width divided by height, `frame_rate` in pictures a second. `uris` are as those of `ImageLimits`. `local` is
    false where the service takes links only.
    `jobs` is how a finished job may be given: by a fresh "link", by the service's own id of it ("task"), or not at all
    (""), so that its file is read.
    """

    formats: tuple[str, ...]
    size: int
    seconds: Range | None = None
    total_seconds: float | None = None
    total_size: int | None = None
    frame_rate: Range | None = None
    side: Range | None = None
    pixels: Range | None = None
    aspect: Range | None = None
    links: bool = True
    uris: tuple[str, ...] = ()
    local: bool = False
    jobs: Literal["link", "task", ""] = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to use a model, chosen by the inputs given: `inputs` maps a role to how many it takes (least, most).

    `without` names parameters of the model that this mode lacks, `params` are those that differ here from the model's
    of the same name, `defaults` are only other defaults. `task` is what `--task` calls this mode where the same inputs
    can mean two things. `longest_prompt` stands in place of the model's. `echoes_key` says that the service returns
    the job's key, so that a `Finder` can identify a task whose submit got no answer.
    """

    name: str
    inputs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    together: tuple[AllowedCombinations, ...] = ()
    without: frozenset[str] = frozenset()
    params: tuple[Param, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    prompt_needed: bool = True
    limits: ImageLimits | None = None
    video_limits: RecordingLimits | None = None
    audio_limits: RecordingLimits | None = None
    longest_prompt: int | None = None
    task: str = ""
    echoes_key: bool = False

    def limits_of(self, kind: Kind) -> ImageLimits | RecordingLimits | None:
        """Return the limits of the inputs of a *kind*, None where the mode takes none."""
        return {"image": self.limits, "video": self.video_limits, "audio": self.audio_limits}[kind]

    def fits(self, counts: Mapping[str, int]) -> bool:
        """Return whether this mode takes these *counts* of inputs, by role."""
        if any(role not in self.inputs for role, count in counts.items() if count):
            return False
        return all(low <= counts.get(role, 0) <= high for role, (low, high) in self.inputs.items())


@dataclass(frozen=True, slots=True)
class Move:
    """A camera move that a prompt may name in brackets: its Chinese and English name, and its meaning."""

    chinese: str
    english: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a service.

    `id` is "service/name", `short` the name that users type. `longest_prompt` is in characters (code points), 0 for a
    model that takes no prompt. `seconds` is the documented generation time. `price` maps a request to its price, None
    if none was published. `called` maps it to the service's own name for the model. `implied` returns the parameters
    that a prompt implies beside those given; they take the place of defaults. `problems` returns what is wrong with a
    request beyond what the tables can express. `note` is a line that is shown when the model is chosen. `warn` returns
    advice on a request; it never refuses one. `moves` are the camera moves that a prompt may name in brackets.
    `finish_mode` is the mode that makes a finished video of this model anew, larger; "" where no mode does.
    `retired` is the day (ISO) on which its maker gave it up, `alias_of` the id of the model that lists show instead.
    The service knows a job for `id_hours` after it has accepted it, and a link leads to the video for `link_hours`;
    None where no document says.
    """

    id: str
    short: str
    title: str
    params: tuple[Param, ...]
    modes: tuple[Mode, ...]
    longest_prompt: int | None = None
    seconds: Callable[[Mapping[str, Value]], float] = lambda _: 120.0
    price: Callable[[Request], Price | None] = lambda _: None
    called: Callable[[Request], str] | None = None
    implied: Callable[[str, Mapping[str, object]], Mapping[str, Value]] = lambda _prompt, _given: {}
    problems: Callable[[Request], list[str]] = lambda _: []
    warn: Callable[[Request], list[str]] = lambda _: []
    moves: tuple[Move, ...] = ()
    note: str = ""
    finish_mode: str = ""
    retired: str = ""
    alias_of: str = ""
    id_hours: float | None = None
    link_hours: float | None = None
    source: str = ""

    def wire_name(self, request: Request) -> str:
        """Return what the service calls this model for *request*."""
        return self.id.partition("/")[2] if self.called is None else self.called(request)

    def fitting(self, counts: Mapping[str, int]) -> list[Mode]:
        """Return the modes that take these *counts* of inputs, by role: several only where `--task` chooses."""
        return [mode for mode in self.modes if mode.fits(counts)]

    def mode(self, counts: Mapping[str, int], task: str = "") -> Mode | None:
        """Return the mode that takes these *counts* of inputs, by role, for *task* if one is given, or None."""
        return next((mode for mode in self.fitting(counts) if task in {"", mode.task}), None)

    def prompt_limit(self, mode: Mode | None) -> int | None:
        """Return how many characters a prompt may have in *mode*; None where nobody says."""
        return self.longest_prompt if mode is None or mode.longest_prompt is None else mode.longest_prompt

    def params_in(self, mode: Mode) -> tuple[Param, ...]:
        """Return the parameters as they are in *mode*."""
        own = {param.name: param for param in mode.params}
        return tuple(own.get(param.name, param) for param in self.params if param.name not in mode.without)

    def roles(self) -> list[str]:
        """Return the roles of inputs that some mode takes."""
        return list(dict.fromkeys(role for mode in self.modes for role in mode.inputs))
