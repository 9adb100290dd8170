"""A host that may open no more descriptors, or gets no more memory: it says so of itself, and blames
no provider."""

import resource
from pathlib import Path
from typing import Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.few_descriptors import descriptors, no_more_descriptors, not_sanitized
from integration.host import BINARY, SLOWNESS, Host, wait_for
from integration.http_client import Connection, Truncated
from upstream.raw import KeepingUpstream
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

ECHO = '\n[providers.echo]\nplugin = "echo"\n[[routes]]\nmodel = "echo"\nto = "echo"\n'

def plain(name: str, base_url: str) -> str:
    return (f'[providers.{name}]\nplugin = "openai"\nbase_url = "{base_url}"\n'
            'api_key = "env:HOLYSHEEP_API_KEY"\n')


@pytest.fixture
def bare(start_host: StartHost, upstream: Simulator, authority: Authority) -> Iterator[Host]:
    """One provider by address, one by name, one over TLS, and two that follow each other. It has no
    connection to any of them yet."""
    with KeepingUpstream(None) as server_:
        by_name = server_.base_url.replace("127.0.0.1", "localhost")
        yield start_host(
            server(workers=1) + plain("address", server_.base_url) + plain("name", by_name)
            + provider("tls", upstream, authority) + route("address", '"address"')
            + route("name", '"name"') + route("qwen-*", '"tls"')
            + route("both", '["address", "name"]') + ECHO)


@not_sanitized
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["address", "name", "both", "qwen"])
def test_a_call_without_a_descriptor_is_the_hosts_own_failure(
        bare: Host, upstream: Simulator, model: str, stream: bool) -> None:
    """502 would send an operator to an upstream that has nothing to do with it."""
    if model == "qwen":
        model = upstream.serve(answers.chat(["hello"]))
    with bare.connect() as connection:
        assert connection.send("GET", "/health").json() == {"status": "ok"}
        with no_more_descriptors(bare):
            reply = connection.chat(model, stream=stream)
            error = reply.error()
            assert (reply.status, error["code"]) == (503, "host_out_of_descriptors"), error
            assert "the host" in error["message"] and "127.0.0.1" not in error["message"]
            assert int(reply.headers["retry-after"]) >= 1
            assert connection.chat("echo").json()  # it lives
        assert connection.chat(model).json()["choices"]


@not_sanitized
@pytest.mark.parametrize("spare", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("model", ["address", "name", "qwen"])
def test_nor_is_one_that_finds_too_few(bare: Host, upstream: Simulator, model: str,
                                       spare: int) -> None:
    """Enough for the socket, but not for the resolver's files or those of the certificates."""
    if model == "qwen":
        model = upstream.serve(answers.chat(["hello"]))
    with bare.connect() as connection:
        assert connection.send("GET", "/health").json() == {"status": "ok"}
        with no_more_descriptors(bare, spare):
            reply = connection.chat(model)
            told = reply.json()
            assert reply.status == 200 or told["error"]["code"] == "host_out_of_descriptors", told
        assert connection.chat(model).json()["choices"]


def test_connections_of_clients_leave_what_calls_need(tmp_path: Path) -> None:
    """As many as come and stay, and each of those that were taken can still make its call."""
    limited = tmp_path / "limited"
    limited.write_text(f"#!/bin/sh\nulimit -n 256 && exec {BINARY} \"$@\"\n")
    limited.chmod(0o755)
    with KeepingUpstream(None) as upstream:
        host = Host(server() + plain("p", upstream.base_url) + route("m", '"p"'), tmp_path,
                    binary=limited, env={})
        taken: list[Connection] = []
        try:
            before = len(descriptors(host))
            refused: list[Connection] = []
            for _ in range(256):
                visitor = host.connect()
                try:
                    reply = visitor.send("GET", "/health")
                    told = reply.json()
                except (ConnectionResetError, BrokenPipeError, Truncated):
                    break
                if reply.status != 200:
                    assert told["error"]["code"] == "too_many_connections"
                    refused.append(visitor)
                    if len(refused) == 5:
                        break
                else:
                    taken.append(visitor)
            assert 40 <= len(taken) <= 78
            for visitor in taken:
                reply = visitor.chat("m")
                assert reply.status == 200 and reply.json()
            for visitor in taken + refused:
                visitor.close()
            # Those to the upstream stay for the next calls, and so does what a first call opens.
            wait_for(lambda: len(descriptors(host)) <= before + upstream.connections + 8,
                     "descriptors go back")
            assert host.chat("m").status == 200
        finally:
            for visitor in taken:
                visitor.close()
            host.stop()
        assert "no more than" in host.log()


def test_descriptors_go_back_after_a_burst(start_host: StartHost) -> None:
    """What it has opened to its provider is closed when it is too old, though nobody calls again."""
    with KeepingUpstream(None) as upstream:
        host = start_host(server() + plain("p", upstream.base_url)
                          + 'idle_connection_time = "1s"\n' + route("m", '"p"'))
        host.chat("m").body()
        before = len(descriptors(host))
        visitors = [host.connect() for _ in range(100)]
        for visitor in visitors:
            visitor.socket.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b'content-length: 56\r\n\r\n{"model":"m","messages":[{"role":"user","content":"u"}]}')
        for visitor in visitors:
            assert visitor.read_reply().json()["choices"]
        assert len(descriptors(host)) >= before + 100
        for visitor in visitors:
            visitor.close()
        wait_for(lambda: len(descriptors(host)) <= before + 4, "descriptors go back")
        assert host.chat("m").status == 200


# Sanitizers reserve all of the address space.
@pytest.mark.skipif(SLOWNESS > 1, reason="needs a program without a sanitizer")
@pytest.mark.parametrize("spare_bytes", [1 << 20, 30 << 20, 60 << 20])
@pytest.mark.parametrize("chunked", [False, True], ids=["counted", "chunked"])
def test_a_body_that_gets_no_memory_is_answered(start_host: StartHost, spare_bytes: int,
                                                chunked: bool) -> None:
    """The host lives, and so do its other connections."""
    host = start_host(server(workers=1) + ECHO)
    size = 24 << 20
    start = b'{"model":"echo","messages":[{"role":"user","content":"'
    body = start + b"x" * (size - len(start) - 4) + b'"}]}'
    with host.connect() as other, host.connect() as connection:
        assert other.chat("echo").json() and connection.chat("echo").json()
        pid = host.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_AS)
        used = 4096 * int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        resource.prlimit(pid, resource.RLIMIT_AS, (used + spare_bytes, before[1]))
        try:
            head = (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                    b"content-type: application/json\r\n")
            framed = (b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
                      if chunked else b"content-length: %d\r\n\r\n%s" % (len(body), body))
            try:
                connection.socket.sendall(head + framed)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was refused on the way
            reply = connection.read_reply()
            error = reply.error()
            assert (reply.status, error["code"]) == (503, "host_out_of_memory"), error
            assert int(reply.headers["retry-after"]) >= 1
            assert other.chat("echo").json()
        finally:
            resource.prlimit(pid, resource.RLIMIT_AS, before)
        assert host.chat("echo").status == 200
