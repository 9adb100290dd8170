"""Stopping: calls in flight finish, nothing new begins, the exit code is 0."""

import json
import signal
import time

import pytest

from integration.conftest import StartHost, provider, route, server, standard_config
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Connection, content_of
from upstream.puppet import Puppet
from upstream.scenarios import timing
from upstream.simulator import Simulator
from upstream.tls import Authority


ECHO = '\n[providers.echo]\nplugin = "echo"\n' + route("echo", '"echo"')


@pytest.fixture
def fresh(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(standard_config(upstream, authority))


def refuses_connections(host: Host) -> bool:
    try:
        host.connect().close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def begin_stream(host: Host, puppet: Puppet) -> Connection:
    connection = host.connect()
    body = json.dumps({"model": puppet.model, "messages": [], "stream": True}).encode()
    connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                              b"content-type: application/json\r\n"
                              b"content-length: %d\r\n\r\n%s" % (len(body), body))
    puppet.begin("begun")
    return connection


def test_an_idle_host_stops_at_once(fresh: Host) -> None:
    """Idle connections do not hold it up."""
    with fresh.connect() as idle:
        assert idle.send("GET", "/health").json() == {"status": "ok"}
        began = time.monotonic()
        fresh.stop()
        assert time.monotonic() - began < 1 * SLOWNESS
        assert idle.at_end()


def test_calls_in_flight_finish(fresh: Host, upstream: Simulator) -> None:
    """A stream goes on to its end while new connections are refused already."""
    puppet = Puppet(upstream)
    with begin_stream(fresh, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        fresh.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(fresh), "new connections are refused")
        assert fresh.process.poll() is None
        puppet.say("still here")
        assert content_of([json.loads(next(events))]) == "still here"
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
        assert connection.at_end()
    assert fresh.process.wait(10 * SLOWNESS) == 0


def test_the_last_request_of_a_connection_is_told_so(fresh: Host, upstream: Simulator) -> None:
    """Its head came in part before the host began to end. A client that takes the connection for one
    that is kept sends its next request into nothing."""
    puppet = Puppet(upstream)
    request = b"GET /v1/models HTTP/1.1\r\nhost: x\r\n"
    with begin_stream(fresh, puppet), fresh.connect() as connection:
        connection.socket.sendall(request + b"\r\n" + request)
        first = connection.read_reply()
        assert (first.status, first.headers.get("connection")) == (200, None)
        assert first.json()["object"] == "list"
        fresh.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(fresh), "new connections are refused")
        connection.socket.sendall(b"\r\n")
        last = connection.read_reply()
        assert (last.status, last.headers.get("connection")) == (200, "close")
        assert last.json()["object"] == "list"
        assert connection.at_end()
        puppet.finish()
    assert fresh.process.wait(10 * SLOWNESS) == 0


def test_the_wait_has_a_limit(start_host: StartHost, upstream: Simulator,
                              authority: Authority) -> None:
    """`server.drain`: a stream without end does not keep the host from ending, nor ends silently."""
    host = start_host(server(drain='"300ms"') + provider("holysheep", upstream, authority)
                      + route("qwen-*", '"holysheep"'))
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as connection:
        events = connection.chat(model, stream=True).events()
        next(events)
        began = time.monotonic()
        host.stop()
        assert 0.3 <= time.monotonic() - began < 2 * SLOWNESS
        *_, error, done = events
        assert json.loads(error)["error"]["code"] == "draining"
        assert done == "[DONE]"
    assert upstream.ended(model)[0].disconnected_at is not None


def test_a_second_signal_stops_at_once(fresh: Host, upstream: Simulator) -> None:
    """For the operator who will not wait; it is an orderly end all the same."""
    model = upstream.serve(timing.steady(0.02))
    with fresh.connect() as connection:
        next(connection.chat(model, stream=True).events())
        fresh.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(fresh), "new connections are refused")
        fresh.process.send_signal(signal.SIGINT)
        assert fresh.process.wait(5 * SLOWNESS) == 0


def is_ready(host: Host) -> bool:
    return host.get("/health/readiness").status == 200


def test_the_grace_time(start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """`server.shutdown_grace`: the host says at once, on both listeners, that it is not ready, and
    goes on serving until a load balancer has seen it. Connections that are kept move away."""
    host = start_host(server(shutdown_grace='"1h"') + ECHO)
    with host.connect() as kept:
        assert kept.chat("echo").headers.get("connection") is None
    with host.connect() as kept:
        assert kept.chat("echo").body()
        host.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not is_ready(host), "it is not ready")
        for reply in (host.get("/health/readiness"), host.get("/health"),
                      host.admin("GET", "/health/readiness"), host.admin("GET", "/health")):
            assert (reply.status, reply.json()) == (503, {"status": "draining"})
        assert host.get("/health/liveliness").status == 200
        assert "bellwether_draining 1" in host.get("/metrics").body().decode()
        last = kept.chat("echo")
        assert (last.status, last.headers.get("connection")) == (200, "close")
        assert last.body() and kept.at_end()
    assert host.chat("echo").status == 200
    assert host.process.poll() is None
    host.process.send_signal(signal.SIGTERM)  # who does not want to wait sends a second one
    assert host.process.wait(5 * SLOWNESS) == 0


