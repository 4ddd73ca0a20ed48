"""Several videos from one wish: counted, priced and checked before the first is sent, then made side by side."""

from __future__ import annotations

import asyncio
import sys
import time
import types
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import vidmagic
from tests.patience import ended, until
from vidmagic import api
from vidmagic.errors import InvalidRequest, MissingKey, StillRunning, SweepFailed, TooExpensive
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions, take_options
from vidmagic.session.session import Session
from vidmagic.session.sweep.expand import alternatives, variants
from vidmagic.session.sweep.plan import SweepPlan, check_sweep, plan_sweep, start_sweep
from vidmagic.session.sweep.sweep import Sweep

KITE = "A {{red|blue}} kite"


def submits(sandbox: Sandbox) -> list[str]:
    """Return the prompts that the service saw submitted."""
    return [call.body["prompt"] for call in sandbox.ledger if call.path == "/v1/video_generation"]


def sweep(session: Session, prompt: Any, model: Any = None, **given: Any) -> Sweep:
    """Plan, check and start."""
    options = take_options("sweep", given)
    plan = plan_sweep(session, prompt, model, options, **given)
    check_sweep(session, plan, options)
    return start_sweep(session, plan, options)


# -- combinations


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("a {{red|blue}} kite", ["a red kite", "a blue kite"]),
        ("{{a|b}}{{c|d}}", ["ac", "ad", "bc", "bd"]),
        ("a {{ red | blue }} kite", ["a red kite", "a blue kite"]),
        ("a {{red |}}kite", ["a redkite", "a kite"]),
        ("a {red|blue} kite", ["a {red|blue} kite"]),
        ("a {{colour}} kite", ["a {{colour}} kite"]),
        ("{{红|蓝}}风筝", ["红风筝", "蓝风筝"]),
        ("{{a|b|c}}", ["a", "b", "c"]),
        ("{{a\n|b}}", ["{{a\n|b}}"]),
        ("[左移] {{x|{y}}}", ["[左移] {{x|{y}}}"]),
    ],
)
def test_alternatives_of_a_prompt(prompt: str, texts: list[str]) -> None:
    """Double braces with a bar are several prompts; single braces, names and all else stay as typed."""
    assert [text for text, _ in alternatives(prompt)] == texts


def test_all_combinations_in_order_with_what_sets_them_apart() -> None:
    """The last value changes fastest; what all share is in no label; a list of references is one value."""
    combinations = list(variants(KITE, ["hailuo", "sora"], {"seed": [0, 1], "duration": 6, "reference": ["a", "b"]}))
    assert [variant.label for variant in combinations][:3] == ["hailuo · seed 0 · red", "hailuo · seed 0 · blue",
                                                  "hailuo · seed 1 · red"]  # fmt: skip
    assert len(combinations) == 8
    assert combinations[1].factors == {"model": "hailuo", "seed": "0", "words": "blue"}
    assert combinations[0].given == {"seed": 0, "duration": 6, "reference": ["a", "b"]}
    assert [variant.given["reference"] for variant in variants("x", None, {"reference": [["a"], ["b"]]})] == [
        ["a"],
        ["b"],
    ]
    assert [variant.prompt for variant in variants(["{{a|b}}", "c"], None, {})] == ["{{a|b}}", "c"]


@pytest.mark.parametrize(
    ("prompt", "given"),
    [
        (KITE, {"seed": range(10**12)}),
        ("x", {"seed": list(range(300_000))}),
        ("x", {"seed": range(101), "duration": range(100)}),
        (" ".join(["{{a|b}}"] * 60), {}),
    ],
    ids=["range", "list", "product", "prompt"],
)
def test_too_many_combinations_are_counted_not_made(prompt: str, given: dict[str, Any]) -> None:
    """A sweep of more than ten thousand is refused by its count, however large: nothing is expanded for it."""
    with pytest.raises(InvalidRequest, match=r"combinations; a sweep takes at most 10,000"):
        next(variants(prompt, "hailuo", given))


# -- checks before anything is sent


def test_counted_and_priced_by_currency(session: Session) -> None:
    """The sum is exact and by currency; a price that nobody knows is counted, never taken for free."""
    plan = plan_sweep(session, KITE, ["hailuo", "sora", "hailuo-02"])
    assert plan.sums == {"CNY": Decimal("4.00"), "USD": Decimal("0.30")}
    assert plan.unknown == 2
    assert plan.cost == "¥4.00, $0.30 and 2 of unknown price (estimate)"
    assert plan.summary.startswith("6 videos: ")


