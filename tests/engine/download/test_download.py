"""A result reaches the disk whole, once, under its own name, or not at all."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from tests.faults.answers import Answer, Seen, broken_chunks, damaged_gzip, film, no_answer, redirect, truncated
from tests.faults.server import FaultServer
from tests.faults.toxics import latency, limit_body, reset_peer, slicer, slow_close
from vidmagic.engine.download import download, hashing
from vidmagic.engine.download import partial_file as part
from vidmagic.engine.download.download import Download
from vidmagic.engine.download.hashing import Hashing
from vidmagic.engine.download.partial_file import PartialFile
from vidmagic.errors import DownloadFailed, LinkRefused, Paused, Unreachable, VidmagicError
from vidmagic.http import transport
from vidmagic.http.transport import Transport
from vidmagic.spec.events import Saved

NAME = "20261120-081500-hailuo-7x3k9qab"
FILM = "/film.mp4?Signature=topsecret"
HTML = b"<html><body>" + b"Access denied " * 400 + b"</body></html>"
XML = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a small film, its index in front."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes((shade * 20 + at * 7) % 256 for at in range(plane.buffer_size)))
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """Return a file server; limits are short and no proxy is in the way."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "READ", 0.3)
    running = FaultServer()
    yield running
    running.down()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder for videos, which is not there yet."""
    return tmp_path / "my videos" / "今天"


@pytest.fixture
def getting(server: FaultServer, folder: Path) -> Iterator[Download]:
    """Return a download of this server's result."""
    found = Download(http(server), folder, NAME)
    yield found
    found.discard()


def http(server: FaultServer) -> Transport:
    """Return a transport whose key must never reach a file host."""
    return Transport(server.url, lambda: {"Authorization": "vm-canary-key"})


def files(folder: Path) -> list[str]:
    """List a folder, hidden files too."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208


def check_saved(saved: Saved, folder: Path, data: bytes, name: str = NAME + ".mp4") -> None:
    """Check that the file is there, whole, and described as it is."""
    assert saved == Saved(str(folder / name), len(data), hashlib.sha256(data).hexdigest())
    assert (folder / name).read_bytes() == data


def ask_for_range(server: FaultServer) -> list[str | None]:
    """Return the Range header of each request."""
    return [seen.headers.get("range") for seen in server.seen]


def test_a_film_is_saved_under_our_name(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """The folder is made, the server's name and type are ignored, nothing else is left there."""
    lies = {"Content-Disposition": 'attachment; filename="../../x.mp4"', "Content-Type": "text/html"}
    server.then(Answer(body=mp4, headers=lies))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]
    assert (server.seen[0].method, server.seen[0].target) == ("GET", FILM)
    assert server.seen[0].headers["accept-encoding"] == "identity"
    assert "vm-canary-key" not in str(server.seen)


