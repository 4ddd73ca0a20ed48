"""PixVerse answers as its documents state: uploads, five modes, and a query in two forms."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
import requests

from tests.patience import until
from tests.sandbox.responses_steps import post
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.render import Quality, render

BASE = {"input": "a kitten by the sea", "duration": 5, "quality": "360p"}
WIDE = {"aspect_ratio": "16:9"}
LINK, SOURCE = "https://example.com/a.jpg", "https://example.com/a.mp4"


def _submit(sandbox: Sandbox, model: str = "PixVerse-V6", key: str = "sk-test", **body: Any) -> requests.Response:
    """Send a submit; a field that is None is left out."""
    whole = {"model": model, **BASE, **body}
    return post(sandbox, {name: value for name, value in whole.items() if value is not None}, key)


def _upload(sandbox: Sandbox, kind: str, given: str, **more: str) -> Any:
    return post(sandbox, {"model": f"pixverse-{kind}", "input": given, **more}).json()


def _image(sandbox: Sandbox, uri: str = "") -> int:
    """Upload an image, by link without a data URI, and return its id."""
    answer = _upload(sandbox, "picture", uri.partition(",")[2]) if uri else _upload(
        sandbox, "picture", "url", image_url=LINK
    )  # fmt: skip
    number: int = answer["Resp"]["img_id"]
    return number


def _query(sandbox: Sandbox, task_id: object) -> Any:
    return post(sandbox, {"model": "paiwo-get", "input": str(task_id)}).json()


def _end(sandbox: Sandbox, task_id: object) -> Any:
    """Wait for the end of a task and return the reply that names it."""
    replies: list[Any] = []

    def over() -> bool:
        replies.append(_query(sandbox, task_id))
        state = replies[-1].get("Resp", replies[-1])
        return state["status"] in {1, 7, 8, "succeeded", "failed", "cancelled"}

    until(over)
    return replies[-1]


def _video(link: str) -> Any:
    return av.open(io.BytesIO(requests.get(link, timeout=10).content))


def _recording(folder: Path, seconds: float, width: int, height: int) -> str:
    path = folder / "source.mp4"
    render(path, "", seconds=seconds, width=width, height=height, quality=Quality(frame_rate=1, short_side=16))
    return base64.b64encode(path.read_bytes()).decode()


# -- uploads


def test_an_upload_is_answered_as_in_the_samples(sandbox: Sandbox, tmp_path: Path) -> None:
    """An image and a video give numbers, by link and as Base64; nothing is accepted or used up."""
    answer = _upload(sandbox, "picture", "url", image_url=LINK)
    assert answer.keys() == {"ErrCode", "ErrMsg", "Resp", "usage"}
    assert answer["Resp"].keys() == {"img_id", "img_url"}
    assert answer["usage"]["total_tokens"] == 0
    for given in (SOURCE, _recording(tmp_path, 2, 64, 48)):
        answer = _upload(sandbox, "video", given)
        assert answer["Resp"].keys() == {"media_id", "media_type", "url"}
        assert isinstance(answer["Resp"]["media_id"], int)
    assert [call.accepted for call in sandbox.ledger] == [None] * 3


@pytest.mark.parametrize(
    ("kind", "given", "more"),
    [
        ("picture", "url", {}),
        ("picture", "url", {"image_url": "a.png"}),
        ("picture", "bm90IGFuIGltYWdl", {}),
        ("picture", "data:image/png;base64,AAAA", {}),
        ("picture", "AAAA", {"image_url": LINK}),
        ("picture", "", {}),
        ("video", "bm90IGEgdmlkZW8=", {}),
        ("video", "ftp://example.com/a.mp4", {}),
        ("video", SOURCE, {"image_url": LINK}),
    ],
)
def test_what_is_no_image_or_video_gets_no_id(sandbox: Sandbox, kind: str, given: str, more: dict[str, str]) -> None:
    """Text, a data URI's header, a relative link and an unknown field are refused."""
    answer = _upload(sandbox, kind, given, **more)
    assert answer.get("Resp") is None
    assert answer.get("error") or answer["ErrCode"]


