"""Hash a stream beside its arrival: in a second thread, once it is long enough to be worth one."""

from __future__ import annotations

import hashlib
import queue
import threading

_PIECE = 2**18  # bytes; a record of TLS, 16 KB, is hashed sooner than handed over
_AHEAD = 2  # pieces that may wait, so that memory stays flat


class Hashing:
    """Adds chunks to *digest* while it is entered; at its end all are in, and its thread is gone."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest
        self._gathered: list[bytes] = []
        self._size = 0
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(
            target=_hash, args=(self._pieces, digest), name="vidmagic-hashing", daemon=True
        )  # fmt: skip

    def add(self, chunk: bytes) -> None:
        """Have *chunk* hashed; wait while too much is waiting."""
        self._gathered.append(chunk)
        self._size += len(chunk)
        if self._size >= _PIECE:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._pieces.put(b"".join(self._gathered))
        self._gathered, self._size = [], 0

    def __enter__(self) -> Hashing:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.ident is not None:
            self._pieces.put(None)
            self._thread.join()
        self._digest.update(b"".join(self._gathered))


def _hash(pieces: queue.Queue[bytes | None], digest: hashlib._Hash) -> None:
    while (piece := pieces.get()) is not None:
        digest.update(piece)
