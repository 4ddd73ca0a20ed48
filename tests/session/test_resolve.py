"""A name means the same video everywhere: a variable, a shot, a job id or a file, in this order."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vidmagic
from tests.patience import ended
from vidmagic.engine.job import Job
from vidmagic.errors import AmbiguousJob, InvalidRequest, NoSuchJob
from vidmagic.media.video import Video
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


@pytest.fixture
def kite(session: Session) -> Job:
    """Return a finished job, the first take of the shot kite."""
    return ended(session.start("A red kite", "hailuo", RunOptions(shot="kite")))


def test_a_variable_goes_before_a_shot_before_a_file(session: Session, kite: Job) -> None:
    """One name, four meanings: each is used where those before it are missing."""
    video = Video(shutil.copy(kite.video.path, "kite"))
    resolver = session.resolver
    assert resolver.video("kite", {"kite": video}) is video
    assert resolver.video("kite", {"kite": "some other text"}).id == kite.id
    assert resolver.video("kite").id == resolver.video("kite 1").id == resolver.video("kite:1").id == kite.id
    assert resolver.video("./kite").path == Path("kite")
    shutil.copy(kite.video.path, kite.id)
    assert resolver.video(kite.id[:6]).id == resolver.video(kite.id).id == kite.id


def test_an_ambiguous_name_is_noted(session: Session, kite: Job) -> None:
    """A name that means two things gives a notice of what is taken, on the job and in the plan of `--from`."""
    assert session.resolver.ambiguity("kite") == ""
    shutil.copy(kite.video.path, "kite")
    notice = "kite is a shot and a file; a shot is taken"
    assert session.resolver.ambiguity("kite") == notice
    assert notice in session.resolver.video("kite").notes
    assert notice in session.plan("it lands", "seedance", RunOptions(from_="kite")).notes


def test_an_ambiguous_id_is_an_error(session: Session, kite: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The beginning of several job ids names none of them, whatever files there are."""
    ids = [kite.id]
    while len([job_id for job_id in ids if job_id[0] == ids[-1][0]]) < 2:
        ids.append(session.start(f"[[sandbox: refuse]] {len(ids)}", "hailuo").id)
    with pytest.raises(AmbiguousJob, match="more than one"):
        session.resolver.video(ids[-1][0])


def test_a_job_is_resolved_from_its_video(session: Session, kite: Job) -> None:
    """What takes a job takes the video that it made, and its file; a video of no job is refused."""
    assert session.resolver.job(kite.video).id == session.resolver.job(str(kite.video.path)).id == kite.id
    with pytest.raises(InvalidRequest, match="no job of the journal made"):
        session.resolver.job(shutil.copy(kite.video.path, "copy.mp4"))


def test_several_videos_are_flattened(session: Session, kite: Job) -> None:
    """Videos, paths, texts and sequences of these come in their order; one name for several is refused for one."""
    video = Video(kite.video.path)
    videos = list(
        session.resolver.videos([video, video.path, [str(video.path), (video,)], "both"], {"both": [kite] * 2})
    )
    assert videos[0] is videos[3] is video
    assert [same.path for same in videos[:4]] == [video.path] * 4
    assert videos[4:] == [kite, kite]
    assert videos[1].display == session.display()
    with pytest.raises(InvalidRequest, match="both stands for 2 videos"):
        session.resolver.video("both", {"both": [kite, kite]})


@pytest.mark.parametrize("source", [7, None, b"video.mp4", "gone.mp4", "./gone", "~nosuchuser/x.mp4", "a\0b.mp4"])
def test_what_cannot_be_a_video_is_refused(session: Session, source: object) -> None:
    """A number, bytes, or a path without a file is an InvalidRequest, never a bare error."""
    with pytest.raises(InvalidRequest):
        session.resolver.video(source)


def test_a_name_of_nothing_suggests_the_nearest(session: Session, kite: Job) -> None:
    """The error lists where the name was searched, and names the shot that was probably meant."""
    with pytest.raises(NoSuchJob, match=r"no variable, shot, job or file is called kyte \(did you mean kite\?\)"):
        session.resolver.video("kyte")


def test_compare_refuses_an_unknown_home(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """`vidmagic.compare` of a path in the home of an unknown user is an InvalidRequest."""
    monkeypatch.setattr("vidmagic.api._session", lambda: session)
    with pytest.raises(InvalidRequest, match="the file ~nosuchuser"):
        vidmagic.compare("~nosuchuser/x.mp4")


def test_video_load_works_in_itself(kite: Job, home: Callable[[], Path]) -> None:
    """`Video.load` finds a job's video also where only its own module was imported."""
    code = f"from vidmagic.media.video import Video; print(Video.load({kite.id[:8]!r}).path)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(kite.video.path)
