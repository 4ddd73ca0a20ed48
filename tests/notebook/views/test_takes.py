"""Takes of a shot and the ancestry of a video, as cells and lines show them."""

from __future__ import annotations

import pytest

from tests.notebook.cells import Run, html
from tests.skeleton import PAYLOADS, skeleton, text
from vidmagic.engine.journal.request_diff import Change, Changes
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.notebook.card.take_caption import changes_html, take_html, take_text
from vidmagic.notebook.views.takes import Ancestry, Takes
from vidmagic.session.session import Session
from vidmagic.session.shot import Shot


def test_a_cell_with_a_shot_shows_which_take_it_is(run: Run) -> None:
    """The result names the take and what changed since the last one, as text and as removed and added words."""
    run("%%video hailuo --shot kite\nA red kite")
    job = run("%%video hailuo --shot kite --duration 10\nA blue kite")
    assert take_text(job) == "kite 2 · since kite 1: red → blue, duration 6 → 10"
    shown = take_html(job)
    assert "<del><bdi>red</bdi></del> <ins><bdi>blue</bdi></ins>" in shown
    assert text(shown) == "kite 2 · since kite 1: red blue, duration 6 → 10"
    assert take_html(run("%%video hailuo\nA green kite")) == ""


def test_every_verb_and_flag_takes_the_same_address(run: Run) -> None:
    """A take is `kite:2`, or `kite 2`, for show, compare, reel, pick, wait, `--from` and `--video`; several too."""
    first = run("%%video hailuo --shot kite\nA red kite")
    second = run("%%video hailuo --shot kite\nA blue kite")
    for line in ("show kite:2", "show kite 2", 'show "kite 2"', "wait kite:2", "resume kite 2", "cancel kite:2"):
        assert run(f"%video {line}").id == second.id
    for names in ("kite:1 kite:2", "kite 1 kite 2", "kite 1 2", "kite:1,2", "kite"):
        assert [video.job_id for video in run(f"%video compare {names}").videos] == [first.id, second.id]
    assert run("%video reel kite 2 1 --out both.mp4").duration > second.video.duration
    for line in ("pick kite:1", "pick kite 1", f"pick {first.id}"):
        assert run(f"%video {line}").picked.id == first.id
        run("%video pick kite:2")
    for flag in ("--from kite:1", "--from kite 1", '--from "kite 1"', f"--from {first.id}"):
        assert run(f"%%video seedance {flag} --dry-run\nIt lands").plan.parent == first.id
    with pytest.raises(InvalidRequest, match="kite is a shot: name one of its takes"):
        run("%video pick kite")


def test_takes_and_pick(run: Run, session: Session) -> None:
    """`%video takes kite` shows thumbnails, numbers, changes, prices and states; `pick kite 2` marks take 2."""
    first = run("%%video hailuo --shot kite\nA red kite")
    second = run("%%video hailuo --shot kite\nA blue kite")
    strip = run("%video takes kite")
    assert isinstance(strip, Takes)
    shown = html(strip)
    assert [tag for tag, _ in skeleton(shown)].count("img") == 2
    for expected in ("kite 1", "kite 2", "done · ¥2.00", first.id, second.id):
        assert expected in text(shown)
        assert expected in str(strip)
    assert "★" not in text(shown)
    picked = run("%video pick kite 2")
    assert "kite 2 ★ pick" in text(html(picked))
    assert "pick: kite 2" in str(picked)
    assert "kite 2 ★ pick" in take_text(run("%video show kite 2"))
    assert picked.picked.id == second.id
    assert isinstance(picked, Shot)
    assert "kite" in repr(run("%video takes"))
    assert run("%video show kite").id == second.id
    assert run("%video show kite 1").id == first.id


@pytest.mark.parametrize(
    "line", ["takes kyte", "pick kite 9", "pick kite", "pick kite two", "pick kite:two", "takes kite pond"]
)
def test_a_wrong_line_about_takes_is_refused(run: Run, line: str) -> None:
    """A shot or a number that is not there is an error that names the existing ones."""
    run("%%video hailuo --shot kite\nA red kite")
    with pytest.raises((InvalidRequest, NoSuchJob)):
        run(f"%video {line}")


def test_takes_show_their_prompts_and_whole_pictures(run: Run) -> None:
    """Each take has its prompt, a long one folded; a portrait video has an upright picture, and none is cropped."""
    long = "A grey heron lands on a mirror still pond at the first light, " + "while thin mist drifts " * 5
    run(f"%%video sora --shot heron --aspect-ratio 9:16\n{long}")
    run("%%video sora --shot heron --aspect-ratio 16:9\nA heron")
    strip = html(run("%video takes heron"))
    assert long.strip() in strip
    assert [tag for tag, _ in skeleton(strip)].count("details") == 1
    assert "width:90px;height:160px" in strip
    assert "width:160px;height:90px" in strip
    assert "cover" not in strip


@pytest.mark.parametrize("word", PAYLOADS)
def test_changed_words_add_no_tag(word: str) -> None:
    """A removed or added word adds no tag to the line."""
    plain = changes_html(Changes("kite 1", (Change("", "red", "blue"), Change("style", "a", "b"))))
    strange = changes_html(Changes("kite 1", (Change("", word, word), Change("style", word, word))))
    assert skeleton(strange) == skeleton(plain)


def test_show_draws_the_ancestry(run: Run, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """`%video show` shows the parents and the children; a video without either has no line."""
    first = run("%%video hailuo --shot kite\nA red kite")
    assert not Ancestry(session, first)
    second = run("%%video seedance --from kite\nIt lands")
    line = Ancestry(session, second)
    assert repr(line) == f"{first.id} → {second.id}"
    assert repr(Ancestry(session, first)) == f"{first.id} → {second.id}"
    assert [tag for tag, _ in skeleton(html(line))].count("img") == 2
    assert "responses (this one)" in text(html(line))
    run(f"%video show {second.id}")
    assert f"{first.id} → {second.id}" in capsys.readouterr().out
