"""`vidu-get` on DMXAPI, the query of all Vidu models there: a stream, or one document when the task is over.

The texts for "not ready" and "failed" are not documented: they are invented here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..exchange import JsonObject, Response, reply
from ..files import Files
from ..task import Task
from ..task_store import TaskStore
from .responses import outline, stream, text_events

WIRE = "viduq2"
POSITIONS = {1: "top_left", 2: "top_right", 3: "bottom_right", 4: "bottom_left"}


class ViduGet:
    """Answer for `vidu-get`."""

    def __init__(self, store: TaskStore, files: Files) -> None:
        self._store = store
        self._files = files

    def query(self, task: Task, streamed: bool) -> Response:
        """Answer `vidu-get`: a stream, or one document when the task is over."""
        if streamed:
            return stream(self._frames(task), named=False, blank_lines=self._store.blank_lines)
        for _ in self._store.ticks(task, 0.1):
            pass
        content = [{"type": "output_text", "text": self._end(task)}]
        return reply(outline(task, "completed", [{"type": "message", "role": "assistant", "content": content}]))

    def _frames(self, task: Task) -> Iterator[JsonObject]:
        if self._store.streams_stay_open or task.ended:
            return text_events(task, self._progress_texts(task))
        return iter([{"delta": f"当前进度: {task.percent:.0f}%", "type": "response.completed"}])

    def _progress_texts(self, task: Task) -> Iterator[str]:
        for _ in self._store.ticks(task, max(0.1, task.seconds / 30)):
            yield f"\r当前进度: {task.percent:.0f}%"
        yield self._end(task)

    def _end(self, task: Task) -> str:
        if task.stage == "failed":
            return f"\n❌ 视频生成失败！\n\n任务ID: {task.id}\n错误: CreationPolicyViolation\n"
        if task.stage == "cancelled":
            return f"\n任务ID: {task.id}\n状态: canceled\n"
        video = self._files.link(task)
        return (
            f"\n\n✅ 视频生成完成！\n\n任务ID: {task.id}\n\n--- 创作 1 ---\n"
            f"视频URL: {video}\n封面URL: {self._files.link(task, 'jpeg')}\n水印视频: {video}\n"
        )
