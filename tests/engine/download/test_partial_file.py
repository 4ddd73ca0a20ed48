"""The file of a download: hashed while it arrives, whole under its own name or absent, and nothing else overwritten."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import signal
import stat
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.download.downloads import HTML, NAME, VIDEO_PATH, ask_for_range, check_saved, files, http, other
from tests.faults.answers import Answer, Seen, video_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import limit_body, slow_close
from vidmagic.engine.download import hash_thread, partial_file
from vidmagic.engine.download.download import CAP, Download
from vidmagic.engine.download.hash_thread import HashThread
from vidmagic.engine.download.partial_file import PartialFile
from vidmagic.errors import DownloadFailed, LinkRefused, Paused, Unreachable, VidmagicError
from vidmagic.media.boxes import check_whole
from vidmagic.spec.events import Saved


def test_a_part_whose_length_changed_is_hashed_again(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """The bytes on disk count, not those that were once written."""
    server.then(video_answer(mp4, toxics=(limit_body(700),)), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    (part,) = folder.iterdir()
    os.truncate(part, 300)
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert ask_for_range(server) == [None, "bytes=300-"]


def test_an_unchanged_part_is_not_hashed_again(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A continued download reads nothing again, and its hash is still that of the whole video."""

    def refuse(_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(partial_file, "_hashed", refuse)
    server.then(video_answer(mp4, toxics=(limit_body(700),)), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert ask_for_range(server) == [None, "bytes=700-"]


@pytest.mark.parametrize("kind", ["other video", "folder", "symlink", "dangling symlink", "empty file"])
def test_nothing_that_exists_is_overwritten(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes, kind: str
) -> None:
    """A file that has the name is left as it is, and the video gets the next name."""
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
    server.then(video_answer(mp4))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4, NAME + "-3.mp4")
    after = taken.lstat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


def test_the_same_video_under_the_name_is_used(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """A download that was interrupted after it got its name does not make a second copy."""
    folder.mkdir(parents=True)
    (folder / (NAME + ".mp4")).write_bytes(mp4)
    server.then(video_answer(mp4))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]


def test_a_disk_without_hard_links_is_supported(
    server: FaultServer, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk without hard links, such as exFAT, nothing is overwritten either."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(partial_file.os, "link", refuse)
    server.then(video_answer(mp4), video_answer(other(mp4)))
    check_saved(Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH]), folder, mp4)
    check_saved(
        Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH]), folder, other(mp4), NAME + "-2.mp4"
    )
    assert files(folder) == [NAME + "-2.mp4", NAME + ".mp4"]


