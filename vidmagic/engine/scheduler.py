"""Run many jobs on a few threads: each job is a generator of seconds to wait, pulled when it is due."""

from __future__ import annotations

import contextvars
import heapq
import itertools
import threading
import time
from collections.abc import Iterator


class Task:
    """One generator that the scheduler pulls."""

    def __init__(self, steps: Iterator[float], context: contextvars.Context) -> None:
        self.steps = steps
        self.context = context
        self.due = 0.0
        self.running = False
        self.ended = False
        self.woken = False

    def step(self) -> float | None:
        """Pull once under the task's own context; None when it has ended."""
        try:
            return self.context.run(next, self.steps)
        except StopIteration:
            return None


class Scheduler:
    """A pool of at most *threads* threads, started as they are needed and ended after *idle* seconds without work."""

    def __init__(self, name: str, threads: int, idle: float = 5.0) -> None:
        self.name = name
        self.limit = threads
        self._idle = idle
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Task]] = []
        self._numbers = itertools.count()
        self._threads = 0
        self._waiting = 0

    def add(self, steps: Iterator[float]) -> Task:
        """Pull *steps* under a copy of the caller's context; its first step is due at once.

        Raises RuntimeError, and pulls nothing, where the system starts no thread for it.
        """
        task = Task(steps, contextvars.copy_context())
        with self._changed:
            self._push(task, 0.0)
        return task

    def wake(self, task: Task) -> None:
        """Make the next step due now, or at once after the step that runs."""
        with self._changed:
            task.woken = True
            if not task.running and not task.ended:
                self._push(task, 0.0)

    def _push(self, task: Task, delay: float) -> None:
        self._ensure_waiter()  # first, since it may fail
        task.due = time.monotonic() + delay
        heapq.heappush(self._heap, (task.due, next(self._numbers), task))

    def _ensure_waiter(self) -> None:
        """Make sure that a thread waits for what is due next: a step may hold its own for minutes.

        Raises RuntimeError where no thread runs and the system starts none.
        """
        if self._waiting or self._threads >= self.limit or not self._has_started_thread():
            self._changed.notify()

    def _has_started_thread(self) -> bool:
        thread = threading.Thread(target=self._work, name=f"vidmagic-{self.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
            return False  # the threads that there are pull this task when they have time
        self._threads += 1
        return True

    def _work(self) -> None:
        while (task := self._next()) is not None:
            delay = None
            try:
                delay = task.step()
            except BaseException:
                with self._changed:
                    self._leave()
                raise
            finally:
                self._after(task, delay)

    def _next(self) -> Task | None:
        """Wait for a task that is due; None when this thread is no longer needed."""
        with self._changed:
            idle_until = time.monotonic() + self._idle
            while True:
                now = time.monotonic()
                if (task := self._take_due(now)) is not None:
                    if self._heap:
                        self._ensure_waiter()
                    return task
                if now >= idle_until and (self._waiting or not self._heap):
                    self._leave()
                    return None
                until = [idle_until] if now < idle_until else []
                if self._heap:
                    until.append(self._heap[0][0])
                self._waiting += 1
                try:
                    self._changed.wait(min(until) - now)
                finally:
                    self._waiting -= 1

    def _take_due(self, now: float) -> Task | None:
        while self._heap:
            due, _, task = self._heap[0]
            replaced = due != task.due or task.running or task.ended  # by a wake
            if due > now and not replaced:
                return None
            heapq.heappop(self._heap)
            if not replaced:
                task.running, task.woken = True, False
                return task
        return None

    def _leave(self) -> None:
        """End this thread; another one waits for what is still to come."""
        self._threads -= 1
        if self._heap:
            self._ensure_waiter()

    def _after(self, task: Task, delay: float | None) -> None:
        with self._changed:
            task.running = False
            if delay is None:
                task.ended = True
            else:
                self._push(task, 0.0 if task.woken else delay)


class Slots:
    """How many jobs of a service may be in flight at once; None for any number."""

    def __init__(self, limit: int | None) -> None:
        self._free = threading.BoundedSemaphore(limit) if limit is not None else None

    def take(self) -> bool:
        """Take a slot if there is one, and return whether there was."""
        return self._free is None or self._free.acquire(blocking=False)

    def release(self) -> None:
        """Give a slot back."""
        if self._free is not None:
            self._free.release()
