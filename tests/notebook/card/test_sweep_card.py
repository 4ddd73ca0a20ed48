"""The card of a sweep: a line for each job while it is live, all videos side by side at the end."""

from __future__ import annotations

import re

from tests.notebook.cells import Run
from tests.patience import ended, until
from tests.skeleton import skeleton, text
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
    assert "script" not in {tag for tag, _ in skeleton(shown)}
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
    sweep = run("%%video hailuo,seedance --wait\nA {{red|blue}} kite")
    captions = re.findall(r"<strong>\d+</strong> <bdi>(.*?)</bdi>", ended_html(sweep, quiet=False))
    assert captions == ["hailuo · red", "hailuo · blue", "seedance · red", "seedance · blue"]
    assert all(f"<bdi>{caption}</bdi>" in lines_html(sweep) for caption in captions)