@pytest.mark.parametrize(("seconds", "width", "height"), [(31, 64, 48), (2, 1922, 48), (2, 48, 1922)])
def test_a_video_has_limits(sandbox: Sandbox, tmp_path: Path, seconds: float, width: int, height: int) -> None:
    """30 s and 1,920 pixels a side are the most."""
    assert _upload(sandbox, "video", _recording(tmp_path, seconds, width, height))["ErrCode"] == 400017


def test_an_image_has_a_limit(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """10,000 pixels a side are the most."""
    assert _image(sandbox, data_uri(10_000, 8))
    assert _upload(sandbox, "picture", data_uri(10_001, 8).partition(",")[2])["ErrCode"] == 500032


# -- submits and queries


def test_a_task_is_answered_as_in_the_samples(sandbox: Sandbox) -> None:
    """V6 answers flat and C1 under `Resp`, both with the samples' credits and tokens."""
    flat = _submit(sandbox, **WIDE).json()
    assert flat.keys() == {"video_id", "credits", "usage"}
    assert (flat["credits"], flat["usage"]["total_tokens"]) == (45, 135_000)
    nested = _submit(sandbox, "PixVerse-C1", **WIDE).json()
    assert nested.keys() == {"ErrCode", "ErrMsg", "Resp", "usage"}
    assert (nested["Resp"]["credits"], nested["usage"]["total_tokens"]) == (50, 150_000)
    references = [{"type": "subject", "img_id": _image(sandbox), "ref_name": "cat"}]
    assert _submit(sandbox, "PixVerse-C1", image_references=references, **WIDE).json()["Resp"]["credits"] == 65


def test_a_running_task_has_a_link_that_answers_404(sandbox: Sandbox) -> None:
    """Status 5 comes with a link and no size; the link does not lead to a video yet."""
    sandbox.seconds = 20
    state = _query(sandbox, _submit(sandbox, **WIDE).json()["video_id"])["Resp"]
    assert (state["status"], state["outputWidth"]) == (5, 0)
    assert requests.get(state["url"], timeout=10).status_code == 404


def test_a_query_comes_flat_or_under_resp(sandbox: Sandbox) -> None:
    """As in the samples: under `Resp` for text and for C1, flat for the other modes of V6."""
    task = _submit(sandbox, **WIDE).json()["video_id"]
    assert _end(sandbox, task)["Resp"]["status"] == 1
    flat = _end(sandbox, _submit(sandbox, img_id=_image(sandbox)).json()["video_id"])
    assert flat["status"] == "succeeded"
    with _video(flat["video_url"]) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (640, 360)
    c1 = _submit(sandbox, "PixVerse-C1", img_id=_image(sandbox)).json()["Resp"]["video_id"]
    assert _end(sandbox, c1)["Resp"]["has_audio"] is False


@pytest.mark.parametrize("sound", [True, False])
def test_length_size_and_sound_are_what_comes(sandbox: Sandbox, sound: bool) -> None:
    """The video is as asked for."""
    answer = _submit(
        sandbox, duration=3, quality="720p", aspect_ratio="9:16", generate_audio_switch=sound, motion_mode="fast"
    )
    state = _end(sandbox, answer.json()["video_id"])["Resp"]
    assert (state["outputWidth"], state["outputHeight"], state["has_audio"]) == (720, 1280, sound)
    with _video(state["url"]) as container:
        assert (round(container.duration / 1e6), len(container.streams.audio)) == (3, int(sound))


def test_the_first_image_gives_the_shape(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Without an aspect ratio the shape is that of the uploaded image."""
    first, last = _image(sandbox, data_uri(300, 300)), _image(sandbox)
    answer = _submit(sandbox, "PixVerse-C1", first_frame_img=first, last_frame_img=last).json()
    state = _end(sandbox, answer["Resp"]["video_id"])["Resp"]
    assert (state["outputWidth"], state["outputHeight"]) == (360, 360)


def test_a_finished_task_and_an_upload_can_be_extended(sandbox: Sandbox) -> None:
    """Of either model; what is not finished, unknown, or an upload of another kind is not one's own content."""
    uploaded = _upload(sandbox, "video", SOURCE)["Resp"]["media_id"]
    assert _submit(sandbox, video_media_id=uploaded, water_mark=False, style="").status_code == 200
    sandbox.seconds = 20
    early = _submit(sandbox, **WIDE).json()["video_id"]
    for wrong in ({"source_video_id": early}, {"source_video_id": 7}, {"video_media_id": _image(sandbox)}):
        assert _submit(sandbox, water_mark=False, **wrong).json()["ErrCode"] == 701009
    sandbox.seconds = 0.1
    c1 = _submit(sandbox, "PixVerse-C1", **WIDE).json()["Resp"]["video_id"]
    _end(sandbox, c1)
    assert _submit(sandbox, source_video_id=c1, water_mark=False).json()["credits"] == 45


def test_an_image_that_was_not_uploaded_is_not_taken(sandbox: Sandbox) -> None:
    """An unknown id, and that of a video, are not one's own content."""
    for number in (7, _upload(sandbox, "video", SOURCE)["Resp"]["media_id"]):
        assert _submit(sandbox, img_id=number).json()["ErrCode"] == 701009
        assert _submit(sandbox, first_frame_img=number, last_frame_img=_image(sandbox)).json()["ErrCode"] == 701009
    assert all(call.accepted is None for call in sandbox.ledger)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("PixVerse-V6", {}),
        ("PixVerse-V6", {"duration": None, **WIDE}),
        ("PixVerse-V6", {"quality": None, **WIDE}),
        ("PixVerse-V6", {"input": "", **WIDE}),
        ("PixVerse-V6", {"input": "x" * 5001, **WIDE}),
        ("PixVerse-V6", {"input": "x" * 2049, "img_id": 7}),
        ("PixVerse-V6", {"duration": 16, **WIDE}),
        ("PixVerse-V6", {"duration": "5", **WIDE}),
        ("PixVerse-V6", {"quality": "480p", **WIDE}),
        ("PixVerse-V6", {"aspect_ratio": "adaptive"}),
        ("PixVerse-V6", {"seed": -1, **WIDE}),
        ("PixVerse-V6", {"seed": 2**31, **WIDE}),
        ("PixVerse-V6", {"negative_prompt": "x" * 2049, **WIDE}),
        ("PixVerse-V6", {"motion_mode": "fast", "duration": 8, **WIDE}),
        ("PixVerse-V6", {"style": "anime", **WIDE}),
        ("PixVerse-V6", {"style": "clay", "img_id": 7}),
        ("PixVerse-V6", {"img_id": 7, **WIDE}),
        ("PixVerse-V6", {"img_id": "7"}),
        ("PixVerse-V6", {"water_mark": False, **WIDE}),
        ("PixVerse-V6", {"resolution": "540p", **WIDE}),
        ("PixVerse-V6", {"first_frame_img": 7}),
        ("PixVerse-V6", {"last_frame_img": 7}),
        ("PixVerse-V6", {"first_frame_img": 7, "last_frame_img": 7, "negative_prompt": ""}),
        ("PixVerse-V6", {"source_video_id": 7}),
        ("PixVerse-V6", {"water_mark": True}),
        ("PixVerse-V6", {"source_video_id": 7, "video_media_id": 8, "water_mark": True}),
        ("PixVerse-V6", {"source_video_id": 7, "water_mark": True, "generate_audio_switch": True}),
        ("PixVerse-V6", {"image_references": [{"type": "subject", "img_id": 7, "ref_name": "a"}], **WIDE}),
        ("PixVerse-C1", {"motion_mode": "fast", **WIDE}),
        ("PixVerse-C1", {"thinking_type": "auto", **WIDE}),
        ("PixVerse-C1", {"generate_multi_clip_switch": True, **WIDE}),
        ("PixVerse-C1", {"source_video_id": 7, "water_mark": True}),
    ],
)
def test_what_the_documents_do_not_allow_is_400(sandbox: Sandbox, model: str, body: dict[str, Any]) -> None:
    """Wrong types, values, combinations and fields of another mode are refused, and nothing is accepted."""
    answer = _submit(sandbox, model, **body)
    assert (answer.status_code, answer.json()["error"]["code"][-6:]) == (400, "400017")
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"input": "@dog plays"}, {}),
        ({"input": "@cat, plays"}, {}),
        ({"input": "@cat\nplays"}, {}),
        ({"duration": 6}, {}),
        ({"motion_mode": "normal"}, {}),
        ({"aspect_ratio": None}, {}),
        ({}, {"type": "person"}),
        ({}, {"ref_name": ""}),
        ({}, {"img_id": "7"}),
        ({}, {"name": "cat"}),
    ],
)
def test_references_have_rules(sandbox: Sandbox, body: dict[str, Any], changes: dict[str, Any]) -> None:
    """Names after an @ are those of references, with a space after them; types, length and fields are fixed."""
    references = {"type": "subject", "img_id": _image(sandbox), "ref_name": "cat"}
    good = {"image_references": [references], "input": "a @cat plays with @cat", **WIDE}
    assert _submit(sandbox, "PixVerse-C1", **good).status_code == 200
    bad = _submit(sandbox, "PixVerse-C1", **{**good, "image_references": [{**references, **changes}], **body})
    assert bad.status_code == 400


