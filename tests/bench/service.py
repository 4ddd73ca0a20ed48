"""A double of the Hailuo wire with one video for all jobs, in its own process: `with Serving(path, 5) as service`.

The sandbox renders a video for each job, which would be measured instead of vidmagic. Each task notes when it was
ready, when that was first reported, and how often it was polled.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from tests.bench.peers import ROOT

SUCCESS = {"status_code": 0, "status_msg": "success"}


@dataclass(slots=True)
class Task:
    """One task; `ready` and `reported` are Unix times, `reported` is 0 until a poll was answered with it."""

    ready: float
    reported: float = 0.0
    polls: int = 0


class Serving:
    """The double as a context manager; its jobs take *low* to *high* seconds, uniformly distributed."""

    def __init__(self, video: Path, low: float, high: float | None = None) -> None:
        arguments = [str(video), str(low), str(low if high is None else high)]
        command = [sys.executable, "-m", __name__, *arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def tasks(self) -> list[Task]:
        """Return all tasks, oldest first."""
        with urllib.request.urlopen(f"{self.url}/tasks", timeout=10) as answer:
            return [Task(**task) for task in json.load(answer)]

    def video(self, *, cut: int = 0) -> str:
        """Return a link to the video; with *cut* the first answer ends after so many bytes."""
        return f"{self.url}/video.mp4?cut={cut}"

    def __enter__(self) -> Serving:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


class _Site:
    def __init__(self, video: Path, low: float, high: float) -> None:
        self.video, self.low, self.high = video, low, high
        self.size = video.stat().st_size
        self.content = video.read_bytes() if self.size < 2**24 else b""
        self.tasks: dict[str, Task] = {}
        self.url = ""

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        print(self.url, flush=True)  # noqa: T201
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                path, _, query = head.split(b" ", 2)[1].decode().partition("?")
                arguments = {name: values[0] for name, values in parse_qs(query).items()}
                if path == "/video.mp4":
                    await self._send_video(writer, head, int(arguments.get("cut", 0)))
                else:
                    self._send_json(writer, self._answer(path, arguments))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, arguments: dict[str, str]) -> Any:
        if path == "/v1/video_generation":
            task_id = str(10**14 + len(self.tasks))
            self.tasks[task_id] = Task(time.time() + random.uniform(self.low, self.high))
            return {"task_id": task_id, "base_resp": SUCCESS}
        if path == "/tasks":
            return [asdict(task) for task in self.tasks.values()]
        if path == "/v1/files/retrieve":
            return {"file": {"file_id": 1, "bytes": 0, "download_url": f"{self.url}/video.mp4"}, "base_resp": SUCCESS}
        return self._status(self.tasks[arguments["task_id"]])

    def _status(self, task: Task) -> Any:
        task.polls += 1
        if (now := time.time()) < task.ready:
            return {"status": "Processing", "file_id": "", "base_resp": SUCCESS}
        task.reported = task.reported or now
        return {"status": "Success", "file_id": "1", "base_resp": SUCCESS}

    def _send_json(self, writer: asyncio.StreamWriter, value: Any) -> None:
        body = json.dumps(value).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)

    async def _send_video(self, writer: asyncio.StreamWriter, head: bytes, cut: int) -> None:
        range_header = re.search(rb"(?i)range: bytes=(\d+)-", head)
        begin = int(range_header[1]) if range_header else 0
        status = b"206 Partial Content" if range_header else b"200 OK"
        writer.write(
            b'HTTP/1.1 %s\r\nContent-Type: video/mp4\r\nETag: "one"\r\nContent-Length: %d\r\n'
            b"Content-Range: bytes %d-%d/%d\r\n\r\n" % (status, self.size - begin, begin, self.size - 1, self.size)
        )
        count = cut - begin if cut > begin else self.size - begin
        if self.content:
            writer.write(self.content[begin : begin + count])
            return
        await writer.drain()
        with self.video.open("rb") as file:
            await asyncio.get_running_loop().sendfile(writer.transport, file, begin, count)
        if cut > begin:
            raise ConnectionError("cut here, as requested")


if __name__ == "__main__":
    asyncio.run(_Site(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])).serve())
