"""A name means the same video everywhere: a variable, a shot, a job id or a file, in this order."""

from __future__ import annotations

import dataclasses
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
    assert session.resolver.notice("kite") == ""
    shutil.copy(kite.video.path, "kite")
    notice = "kite is a shot and a file; a shot is taken"
    assert session.resolver.notice("kite") == notice
    assert notice in session.resolver.video("kite").notes
    assert notice in session.plan("it lands", "seedance", RunOptions(from_="kite")).notes


def store_job(session: Session, job_id: str) -> None:
    """Store a finished job of this id."""
    row = session.jobs()[0].record
    row = dataclasses.replace(row, id=job_id, fingerprint=job_id)
    session.store.begin(row, again=True, satisfies=lambda _: False)


def test_an_ambiguous_id_is_an_error(session: Session, kite: Job) -> None:
    """The beginning of several job ids names none of them, whatever files there are."""
    store_job(session, "2222aaaa")
    store_job(session, "2222aaab")
    with pytest.raises(AmbiguousJob, match="more than one"):
        session.resolver.video("2222")


@pytest.mark.parametrize("name", ["2", "22", "222", "2aa"])
def test_a_short_beginning_of_an_id_opens_nothing(session: Session, kite: Job, name: str) -> None:
    """`%video show 2` is the number of a take, or a mistake: it opens no job whose id happens to begin with 2."""
    store_job(session, "2222aaaa")
    store_job(session, "2aa11111")
    for resolve in (session.resolver.job, session.get, session.resume):
        with pytest.raises(NoSuchJob) as refused:
            resolve(name)
        assert "4 characters" in str(refused.value.lines()) or name == "2aa"
    assert session.resolver.job("2222").id == "2222aaaa"


@pytest.mark.parametrize("name", ["kite:2", "kite 2", " kite:2 ", "kite : 2", "kite: 2", "./kite:2"])
def test_a_take_has_one_address(session: Session, kite: Job, name: str) -> None:
    """A shot and a number, with a colon or a space between them, name a take wherever a video is named."""
    second = ended(session.start("A blue kite", "hailuo", RunOptions(shot="kite")))
    assert session.resolver.job(name).id == session.resolver.video(name).id == second.id
    assert session.planner.last_frame(name).job_id == second.id
    assert session.planner.last_frame("kite:1").job_id == kite.id


@pytest.mark.parametrize("name", ["kite:9", "kite 9", "kite:0", "kite:last", "kite:"])
def test_a_take_that_is_not_there_names_those_that_are(session: Session, kite: Job, name: str) -> None:
    """The error of a wrong number, or of no number, lists the takes, so that the next line is right."""
    with pytest.raises(NoSuchJob, match="kite has kite:1"):
        session.resolver.video(name)
    for number in range(6):
        session.start(f"[[sandbox: refuse]] {number}", "hailuo", RunOptions(shot="kite"))
    with pytest.raises(NoSuchJob, match="kite has 7 takes, kite:1 to kite:7"):
        session.resolver.video(name)


def test_a_file_with_the_address_of_a_missing_take_is_that_file(session: Session, kite: Job) -> None:
    """A number that the shot has goes before a file of that name, one that it has not does not hide the file."""
    for name in ("kite:1", "kite:9"):
        shutil.copy(kite.video.path, name)
    assert session.resolver.video("kite:1").id == kite.id
    assert session.resolver.notice("kite:1") == "kite:1 is a take and a file; a take is taken"
    assert session.resolver.video("kite:9").path == Path("kite:9")
    assert session.resolver.notice("kite:9") == ""


def test_a_shot_of_another_folder_is_resolved_and_named(
    session: Session, kite: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one other folder has the shot, that is taken, with a notice of the folder; this folder's goes first."""
    home_of_kite = Path.cwd().name
    (tmp_path / "lake").mkdir()
    monkeypatch.chdir(tmp_path / "lake")
    job = session.resolver.job("kite:1")
    notice = f"kite is a shot of ../{home_of_kite}"
    assert (job.id, job.notes) == (kite.id, [notice])
    assert notice in session.plan("it lands", "seedance", RunOptions(from_="kite")).notes
    assert session.resolver.job(f"../{home_of_kite}/kite:1").id == kite.id
    with pytest.raises(NoSuchJob, match=f"../{home_of_kite}/kite has|there is no ../{home_of_kite}/kite:2"):
        session.resolver.job("kite:2")
    own = ended(session.start("A green kite", "hailuo", RunOptions(shot="kite")))
    assert session.resolver.job("kite").id == own.id
    assert session.resolver.notice("kite") == ""


def test_a_shot_of_several_other_folders_is_offered(
    session: Session, kite: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is guessed where two other folders have the name: the error says how each is written."""
    for folder in ("lake", "river"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        if folder == "lake":
            session.start("[[sandbox: refuse]]", "hailuo", RunOptions(shot="kite"))
    with pytest.raises(NoSuchJob, match="kite is not a shot of this folder, and of 2 others") as refused:
        session.resolver.job("kite:1")
    assert '"../lake/kite:1" or "../' in refused.value.hint


@pytest.mark.parametrize(
    "name",
    [r"C:\x.mp4", "C:/x.mp4", r"C:\films\kite:1.mp4", "https://example.com/kite:1", "http://localhost:1", "x:1"],
)
def test_paths_and_links_are_no_takes(session: Session, kite: Job, name: str) -> None:
    """A drive, a port and a colon in a link are not the colon of a take."""
    ended(session.start("A blue kite", "hailuo", RunOptions(shot="C")))
    with pytest.raises((NoSuchJob, InvalidRequest), match=r"does not exist|is called"):
        session.resolver.video(name)


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
