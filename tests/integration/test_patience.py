"""Clients that are slow, silent, too many or half gone: each wait for one has an end."""

import json
import signal
import socket
import time

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds, wait_for
from integration.http_client import Connection
from integration.metrics_page import scrape
from upstream.puppet import Puppet
from upstream.scenarios import answers, timing
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

HEALTH = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"
HEAD = (b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n%s\r\n")
SHORT = '"300ms"' if SLOWNESS == 1 else '"1200ms"'


def chat(model: str, fields: bytes = b"", **members: object) -> bytes:
    body = json.dumps({"model": model, "messages": [], **members}).encode()
    return HEAD % (len(body), fields) + body


@pytest.fixture(scope="module")
def impatient(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    limits = {key: SHORT for key in ("header_timeout", "body_timeout", "idle_timeout",
                                     "write_timeout")}
    return start_host(
        server(**limits, min_body_rate='"1KiB"')
        + provider("holysheep", upstream, authority, first_byte=9000, idle=9000, total=9000)
        + '\n[providers.echo]\n' + route("qwen-*", '"holysheep"') + route("echo", '"echo"'))


def trickle(connection: Connection, data: bytes, seconds: float) -> None:
    """Sends byte by byte until the host has had enough."""
    deadline = time.monotonic() + 15 * SLOWNESS
    connection.socket.setblocking(False)
    for byte in data:
        assert time.monotonic() < deadline, "the host has endless patience"
        try:
            if connection.socket.recv(1, socket.MSG_PEEK):
                break
        except BlockingIOError:
            pass
        connection.socket.send(bytes([byte]))
        time.sleep(seconds)
    connection.socket.settimeout(20)


def check_timed_out(connection: Connection) -> None:
    reply = connection.read_reply()
    assert (reply.status, reply.error()["code"]) == (408, "request_timeout")
    assert reply.headers["connection"] == "close"
    connection.read_to_end()


def test_a_head_that_trickles(impatient: Host) -> None:
    """Each byte comes soon, the end never: the whole head has one time."""
    with impatient.connect() as connection:
        trickle(connection, b"GET /health HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 10_000, 0.01)
        check_timed_out(connection)


def test_a_head_that_stops(impatient: Host) -> None:
    with impatient.connect() as connection:
        connection.socket.sendall(HEALTH[:20])
        check_timed_out(connection)


def test_a_body_that_stops(impatient: Host, upstream: Simulator) -> None:
    model = upstream.serve(answers.chat())
    with impatient.connect() as connection:
        connection.socket.sendall(chat(model)[:-1])
        check_timed_out(connection)
    assert upstream.requests(model) == []


def test_a_body_that_trickles(impatient: Host) -> None:
    """Never silent for long, but it would take hours."""
    with impatient.connect() as connection:
        connection.socket.sendall(HEAD % (100_000, b""))
        trickle(connection, b" " * 10_000, 0.02)
        check_timed_out(connection)


def test_an_idle_connection_is_closed_without_a_word(impatient: Host) -> None:
    """Before the first request and after one; a reply that nobody asked for would be taken for the
    next one's."""
    with impatient.connect() as unused, impatient.connect() as used:
        assert used.send("GET", "/health").json() == {"status": "ok"}
        assert unused.at_end() and used.at_end()


def test_a_call_is_not_idle(impatient: Host, upstream: Simulator) -> None:
    """However long the model thinks: the limits are on the client, not on the upstream."""
    model = upstream.serve(timing.late(1.0 * SLOWNESS, answers.chat(["late"])))
    with impatient.connect() as connection:
        reply = connection.chat(model)
        assert reply.json()["choices"][0]["message"]["content"] == "late"


def test_a_client_that_does_not_read_is_cut(impatient: Host, upstream: Simulator) -> None:
    """Its call is cancelled: an answer that nobody takes is not worth its tokens."""
    model = upstream.serve(timing.endless())
    with impatient.connect(receive_buffer=16384) as connection:
        connection.socket.sendall(chat(model, b"x-request-id: stalled\r\n", stream=True))
        (request,) = upstream.ended(model)
        assert request.disconnected_at is not None
        assert impatient.access_line("stalled")["outcome"] == "cancelled"


# ---- how many -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["max_connections", "max_connections_per_client"])
def test_too_many_connections(start_host: StartHost, key: str) -> None:
    """The one too many is told so, and one that ends makes room."""
    host = start_host(server(**{key: "3"}) + '\n[providers.echo]\n' + route("echo", '"echo"'))
    kept = [host.connect() for _ in range(3)]
    for connection in kept:
        assert connection.send("GET", "/health").status == 200
    with host.connect() as connection:
        reply = connection.send("GET", "/health")
        assert (reply.status, reply.error()["code"]) == (503, "too_many_connections")
        assert reply.headers["connection"] == "close" and reply.headers["retry-after"] == "1"
        assert connection.at_end()
    assert scrape(host).sum("bellwether_client_connections_refused_total") == 1
    kept.pop().close()

    def served() -> bool:
        with host.connect() as connection:
            return connection.send("GET", "/health").status == 200
    wait_for(served, "there is room again")
    for connection in kept:
        assert connection.send("GET", "/health").status == 200
        connection.close()


def test_room_for_descriptors_is_made_at_the_start(start_host: StartHost) -> None:
    """Making it later stops a worker, and all its streams with it, for many milliseconds."""
    host = start_host(server(max_connections="400") + '\n[providers.echo]\n' +
                      route("echo", '"echo"'))
    assert host.descriptor_table_size() >= 2 * 400


# ---- half-close ---------------------------------------------------------------------------------


def test_a_client_that_stops_sending_gets_its_reply(host: Host, upstream: Simulator) -> None:
    """A half-close is not a hang-up: the reply comes, then the end."""
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat(["whole"])))
    with host.connect() as connection:
        connection.socket.sendall(chat(model))
        connection.socket.shutdown(socket.SHUT_WR)
        upstream.journal.wait(model, lambda entries: len(entries) == 1)
        interim = connection.read_until(b"\r\n\r\n")  # how the host finds out
        assert interim.startswith(b"HTTP/1.1 100")
        gate.open()
        reply = connection.read_reply()
        assert reply.json()["choices"][0]["message"]["content"] == "whole"
        assert connection.at_end()


def test_a_call_sent_ahead_of_a_half_close_is_answered(host: Host, upstream: Simulator) -> None:
    """Also if the first reply and the half-close come in one breath, for which the host is stopped:
    it then hears of the end between the two calls. That it still has one to answer, it must know;
    and as nothing more will be read, it must find out itself whether the client is there."""
    gate = Gate(upstream)
    second_gate = Gate(upstream)
    first = upstream.serve(gate.behind(answers.chat(["first"])))
    second = upstream.serve(second_gate.behind(answers.chat(["second"])))
    with host.connect() as connection:
        connection.socket.sendall(chat(first) + chat(second))
        upstream.journal.wait(first, lambda entries: len(entries) == 1)
        host.process.send_signal(signal.SIGSTOP)
        try:
            gate.open()
            assert upstream.ended(first)
            connection.socket.shutdown(socket.SHUT_WR)
        finally:
            host.process.send_signal(signal.SIGCONT)
        assert connection.read_reply().json()["choices"][0]["message"]["content"] == "first"
        assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
        second_gate.open()
        assert connection.read_reply().json()["choices"][0]["message"]["content"] == "second"
        assert connection.at_end()


def test_a_client_that_stops_sending_gets_its_stream(host: Host, upstream: Simulator) -> None:
    puppet = Puppet(upstream)
    with host.connect() as connection:
        connection.socket.sendall(chat(puppet.model, stream=True))
        puppet.begin("begun")
        events = connection.read_reply().events()
        next(events)
        connection.socket.shutdown(socket.SHUT_WR)
        puppet.say("still here")
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
        assert connection.at_end()


def test_requests_sent_ahead_of_a_half_close_are_all_answered(host: Host) -> None:
    with host.connect() as connection:
        connection.socket.sendall(HEALTH * 5)
        connection.socket.shutdown(socket.SHUT_WR)
        for _ in range(5):
            assert connection.read_reply().json() == {"status": "ok"}
        assert connection.at_end()


@pytest.mark.parametrize("cut", [10, len(HEALTH) - 1, len(HEALTH) + 10])
def test_a_half_close_within_a_request(host: Host, cut: int) -> None:
    with host.connect() as connection:
        connection.socket.sendall((HEALTH * 2)[:cut])
        connection.socket.shutdown(socket.SHUT_WR)
        for _ in range(cut // len(HEALTH)):
            assert connection.read_reply().json() == {"status": "ok"}
        reply = connection.read_reply()
        assert (reply.status, reply.error()["code"]) == (400, "malformed_request")
        assert connection.at_end()


# ---- 100-continue and pipelining ----------------------------------------------------------------


def test_a_client_may_wait_for_leave_to_send(host: Host, upstream: Simulator) -> None:
    model = upstream.serve(answers.chat())
    head, body = chat(model, b"expect: 100-continue\r\n").split(b"\r\n\r\n", 1)
    with host.connect() as connection:
        connection.socket.sendall(head + b"\r\n\r\n")
        assert connection.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue"
        connection.socket.sendall(body)
        assert connection.read_reply().status == 200


def test_no_leave_is_given_for_what_is_refused(host: Host) -> None:
    with host.connect() as connection:
        connection.socket.sendall(HEAD.replace(b"json", b"xml") % (9, b"expect: 100-continue\r\n"))
        assert connection.read_reply().status == 415


def test_a_thousand_requests_at_once(host: Host) -> None:
    """More than is kept ahead, in one write: all answered, in order."""
    with host.connect() as connection:
        asked = [b"GET /v1/models/none-%d HTTP/1.1\r\nhost: localhost\r\n\r\n" % i
                 for i in range(2_000)]
        connection.socket.sendall(b"".join(asked))
        for i in range(2_000):
            assert f"none-{i}" in connection.read_reply().error()["message"]


# ---- names and memory ---------------------------------------------------------------------------


def test_only_known_names_are_answered_to(start_host: StartHost) -> None:
    """A web page can have its name lead here; the browser then lets it read what is answered."""
    host = start_host(server(hosts='["gateway.example.com"]').replace('hosts = ["x", "bellwether"]', "")
                      + '\n[providers.echo]\n' + route("echo", '"echo"'))
    for name in ("localhost", "127.0.0.1", "gateway.example.com", "Gateway.Example.COM:80"):
        assert host.connect().send("GET", "/health", headers={"host": name}).status == 200
    reply = host.connect().send("GET", "/health", headers={"host": "evil.example"})
    error = reply.error()
    assert (reply.status, error["code"]) == (421, "misdirected_request")
    assert "evil.example" in error["message"] and "server.hosts" in error["message"]


@pytest.mark.skipif(SLOWNESS != 1, reason="a sanitizer's memory is not the host's")
def test_idle_connections_are_small(start_host: StartHost) -> None:
    """16 KiB each at most, after each has done a request."""
    host = start_host(server() + '\n[providers.echo]\n' + route("echo", '"echo"'))

    def busy(count: int) -> list[Connection]:
        connections = [host.connect() for _ in range(count)]
        for connection in connections:
            assert connection.chat("echo", "x" * 1000).status == 200
        return connections

    first = busy(20)
    before = host.resident_bytes()
    more = busy(1_000)
    each = (host.resident_bytes() - before) / len(more)
    for connection in first + more:
        connection.close()
    assert each < 16 * 1024, f"{each:.0f} bytes"
