"""Bugs that cost money, planted one at a time into a copy of the package; the tests named with each must notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
M1, M2, M4 = (f"tests/faults/test_m{name}.py" for name in ("01_submit", "02_kills", "04_kernels"))
M7, M8, M9 = (f"tests/faults/test_m{name}.py" for name in ("07_polls", "08_download", "09_store"))
M10, M11 = "tests/faults/test_m10_inputs.py", "tests/faults/test_m11_secrets.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: in `file`, `old` becomes `new`; `tests` are pytest's arguments that must end with a failure."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "retry on a lost answer",
        "jobs/sending.py",
        "except (Refused, Unreachable) as error:\n                rest = self._rest_before_next_try(error, tries)",
        "except (Refused, Unreachable, OutcomeUnknown) as error:\n                rest = 0.01 if tries < 3 else None",
        (M1, "-k", "S08 or S10"),
    ),
    Mutant(
        "retry a 502",
        "provider.py",
        "if 400 <= status < 500 and status not in _MAYBE_ACCEPTED:",
        "if 400 <= status < 600 and status not in _MAYBE_ACCEPTED:",
        (M1, "-k", "502"),
    ),
    Mutant(
        "commit after the send",
        "sockets.py",
        "            self.watch.leaving()\n        super().send(data)  # type: ignore[misc]",
        "        super().send(data)  # type: ignore[misc]\n"
        "        if not self._in_connect:\n"
        "            self.watch.leaving()",
        (M1, "-k", "s06"),
    ),
    Mutant(
        "no ownership",
        "jobs/store.py",
        'WHERE id = ? AND owner = ? AND state = ?",\n'
        "                (SENDING, time.time(), job_id, self.owner.id, NEW),",
        'WHERE id = ?",\n                (SENDING, time.time(), job_id),',
        (M9, "-k", "j02"),
    ),
    Mutant(
        "resend on restart",
        "resuming.py",
        "self._end_with(job, OutcomeUnknown(KERNEL_ENDED), state=states.UNKNOWN)",
        "self._end_with(job, NotSent(KERNEL_ENDED))",
        (M2, "-k", "reply or gate", "--long"),
    ),
    Mutant(
        "follow a 307",
        "transport.py",
        "    def get_redirect_target(self, resp: requests.Response) -> None:\n",
        "    def send(self, request, **kwargs):\n"
        "        return super().send(request, **{**kwargs, 'allow_redirects': True})\n\n"
        "    def no_target(self, resp):\n",
        ("tests/test_transport.py", "-k", "redirect"),
    ),
    Mutant(
        "no check that the film is whole",  # a length that was promised is checked by urllib3 too
        "jobs/download.py",
        "            check_whole(file)\n",
        "            pass\n",
        (M8, "-k", "short or head"),
    ),
    Mutant(
        "a name before it is synced",
        "jobs/part.py",
        "        os.fsync(self.open().fileno())\n",
        "",
        (M2, "-k", "synced_before"),
    ),
    Mutant(
        "an unescaped prompt",
        "markup.py",
        "return html.escape(lines.translate(_SHOWN), quote=True)",
        "return lines.translate(_SHOWN)",
        ("tests/test_markup.py",),
    ),
    Mutant("a key in a repr", "keys.py", 'return f"<Key from {self.source}>"', 'return f"<Key {self._text}>"', (M11,)),
    Mutant(
        "a prompt cut short",
        "providers/hailuo.py",
        '"prompt": request.prompt',
        '"prompt": request.prompt[:1000]',
        (M10, "-k", "test_prompts"),
    ),
    Mutant(
        "stop on an unknown word",
        "providers/vidu.py",
        "            yield Running(said=state)",
        "            raise _failed(said, state)",
        (M7, "-k", "one_look", "--long"),
    ),
    Mutant(
        "a deferred transaction",
        "jobs/journal_file.py",
        'db.execute("BEGIN IMMEDIATE")\n            try:',
        'db.execute("BEGIN")\n            try:',
        (M4,),
    ),
    Mutant(
        "resume by a second submit",
        "resuming.py",
        "job.record = self._store.get(job.id)\n            self._made_ready(job, provider, model)()",
        "job.record = self._store.get(job.id)\n            again = Request(job.model, job.prompt, job.params,"
        " wire_name=job.record.wire_name)\n"
        "            self._made_ready(job, provider, model, again)()",
        (M2, "-k", "first and look"),
    ),
    Mutant(
        "seed 0 is dropped",
        "params.py",
        "value = param.default if value is None else value",
        "value = value or param.default",
        ("tests/test_params.py", "tests/providers/test_vidu.py"),
    ),
    Mutant(
        "buy again what is unknown",
        "jobs/record.py",
        "LIVE | {DONE, UNKNOWN, PAUSED}",
        "LIVE | {DONE, PAUSED}",
        (M1, "-k", "S08"),
    ),
    Mutant(
        "adopt any lost task",
        "providers/vidu.py",
        "_payload(task, there) == key",
        "True",
        ("tests/providers/test_vidu.py",),
    ),
    Mutant(
        "forget what was heard",
        "providers/sora.py",
        "interpret(_kept(ticket.heard))",
        'interpret(_kept(""))',
        (M2, "-k", "words"),
    ),
    Mutant(
        "no check of the address",
        "transport.py",
        "        if not (is_global(address)",
        "        if False and not (is_global(address)",
        (M11, "-k", "rebound"),
    ),
    Mutant(
        "a signed link in the log",
        "sockets.py",
        'return found.partition("?")[0]',
        "return found",
        (M11, "-k", "canary"),
    ),
)


def survivors(mutant: Mutant, folder: Path) -> str:
    """Plant *mutant* into a copy in *folder* and run its tests; return "" when one failed, else what they said."""
    copy = folder / "copy"
    for name in ("vidmagic", "tests"):
        shutil.copytree(TOP / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".figures"))
    shutil.copy(TOP / "pyproject.toml", copy)
    path = copy / "vidmagic" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise LookupError(f"{mutant.name}: its text is in {mutant.file} {text.count(mutant.old)} times")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "--seed",
        "1",
        "-p",
        "no:cacheprovider",
        "--tb=line",
        *mutant.tests,
    ]
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=300, check=False)
    return "" if ran.returncode == 1 and "FAILED" in ran.stdout else ran.stdout[-2000:] + ran.stderr[-2000:]
