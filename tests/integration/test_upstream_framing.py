"""Answers of upstreams whose length or packing is odd: none is taken for what it is not, and none
costs the status of a refusal."""

import gzip
import zlib

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def strict(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """Passes refusals for a rate on at once."""
    return start_host(server(workers=1) + provider("p", upstream, authority)
                      + 'on_limit = "reject"\n' + route("qwen-*", '"p"'))


def exactly(head: bytes, body: bytes = b"") -> Scenario:
    """These bytes; the connection stays open for another request."""

    async def play(exchange: Exchange) -> None:
        text = body or qwen.dump(qwen.completion(exchange.model, "hello"))
        await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                           + head.replace(b"LENGTH", b"%d" % len(text))
                           + b"\r\n" + (b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text)
                                        if b"chunked" in head.lower() else text))
        exchange.complete = True

    return play


DOUBTFUL = {
    "two lengths": b"content-length: LENGTH\r\ncontent-length: 3\r\n",
    "two lengths in one": b"content-length: LENGTH, 3\r\n",
    "the longer one first": b"content-length: 9999\r\ncontent-length: LENGTH\r\n",
    "a length and chunks": b"content-length: LENGTH\r\ntransfer-encoding: chunked\r\n",
    "chunks and a length": b"transfer-encoding: chunked\r\ncontent-length: LENGTH\r\n",
    "no number": b"content-length: LENGTHx\r\n",
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("head", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_an_answer_of_two_lengths_is_refused(strict: Host, upstream: Simulator, head: bytes,
                                             stream: bool) -> None:
    """What one reader takes for its end lies within it for another, and the rest for the answer to
    the next request. Its connection has no next one."""
    model = upstream.serve(exactly(head), answers.chat())
    reply = strict.chat(model, stream=stream)
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_protocol_error"), error
    assert strict.chat(model).status == 200
    first, second = upstream.ended(model, 2)
    assert first.connection != second.connection


def test_a_length_that_is_told_twice_alike_is_one(strict: Host, upstream: Simulator) -> None:
    head = b"content-length: LENGTH\r\ncontent-length: LENGTH\r\n"
    assert strict.chat(upstream.serve(exactly(head))).status == 200


def packed(body: bytes, encoding: str, status: int = 200) -> Scenario:
    return faults.status(status, body, {"content-encoding": encoding, "retry-after": "3"})


REFUSAL = b'{"error":{"message":"slow down please","type":"rate_limit_error","code":"slow"}}'
# The body, its encoding, and whether its words can be read.
REFUSALS = {
    "brotli": (b"xxxx", "br", False),
    "zstd": (b"xxxx", "zstd", False),
    "nonsense": (b"xxxx", "nonsense", False),
    "gzip twice": (gzip.compress(gzip.compress(REFUSAL)), "gzip, gzip", False),
    "no gzip": (b"xxxx", "gzip", False),
    "half of gzip": (gzip.compress(REFUSAL)[:20], "gzip", False),
    "gzip": (gzip.compress(REFUSAL), "gzip", True),
    "x-gzip": (gzip.compress(REFUSAL), "X-GZip", True),
    "gzip and identity": (gzip.compress(REFUSAL), "gzip, identity", True),
    "gzip and more": (gzip.compress(REFUSAL) + b"\r\n\0\0", "gzip", True),
    "deflate": (zlib.compress(REFUSAL), "deflate", True),
    "bare deflate": (zlib.compress(REFUSAL, wbits=-15), "deflate", True),
    "an empty encoding": (REFUSAL, "", True),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("body", "encoding", "readable"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_packed_refusal_keeps_its_status(strict: Host, upstream: Simulator, body: bytes,
                                           encoding: str, readable: bool, stream: bool) -> None:
    """And its retry-after, by which the client's library comes again."""
    for status in (429,) if readable else (429, 503):  # its words may say what kind it is
        reply = strict.chat(upstream.serve(packed(body, encoding, status)), stream=stream)
        error = reply.error()
        assert reply.status == status, error
        assert status == 503 or reply.headers["retry-after"] == "3"
        assert ("slow down please" in error["message"]) == readable, error


def completion(model: str) -> bytes:
    return qwen.dump(qwen.completion(model, "hello"))


@pytest.mark.parametrize("encoding", ["br", "zstd", "nonsense", "gzip, gzip"])
def test_an_answer_in_an_encoding_that_nobody_asked_for_is_refused(
        strict: Host, upstream: Simulator, encoding: str) -> None:
    reply = strict.chat(upstream.serve(packed(b"xxxx", encoding)))
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_protocol_error"), error
    known = encoding in ("br", "zstd")  # anything else may be the host's own credential
    assert (encoding if known else "that is unknown here") in error["message"]


GOOD = {
    "trailing bytes": lambda body: (gzip.compress(body) + b"\r\n", "gzip"),
    "many trailing bytes": lambda body: (gzip.compress(body) + bytes(40_000), "gzip"),
    "two members": lambda body: (gzip.compress(body[:9]) + gzip.compress(body[9:]), "gzip"),
    "a list": lambda body: (gzip.compress(body), "identity, gzip"),
    "deflate": lambda body: (zlib.compress(body), "deflate"),
    "nothing": lambda body: (body, "identity"),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_a_packed_answer_is_read(strict: Host, upstream: Simulator, make: object) -> None:
    async def play(exchange: Exchange) -> None:
        body, encoding = make(completion(exchange.model))
        await exchange.reply(body, headers={"content-encoding": encoding})

    reply = strict.chat(upstream.serve(play))
    assert reply.status == 200, reply.json()
    assert reply.json()["choices"][0]["message"]["content"] == "hello"


def test_half_of_a_packed_answer_is_no_answer(strict: Host, upstream: Simulator) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(gzip.compress(completion(exchange.model))[:-9],
                             headers={"content-encoding": "gzip"})

    reply = strict.chat(upstream.serve(play))
    assert (reply.status, reply.error()["code"]) == (502, "upstream_protocol_error")


def test_a_refusal_that_is_cut_keeps_its_status(strict: Host, upstream: Simulator) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 429 x\r\nretry-after: 3\r\ncontent-length: 100\r\n\r\n{")
        exchange.cut()

    reply = strict.chat(upstream.serve(play))
    assert (reply.status, reply.headers.get("retry-after")) == (429, "3"), reply.json()
