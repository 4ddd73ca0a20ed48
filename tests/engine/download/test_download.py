"""A result arrives whole, whatever the server does: continued where it stopped, checked, or refused."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engine.download.downloads import HTML, NAME, VIDEO_PATH, XML, ask_for_range, check_saved, files, http, other
from tests.faults.answers import Answer, broken_chunks, damaged_gzip, no_answer, redirect, truncated, video_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import latency, limit_body, reset_peer, slicer, slow_close
from vidmagic.engine.download.download import Download
from vidmagic.errors import DownloadFailed, LinkRefused, Unreachable, VidmagicError
from vidmagic.http.exchange import CHUNK, LARGE_CHUNK, body_chunks


def test_a_video_is_saved_under_our_name(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """The folder is created, the server's file name and type are ignored, nothing else is left there."""
    lies = {"Content-Disposition": 'attachment; filename="../../x.mp4"', "Content-Type": "text/html"}
    server.then(Answer(body=mp4, headers=lies))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]
    assert (server.seen[0].method, server.seen[0].target) == ("GET", VIDEO_PATH)
    assert server.seen[0].headers["accept-encoding"] == "identity"
    assert "vm-canary-key" not in str(server.seen)


def test_progress_can_be_read_while_it_runs(server: FaultServer, getting: Download, mp4: bytes) -> None:
    """The card sees how many bytes of how many have arrived."""
    server.then(video_answer(mp4, toxics=(limit_body(500), slow_close(0.2))))

    def attempt() -> None:
        with pytest.raises(Unreachable):
            getting.attempt([server.url + VIDEO_PATH])

    thread = threading.Thread(target=attempt)
    thread.start()
    deadline = time.monotonic() + 2
    while getting.received < 500 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert (getting.received, getting.total) == (500, len(mp4))
    thread.join()


BREAKS: dict[str, Any] = {
    "broken off": (limit_body(700),),
    "reset": (limit_body(700), reset_peer()),
    "stalled": (limit_body(700), slow_close(3)),
}


