"""Shots and takes: numbered in the journal, compared, picked, chained, and searched by their words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.patience import ended
from vidmagic.engine.download.sidecar import read_sidecars
from vidmagic.engine.job import Job
from vidmagic.engine.journal import ancestry, search, word_index
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.migrations import MIGRATIONS
from vidmagic.engine.journal.record import Record, new_id
from vidmagic.engine.journal.request_diff import changes
from vidmagic.engine.journal.store import Store
from vidmagic.errors import InvalidRequest, JournalError, NoSuchJob
from vidmagic.media.video import Video
from vidmagic.sandbox import Sandbox
from vidmagic.session import shots
from vidmagic.session.run_options import RunOptions, take_options
from vidmagic.session.session import Session

KITE = "A red kite over the sea"
Make = Callable[[], Session]


def submits(sandbox: Sandbox) -> int:
    """Count the jobs that the services accepted."""
    return sum(1 for call in sandbox.ledger if call.accepted)


def take(session: Session, prompt: str = KITE, model: str = "hailuo", **given: Any) -> Job:
    """Make a take of the shot kite and wait for its end."""
    options = take_options("generate", given := {"shot": "kite", **given})
    return ended(session.start(prompt, model, options, **given))


def record(prompt: str = KITE, **more: Any) -> Record:
    """Return a row that was never stored."""
    return Record(**{"id": new_id(), "model": "a/one", "prompt": prompt, "params": {}, "fingerprint": new_id(), **more})


# -- takes


def test_every_run_of_a_shot_is_a_take(session: Session) -> None:
    """Takes count from 1, know what changed, and the last one is the latest."""
    first = take(session)
    second = take(session, "A blue kite over the sea, at dusk", duration=10)
    assert [str(first.take), str(second.take)] == ["kite 1", "kite 2"]
    assert first.changes is None
    assert str(second.changes) == "since kite 1: red → blue, + “at dusk”, duration 6 → 10"
    shot = session.shots.find("kite")
    assert [job.id for job in shot] == [first.id, second.id]
    assert (shot.latest.id, shot.picked) == (second.id, None)


def test_the_same_request_again_is_no_new_take(session: Session, sandbox: Sandbox) -> None:
    """Within a shot the same request is free and keeps its number; `again` makes a new take that changed nothing."""
    first, same = take(session), take(session)
    assert (same.id, str(same.take), same.reused) == (first.id, "kite 1", True)
    other = take(session, again=True)
    assert (str(other.take), str(other.changes)) == ("kite 2", "same as kite 1")
    assert submits(sandbox) == 2


def test_a_video_that_was_made_without_a_shot_becomes_its_take(session: Session, sandbox: Sandbox) -> None:
    """Adding `--shot` to a cell that has run costs nothing, and one job may serve two shots."""
    made = ended(session.start(KITE, "hailuo"))
    assert take(session).id == made.id
    assert str(ended(session.start(KITE, "hailuo", RunOptions(shot="street"))).take) == "street 1"
    assert list(session.shots.names()) == ["kite", "street"]
    assert submits(sandbox) == 1


def test_takes_outlive_the_kernel_and_belong_to_the_folder(
    session: Session, make_session: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another kernel in the folder goes on counting; in another folder the name begins a shot of its own."""
    take(session)
    later = make_session()
    assert str(take(later, "A blue kite over the sea").take) == "kite 2"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert later.shots.names() == {}
    assert str(take(later, "A green kite over the sea").take) == "kite 1"
    assert len(later.shots.find("kite")) == 1


def test_a_take_that_was_refused_keeps_its_number(session: Session) -> None:
    """A number is never given twice, and what has no video is not what a chain goes on from."""
    first = take(session)
    refused = take(session, "[[sandbox: refuse]] A kite")
    assert (refused.state, str(refused.take)) == ("rejected", "kite 2")
    shot = session.shots.find("kite")
    assert (shot.latest.id, shot.best.id) == (refused.id, first.id)
    assert str(take(session, "A green kite").take) == "kite 3"


