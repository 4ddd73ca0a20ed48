"""`%%video` and `%video` in a real IPython: each flag of the contract has its effect."""

from __future__ import annotations

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.notebook.cells import Run, submits
from tests.patience import until
from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, NoSuchJob, Refused, TooExpensive, VidmagicError
from vidmagic.notebook.magics import magics
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


def test_a_cell_is_a_job_and_the_value_of_the_cell(run: Run, shell: InteractiveShell, sandbox: Sandbox) -> None:
    """The body is the prompt, flags are parameters, and `_` and `Out[n]` are the job."""
    job = run("%%video hailuo --duration 10 --no-prompt-optimizer\nA red kite\nover the sea\n")
    assert isinstance(job, Job)
    assert shell.user_ns["_"] is job
    assert shell.user_ns["Out"][1] is job
    (body,) = submits(sandbox)
    assert body["prompt"] == "A red kite\nover the sea"
    assert (body["duration"], body["prompt_optimizer"]) == (10, False)
    assert job.video.path.is_file()


def test_out_names_a_variable(run: Run, shell: InteractiveShell) -> None:
    """`--out kite` puts the job into `kite`, and `-o` does too."""
    run("%%video hailuo --out kite\nA red kite")
    run("%%video hailuo -o lake\nA blue lake")
    assert shell.user_ns["kite"].prompt == "A red kite"
    assert shell.user_ns["lake"].prompt == "A blue lake"


def test_background_returns_before_the_video_and_wait_after_it(run: Run, sandbox: Sandbox) -> None:
    """`-b` returns while the job runs; `-w` holds the cell until the video is finished."""
    sandbox.seconds = 1.5
    running = run("%%video hailuo -b\nA red kite")
    assert not running.ended
    done = run("%%video hailuo -w\nA blue kite")
    assert done.state == "done"
    until(lambda: running.ended)


@pytest.mark.parametrize(("setting", "ended"), [("always", True), ("never", False), ("auto", True)])
def test_without_a_flag_the_setting_decides_whether_a_cell_waits(
    run: Run, sandbox: Sandbox, setting: str, ended: bool
) -> None:
    """`wait` is always, never or auto; in a terminal auto waits."""
    sandbox.seconds = 1.0
    run(f"%config VideoMagics.wait = '{setting}'")
    job = run("%%video hailuo\nA red kite")
    assert job.ended is ended
    until(lambda: job.ended)


def test_the_same_cell_again_is_free_and_again_buys(run: Run, sandbox: Sandbox) -> None:
    """A second run sends nothing and says so; `--again` sends."""
    first = run("%%video hailuo\nA red kite")
    second = run("%%video hailuo\nA red kite")
    assert second.id == first.id
    assert second.reused
    assert len(submits(sandbox)) == 1
    third = run("%%video hailuo --again\nA red kite")
    assert third.id != first.id
    fourth = run("%%video hailuo -a\nA red kite")
    assert fourth.id not in {first.id, third.id}
    assert len(submits(sandbox)) == 3


def test_dry_run_sends_nothing(run: Run, sandbox: Sandbox) -> None:
    """`--dry-run` shows the resolved prompt, the final request and the price, and no call is made."""
    run("colour = 'red'")
    plan = run("%%video hailuo --dry-run --resolution 1080P\nA {{colour}} kite")
    assert isinstance(plan, DryRun)
    assert plan.body == {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "A red kite",
        "duration": 6,
        "resolution": "1080P",
        "prompt_optimizer": True,
        "fast_pretreatment": False,
        "aigc_watermark": False,
    }
    assert "¥3.50" in str(plan)
    assert json.dumps("A red kite") in str(plan)
    assert sandbox.ledger == []


@pytest.mark.parametrize("limit", ["1", "1.99CNY", "5USD"])
def test_max_cost_refuses(run: Run, sandbox: Sandbox, limit: str) -> None:
    """An estimate above the limit, or in another currency, is refused before anything is sent."""
    with pytest.raises(TooExpensive):
        run(f"%%video hailuo --max-cost {limit}\nA red kite")
    assert sandbox.ledger == []


def test_max_cost_refuses_an_unknown_price_and_lets_a_lower_one_pass(run: Run, sandbox: Sandbox) -> None:
    """Nobody published a price for hailuo-02; 2 CNY is exactly what hailuo costs."""
    with pytest.raises(TooExpensive):
        run("%%video hailuo-02 --max-cost 100\nA red kite")
    assert run("%%video hailuo --max-cost 2CNY\nA red kite").state == "done"
    run("%config VideoMagics.max_cost = '1'")
    with pytest.raises(TooExpensive):
        run("%%video hailuo\nA blue kite")
    assert len(submits(sandbox)) == 1


def test_sandbox_flag_wins_over_a_key(run: Run, sandbox: Sandbox) -> None:
    """`--sandbox` runs the job in the embedded sandbox: the service gets no request, and the job is marked."""
    run("%config VideoMagics.sandbox_seconds = 0.2")
    job = run("%%video hailuo --sandbox\nA red kite")
    assert job.record.in_sandbox
    assert job.charged == "no"
    assert sandbox.ledger == []


def test_embed_and_no_embed_override_the_policy(run: Run) -> None:
    """The same video is put into the notebook or linked, as the flag says."""
    embedded = run("%%video hailuo --embed\nA red kite").video._repr_mimebundle_()[0]["text/html"]
    linked = run("%%video hailuo --no-embed\nA red kite").video._repr_mimebundle_()[0]["text/html"]
    assert 'src="data:video/mp4' in embedded
    assert 'src="videos/' in linked


