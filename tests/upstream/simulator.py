"""The simulated service: runs on a thread of its own; tests script it and read its journal."""

import asyncio
import itertools
import threading
from contextlib import contextmanager, suppress
from typing import Any, Coroutine, Iterator, Self

from upstream import errors, qwen
from upstream.connection import Connection
from upstream.exchange import Scenario
from upstream.journal import Journal, Received
from upstream.scenarios import answers, faults
from upstream.tls import Authority

KEY = "test-key"
OTHER_KEY = "other-test-key"


class Simulator:
    """`with Simulator(authority) as upstream:`; without an authority it speaks plain HTTP. One that
    does not keep its connections takes a single request over each."""

    def __init__(self, authority: Authority | None, keeps: bool = True) -> None:
        self.journal = Journal()
        self.port = 0
        self._authority = authority
        self._keeps = keeps
        self._scripts: dict[str, list[Scenario]] = {}
        self._names = itertools.count(1)
        self._connections = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        return f"http{'s' if self._authority else ''}://127.0.0.1:{self.port}/v1"

    def run(self, work: Coroutine[Any, Any, Any], seconds: float = 10) -> Any:
        """Runs a coroutine on the simulator's loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    # ---- scripting ----------------------------------------------------------------------------

    def serve(self, *scenarios: Scenario, prefix: str = "qwen") -> str:
        """Invents a model that plays these scenarios, one a request; the last one stays."""
        model = f"{prefix}-test-{next(self._names)}"
        self.script(model, *scenarios)
        return model

    def script(self, model: str, *scenarios: Scenario) -> None:
        self._scripts[model] = list(scenarios)

    @contextmanager
    def playing(self, model: str, *scenarios: Scenario) -> Iterator[None]:
        """Gives a model that exists anyway another behaviour for a while."""
        self.script(model, *scenarios)
        try:
            yield
        finally:
            del self._scripts[model]

    # ---- reading ------------------------------------------------------------------------------

    def requests(self, model: str) -> list[Received]:
        return self.journal.of(model)

    def request(self, model: str) -> Received:
        """The only request for this model."""
        (only,) = self.requests(model)
        return only

    def ended(self, model: str, count: int = 1) -> list[Received]:
        """Waits until `count` requests for the model are over, one way or the other."""
        return self.journal.wait(
            model, lambda entries: len(entries) >= count and all(e.ended for e in entries))

    # ---- serving ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        context = self._authority.server_context() if self._authority else None
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=context,
                                                  backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._connections)
        with suppress(asyncio.CancelledError):  # by `_stop`; asyncio would tell of each
            await Connection(number, reader, writer, self.journal, self._choose,
                             self._keeps).serve()

    def _choose(self, request: Received) -> Scenario:
        if request.key not in (KEY, OTHER_KEY):
            return faults.error(errors.INVALID_KEY)
        if request.method == "GET" and request.path == "/v1/models":
            return answers.models()
        if scripted := self._scripted(request.model):
            return scripted
        if request.model not in qwen.MODELS and not request.model.startswith("text-embedding"):
            return faults.error(errors.NO_SUCH_MODEL)
        usual = {"/v1/chat/completions": answers.chat(), "/v1/completions": answers.text(),
                 "/v1/embeddings": answers.embeddings()}
        return usual.get(request.path, faults.error(errors.NO_SUCH_MODEL))

    def _scripted(self, model: str) -> Scenario | None:
        """What is to be played for this model now, if it has a script."""
        script = self._scripts.get(model)
        if not script:
            return None
        return script.pop(0) if len(script) > 1 else script[0]
