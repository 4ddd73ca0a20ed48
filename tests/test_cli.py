"""The command line, run as people run it: in a process of its own."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.conftest import CANARY
from tests.patience import until
from vidmagic.media.probe import probe
from vidmagic.providers.services import APIYI, DMXAPI, VIDU
from vidmagic.sandbox import Sandbox

SERVICES = (VIDU, DMXAPI, APIYI)
REAL = ("-m", "vidmagic")
# The same program, but for the delays between two polls, which are meant for services that take minutes.
QUICK = (
    "-c",
    "import sys, vidmagic.cli, tests.quick; sys.exit(vidmagic.cli.main(make_session=tests.quick.quick_session))",
)


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    """Let the processes that are started find the tests' own modules."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


@pytest.fixture
def keyed(sandbox, monkeypatch):
    """Set every key to the canary and every origin to the sandbox, for the processes that are started."""
    for service in SERVICES:
        monkeypatch.setenv(service.key_env, CANARY)
        monkeypatch.setenv(service.url_env, sandbox.url)
    return sandbox


@pytest.fixture
def slow(monkeypatch):
    """The same with a sandbox whose jobs take a minute."""
    with Sandbox(seconds=60) as serving:
        monkeypatch.setenv(DMXAPI.key_env, CANARY)
        monkeypatch.setenv(DMXAPI.url_env, serving.url)
        monkeypatch.setenv(APIYI.key_env, CANARY)
        monkeypatch.setenv(APIYI.url_env, serving.url)
        yield serving


def vidmagic(*words, code=0, program=QUICK):
    """Run one command; its output must not hold the canary, whatever it says."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *program, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert CANARY not in done.stdout + done.stderr
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def start():
    """Start commands; what still runs at the end of the test is killed."""
    with contextlib.ExitStack() as stack:

        def begin(*words):
            process = subprocess.Popen(
                [sys.executable, "-u", *QUICK, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


def read_until(process, text):
    """Read a process's messages until *text* comes."""
    while text not in (line := process.stderr.readline()):
        assert line, "it ended without a word"


def submits(sandbox):
    """Return the requests that made a task."""
    return [call for call in sandbox.ledger if call.accepted]


def test_run_waits_and_prints_the_path_alone(keyed):
    """`run` ends with the path of a playable video as the only line of stdout, and the same again buys nothing."""
    done = vidmagic("run", "hailuo", "a red", "kite", "--duration", "10", "--no-prompt-optimizer")
    path = Path(done.stdout.removesuffix("\n"))
    assert probe(path).duration == pytest.approx(10, abs=0.5)
    job = re.search(r"job (\w{8}) · dmxapi/MiniMax-Hailuo-2.3 · ¥4.00 \(estimate\)", done.stderr)
    assert job
    [call] = submits(keyed)
    assert (call.body["prompt"], call.body["duration"], call.body["prompt_optimizer"]) == ("a red kite", 10, False)
    again = vidmagic("run", "hailuo", "a red kite", "--no-prompt-optimizer", "--duration=10")
    assert (again.stdout, len(submits(keyed))) == (done.stdout, 1)
    assert "made before, nothing is sent" in again.stderr
    assert vidmagic("run", "hailuo", "a red kite", "--no-prompt-optimizer", "--duration=10", "-a").stdout != done.stdout
    assert len(submits(keyed)) == 2


def test_run_makes_takes_that_continue_one_another(keyed):
    """`--shot` keeps takes together as in a cell, and `--from` begins with the last frame of one."""
    assert "kite 1\n" in vidmagic("run", "hailuo", "a red kite", "--shot", "kite").stderr
    done = vidmagic("run", "seedance", "a red kite lands", "--shot", "kite", "--from", "kite")
    assert "kite 2 · since kite 1: + “lands”, model " in done.stderr
    assert "starts from kite 1\n" in done.stderr
    assert "data:image/" in str(submits(keyed)[1].body)


