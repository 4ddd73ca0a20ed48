"""Vidu itself: version 1 for text, image and references, version 2 for a first and a last frame, and upscaling.

Local images are uploaded before the submit, which is free. The API as read: vidu.md beside this file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from vidmagic.errors import Unreachable, VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.replies import failure, not_accepted, read_poll, salvage, task_id
from vidmagic.providers.services import VIDU, VIDU_REASONS, vidu_error
from vidmagic.providers.vidu_upload import free, uploaded
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.request import FIRST, LAST, REFERENCE, Request

DOC = "vidu-official"

TYPES = {"text": "text2video", "image": "img2video", "reference": "character2video"}  # of version 1, by mode
START_END, UPSCALE = "start-end", "upscale"
WAITING = {"created", "queueing", "scheduling", "preparation"}
NOT_UPLOADED = "ssupload:?id=(given by the upload)"
CLOCKS_DIFFER = 300.0  # seconds by which the service's clock may be off

AMPLITUDES = ("auto", "small", "medium", "large")
DURATION = Param("duration", int, "length of the video", 4, (4, 8), unit="s", source=DOC)
PARAMS = (
    DURATION,
    Param("resolution", str, "size of the picture", "720p", ("512", "720p", "1080p"), source=DOC),
    Param("aspect_ratio", str, "shape of the picture", choices=("16:9", "9:16", "1:1"), source=DOC),
    Param("movement_amplitude", str, "how much moves", choices=AMPLITUDES, source=DOC),
    Param("style", str, "look of the video, for text alone", "general", ("general", "anime"), source=DOC),
    Param("negative", str, "what the video should not show", longest=1500, source=DOC),
    Param("enhance", bool, "let the service improve the prompt", default=True, source=DOC),
    Param("moderation", bool, "let the service check the content", default=False, source=DOC),
    Param("seed", int, "the same seed gives a similar video; 0 is random", low=0, source=DOC),
    Param("callback_url", str, "link that the service calls when the job's state changes", link=True, source=DOC),
)
LIMITS = ImageLimits(("png", "jpeg"), size=50 * 10**6 - 1, aspect=4, uris=("ssupload:?id=",), source=DOC)
CHARACTER = dataclasses.replace(LIMITS, min_side=128, aspect=16)
FRAMES = dataclasses.replace(LIMITS, formats=("png", "jpeg", "webp"), size=10**7 - 1, quotient=(0.8, 1.25))

NOT_IN_V1 = frozenset({"callback_url"})
NOT_IN_V2 = frozenset({"aspect_ratio", "style", "negative", "enhance", "moderation"})
V2_RESOLUTION = Param("resolution", str, "size of the picture", "360p", ("360p", "720p", "1080p"), source=DOC)
V2_SIZES = AllowedCombinations(
    ("duration", "resolution"), frozenset({(4, "360p"), (4, "720p"), (4, "1080p"), (8, "720p")}), source=DOC
)


def _modes(*durations: int) -> tuple[Mode, ...]:
    """Return the modes of a model that makes such lengths between two frames."""
    return (
        Mode("text", without=NOT_IN_V1),
        Mode("image", images={FIRST: (1, 1)}, without=NOT_IN_V1 | {"style"}, prompt_needed=False, limits=LIMITS),
        Mode("reference", images={REFERENCE: (1, 3)}, without=NOT_IN_V1 | {"style"}, limits=CHARACTER),
        Mode(
            START_END,
            images={FIRST: (1, 1), LAST: (1, 1)},
            without=NOT_IN_V2,
            params=(dataclasses.replace(DURATION, choices=durations), V2_RESOLUTION),
            together=(V2_SIZES,),
            limits=FRAMES,
            echoes_key=True,
        ),
    )


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time seen for 4 s of Vidu 1.5: 30 s at 360p, 90 s at 720p, 320 s at 1080p."""
    return {"360p": 30.0, "1080p": 320.0}.get(str(params.get("resolution")), 90.0)


def _model(name: str, title: str, short: str, modes: tuple[Mode, ...]) -> Model:
    return Model(f"vidu/{name}", short, title, PARAMS, modes, longest_prompt=1500, seconds=seconds, source=DOC)


