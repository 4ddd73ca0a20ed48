"""Bugs that cost money, planted one at a time into a copy of the package; the test named with each must notice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SUBMIT, KILLS, KERNELS = (
    f"tests/faults/test_{name}.py" for name in ("submit_faults", "kill_points", "concurrent_kernels")
)
POLLS, DOWNLOAD, JOURNAL = (
    f"tests/faults/test_{name}.py" for name in ("poll_replies", "download_faults", "journal_faults")
)
OWNERS, FORKS = "tests/faults/test_two_owners.py", "tests/faults/test_forks.py"
INPUTS, SECRETS = "tests/faults/test_refused_inputs.py", "tests/faults/test_secrets.py"
ORIGINS = "tests/faults/test_key_origins.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """In `file` of the package `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: all `edits` at once. The test `caught_by` fails with it, and passes without it."""

    name: str
    caught_by: str
    edits: tuple[Edit, ...]


MUTANTS = (
    Mutant(
        "retry on a read timeout",
        f"{SUBMIT}::test_one_fault[S08 no answer, paid]",
        (
            Edit(
                "engine/run/submit.py",
                "except (Refused, Unreachable) as error:\n                delay = self._retry_delay(",
                "except (Refused, Unreachable, VidmagicError) as error:\n                delay = (lambda *_: 0.01)(",
            ),
            Edit("engine/run/submit.py", "import Refused, Unreachable", "import Refused, Unreachable, VidmagicError"),
        ),
    ),
    Mutant(
        "every broken connection counts as not sent",
        f"{SUBMIT}::test_one_fault[S10 no answer in time, paid]",
        (
            Edit(
                "http/paid_calls.py",
                "    if monitor.sent:\n        raise OutcomeUnknown(",
                "    if False:\n        raise OutcomeUnknown(",
            ),
            Edit(
                "engine/run/context.py", "        if self.record.state != states.NEW:\n", "        if False:\n"
            ),  # knows too
        ),
    ),
    Mutant(
        "retry a 502",
        f"{SUBMIT}::test_one_fault[S26 S27 S30 502 {{, paid]",
        (
            Edit(
                "providers/replies.py",
                "return 300 <= status < 500 and status not in _MAYBE_ACCEPTED",
                "return 300 <= status < 600 and status not in _MAYBE_ACCEPTED",
            ),
        ),
    ),
    Mutant(
        "commit after the send",
        f"{SUBMIT}::test_a_journal_that_cannot_be_written_sends_nothing[locked]",
        (
            Edit(
                "http/connection.py",
                "            self.monitor.leaving()\n        super().send(data)  # type: ignore[misc]",
                "        super().send(data)  # type: ignore[misc]\n"
                "        if not self._in_connect:\n"
                "            self.monitor.leaving()",
            ),
        ),
    ),
    Mutant(
        "any kernel may send a job",
        f"{JOURNAL}::test_only_the_owner_sends",
        (
            Edit(
                "engine/journal/owners.py",
                'WHERE id = ? AND owner = ? AND state = ?", (job_id, owner_id, NEW))',
                'WHERE id = ?", (job_id,))',
            ),
        ),
    ),
    Mutant(
        "no ownership: kernels read and store without a transaction",
        f"{KERNELS}::test_six_kernels_start_the_same",
        (
            Edit(
                "engine/journal/store.py",
                "        return self.write(begin)\n",
                "        with self.reading() as db:\n            return begin(db)\n",
            ),
        ),
    ),
    Mutant(
        "cancel another kernel's job",
        f"{KERNELS}::test_a_job_is_cancelled_by_the_kernel_that_drives_it",
        (
            Edit(
                "session/resume.py",
                "if record.is_live and self._store.is_held_by_another(record):\n                raise",
                "if not record.is_live and self._store.is_held_by_another(record):\n                raise",
            ),
        ),
    ),
    Mutant(
        "a deferred transaction",
        f"{KERNELS}::test_six_kernels_start_the_same",
        (
            Edit(
                "engine/journal/database.py",
                'db.execute("BEGIN IMMEDIATE")\n    try:',
                'db.execute("BEGIN")\n    try:',
            ),
        ),
    ),
    Mutant(
        "a write-ahead log, which network homes do not hold",
        f"{JOURNAL}::test_nobody_else_reads_the_journal",
        (Edit("engine/journal/database.py", '"PRAGMA synchronous = EXTRA"', '"PRAGMA journal_mode = WAL"'),),
    ),
    Mutant(
        "an owner without its pid namespace",
        f"{OWNERS}::test_two_containers_on_one_host",
        (
            Edit(
                "engine/journal/lease.py",
                "(self.host, self.boot, self.namespace), (other.host, other.boot, other.namespace)",
                "(self.host, self.boot), (other.host, other.boot)",
            ),
        ),
    ),
    Mutant(
        "the clocks of all hosts agree",
        f"{OWNERS}::test_two_hosts_with_clocks_apart[90.0]",
        (
            Edit("engine/journal/lease.py", "        return now - since < self._seconds", "        return False"),
            Edit(
                "engine/journal/lease.py",
                "        if beat != owner.beat:\n",
                "        if self._wall() - owner.beat < 60:\n",
            ),
        ),
    ),
    Mutant(
        "a heartbeat on the threads of the jobs",
        f"{OWNERS}::test_slow_submits_do_not_hold_up_the_heartbeat",
        (
            Edit(
                "engine/driver.py",
                "            self._heartbeat.start()\n",
                "            def beats() -> Iterator[float]:\n"
                "                while True:\n"
                "                    self.store.beat()\n"
                "                    yield self.timing.heartbeat\n\n"
                "            self._scheduler.add(beats())\n",
            ),
        ),
    ),
    Mutant(
        "no check for the same request before a submit",
        f"{OWNERS}::test_a_kernel_that_was_taken_for_dead_sends_nothing",
        (
            Edit(
                "engine/journal/owners.py",
                "None if record.again else _begun_elsewhere(db, record)",
                "None",
            ),
        ),
    ),
    Mutant(
        "a take is bought by each kernel that asks for it",
        f"{KERNELS}::test_six_kernels_ask_for_the_second_take",
        (
            Edit(
                "engine/journal/request_takes.py",
                "    if number in takes:\n        return takes[number]\n",
                "",
            ),
        ),
    ),
    Mutant(
        "before a take is sent nobody looks for the same one",
        f"{OWNERS}::test_the_check_before_a_take_is_sent[2]",
        (
            Edit(
                "engine/journal/owners.py",
                "return takes.get(record.request_take) if record.request_take else",
                "return None if record.request_take > 1 else",
            ),
        ),
    ),
    Mutant(
        "a take that failed moves the numbers of the others",
        "tests/session/test_request_takes.py::test_a_failed_take_is_made_anew_and_moves_no_other",
        (
            Edit(
                "engine/journal/request_takes.py",
                "if record.request_take and record",
                "if not record.request_take and record",
            ),
        ),
    ),
    Mutant(
        "a draft has another seed whenever its cell runs",
        "tests/session/test_drafts.py::test_a_draft_is_bought_once",
        (
            Edit(
                "session/drafts.py",
                "int(request.fingerprint()[:12], 16)",
                "int.from_bytes(__import__('os').urandom(6))",
            ),
        ),
    ),
    Mutant(
        "a sample is drawn anew whenever its cell runs",
        "tests/session/sweep/test_wildcards.py::test_a_sample_is_the_same_everywhere",
        (Edit("session/sweep/sample.py", "json.dumps(parts).encode()", "__import__('os').urandom(8)"),),
    ),
    Mutant(
        "a draft is finished from a first frame that has changed",
        "tests/session/test_drafts.py::test_inputs_are_the_very_same",
        (Edit("session/finish.py", "if role not in given and (role, stored", "if False and (role, stored"),),
    ),
    Mutant(
        "a fork keeps the owner",
        f"{FORKS}::test_a_fork_beside_a_submit[while it is sent]",
        (Edit("engine/journal/store.py", "        self.owner = this_process()\n", ""),),
    ),
    Mutant(
        "a fork drives its parent's jobs",
        f"{FORKS}::test_a_fork_beside_a_submit[before it is sent]",
        (Edit("engine/driver.py", "        at_fork(in_child=self._begin_anew)\n", ""),),
    ),
    Mutant(
        "a disk that syncs no folders ends a download",
        "tests/engine/download/test_partial_file.py::test_a_disk_that_syncs_no_folders[EINVAL]",
        (
            Edit(
                "engine/download/partial_file.py",
                "                os.close(descriptor)\n        except OSError as refused:\n"
                "            if refused.errno not in _UNSUPPORTED:\n",
                "                os.close(descriptor)\n        except OSError as refused:\n            if refused:\n",
            ),
        ),
    ),
    Mutant(
        "the main thread writes the journal itself",
        "tests/faults/test_interrupts.py::test_interrupts_while_threads_write",
        (
            Edit(
                "engine/uninterrupted.py",
                "    if threading.get_ident() != threading.main_thread().ident:\n",
                "    if True:\n",
            ),
        ),
    ),
    Mutant(
        "resend on restart",
        f"{KILLS}::test_killed_at[while the reply comes]",
        (
            Edit(
                "session/resume.py",
                "self._store.give_up_submit(job.id, to_json(OutcomeUnknown(KERNEL_ENDED)))",
                "self._store.update(job.id, state=states.NEW, error=to_json(NotSent(KERNEL_ENDED)))",
            ),
        ),
    ),
    Mutant(
        "resume by a second submit",
        f"{KILLS}::test_killed_at[before the first poll]",
        (
            Edit(
                "session/resume.py",
                "            start()\n",
                "            from vidmagic.spec.request import Request\n"
                "            again = Request(job.model, job.prompt, job.params, wire_name=job.record.wire_name)\n"
                "            self._starter(job, provider, model, again)()\n",
            ),
        ),
    ),
    Mutant(
        "buy again what is unknown",
        f"{SUBMIT}::test_one_fault[S08 no answer, paid]",
        (
            Edit(
                "engine/states.py",
                'State(UNKNOWN, "outcome unknown", False, False, True,',
                'State(UNKNOWN, "outcome unknown", False, False, False,',
            ),
        ),
    ),
    Mutant(
        "after damage buy what the new journal does not know",
        f"{JOURNAL}::test_nothing_is_bought_twice_after_damage",
        (Edit("engine/journal/store.py", "if self.database.doubtful and", "if False and"),),
    ),
    Mutant(
        "adopt any lost task",
        "tests/providers/test_vidu.py::test_a_lost_task_is_identified_by_its_key",
        (Edit("providers/vidu_lost_task.py", "if known[task] == payload]", "if True]"),),
    ),
    Mutant(
        "forget the transcript",
        f"{KILLS}::test_killed_at[after text is stored]",
        (Edit("providers/sora.py", "interpret(stored_frames(ticket.transcript))", 'interpret(stored_frames(""))'),),
    ),
    Mutant(
        "stop on an unknown word",
        f"{POLLS}::test_one_poll_reply_three_times[0]",
        (
            Edit(
                "providers/vidu.py",
                "            yield Running(message=state)",
                "            raise _failed(answer, state)",
            ),
        ),
    ),
    Mutant(
        "follow a 307",
        "tests/http/test_transport.py::test_calls_to_the_service_follow_no_redirect[submit-307]",
        (
            Edit(
                "http/sessions.py",
                "    def get_redirect_target(self, resp: requests.Response) -> None:\n",
                "    def send(self, request, **kwargs):\n"
                "        return super().send(request, **{**kwargs, 'allow_redirects': True})\n\n"
                "    def no_target(self, resp):\n",
            ),
        ),
    ),
    Mutant(
        "no length check",
        f"{DOWNLOAD}::test_cut_between_two_boxes",
        (
            Edit(
                "engine/download/download.py", "if self.total is not None and self.received < self.total:", "if False:"
            ),
            Edit(  # urllib3 counts too
                "http/exchange.py",
                "    while True:\n        try:\n            chunk = response.raw.read1(",
                "    response.raw.enforce_content_length = False\n"
                "    while True:\n        try:\n            chunk = response.raw.read1(",
            ),
        ),
    ),
    Mutant(
        "no check that the video is whole",
        f"{DOWNLOAD}::test_a_bad_download[too short, without a length-fresh]",
        (Edit("engine/download/download.py", "            check_whole(file)\n", "            pass\n"),),
    ),
    Mutant(
        "a name before it is synced",
        f"{KILLS}::test_a_video_is_synced_before_it_has_its_name",
        (Edit("engine/download/partial_file.py", "        os.fsync(self.open().fileno())\n", ""),),
    ),
    Mutant(
        "the recipe after the name",
        f"{KILLS}::test_a_video_has_its_recipe_before_it_has_its_name",
        (
            Edit("engine/download/download.py", "        self._part.append(self._plan.box, self.received)\n", ""),
            Edit(
                "engine/download/download.py",
                "        if not is_new:\n",
                "        if has_recipe:\n"
                "            with path.open('ab') as file:\n"
                "                file.write(plan.box)\n"
                "        if has_recipe or not is_new:\n",
            ),
        ),
    ),
    Mutant(
        "an unescaped prompt",
        "tests/test_escaping.py::test_text_adds_no_tag[<script>alert(1)</script>]",
        (
            Edit(
                "escaping.py",
                "return html.escape(lines.translate(_SHOWN), quote=True)",
                "return lines.translate(_SHOWN)",
            ),
        ),
    ),
    Mutant(
        "a key in a repr",
        f"{SECRETS}::test_a_key_shows_itself_in_nothing",
        (Edit("providers/keys.py", 'return f"<Key from {self.source}>"', 'return f"<Key {self._text}>"'),),
    ),
    Mutant(
        "a key in the frames of an error",
        f"{SECRETS}::test_a_wrapped_error_leaks_nothing",
        (Edit("engine/run/lifecycle.py", "        unframed(error)\n", ""),),
    ),
    Mutant(
        "a prompt cut short",
        f"{INPUTS}::test_prompts[hailuo]",
        (Edit("providers/dmxapi/hailuo.py", '"prompt": request.prompt', '"prompt": request.prompt[:1000]'),),
    ),
    Mutant(
        "seed 0 is dropped",
        "tests/spec/test_params.py::test_zero_false_and_empty_text_are_values",
        (
            Edit(
                "spec/params.py", "value = param.default if value is None else value", "value = value or param.default"
            ),
        ),
    ),
    Mutant(
        "no check of the address",
        f"{SECRETS}::test_a_rebound_host_name_leads_nowhere[127.0.0.1]",
        (
            Edit(
                "http/open_calls.py",
                "            if not (is_global(address,",
                "            if False and not (is_global(address,",
            ),
        ),
    ),
    Mutant(
        "today's key to an origin of the journal",
        f"{ORIGINS}::test_a_job_of_yesterdays_origin_gets_no_key",
        (
            Edit(
                "providers/credentials.py",
                "        if _parts(today) == _parts(self._origin):",
                "        if True or _parts(today) == _parts(self._origin):",
            ),
        ),
    ),
    Mutant(
        "loopback by way of a proxy",
        "tests/http/test_transport.py::test_loopback_never_goes_through_a_proxy[127.0.0.1-http_proxy]",
        (
            Edit(
                "http/sessions.py",
                '{"proxies": {} if here else get_environ_proxies(url)',
                '{"proxies": get_environ_proxies(url)',
            ),
        ),
    ),
    Mutant(
        "an id before the status",
        f"{SUBMIT}::test_one_fault[S25 401 with an id]",
        (
            Edit(
                "providers/replies.py",
                '    if _is_refusal(reply.status):\n        return ""',
                '    if False and _is_refusal(reply.status):\n        return ""',
            ),
            Edit("providers/replies.py", "    if not reply.ok:\n        names", "    if False:\n        names"),
        ),
    ),
    Mutant(
        "a compressed answer is not read",
        f"{SUBMIT}::test_one_fault[S15 gzip that nobody asked for]",
        (
            Edit(
                "http/content_encoding.py",
                "        if layer in _DECODERS:",
                "        if False and layer in _DECODERS:",
            ),
        ),
    ),
    Mutant(
        "a signed link in the log",
        f"{SECRETS}::test_the_canary_is_nowhere[none]",
        (Edit("http/connection.py", 'return url.partition("?")[0]', "return url"),),
    ),
    Mutant(
        "an upscale of four seconds, whatever the video's length",
        "tests/session/reports/test_cost.py::test_an_upscale_names_the_length_of_its_video[8]",
        (
            Edit(
                "session/planning.py",
                'length = {"duration": record.params["duration"]} if "duration" in record.params else {}',
                "length: dict[str, object] = {}",
            ),
        ),
    ),
    Mutant(
        "a paid WebM is refused",
        "tests/faults/test_video_formats.py::test_a_paid_video_of_another_kind_is_done[.webm]",
        (Edit("media/container.py", '{"webm": WEBM, "matroska": MKV}', "{}"),),
    ),
    Mutant(
        "a task that was cancelled at the service runs for ever",
        "tests/providers/test_task_states.py::test_a_task_that_was_cancelled_there_has_failed[Cancelled-hailuo]",
        (Edit("providers/dmxapi/hailuo.py", "status.lower() in FAILED", 'status.lower() in {"fail", "failed"}'),),
    ),
    Mutant(
        "a query under the name of a model",
        "tests/providers/responses/test_task.py::test_the_name_of_a_query_never_starts_a_job[kling-v3-TaskQuery]",
        (Edit("providers/responses/query.py", "if not self.model.endswith(_QUERIES):", "if False:"),),
    ),
    Mutant(
        "an id within a text is not read",
        "tests/providers/responses/test_task.py::test_an_id_accepts_the_job_wherever_it_stands[in a text-200]",
        (
            Edit(
                "providers/nested.py",
                "[*map(holder.get, _HOLDERS), *text_parts(holder)]",
                "map(holder.get, _HOLDERS)",
            ),
        ),
    ),
    Mutant(
        "the link of a task at work is taken for its video",
        "tests/providers/responses/test_task.py::test_a_task_that_goes_on_is_queued_or_running[5-event4-flat]",
        (Edit("providers/responses/task.py", "or (links and not word)", "or links"),),
    ),
    Mutant(
        "%config holds only once a magic has run",
        "tests/session/test_settings_hold.py::test_the_cap_holds_from_the_first_call[start]",
        (Edit("api.py", "settings = settings or _config_settings()", "settings = settings or None"),),
    ),
    Mutant(
        "only 1 turns the sandbox on",
        "tests/session/test_session.py::test_the_sandbox_by_environment[true]",
        (
            Edit(
                "session/planner.py",
                "return sandbox_variable() or options.sandbox",
                'return __import__("os").environ.get("VIDMAGIC_SANDBOX") == "1" or options.sandbox',
            ),
        ),
    ),
    Mutant(
        "a relative home follows the working folder",
        "tests/session/test_session.py::test_a_relative_home_is_resolved_once",
        (Edit("session/settings.py", "Path(folder).expanduser().absolute()", "Path(folder).expanduser()"),),
    ),
    Mutant(
        "a folder is tried after paying",
        "tests/session/test_session.py::test_a_folder_that_cannot_be_written_is_refused_before_paying[True]",
        (Edit("session/launch.py", "check_writable(self.planner.folder())", "pass"),),
    ),
    Mutant(
        "an empty list of images counts as none",
        "tests/session/test_planning.py::test_an_empty_list_of_images_is_refused[value0-reference]",
        (Edit("session/planning.py", "for role in inputs if not inputs[role]", "for role in inputs if False"),),
    ),
    Mutant(
        "a key from anybody's .env",
        "tests/providers/test_project_file.py::test_a_file_of_another_user_is_passed_over",
        (Edit("providers/project_file.py", "if is_own(path)), None)", "if True), None)"),),
    ),
    Mutant(
        "a sandbox video under another path is a real one",
        "tests/session/test_shots.py::test_a_sandbox_video_is_known_by_every_path[dots]",
        (Edit("session/continue_from.py", "if record is None and path.exists():", "if False:"),),
    ),
    Mutant(
        "a cancel takes the charge back",
        "tests/engine/journal/test_outcome.py::test_the_journal_itself_takes_no_charge_back",
        (
            Edit("engine/journal/outcome.py", 'if before.charged == "yes" or (after.has_id', "if (after.has_id"),
            Edit(
                "engine/journal/outcome.py",
                "return max(before.charged, after.charged, key=_TOWARDS_YES.index)",
                "return after.charged",
            ),
        ),
    ),
    Mutant(
        "a finished job whose file was moved can fail",
        "tests/engine/run/test_missing_file.py::test_a_failed_download_changes_nothing[the service failed it]",
        (
            Edit(
                "engine/journal/outcome.py",
                "    if before.state == DONE or (before.path and after.state not in LIVE):\n",
                "    if False:\n",
            ),
            Edit("engine/journal/outcome.py", "    if record.path and record.state not in LIVE:\n", "    if False:\n"),
        ),
    ),
    Mutant(
        "claim a job before its provider is found",
        "tests/session/test_other_kernels.py::test_a_job_without_its_plug_in_stays_where_it_is",
        (
            Edit(
                "session/resume.py",
                "        provider, model = self._catalog",
                "        self._store.claim(job.id, state)\n        provider, model = self._catalog",
            ),
        ),
    ),
    Mutant(
        "a run that ends takes a newer run away",
        "tests/engine/test_driver.py::test_a_run_that_ends_leaves_a_newer_one_alone",
        (
            Edit(
                "engine/driver.py",
                "if self._driven.get(driven.lifecycle.record.id) is driven:",
                "if driven.lifecycle.record.id in self._driven:",
            ),
        ),
    ),
    Mutant(
        "a normal exit cuts a submit",
        "tests/engine/test_driver.py::test_a_normal_exit_waits_for_a_submit[sending]",
        (Edit("engine/driver.py", "atexit.register(self.finish_submits)", "pass"),),
    ),
    Mutant(
        "an interrupt between storing and sending",
        "tests/engine/test_driver.py::test_an_interrupt_leaves_no_job_that_nobody_drives[launch]",
        (
            Edit(
                "session/launch.py",
                "uninterrupted(lambda: self._begin(plans, records, options, shot))",
                "self._begin(plans, records, options, shot)",
            ),
        ),
    ),
    Mutant(
        "buy a prompt of which the service uses a half",
        "tests/providers/dmxapi/test_happyhorse.py::test_a_prompt_that_would_be_cut_is_refused",
        (Edit("providers/dmxapi/happyhorse.py", "< len(prompt) + chinese:", "< len(prompt):"),),
    ),
    Mutant(
        "buy a continuation that adds nothing",
        "tests/providers/dmxapi/test_wan.py"
        "::test_a_length_fits_the_given_video[given0-the given video alone has 5.04 s]",
        (
            Edit(
                "providers/dmxapi/wan_references.py",
                "request.mode == EXTEND and duration <= round(video.seconds)",
                "request.mode == EXTEND and duration < 0",
            ),
        ),
    ),
    Mutant(
        "a task that the inputs imply makes another request",
        "tests/providers/dmxapi/test_wan.py::test_a_task_that_the_inputs_imply_changes_nothing[edit-given0]",
        (Edit("providers/dmxapi/wan_models.py", "return dataclasses.replace(TASK, default=name)", "return TASK"),),
    ),
    Mutant(
        "a free call may name any model",
        "tests/providers/dmxapi/test_pixverse.py::test_only_an_upload_is_sent_as_one[PixVerse-V6]",
        (
            Edit(
                "providers/dmxapi/pixverse_upload.py",
                'if self.model not in {"pixverse-picture", "pixverse-video"}:',
                "if not self.model:",
            ),
        ),
    ),
    Mutant(
        "a submit goes out without its uploads",
        "tests/providers/dmxapi/test_pixverse.py::test_without_an_upload_nothing_is_submitted[answer0-Refused-image]",
        (
            Edit(
                "providers/dmxapi/pixverse.py",
                "with_uploads(request, http.service)",
                "request",
            ),
        ),
    ),
    Mutant(
        "a link that comes too early is ready",
        "tests/providers/dmxapi/test_pixverse.py::test_a_link_that_comes_too_early_is_not_ready",
        (Edit("providers/dmxapi/pixverse_query.py", '"5": "processing"', '"5": "succeeded"'),),
    ),
    Mutant(
        "buy above the limit what was free when it was planned",
        "tests/session/test_showing_is_free.py::test_what_failed_meanwhile_is_not_bought",
        (
            Edit("session/launch.py", "        self.planner.check_may_buy(plan)  # the job", "        pass  # the job"),
            Edit(
                "session/launch.py",
                "            self.planner.check_may_buy(plan)\n        if new",
                "            pass\n        if new",
            ),
        ),
    ),
    Mutant(
        "a refusal that was billed is sent again",
        "tests/engine/run/test_bills.py::test_a_refusal_that_was_billed_is_sent_once[400]",
        (Edit("providers/replies.py", "if billed_tokens(reply.json):", "if False:"),),
    ),
    Mutant(
        "a prompt that speaks of a refund makes a failed job free",
        "tests/engine/run/test_bills.py::test_a_failed_job_and_its_refund[prompt]",
        (Edit("providers/billing.py", " and _REFUNDED.search(prompt) is None", ""),),
    ),
    Mutant(
        "the bill of another length is the next estimate",
        "tests/session/test_pricing.py::test_another_request_has_another_price[length]",
        (Edit("session/pricing.py", "name: value for name, value in params.items() if name not in ignored", ""),),
    ),
    Mutant(
        "a language model is asked again when its answer was lost",
        "tests/faults/test_improve_faults.py::test_a_lost_answer_is_not_asked_for_again[cut in the middle]",
        (
            Edit(
                "session/improve/improve.py",
                "        except VidmagicError as error:\n            lost = error\n",
                "        except VidmagicError as error:\n            lost = error\n"
                "            return ask(endpoint.transport(self._timeouts), endpoint.path, body, on_text)\n",
            ),
        ),
    ),
)


def copied(folder: Path) -> Path:
    """Copy the package and its tests into *folder*; return where they are."""
    copy = folder / "copy"
    for name in ("vidmagic", "tests"):
        shutil.copytree(TOP / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".figures"))
    shutil.copy(TOP / "pyproject.toml", copy)
    return copy


def plant(mutant: Mutant, copy: Path) -> None:
    """Carry out the edits of *mutant* in *copy*. Raises LookupError where its text is not there once."""
    for edit in mutant.edits:
        path = copy / "vidmagic" / edit.file
        text = path.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise LookupError(f"{mutant.name}: its text is in {edit.file} {text.count(edit.old)} times")
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def outcomes(copy: Path, tests: Sequence[str]) -> dict[str, str]:
    """Run *tests* of *copy* in full size; return how each ended, "PASSED", "FAILED" or "ERROR", by its name."""
    command = [
        *(
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-rA",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "--long",
            "--seed",
            "1",
        ),
        *tests,
    ]
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"}
    ran = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=600, check=False)
    results = re.findall(r"^(PASSED|FAILED|ERROR) (.+?)(?: - .*)?$", ran.stdout, re.MULTILINE)
    ends = {name: end for end, name in results}
    missing = set(tests) - ends.keys()
    if missing:
        raise LookupError(f"no such test: {', '.join(sorted(missing))}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ends