def test_progress_can_be_read_while_it_runs(server: FaultServer, getting: Download, mp4: bytes) -> None:
    """The card sees how many bytes of how many have arrived."""
    server.then(film(mp4, toxics=(limit_body(500), slow_close(0.2))))

    def attempt() -> None:
        with pytest.raises(Unreachable):
            getting.attempt([server.url + FILM])

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
def test_a_broken_download_goes_on_where_it_stopped(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, toxics: Any
) -> None:
    """What arrived is kept and the rest asked for, guarded by the file's version."""
    server.then(film(mp4, toxics=toxics), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    kept = getting.received
    assert 0 < kept <= 700
    assert not (folder / (NAME + ".mp4")).exists()
    check_saved(getting.attempt([server.url + "/film.mp4?Signature=fresh"]), folder, mp4)
    assert ask_for_range(server) == [None, f"bytes={kept}-"]
    assert server.seen[1].headers["if-range"] == '"v1"'
    assert files(folder) == [NAME + ".mp4"]


def test_a_download_may_break_many_times(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Each attempt adds to the last, whatever the size of the pieces."""
    server.then(film(mp4, toxics=(limit_body(400),)))
    for _ in range(len(mp4) // 400):
        with pytest.raises(Unreachable):
            getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


def other(mp4: bytes) -> bytes:
    """Return another whole film of the same length."""
    return mp4[:-4] + bytes(255 - byte for byte in mp4[-4:])


REFUSES_THE_REST: dict[str, Any] = {
    "200 with everything": lambda data: [Answer(200, data)],
    "another version": lambda data: [film(data, tag='"v2"')],
    "a 206 of another version": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data) - 1}/{len(data)}", "ETag": '"v2"'}),
        film(data),
    ],
    "a 206 from elsewhere": lambda data: [
        Answer(206, data[300:], {"Content-Range": f"bytes 300-{len(data) - 1}/{len(data)}", "ETag": '"v1"'}),
        film(data),
    ],
    "a 206 of another length": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data)}/{len(data) + 1}", "ETag": '"v1"'}),
        film(data),
    ],
    "a 206 that does not say": lambda data: [Answer(206, data[700:]), film(data)],
    "a 206 without a length": lambda data: [
        Answer(206, data[700:], {"Content-Range": f"bytes 700-{len(data) - 1}/*"}),
        film(data),
    ],
    "416": lambda data: [Answer(416), film(data)],
}


@pytest.mark.parametrize("answers", REFUSES_THE_REST.values(), ids=REFUSES_THE_REST.keys())
def test_a_rest_that_does_not_fit_is_never_joined(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, answers: Any
) -> None:
    """A server that does not go on exactly there starts the download anew; two files are never mixed."""
    data = other(mp4)
    answers = answers(data)
    server.then(film(mp4, toxics=(limit_body(700),)), *answers)
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    if len(answers) > 1:
        with pytest.raises(Unreachable, match="go on"):
            getting.attempt([server.url + FILM])
        assert getting.received == 0
    check_saved(getting.attempt([server.url + FILM]), folder, data)
    assert files(folder) == [NAME + ".mp4"]


@pytest.mark.parametrize("tag", ["", 'W/"v1"'], ids=["no tag", "weak tag"])
def test_without_a_firm_version_a_download_starts_anew(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, tag: str
) -> None:
    """Nothing is joined that the server cannot vouch for byte for byte."""
    server.then(Answer(body=mp4, headers={"ETag": tag}).but(limit_body(700)), Answer(body=mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert ask_for_range(server) == [None, None]


def test_a_date_guards_the_rest_where_there_is_no_tag(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """Last-Modified stands in for an ETag."""
    date = "Fri, 20 Nov 2026 08:00:00 GMT"
    rest = {"Last-Modified": date, "Content-Range": f"bytes 700-{len(mp4) - 1}/{len(mp4)}"}
    server.then(Answer(body=mp4, headers={"Last-Modified": date}).but(limit_body(700)), Answer(206, mp4[700:], rest))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert server.seen[1].headers["if-range"] == date


def test_another_path_is_another_file(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """The rest of one link is never asked of a link to something else, as a watermarked copy."""
    data = other(mp4)
    server.on("/film.mp4", film(mp4, toxics=(limit_body(700),))).on("/marked.mp4", film(data))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + "/marked.mp4"]), folder, data)
    assert ask_for_range(server) == [None, None]


def test_a_part_whose_length_changed_is_hashed_again(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """What is on disk counts, not what was once written there."""
    server.then(film(mp4, toxics=(limit_body(700),)), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    (left,) = folder.iterdir()
    os.truncate(left, 300)
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert ask_for_range(server) == [None, "bytes=300-"]


def test_a_part_that_is_as_it_was_left_is_not_hashed_again(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To go on costs nothing for what is here, and the hash is that of the whole film all the same."""

    def refuse(_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(part, "_hashed", refuse)
    server.then(film(mp4, toxics=(limit_body(700),)), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert ask_for_range(server) == [None, "bytes=700-"]


FOR_NOW = {
    "no answer": no_answer(),
    "empty": Answer(),
    "429": Answer(429, headers={"Retry-After": "7"}),
    **{str(status): Answer(status) for status in (202, 204, 408, 425, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("answer", FOR_NOW.values(), ids=FOR_NOW.keys())
def test_what_may_pass_is_unreachable(server: FaultServer, getting: Download, folder: Path, answer: Answer) -> None:
    """Faults of the moment ask for another attempt, and nothing carries the final name."""
    server.then(answer)
    with pytest.raises(Unreachable) as caught:
        getting.attempt([server.url + FILM])
    assert caught.value.retry_after == (7.0 if answer.status == 429 else None)
    assert not (folder / (NAME + ".mp4")).exists()


def test_a_server_that_is_down_is_unreachable(server: FaultServer, getting: Download) -> None:
    """No connection asks for another attempt."""
    server.down()
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 304])
def test_a_refused_link_asks_for_a_fresh_one(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, status: int
) -> None:
    """An expired link is told apart from a fault, and a fresh one goes on from what is here."""
    server.then(film(mp4, toxics=(limit_body(700),)), Answer(status, XML), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    with pytest.raises(LinkRefused, match=str(status)) as caught:
        getting.attempt([server.url + FILM])
    assert caught.value.charged == "yes"
    check_saved(getting.attempt([server.url + "/film.mp4?Signature=fresh"]), folder, mp4)
    assert ask_for_range(server)[-1] == "bytes=700-"


@pytest.mark.parametrize("body", [HTML, XML, b'{"code": 404}', b"{}", b"x", b"\x00" * 900, b"GIF89a" + b"\x00" * 100])
def test_a_page_in_place_of_a_film_asks_for_a_fresh_link(
    server: FaultServer, getting: Download, folder: Path, body: bytes
) -> None:
    """Only the bytes tell a film: a page with status 200 and a film's type is none, and nothing is left of it."""
    server.then(Answer(body=body, headers={"Content-Type": "video/mp4"}))
    with pytest.raises(LinkRefused):
        getting.attempt([server.url + FILM])
    assert files(folder) == []


def test_a_compressed_reply_is_refused(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Only the very bytes of the file are taken."""
    server.then(damaged_gzip(mp4))
    with pytest.raises(LinkRefused):
        getting.attempt([server.url + FILM])
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
def test_a_film_that_is_not_whole_is_fetched_again(
    server: FaultServer, folder: Path, mp4: bytes, damage: Any, head: dict[str, str]
) -> None:
    """The boxes must reach the end exactly and hold an index, whatever length was said."""
    server.then(Answer(body=damage(mp4), headers=head), film(mp4))
    getting = Download(http(server), folder, NAME)
    with pytest.raises(Unreachable, match="damaged"):
        getting.attempt([server.url + FILM])
    assert not (folder / (NAME + ".mp4")).exists()
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


def test_films_of_other_layouts_are_whole(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A long box size, and a last box that reaches to the end, are as good."""
    at = mp4.index(b"mdat") - 4
    size = len(mp4) - at
    long_box = mp4[:at] + b"\x00\x00\x00\x01mdat" + (size + 8).to_bytes(8, "big") + mp4[at + 8 :]
    to_the_end = mp4[:at] + b"\x00\x00\x00\x00mdat" + mp4[at + 8 :]
    for number, data in enumerate([long_box, to_the_end]):
        server.on(f"/{number}", Answer(body=data))
        saved = Download(http(server), folder, f"{NAME}{number}").attempt([f"{server.url}/{number}"])
        check_saved(saved, folder, data, f"{NAME}{number}.mp4")


def test_a_film_without_a_length_is_taken_when_it_is_whole(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Chunks and a plain close need no Content-Length."""
    half = len(mp4) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (mp4[:half], mp4[half:])) + b"0\r\n\r\n"
    server.on("/0", Answer(body=chunks, headers={"Transfer-Encoding": "chunked"}).but(slicer(501)))
    server.on("/1", Answer(body=mp4, headers={"Content-Length": ""}))
    for number in range(2):
        saved = Download(http(server), folder, f"{NAME}{number}").attempt([f"{server.url}/{number}"])
        check_saved(saved, folder, mp4, f"{NAME}{number}.mp4")


def test_broken_chunks_are_not_the_end(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A chunk that cannot be read breaks the download, and the next attempt brings it whole."""
    server.then(broken_chunks(mp4[:900]), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "real"])
def test_a_result_above_the_cap_is_given_up(server: FaultServer, folder: Path, mp4: bytes, declared: bool) -> None:
    """Too large, by its own word or in fact, is final and leaves nothing behind; at the cap it is taken."""
    server.then(Answer(body=mp4, headers={} if declared else {"Content-Length": ""}))
    with pytest.raises(DownloadFailed, match="at most") as caught:
        Download(http(server), folder, NAME, cap=len(mp4) - 1).attempt([server.url + FILM])
    assert not isinstance(caught.value, LinkRefused)
    assert files(folder) == []
    check_saved(Download(http(server), folder, NAME, cap=len(mp4)).attempt([server.url + FILM]), folder, mp4)


def test_a_download_that_only_drips_is_given_up(
    server: FaultServer, getting: Download, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that come too slowly do not hold a download for ever, though each arrives in time."""
    monkeypatch.setattr(download, "WINDOW", 0.3)
    server.then(film(mp4, toxics=(slicer(4, 0.05),)))
    started = time.monotonic()
    with pytest.raises(Unreachable, match="fell below"):
        getting.attempt([server.url + FILM])
    assert time.monotonic() - started < 2
    assert getting.received > 0


def test_a_slow_download_above_the_least_rate_goes_on(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow is not dead."""
    monkeypatch.setattr(download, "WINDOW", 0.1)
    server.then(film(mp4, toxics=(latency(0.1), slicer(len(mp4) // 5, 0.06))))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


def test_the_next_link_is_tried_when_one_is_refused(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """Links to the same film stand in for each other: refused, forbidden or no film, the next one is asked."""
    server.on("/gone", Answer(403)).on("/page", Answer(body=HTML)).on("/film.mp4", film(mp4))
    urls = [server.url + "/gone", "https://10.0.0.1/f.mp4", "file:///etc/passwd", server.url + "/page"]
    check_saved(getting.attempt([*urls, server.url + FILM]), folder, mp4)


def test_when_all_links_are_refused_a_fresh_one_is_asked_for(server: FaultServer, getting: Download) -> None:
    """One refused link among others is reason enough to ask again; forbidden links alone are final."""
    server.then(Answer(410))
    with pytest.raises(LinkRefused):
        getting.attempt(["https://10.0.0.1/f.mp4", server.url + FILM])
    with pytest.raises(LinkRefused):
        getting.attempt([])
    with pytest.raises(DownloadFailed) as caught:
        getting.attempt(["https://10.0.0.1/f.mp4"])
    assert not isinstance(caught.value, LinkRefused)


def test_a_link_may_redirect(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A redirect to a checked host is followed."""
    server.on("/film.mp4", redirect(302, "/cdn.mp4?sig=1")).on("/cdn.mp4", film(mp4))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


@pytest.mark.parametrize("kind", ["other film", "folder", "symlink", "dangling symlink", "empty file"])
def test_nothing_that_exists_is_overwritten(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, kind: str
) -> None:
    """A taken name is left as it is, and the film gets the next one."""
    taken, target = folder / (NAME + ".mp4"), folder.parent / "elsewhere"
    folder.mkdir(parents=True)
    if kind == "folder":
        taken.mkdir()
    elif "symlink" in kind:
        taken.symlink_to(target)
        if kind == "symlink":
            target.write_bytes(mp4)
    else:
        taken.write_bytes(b"" if kind == "empty file" else other(mp4))
    before = taken.lstat()
    (folder / (NAME + "-2.mp4")).write_bytes(b"taken too")
    server.then(film(mp4))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4, NAME + "-3.mp4")
    after = taken.lstat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


def test_the_same_film_under_the_name_is_used(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A download that was cut after it got its name does not make a second copy."""
    folder.mkdir(parents=True)
    (folder / (NAME + ".mp4")).write_bytes(mp4)
    server.then(film(mp4))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]


def test_a_disk_without_hard_links_is_served_too(
    server: FaultServer, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no hard links, as on exFAT and mounted drives, still nothing is overwritten."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(part.os, "link", refuse)
    server.then(film(mp4), film(other(mp4)))
    check_saved(Download(http(server), folder, NAME).attempt([server.url + FILM]), folder, mp4)
    check_saved(Download(http(server), folder, NAME).attempt([server.url + FILM]), folder, other(mp4), NAME + "-2.mp4")
    assert files(folder) == [NAME + "-2.mp4", NAME + ".mp4"]


def test_two_downloads_of_one_job_do_no_harm(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Two processes may fetch the same result: two parts, one film, and neither removes the other's part."""
    server.then(film(mp4, toxics=(limit_body(700),)), film(mp4, toxics=(limit_body(900),)), film(mp4))
    pair = [Download(http(server), folder, NAME) for _ in range(2)]
    for each in pair:
        with pytest.raises(Unreachable):
            each.attempt([server.url + FILM])
    assert len(files(folder)) == 2
    for each in pair:
        check_saved(each.attempt([server.url + FILM]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]


def test_planted_parts_are_not_followed(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """A symlink or folder that looks like a part leads nowhere and harms nothing."""
    folder.mkdir(parents=True)
    target = folder.parent / "precious"
    target.write_bytes(b"precious")
    (folder / f".{NAME}.0000.part").symlink_to(target)
    (folder / f".{NAME}.0001.part").mkdir()
    os.mkfifo(folder / f".{NAME}.0002.part")
    (folder / f".{NAME}x.0003.part").write_bytes(b"another job's")
    server.then(film(mp4))
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert target.read_bytes() == b"precious"
    assert f".{NAME}x.0003.part" in files(folder)


def test_discard_removes_what_arrived(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Nothing is left after discard, and an attempt after it begins anew."""
    server.then(film(mp4, toxics=(limit_body(700),)), film(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + FILM])
    getting.discard()
    getting.discard()
    assert (files(folder), getting.received, getting.total) == ([], 0, None)
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)
    assert ask_for_range(server) == [None, None]


def test_a_download_that_is_dropped_leaves_nothing(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A part goes with its owner, also when nobody discards it."""
    server.then(film(mp4, toxics=(limit_body(700),)))
    getting = Download(http(server), folder, NAME)
    with pytest.raises(Unreachable) as caught:
        getting.attempt([server.url + FILM])
    assert len(files(folder)) == 1
    del getting, caught
    gc.collect()
    assert files(folder) == []


# -- two threads


ENDS: dict[str, Any] = {
    "whole": (film, None, Saved),
    "broken off": (lambda data: film(data, toxics=(limit_body(700),)), None, Unreachable),
    "stalled": (lambda data: film(data, toxics=(limit_body(700), slow_close(3))), None, Unreachable),
    "a page": (lambda _: Answer(body=HTML), None, LinkRefused),
    "too large": (lambda data: Answer(body=data + b"x", headers={"Content-Length": ""}), None, DownloadFailed),
    "disk full": (film, OSError(errno.ENOSPC, "No space left on device"), Paused),
    "a fault of ours": (film, ValueError("a fault"), ValueError),
}


def hashing_threads() -> list[threading.Thread]:
    """Return the threads that hash."""
    return [each for each in threading.enumerate() if each.name == "vidmagic-hashing"]


def test_a_small_film_needs_no_thread() -> None:
    """Many small films that arrive together start no thread each."""
    digest = hashlib.sha256()
    with Hashing(digest) as small:
        small.add(b"a film")
        assert hashing_threads() == []
    assert digest.digest() == hashlib.sha256(b"a film").digest()


@pytest.mark.parametrize("case", ENDS.values(), ids=ENDS.keys())
def test_no_thread_is_left_behind(
    server: FaultServer, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch, case: Any
) -> None:
    """One thread hashes while bytes arrive; it is gone when the attempt ends, whatever ended it."""
    answer, fault, end = case
    during: set[threading.Thread] = set()
    write = PartialFile.write

    def watched(self: PartialFile, chunk: bytes) -> None:
        write(self, chunk)
        during.update(hashing_threads())
        if fault is not None:
            raise fault

    monkeypatch.setattr(hashing, "_PIECE", 1)
    monkeypatch.setattr(PartialFile, "write", watched)
    server.then(answer(mp4))
    getting = Download(http(server), folder, NAME, cap=len(mp4))
    ended: Any
    try:
        ended = getting.attempt([server.url + FILM])
    except (VidmagicError, ValueError) as error:
        ended = error
    assert type(ended) is end
    assert [each.is_alive() for each in during] == [False]
    getting.discard()


def test_hashing_that_falls_behind_is_waited_for() -> None:
    """What waits to be hashed is bounded, so memory stays flat however slow the hashing is; nothing is left out."""
    piece, count, slow, added = bytes(2**18), 40, threading.Event(), []

    class Slow:
        """A digest that takes its time."""

        size = 0

        def update(self, data: bytes) -> None:
            slow.wait(10)
            self.size += len(data)

    def add_all() -> None:
        with Hashing(digest) as slowly:  # type: ignore[arg-type]
            for _ in range(count):
                slowly.add(piece)
                added.append(1)

    digest = Slow()
    thread = threading.Thread(target=add_all)
    thread.start()
    thread.join(0.2)
    assert 0 < len(added) < 8
    slow.set()
    thread.join(10)
    assert digest.size == count * len(piece)


def test_chunks_of_any_size_are_hashed_in_their_order() -> None:
    """Small chunks are put together and large ones are not, and the hash does not tell."""
    data = bytes(range(251)) * 8000
    digest, at = hashlib.sha256(), 0
    with Hashing(digest) as mixed:
        for size in [1, 2**14, 2**18, 7, 2**20, 2**17, 2**17, len(data)]:
            mixed.add(data[at : at + size])
            at += size
    assert digest.digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    ("arrives", "asked"),
    [(2**14, [transport.CHUNK] * 4), (2**20, [transport.CHUNK, *[transport.LARGE] * 3])],
    ids=["records of TLS", "a full buffer"],
)
def test_a_large_buffer_is_made_only_where_it_gets_full(arrives: int, asked: list[int]) -> None:
    """TLS brings 16 KB at a time, and a buffer many times larger would be made and thrown away for each."""
    sizes: list[int] = []

    def read1(size: int, *, decode_content: bool) -> bytes:
        sizes.append(size)
        return bytes(min(size, arrives)) if len(sizes) < len(asked) else b""

    response: Any = SimpleNamespace(raw=SimpleNamespace(read1=read1))
    list(transport._arriving(response, lambda lost: Unreachable(str(lost)), transport.LARGE))
    assert sizes == asked


# -- the disk


def child(code: str, server: FaultServer, folder: Path, **more: Any) -> subprocess.Popen[str]:
    """Run *code* in a process of its own, with `getting` and `url` at hand."""
    head = f"""
        import os, resource, signal, sys
        from pathlib import Path
        from vidmagic.engine.download.download import Download
        from vidmagic.http.transport import Transport
        getting = Download(Transport({server.url!r}, dict), Path({str(folder)!r}), {NAME!r})
        url = {server.url + FILM!r}
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        stdout=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def test_a_full_disk_pauses_the_job(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A disk that takes no more is the user's to mend: the part is gone, the hint names the folder."""
    big = mp4 + b"\x00\x03\x00\x00free" + b"\x00" * (0x30000 - 8)
    server.then(film(big))
    code = """
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            getting.attempt([url])
        except Exception as error:
            print(type(error).__name__, *error.lines(), sep="\\n")
    """
    process = child(code, server, folder)
    out, _ = process.communicate(timeout=20)
    assert out.splitlines()[0] == "Paused"
    assert str(folder) in out.splitlines()[-1]
    assert "resume" in out
    assert "topsecret" not in out
    assert files(folder) == []


@pytest.mark.parametrize("number", ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EIO"])
def test_whatever_the_disk_refuses_pauses_the_job(
    server: FaultServer, folder: Path, mp4: bytes, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal of the disk, at the last moment too, says what to do and removes the part."""
    code = getattr(part.errno, number)

    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(part.os, "fsync", refuse)
    server.then(film(mp4))
    with pytest.raises(Paused) as caught:
        Download(http(server), folder, NAME).attempt([server.url + FILM])
    assert os.strerror(code).lower() in caught.value.message
    assert str(folder) in caught.value.hint
    assert caught.value.charged == "yes"
    assert files(folder) == []


@pytest.mark.parametrize("where", ["below a file", "too long", "a dangling link"])
def test_a_folder_that_cannot_be_had_pauses_the_job_before_a_request(
    server: FaultServer, tmp_path: Path, mp4: bytes, where: str
) -> None:
    """A folder that cannot be written is found out before the link is used."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    folder = {
        "below a file": tmp_path / "file" / "videos",
        "too long": tmp_path / ("x" * 300),
        "a dangling link": tmp_path / "link",
    }[where]
    server.then(film(mp4))
    with pytest.raises(Paused) as caught:
        Download(http(server), folder, NAME).attempt([server.url + FILM])
    assert str(folder) in caught.value.hint
    assert server.seen == []


def test_a_folder_that_vanishes_pauses_the_job(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """When the folder goes while the film comes, the film is not lost at the service."""

    def remove(seen: Seen) -> Answer:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
        return Answer(body=mp4)

    server.then(remove, film(mp4))
    with pytest.raises(Paused):
        getting.attempt([server.url + FILM])
    check_saved(getting.attempt([server.url + FILM]), folder, mp4)


@pytest.mark.parametrize("moment", ["during", "fsync", "link", "unlink"])
def test_a_process_killed_at_any_moment_leaves_no_half_film(
    server: FaultServer, folder: Path, mp4: bytes, moment: str
) -> None:
    """After kill -9 the final name is absent or whole, and the next download sweeps the part away."""
    code = """
        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)
        moment = MOMENT
        if moment == "link":
            os.link = die
        elif moment == "unlink":
            Path.unlink = die
        elif moment == "fsync":
            os.fsync = die
        print("ready", flush=True)
        getting.attempt([url])
    """.replace("MOMENT", repr(moment))
    server.then(film(mp4, toxics=(limit_body(700), slow_close(0.25)) if moment == "during" else ()), film(mp4))
    process = child(code, server, folder)
    if moment == "during":
        deadline = time.monotonic() + 10
        while not (server.seen and files(folder)) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert [name for name in files(folder) if name.endswith(".part")] != []
    final = folder / (NAME + ".mp4")
    assert not final.exists() or final.read_bytes() == mp4
    assert final.exists() == (moment == "unlink")
    check_saved(Download(http(server), folder, NAME).attempt([server.url + FILM]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]


def test_a_large_film_needs_little_memory(server: FaultServer, getting: Download, mp4: bytes) -> None:
    """64 MB pass through less than four."""
    size = 64 * 2**20
    piece = b"\x00" * 2**20

    class Long(bytes):
        """Stands for its length in the head; the server sends it in pieces."""

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
        saved = getting.attempt([server.url + FILM])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert saved.size == len(mp4) + size
    assert peak < 4 * 2**20


def test_no_message_tells_the_link(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Whatever goes wrong, neither the link nor its signature is in what the user sees."""
    for number, answer in enumerate(
        [Answer(403), Answer(503), Answer(416), no_answer(), Answer(body=HTML), truncated(Answer(body=mp4), 9)]
    ):
        server.on(f"/secret-path-{number}", answer)
        with pytest.raises(VidmagicError) as caught:
            Download(http(server), folder, f"{NAME}{number}").attempt(
                [f"{server.url}/secret-path-{number}?Signature=topsecret"]
            )
        said = " ".join(caught.value.lines())
        assert "topsecret" not in said
        assert "secret-path" not in said