def test_run_uses_the_sandbox_without_a_key():
    """`--sandbox` makes a video with no key and no service."""
    done = vidmagic("run", "--sandbox", "hailuo", "a red kite", program=REAL)
    assert Path(done.stdout.removesuffix("\n")).is_file()
    assert "free (sandbox)" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hailuo", "x", "--durration", "6"], "did you mean --duration?"),
        (["hailuo"], "the prompt is empty"),
        ([], "the prompt is empty"),
        (["hailuo", "x", "--duration", "7"], "duration must be 6 or 10 s, not 7"),
        (["hailo", "x"], "did you mean hailuo?"),
        (["hailuo", "x", "--last-image", "a.png"], "hailuo has no --last-image"),
        (["hailuo", "x", "--out", "y"], "no flag is called --out"),
        (["hailuo", "x", "--max-cost", "1"], "TooExpensive: the estimate is ¥2.00"),
        (["sora", "x", "--image", "no.png"], "no.png cannot be read"),
        (["hailuo", "x", "--api-key", CANARY], "a key is set in the environment"),
        (["hailuo", "\x1b[31mx\x07"], "control character"),
    ],
    ids=str,
)
def test_a_refused_run_sends_nothing(keyed, words, message):
    """A mistake is one to three lines on stderr, the exit code is 1, stdout stays empty, no request was sent."""
    done = vidmagic("run", *words, code=1)
    assert message in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") <= 3
    assert done.stdout == ""
    assert keyed.ledger == []


def test_a_missing_key_names_its_variable(monkeypatch):
    """With another service's key only, the error says which variable to set."""
    monkeypatch.setenv(APIYI.key_env, CANARY)
    assert "set the environment variable DMXAPI_API_KEY" in vidmagic("run", "hailuo", "x", code=1).stderr


@pytest.mark.usefixtures("keyed")
def test_a_failing_job_ends_with_its_reason(monkeypatch):
    """What the service says of a refused key is on stderr, and the exit code is 1."""
    monkeypatch.setenv(DMXAPI.key_env, "bad-key")
    done = vidmagic("run", "hailuo", "x", code=1)
    assert "Refused" in done.stderr
    assert "not charged" in done.stderr


def test_ctrl_c_leaves_the_job_and_resume_takes_it_up(slow, start):
    """Ctrl-C says the id and the command, ends with 130, and the job goes on: resume fetches it, with one submit."""
    slow.seconds = 2.5
    running = start("run", "hailuo", "a red kite")
    until(lambda: submits(slow))
    running.send_signal(signal.SIGINT)
    out, messages = running.communicate(timeout=20)
    assert (running.returncode, out) == (130, "")
    job = re.search(r"`vidmagic resume (\w{8})`", messages)[1]
    assert "Traceback" not in messages
    assert CANARY not in messages
    path = Path(vidmagic("resume", job[:5]).stdout.removesuffix("\n"))
    assert path.is_file()
    assert len(submits(slow)) == 1


def test_resume_without_an_id_takes_up_all(slow, start):
    """`resume` alone goes on with every unfinished job and prints a path for each."""
    slow.seconds = 4
    for prompt in ("one", "two"):
        running = start("run", "hailuo", prompt)
        until(lambda prompt=prompt: any(call.body["prompt"] == prompt for call in submits(slow)))
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
    paths = vidmagic("resume").stdout.splitlines()
    assert len({path for path in paths if Path(path).is_file()}) == 2
    assert len(submits(slow)) == 2


def test_a_stream_that_cannot_be_taken_up_is_not_left_at_once(slow, start):
    """The first Ctrl-C on a job whose stream is all there is says so and waits; the second one leaves it."""
    running = start("run", "sora", "a red kite")
    until(lambda: submits(slow))
    running.send_signal(signal.SIGINT)
    read_until(running, "Waiting until job")
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 130


def test_resume_of_nothing():
    """With nothing to resume `resume` says so and succeeds; an unknown id is an error."""
    assert "Nothing to resume" in vidmagic("resume").stderr
    assert "no variable, shot, job or file is called zz" in vidmagic("resume", "zz", code=1).stderr


def test_jobs_are_listed_and_filtered(keyed):
    """`jobs` shows one line a job, newest first; filters and their mistakes are understood."""
    path = vidmagic("run", "hailuo", "风筝 " * 30).stdout.strip()
    vidmagic("run", "sora", "a second kite")
    head, *rows = vidmagic("jobs").stdout.splitlines()
    assert head.split() == ["job", "state", "model", "started", "price", "charged", "prompt", "file", "or", "reason"]
    assert ["sora" in rows[0], "Hailuo" in rows[1], path in rows[1], len(rows)] == [True, True, True, 2]
    assert len(vidmagic("jobs", "--model", "sora").stdout.splitlines()) == 2
    assert len(vidmagic("jobs", "--limit", "1").stdout.splitlines()) == 2
    assert "No such job" in vidmagic("jobs", "--state", "failed").stderr
    assert "did you mean done?" in vidmagic("jobs", "--state", "dome", code=1).stderr
    assert "limit must be a number of jobs, not '0'" in vidmagic("jobs", "--limit", "0", code=1).stderr
    assert "did you mean sora?" in vidmagic("jobs", "--model", "sorra", code=1).stderr