def test_one_to_three_references_are_taken(sandbox: Sandbox) -> None:
    """None, four, and one name for two are refused."""
    references = [{"type": "background", "img_id": _image(sandbox), "ref_name": f"cat{number}"} for number in range(4)]
    for count, status in ((0, 400), (1, 200), (3, 200), (4, 400)):
        answer = _submit(sandbox, "PixVerse-C1", image_references=references[:count], **WIDE)
        assert answer.status_code == status
    assert _submit(sandbox, "PixVerse-C1", image_references=[references[0]] * 2, **WIDE).status_code == 400


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("bad-key", "seconds=1", 401, "invalid_api_key"),
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "pixverse_v6_500063"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Key, money, rate and policy errors have their status and code, and nothing is accepted."""
    answer = _submit(sandbox, key=key, input=f"a kitten [[sandbox: {turn}]]", **WIDE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


def test_c1_names_a_refusal_under_errcode(sandbox: Sandbox) -> None:
    """The moderation's code comes as the maker writes it, with HTTP status 200."""
    answer = _submit(sandbox, "PixVerse-C1", input="a kitten [[sandbox: refuse]]", **WIDE)
    assert (answer.status_code, answer.json()["ErrCode"], answer.json()["Resp"]) == (200, 500063, None)


@pytest.mark.parametrize(("turn", "status"), [("fail", 7), ("cancel", 8)])
def test_a_task_fails_in_a_number(sandbox: Sandbox, turn: str, status: int) -> None:
    """7 and 8 are the ends without a video; flat they are words."""
    task = _submit(sandbox, input=f"a kitten [[sandbox: {turn}]]", **WIDE).json()["video_id"]
    assert _end(sandbox, task)["Resp"]["status"] == status
    flat = _submit(sandbox, input=f"a kitten [[sandbox: {turn}]]", img_id=_image(sandbox)).json()["video_id"]
    assert _end(sandbox, flat)["status"] in {"failed", "cancelled"}


def test_an_unknown_task_is_not_ones_own(sandbox: Sandbox) -> None:
    """The query takes the id as text only, and no other field."""
    assert _query(sandbox, 7)["ErrCode"] == 701009
    for wrong in ({"input": 7}, {"input": "7", "stream": True}, {}):
        assert post(sandbox, {"model": "paiwo-get", **wrong}).status_code == 400