def test_one_bad_combination_refuses_all(session: Session, sandbox: Sandbox) -> None:
    """Every problem is named with the combination it belongs to, and not one job is sent or written down."""
    with pytest.raises(InvalidRequest) as refused:
        sweep(session, KITE, "hailuo", duration=[6, 7, 10], resolution=["768P", "1080P"])
    message = refused.value.message
    assert "duration 7" in message
    assert "must be 6 or 10 s, not 7" in message
    assert "duration 10 · resolution 1080P" in message
    assert (sandbox.ledger, session.jobs()) == ([], [])
    with pytest.raises(InvalidRequest, match="hailuo: hailuo has no seed"):
        sweep(session, "a kite", ["hailuo", "seedance"], seed=1)
    with pytest.raises(InvalidRequest, match="empty"):
        sweep(session, "a kite", "hailuo", duration=[])


def test_without_one_of_the_keys_none_is_sent(
    session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key of the last model stops the first one too."""
    monkeypatch.delenv("APIYI_API_KEY")
    with pytest.raises(MissingKey):
        sweep(session, "a kite", ["hailuo", "sora"])
    assert (sandbox.ledger, session.jobs()) == ([], [])


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("3.99", "¥4.00 are above the limit"),
        ("3.99CNY", "above the limit of 3.99CNY"),
        ("100USD", "are in CNY, and the limit is 100USD"),
    ],
)
def test_max_cost_is_for_the_sum(session: Session, sandbox: Sandbox, limit: str, message: str) -> None:
    """Two videos of 2 CNY are 4 CNY; a limit in one currency refuses another."""
    with pytest.raises(TooExpensive, match=message):
        sweep(session, KITE, "hailuo", max_cost=limit)
    session.settings.max_cost = limit
    with pytest.raises(TooExpensive, match=message):
        sweep(session, KITE, "hailuo")
    assert sandbox.ledger == []


def test_max_cost_refuses_unknown_prices_and_lets_the_exact_sum_pass(session: Session, sandbox: Sandbox) -> None:
    """A bare number is for each currency by itself."""
    with pytest.raises(TooExpensive, match="unknown"):
        sweep(session, KITE, "hailuo-02", max_cost="100")
    assert sandbox.ledger == []
    assert len(sweep(session, KITE, ["hailuo", "sora"], max_cost="4").result(20)) == 4


def test_a_large_sweep_must_be_confirmed(session: Session, sandbox: Sandbox) -> None:
    """Above the limit it is refused with its count and its price; `yes` confirms, and so does nothing else."""
    session.settings.sweep_limit = 1
    with pytest.raises(InvalidRequest, match=r"2 videos: ¥4.00 \(estimate\); that is more than 1 at once") as refused:
        sweep(session, KITE, "hailuo")
    assert "--yes" in refused.value.hint
    with pytest.raises(InvalidRequest):
        sweep(session, KITE, "hailuo", max_cost="1000")
    assert sandbox.ledger == []
    assert len(sweep(session, KITE, "hailuo", yes=True).result(20)) == 2
    assert len(sweep(session, KITE, "hailuo")) == 2  # made before: nothing new to confirm
    assert len(submits(sandbox)) == 2


def test_a_dear_sweep_must_be_confirmed(session: Session, sandbox: Sandbox) -> None:
    """The setting `sweep_cost` asks above a sum, and where a price is unknown; by itself it refuses nothing."""
    session.settings.sweep_cost = "3CNY"
    for model in ("hailuo", "hailuo-02", "sora"):
        with pytest.raises(InvalidRequest, match="the limit"):
            sweep(session, KITE, model)
    assert sandbox.ledger == []
    assert len(sweep(session, f"[[sandbox: fail]] {KITE}", "hailuo", yes=True)) == 2


# -- side by side


def test_a_sweep_is_a_sequence_of_jobs(session: Session, sandbox: Sandbox) -> None:
    """Length, items, slices; the videos come in the order of the combinations, and each request is sent once."""
    jobs = sweep(session, KITE, "hailuo")
    assert (len(jobs), jobs[0].prompt, len(jobs[1:])) == (2, "A red kite", 1)
    videos = jobs.result(20)
    assert [video.job_id for video in videos] == [job.id for job in jobs]
    assert sorted(submits(sandbox)) == ["A blue kite", "A red kite"]
    assert jobs.error is None
    assert all(job.id in repr(jobs) for job in jobs)


def test_equal_combinations_are_made_once(session: Session, sandbox: Sandbox) -> None:
    """Two names of one request are one video, although `again` is given."""
    jobs = sweep(session, "A kite", ["hailuo", "dmxapi/MiniMax-Hailuo-2.3"], duration=[6, "6"], again=True)
    ended(jobs[0])
    assert (len(jobs), len(submits(sandbox))) == (1, 1)


def test_what_was_made_before_costs_nothing(session: Session, sandbox: Sandbox) -> None:
    """A sweep sends and counts only what is missing; `again` sends all of it."""
    ended(session.start("A red kite", "hailuo"))
    plan = plan_sweep(session, KITE, "hailuo")
    assert (plan.made, plan.cost) == ((True, False), "¥2.00 (estimate)")
    check_sweep(session, plan, RunOptions(max_cost="2"))
    jobs = start_sweep(session, plan)
    jobs.result(20)
    assert [job.reused for job in jobs] == [True, False]
    assert len(submits(sandbox)) == 2
    assert plan_sweep(session, KITE, "hailuo").cost == "nothing: all were made before"
    assert plan_sweep(session, KITE, "hailuo", RunOptions(again=True)).cost == "¥4.00 (estimate)"


def test_one_failure_leaves_the_others_alone(session: Session) -> None:
    """The videos that were made are there; the error names the ones that were not, and what they cost."""
    jobs = sweep(session, ["A red kite", "[[sandbox: fail]] A kite", "[[sandbox: refuse]] A kite"], "hailuo")
    with pytest.raises(SweepFailed) as failed:
        jobs.result(20)
    assert [job.state for job in jobs] == ["done", "failed", "rejected"]
    assert jobs[0].video.path.is_file()
    assert failed.value.message.startswith("2 of 3 have no video: ")
    assert jobs[1].id in failed.value.message
    assert jobs[2].id in failed.value.message
    assert failed.value.charged == jobs[1].charged
    assert 1 <= len(failed.value.lines()) <= 3


def test_waiting_cancelling_and_awaiting(session: Session, sandbox: Sandbox) -> None:
    """A wait may end before the jobs do; cancel stops all that run; `await` gives the videos."""
    sandbox.seconds = 30
    jobs = sweep(session, KITE, "hailuo")
    with pytest.raises(StillRunning, match="2 of 2 still run"):
        jobs.result(0.05)
    until(lambda: len(submits(sandbox)) == 2)
    jobs.cancel()
    until(lambda: jobs.ended)
    assert {job.state for job in jobs} == {"cancelled"}
    sandbox.seconds = 0.2

    async def awaited() -> list[Any]:
        return await sweep(session, "A {{green|grey}} kite", "hailuo")

    assert len(asyncio.run(awaited())) == 2


def test_the_table_of_a_sweep(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rows` and a DataFrame hold what differs, what became of each and where it is; pandas is asked for at its use."""
    jobs = sweep(session, ["A kite", "[[sandbox: fail]] A kite"], "hailuo", duration=10)
    until(lambda: jobs.ended)
    rows = jobs.rows()
    assert [(row["duration"], row["state"], row["estimate"]) for row in rows] == [
        (10, "done", "¥4.00"), (10, "failed", "¥4.00"),
    ]  # fmt: skip
    assert [Path(row["path"]).is_file() for row in rows] == [True, False]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError):
        jobs.to_dataframe()
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=list))
    assert jobs.to_dataframe() == rows


