"""Where rehearsed jobs live: tasks as JSON files, and the films they end in.

Everything is in one folder, so that a new sandbox over the same folder goes on answering for old tasks. A task's
state is not stored: it follows from the clock and from when the task was accepted.
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
from typing import Any

from PIL import Image

from . import footage, script
from .exchange import HangUp, Response, reply
from .task import Film, Task


class Studio:
    """Accept tasks, find them again, and make their films in the background."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder = folder
        self.seconds = seconds
        self.streams_stay_open = True
        self.closing = threading.Event()
        self._wanted: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._cutting = threading.Lock()
        self._renderer = threading.Thread(target=self._render_wanted, name="sandbox-footage", daemon=True)
        for name in ("tasks", "films", "images", "uploads"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Begin to render films as they are ordered."""
        self._renderer.start()

    def close(self) -> None:
        """Stop the background work and every stream that is waiting."""
        self.closing.set()
        self._wanted.put(None)
        if self._renderer.is_alive():
            self._renderer.join()

    def accept(self, wire: str, task_id: str, direction: script.Direction, film: Film, **sent: Any) -> Task:
        """Take a job on: from here it is charged."""
        seconds = self.seconds if direction.seconds is None else direction.seconds
        task = Task(task_id, wire, film, time.time(), seconds, direction.turn, sent)
        self.keep(task)
        if task.turn != "fail":
            self._wanted.put(task)
        return task

    def keep(self, task: Task) -> None:
        """Write a task to its file, all of it or nothing."""
        write(self._file(task.wire, task.id), json.dumps(asdict(task), ensure_ascii=False).encode())

    def find(self, wire: str, task_id: str | None) -> Task | None:
        """Return a task of this wire, or None."""
        if task_id is None or re.fullmatch(r"[\w-]{1,80}", task_id) is None:
            return None
        file = self._file(wire, task_id)
        return _task(file) if file.exists() else None

    def tasks(self, wire: str) -> list[Task]:
        """Return all tasks of a wire, newest first."""
        found = [_task(file) for file in (self.folder / "tasks").glob(f"{wire}.*.json")]
        return sorted(found, key=lambda task: task.created, reverse=True)

    def keep_image(self, content: bytes, name: str) -> str:
        """Store an image under `name` and return that name."""
        write(self.folder / "images" / name, content)
        return name

    def film(self, task: Task) -> Path:
        """Return the task's MP4, made now if nobody has made it yet."""
        path = self.folder / "films" / f"{task.wire}.{task.id}.mp4"
        with self._cutting:
            if not path.exists():
                part = _part(path)
                footage.render(part, **self._look(task.film), audio=task.film.audio, stop=self.closing)
                if self.closing.is_set():
                    part.unlink(missing_ok=True)  # stopped before the first byte
                    raise HangUp
                part.replace(path)
        return path

    def cover(self, task: Task) -> Path:
        """Return the first picture of the task's film as a JPEG."""
        path = self.folder / "films" / f"{task.wire}.{task.id}.jpeg"
        if not path.exists():
            part = _part(path)
            footage.still(part, **self._look(task.film))
            part.replace(path)
        return path

    def answer(self, task: Task, document: Any) -> Response:
        """Answer a submit, unless the prompt has asked that the answer be lost."""
        if task.turn == "drop":
            raise HangUp(task.id)
        if task.turn == "error500":
            return reply({"error": {"message": "upstream error", "type": "upstream_error"}}, 500, accepted=task.id)
        return reply(document, accepted=task.id)

    def ticks(self, task: Task, pause: float) -> Iterator[Task]:
        """Yield the task every `pause` seconds until it is done or the sandbox closes."""
        while task.stage != "done":
            yield task
            rest = task.created + task.seconds - time.time()
            if self.closing.wait(max(0.0, min(pause, rest))):
                raise HangUp

    def _file(self, wire: str, task_id: str) -> Path:
        return self.folder / "tasks" / f"{wire}.{task_id}.json"

    def _look(self, film: Film) -> dict[str, Any]:
        """Return what a film and its cover are drawn from."""
        look = asdict(film) | {"first": self._image(film.first), "last": self._image(film.last)}
        return {name: value for name, value in look.items() if name != "audio"}

    def _image(self, name: str | None) -> Image.Image | None:
        if name is None:
            return None
        with Image.open(self.folder / "images" / name) as image:
            return image.convert("RGB")

    def _render_wanted(self) -> None:
        while (task := self._wanted.get()) is not None and not self.closing.is_set():
            with contextlib.suppress(HangUp):
                self.film(task)


def write(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or none."""
    part = _part(path)
    part.write_bytes(content)
    part.replace(path)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")


def _task(file: Path) -> Task:
    stored = json.loads(file.read_text("utf-8"))
    return replace(Task(**stored), film=Film(**stored["film"]))
