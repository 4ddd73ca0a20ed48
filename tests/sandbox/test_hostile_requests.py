"""Whatever is sent to it, the sandbox answers, and a web page cannot use it."""

from __future__ import annotations

import base64
import json
import random
import socket
import warnings
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from tests.media.pictures import png_header
from tests.sandbox.conftest import COARSE
from tests.sandbox.hailuo_steps import submit, wait_for_link
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.image_file import decode

PATHS = {
    "/v1/video_generation": "Bearer k",
    "/v1/responses": "Bearer k",
    "/v1/chat/completions": "Bearer k",
    "/ent/v1/tasks": "Token k",
    "/ent/v2/start-end2video": "Token k",
    "/tools/v1/files/uploads": "Token k",
}


def raw(url: str, request: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; return the status and the body of the answer."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("origin", ["url", "files_url"])
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("127.0.0.1", 0), ("127.0.0.1:1", 0), ("localhost", 0), ("LOCALHOST:99", 0), ("[::1]:80", 0), ("127.9.9.9", 0),
        ("evil.example", 421), ("evil.example:80", 421), ("localhost.evil.example", 421), ("", 421), ("[", 421),
        ("192.168.1.5", 421), ("169.254.169.254", 421), ("127.0.0.1.evil.example", 421), ("x\r\nHost: localhost", 421),
    ],
)  # fmt: skip
def test_it_answers_to_loopback_names_only(sandbox: Sandbox, origin: str, name: str, status: int) -> None:
    """A request under a foreign host name (DNS rebinding) is refused, before anything is read."""
    request = f"GET /sandbox/ledger HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
    answered, body = raw(getattr(sandbox, origin), request)
    assert answered == (status or (200 if origin == "url" else 403))
    if status:
        assert json.loads(body)["error"]["code"] == "misdirected_request"
    assert raw(sandbox.url, b"GET /sandbox/ledger HTTP/1.1\r\n\r\n")[0] == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8888"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_of_another_origin_is_refused(
    sandbox: Sandbox, http: requests.Session, headers: dict[str, str], status: int
) -> None:
    """No web page reads the ledger or starts a job; a link that a person follows works."""
    answer = http.get(f"{sandbox.url}/sandbox/health", headers=headers)
    assert answer.status_code == status
    assert "Access-Control-Allow-Origin" not in answer.headers
    if status == 403:
        body = {"model": "MiniMax-Hailuo-02", "prompt": "a kite"}
        sent = http.post(f"{sandbox.url}/v1/video_generation", json=body, headers={"Authorization": "k", **headers})
        assert sent.status_code == 403
        assert not list((sandbox.folder / "tasks").iterdir())


def test_its_own_origin_is_not_another(sandbox: Sandbox, http: requests.Session) -> None:
    """A page that the sandbox itself served may ask it."""
    assert http.get(f"{sandbox.url}/sandbox/health", headers={"Origin": sandbox.url}).ok


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("abc", 400), ("-1", 400), ("", 400), ("1e3", 400), ("+5", 400), ("5, 5", 400), ("5\r\nContent-Length: 6", 400),
        ("99999999999", 413), (f"{80 * 2**20 + 1}", 413), ("9" * 400, 400), ("5\r\nTransfer-Encoding: chunked", 411),
    ],
)  # fmt: skip
def test_a_length_that_is_none_is_refused(sandbox: Sandbox, length: str, status: int) -> None:
    """A wrong, a negative and a huge length are each a clean answer, and the body is not read."""
    head = f"POST /v1/video_generation HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    answered, body = raw(sandbox.url, head.encode() + b"{}")
    assert answered == status
    assert json.loads(body)["error"]["message"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"prompt":' * 5_000,
        b"9" * 10_000,
        b'{"duration": NaN}',
        b"\xff\xfe{}",
        b"null",
        b'"text"',
        b"",
    ],
)
def test_a_body_that_no_document_allows_is_refused(
    sandbox: Sandbox, http: requests.Session, path: str, body: bytes
) -> None:
    """JSON nested without end, numbers without end and no JSON at all: a 4xx, or Hailuo's 200 with its own code."""
    answer = http.post(sandbox.url + path, data=body, headers={"Authorization": PATHS[path]})
    assert 400 <= answer.status_code < 500 or answer.json()["base_resp"]["status_code"] == 2013
    assert http.get(f"{sandbox.url}/sandbox/ledger").json()[-1]["path"] == path


@pytest.mark.parametrize("expires", ["9" * 5_000, "%C2%B2", "-1", "", "1e9", "%00"])
def test_an_odd_link_is_refused(sandbox: Sandbox, http: requests.Session, expires: str) -> None:
    """A time that cannot be one, in a link to a file, is a refused signature."""
    answer = http.get(f"{sandbox.files_url}/files/hailuo.1.mp4?Expires={expires}&Signature=x")
    assert answer.status_code == 403


