"""An upstream that answers in OpenAI's form whoever has the right credential, of whatever kind."""

from collections.abc import Callable

from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import dump
from upstream.scenarios import faults
from upstream.simulator import Simulator
from upstream.tls import Authority

Admits = Callable[[Received], bool]


async def _answer(exchange: Exchange) -> None:
    await exchange.reply(dump(qwen.completion(exchange.model, "admitted")))


class Gate(Simulator):
    def __init__(self, authority: Authority | None, admits: Admits) -> None:
        super().__init__(authority)
        self.admits = admits

    @property
    def origin(self) -> str:
        return self.base_url.removesuffix("/v1")

    def _choose(self, request: Received) -> Scenario:
        if not self.admits(request):
            return faults.error(errors.INVALID_KEY)
        return self._scripted(request.model) or _answer