def test_one_take_is_picked(session: Session) -> None:
    """A pick replaces the one before; a number that is not there changes nothing."""
    first, second = take(session), take(session, "A blue kite")
    assert session.shots.pick("kite", 1).id == first.id
    assert session.shots.pick("kite", 2).id == second.id
    with pytest.raises(NoSuchJob, match="there is no kite:3: kite has kite:1 and kite:2"):
        session.shots.pick("kite", 3)
    picked = session.shots.find("kite").picked
    assert picked is not None
    assert picked.id == second.id
    assert session.resolver.job("kite").id == second.id
    assert session.resolver.job("kite 1").id == session.resolver.job(first.id).id == first.id


@pytest.mark.parametrize("name", ["", "2kite", "a b", "-a", "a/b", "x" * 61])
def test_a_name_that_is_none_is_refused_before_anything_is_sent(session: Session, sandbox: Sandbox, name: str) -> None:
    """A shot's name is a word, so that "kite 2" can only be a take."""
    with pytest.raises(InvalidRequest):
        shots.check_name(name)
    if name:
        with pytest.raises(InvalidRequest):
            session.start(KITE, "hailuo", RunOptions(shot=name))
    assert sandbox.ledger == []


# -- what changed


def test_a_take_is_compared_with_the_nearest_one(session: Session) -> None:
    """Not with the take before: a re-roll of take 2 after others is the same as take 2, a variant is since take 2."""
    for prompt in (
        KITE,
        "A blue kite over the sea, at dusk, handheld",
        "Two grey seals asleep on a sandbank in the rain",
    ):
        take(session, prompt)
    again = take(session, "A blue kite over the sea, at dusk, handheld", again=True)
    assert str(again.changes) == "same as kite 2"
    assert str(take(session, "A blue kite over the sea, at dawn, handheld").changes) == "since kite 4: dusk → dawn"
    seals = take(session, "Two grey seals asleep on a sandbank in the rain", duration=10)
    assert str(seals.changes) == "since kite 3: duration 6 → 10"


def test_with_a_pick_takes_are_compared_with_it(session: Session) -> None:
    """The pick is what one goes on from: each take says what it has otherwise; a re-roll is still named as one."""
    for prompt in (KITE, "A blue kite over the sea", "A green kite over the sea"):
        take(session, prompt)
    session.shots.pick("kite", 2)
    assert [str(job.changes or "") for job in session.shots.find("kite")] == [
        "compared with the pick, kite 2: blue → red",
        "since kite 1: red → blue",
        "compared with the pick, kite 2: blue → green",
    ]
    assert str(take(session, "A green kite over the sea", again=True).changes) == "same as kite 3"
    assert str(session.shots.find("kite:1")[2].changes) == "since kite 1: red → green"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("a red kite", "a blue kite", "red → blue"),
        ("a red kite", "a red kite at night", "+ “at night”"),
        ("a red kite at night", "a red kite", "− “at night”"),
        ("一只红色的风筝", "一只蓝色的风筝", "红 → 蓝"),
        ("it's a kite", "it’s a kite", "it's → it’s"),
        ("a  kite", "a kite", "spaces of the prompt as they were → others"),
        ("a kite", "", "− “a kite”"),
    ],
)
def test_words_that_were_added_and_removed(before: str, after: str, text: str) -> None:
    """The line names whole phrases, in English and in Chinese."""
    assert str(changes("kite 1", record(before), record(after))) == f"since kite 1: {text}"


def test_parameters_models_and_images_that_differ() -> None:
    """A seed of 0 and a value that is not given differ; of two models only what both have is compared."""
    image = {"role": "image", "name": "a.png", "sha256": "ab" * 32}
    old = record(params={"seed": 0, "duration": 6, "style": "anime"})
    new = record(params={"seed": 1, "duration": 6}, images=(image,), in_sandbox=True)
    text = str(changes("x", old, new))
    assert text == "since x: seed 0 → 1, style anime → none, image none → a.png (ababab), run real → sandbox"
    assert str(changes("x", old, record(model="a/two", params={"seed": 0, "bgm": True}))) == "since x: model one → two"


