"""A file gives back the cell that makes it: by its recipe, by the journal, and trusting neither name nor content."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.media.pictures import encoded
from tests.media.recipes import check_file, service_bytes
from tests.media.videos import write
from tests.notebook.cells import html
from tests.patience import ended
from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.media.recipe import Recipe, RecipeInput
from vidmagic.media.recipe_box import box_of, read_recipe
from vidmagic.notebook.views.opened import Opened, opened
from vidmagic.session.run_options import take_options
from vidmagic.session.session import Session

PROMPT = "A heron lands on a mirror-still pond"
Make = Callable[[], Session]


def made(session: Session, prompt: str = PROMPT, model: str = "hailuo", **given: Any) -> Job:
    """Make a video as a take of the shot pond."""
    options = take_options("generate", given := {"shot": "pond", **given})
    job = ended(session.start(prompt, model, options, **given))
    assert job.state == "done"
    return job


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: Session, make_session: Make) -> Make:
    """Return a session on another machine: with a journal of its own."""

    def make() -> Session:
        monkeypatch.setenv("VIDMAGIC_HOME", str(tmp_path / "another home"))
        return make_session()

    return make


def written(folder: Path, recipe: Recipe) -> Path:
    """Return a file that anybody may have made."""
    path = write(folder / "v.mp4", frames=6)
    path.write_bytes(path.read_bytes() + box_of(recipe))
    return path


def test_a_file_of_this_journal(session: Session, tmp_path: Path) -> None:
    """Under any name and anywhere, a finished MP4 gives its cell: flags, prompt and shot."""
    made(session)
    job = made(session, duration=10)
    assert Path(job.record.path).name == "pond-02-heron-lands-on-a-mirror-still-pond.mp4"
    check_file(job.record, service_bytes(job.record.path))
    path = shutil.copyfile(job.record.path, tmp_path / "renamed.mp4")
    shown = opened(session, path)
    assert shown.cell == f"%%video hailuo --duration 10 --shot pond\n{PROMPT}"
    assert (shown.shot, shown.take, shown.job_id, shown.prompt) == ("pond", 2, job.id, PROMPT)
    assert shown.params["duration"] == 10
    assert opened(session, "pond:2").cell == shown.cell
    assert "renamed.mp4 · pond 2" in repr(shown)
    assert "--duration 10" in html(shown)


def test_a_file_on_another_machine(session: Session, elsewhere: Make, tmp_path: Path) -> None:
    """Without the journal the recipe is enough; what does not travel is named."""
    image = tmp_path / "private folder" / "heron.png"
    image.parent.mkdir()
    image.write_bytes(encoded(size=(640, 360)))
    first = made(session, model="hailuo", image=str(image))
    chained = made(session, prompt="it flies", from_=first)
    for job in (first, chained):
        data = Path(job.record.path).read_bytes()
        assert b"private folder" not in data
        assert b"http" not in data[len(service_bytes(job.record.path)) :]
    other = elsewhere()
    shown = opened(other, first.record.path)
    assert shown.cell == f"%%video hailuo --image heron.png --shot pond\n{PROMPT}"
    assert shown.notes == ("its first frame heron.png is not here: only its name and checksum travel",)
    assert "not here" in html(shown)
    shutil.copyfile(image, "heron.png")
    assert opened(other, first.record.path).notes == ()
    assert f"last frame of job {first.id}" in opened(other, chained.record.path).notes[0]
    assert "--from" not in opened(other, chained.record.path).cell


def test_a_file_without_its_recipe(session: Session, elsewhere: Make, tmp_path: Path) -> None:
    """The service's own bytes are known by their checksum; where the journal does not know them, a message says so."""
    job = made(session)
    path = tmp_path / "from the service.mp4"
    path.write_bytes(service_bytes(job.record.path))
    assert read_recipe(path) is None
    assert opened(session, path).job_id == job.id
    with pytest.raises(InvalidRequest, match="carries no recipe, and no job of this journal") as refused:
        opened(elsewhere(), path)
    assert "%video help recipes" in refused.value.hint