@pytest.mark.parametrize("toxics", BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_download_continues_where_it_stopped(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, toxics: Any
) -> None:
    """What arrived stays, and the missing bytes are requested, of the same version of the file."""
    server.then(video_answer(mp4, toxics=toxics), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    received = getting.received
    assert 0 < received <= 700
    assert not (folder / (NAME + ".mp4")).exists()
    check_saved(getting.attempt([server.url + "/film.mp4?Signature=fresh"]), folder, mp4)
    assert ask_for_range(server) == [None, f"bytes={received}-"]
    assert server.seen[1].headers["if-range"] == '"v1"'
    assert files(folder) == [NAME + ".mp4"]


def test_a_download_may_break_many_times(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Each attempt continues the one before, whatever the size of the pieces."""
    server.then(video_answer(mp4, toxics=(limit_body(400),)))
    for _ in range(len(mp4) // 400):
        with pytest.raises(Unreachable):
            getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


DOES_NOT_CONTINUE: dict[str, Any] = {
    "200 with everything": lambda data: [Answer(200, data)],
    "another version": lambda data: [video_answer(data, tag='"v2"')],
    "a 206 of another version": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data) - 1}/{len(data)}", "ETag": '"v2"'}),
        video_answer(data),
    ],
    "a 206 from elsewhere": lambda data: [
        Answer(206, data[300:], {"Content-Range": f"bytes 300-{len(data) - 1}/{len(data)}", "ETag": '"v1"'}),
        video_answer(data),
    ],
    "a 206 of another length": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data)}/{len(data) + 1}", "ETag": '"v1"'}),
        video_answer(data),
    ],
    "a 206 that does not say": lambda data: [Answer(206, data[700:]), video_answer(data)],
    "a 206 without a length": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data) - 1}/*"}),
        video_answer(data),
    ],
    "416": lambda data: [Answer(416), video_answer(data)],
}


@pytest.mark.parametrize("answers", DOES_NOT_CONTINUE.values(), ids=DOES_NOT_CONTINUE.keys())
def test_bytes_that_do_not_fit_are_never_joined(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, answers: Any
) -> None:
    """If the server does not continue exactly there, the download begins anew; two files are never mixed."""
    data = other(mp4)
    answers = answers(data)
    server.then(video_answer(mp4, toxics=(limit_body(700),)), *answers)
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    if len(answers) > 1:
        with pytest.raises(Unreachable, match="continue"):
            getting.attempt([server.url + VIDEO_PATH])
        assert getting.received == 0
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, data)
    assert files(folder) == [NAME + ".mp4"]


@pytest.mark.parametrize("tag", ["", 'W/"v1"'], ids=["no tag", "weak tag"])
def test_without_a_strong_version_a_download_begins_anew(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, tag: str
) -> None:
    """Bytes are joined only if the server identifies the version byte for byte."""
    server.then(Answer(body=mp4, headers={"ETag": tag}).but(limit_body(700)), Answer(body=mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert ask_for_range(server) == [None, None]


def test_a_date_serves_where_there_is_no_tag(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Last-Modified identifies the version if there is no ETag."""
    date = "Fri, 20 Nov 2026 08:00:00 GMT"
    headers = {"Last-Modified": date, "Content-Range": f"bytes 700-{len(mp4) - 1}/{len(mp4)}"}
    server.then(Answer(body=mp4, headers={"Last-Modified": date}).but(limit_body(700)), Answer(206, mp4[700:], headers))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert server.seen[1].headers["if-range"] == date


def test_another_path_is_another_file(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A download of one path is never continued from another, such as a watermarked copy."""
    data = other(mp4)
    server.on("/film.mp4", video_answer(mp4, toxics=(limit_body(700),))).on("/marked.mp4", video_answer(data))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + "/marked.mp4"]), folder, data)
    assert ask_for_range(server) == [None, None]


TEMPORARY = {
    "no answer": no_answer(),
    "empty": Answer(),
    "429": Answer(429, headers={"Retry-After": "7"}),
    **{str(status): Answer(status) for status in (202, 204, 408, 425, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("answer", TEMPORARY.values(), ids=TEMPORARY.keys())
def test_a_temporary_fault_is_unreachable(server: FaultServer, getting: Download, folder: Path, answer: Answer) -> None:
    """A temporary fault raises Unreachable, and no file has the final name."""
    server.then(answer)
    with pytest.raises(Unreachable) as caught:
        getting.attempt([server.url + VIDEO_PATH])
    assert caught.value.retry_after == (7.0 if answer.status == 429 else None)
    assert not (folder / (NAME + ".mp4")).exists()


def test_a_server_that_is_down_is_unreachable(server: FaultServer, getting: Download) -> None:
    """A server that takes no connection raises Unreachable."""
    server.down()
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 304])
def test_a_refused_link_asks_for_a_fresh_one(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, status: int
) -> None:
    """An expired link raises LinkRefused, and a fresh one continues from the bytes that are here."""
    server.then(video_answer(mp4, toxics=(limit_body(700),)), Answer(status, XML), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    with pytest.raises(LinkRefused, match=str(status)) as caught:
        getting.attempt([server.url + VIDEO_PATH])
    assert caught.value.charged == "yes"
    check_saved(getting.attempt([server.url + "/film.mp4?Signature=fresh"]), folder, mp4)
    assert ask_for_range(server)[-1] == "bytes=700-"


@pytest.mark.parametrize("body", [HTML, XML, b'{"code": 404}', b"{}", b"x", b"\x00" * 900, b"GIF89a" + b"\x00" * 100])
def test_a_page_instead_of_a_video_asks_for_a_fresh_link(
    server: FaultServer, getting: Download, folder: Path, body: bytes
) -> None:
    """Only the bytes decide: a page with status 200 and the type of a video is refused, and nothing is left."""
    server.then(Answer(body=body, headers={"Content-Type": "video/mp4"}))
    with pytest.raises(LinkRefused):
        getting.attempt([server.url + VIDEO_PATH])
    assert files(folder) == []


def test_a_compressed_reply_is_refused(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Only the plain bytes of the file are accepted."""
    server.then(damaged_gzip(mp4))
    with pytest.raises(LinkRefused):
        getting.attempt([server.url + VIDEO_PATH])
    assert files(folder) == []


DAMAGED: dict[str, Any] = {
    "end missing": lambda data: data[:-100],
    "bytes too many": lambda data: data + b"xyz",
    "a box too many": lambda data: data + b"\x00\x00\x01\x00free",
    "a box of four bytes": lambda data: data + b"\x00\x00\x00\x04free",
    "no index": lambda data: data.replace(b"moov", b"free"),
    "only the beginning": lambda data: data[:40],
    "a long box that lies": lambda data: data + b"\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("head", [{}, {"Content-Length": ""}], ids=["with a length", "without"])
def test_a_damaged_video_is_fetched_again(
    server: FaultServer, folder: Path, mp4: bytes, damage: Any, head: dict[str, str]
) -> None:
    """The boxes must reach the end exactly and hold an index, whatever the Content-Length."""
    server.then(Answer(body=damage(mp4), headers=head), video_answer(mp4))
    getting = Download(http(server), folder, NAME)
    with pytest.raises(Unreachable, match="damaged"):
        getting.attempt([server.url + VIDEO_PATH])
    assert not (folder / (NAME + ".mp4")).exists()
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


def test_videos_of_other_layouts_are_accepted(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A 64-bit box size and a last box without a size are accepted."""
    at = mp4.index(b"mdat") - 4
    size = len(mp4) - at
    long_box = mp4[:at] + b"\x00\x00\x00\x01mdat" + (size + 8).to_bytes(8, "big") + mp4[at + 8 :]
    to_the_end = mp4[:at] + b"\x00\x00\x00\x00mdat" + mp4[at + 8 :]
    for number, data in enumerate([long_box, to_the_end]):
        server.on(f"/{number}", Answer(body=data))
        saved = Download(http(server), folder, f"{NAME}{number}").attempt([f"{server.url}/{number}"])
        check_saved(saved, folder, data, f"{NAME}{number}.mp4")


def test_a_video_without_a_length_is_accepted_when_it_is_whole(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Chunks and a plain close need no Content-Length."""
    half = len(mp4) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (mp4[:half], mp4[half:])) + b"0\r\n\r\n"
    server.on("/0", Answer(body=chunks, headers={"Transfer-Encoding": "chunked"}).but(slicer(501)))
    server.on("/1", Answer(body=mp4, headers={"Content-Length": ""}))
    for number in range(2):
        saved = Download(http(server), folder, f"{NAME}{number}").attempt([f"{server.url}/{number}"])
        check_saved(saved, folder, mp4, f"{NAME}{number}.mp4")


def test_broken_chunks_are_not_the_end(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A chunk that cannot be read breaks the download, and the next attempt fetches it whole."""
    server.then(broken_chunks(mp4[:900]), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "real"])
def test_a_result_above_the_cap_is_refused(server: FaultServer, folder: Path, mp4: bytes, declared: bool) -> None:
    """A result above the cap, declared or real, is refused for good and leaves nothing; one at the cap is accepted."""
    server.then(Answer(body=mp4, headers={} if declared else {"Content-Length": ""}))
    with pytest.raises(DownloadFailed, match="at most") as caught:
        Download(http(server), folder, NAME, cap=len(mp4) - 1).attempt([server.url + VIDEO_PATH])
    assert not isinstance(caught.value, LinkRefused)
    assert files(folder) == []
    check_saved(Download(http(server), folder, NAME, cap=len(mp4)).attempt([server.url + VIDEO_PATH]), folder, mp4)


def test_a_download_that_is_too_slow_ends(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """An attempt ends when bytes arrive too slowly, though each of them arrives in time."""
    getting = Download(http(server), folder, NAME, window=0.3)
    server.then(video_answer(mp4, toxics=(slicer(4, 0.05),)))
    with pytest.raises(Unreachable, match="fell below"):
        getting.attempt([server.url + VIDEO_PATH])
    assert getting.received > 0


def test_a_slow_download_above_the_least_rate_continues(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A download that is slow, but above the least rate, is completed."""
    getting = Download(http(server), folder, NAME, window=0.1)
    server.then(video_answer(mp4, toxics=(latency(0.1), slicer(len(mp4) // 5, 0.06))))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


def test_the_next_link_is_tried_when_one_is_refused(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """Any link to the video will do: if one is refused, forbidden or leads to a page, the next one is tried."""
    server.on("/gone", Answer(403)).on("/page", Answer(body=HTML)).on("/film.mp4", video_answer(mp4))
    urls = [server.url + "/gone", "https://10.0.0.1/f.mp4", "file:///etc/passwd", server.url + "/page"]
    check_saved(getting.attempt([*urls, server.url + VIDEO_PATH]), folder, mp4)


def test_when_all_links_are_refused_a_fresh_one_is_asked_for(server: FaultServer, getting: Download) -> None:
    """One refused link is enough to ask for a fresh one, and a forbidden one is refused too: the next may be good."""
    server.then(Answer(410))
    with pytest.raises(LinkRefused):
        getting.attempt(["https://10.0.0.1/f.mp4", server.url + VIDEO_PATH])
    with pytest.raises(LinkRefused):
        getting.attempt([])
    with pytest.raises(LinkRefused, match="not public") as caught:
        getting.attempt(["https://10.0.0.1/f.mp4"])
    assert "trusted_networks = '10.0.0.0/16'" in caught.value.hint


def test_a_link_may_redirect(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A redirect to a host that passes the check is followed."""
    server.on("/film.mp4", redirect(302, "/cdn.mp4?sig=1")).on("/cdn.mp4", video_answer(mp4))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


@pytest.mark.parametrize(
    ("arrives", "asked"),
    [(2**14, [CHUNK] * 4), (2**20, [CHUNK, *[LARGE_CHUNK] * 3])],
    ids=["records of TLS", "a full buffer"],
)
def test_a_large_buffer_is_allocated_only_where_it_gets_full(arrives: int, asked: list[int]) -> None:
    """TLS delivers 16 KB at a time, and a much larger buffer would be allocated for each of them."""
    sizes: list[int] = []

    def read1(size: int, *, decode_content: bool) -> bytes:
        sizes.append(size)
        return bytes(min(size, arrives)) if len(sizes) < len(asked) else b""

    response: Any = SimpleNamespace(raw=SimpleNamespace(read1=read1))
    list(body_chunks(response, lambda lost: Unreachable(str(lost)), LARGE_CHUNK))
    assert sizes == asked


def test_a_large_video_needs_little_memory(server: FaultServer, getting: Download, mp4: bytes) -> None:
    """64 MB are downloaded in less than 4 MB of memory."""
    size = 64 * 2**20
    piece = b"\x00" * 2**20

    class Long(bytes):
        """A body that only has a length; the server sends it in pieces."""

        def __len__(self) -> int:
            return len(mp4) + size

    def pieces(head: Iterator[bytes], _: object) -> Iterator[bytes]:
        yield next(head)
        yield mp4
        yield size.to_bytes(4, "big") + b"free" + piece[8:]
        for _ in range(63):
            yield piece

    server.then(Answer(body=Long(), toxics=(pieces,)))
    tracemalloc.start()
    try:
        saved = getting.attempt([server.url + VIDEO_PATH])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert saved.size == len(mp4) + size
    assert peak < 4 * 2**20


def test_no_message_holds_the_link(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Whatever goes wrong, neither the link nor its signature is in what the user sees."""
    for number, answer in enumerate(
        [Answer(403), Answer(503), Answer(416), no_answer(), Answer(body=HTML), truncated(Answer(body=mp4), 9)]
    ):
        server.on(f"/secret-path-{number}", answer)
        with pytest.raises(VidmagicError) as caught:
            Download(http(server), folder, f"{NAME}{number}").attempt(
                [f"{server.url}/secret-path-{number}?Signature=topsecret"]
            )
        message = " ".join(caught.value.lines())
        assert "topsecret" not in message
        assert "secret-path" not in message