def test_models_and_one_model(keyed):
    """`models` lists every model with its key's state; with a name the flags, choices and defaults of that one."""
    output = vidmagic("models").stdout
    assert re.search(r"^(DMXAPI)? +hailuo +dmxapi/MiniMax-Hailuo-2.3 +.*text.* +¥2.00 +set$", output, re.MULTILINE)
    output = vidmagic("models", "--takes", "references").stdout
    assert "vidu/vidu2.0" in output
    assert "sora" not in output
    assert re.search(r"^--duration +10 or 15 s +10 ", vidmagic("models", "sora").stdout, re.MULTILINE)
    assert "did you mean sora?" in vidmagic("models", "sorra", code=1).stderr


def test_version_help_and_usage():
    """The usual things work; a command that is none is a usage error."""
    assert re.fullmatch(r"vidmagic \d+\.\d+.*\n", vidmagic("--version").stdout)
    for command in ("models", "run", "jobs", "resume", "sandbox", "doctor"):
        assert command in vidmagic("--help").stdout
        assert "usage:" in vidmagic(command, "--help").stdout
    assert "--aspect-ratio" in vidmagic("run", "sora", "--help").stdout
    vidmagic("nonsense", code=2)
    vidmagic(code=2)


def test_help_has_topics():
    """`help` lists commands and topics; with a word it is the page of that command or topic."""
    assert "keys, prices, states" in vidmagic("help").stdout
    assert vidmagic("help", "jobs").stdout.rstrip() == vidmagic("jobs", "--help").stdout.rstrip()
    assert "DMXAPI_API_KEY" in vidmagic("help", "keys").stdout
    assert "did you mean settings?" in vidmagic("help", "setings", code=1).stderr


def test_the_sandbox_is_served_until_ctrl_c(start):
    """`sandbox` prints its origin and the variables that lead to it, answers there, and ends in good order."""
    serving = start("sandbox", "--seconds", "0.2")
    lines = [serving.stdout.readline().strip() for _ in range(4)]
    assert lines[1:] == [f"export {service.url_env}={lines[0]}" for service in SERVICES]
    assert requests.get(f"{lines[0]}/sandbox/health", timeout=5).json() == {"ok": True}
    port = lines[0].rpartition(":")[2]
    assert f"port {port} cannot be used" in vidmagic("sandbox", "--port", port, code=1).stderr
    serving.send_signal(signal.SIGINT)
    serving.communicate(timeout=20)
    assert serving.returncode == 0


def test_doctor_tells_all_but_the_key(keyed, home):
    """`doctor` names versions, where each key comes from, origins and the journal, and never the key."""
    output = vidmagic("doctor").stdout
    for part in ("python", "ipykernel", "ipywidgets", "av", "sqlite", "front end"):
        assert re.search(rf"^{part} ", output, re.MULTILINE)
    assert "DMXAPI_API_KEY is set, from the environment" in output
    assert f"{keyed.url} (from VIDMAGIC_DMXAPI_URL)" in output
    assert f"{home / 'jobs.db'}: does not exist yet" in output
    assert keyed.ledger == []
    vidmagic("run", "hailuo", "x")
    assert "1 jobs, 0 to resume" in vidmagic("doctor").stdout


def test_doctor_finds_what_is_wrong(keyed, home, monkeypatch):
    """An origin no key may go to and a journal that is none are marked, and the exit code is 1."""
    monkeypatch.setenv(DMXAPI.url_env, "http://example.com")
    home.mkdir()
    (home / "jobs.db").mkdir()
    output = vidmagic("doctor", code=1).stdout
    assert re.search(r"^DMXAPI origin +! +VIDMAGIC_DMXAPI_URL: .*must be an https link", output, re.MULTILINE)
    assert re.search(r"^journal +! +the journal", output, re.MULTILINE)


def test_doctor_online_asks_without_the_key(keyed, monkeypatch):
    """`--online` asks each origin for its front page without the key; one that is down is marked."""
    output = vidmagic("doctor", "--online").stdout
    assert f"{keyed.url} answers (HTTP 404)" in output
    assert all("Authorization" not in call.headers for call in keyed.ledger if call.path == "/")
    monkeypatch.setenv(APIYI.url_env, "http://127.0.0.1:1")
    output = vidmagic("doctor", "--online", code=1).stdout
    assert re.search(r"^apiyi online +! +http://127.0.0.1:1: ", output, re.MULTILINE)
