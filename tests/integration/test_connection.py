"""What a client's connection carries besides good requests: bytes that come early, bodies that
nobody asked for, heads that two servers would read in two ways, and the host's own end."""

import json
import signal
import socket
import threading
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.http_client import Connection, Reply, check_error, content_of
from upstream.exchange import Scenario
from upstream.puppet import Puppet
from upstream.scenarios import answers, timing
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

CHAT = "/v1/chat/completions"
JSON = "content-type: application/json"
HEALTH = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"


def post(body: bytes, *fields: str, path: str = CHAT, version: str = "1.1") -> bytes:
    """A POST with these header fields and no others."""
    return "\r\n".join([f"POST {path} HTTP/{version}", *fields, "", ""]).encode() + body


def chat(model: str, *fields: str, **members: object) -> bytes:
    """A good request, as bytes."""
    body = json.dumps({"model": model, "messages": [], **members}).encode()
    return post(body, "host: x", JSON, f"content-length: {len(body)}", *fields)


def said(reply: Reply) -> str:
    assert reply.status == 200, reply.body()
    return reply.json()["choices"][0]["message"]["content"]


def wait_until_read(connection: Connection) -> None:
    """Waits until the host has taken everything that was sent from the kernel's buffer."""
    ends = [end[1] for end in (connection.socket.getpeername(), connection.socket.getsockname())]

    def taken() -> bool:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if [int(end.split(":")[1], 16) for end in (local, remote)] == ends:
                return int(queues.split(":")[1], 16) == 0
        return True

    wait_for(taken, "the host reads what was sent")


def send_in_background(connection: Connection, data: bytes) -> tuple[threading.Thread, list[str]]:
    """Sends what may not fit into any buffer; the list is where a failure is noted."""
    failures: list[str] = []

    def send() -> None:
        try:
            connection.socket.sendall(data)
        except OSError as failure:
            failures.append(repr(failure))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread, failures


def check_refused_for_good(connection: Connection, *statuses: int) -> Reply:
    """One answer in the envelope, then the end: whatever was sent after it is not answered."""
    reply = connection.read_reply()
    reply.error()
    assert reply.status in statuses
    assert reply.headers["connection"] == "close"
    rest = connection.read_to_end()
    assert rest == b"", rest
    return reply


# ---- what comes while a call runs ----------------------------------------------------------------

EARLY = {"a line end": b"\r\n", "a request": HEALTH}


@pytest.mark.parametrize("size", [1, 1 << 20], ids=["small", "large"])
@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY.keys())
def test_bytes_that_come_early_do_not_end_a_call(host: Host, upstream: Simulator, early: bytes,
                                                 size: int) -> None:
    """Some clients end a body with a line end that belongs to nothing, some send the next request
    ahead: neither is a hang-up. Every reply comes, in order, and the connection goes on, whatever
    the buffer has grown to. Before the next request the host must be waiting for it already: that
    is when the bytes that were kept and those that come can get into each other's way."""
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat(["first"])))
    with host.connect() as connection:
        connection.socket.sendall(chat(model, user="x" * size))
        upstream.journal.wait(model, lambda entries: len(entries) == 1)
        connection.socket.sendall(early)
        wait_until_read(connection)
        gate.open()
        assert said(connection.read_reply()) == "first"
        if early == HEALTH:
            assert connection.read_reply().json() == {"status": "ok"}
        assert said(connection.chat(model)) == "first"
        assert connection.send("GET", "/health").json() == {"status": "ok"}
    assert all(request.finished_at for request in upstream.ended(model, 2))


def test_two_calls_sent_ahead_are_answered_in_order(host: Host, upstream: Simulator) -> None:
    """The second waits for the first, though its upstream would answer at once."""
    gate = Gate(upstream)
    first = upstream.serve(gate.behind(answers.chat(["first"])))
    second = upstream.serve(answers.chat(["second"]))
    with host.connect() as connection:
        connection.socket.sendall(chat(first))
        upstream.journal.wait(first, lambda entries: len(entries) == 1)
        connection.socket.sendall(chat(second))
        wait_until_read(connection)
        assert upstream.requests(second) == []
        gate.open()
        assert said(connection.read_reply()) == "first"
        assert said(connection.read_reply()) == "second"


