"""Jobs as the rows of a DataFrame of pandas, which is imported only when somebody asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vidmagic.engine.job import Job


def job_row(job: Job) -> dict[str, Any]:
    """Return what is known of a job, by the names of columns: its parameters, what became of it, its rating."""
    record = job.record
    return {
        "job": job.id,
        "model": job.short,
        "prompt": job.prompt,
        **job.params,
        "state": job.state,
        "charged": job.charged,
        "estimate": "" if record.in_sandbox else record.short_price,
        "billed": str(job.billed or ""),
        "path": record.path,
        "rating": record.stars,
    }


def data_frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return *rows* as a pandas DataFrame. Raises ImportError where pandas is not installed."""
    import pandas as pd

    return pd.DataFrame(rows)
