"""A paid video in another container than MP4 is saved, shown and continued from; what cannot be shown is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.answers import Answer
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from tests.media import videos
from tests.media.recipes import service_bytes
from tests.patience import ended

FORMATS = {".webm": "libvpx-vp9", ".mkv": "libx264", ".mov": "libx264"}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_paid_video_of_another_kind_is_done(trial: Trial, tmp_path: Path, suffix: str) -> None:
    """The job is done, its file plays, its last frame is read, it is found by its path, and it is bought once."""
    data = videos.write(tmp_path / f"video{suffix}", frames=12, rate=12, codec=FORMATS[suffix]).read_bytes()
    service = trial.serve()
    service.video = data
    job = ended(trial.start("a kite", SYSTEMS["hailuo"]))
    assert (job.state, job.charged, job.record.path[-len(suffix) :]) == ("done", "yes", suffix)
    assert (service_bytes(job.record.path), job.record.width) == (data, 320)
    assert videos.number(job.video.last_frame()) == pytest.approx(11, abs=1)
    assert "<video" in str(job.video._repr_mimebundle_()[0]["text/html"])
    assert trial.start("a kite", SYSTEMS["hailuo"]).id == job.id
    assert len(service.submitted) == 1


def test_a_paid_video_that_cannot_be_shown_pauses_its_job(trial: Trial) -> None:
    """It is stored, the message names the file, and the same request again buys nothing."""
    service = trial.serve()
    service.downloads += [Answer(body=b"FLV\x01" + bytes(900))] * 2
    job = ended(trial.start("a kite", SYSTEMS["hailuo"]))
    assert (job.state, job.charged) == ("paused", "yes")
    assert "FLV file" in str(job.error)
    assert [path.suffix for path in Path(job.record.folder).iterdir()] == [".flv"]
    assert trial.start("a kite", SYSTEMS["hailuo"]).id == job.id
    assert len(service.submitted) == 1
