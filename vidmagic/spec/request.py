"""A request for one video: resolved, checked and ready to be sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vidmagic.spec.params import Value

Kind = Literal["image", "video", "audio"]

FIRST, LAST, REFERENCE = "image", "last_image", "reference"
VIDEO, REFERENCE_VIDEO, REFERENCE_AUDIO = "video", "reference_video", "reference_audio"
DRIVING_AUDIO, REFERENCE_VOICE = "driving_audio", "reference_voice"
ROLES: Mapping[str, Kind] = {
    FIRST: "image",
    LAST: "image",
    REFERENCE: "image",
    VIDEO: "video",
    REFERENCE_VIDEO: "video",
    REFERENCE_AUDIO: "audio",
    DRIVING_AUDIO: "audio",
    REFERENCE_VOICE: "audio",
}
"""What each role of an input takes: its name is the parameter and the flag that users type."""

_LABELS = {FIRST: "first frame", LAST: "last frame"}


def role_label(role: str) -> str:
    """Return what messages and fields call the input of *role*: "first frame", "reference video"."""
    return _LABELS.get(role, role.replace("_", " "))


@dataclass(frozen=True, slots=True)
class MediaInput:
    """An image, a video or a sound of a request: a link that is passed on, or checked bytes that are sent as they are.

    `role` is one of ROLES, `content_type` comes from the bytes, `name` is what the user called it, `width` and
    `height` are in pixels after EXIF orientation, `seconds` is its length and `frame_rate` in pictures a second; each
    is 0 where it is not known, as for a link, which is not opened here. `job` is the finished job here whose video it
    is, "" for all else; `task_id` is the service's id of that job where the service takes its own ids.
    """

    role: str
    url: str = ""
    data: bytes = field(default=b"", repr=False)
    content_type: str = ""
    width: int = 0
    height: int = 0
    name: str = ""
    seconds: float = 0.0
    frame_rate: float = 0.0
    job: str = ""
    task_id: str = ""

    @property
    def kind(self) -> Kind:
        """Whether it is an image, a video or audio."""
        return ROLES[self.role]

    @property
    def digest(self) -> str:
        """What identifies it: the SHA-256 of its bytes, of the job that made it, or of its link."""
        return hashlib.sha256(self.data or (f"job {self.job}" if self.job else self.url).encode()).hexdigest()

    @property
    def awaits_link(self) -> bool:
        """Whether it is the video of a job, whose link is fetched just before the request is sent."""
        return bool(self.job) and not (self.url or self.data or self.task_id)

    def link(self) -> str:
        """Return the link, or the bytes as a data URI; in words while it awaits its link."""
        if self.url:
            return self.url
        if self.awaits_link:
            return f"(link of job {self.job}, fetched when it is sent)"
        return f"data:{self.content_type};base64,{base64.b64encode(self.data).decode()}"

    def to_json(self) -> dict[str, object]:
        """Describe it without its bytes or the secrets of its link, for the journal."""
        optional = {"seconds": self.seconds, "frame_rate": self.frame_rate, "job": self.job}
        return {
            "role": self.role,
            "name": self.name,
            "sha256": self.digest,
            "content_type": self.content_type,
            "size": len(self.data),
            "width": self.width,
            "height": self.height,
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Request:
    """One video to be made: a model's full id, the prompt as typed, every parameter resolved, the inputs.

    `mode` is the model's mode that the inputs chose. `wire_name` is what the service calls the model: two ids that
    lead to one wire name are one request. `key` identifies the job at a service that returns such a key; it is
    not part of the fingerprint.
    """

    model: str
    prompt: str
    params: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[MediaInput, ...] = ()
    mode: str = ""
    wire_name: str = ""
    key: str = ""

    @property
    def service(self) -> str:
        """The service, which is the first half of the model's id."""
        return self.model.partition("/")[0]

    def input(self, role: str) -> MediaInput | None:
        """Return the one input of *role*, or None."""
        return next((given for given in self.inputs if given.role == role), None)

    def fingerprint(self, *, in_sandbox: bool = False) -> str:
        """Return a hash of the service, model, parameters, prompt and inputs; equal requests have the same one."""
        parts = {
            "service": self.service,
            "model": self.wire_name or self.model,
            "params": dict(sorted(self.params.items())),
            "prompt": self.prompt,
            "images": [(given.role, given.digest) for given in self.inputs],
            "rehearsal": in_sandbox,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