def test_raw_leaves_braces_alone(run: Run, sandbox: Sandbox) -> None:
    """`--raw` sends double braces as typed; without it they take a variable's value, and only they."""
    run("colour = 'red'")
    run("%%video hailuo --raw\nA {{colour}} kite")
    run("%%video hailuo\nA {{colour}} {kite} for $5")
    assert [body["prompt"] for body in submits(sandbox)] == ["A {{colour}} kite", "A red {kite} for $5"]


def test_quiet_gives_no_video_but_the_variable(run: Run, shell: InteractiveShell) -> None:
    """`-q` with `-o` returns nothing to show; without `-o` it is refused."""
    assert run("%%video hailuo -q -o kite\nA red kite") is None
    assert shell.user_ns["kite"].state == "done"
    with pytest.raises(InvalidRequest):
        run("%%video hailuo -q\nA red kite")


def test_the_line_is_not_expanded_by_ipython(run: Run, sandbox: Sandbox, shell: InteractiveShell) -> None:
    """`{expr}` and `$name` in the line are not evaluated."""
    run("hits = []; x = 'hailuo'")
    with pytest.raises(InvalidRequest):
        run("%%video {hits.append(1)}\nA red kite")
    with pytest.raises(InvalidRequest):
        run("%%video $x\nA red kite")
    assert shell.user_ns["hits"] == []
    assert sandbox.ledger == []


def test_values_may_be_quoted(run: Run, shell: InteractiveShell) -> None:
    """Quotes hold a value together and do not become part of it."""
    run("%%video 'hailuo' --duration \"10\" -o 'kite'\nA red kite")
    assert shell.user_ns["kite"].params["duration"] == 10


@pytest.mark.parametrize(
    "line",
    [
        "hailuo --durations 6",
        "hailuo --dur 6",
        "hailuo --duration 6 --duration 10",
        "hailuo --seed 1",
        "hailou",
        "hailuo a",
    ],
)
def test_a_wrong_line_is_refused_before_anything_is_sent(run: Run, sandbox: Sandbox, line: str) -> None:
    """Unknown, abbreviated and repeated flags, flags of other models and stray words are errors."""
    with pytest.raises(InvalidRequest):
        run(f"%%video {line}\nA red kite")
    assert sandbox.ledger == []


def test_a_refusal_by_the_service_fails_the_cell(run: Run) -> None:
    """The error has the service's message, in one to three lines; nothing is charged."""
    with pytest.raises(Refused) as refused:
        run("%%video hailuo\n[[sandbox: refuse]] A red kite")
    assert refused.value.charged == "no"
    assert 1 <= len(refused.value._render_traceback_()) <= 3


def test_models_jobs_show_and_help(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb answers: models and their parameters, the jobs, one job, the help."""
    job = run("%%video hailuo\nA red kite")
    assert "dmxapi/MiniMax-Hailuo-2.3" in repr(run("%video models"))
    assert "--prompt-optimizer" in repr(run("%video models hailuo"))
    assert job.id in repr(run("%video jobs"))
    assert run(f"%video show {job.id[:4]}").id == job.id
    with pytest.raises(NoSuchJob):
        run("%video show zzzzzzzz")
    run("%video")
    assert "%video resume" in capsys.readouterr().out


def test_resume_wait_and_cancel(run: Run, sandbox: Sandbox) -> None:
    """A cancelled job is resumed without a submit, as the take that it is; wait joins what runs."""
    sandbox.seconds = 4
    job = run("%%video hailuo -b --shot kite\nA red kite")
    until(lambda: job.task_id)
    run(f"%video cancel {job.id}")
    until(lambda: job.ended)
    assert job.state == "cancelled"
    run("%config VideoMagics.wait = 'never'")
    again = run(f"%video resume {job.id}")
    assert run("%video wait").id == job.id
    assert (again.state, str(again.take)) == ("done", "kite 1")
    assert len(submits(sandbox)) == 1


def test_loading_twice_unloading_and_reloading(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading is silent and idempotent, unloading removes everything, reloading leaves one set of settings."""
    shell.run_line_magic("load_ext", "vidmagic")
    assert capsys.readouterr().out == ""
    shell.run_line_magic("reload_ext", "vidmagic")
    loaded = [configurable for configurable in shell.configurables if isinstance(configurable, magics.VideoMagics)]
    assert len(loaded) == 1
    shell.run_line_magic("unload_ext", "vidmagic")
    assert "video" not in shell.magics_manager.magics["cell"]
    assert "video" not in shell.magics_manager.magics["line"]
    assert not [configurable for configurable in shell.configurables if isinstance(configurable, magics.VideoMagics)]


def test_config_names_the_choices(run: Run, session: Session) -> None:
    """A wrong setting is refused with what is allowed, and the old value stays."""
    with pytest.raises(Exception, match=r"auto.*always.*never"):
        session.settings.wait = "sometimes"
    assert session.settings.wait == "auto"


def test_every_error_of_the_package_is_short() -> None:
    """An error says what happened, what it cost and what to do, in at most three lines."""
    error = VidmagicError("it broke", job_id="abcd1234", charged="yes", hint="Mend it.", trace="t-1")
    assert error._render_traceback_() == [
        "VidmagicError: it broke",
        "job abcd1234 · charged · trace t-1",
        "Mend it.",
    ]


def test_from_in_a_cell(run: Run, sandbox: Sandbox) -> None:
    """A shot, a take in quotes, a variable with a job or a video, an id: each gives the first frame and the parent."""
    first = run("%%video hailuo --shot kite --out made\nA red kite")
    run("made_video = made.video")
    for source in ("kite", '"kite 1"', "made", "made_video", first.id, first.id[:5], str(first.video.path)):
        plan = run(f"%%video seedance --dry-run --from {source}\nIt lands").plan
        assert plan.parent == first.id
        assert plan.request.input("image") is not None
    second = run("%%video seedance --from kite --shot kite\nIt lands")
    assert second.record.parent == first.id
