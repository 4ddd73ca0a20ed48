"""The card of a sweep: a line for each job while it is live, all videos side by side at the end."""

from __future__ import annotations

import re

import pytest

from tests.notebook.cells import Run
from tests.patience import ended, until
from tests.skeleton import skeleton, text
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.card.sweep_content import LINES, ended_html, headline, lines_html
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session
from vidmagic.session.sweep.sweep import Sweep


def test_the_card_of_a_sweep(run: Run, session: Session) -> None:
    """A live card has a line for each job; at the end it shows the videos side by side, and why others are missing."""
    sweep = run("%%video hailuo --background --shot kite\n{{[[sandbox: fail]]|A red|A blue}} kite")
    assert len(sweep) == 3
    assert all(job.id in lines_html(sweep) for job in sweep)
    until(lambda: sweep.ended, 20)
    assert headline(sweep) == "2 of 3 done · 1 failed"
    shown = ended_html(sweep, quiet=False)
    assert [tag for tag, _ in skeleton(shown)].count("video") == 2
    assert sweep[0].id in text(shown)
    assert [tag for tag, _ in skeleton(ended_html(sweep, quiet=True))].count("video") == 0
    assert [str(job.take) for job in sweep] == ["kite 1", "kite 2", "kite 3"]


def test_a_large_sweep_has_a_small_card(session: Session, sandbox: Sandbox) -> None:
    """Of many jobs only those that run or failed have a line, and no more than a screenful."""
    jobs = [ended(session.start(f"[[sandbox: refuse]] kite {number}", "hailuo")) for number in range(LINES + 4)]
    sweep = Sweep(jobs, [f"kite {number}" for number in range(len(jobs))])
    assert lines_html(sweep).count("<tr>") == LINES
    assert ended_html(sweep, quiet=False).count("<video") == 0


def test_the_notebook_carries_all_videos_of_a_sweep_or_none(run: Run, session: Session) -> None:
    """Together they stay within the limit for one video, unless `--embed` asks for them."""
    sweep = run("%%video hailuo\nA {{red|blue}} kite")
    session.settings.embed_limit = max(video.size for video in sweep.result()) * 1.5 / 2**20
    shown = ended_html(Sweep([session.get(job.id) for job in sweep], sweep.labels), quiet=False)
    assert shown.count("data:video/mp4") == 0
    assert shown.count('src="videos/') == 2
    embedded = run("%%video hailuo --embed\nA {{red|blue}} kite")
    assert ended_html(embedded, quiet=False).count("data:video/mp4") == 2


def test_captions_at_the_end_are_those_of_the_live_rows(run: Run) -> None:
    """While it runs and at its end a video of a sweep is named by what sets it apart, and by nothing else."""
    sweep = run("%%video hailuo,seedance --wait\nA kite")
    captions = re.findall(r"<strong>\d+</strong> <bdi>(.*?)</bdi>", ended_html(sweep, quiet=False))
    assert captions == ["hailuo", "seedance"]
    assert all(f"<bdi>{caption}</bdi>" in lines_html(sweep) for caption in captions)


def test_two_factors_are_a_table_while_it_runs_and_at_its_end(run: Run) -> None:
    """The same headings of rows and columns in the same order; a cell holds its job, then its video."""
    sweep = run("%%video hailuo --resolution 768P,1080P --background\nA {{red|[[sandbox: fail]]blue}} kite")
    until(lambda: sweep.ended, 30)
    heads = re.compile(r'<th scope="(col|row)"[^>]*><bdi>(.*?)</bdi></th>')
    shown = ended_html(sweep, quiet=False)
    assert heads.findall(shown) == heads.findall(lines_html(sweep)) == [
        ("col", "red"), ("col", "[[sandbox: fail]]blue"), ("row", "resolution 768P"), ("row", "resolution 1080P")
    ]  # fmt: skip
    fields = re.findall(r"<td[^>]*>(.*?)</td>", lines_html(sweep))
    assert [sweep[at].id in field for at, field in enumerate(fields[1:])] == [True] * 4
    fields = re.findall(r"<td[^>]*>(.*?)</td>", shown, re.DOTALL)[1:]
    assert ["<video" in field for field in fields] == [True, False, True, False]
    assert "sandbox" in fields[1]


def test_a_grid_is_chosen_by_its_factors(run: Run, sandbox: Sandbox) -> None:
    """`--grid` names rows and columns; a wrong name, or one video alone, is refused before anything is sent."""
    sandbox.ledger.clear()
    with pytest.raises(InvalidRequest, match="the factors here are model and words"):
        run("%%video hailuo,seedance --grid model×colour\nA {{red|blue}} kite")
    with pytest.raises(InvalidRequest, match="needs several values"):
        run("%%video hailuo --grid model×seed\nA kite")
    assert sandbox.ledger == []
    sweep = run("%%video hailuo,seedance --grid red|blue×model --wait\nA {{red|blue}} kite")
    assert (sweep.layout.rows, sweep.layout.columns) == (("red", "blue"), ("hailuo", "seedance"))
    assert sweep.grid(rows="model").layout.rows == ("hailuo", "seedance")