def test_two_downloads_of_one_job_do_no_harm(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Two processes may fetch the same result: two parts, one video, and neither removes the other's part."""
    server.then(
        video_answer(mp4, toxics=(limit_body(700),)), video_answer(mp4, toxics=(limit_body(900),)), video_answer(mp4)
    )
    pair = [Download(http(server), folder, NAME) for _ in range(2)]
    for download in pair:
        with pytest.raises(Unreachable):
            download.attempt([server.url + VIDEO_PATH])
    assert len(files(folder)) == 2
    for download in pair:
        check_saved(download.attempt([server.url + VIDEO_PATH]), folder, mp4)
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
    server.then(video_answer(mp4))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert target.read_bytes() == b"precious"
    assert f".{NAME}x.0003.part" in files(folder)


def test_discard_removes_what_arrived(server: FaultServer, getting: Download, folder: Path, mp4: bytes) -> None:
    """Nothing is left after discard, and the next attempt begins anew."""
    server.then(video_answer(mp4, toxics=(limit_body(700),)), video_answer(mp4))
    with pytest.raises(Unreachable):
        getting.attempt([server.url + VIDEO_PATH])
    getting.discard()
    getting.discard()
    assert (files(folder), getting.received, getting.total) == ([], 0, None)
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert ask_for_range(server) == [None, None]


def test_a_download_without_references_leaves_nothing(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A part is removed with its download, also when nobody discards it."""
    server.then(video_answer(mp4, toxics=(limit_body(700),)))
    getting = Download(http(server), folder, NAME)
    with pytest.raises(Unreachable) as caught:
        getting.attempt([server.url + VIDEO_PATH])
    assert len(files(folder)) == 1
    del getting, caught
    gc.collect()
    assert files(folder) == []


# -- the hash thread


ENDS: dict[str, Any] = {
    "whole": (video_answer, None, Saved),
    "broken off": (lambda data: video_answer(data, toxics=(limit_body(700),)), None, Unreachable),
    "stalled": (lambda data: video_answer(data, toxics=(limit_body(700), slow_close(3))), None, Unreachable),
    "a page": (lambda _: Answer(body=HTML), None, LinkRefused),
    "too large": (lambda data: Answer(body=data + b"x", headers={"Content-Length": ""}), None, DownloadFailed),
    "disk full": (video_answer, OSError(errno.ENOSPC, "No space left on device"), Paused),
    "a defect of ours": (video_answer, ValueError("a defect"), ValueError),
}


def hash_threads() -> list[threading.Thread]:
    """Return the running hash threads."""
    return [thread for thread in threading.enumerate() if thread.name == "vidmagic-hash"]


def test_a_small_video_needs_no_thread() -> None:
    """A video smaller than one piece starts no thread."""
    digest = hashlib.sha256()
    with HashThread(digest) as small:
        small.add(b"a video")
        assert hash_threads() == []
    assert digest.digest() == hashlib.sha256(b"a video").digest()


@pytest.mark.parametrize("case", ENDS.values(), ids=ENDS.keys())
def test_no_thread_is_left_behind(
    server: FaultServer, folder: Path, mp4: bytes, monkeypatch: pytest.MonkeyPatch, case: Any
) -> None:
    """One thread hashes while bytes arrive; it has ended when the attempt ends, whatever the reason."""
    answer, fault, end = case
    during: set[threading.Thread] = set()
    write = PartialFile.write

    def watched(self: PartialFile, chunk: bytes) -> None:
        write(self, chunk)
        during.update(hash_threads())
        if fault is not None:
            raise fault

    monkeypatch.setattr(hash_thread, "_PIECE", 1)
    monkeypatch.setattr(PartialFile, "write", watched)
    server.then(answer(mp4))
    getting = Download(http(server), folder, NAME, cap=len(mp4))
    ended: Any
    try:
        ended = getting.attempt([server.url + VIDEO_PATH])
    except (VidmagicError, ValueError) as error:
        ended = error
    assert type(ended) is end
    assert [thread.is_alive() for thread in during] == [False]
    getting.discard()


def test_hashing_that_falls_behind_is_waited_for() -> None:
    """Only so many pieces wait to be hashed, so memory stays flat however slow the hashing is; none is left out."""
    piece, count, slow, added = bytes(2**18), 40, threading.Event(), []

    class Slow:
        """A digest that waits."""

        size = 0

        def update(self, data: bytes) -> None:
            slow.wait(10)
            self.size += len(data)

    def add_all() -> None:
        with HashThread(digest) as slowly:  # type: ignore[arg-type]
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
    """Small chunks are joined and large ones are not; the hash is the same."""
    data = bytes(range(251)) * 8000
    digest, at = hashlib.sha256(), 0
    with HashThread(digest) as mixed:
        for size in [1, 2**14, 2**18, 7, 2**20, 2**17, 2**17, len(data)]:
            mixed.add(data[at : at + size])
            at += size
    assert digest.digest() == hashlib.sha256(data).digest()


# -- the disk


def child(code: str, server: FaultServer, folder: Path, **more: Any) -> subprocess.Popen[str]:
    """Run *code* in a process of its own, with `getting` and `url` at hand."""
    head = f"""
        import os, resource, signal, sys
        from pathlib import Path
        from vidmagic.engine.download.download import Download
        from vidmagic.http.transport import Transport
        getting = Download(Transport({server.url!r}, dict).open, Path({str(folder)!r}), {NAME!r})
        url = {server.url + VIDEO_PATH!r}
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        stdout=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def test_a_full_disk_pauses_the_job(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A full disk pauses the job: the part is removed, and the hint names the folder."""
    big = mp4 + b"\x00\x03\x00\x00free" + b"\x00" * (0x30000 - 8)
    server.then(video_answer(big))
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
    """Each refusal of the disk, at the last step too, names what to do and removes the part."""
    code = getattr(partial_file.errno, number)

    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(partial_file.os, "fsync", refuse)
    server.then(video_answer(mp4))
    with pytest.raises(Paused) as caught:
        Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH])
    assert os.strerror(code).lower() in caught.value.message
    assert str(folder) in caught.value.hint
    assert caught.value.charged == "yes"
    assert files(folder) == []


@pytest.mark.parametrize("where", ["below a file", "too long", "a dangling link"])
def test_a_folder_that_cannot_be_written_pauses_the_job_before_a_request(
    server: FaultServer, tmp_path: Path, mp4: bytes, where: str
) -> None:
    """Before a link is used it is known that the folder cannot be written."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    folder = {
        "below a file": tmp_path / "file" / "videos",
        "too long": tmp_path / ("x" * 300),
        "a dangling link": tmp_path / "link",
    }[where]
    server.then(video_answer(mp4))
    with pytest.raises(Paused) as caught:
        Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH])
    assert str(folder) in caught.value.hint
    assert server.seen == []


