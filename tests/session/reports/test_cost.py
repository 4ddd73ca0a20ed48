"""`%video cost` adds up what may have been charged, and nothing else."""

from __future__ import annotations

import pytest

from tests.patience import ended
from vidmagic.engine.journal.figures import spent
from vidmagic.errors import InvalidRequest
from vidmagic.sandbox import Sandbox
from vidmagic.session.reports.cost import COLUMNS, cost
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


def test_totals_by_service_model_and_day(session: Session) -> None:
    """Two of one model add up, another currency stands apart, refusals and sandbox jobs are left out."""
    ended(session.start("a red kite", "hailuo"))
    ended(session.start("a blue kite", "hailuo"))
    ended(session.start("a green kite", "sora"))
    ended(session.start("a kite of unknown price", "hailuo-02"))
    ended(session.start("[[sandbox: refuse]] a kite", "hailuo"))
    ended(session.start("a rehearsed kite", "hailuo", RunOptions(sandbox=True)))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in cost(spent(session.store)).rows]
    by_model = {row["model"]: row for row in rows if row["model"]}
    assert by_model["MiniMax-Hailuo-2.3"]["estimated"] == "¥4.00"
    assert by_model["MiniMax-Hailuo-2.3"]["jobs"] == "2"
    assert by_model["sora_video2"]["estimated"] == "$0.15"
    assert by_model["MiniMax-Hailuo-02"]["estimated"] == "price unknown"
    assert [row["estimated"] for row in rows if row["day"] == "all"] == ["¥4.00", "$0.15"]


def test_a_lost_answer_is_counted_as_doubtful(session: Session) -> None:
    """A job of unknown outcome may be charged: it is in the totals and marked."""
    ended(session.start("[[sandbox: drop]] a kite", "hailuo"))
    (row,) = spent(session.store)
    assert (row.jobs, row.doubtful) == (1, 1)


def test_reported_credits_stand_apart(session: Session) -> None:
    """What Vidu reports is added up in its own unit and never as money."""
    pictures = {"image": "https://pictures.example/a.png", "last_image": "https://pictures.example/b.png"}
    job = ended(session.start("a kite", "vidu", **pictures))
    (row,) = spent(session.store)
    assert row.credits == float(job.record.reported["credits"])
    assert cost([row]).rows[0][4] == "price unknown"


def test_nothing_spent(session: Session) -> None:
    """An empty journal says so."""
    assert "No job was charged" in str(cost(spent(session.store)))


def test_upscale_takes_a_finished_vidu_video_and_nothing_else(session: Session, sandbox: Sandbox) -> None:
    """The creation's id goes out; the same upscale again is free; a job of another service is refused."""
    first = ended(session.start("a red kite", "vidu"))
    larger = ended(session.upscale(first.id))
    assert larger.video.path.is_file()
    assert session.upscale(first.id).id == larger.id
    bodies = [
        call.body for call in sandbox.ledger if isinstance(call.body, dict) and call.body.get("type") == "upscale"
    ]
    assert [body["input"]["creation_id"] for body in bodies] == [first.record.reported["creation_id"]]
    with pytest.raises(InvalidRequest, match="only a finished video of Vidu"):
        session.upscale(ended(session.start("a kite", "hailuo")).id)


@pytest.mark.parametrize("duration", [4, 8])
def test_an_upscale_names_the_length_of_its_video(session: Session, sandbox: Sandbox, duration: int) -> None:
    """The length decides the bill: an upscale sends that of the video, and remembers it for its own upscale."""
    first = ended(session.start("a red kite", "vidu1.5", duration=duration))
    larger = ended(session.upscale(first.id))
    assert larger.record.params["duration"] == duration
    bodies = [call.body for call in sandbox.ledger if isinstance(call.body, dict)]
    lengths = [body["output_params"]["duration"] for body in bodies if body.get("type") == "upscale"]
    assert lengths == [duration]
