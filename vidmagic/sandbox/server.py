"""The sandbox: the five services on one API origin, their storage on another, both on loopback.

Keys: any key works; `bad-key` is refused (401), `poor-key` has no money. `GET /sandbox/ledger` lists the requests seen,
without their keys; `GET /sandbox/health` answers while the sandbox is up. What a prompt can direct is in `directives`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Literal

from .chat import Chat
from .dmxapi.h3 import H3
from .dmxapi.hailuo import Hailuo
from .dmxapi.hailuo_responses import HailuoResponses
from .dmxapi.happyhorse import HappyHorse
from .dmxapi.kling import Kling
from .dmxapi.pixverse import PixVerse
from .dmxapi.responses import Responses
from .dmxapi.seedance import Seedance
from .dmxapi.seedance2 import Seedance2
from .dmxapi.viduq2 import ViduQ2
from .dmxapi.viduq3 import ViduQ3
from .dmxapi.wan import Wan
from .exchange import HangUp, Request, Response, Route, dispatch, reply
from .files import Files
from .ledger import Call, Ledger, Origin
from .listener import Listener
from .render import QUALITY, Quality
from .sora import Sora
from .task_store import TaskStore
from .vidu import Vidu
from .vidu_uploads import Uploads
from .vidu_v2 import ViduV2


class Sandbox:
    """An HTTP double of the five services on loopback.

    Tasks take `seconds` to generate, links live `link_seconds`, videos are drawn in `quality`. Tasks and videos are
    in `folder` (default: a temporary one, removed by `close`), and a new sandbox over the same folder goes on
    answering for them. With `port` 0 the API origin takes a free port; the files origin always does.
    """

    def __init__(
        self,
        *,
        seconds: float = 3.0,
        port: int = 0,
        folder: Path | None = None,
        host: str = "127.0.0.1",
        link_seconds: float = 3600.0,
        quality: Quality = QUALITY,
    ) -> None:
        self._ledger = Ledger()
        self._own_folder = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="vidmagic-sandbox-")) if folder is None else folder
        self.store = TaskStore(self.folder, seconds, quality)
        self._files = Files(self.store, link_seconds)
        self._routes = self._api_routes()
        api = self._recorded("api", lambda request: dispatch(self._routes, request))
        self._api_listener = Listener(host, port, api)
        self._files_listener = Listener(host, 0, self._recorded("files", self._files.handle))
        self.url = self._api_listener.url
        self.files_url = self._files.url = self._files_listener.url
        self._state: Literal["new", "running", "closed"] = "new"

    @property
    def ledger(self) -> list[Call]:
        """The requests seen, without keys, in their order; of very many the newest."""
        return self._ledger.calls

    @property
    def seconds(self) -> float:
        """The generation time of the next jobs, in seconds."""
        return self.store.seconds

    @seconds.setter
    def seconds(self, value: float) -> None:
        self.store.seconds = value

    def finish_tasks(self) -> None:
        """Let every task that is under way be done now, however long `seconds` would have it take."""
        self.store.finish()

    @property
    def link_seconds(self) -> float:
        """How long the next links live, in seconds."""
        return self._files.link_seconds

    @link_seconds.setter
    def link_seconds(self, value: float) -> None:
        self._files.link_seconds = value

    @property
    def streams_stay_open(self) -> bool:
        """Whether a query stream of DMXAPI stays open until the task is done; else it answers at once.

        Which of the two the service does is not documented.
        """
        return self.store.streams_stay_open

    @streams_stay_open.setter
    def streams_stay_open(self, value: bool) -> None:
        self.store.streams_stay_open = value

    @property
    def blank_lines(self) -> bool:
        """Whether a blank line stands between the events of a stream, as the standard asks for.

        Streams without them were seen too: no standard client finds an event in those.
        """
        return self.store.blank_lines

    @blank_lines.setter
    def blank_lines(self, value: bool) -> None:
        self.store.blank_lines = value

    def start(self) -> Sandbox:
        """Serve from daemon threads; a second call changes nothing."""
        if self._state == "new":
            self._state = "running"
            self.store.start()
            self._api_listener.start()
            self._files_listener.start()
        return self

    def close(self) -> None:
        """Stop serving, cut every connection, and remove the temporary folder."""
        if self._state == "closed":
            return
        self.store.close()
        for listener in (self._api_listener, self._files_listener):
            listener.stop() if self._state == "running" else listener.server_close()
        self._state = "closed"
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Sandbox:  # noqa: PYI034, typing.Self needs Python 3.11
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _api_routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/sandbox/health", lambda _: reply({"ok": True})),
            Route("GET", "/sandbox/ledger", lambda _: reply([asdict(call) for call in self.ledger])),
            *Hailuo(self.store, self._files).routes,
            *Chat(self.store, Sora(self.store, self._files).submit).routes,
            *self._vidu_routes(),
            *self._responses_routes(),
        )

    def _vidu_routes(self) -> tuple[Route, ...]:
        uploads = Uploads(self.store, self._files)
        tasks = Vidu(self.store, self._files, uploads), ViduV2(self.store, self._files, uploads)
        return (*uploads.routes, *tasks[0].routes, *tasks[1].routes)

    def _responses_routes(self) -> tuple[Route, ...]:
        responses = Responses(self.store)
        H3(self.store, self._files, responses)
        HailuoResponses(self.store, self._files, responses)
        HappyHorse(self.store, self._files, responses)
        Kling(self.store, self._files, responses)
        PixVerse(self.store, self._files, responses)
        Seedance(self.store, self._files, responses)
        Seedance2(self.store, self._files, responses)
        ViduQ2(self.store, self._files, responses)
        ViduQ3(self.store, responses)
        Wan(self.store, self._files, responses)
        return responses.routes

    def _recorded(self, origin: Origin, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Wrap a handler so that each request is in the ledger before its answer leaves."""

        def record_and_answer(request: Request) -> Response:
            try:
                response = handler(request)
            except HangUp as cut:
                self._record(origin, request, 0, cut.accepted)
                raise
            self._record(origin, request, response.status, response.accepted)
            return response

        return record_and_answer

    def _record(self, origin: Origin, request: Request, status: int, accepted: str | None) -> None:
        if not request.path.startswith("/sandbox/"):
            self._ledger.record(origin, request, status, accepted)