# -- chains


def test_from_a_shot_starts_at_its_last_frame(session: Session, sandbox: Sandbox) -> None:
    """The first frame is the last one of the video, pixel for pixel, and the journal knows the parent."""
    first = take(session)
    second = ended(session.start("it lands", "seedance", RunOptions(from_="kite")))
    assert second.record.parent == first.id
    assert "starts from kite 1" in second.notes
    (image,) = second.record.images
    last = first.video.last_frame()
    assert (image["role"], image["width"], image["height"]) == ("image", last.width, last.height)
    third = ended(session.start("it sleeps", "vidu", RunOptions(from_=second.video)))
    assert [record.id for record in ancestry.ancestors(session.store, third.record)] == [first.id, second.id]
    assert [record.id for record in ancestry.children(session.store, first.id)] == [second.id]
    again = session.start("it lands", "seedance", RunOptions(from_=first.id))
    assert (again.id, submits(sandbox)) == (second.id, 3)


def test_from_goes_by_pick_then_take_then_file(session: Session, tmp_path: Path) -> None:
    """The pick goes before the newest; a take by number, a Job, a Video and a file do too."""
    first, second = take(session), take(session, "A blue kite")
    plans = {name: session.plan("on", "seedance", RunOptions(from_=source)).parent for name, source in {
        "latest": "kite", "number": "kite 1", "id": first.id, "job": second, "video": first.video,
        "file": str(second.video.path), "path": first.video.path,
    }.items()}  # fmt: skip
    assert plans == {
        "latest": second.id, "number": first.id, "id": first.id, "job": second.id, "video": first.id,
        "file": second.id, "path": first.id,
    }  # fmt: skip
    session.shots.pick("kite", 1)
    assert session.plan("on", "seedance", RunOptions(from_="kite")).parent == first.id
    foreign = tmp_path / "foreign.mp4"
    foreign.write_bytes(first.video.path.read_bytes())
    assert session.plan("on", "seedance", RunOptions(from_=Video(foreign))).parent == ""


def test_from_is_refused_where_it_cannot_be(session: Session, sandbox: Sandbox) -> None:
    """A model without a first frame, a second first frame, a name of nothing, and a picture of a sandbox job."""
    session.settings.sandbox_seconds = 0.2
    take(session)
    has_sandbox = ended(session.start(KITE, "hailuo", RunOptions(sandbox=True)))
    sent = len(sandbox.ledger)
    for model, given, text in [
        ("vidu-upscale", {"from_": "kite"}, "takes text alone"),
        ("seedance", {"from_": "kite", "image": "a.png"}, "give one of them"),
        ("seedance", {"from_": "kyte"}, "no variable, shot, job or file"),
        ("seedance", {"from_": 7}, "int is not a video"),
        ("seedance", {"from_": has_sandbox}, "made in the sandbox"),
    ]:
        with pytest.raises(InvalidRequest, match=text):
            session.start("on", model, take_options("generate", given), **given)
    assert len(sandbox.ledger) == sent
    assert session.plan("on", "seedance", RunOptions(from_=has_sandbox, sandbox=True)).parent == has_sandbox.id


@pytest.mark.parametrize("spelling", ["plain", "dots", "link", "linked folder", "folder of the setting is a link"])
def test_a_sandbox_video_is_known_by_every_path(session: Session, tmp_path: Path, spelling: str) -> None:
    """A real job never starts from a sandbox job's picture, however the path of its file is written."""
    session.settings.sandbox_seconds = 0.2
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    session.settings.folder = str(tmp_path / ("linked" if spelling.startswith("folder") else "real"))
    path = ended(session.start(KITE, "hailuo", RunOptions(sandbox=True))).result(20).path
    (tmp_path / "link.mp4").symlink_to(path)
    source = {
        "plain": path,
        "dots": path.parent / ".." / "real" / path.name,
        "link": tmp_path / "link.mp4",
        "linked folder": tmp_path / "linked" / path.name,
        "folder of the setting is a link": tmp_path / "real" / path.name,
    }[spelling]
    with pytest.raises(InvalidRequest, match="made in the sandbox"):
        session.plan("on", "seedance", RunOptions(from_=str(source)))


