"""Calls to real web servers: nginx and nghttpd, over HTTP/1.1 and HTTP/2."""

from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.metrics_page import scrape
from upstream.servers import Nghttpd, Nginx, WebServer
from upstream.tls import Authority

LARGE = "x" * 300_000  # beyond what is sent before the server reads


@pytest.fixture(params=["plain", "tls"])
def encryption(request: pytest.FixtureRequest, authority: Authority) -> Authority | None:
    return authority if request.param == "tls" else None


def host_of(start_host: StartHost, far: WebServer, authority: Authority, http: str) -> Host:
    section = provider("p", far, authority, first_byte=5000, total=8000)
    return start_host(server(workers=1) + section + f'http = "{http}"\n' + route("*", '"p"'))


def expect_answers(host: Host, count: int, prompt: str = "Hello") -> None:
    for _ in range(count):
        reply = host.chat("m", prompt)
        assert reply.status == 200, reply.body()
        assert reply.json()["choices"][0]["message"]["content"] == "from a real server"


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_a_tls_connection_is_kept(start_host: StartHost, authority: Authority, tmp_path: Path,
                                  protocol: str) -> None:
    with Nginx(tmp_path, authority, f"ssl_protocols {protocol};") as far:
        expect_answers(host_of(start_host, far, authority, "1.1"), 20)
        assert far.connections() == 1


def test_no_call_is_lost_to_an_idle_time_out(start_host: StartHost, authority: Authority,
                                             encryption: Authority | None, tmp_path: Path) -> None:
    """Each call comes when the server has just ended the connection of the one before."""
    with Nginx(tmp_path, encryption, "keepalive_timeout 50ms;") as far:
        host = host_of(start_host, far, authority, "1.1")
        for _ in range(10):
            expect_answers(host, 1)
            wait_for(lambda: scrape(host).sum("bellwether_upstream_connections_open") == 0,
                     "the end of the idle connection was seen")
        assert far.connections() == 10


def test_http2_is_kept_and_ends_in_good_order(start_host: StartHost, authority: Authority,
                                              encryption: Authority | None, tmp_path: Path) -> None:
    """After its last request nginx says GOAWAY."""
    with Nginx(tmp_path, encryption, "keepalive_requests 5;", http2=True) as far:
        expect_answers(host_of(start_host, far, authority, "2"), 30)
        assert 5 <= far.connections() <= 10


def test_http2_answers_without_reading_the_request(
        start_host: StartHost, authority: Authority, encryption: Authority | None,
        tmp_path: Path) -> None:
    with Nginx(tmp_path, encryption, http2=True) as far:
        expect_answers(host_of(start_host, far, authority, "2"), 3, LARGE)


@pytest.mark.parametrize("prompt", ["Hello", LARGE], ids=["short", "large"])
def test_nghttpd_is_understood(start_host: StartHost, authority: Authority,
                               encryption: Authority | None, tmp_path: Path, prompt: str) -> None:
    with Nghttpd(tmp_path, encryption) as far:
        expect_answers(host_of(start_host, far, authority, "2"), 10, prompt)