def test_a_chain_may_be_swept(session: Session, sandbox: Sandbox) -> None:
    """All variants start from the same last frame, which is read once and held once."""
    first = ended(session.start("A kite", "hailuo", RunOptions(shot="kite")))
    plan = plan_sweep(session, "it {{lands|rises}}", "seedance", RunOptions(from_="kite"))
    assert {variant.parent for variant in plan.plans} == {first.id}
    one, two = (variant.request.inputs[0] for variant in plan.plans)
    assert one is two


def test_the_service_never_has_more_than_its_limit(session: Session, sandbox: Sandbox) -> None:
    """Forty jobs for a service that takes thirty at once: never more than thirty are there, and all have their turn."""
    sandbox.seconds = 0.5
    jobs = sweep(session, [f"[[sandbox: fail]] Kite {number}" for number in range(40)], "sora", yes=True)
    most = 0
    end = time.monotonic() + 30
    while not jobs.ended:
        assert time.monotonic() < end
        most = max(most, sum(job.state in {"sending", "accepted", "running"} for job in jobs))
        time.sleep(0.01)
    assert {job.state for job in jobs} == {"failed"}
    assert 0 < most <= 30


def test_a_dry_run_lists_them(session: Session, sandbox: Sandbox) -> None:
    """The plan itself lists every combination with its price, and nothing is sent for it."""
    plan: SweepPlan = plan_sweep(session, KITE, "hailuo", duration=[6, 10])
    shown = str(plan.table())
    assert "4 videos: ¥12.00 (estimate)" in shown
    assert shown.count("¥4.00") == 2
    assert "duration 10 · blue" in shown
    assert (sandbox.ledger, session.jobs()) == ([], [])


def test_the_package_s_own_sweep(monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    """`vidmagic.sweep` is the function, whatever was imported before, and takes the run options."""
    monkeypatch.setattr(api, "_session", lambda: session)
    jobs = vidmagic.sweep(KITE, model="hailuo", shot="kite", max_cost="4")
    assert len(jobs.result(20)) == 2
    assert [str(job.take) for job in vidmagic.shot("kite")] == ["kite 1", "kite 2"]
    with pytest.raises(InvalidRequest):
        vidmagic.sweep([f"kite {number}" for number in range(13)], model="hailuo")
