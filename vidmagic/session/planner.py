"""Plan a request with what a session knows: keys and origins, the video that it continues, the limit of cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.record import plan as plan_record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import UNKNOWN
from vidmagic.errors import InvalidRequest, NoSuchJob, TooExpensive
from vidmagic.http.url_policy import is_loopback
from vidmagic.providers import keys
from vidmagic.providers.contract import Service
from vidmagic.session.continue_from import LastFrame, check_last_frame, last_frame
from vidmagic.session.cost_limit import check_cost
from vidmagic.session.drafts import draft_of
from vidmagic.session.input_sources import VideoSources
from vidmagic.session.job_input import check_jobs
from vidmagic.session.planning import Plan, make_plan
from vidmagic.session.pricing import last_bill, own_price
from vidmagic.session.resolve import NO_VARIABLES, Resolver
from vidmagic.session.run_options import RunOptions
from vidmagic.session.service_access import ServiceAccess
from vidmagic.session.settings import Settings, notebook_folder, trusted_networks
from vidmagic.session.settings_sources import sandbox_variable
from vidmagic.spec.price import Price


@dataclasses.dataclass(frozen=True, slots=True)
class Planner:
    """Make plans and the journal's rows of them. `settings` returns the settings as they are now.

    `is_made` returns whether there is a job of a plan's request already, so that it would cost nothing; with the option
    `take` it raises InvalidRequest for a take before which others are missing.
    `noted_files` are the files of keys that a note has named already.
    """

    store: Store
    access: ServiceAccess
    resolver: Resolver
    settings: Callable[[], Settings]
    is_made: Callable[[Plan, RunOptions], bool]
    noted_files: set[Path] = dataclasses.field(default_factory=set)

    def plan(self, prompt: str, model: str | None, options: RunOptions, given: dict[str, object]) -> Plan:
        """Check a request without sending anything, as `Session.plan` documents. Raises InvalidRequest."""
        provider, chosen = self.access.catalog.find_model(model or self.access.default_model().id)
        service = provider.service
        in_sandbox = self._runs_in_sandbox(service, options)
        loopback = in_sandbox or is_loopback(urlsplit(self.access.origin(service)).hostname or "")
        trusted = trusted_networks(self.settings())
        frame = self.last_frame(options.from_) if options.from_ is not None else None
        if frame is not None:
            check_last_frame(frame, given, in_sandbox=in_sandbox)
            given = {**given, "image": frame.data}
        sources = VideoSources(self.resolver, self.access.catalog)
        notices, given = [*sources.notices(given)], sources.resolved(given, chosen)
        plan = make_plan(provider, chosen, prompt, given, in_sandbox=in_sandbox, loopback=loopback, trusted=trusted)
        plan = dataclasses.replace(plan, price=self._price(plan))
        if options.draft:
            typed = {name for name, value in given.items() if value is not None}
            plan = draft_of(plan, typed | chosen.implied(prompt, given).keys(), self._price)
        limit = self.settings().max_cost if options.max_cost is None else str(options.max_cost)
        plan = dataclasses.replace(plan, cost_limit=limit, parent=frame.job_id if frame is not None else "")
        notes = [*plan.notes, *notices]
        if frame is not None:
            notes += [f"starts from {frame.label}", *filter(None, [frame.note])]
        if in_sandbox and not _sandbox_requested(options):
            real = dataclasses.replace(plan, in_sandbox=False)
            if self._is_there(real, options):  # without a key it can be shown, and nothing else
                plan = real
            else:
                notes.insert(0, _no_key(service))
        plan = dataclasses.replace(plan, notes=(*notes, *self._take_notes(plan, options)))
        check_jobs(plan.request.inputs, self.store, in_sandbox=plan.in_sandbox)
        self._check_cost(plan, options)
        return plan

    def _is_there(self, plan: Plan, options: RunOptions) -> bool:
        """Return whether there is a job of a plan's request; none is where takes before it are missing."""
        try:
            return self.is_made(plan, options)
        except InvalidRequest:
            return False

    def _take_notes(self, plan: Plan, options: RunOptions) -> Iterator[str]:
        """Yield which take is asked for, and what is not known of others. Raises InvalidRequest if some are missing."""
        if options.take is None:
            return
        is_there = self.is_made(plan, options)
        yield f"take {options.take} of this request" + (", which is there already" if is_there else "")
        if self.store.path.exists():
            for record in self.store.of_request(plan.request.fingerprint(in_sandbox=plan.in_sandbox)):
                if record.state == UNKNOWN:
                    yield f"job {record.id} counts as a take: nobody knows whether it was made, and it may be charged"

    def _price(self, plan: Plan) -> Price | None:
        """Return the best estimate that there is: a bill, else the person's own price, else the document's."""
        own = own_price(plan.request, self.settings().prices, self.access.catalog)
        billing = plan.provider.service.billing
        return (last_bill(plan.request, plan.model, self.store) if billing is not None else None) or own or plan.price

    def _check_cost(self, plan: Plan, options: RunOptions) -> None:
        try:
            check_cost(plan, plan.cost_limit)
        except TooExpensive:
            if not self.is_made(plan, options):  # to show the job there is costs nothing
                raise

    def check_may_buy(self, plan: Plan) -> None:
        """Raise MissingKey for a plan whose service has no key, TooExpensive for one above its limit."""
        if not plan.in_sandbox:
            keys.require(plan.provider.service)
        check_cost(plan, plan.cost_limit)

    def last_frame(self, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> LastFrame:
        """Return the last frame of a video, given as for `Resolver.video`. Raises InvalidRequest."""
        if isinstance(source, LastFrame):
            return source
        try:
            video = self.resolver.video(source, variables)
        except (NoSuchJob, InvalidRequest) as problem:
            raise InvalidRequest(f"--from: {problem.message}", hint=problem.hint) from problem
        return last_frame(self.store, video, self.resolver.notice(source, variables))

    def record(self, plan: Plan) -> Record:
        """Return the journal's row of a plan."""
        record = plan_record(
            plan.request,
            in_sandbox=plan.in_sandbox,
            origin="" if plan.in_sandbox else self.access.origin(plan.provider.service),
            folder=str(self.folder()),
            price=plan.price_row,
            parent=plan.parent,
        )
        full = plan.full.to_json(in_sandbox=plan.in_sandbox) if plan.full is not None else {}
        return dataclasses.replace(record, draft=bool(full), full=full, finished_from=plan.finished_from)

    def key_notes(self, plan: Plan) -> list[str]:
        """Return a note of the file that the key came from; each file is named once in a session."""
        key = None if plan.in_sandbox else keys.find_key(plan.provider.service)
        if key is None or key.file is None or key.file in self.noted_files:
            return []
        self.noted_files.add(key.file)
        return [f"{plan.provider.service.key_env} comes from {key.file}"]

    def folder(self) -> Path:
        """Return where videos go, as an absolute path."""
        return notebook_folder() / Path(self.settings().folder).expanduser()

    def _runs_in_sandbox(self, service: Service, options: RunOptions) -> bool:
        """Return whether the job runs in the sandbox: as requested, or because no key is set. Raises InvalidRequest."""
        requested = _sandbox_requested(options)
        if requested and not service.has_sandbox:
            raise InvalidRequest(f"the sandbox does not support {service.title}")
        return service.has_sandbox and (requested or not self.access.has_any_key())


def _sandbox_requested(options: RunOptions) -> bool:
    return sandbox_variable() or options.sandbox


def _no_key(service: Service) -> str:
    return f"No key is set, so this runs in the sandbox, free of charge; {service.key_env} takes a key."
