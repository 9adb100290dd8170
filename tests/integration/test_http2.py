"""A real HTTP/2 upstream: calls share its connection and do not disturb each other."""

import json
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, wait_for
from integration.http_client import content_of
from upstream.tls import Authority

SCRIPT = Path(__file__).resolve().parents[1] / "upstream" / "http2.mjs"
ROUTES = route("qwen-*", '"p"')


class Http2Upstream:
    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._process = subprocess.Popen(["node", SCRIPT, authority.key, authority.certificate],
                                         stdout=subprocess.PIPE, text=True)
        self.base_url = f"https://127.0.0.1:{self._process.stdout.readline().strip()}/v1"

    def seen(self) -> dict[str, Any]:
        context = ssl.create_default_context(cafile=str(self._authority.ca_file))
        with urllib.request.urlopen(self.base_url + "/models", context=context) as reply:
            return json.load(reply)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture()
def far(authority: Authority) -> Iterator[Http2Upstream]:
    upstream = Http2Upstream(authority)
    yield upstream
    upstream.stop()


def host_with(start_host: StartHost, far: Http2Upstream, authority: Authority,
              http: str | None) -> Host:
    line = f'http = "{http}"\n' if http else ""
    section = provider("p", far, authority, first_byte=20000, idle=20000)
    return start_host(server(workers=1) + section + line + ROUTES)


def test_http_1_1_unless_asked(start_host: StartHost, far: Http2Upstream,
                               authority: Authority) -> None:
    host = host_with(start_host, far, authority, None)
    assert content_of(host.chat("qwen-short", stream=True).chunks()) == "begin end"
    assert far.seen()["versions"] == ["1.1"]


def test_calls_share_a_connection_and_one_that_leaves_disturbs_nobody(
        start_host: StartHost, far: Http2Upstream, authority: Authority) -> None:
    host = host_with(start_host, far, authority, "auto")
    assert content_of(host.chat("qwen-short", stream=True).chunks()) == "begin end"
    first = host.connect()
    streams = [host.chat("qwen-held", stream=True) for _ in range(3)]
    gone = first.chat("qwen-held", stream=True)
    assert gone.status == 200
    wait_for(lambda: far.seen()["requests"] == 5, "all calls arrived")
    first.close()
    wait_for(lambda: far.seen()["resets"] == 1, "the stream of the one that left was reset")
    assert content_of(host.chat("qwen-release", stream=True).chunks()) == "begin end"
    for stream in streams:
        assert content_of(stream.chunks()) == "begin end"
    seen = far.seen()
    assert set(seen["versions"]) == {"2.0"}
    assert (seen["sessions"], seen["resets"]) == (1, 1)


def test_a_reset_is_not_kept_until_the_next_call(
        start_host: StartHost, far: Http2Upstream, authority: Authority) -> None:
    """Nobody else uses the connection, so that nothing else would carry it to the upstream."""
    host = host_with(start_host, far, authority, "auto")
    alone = host.connect()
    assert alone.chat("qwen-held", stream=True).status == 200
    alone.close()
    wait_for(lambda: far.seen()["resets"] == 1, "the upstream heard of it")
    assert content_of(host.chat("qwen-short", stream=True).chunks()) == "begin end"


def test_a_reader_that_stops_costs_no_more_than_a_bound(
        start_host: StartHost, far: Http2Upstream, authority: Authority) -> None:
    """The upstream sends without end over a connection that others keep busy."""
    host = host_with(start_host, far, authority, "auto")
    before = host.resident_bytes()
    slow = [host.connect(receive_buffer=4096) for _ in range(10)]
    for connection in slow:
        assert connection.chat("qwen-endless", stream=True).status == 200
    for _ in range(50):  # others are served all the time, whether those were ended or stand still
        assert content_of(host.chat("qwen-short", stream=True).chunks()) == "begin end"
    if SLOWNESS == 1:  # a sanitizer keeps what was freed
        assert host.resident_bytes() - before < 80 << 20
    for connection in slow:
        connection.close()
