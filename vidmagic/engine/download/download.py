"""Fetch one result: continue where the last attempt stopped, check that the video is complete, then name it."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vidmagic.engine.download.file_plan import FilePlan, checksum
from vidmagic.engine.download.partial_file import PartialFile
from vidmagic.engine.download.refusals import cannot_be_shown, check_status, refused_by_disk
from vidmagic.errors import DownloadFailed, LinkRefused, Unreachable
from vidmagic.http.open_calls import OpenCalls
from vidmagic.http.reply import Reply
from vidmagic.media.boxes import Damaged
from vidmagic.media.container import SUFFIXES, check_whole, container_of, other_format
from vidmagic.media.recipe_box import refusal
from vidmagic.spec.events import Saved

SLOWEST = 1024  # bytes a second, on average over a window
WINDOW = 60.0  # seconds
CAP = 256 * 2**30  # bytes: no video of a service, but a stream without an end

_OK, _PARTIAL = 200, 206


class Download:
    """One result on its way to disk; `attempt` may be repeated and continues where it stopped.

    `received` and `total` are in bytes; `total` is None until the server sends it. *plan*, or a name without a suffix,
    is what the file becomes. `no_recipe` is why a finished file could not carry its recipe, "" for nothing. More than
    *cap* bytes are refused. An attempt ends when fewer than SLOWEST bytes a second arrive over *window* seconds.
    """

    def __init__(
        self, http: OpenCalls, folder: Path, plan: FilePlan | str, *, cap: int = CAP, window: float = WINDOW
    ) -> None:
        self.received = 0
        self.total: int | None = None
        self.no_recipe = ""
        self._http = http
        self._folder = folder
        self._plan = plan if isinstance(plan, FilePlan) else FilePlan(plan)
        self._part = PartialFile(folder, self._plan.own_name)
        self._cap = cap
        self._window = window
        self._source = ""  # the link that the file came from, without its query
        self._version = ""  # the server's name for that version of the file

    def attempt(self, urls: Sequence[str]) -> Saved:
        """Fetch the first of *urls* that is not refused.

        Raises Unreachable when another attempt may succeed (what arrived stays), LinkRefused when a fresh link is
        needed (which may continue the download), DownloadFailed when the result is too large, Paused when the disk
        refuses it.
        """
        refused: list[DownloadFailed] = []
        for url in urls:
            try:
                return self._fetch(url)
            except DownloadFailed as error:
                refused.append(error)
                if not self.received:
                    self.discard()
            except OSError as error:
                self.discard()
                raise refused_by_disk(error, self._folder) from error
        if not refused:
            raise LinkRefused("the service gave no link")
        raise next((error for error in refused if isinstance(error, LinkRefused)), refused[0])

    def discard(self) -> None:
        """Remove what arrived so far."""
        self._part.discard()
        self._forget()

    def _fetch(self, url: str) -> Saved:
        self._part.open()
        with self._http.fetch(url, self._range_headers(url)) as (reply, chunks):
            self._begin(reply, url)
            with self._part.receiving():
                self._receive(chunks)
        if self.total is not None and self.received < self.total:
            raise Unreachable(f"the download broke off after {self.received:,} of {self.total:,} bytes")
        suffix = self._suffix()
        saved = self._publish(suffix)
        if suffix not in SUFFIXES:
            raise cannot_be_shown(Path(saved.path))
        return saved

    def _publish(self, suffix: str) -> Saved:
        """Append the recipe, and give the file its name; or return the file that an ended kernel has named already."""
        plan, sha256, received = self._plan, self._part.sha256, self.received
        existing = plan.finished(self._folder, suffix, sha256, received)
        has_recipe = self._append_recipe(suffix)
        size, file_sha256 = received + len(plan.box) * has_recipe, self._part.sha256
        paths = plan.paths(self._folder, suffix, has_recipe=has_recipe)
        path, is_new = self._part.publish(
            itertools.chain(filter(None, [existing]), paths), lambda path: plan.is_finished(path, sha256, received)
        )
        if not is_new:
            size, file_sha256 = checksum(path)
        return Saved(str(path), size, sha256, "" if file_sha256 == sha256 else file_sha256)

    def _append_recipe(self, suffix: str) -> bool:
        """Append the recipe to the unfinished file, where there is one and the file may get it."""
        if not self._plan.box:
            return False
        self.no_recipe = refusal(self._part.open()) if suffix in SUFFIXES else ""
        if self.no_recipe or suffix not in SUFFIXES:
            return False
        self._part.append(self._plan.box, self.received)
        return True

    def _range_headers(self, url: str) -> dict[str, str]:
        """Return the headers that ask for the missing bytes, if those that are here are known to be its beginning."""
        if self.received and self._version and _without_query(url) == self._source:
            self.received = self._part.seek_end(self.received)
            return {"Range": f"bytes={self.received}-", "If-Range": self._version}
        self._restart()
        return {}

    def _begin(self, reply: Reply, url: str) -> None:
        """Check the headers of the reply before its body is read."""
        check_status(reply)
        if reply.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise LinkRefused("the result is compressed, although it was not requested so")
        if reply.status != _OK:
            if not self._continues(reply):
                self._restart()
                raise Unreachable("the server did not continue where the download stopped", status=reply.status)
            return
        self._restart()
        self.total = _length(reply.headers)
        self._source, self._version = _without_query(url), _version(reply.headers)
        self._check_size(self.total or 0)

    def _continues(self, reply: Reply) -> bool:
        """Return whether a 206 continues the file that is here (RFC 9110, section 14.4)."""
        match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", reply.headers.get("Content-Range", ""))
        if reply.status != _PARTIAL or match is None or not self.received:
            return False
        begin, total = int(match[1]), int(match[2])
        known = self.total in {None, total}
        self.total = total
        return begin == self.received and known and _version(reply.headers) in {"", self._version}

    def _receive(self, chunks: Iterator[bytes]) -> None:
        begun, received = time.monotonic(), self.received
        for chunk in chunks:
            self._part.write(chunk)
            self.received += len(chunk)
            self._check_size(self.received)
            if time.monotonic() - begun >= self._window:
                if self.received - received < SLOWEST * self._window:
                    raise Unreachable(f"the download fell below {SLOWEST} bytes a second")
                begun, received = time.monotonic(), self.received

    def _check_size(self, size: int) -> None:
        if size > self._cap:
            self.discard()
            raise DownloadFailed(f"the result has {size:,} bytes or more; at most {self._cap:,} are taken")

    def _suffix(self) -> str:
        """Return the suffix for the content of the file; discard the file if it is not a complete video."""
        file = self._part.open()
        if not self.received:
            raise Unreachable("the result arrived empty")
        container = container_of(file)
        if container is None and (suffix := other_format(file)):
            return suffix
        if container is None:
            self._restart()
            raise LinkRefused("the link does not lead to a video")
        try:
            check_whole(file)
        except Damaged as damage:
            self._restart()
            raise Unreachable(f"the video arrived damaged: {damage}") from damage
        return container.suffix

    def _restart(self) -> None:
        self._part.restart()
        self._forget()

    def _forget(self) -> None:
        self.received, self.total = 0, None
        self._source = self._version = ""


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if re.fullmatch("[0-9]{1,18}", length) and "Transfer-Encoding" not in headers else None


def _version(headers: Mapping[str, str]) -> str:
    """Return what identifies a version of the file byte for byte: a strong ETag, else its date."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _without_query(url: str) -> str:
    return url.partition("?")[0]