def patient_host(start_host: StartHost, upstream: Simulator, authority: Authority,
                 **members: str) -> Host:
    """Its upstream may take longer than the host drains."""
    return start_host(server(**members)
                      + provider("holysheep", upstream, authority, first_byte=20000, idle=20000)
                      + route("qwen-*", '"holysheep"'))


def test_after_the_grace_time_it_drains(start_host: StartHost, upstream: Simulator,
                                        authority: Authority) -> None:
    """A call that came within the grace time goes on to its end like all others."""
    host = patient_host(start_host, upstream, authority, shutdown_grace='"1s"')
    began = time.monotonic()
    host.process.send_signal(signal.SIGTERM)
    wait_for(lambda: not is_ready(host), "it is not ready")
    puppet = Puppet(upstream)
    with begin_stream(host, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        wait_for(lambda: refuses_connections(host), "new connections are refused")
        assert time.monotonic() - began >= 1
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
    assert host.process.wait(10 * SLOWNESS) == 0


def test_streams_have_a_longer_time(start_host: StartHost, upstream: Simulator,
                                    authority: Authority) -> None:
    """`server.drain_streams`: a plain call is ended after `server.drain`, and is told so; a stream
    goes on, and the host with it."""
    host = patient_host(start_host, upstream, authority, drain='"100ms"', drain_streams='"1h"')
    puppet, plain = Puppet(upstream), Puppet(upstream)
    with begin_stream(host, puppet) as connection, host.connect() as waiting:
        events = connection.read_reply().events()
        next(events)
        body = json.dumps({"model": plain.model, "messages": []}).encode()
        waiting.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                               b"content-type: application/json\r\n"
                               b"content-length: %d\r\n\r\n%s" % (len(body), body))
        assert plain.request
        host.process.send_signal(signal.SIGTERM)
        refused = waiting.read_reply()
        assert (refused.status, refused.headers["connection"]) == (503, "close")
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.error()["code"] == "draining"
        assert waiting.at_end()
        wait_for(lambda: upstream.ended(plain.model)[0].disconnected_at, "its upstream is told")
        puppet.say("still here")
        assert content_of([json.loads(next(events))]) == "still here"
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
    assert host.process.wait(10 * SLOWNESS) == 0


def test_nor_have_streams_for_ever(start_host: StartHost, upstream: Simulator,
                                   authority: Authority) -> None:
    host = patient_host(start_host, upstream, authority, drain='"100ms"', drain_streams='"500ms"')
    puppet = Puppet(upstream)
    with begin_stream(host, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        began = time.monotonic()
        host.stop()
        assert 0.5 <= time.monotonic() - began < 3 * SLOWNESS
        *_, error, done = events
        assert (json.loads(error)["error"]["code"], done) == ("draining", "[DONE]")


def test_a_stream_without_client_has_no_longer_time(start_host: StartHost, upstream: Simulator,
                                                    authority: Authority) -> None:
    """Nobody reads it, so it is not worth the wait."""
    host = patient_host(start_host, upstream, authority, drain='"100ms"', drain_streams='"1h"',
                        on_disconnect='"drain"')
    puppet = Puppet(upstream)
    with begin_stream(host, puppet) as connection:
        next(connection.read_reply().events())
    host.stop()
    assert upstream.ended(puppet.model)[0].disconnected_at is not None


def test_the_last_calls_are_logged(fresh: Host) -> None:
    """Lines are written together now and then; none may be lost at the end."""
    for number in range(20):
        fresh.chat("echo", headers={"x-request-id": f"last-{number}"}).body()
    fresh.stop()
    logged = [json.loads(line).get("id") for line in fresh.log().splitlines()]
    assert {f"last-{number}" for number in range(20)} <= set(logged)


def test_a_port_in_use(fresh: Host) -> None:
    """Failing at its work, not in its config: exit code 1, and the reason."""
    file = fresh.config.with_name("second.toml")
    file.write_text(fresh.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{fresh.port}", 1))
    done = run_cli("serve", "--config", file)
    assert done.returncode == 1
    assert str(fresh.port) in done.stderr and "in use" in done.stderr
