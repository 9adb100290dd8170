"""Answers that go wrong: refusals, broken streams, things that are not even HTTP."""

from upstream import qwen
from upstream.errors import QwenError
from upstream.exchange import Exchange, Headers, Scenario
from upstream.qwen import Json, dump


def error(fault: QwenError, headers: Headers | None = None) -> Scenario:
    """A refusal with a status of its own, in Qwen's words."""
    return status(fault.status, fault.body(), headers)


def status(code: int, body: bytes, headers: Headers | None = None,
           content_type: str = "application/json") -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(body, code, headers, content_type)

    return play


def html(code: int) -> Scenario:
    """The error page of a proxy in between."""
    page = f"<html><head><title>{code}</title></head><body><h1>nginx</h1></body></html>"
    return status(code, page.encode(), content_type="text/html")


def error_with_status_200(fault: QwenError) -> Scenario:
    """A whole answer that says 200 and holds an error."""
    return status(200, fault.body())


async def _say(exchange: Exchange, words: list[str]) -> None:
    await exchange.head()
    await exchange.event(qwen.opening(exchange.model))
    for word in words:
        await exchange.event(qwen.said(exchange.model, word))


def error_frame(words: list[str], fault: QwenError | bytes) -> Scenario:
    """An error as an event within a stream whose status was 200."""
    frame = fault if isinstance(fault, bytes) else fault.body()

    async def play(exchange: Exchange) -> None:
        await _say(exchange, words)
        await exchange.event(frame)
        await exchange.end()

    return play


def error_as_first_event(fault: QwenError) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(fault.body())
        await exchange.end(done=None)

    return play


def cut(words: list[str]) -> Scenario:
    """The connection breaks in the middle of an answer."""

    async def play(exchange: Exchange) -> None:
        if exchange.streams:
            await _say(exchange, words)
        else:
            body = dump(qwen.completion(exchange.model, "".join(words)))
            await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                               b"content-length: %d\r\n\r\n%s" % (len(body), body[:-9]))
        exchange.cut()

    return play


def ended_early(words: list[str]) -> Scenario:
    """A stream that ends in good order as HTTP, but without a finish reason or a terminator."""

    async def play(exchange: Exchange) -> None:
        await _say(exchange, words)
        await exchange.end(done=None)

    return play


def no_terminator(words: list[str]) -> Scenario:
    """A complete answer after which the connection breaks, before `[DONE]`."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                           b"connection: close\r\n\r\n")
        for chunk in qwen.stream(exchange.model, words, used=qwen.usage()):
            await exchange.event(chunk)

    return play


def malformed_chunk(words: list[str]) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await _say(exchange, words)
        await exchange.event(b'{"id":"chatcmpl-9f3c1a52","choices":[{"delta":{"content":"x')
        await exchange.end()

    return play


def redirect(target: str) -> Scenario:
    return status(307, b"", {"location": target})


def not_http(data: bytes = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.raw(data)
        exchange.cut()

    return play


def hang_up() -> Scenario:
    """Takes the request and closes without a word."""

    async def play(exchange: Exchange) -> None:
        exchange.cut()

    return play


def hang_up_when_reused(then: Scenario) -> Scenario:
    """Answers a connection's first request; drops the connection when a second one arrives, as a
    server does whose keep-alive ran out just then."""

    async def play(exchange: Exchange) -> None:
        if exchange.connection_requests > 1:
            return exchange.cut()
        await then(exchange)

    return play


def strange_reply(members: Json) -> Scenario:
    """Status 200 and JSON, but no answer in it."""
    return status(200, dump(members))
