"""How long a call may take, in seconds; tests give shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits of the calls of one job, in seconds.

    `connect` bounds making a connection, `read` each wait for more bytes, `total` a whole call. `submit_total` is the
    longer limit of a submit: a gateway may hold one with large images for minutes. `stream_idle` is the longest
    silence in the stream of a poll, `submit_stream_idle` in the stream that a submit opens.
    """

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0
    submit_total: float = 300.0
    stream_idle: float = 30.0
    submit_stream_idle: float = 600.0  # the advice of apiyi's document


DEFAULT_TIMEOUTS = Timeouts()
