"""The file of a job: its recipe is in it before its name, its name is its own, and it is known again."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from tests.engine.download.downloads import NAME, VIDEO_PATH, files, http, other
from tests.faults.answers import video_answer
from tests.faults.server import FaultServer
from tests.media import videos
from vidmagic.engine.download.download import Download
from vidmagic.engine.download.file_plan import FilePlan
from vidmagic.media.recipe import Recipe
from vidmagic.media.recipe_box import box_of, read_recipe
from vidmagic.spec.events import Saved

JOB, OTHER = "k3j2abcd", "zzzz0000"


def plan_of(job: str = JOB, name: str = "heron-lands", *, recipe: bool = True, **more: object) -> FilePlan:
    """Return the plan of a job's file."""
    box = box_of(Recipe("a/b", "a heron lands", job=job)) if recipe else b""
    return FilePlan(f"{NAME}-{job}", name, box, job, **more)  # type: ignore[arg-type]


def save(server: FaultServer, folder: Path, data: bytes, plan: FilePlan) -> Saved:
    """Download *data* as *plan* says, and check that both checksums and the size are true."""
    path = f"/{hashlib.sha256(data).hexdigest()}.mp4"
    server.on(path, video_answer(data))
    saved = Download(http(server), folder, plan).attempt([server.url + path])
    whole = Path(saved.path).read_bytes()
    assert whole.startswith(data)
    assert (saved.size, saved.sha256) == (len(whole), hashlib.sha256(data).hexdigest())
    assert saved.file_sha256 == (hashlib.sha256(whole).hexdigest() if whole != data else "")
    return saved


def test_a_video_carries_its_recipe(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """The service's bytes are an untouched prefix, and the recipe follows them."""
    saved = save(server, folder, mp4, plan_of())
    assert Path(saved.path) == folder / "heron-lands.mp4"
    recipe = read_recipe(saved.path)
    assert recipe is not None
    assert (recipe.job, recipe.prompt) == (JOB, "a heron lands")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("after", [True, False])
def test_a_file_that_was_named_is_used_again(
    server: FaultServer, folder: Path, mp4: bytes, *, before: bool, after: bool
) -> None:
    """A kernel killed behind the rename costs no second copy, also where the setting has changed since."""
    first = save(server, folder, mp4, plan_of(recipe=before))
    assert save(server, folder, mp4, plan_of(recipe=after)) == first
    assert files(folder) == [Path(first.path).name]


def test_two_jobs_with_the_same_words_have_two_files(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """Jobs may have the same words and even the same video: neither gets the other's file."""
    assert Path(save(server, folder, mp4, plan_of()).path).name == "heron-lands.mp4"
    assert Path(save(server, folder, mp4, plan_of(OTHER)).path).name == "heron-lands-2.mp4"
    assert Path(save(server, folder, mp4, plan_of(recipe=False)).path).name == "heron-lands.mp4"
    assert Path(save(server, folder, mp4, plan_of("xxxx1111", recipe=False)).path).name == "heron-lands-xxxx1111.mp4"


def test_the_name_of_a_file_that_is_gone_stays_its_jobs(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A deleted video's name is not given to another job: the journal would show that one's video for both."""
    plan = plan_of(taken=(str(folder / "heron-lands.mp4"),))
    assert Path(save(server, folder, mp4, plan).path).name == "heron-lands-2.mp4"


@pytest.mark.parametrize("content", ["{}", "[1]", "not JSON", json.dumps({"made with": "vidmagic", "id": OTHER})])
def test_no_json_file_of_others_is_overwritten(server: FaultServer, folder: Path, mp4: bytes, content: str) -> None:
    """The sidecar will stand beside the video: a name whose JSON file is another's is not taken."""
    folder.mkdir(parents=True)
    (folder / "heron-lands.json").write_text(content)
    assert Path(save(server, folder, mp4, plan_of()).path).name == "heron-lands-2.mp4"


def test_a_job_that_has_its_sidecar_keeps_its_name(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A video that is fetched again has the name it had, whatever names are made now."""
    folder.mkdir(parents=True)
    (folder / "20261101-old.json").write_text(json.dumps({"made with": "vidmagic", "id": JOB}))
    saved = save(server, folder, mp4, plan_of(earlier="20261101-old"))
    assert Path(saved.path).name == "20261101-old.mp4"


def test_another_video_under_the_name_stays(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A file of the name with another content, or with a damaged recipe, is not ours and stays as it is."""
    folder.mkdir(parents=True)
    (folder / "heron-lands.mp4").write_bytes(other(mp4) + plan_of().box)
    (folder / "heron-lands-2.mp4").write_bytes(mp4 + plan_of().box[:-1] + b"x")
    (folder / "heron-lands-3.mp4").symlink_to(folder / "heron-lands-2.mp4")
    assert Path(save(server, folder, mp4, plan_of()).path).name == "heron-lands-4.mp4"


def test_a_last_box_without_a_size_gets_no_recipe(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """What followed such a box would be a part of it: the file stays as it came."""
    data = mp4 + b"\0\0\0\0free"
    server.then(video_answer(data))
    getting = Download(http(server), folder, plan_of())
    saved = getting.attempt([server.url + VIDEO_PATH])
    assert saved == Saved(str(folder / f"heron-lands-{JOB}.mp4"), len(data), hashlib.sha256(data).hexdigest())
    assert "to the end of the file" in getting.no_recipe


def test_other_formats_get_no_recipe(server: FaultServer, folder: Path, tmp_path: Path) -> None:
    """A WebM has no boxes: it stays as it came."""
    data = videos.write(tmp_path / "v.webm", frames=6, codec="libvpx-vp9").read_bytes()
    assert Path(save(server, folder, data, plan_of()).path).name == f"heron-lands-{JOB}.webm"


def test_a_video_that_has_a_recipe_already(server: FaultServer, folder: Path, mp4: bytes) -> None:
    """A service may send back a file with a recipe of ours in it: those bytes are the service's, and ours follows."""
    data = mp4 + plan_of(OTHER).box + struct.pack(">I4s", 8, b"free")
    first = save(server, folder, data, plan_of())
    assert save(server, folder, data, plan_of()) == first
    data = mp4 + plan_of(OTHER).box
    second = save(server, folder, data, plan_of(name="pond"))
    recipe = read_recipe(second.path)
    assert recipe is not None
    assert recipe.job == JOB
    assert save(server, folder, data, plan_of(name="pond")) == second