def test_a_large_call_sent_ahead_is_not_lost(host: Host, upstream: Simulator) -> None:
    """More than the host will keep for later: the rest waits in the network, and is read in its
    turn."""
    gate = Gate(upstream)
    first = upstream.serve(gate.behind(answers.chat(["first"])))
    second = upstream.serve(answers.chat(["second"]))
    with host.connect() as connection:
        connection.socket.sendall(chat(first))
        upstream.journal.wait(first, lambda entries: len(entries) == 1)
        sender, failures = send_in_background(connection, chat(second, user="x" * (2 << 20)))
        gate.open()
        assert said(connection.read_reply()) == "first"
        assert said(connection.read_reply()) == "second"
        sender.join()
    assert not failures


@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY.keys())
def test_bytes_that_come_early_do_not_end_a_stream(host: Host, upstream: Simulator,
                                                   early: bytes) -> None:
    """The same between two chunks: the stream goes on to its terminator."""
    puppet = Puppet(upstream)
    with host.connect() as connection:
        connection.socket.sendall(chat(puppet.model, stream=True))
        puppet.begin("begun")
        events = connection.read_reply().events()
        next(events)
        connection.socket.sendall(early)
        wait_until_read(connection)
        puppet.say("still here")
        assert content_of([json.loads(next(events))]) == "still here"
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
        if early == HEALTH:
            assert connection.read_reply().json() == {"status": "ok"}
        assert connection.send("GET", "/health").json() == {"status": "ok"}


@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY.keys())
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_hang_up_after_early_bytes_cancels_the_upstream(host: Host, upstream: Simulator,
                                                          early: bytes, stream: bool) -> None:
    """Reading must not stop at what is kept for later, or nobody would see the end behind it."""
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    connection = host.connect()
    connection.socket.sendall(chat(model, f"x-request-id: early-{model}", stream=stream))
    upstream.journal.wait(model, lambda entries: len(entries) == 1)
    connection.socket.sendall(early)
    wait_until_read(connection)
    connection.close()
    line = host.access_line(f"early-{model}")
    assert (line["status"], line["outcome"], line["error"]) == (499, "cancelled", "client_closed")
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None


# ---- where a body ends ---------------------------------------------------------------------------

CHUNKED = "transfer-encoding: chunked"
FRAMINGS: dict[str, tuple[list[str], str]] = {
    "xchunked": (["transfer-encoding: xchunked"], "1.1"),
    "chunkedx": (["transfer-encoding: chunkedx"], "1.1"),
    "identity": (["transfer-encoding: identity"], "1.1"),
    "empty": (["transfer-encoding:"], "1.1"),
    "chunked, identity": (["transfer-encoding: chunked, identity"], "1.1"),
    "gzip, chunked": (["transfer-encoding: gzip, chunked"], "1.1"),
    "chunked, chunked": (["transfer-encoding: chunked, chunked"], "1.1"),
    "two fields": ([CHUNKED, CHUNKED], "1.1"),
    "two fields, one other": (["transfer-encoding: identity", CHUNKED], "1.1"),
    "HTTP/1.0": ([CHUNKED, "connection: keep-alive"], "1.0"),
    "and a length": ([CHUNKED, "content-length: {length}"], "1.1"),
    "after a length": (["content-length: {length}", CHUNKED], "1.1"),
    "xchunked and a length": (["transfer-encoding: xchunked", "content-length: {length}"], "1.1"),
}


@pytest.mark.parametrize(("fields", "version"), FRAMINGS.values(), ids=FRAMINGS.keys())
def test_no_request_is_smuggled_behind_a_doubtful_body(
        host: Host, upstream: Simulator, fields: list[str], version: str) -> None:
    """Where a body ends must not be a matter of opinion: a proxy in front and this host would take
    different bytes for the next request. One refusal, and nothing after it is read as one."""
    model = upstream.serve(answers.chat(["smuggled"]))
    body = json.dumps({"model": model, "messages": []}).encode()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = ["host: x", JSON, *(field.format(length=len(chunks)) for field in fields)]
    with host.connect() as connection:
        connection.socket.sendall(post(chunks, *head, version=version) + HEALTH)
        check_refused_for_good(connection, 400, 501)
    assert upstream.requests(model) == []