def test_the_file_beside_the_video_knows_the_parent(session: Session) -> None:
    """A journal that is rebuilt from the files keeps the ancestry; files without a parent are read too."""
    first = take(session)
    second = ended(session.start("on", "seedance", RunOptions(from_=first)))
    parents = {record.id: record.parent for record in read_sidecars(second.video.path.parent)}
    assert parents == {first.id: "", second.id: first.id}


# -- looking back


def stored(home: Path, *prompts: str) -> Store:
    """Return a journal with a job for each prompt."""
    store = Store(home, this_process())
    store.begin_all([record(prompt) for prompt in prompts], again=False, satisfies=lambda _: True)
    return store


PROMPTS = ("A red kite over the sea", "一只红色的风筝飞过大海", "100% kite_x", 'A "quoted" KITE')


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("words", "positions"),
    [
        (["kite"], [3, 2, 0]),
        (["kite", "sea"], [0]),
        (["风筝"], [1]),
        (["红色的"], [1]),
        (["0%"], [2]),
        (["e_x"], [2]),
        (["_"], [2]),
        (['"quoted"'], [3]),
        (["red OR"], []),
        ([], [3, 2, 1, 0]),
    ],
)
def test_words_find_prompts(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], positions: list[int], indexed: bool
) -> None:
    """Newest first, in Chinese too and down to one character; with an SQLite that has no trigrams as well."""
    if not indexed:
        monkeypatch.setattr(word_index, "_has_trigrams", lambda: False)
    store = stored(home, *PROMPTS)
    assert [record.prompt for record in search.search(store, words, 10)] == [PROMPTS[at] for at in positions]


def test_the_index_catches_up(home: Path) -> None:
    """A job that began after the last search is in the next one."""
    store = stored(home, "A red kite")
    assert len(search.search(store, ["kite"], 10)) == 1
    store.begin(record("A blue kite"), again=False, satisfies=lambda _: True)
    assert [record.prompt for record in search.search(store, ["kite"], 1)] == ["A blue kite"]
    assert len(search.search(store, ["kite"], 10)) == 2


def test_a_journal_of_the_first_day_is_brought_up_to_date(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of a journal without takes are there after the migration, without a parent."""
    home.mkdir()
    with sqlite3.connect(home / "jobs.db") as db:
        db.executescript(MIGRATIONS[0])
        db.execute("PRAGMA user_version = 1")
        names = [row[1] for row in db.execute("PRAGMA table_info(job)")]
        values = {"id": "abcdefgh", "model": "a/one", "prompt": KITE, "params": "{}", "images": "[]",
                  "reported": "{}", "state": "done", "charged": "yes"}  # fmt: skip
        numbers = {"rehearsal", "size", "width", "height", "created", "updated", "accepted", "ready", "n"}
        nulls = {"ticket", "links", "error", "price"}
        row = [values.get(name, 1 if name in numbers else None if name in nulls else "") for name in names]
        db.execute(f"INSERT INTO job VALUES ({', '.join('?' * len(row))})", row)
    db.close()
    store = Store(home, this_process())
    assert (store.get("abcdefgh").prompt, store.get("abcdefgh").parent) == (KITE, "")
    assert (store.get("abcdefgh").stars, store.get("abcdefgh").tags, store.get("abcdefgh").draft) == (None, (), False)
    assert [record.id for record in search.search(store, ["kite"], 5)] == ["abcdefgh"]


def test_all_of_several_jobs_are_stored_or_none(home: Path) -> None:
    """A row that the journal does not take leaves no other behind."""
    store = Store(home, this_process())
    one = record()
    with pytest.raises(JournalError):
        store.begin_all([one, record("B"), one], again=True, satisfies=lambda _: True)
    assert store.find() == []