def test_a_folder_that_vanishes_pauses_the_job(
    server: FaultServer, getting: Download, folder: Path, mp4: bytes
) -> None:
    """When the folder is removed during the download, the job pauses and the next attempt fetches the video."""

    def remove(seen: Seen) -> Answer:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        return Answer(body=mp4)

    server.then(remove, video_answer(mp4))
    with pytest.raises(Paused):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, mp4)


@pytest.mark.parametrize("point", ["during", "fsync", "link", "unlink"])
def test_a_process_killed_anywhere_leaves_no_half_video(
    server: FaultServer, folder: Path, mp4: bytes, point: str
) -> None:
    """After kill -9 the final file is absent or whole, and the next download removes the part."""
    code = """
        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)
        point = POINT
        if point == "link":
            os.link = die
        elif point == "unlink":
            Path.unlink = die
        elif point == "fsync":
            os.fsync = die
        print("ready", flush=True)
        getting.attempt([url])
    """.replace("POINT", repr(point))
    server.then(
        video_answer(mp4, toxics=(limit_body(700), slow_close(0.25)) if point == "during" else ()), video_answer(mp4)
    )
    process = child(code, server, folder)
    if point == "during":
        deadline = time.monotonic() + 10
        while not (server.seen and files(folder)) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert [name for name in files(folder) if name.endswith(".part")] != []
    final = folder / (NAME + ".mp4")
    assert not final.exists() or final.read_bytes() == mp4
    assert final.exists() == (point == "unlink")
    check_saved(Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH]), folder, mp4)
    assert files(folder) == [NAME + ".mp4"]


@pytest.mark.parametrize("number", ["EINVAL", "ENOTSUP", "ENOSYS", "EACCES"])
def test_a_disk_that_syncs_no_folders(
    server: FaultServer, folder: Path, mp4: bytes, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video is saved, and its job done, on a disk that cannot sync a folder, as some network disks cannot."""
    sync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(getattr(errno, number), "refused")
        sync(descriptor)

    monkeypatch.setattr(partial_file.os, "fsync", refuse)
    server.then(video_answer(mp4))
    check_saved(Download(http(server), folder, NAME).attempt([server.url + VIDEO_PATH]), folder, mp4)


@pytest.mark.parametrize("number", ["EPERM", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"])
def test_no_open_file_is_renamed_on_windows(
    folder: Path, mp4: bytes, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file must be renamed on Windows, which refuses that for open files, it was closed before."""
    part = PartialFile(folder, NAME)
    file = part.open()
    with part.receiving():
        part.write(mp4)
    rename = Path.replace

    def refuse_link(*_: object) -> None:
        raise OSError(getattr(errno, number), "no links")

    def replace(self: Path, target: Path) -> Path:
        assert file.closed, "an open file is renamed"
        return rename(self, target)

    monkeypatch.setattr(partial_file.sys, "platform", "win32")
    monkeypatch.setattr(partial_file.os, "link", refuse_link)
    monkeypatch.setattr(Path, "replace", replace)
    path, _ = part.publish([folder / (NAME + ".mp4")], lambda _: False)
    assert path.read_bytes() == mp4
    assert files(folder) == [NAME + ".mp4"]


def test_a_video_of_many_gigabytes_is_whole(tmp_path: Path) -> None:
    """Neither the limit of a download nor the check of its boxes refuses a video beyond 4 GiB."""
    size = 5 * 2**30
    assert size < CAP
    path = tmp_path / "long.mp4"
    with path.open("w+b") as file:
        file.write(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", 8, b"moov"))
        file.write(struct.pack(">I4sQ", 1, b"mdat", size))
        file.truncate(24 + size)
        check_whole(file)