# ---- bodies that are too large -------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(start_host: StartHost) -> Host:
    """A host that takes 1 MiB at most."""
    return start_host(server(max_body='"1MiB"') + '\n[providers.echo]\n' + route("echo", '"echo"'))


LARGE = b'{"model":"echo","messages":"' + b"x" * (8 << 20)
TOO_LARGE = {
    "announced": post(LARGE, "host: x", JSON, f"content-length: {len(LARGE)}"),
    "in chunks": post(b"%x\r\n%s\r\n0\r\n\r\n" % (len(LARGE), LARGE), "host: x", JSON, CHUNKED),
    "in small chunks": post(b"400\r\n%s\r\n" % (b"x" * 1024) * 8192 + b"0\r\n\r\n", "host: x", JSON,
                            CHUNKED),
}


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_refusal_is_not_lost_to_a_client_that_goes_on_sending(small: Host, sent: bytes) -> None:
    """Most clients read only when they have sent all. If the host closed with bytes unread, the
    network would answer them with a reset, and the reset would overtake the 413."""
    with small.connect() as connection:
        sender, failures = send_in_background(connection, sent)
        sender.join()
        assert not failures
        reply = connection.read_reply()
        assert (reply.status, reply.error()["code"]) == (413, "request_too_large")
        assert reply.headers["connection"] == "close"
        assert connection.at_end()


def test_a_refused_body_is_not_read_as_requests(small: Host) -> None:
    """What is thrown away for the client's sake stays thrown away."""
    with small.connect() as connection:
        sender, failures = send_in_background(connection, TOO_LARGE["announced"] + HEALTH * 100)
        check_refused_for_good(connection, 413)
        sender.join()
    assert not failures


# ---- heads that are refused ----------------------------------------------------------------------