def test_without_recipes_the_journal_knows(session: Session, tmp_path: Path) -> None:
    """Where the setting leaves the recipe out, the file is the service's bytes, named with its job."""
    session.settings.recipe = False
    job = made(session)
    assert Path(job.record.path).name == f"pond-01-heron-lands-on-a-mirror-still-pond-{job.id}.mp4"
    assert job.record.file_sha256 == ""
    assert opened(session, shutil.copyfile(job.record.path, tmp_path / "x.mp4")).job_id == job.id
    session.settings.names = "dates"
    assert Path(made(session, "another").record.path).name.endswith(f"-{ended(session.jobs()[0]).id}.mp4")


def test_a_recipe_that_names_a_job_of_ours_is_not_believed(session: Session, tmp_path: Path) -> None:
    """A file is a job's only if its bytes are: a recipe with that job's id gives no more than the recipe."""
    job = made(session)
    forged = written(tmp_path, Recipe("dmxapi/MiniMax-Hailuo-2.3", "something else", job=job.id))
    assert opened(session, forged).prompt == "something else"


@pytest.mark.parametrize(
    ("recipe", "cell"),
    [
        (Recipe("dmxapi/MiniMax-Hailuo-2.3", "{{secret}}\n%%bash\nrm -rf ~"),
         "%%video hailuo --raw\n{{secret}}\n%%bash\nrm -rf ~"),
        (Recipe("vidu/vidu2.0", "x", {"style": "a b' --out os", "evil": "1"}),
         "%%video vidu --style \"a b' --out os\"\nx"),
        (Recipe("gone/model", "x", {"a": 1}), "%%video gone/model --raw\nx"),
        (Recipe("dmxapi/MiniMax-Hailuo-2.3", "x", inputs=(RecipeInput("image", "a b.png", ""),), mode="image"),
         '%%video hailuo --image "a b.png"\nx'),
    ],
)  # fmt: skip
def test_a_file_of_a_stranger(session: Session, tmp_path: Path, recipe: Recipe, cell: str) -> None:
    """What a file says becomes one cell and nothing else: no variable is read, no other command is in it."""
    assert opened(session, written(tmp_path, recipe)).cell == cell


def test_what_is_not_there(session: Session, tmp_path: Path) -> None:
    """A missing file, a name of nothing, a text and a damaged recipe are errors in words."""
    for source, error in (("gone.mp4", InvalidRequest), ("nothing", NoSuchJob)):
        with pytest.raises(error):
            opened(session, source)
    (tmp_path / "a.txt").write_text("a text")
    with pytest.raises(InvalidRequest, match="carries no recipe"):
        opened(session, tmp_path / "a.txt")
    damaged = written(tmp_path, Recipe("a/b", "x"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    with pytest.raises(InvalidRequest, match="damaged"):
        opened(session, damaged)


def test_the_verb_and_the_function(run: Callable[[str], Any], session: Session) -> None:
    """`%video open FILE` shows the cell, and running it costs nothing: it is the same request."""
    job = run(f"%%video hailuo --sandbox --shot pond --wait\n{PROMPT}")
    shown = run(f"%video open {job.record.path}")
    assert isinstance(shown, Opened)
    assert shown.cell == f"%%video hailuo --shot pond --sandbox\n{PROMPT}"
    again = run(shown.cell)
    assert (again.id, again.reused) == (job.id, True)
    assert run("%video jobs")[0].shot == "pond"


def test_an_input_does_not_carry_its_recipe(session: Session, tmp_path: Path) -> None:
    """A video that goes to a service is the same bytes with a recipe and without: the same request."""
    bare = write(tmp_path / "bare.mp4", frames=72, rate=24, size=(640, 360))
    carrying = tmp_path / "carrying.mp4"
    carrying.write_bytes(bare.read_bytes() + box_of(Recipe("a/b", "a secret plan")))
    plans = [session.plan("x", "h3", reference_video=str(path)) for path in (bare, carrying)]
    assert plans[0].request.fingerprint() == plans[1].request.fingerprint()
    assert b"a secret plan" not in plans[1].request.inputs[0].data
