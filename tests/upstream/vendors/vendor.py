"""What the simulated providers have in common: they check each request first, and then play what
was scripted for its model, else what the request asks for."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.scenarios.timing import FOREVER
from upstream.simulator import Simulator
from upstream.vendors.content import Saying

KEY = "vendor-test-key"


@dataclass(frozen=True)
class Fault:
    """An error of a provider, before it is put into the provider's format."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)  # members that only this one has


class Refusal(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True)
class Stream:
    """The frames of a streamed answer: those that say something, and those that then close it."""

    begun: list[bytes]
    closing: list[bytes]


class Vendor(Simulator):
    """`with Anthropic(authority) as upstream:`, and so on. A script's scenarios are made by `says`,
    `refuses`, `breaks`, `cuts`, `ends_early` and `lingers`; they answer whole or streamed, as is
    asked."""

    prefix = "model"
    stream_type = "text/event-stream"
    json_type = "application/json"
    models: tuple[str, ...] = ()
    NO_SUCH_ROUTE = Fault(404, "not_found", "Not found")

    @property
    def origin(self) -> str:
        return self.base_url.removesuffix("/v1")

    def serve(self, *scenarios: Scenario, prefix: str = "") -> str:
        return super().serve(*scenarios, prefix=prefix or self.prefix)

    # ---- scenarios ----------------------------------------------------------------------------

    def says(self, saying: Saying) -> Scenario:
        async def play(exchange: Exchange) -> None:
            if not self.streams(exchange.request):
                body = self.reply(exchange.request, saying)
                headers = self.headers(exchange.request)
                return await exchange.reply(dump(body), 200, headers, self.json_type)
            stream = self.stream(exchange.request, saying)
            await self._send(exchange, [*stream.begun, *stream.closing])
            await exchange.end(done=None)

        return play

    def refuses(self, fault: Fault) -> Scenario:
        async def play(exchange: Exchange) -> None:
            headers = {**self.headers(exchange.request), **self.fault_headers(fault)}
            body = dump(self.fault(exchange.request, fault))
            await exchange.reply(body, fault.status, headers, self.json_type)

        return play

    def breaks(self, saying: Saying, fault: Fault) -> Scenario:
        """Says all of it, and then tells of an error where the answer would have been closed. What
        is not streamed is refused."""

        async def play(exchange: Exchange) -> None:
            if not self.streams(exchange.request):
                return await self.refuses(fault)(exchange)
            begun = self.stream(exchange.request, saying).begun
            await self._send(exchange, [*begun, self.fault_frame(exchange.request, fault)])
            await exchange.end(done=None)

        return play

    def cuts(self, saying: Saying) -> Scenario:
        """Says all of it, and breaks the connection within the next frame, or within the reply."""

        async def play(exchange: Exchange) -> None:
            if self.streams(exchange.request):
                stream = self.stream(exchange.request, saying)
                half = stream.closing[0][:len(stream.closing[0]) // 2]
                await self._send(exchange, [*stream.begun, half])
            else:
                body = dump(self.reply(exchange.request, saying))
                head = (f"HTTP/1.1 200 OK\r\ncontent-type: {self.json_type}\r\n"
                        f"content-length: {len(body)}\r\n\r\n")
                await exchange.raw(head.encode() + body[:-9])
            exchange.cut()

        return play

    def ends_early(self, saying: Saying) -> Scenario:
        """Ends a stream in good order as HTTP, but without its last frame."""

        async def play(exchange: Exchange) -> None:
            stream = self.stream(exchange.request, saying)
            await self._send(exchange, [*stream.begun, *stream.closing[:-1]])
            await exchange.end(done=None)

        return play

    def lingers(self, saying: Saying) -> Scenario:
        """Says all of it, and then nothing; the connection stays open. What is not streamed does
        not even begin."""

        async def play(exchange: Exchange) -> None:
            if self.streams(exchange.request):
                await self._send(exchange, self.stream(exchange.request, saying).begun)
            await asyncio.sleep(FOREVER)

        return play

    async def _send(self, exchange: Exchange, frames: list[bytes]) -> None:
        await exchange.head(headers=self.headers(exchange.request), content_type=self.stream_type)
        for frame in frames:
            await exchange.write(frame)
            exchange.request.chunks_sent += 1

    # ---- what a provider says of itself -------------------------------------------------------

    def check(self, request: Received) -> Scenario:
        """Names the request by its model, raises what is wrong with it, returns what is usual."""
        raise NotImplementedError

    def streams(self, request: Received) -> bool:
        return request.json.get("stream") is True

    def reply(self, request: Received, saying: Saying) -> Any:
        raise NotImplementedError

    def stream(self, request: Received, saying: Saying) -> Stream:
        raise NotImplementedError

    def fault(self, request: Received, fault: Fault) -> Any:
        raise NotImplementedError

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        raise NotImplementedError

    def headers(self, request: Received) -> Headers:
        """Of each answer."""
        return {}

    def fault_headers(self, fault: Fault) -> Headers:
        return dict(fault.headers)

    # ---- choosing -----------------------------------------------------------------------------

    def _choose(self, request: Received) -> Scenario:
        request.named = path_of(request)  # unless `check` finds a model
        try:
            usual = self.check(request)
        except Refusal as refusal:
            return self.refuses(refusal.fault)
        return self._scripted(request.model) or usual

    def knows(self, model: str) -> bool:
        return model in self.models or model in self._scripts


def path_of(request: Received) -> str:
    return unquote(urlsplit(request.path).path)


def query_of(request: Received) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


def parsed(body: bytes, fault: Fault) -> Json:
    """A body's JSON object; the fault if it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        raise Refusal(fault) from None
    if not isinstance(found, dict):
        raise Refusal(fault)
    return found


def sse(payload: Any, event: str | None = None) -> bytes:
    named = b"event: %s\n" % event.encode() if event else b""
    return b"%sdata: %s\n\n" % (named, dump(payload))


_numbers = itertools.count(1)


def new_id(prefix: str) -> str:
    return f"{prefix}{next(_numbers):012x}"