NOT_JSON: dict[str, list[str]] = {
    "none": [],
    "empty": ["content-type:"],
    "text": ["content-type: text/plain"],
    "a form": ["content-type: application/x-www-form-urlencoded"],
    "an upload": ["content-type: multipart/form-data; boundary=x"],
    "JSON as a parameter": ["content-type: text/plain; application/json"],
    "nearly": ["content-type: application/jsonx"],
    "a list": ["content-type: text/plain, application/json"],
}


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/embeddings"])
@pytest.mark.parametrize("fields", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_only_json_is_taken_from_web_pages(host: Host, upstream: Simulator, fields: list[str],
                                           path: str) -> None:
    """Any page in a browser may post text to this address without asking, and spend money. JSON it
    may post only with leave, which the host does not give."""
    model = upstream.serve(answers.chat())
    body = json.dumps({"model": model, "messages": [], "prompt": "x", "input": "x"}).encode()
    with host.connect() as connection:
        connection.socket.sendall(
            post(body, "host: x", f"content-length: {len(body)}", *fields, path=path))
        reply = connection.read_reply()
        error = reply.error()
    assert (reply.status, error["code"]) == (415, "unsupported_media_type"), error
    assert error["type"] == "invalid_request_error"
    assert upstream.requests(model) == []


@pytest.mark.parametrize("content_type", [
    "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON",
    "APPLICATION/JSON ; Charset=utf-8"])
def test_json_by_any_spelling_is_taken(host: Host, content_type: str) -> None:
    """With parameters and in any letter case, as clients write it."""
    reply = host.chat("echo", "spelt", headers={"content-type": content_type})
    assert said(reply) == "echo: spelt"


HOSTS: dict[str, list[str]] = {"none": [], "two": ["host: x", "host: y"],
                               "the same twice": ["host: x", "host: x"]}


@pytest.mark.parametrize("fields", HOSTS.values(), ids=HOSTS.keys())
def test_a_request_has_exactly_one_host(host: Host, fields: list[str]) -> None:
    """RFC 9112, 3.2: 400, for two servers in a row might each believe another one."""
    with host.connect() as connection:
        head = "\r\n".join(["GET /health HTTP/1.1", *fields, "", ""]).encode()
        connection.socket.sendall(head + HEALTH)
        check_refused_for_good(connection, 400)


def test_line_ends_before_a_request_are_skipped(host: Host) -> None:
    """RFC 9112, 2.2: old clients send one after a body. At the beginning, between two requests, and
    cut in the middle."""
    with host.connect() as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for before in ([b"\r\n"], [b"\r\n\r\n"], [b"\r", b"\n"], []):
            for piece in before:
                connection.socket.sendall(piece)
                wait_until_read(connection)
            connection.socket.sendall(HEALTH)
            assert connection.read_reply().json() == {"status": "ok"}
        connection.socket.sendall(b"\r\n" + HEALTH + b"\r\n" + HEALTH)
        for _ in range(2):
            assert connection.read_reply().json() == {"status": "ok"}


def test_nothing_of_a_request_clings_to_the_next(host: Host) -> None:
    """After HEAD, an answer without a body, the refusal of what cannot be read has its body, and
    an id that is not the one of the request before."""
    with host.connect() as connection:
        first = connection.send("HEAD", "/health", headers={"x-request-id": "first"})
        assert (first.status, first.headers["x-request-id"]) == (200, "first")
        connection.socket.sendall(b"GET /health HTTP/1.1\r\nhost x\r\n\r\n")
        second = check_refused_for_good(connection, 400)
    assert second.headers["x-request-id"] not in ("", "first")
    assert host.access_line(second.headers["x-request-id"])["status"] == 400


# ---- the host's own end --------------------------------------------------------------------------


@pytest.fixture
def draining(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """A host that waits 300 ms for its calls, which may take longer."""
    return start_host(
        server(drain='"300ms"')
        + provider("holysheep", upstream, authority, first_byte=9000, idle=9000, total=9000)
        + route("qwen-*", '"holysheep"'))


UNFINISHED: dict[str, Scenario] = {"silent": timing.silent_after(["tick "]),
                                   "busy": timing.steady(0.005)}


@pytest.mark.parametrize("scenario", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_a_stream_that_the_drain_cuts_says_so(draining: Host, upstream: Simulator,
                                              scenario: Scenario) -> None:
    """A stream that just ends passes for a whole one, or for a fault of the network. It was the
    host, and the log must not blame the client."""
    model = upstream.serve(scenario)
    with draining.connect() as connection:
        reply = connection.chat(model, stream=True, headers={"x-request-id": "drained"})
        events = reply.events()
        assert "tick" in next(event for event in events if '"tick' in event)
        draining.process.send_signal(signal.SIGTERM)
        *chunks, last, done = events
        assert done == "[DONE]"
        assert check_error(json.loads(last))["code"] == "draining"
        assert not any('"error"' in chunk for chunk in chunks)
        assert connection.at_end()
    draining.stop()
    line = draining.access_line("drained")
    assert (line["outcome"], line["error"]) == ("error", "draining")
    assert upstream.ended(model)[0].disconnected_at is not None


def test_a_call_that_the_drain_cuts_is_a_503(draining: Host, upstream: Simulator) -> None:
    """Clients try a 503 again, at a host that lives; an empty answer they cannot read."""
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    with draining.connect() as connection:
        connection.socket.sendall(chat(model, "x-request-id: drained"))
        upstream.journal.wait(model, lambda entries: len(entries) == 1)
        draining.process.send_signal(signal.SIGTERM)
        reply = connection.read_reply()
        assert (reply.status, reply.error()["code"]) == (503, "draining")
        assert int(reply.headers["retry-after"]) > 0
        assert connection.at_end()
    draining.stop()
    line = draining.access_line("drained")
    assert (line["status"], line["outcome"], line["error"]) == (503, "error", "draining")
    assert upstream.ended(model)[0].disconnected_at is not None