@pytest.mark.parametrize("span", [f"bytes={'9' * 5_000}-", "bytes=²-", "bytes=--", "bytes=1-0", "lines=1-2"])
def test_an_odd_range_is_refused(sandbox: Sandbox, http: requests.Session, span: str) -> None:
    """A range that cannot be served is 416."""
    link = wait_for_link(sandbox, submit(sandbox))
    assert http.get(link, headers={"Range": span.encode()}).status_code == 416


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "DELETE", "PUT", "HEAD"])
@pytest.mark.parametrize("origin", ["url", "files_url"])
def test_an_odd_method_is_refused(sandbox: Sandbox, http: requests.Session, method: str, origin: str) -> None:
    """A method that no document names is a 4xx, and grants no page of another origin anything."""
    answer = http.request(method, f"{getattr(sandbox, origin)}/v1/video_generation")
    assert answer.status_code in {403, 404}
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def bomb(side: int) -> str:
    """Make an image of a few bytes that claims to be *side* pixels wide and high."""
    return "data:image/png;base64," + base64.b64encode(png_header(side, side)).decode()


@pytest.mark.parametrize("side", [9_000, 10_000, 30_000, 2**31 - 1])
def test_an_image_bomb_is_refused(sandbox: Sandbox, http: requests.Session, side: int) -> None:
    """A picture that would fill the memory is refused before it is decoded, without a warning."""
    body = {"model": "viduq2-pro", "input": "a kite", "images": [bomb(side)]}
    with warnings.catch_warnings(record=True) as warned:
        answer = http.post(f"{sandbox.url}/v1/responses", json=body, headers={"Authorization": "Bearer k"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "FieldInvalid")
    assert warned == []


def test_a_broken_image_is_refused_at_submit(sandbox: Sandbox, http: requests.Session, data_uri) -> None:
    """A picture whose end is missing is refused, and does not stop the work on later jobs."""
    whole = base64.b64decode(data_uri(640, 480).partition(",")[2])
    cut = "data:image/png;base64," + base64.b64encode(whole[: len(whole) // 2]).decode()
    body = {"model": "viduq2-pro", "input": "a kite", "images": [cut]}
    answer = http.post(f"{sandbox.url}/v1/responses", json=body, headers={"Authorization": "Bearer k"})
    assert answer.status_code == 400


VALUES = (
    None, True, 0, -1, 10**30, 1.5, "", "x", "\ud800", "a" * 3000, [], [[]], [None], {}, {"a": 1},
    [{"type": "text", "text": "x"}], [{"type": "image_url", "image_url": {"url": "x"}}], {"prompts": [None]},
    {"prompts": [{"type": "text", "content": "x"}]}, ["https://e.example/a.png", "https://e.example/b.png"],
    "sora_video2", "viduq2-pro", "vidu-get", "MiniMax-Hailuo-02", "doubao-seedance-1-5-pro-responses", "seedance-get",
    "vidu2.0", "text2video", "upscale", 4, 6, "720p", "768P", [{"role": "user", "content": [{"type": "text"}]}],
)  # fmt: skip
NAMES = (
    "model", "prompt", "input", "images", "duration", "resolution", "seed", "stream", "messages", "type", "style",
    "output_params", "scene", "etag", "id", "ratio", "payload", "callback_url", "movement_amplitude",
)  # fmt: skip


def test_no_field_makes_it_stumble(http: requests.Session, request: pytest.FixtureRequest) -> None:
    """Of 3,000 bodies drawn at random none ends in a dropped connection or in a fault of the sandbox's own."""
    seed = request.config.getoption("--seed") or random.randrange(10**6)
    draw = random.Random(seed)
    with Sandbox(seconds=600, quality=COARSE) as sandbox:
        for _ in range(3_000 if request.config.getoption("--long") else 600):
            path = draw.choice(list(PATHS))
            body = {name: draw.choice(VALUES) for name in draw.sample(NAMES, draw.randrange(2, 8))}
            sent = {"data": json.dumps(body), "headers": {"Authorization": PATHS[path]}, "stream": True, "timeout": 10}
            with http.post(sandbox.url + path, **sent) as answer:
                assert answer.status_code < 500 or answer.status_code == 503, (seed, path, body, answer.text)


def test_a_text_that_is_no_unicode_is_accepted(sandbox: Sandbox, http: requests.Session) -> None:
    """Half a surrogate pair in a prompt is echoed as JSON writes it."""
    body = b'{"model": "viduq2-pro", "input": "a \\ud83d kite", "images": ["https://e.example/a.png"]}'
    answer = http.post(f"{sandbox.url}/v1/responses", data=body, headers={"Authorization": "Bearer k"})
    assert (answer.status_code, answer.json()["prompt"]) == (200, "a \ud83d kite")
    task = sandbox.store.find_task("viduq2", answer.json()["task_id"])
    assert task is not None
    assert sandbox.store.video_file(task).stat().st_size > 0


def test_pictures_are_as_before(data_uri) -> None:
    """A picture that is decoded keeps its format and size."""
    image = decode(base64.b64decode(data_uri(64, 48, "WEBP").partition(",")[2]))
    assert (image.format, image.size, Image.MAX_IMAGE_PIXELS is not None) == ("WEBP", (64, 48), True)
