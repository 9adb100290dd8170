"""All request bodies together have a bound: who comes when it is taken is turned away before a byte of
its body is read, and whoever leaves, in whatever way, makes room."""

import gzip
import json
import random
import socket
from typing import Callable

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.http_client import Connection
from integration.metrics_page import scrape
from upstream.puppet import Puppet
from upstream.simulator import Simulator
from upstream.tls import Authority

ROOM = 1 << 20
HELD, REFUSED = "bellwether_request_bodies_bytes", "bellwether_request_bodies_refused_total"
OPEN = "bellwether_client_connections_open"
HEAD = (b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"%s\r\n")


def head(length: int, fields: bytes = b"") -> bytes:
    return HEAD % (b"content-length: %d\r\n%s" % (length, fields))


def body_of(model: str, size: int = 0, **members: object) -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": ""}], **members}
    body["messages"][0]["content"] = "x" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(
        server(max_bodies='"1MiB"', max_body='"600KiB"', on_disconnect='"drain"')
        + provider("holysheep", upstream, authority, first_byte=15000, idle=15000, total=20000)
        + '\n[providers.echo]\n' + route("qwen-*", '"holysheep"') + route("echo", '"echo"'))


def held(host: Host) -> int:
    return int(scrape(host).sum(HELD))


def wait_until_held(host: Host, expected: int) -> None:
    wait_for(lambda: held(host) == expected, f"{expected} bytes are held")


def check_refused(connection: Connection) -> None:
    reply = connection.read_reply()
    error = reply.error()
    assert (reply.status, error["code"], error["type"]) == (503, "too_many_bodies", "server_error")
    assert reply.headers["retry-after"] == "1" and reply.headers["connection"] == "close"


def test_many_slow_bodies(host: Host) -> None:
    """A length counts as soon as it is announced; those without room are refused unread."""
    refused = scrape(host).sum(REFUSED)
    part = ROOM // 4
    slow = [host.connect() for _ in range(12)]
    for connection in slow:
        connection.socket.sendall(head(part) + b"{")
    wait_until_held(host, ROOM)
    wait_for(lambda: scrape(host).sum(REFUSED) == refused + 8, "the others are refused")
    with host.connect() as connection:
        connection.socket.sendall(head(part, b"expect: 100-continue\r\n"))
        check_refused(connection)
    assert host.get("/health").status == 200, "what has no body needs no room"
    for connection in slow:
        connection.close()
    wait_until_held(host, 0)
    assert host.chat("echo").json()


def test_a_body_that_is_larger_than_all_the_room(start_host: StartHost) -> None:
    """Waiting would not help it, whatever server.max_body says."""
    small = start_host(server(max_bodies='"64KiB"') + '\n[providers.echo]\n' + route("echo", '"echo"'))
    with small.connect() as connection:
        connection.socket.sendall(head((64 << 10) + 1))
        assert connection.read_reply().status == 413
    assert small.connect().post("/v1/chat/completions", body_of("echo", 64 << 10)).json()


def test_chunks_count_as_they_grow(host: Host) -> None:
    with host.connect() as first, host.connect() as second:
        first.socket.sendall(head(ROOM // 2) + b"{")
        second.socket.sendall(HEAD % b"transfer-encoding: chunked\r\n" + b"1\r\n{\r\n")
        wait_until_held(host, ROOM // 2 + 1)
        second.socket.sendall(b"40000\r\n" + b" " * 0x40000 + b"\r\n")
        wait_until_held(host, ROOM // 2 + 1 + 0x40000)
        second.socket.sendall(b"40000\r\n" + b" " * 0x40000 + b"\r\n")
        check_refused(second)
        wait_until_held(host, ROOM // 2)
    wait_until_held(host, 0)


def test_a_chunked_body_that_comes_whole_is_refused_as_well(host: Host) -> None:
    with host.connect() as first, host.connect() as second, host.connect() as third:
        for connection in (first, second):
            connection.socket.sendall(head(ROOM // 2) + b"{")
        wait_until_held(host, ROOM)
        body = body_of("echo")
        third.socket.sendall(HEAD % b"transfer-encoding: chunked\r\n"
                             + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        check_refused(third)
    wait_until_held(host, 0)


def test_a_packed_body_counts_unpacked(host: Host) -> None:
    text = random.Random(1).randbytes(2_000).hex().encode() * 50
    packed = gzip.compress(text)[:-8]
    with host.connect() as connection:
        connection.socket.sendall(head(len(packed) + 8, b"content-encoding: gzip\r\n") + packed)
        wait_for(lambda: 190_000 < held(host) <= 200_000, "it is held unpacked")
    wait_until_held(host, 0)


def hang_up(connection: Connection) -> None:
    connection.close()


def reset(connection: Connection) -> None:
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def end_early(connection: Connection) -> None:
    connection.socket.shutdown(socket.SHUT_WR)


def make_no_sense(connection: Connection) -> None:
    connection.socket.sendall(b"]" * 99_999)


@pytest.mark.parametrize("leave", [hang_up, reset, end_early, make_no_sense])
def test_whoever_leaves_makes_room(host: Host, leave: Callable[[Connection], None]) -> None:
    """Amid the body, and when it turns out to be none."""
    with host.connect() as connection:
        connection.socket.sendall(head(100_000) + b"{")
        wait_until_held(host, 100_000)
        leave(connection)
        wait_until_held(host, 0)


def test_too_large_makes_room(host: Host) -> None:
    with host.connect() as connection:
        connection.socket.sendall(HEAD % b"transfer-encoding: chunked\r\n" + b"1\r\n{\r\n")
        wait_until_held(host, 1)
        connection.socket.sendall(b"ffffff\r\n")
        assert connection.read_reply().status == 413
        wait_until_held(host, 0)


def test_requests_sent_ahead_count_one_by_one(host: Host) -> None:
    body = body_of("echo", 20_000)
    with host.connect() as connection:
        connection.socket.sendall((head(len(body)) + body) * 3)
        for _ in range(3):
            assert connection.read_reply().json()
        wait_until_held(host, 0)
        assert connection.post("/v1/nothing", body).status == 404
        wait_until_held(host, 0)


def test_a_call_holds_its_body_until_it_ends(host: Host, upstream: Simulator) -> None:
    """Also one that goes on after its client has left."""
    puppet = Puppet(upstream)
    body = body_of(puppet.model, 50_000, stream=True)
    connection = host.connect()
    connection.socket.sendall(head(len(body)) + body)
    puppet.begin()
    wait_until_held(host, len(body))
    opened = scrape(host).sum(OPEN)
    reset(connection)
    wait_for(lambda: scrape(host).sum(OPEN) < opened, "it is gone")
    assert held(host) == len(body)
    puppet.finish()
    wait_until_held(host, 0)
