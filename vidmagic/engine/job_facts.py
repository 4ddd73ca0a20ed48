"""What is known of a job from its row in the journal."""

from __future__ import annotations

import dataclasses
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE
from vidmagic.errors import Charged
from vidmagic.spec.price import Bill


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class _Row:
    """The columns of a job in a DataFrame."""

    id: str
    state: str
    model: str
    prompt: str
    params: dict[str, Any]
    charged: Charged
    path: str
    stars: int | None
    note: str
    tags: tuple[str, ...]
    draft: bool


class JobFacts:
    """The facts of a job, read from its `record`.

    `dataclasses.asdict` gives those of `_Row` by name, and so does `pandas.DataFrame` for a sequence of jobs.
    """

    __dataclass_fields__ = _Row.__dataclass_fields__
    __dataclass_params__ = _Row.__dataclass_params__  # type: ignore[attr-defined]

    def __init__(self, record: Record) -> None:
        self.record = record

    @property
    def id(self) -> str:
        """The job's id; its first characters do while they are unique."""
        return self.record.id

    @property
    def model(self) -> str:
        """The model's full id."""
        return self.record.model

    @property
    def prompt(self) -> str:
        """The prompt as it was sent."""
        return self.record.prompt

    @property
    def params(self) -> dict[str, Any]:
        """Every parameter that was sent."""
        return dict(self.record.params)

    @property
    def state(self) -> str:
        """One of the states, as `running`."""
        return self.record.state

    @property
    def task_id(self) -> str:
        """The service's own id for the job, "" where it gave none."""
        return self.record.task_id

    @property
    def charged(self) -> Charged:
        """Whether money was spent: "no", "yes" or "unknown"."""
        return self.record.charged

    @property
    def price(self) -> str:
        """The estimate as text, as "¥2.00"; "" where nobody published a price, and for a sandbox job."""
        return "" if self.record.in_sandbox or self.record.price is None else self.record.price["text"]

    @property
    def billed(self) -> Bill | None:
        """What the service billed, in money and in its own unit; None where it has not said."""
        return self.record.bill

    @property
    def stars(self) -> int | None:
        """The user's rating, 1 to 5; None for a job that is not rated."""
        return self.record.stars

    @property
    def note(self) -> str:
        """The user's note, "" without one."""
        return self.record.note

    @property
    def tags(self) -> tuple[str, ...]:
        """The user's tags."""
        return self.record.tags

    @property
    def path(self) -> str:
        """Where the video was saved, "" for a job without one."""
        return self.record.path

    @property
    def draft(self) -> bool:
        """Whether the job was made by `--draft`."""
        return self.record.draft

    @property
    def has_video(self) -> bool:
        """Whether the job is done and its file is where it was saved."""
        return self.state == DONE and not self.record.is_missing
