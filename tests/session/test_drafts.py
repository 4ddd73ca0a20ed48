"""Drafts: the cheapest version of a request, marked as such; `finish` makes the full one from it, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.patience import ended
from vidmagic.engine.download.sidecar import read_sidecars
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.notebook.card.job_content import status, status_html
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.sandbox import Sandbox
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import RunOptions, take_options
from vidmagic.session.session import Session

KITE = "A red kite over the sea"


def draft(session: Session, model: str, prompt: str = KITE, **given: Any) -> Plan:
    """Plan a draft."""
    return session.plan(prompt, model, RunOptions(draft=True), **given)


def drafted(session: Session, model: str, prompt: str = KITE, **given: Any) -> Job:
    """Make a draft."""
    options = take_options("generate", given := {"draft": True, **given})
    return ended(session.start(prompt, model, options, **given))


def values(plan: Plan) -> dict[str, Any]:
    """Return what a draft may make smaller."""
    return {name: plan.request.params.get(name) for name in ("resolution", "mode", "duration") if name in
            plan.request.params}  # fmt: skip


# -- what a draft is


@pytest.mark.parametrize(
    ("model", "given", "smaller"),
    [
        ("seedance", {}, {"resolution": "480p", "duration": 4}),
        ("seedance", {"duration": 8}, {"resolution": "480p", "duration": 8}),
        ("seedance", {"resolution": "1080p"}, {"resolution": "1080p", "duration": 4}),
        ("seedance", {"duration": -1, "auto_duration": True}, {"resolution": "480p", "duration": -1}),
        ("kling-video", {}, {"mode": "std", "duration": 3}),
        ("pixverse", {}, {"resolution": "360p", "duration": 1}),
        ("vidu", {}, {"resolution": "512", "duration": 4}),
        ("h3", {}, {"resolution": "768P", "duration": 5}),
    ],
)
def test_the_smallest_picture_and_the_shortest_length(
    session: Session, model: str, given: dict[str, Any], smaller: dict[str, Any]
) -> None:
    """What was typed stays as typed; where the service makes the draft itself anew, the length stays too."""
    assert values(draft(session, model, **given)) == smaller


def test_every_model_has_a_draft_that_its_tables_allow(session: Session) -> None:
    """For every model that makes videos of text alone: never dearer than the full version, and refused by nothing."""
    for model in session.catalog:
        if model.mode({}) is None or model.longest_prompt == 0:
            continue
        full, small = session.plan(KITE, model.short), draft(session, model.short)
        assert session.plan(KITE, model.short, **small.request.params).request.params == small.request.params
        if full.price is not None and small.price is not None and not model.finish_mode:
            assert small.price.amount <= full.price.amount


def test_price_beside_price(session: Session) -> None:
    """A dry run shows what the draft costs, what the full version does, and what differs."""
    shown = str(DryRun(draft(session, "seedance")))
    assert "draft ¥0.64 (estimate) · full ¥1.73 (estimate): `%video finish ID`" in shown
    assert "duration 4 s instead of 5 s, resolution 480p instead of 720p, seed" in shown
    assert "full about ¥1.50" in str(DryRun(draft(session, "h3")))  # made anew from the draft


def test_where_nothing_is_cheaper(session: Session) -> None:
    """Where a draft would be the very video, nothing is marked and the note says so."""
    plan = draft(session, "sora")
    assert plan.full is None
    assert plan.notes[-1] == "--draft changes nothing: sora makes nothing cheaper of this request"
    assert not session.planner.record(plan).draft


def test_a_draft_is_bought_once(session: Session, sandbox: Sandbox) -> None:
    """The seed that it shares with the full version is the same whenever the cell runs; a typed one stays."""
    first, second = drafted(session, "seedance"), drafted(session, "seedance")
    assert first.id == second.id
    assert sum(bool(call.accepted) for call in sandbox.ledger) == 1
    assert first.params["seed"] > 0
    assert draft(session, "seedance", seed=7).request.params["seed"] == 7
    assert "seed" not in draft(session, "hailuo", duration=10).request.params


def test_a_draft_is_marked(session: Session) -> None:
    """On the card, in the record and in the file beside the video."""
    job = drafted(session, "seedance")
    assert "done (draft)" in status(job)
    assert f"%video finish {job.id}" in status_html(job)
    [sidecar] = read_sidecars(Path(job.record.path).parent)
    assert isinstance(sidecar, Record)
    assert (sidecar.draft, sidecar.full) == (True, job.record.full)


# -- the full version


def test_the_same_request_in_full(session: Session, sandbox: Sandbox) -> None:
    """Same prompt, same seed, full size; running it twice buys it once, and both are takes of one shot."""
    job = drafted(session, "seedance", shot="pond", duration=8)
    plan, _ = session.plan_finish(job)
    assert plan.request.params == {**job.params, "resolution": "720p"}
    assert f"seed {job.params['seed']} as job {job.id}: similar, but not the same video" in plan.notes[-2]
    assert plan.notes[-1] == "changed: resolution 480p → 720p"
    full = ended(job.finish())
    assert (full.record.finished_from, str(full.take), full.record.draft) == (job.id, "pond 2", False)
    assert job.finish().id == full.id
    assert ended(session.start(KITE, "seedance", duration=8, seed=job.params["seed"])).id == full.id
    assert session.plan_finish(job, RunOptions(take=2))[0].notes[-3] == "take 2 of this request"


def test_h3_makes_the_draft_anew(session: Session) -> None:
    """The service gets the draft itself, by a fresh link, with the very prompt; one video, however often it runs."""
    job = drafted(session, "h3")
    full = ended(job.finish())
    assert (full.record.mode, full.record.wire_name) == ("regenerate", "MiniMax-H3-video_regeneration")
    assert full.record.images[0]["job"] == job.id
    assert (full.params, full.record.finished_from) == ({"resolution": "2K", "aigc_watermark": False}, job.id)
    assert job.finish().id == full.id
    assert any("anew, larger" in note for note in full.notes)
    other = session.plan_finish(job, duration=10)[0]  # another length is another video
    assert (other.request.mode, other.request.params["duration"]) == ("text", 10)


def test_inputs_are_the_very_same(session: Session) -> None:
    """A first frame is read again, and refused where it has changed or is gone; another one must be named."""
    Image.new("RGB", (640, 400), "red").save("first.png")
    job = drafted(session, "seedance", image="first.png")
    assert session.plan_finish(job)[0].request.inputs[0].digest == job.record.images[0]["sha256"]
    Image.new("RGB", (640, 400), "blue").save("first.png")
    with pytest.raises(InvalidRequest, match="has changed: give the same one"):
        session.plan_finish(job)
    Path("first.png").unlink()
    with pytest.raises(InvalidRequest, match="is not a file here") as refused:
        session.plan_finish(job)
    assert "--image FILE" in refused.value.hint
    Image.new("RGB", (640, 400), "blue").save("second.png")
    plan, _ = session.plan_finish(job, image="second.png")
    assert plan.notes[-1].endswith("first frame")


def test_a_chain_is_finished_from_the_same_frame(session: Session) -> None:
    """A draft that starts from another video is finished from that video's last frame."""
    first = ended(session.start(KITE, "hailuo", RunOptions(shot="kite")))
    job = drafted(session, "seedance", "it lands", from_="kite")
    plan, _ = session.plan_finish(job)
    assert (plan.parent, plan.request.inputs[0].digest) == (first.id, job.record.images[0]["sha256"])


def test_limits_hold(session: Session, sandbox: Sandbox) -> None:
    """The limit of cost is for the full version; what has no video, or was not made by --draft, is refused."""
    job = drafted(session, "seedance")
    with pytest.raises(TooExpensive):
        job.finish(max_cost="1")
    with pytest.raises(InvalidRequest, match="dry_run"):
        job.finish(dry_run=True)
    plain = ended(session.start(KITE, "hailuo"))
    with pytest.raises(InvalidRequest, match="was not made by --draft: say what the full video has"):
        plain.finish()
    assert session.plan_finish(plain, duration=10)[0].request.params["duration"] == 10
    failed = drafted(session, "seedance", "[[sandbox: fail]] A kite")
    with pytest.raises(InvalidRequest, match="has no video yet: it is failed"):
        failed.finish()
