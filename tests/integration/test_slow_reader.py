"""A client that reads slowly or not at all: the upstream waits for it, the host's memory does not
grow."""

import select
import signal
import time

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host
from upstream.journal import Received
from upstream.scenarios import timing
from upstream.simulator import Simulator
from upstream.tls import Authority

MIB = 1 << 20
STILL_SECONDS = 0.3
BUFFERED_BYTES_MAX = 32 * MIB  # the host's own buffers and those of the kernel, on both sides
GROWTH_BYTES_MAX = 24 * MIB * SLOWNESS
IDLE_SECONDS = 1.0  # the reading test and the upstream are one process: neither is always quick


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    limits = {"first_byte": 2000, "idle": int(IDLE_SECONDS * 1000)}
    return start_host(server() + provider("holysheep", upstream, authority, **limits)
                      + '\n[providers.echo]\n'
                      + route("qwen-*", '["holysheep"]') + route("echo", '["echo"]'))


def wait_until_still(request: Received, seconds: float = 15) -> int:
    """The count of bytes that the upstream got rid of, once it does not grow any more."""
    deadline = time.monotonic() + seconds * SLOWNESS
    sent, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        now = time.monotonic()
        if request.bytes_sent != sent:
            sent, since = request.bytes_sent, now
        elif now - since >= STILL_SECONDS * SLOWNESS:
            return sent
        time.sleep(0.01)
    raise AssertionError(f"the upstream still sends, after {request.bytes_sent} bytes")


def test_a_reader_that_stops_stops_the_upstream(host: Host, upstream: Simulator) -> None:
    """An endless answer and a client that does not read: all comes to a rest. When the client reads
    on, so does the answer, and nothing of it is missing."""
    model = upstream.serve(timing.endless())
    before = host.resident_bytes()
    with host.connect(receive_buffer=16384) as connection:
        events = connection.chat(model, stream=True).events()
        next(events)
        sent = wait_until_still(upstream.request(model))
        assert sent < BUFFERED_BYTES_MAX
        assert host.resident_bytes() - before < GROWTH_BYTES_MAX
        expected = next(events)
        read = len(expected)
        while read < sent + MIB:
            event = next(events)
            assert event == expected
            read += len(event)
    assert upstream.ended(model)[0].disconnected_at is not None


def test_a_pause_is_no_silence_of_the_upstream(host: Host, upstream: Simulator) -> None:
    """A client that pauses for longer than the limit on silence is not cut off for it."""
    model = upstream.serve(timing.endless())
    with host.connect(receive_buffer=16384) as connection:
        events = connection.chat(model, stream=True).events()
        next(events)
        sent = wait_until_still(upstream.request(model))
        stopped = time.monotonic()
        while time.monotonic() - stopped < 1.5 * IDLE_SECONDS * SLOWNESS:
            time.sleep(0.02)
            assert upstream.request(model).bytes_sent == sent
        read = 0
        while read < sent + MIB:
            event = next(events)
            assert "error" not in event
            read += len(event)


def test_a_slow_reader_holds_up_nobody_else(host: Host, upstream: Simulator) -> None:
    """Several readers that stand still, on every worker; the others are served as ever."""
    models = [upstream.serve(timing.endless()) for _ in range(4)]
    stuck = [host.connect(receive_buffer=16384) for _ in models]
    for connection, model in zip(stuck, models):
        next(connection.chat(model, stream=True).events())
    for model in models:
        wait_until_still(upstream.request(model))
    for _ in range(10):
        assert host.chat("echo").status == 200
    for connection in stuck:
        connection.close()
    for model in models:
        upstream.ended(model)


def test_hanging_up_while_the_upstream_waits(host: Host, upstream: Simulator) -> None:
    """The host finds in one turn of its loop that the client can take more, that it has hung up and
    that a time limit is due. Stopping the process for longer than the limit on silence makes that
    moment, which else is a matter of microseconds."""
    for _ in range(3):
        model = upstream.serve(timing.endless())
        with host.connect() as connection:
            next(connection.chat(model, stream=True).events())
            wait_until_still(upstream.request(model))
            host.process.send_signal(signal.SIGSTOP)
            try:
                while select.select([connection.socket], [], [], 1.2 * IDLE_SECONDS * SLOWNESS)[0]:
                    connection.socket.recv(MIB)
                connection.close()
            finally:
                host.process.send_signal(signal.SIGCONT)
            upstream.ended(model)
    assert host.chat("echo").status == 200
    assert host.process.poll() is None
