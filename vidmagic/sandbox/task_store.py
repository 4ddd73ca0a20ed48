"""Where the jobs of the sandbox live: tasks as JSON files, their images, and the videos they end in.

Everything is in one folder, so that a new sandbox over the same folder goes on answering for old tasks. A task's
stage is not stored: it follows from the clock and from when the task was accepted.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from PIL import Image

from .directives import Directives
from .exchange import HangUp, Response, reply
from .image_file import decode
from .render import QUALITY, Quality, render, render_cover
from .task import Task, Video

# A video may be the next input, for which services ask at least 24 frames a second; 4K would take too long.
FRAME_RATE = 24
LARGEST = 2560 * 1440  # pixels


class TaskStore:
    """Accept tasks, find them again, and render their videos in the background."""

    def __init__(self, folder: Path, seconds: float, quality: Quality = QUALITY) -> None:
        self.folder = folder
        self.seconds = seconds
        self.streams_stay_open = True
        self.blank_lines = True
        self.closing = threading.Event()
        self._quality = quality
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._rendering = threading.Lock()
        self._renderer = threading.Thread(target=self._render_queued, name="sandbox-render", daemon=True)
        for name in ("tasks", "videos", "images", "uploads"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Begin to render the videos of tasks as they are accepted."""
        self._renderer.start()

    def close(self) -> None:
        """Stop the background work and every stream that is waiting."""
        self.closing.set()
        self._queue.put(None)
        if self._renderer.is_alive():
            self._renderer.join()

    def accept(self, wire: str, task_id: str, directives: Directives, video: Video, **sent: object) -> Task:
        """Accept a job: from here on it is charged."""
        seconds = self.seconds if directives.seconds is None else directives.seconds
        task = Task(task_id, wire, video, time.time(), seconds, directives.outcome, sent)
        self.save(task)
        if task.outcome not in {"fail", "cancel"}:
            self._queue.put(task)
        return task

    def save(self, task: Task) -> None:
        """Write a task to its file, all of it or nothing."""
        write_whole(self._file(task.wire, task.id), json.dumps(asdict(task)).encode())

    def find_task(self, wire: str, task_id: str | None) -> Task | None:
        """Return a task of this wire, or None."""
        if task_id is None or re.fullmatch(r"[\w-]{1,80}", task_id) is None:
            return None
        file = self._file(wire, task_id)
        return _read_task(file) if file.exists() else None

    def tasks(self, wire: str) -> list[Task]:
        """Return all tasks of a wire, newest first."""
        tasks = [_read_task(file) for file in (self.folder / "tasks").glob(f"{wire}.*.json")]
        return sorted(tasks, key=lambda task: task.created, reverse=True)

    def finish(self) -> None:
        """Let every task that is under way be done now, as if its time had passed."""
        for file in (self.folder / "tasks").glob("*.json"):
            if not (task := _read_task(file)).ended:
                self.save(replace(task, seconds=0.0))

    def store_image(self, content: bytes, name: str) -> str:
        """Store an image under *name* and return that name."""
        write_whole(self.folder / "images" / name, content)
        return name

    def video_file(self, task: Task) -> Path:
        """Return the task's MP4, rendered now if it is not there yet."""
        path = self.folder / "videos" / f"{task.wire}.{task.id}.mp4"
        with self._rendering:
            if not path.exists():
                part = _part(path)
                self._render(task.video, part)
                if self.closing.is_set():
                    part.unlink(missing_ok=True)  # stopped before the first byte
                    raise HangUp
                part.replace(path)
        return path

    def cover_file(self, task: Task) -> Path:
        """Return the first picture of the task's video as a JPEG."""
        path = self.folder / "videos" / f"{task.wire}.{task.id}.jpeg"
        if not path.exists():
            part, video = _part(path), task.video
            render_cover(
                part,
                video.prompt,
                seconds=video.seconds,
                width=video.width,
                height=video.height,
                first=self._image(video.first),
                last=self._image(video.last),
                seed=video.seed,
                quality=self._quality,
            )
            part.replace(path)
        return path

    def answer_submit(self, task: Task, document: object) -> Response:
        """Answer a submit with *document*, unless the prompt directs that the answer is lost."""
        if task.outcome == "drop":
            raise HangUp(task.id)
        if task.outcome == "error500":
            return reply({"error": {"message": "upstream error", "type": "upstream_error"}}, 500, accepted=task.id)
        return reply(document, accepted=task.id)

    def ticks(self, task: Task, pause: float) -> Iterator[Task]:
        """Yield the task, as it is by then, every *pause* seconds until it is done or the sandbox closes."""
        while not task.ended:
            yield task
            task = self.find_task(task.wire, task.id) or task
            remaining = task.created + task.seconds - time.time()
            if self.closing.wait(max(0.0, min(pause, remaining))):
                raise HangUp

    def _file(self, wire: str, task_id: str) -> Path:
        return self.folder / "tasks" / f"{wire}.{task_id}.json"

    def _image(self, name: str | None) -> Image.Image | None:
        if name is None:
            return None
        return decode((self.folder / "images" / name).read_bytes()).convert("RGB")

    def _render(self, video: Video, path: Path) -> None:
        render(
            path,
            video.prompt,
            seconds=video.seconds,
            width=video.width,
            height=video.height,
            first=self._image(video.first),
            last=self._image(video.last),
            audio=video.audio,
            seed=video.seed,
            frame_rate=FRAME_RATE if video.width * video.height <= LARGEST else 0,
            quality=self._quality,
            stop=self.closing,
        )

    def _render_queued(self) -> None:
        while (task := self._queue.get()) is not None and not self.closing.is_set():
            with contextlib.suppress(Exception):  # whoever fetches the video learns of it; later jobs go on
                self.video_file(task)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or none."""
    part = _part(path)
    part.write_bytes(content)
    part.replace(path)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")


def _read_task(file: Path) -> Task:
    # By position, in which the fields were written: earlier versions gave two of them other names.
    task_id, wire, video, *more = json.loads(file.read_text("utf-8")).values()
    return Task(task_id, wire, Video(**video), *more)
