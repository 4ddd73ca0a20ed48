"""Hash a stream while it arrives; a large one in a second thread."""

from __future__ import annotations

import hashlib
import queue
import threading

_PIECE = 2**18  # bytes; a record of TLS, 16 KB, is hashed in less time than it takes to hand over
_QUEUED = 2  # pieces that may wait, so that memory use stays flat


class HashThread:
    """Adds chunks to *digest* between enter and exit; after the exit all are hashed and the thread has ended."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest
        self._chunks: list[bytes] = []
        self._size = 0
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_QUEUED)
        self._thread = threading.Thread(
            target=_hash, args=(self._pieces, digest), name="vidmagic-hash", daemon=True
        )  # fmt: skip

    def add(self, chunk: bytes) -> None:
        """Hash *chunk*; wait while too many pieces are queued."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size >= _PIECE:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._pieces.put(b"".join(self._chunks))
        self._chunks, self._size = [], 0

    def __enter__(self) -> HashThread:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.ident is not None:
            self._pieces.put(None)
            self._thread.join()
        self._digest.update(b"".join(self._chunks))


def _hash(pieces: queue.Queue[bytes | None], digest: hashlib._Hash) -> None:
    while (piece := pieces.get()) is not None:
        digest.update(piece)
