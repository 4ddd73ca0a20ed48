"""Work that an interrupt must not cut in half."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: a lock of `threading` that stays held would end the tests too.
INTERRUPTED = """
import _thread, sys, threading, time
from vidmagic.engine.uninterrupted import uninterrupted

def interrupted_at(step):
    count = 0
    def trace(frame, event, _):
        nonlocal count
        if event == "line":
            count += 1
            if count == step:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace
    sys.settrace(trace)
    try:
        uninterrupted(lambda: None)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False

def threads_start():
    started = _thread.allocate_lock()
    started.acquire()
    _thread.start_new_thread(lambda: threading.Thread(target=started.release).start(), ())
    return started.acquire(timeout=20)

steps = 0
while interrupted_at(steps + 1):
    steps += 1
    if not threads_start():
        print(f"after an interrupt at step {steps} no thread starts", flush=True)
        sys.exit(1)
print(steps)
"""


def test_an_interrupt_at_any_line_leaves_the_threads_of_the_process_alone() -> None:
    """Wherever ■ cuts the start of such work, Python's own module for threads included, threads can be started."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 5