class Vidu:
    """Vidu 2.0 and 1.5, and the upscaling of what they made."""

    service = VIDU
    models = (
        _model("vidu2.0", "Vidu 2.0", "vidu", _modes(4)),
        _model("vidu1.5", "Vidu 1.5", "vidu1.5", _modes(4, 8)),
        Model(
            id="vidu/upscale",
            short="vidu-upscale",
            title="Vidu upscaling",
            params=(
                Param("creation_id", str, "the creation to upscale, from a finished job", required=True, source=DOC),
                DURATION,
            ),
            modes=(Mode(UPSCALE, prompt_needed=False),),
            longest_prompt=0,
            called=lambda _: "stable",
            source=DOC,
        ),
    )

    def body(self, request: Request) -> Json:
        """Return the JSON of the submit; a local image stands in it once it is uploaded."""
        if request.mode == START_END:
            return _start_end(request)
        return _upscale(request) if request.mode == UPSCALE else _generation(request)

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Upload local images, start the job; the ticket remembers the version, which the query needs."""
        version, path, name = ("v1", "/ent/v1/tasks", "id")
        if request.mode == START_END:
            version, path, name = ("v2", "/ent/v2/start-end2video", "task_id")
        images = tuple(uploaded(image, http) for image in request.images)
        reply = http.at(self.service.origin_of(version, http.origin)).paid.submit(
            path, self.body(dataclasses.replace(request, images=images))
        )
        said = reply.json
        found = task_id(said.get(name)) or salvage(reply, name)
        if not found:
            raise _refusal(reply)
        return Ticket(found, {"version": version}, _given(said, "credits"))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Look once: the task's state, and with "success" its creation, whose link is signed now."""
        version = _version(ticket)
        said = read_poll(self._at(version, http).get(_creations(version, ticket.task_id)))
        state = str(said.get("state") or "").lower()
        if state == "success":
            yield _ready(said)
        elif state in {"failed", "canceled", "cancelled"}:
            raise _failed(said, state)
        elif state in WAITING:
            yield Queued(state)
        else:
            yield Running(message=state)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Stop a task of version 2 that has not begun; raises Refused for one that has. False for version 1."""
        if _version(ticket) == "v1":
            return False
        reply = self._at("v2", http).post(f"/ent/v2/tasks/{ticket.task_id}/cancel", {"id": ticket.task_id})
        if not reply.ok:
            free(reply)
        return True

    def find_lost(self, key: str, since: float, http: ServiceCalls, known: dict[str, object]) -> Ticket | None:
        """Return the one task of version 2 that was made after *since* (Unix time) with the payload *key*, or None.

        *known* holds the payloads of tasks by their ids, and is added to.
        """
        there = self._at("v2", http)
        listed = list(_listed(since - CLOCKS_DIFFER, there))
        for task in listed:
            if known.get(task) is None:
                known[task] = _payload(task, there)
        found = [task for task in listed if known[task] == key]
        return Ticket(found[0], {"version": "v2"}) if len(found) == 1 else None

    def _at(self, version: str, http: ServiceCalls) -> ServiceCalls:
        return http.at(self.service.origin_of(version, http.origin))


def _generation(request: Request) -> Json:
    """Return the JSON of POST /ent/v1/tasks for a new video."""
    params = request.params
    return {
        "type": TYPES[request.mode],
        "model": "vidu-high-performance",
        "model_version": request.wire_name.removeprefix("vidu"),
        **_given(params, "style", "resolution", "moderation"),
        "input": {
            **_given(params, "seed", "enhance"),
            "prompts": _prompts(request),
            **_given(params, "aspect_ratio", "movement_amplitude"),
        },
        "output_params": {"sample_count": 1, "duration": params["duration"]},
    }


def _upscale(request: Request) -> Json:
    """Return the JSON of POST /ent/v1/tasks for an upscaling."""
    return {
        "type": "upscale",
        "model": request.wire_name,
        "input": {"creation_id": request.params["creation_id"]},
        "output_params": {"sample_count": 1, "duration": request.params["duration"]},
    }


def _start_end(request: Request) -> Json:
    """Return the JSON of POST /ent/v2/start-end2video; `payload` comes back in the query."""
    return {
        "model": request.wire_name,
        "images": [image.url or NOT_UPLOADED for image in request.images],
        "prompt": request.prompt,
        **request.params,
        **({"payload": request.key} if request.key else {}),
    }


def _prompts(request: Request) -> list[Json]:
    prompts: list[Json] = []
    if request.prompt.strip():
        prompts.append({"type": "text", "content": request.prompt})
    if "negative" in request.params:
        prompts.append({"type": "text", "content": request.params["negative"], "negative": True})
    return prompts + [{"type": "image", "content": image.url or NOT_UPLOADED} for image in request.images]


def _given(values: Json, *names: str) -> Json:
    return {name: values[name] for name in names if name in values}


def _listed(since: float, http: ServiceCalls) -> Iterator[str]:
    """Yield the ids of the tasks made after *since*, page by page."""
    query = {"created_at.from": datetime.fromtimestamp(since, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    while True:
        said = read_poll(http.get("/ent/v2/tasks", query))
        for task in said.get("tasks") or ():
            yield task_id(task.get("id"))
        token = said.get("next_page_token")
        if not token or token == query.get("pager.page_token"):
            return
        query["pager.page_token"] = str(token)


def _payload(task: str, http: ServiceCalls) -> object:
    """Return the payload that a task was made with; a task of another version has none."""
    reply = http.get(_creations("v2", task))
    return None if reply.status == 404 else read_poll(reply).get("payload")


def _creations(version: str, task: str) -> str:
    return f"/ent/{version}/tasks/{task}/creations"


def _version(ticket: Ticket) -> str:
    return str(ticket.data.get("version", "v1"))


def _ready(said: Json) -> Ready:
    found = said.get("creations")
    made = [each for each in found if isinstance(each, dict) and each.get("url")] if isinstance(found, list) else []
    if not made:
        if said.get("err_code"):
            raise _failed(said, "success")
        raise Unreachable("the service says the video is done and gives no link yet")
    creation = made[0]
    watermarked = creation.get("watermarked_url")
    return Ready(
        (str(creation["url"]),),
        {"watermarked": str(watermarked)} if watermarked else {},
        reported={"creation_id": str(creation.get("id") or ""), **_given(said, "credits")},
    )


def _failed(said: Json, state: str) -> VidmagicError:
    code = str(said.get("err_code") or "")
    cancelled = "the task was cancelled at the service" if state.startswith("cancel") else ""
    return failure(code or cancelled or "the service gave no reason", VIDU_REASONS.get(code))


def _refusal(reply: Reply) -> VidmagicError:
    """Return what a submit's reply without an id means; the reason decides, for an empty account is HTTP 400 too."""
    message, reason, trace = vidu_error(reply)
    return not_accepted(reply, message=message, reason=reason if reply.status < 500 else None, trace=trace)
