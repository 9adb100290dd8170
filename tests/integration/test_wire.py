"""How a provider is reached: through a proxy, with a client's certificate, over HTTP/2."""

import gzip
import json
import ssl
from typing import Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.http_client import content_of
from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.proxy import ForwardProxy
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.socks import SocksProxy
from upstream.tls import Authority, StrictDoor


def host_with(start_host: StartHost, upstream: Simulator | StrictDoor, authority: Authority, *lines: str,
              env: dict[str, str | None] | None = None) -> Host:
    """A host whose provider has these lines too."""
    section = provider("p", upstream, authority)
    return start_host(server() + section + "\n".join(lines) + route("qwen-*", '"p"'), env)


@pytest.fixture(scope="module")
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy("me:pass:word") as running:
        yield running


def test_a_proxy_carries_the_call_and_never_sees_the_key(
        start_host: StartHost, upstream: Simulator, authority: Authority,
        proxy: ForwardProxy) -> None:
    """The key is for the upstream, inside TLS; the proxy's own login is for the proxy alone."""
    host = host_with(start_host, upstream, authority, f'proxy = "{proxy.url}"',
                     'proxy_secret = "env:PROXY_LOGIN"', env={"PROXY_LOGIN": "me:pass:word"})
    model = upstream.serve(answers.chat(["through"]))
    assert host.chat(model).status == 200
    assert proxy.targets[-1] == f"127.0.0.1:{upstream.port}"
    assert "authorization: bearer" not in proxy.heads[-1].lower()
    assert upstream.request(model).header("proxy-authorization") is None


def test_a_proxy_that_refuses_is_named(start_host: StartHost, upstream: Simulator,
                                       authority: Authority, proxy: ForwardProxy) -> None:
    host = host_with(start_host, upstream, authority, f'proxy = "{proxy.url}"',
                     'proxy_secret = "env:PROXY_LOGIN"', env={"PROXY_LOGIN": "me:wrong-word"})
    reply = host.chat(upstream.serve(answers.chat()))
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_unreachable"), error
    assert "407" in error["message"] and "127.0.0.1" not in error["message"]
    wait_for(lambda: f"the proxy 127.0.0.1:{proxy.port} refused" in host.log(), "the log names it")
    assert "wrong-word" not in error["message"] + host.log()


def test_a_socks_proxy_carries_calls_and_streams(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """TLS goes end to end, and the name is the proxy's to look up."""
    with SocksProxy("me:pass:word") as socks:
        section = provider("p", upstream, authority).replace("127.0.0.1", "localhost")
        host = start_host(server() + section + f'proxy = "{socks.url}"\n'
                          + 'proxy_secret = "env:PROXY_LOGIN"' + route("qwen-*", '"p"'),
                          {"PROXY_LOGIN": "me:pass:word"})
        assert host.chat(upstream.serve(answers.chat(["through"]))).status == 200
        streamed = host.chat(upstream.serve(answers.chat(["a", "b"])), stream=True)
        assert content_of(streamed.chunks()) == "ab"
        assert set(socks.targets) == {f"localhost:{upstream.port}"}
        assert set(socks.logins) == {"me:pass:word"}


def test_a_socks_proxy_that_refuses_is_named(start_host: StartHost, upstream: Simulator,
                                             authority: Authority) -> None:
    with SocksProxy("me:pass:word") as socks:
        host = host_with(start_host, upstream, authority, f'proxy = "{socks.url}"',
                         'proxy_secret = "env:PROXY_LOGIN"', env={"PROXY_LOGIN": "me:wrong-word"})
        reply = host.chat(upstream.serve(answers.chat()))
        error = reply.error()
        assert (reply.status, error["code"]) == (502, "upstream_unreachable"), error
        assert "127.0.0.1" not in error["message"]
        wait_for(lambda: f"127.0.0.1:{socks.port}" in host.log(), "the log names it")
        assert "wrong-word" not in error["message"] + host.log()
        assert socks.targets == []


def test_the_environments_proxy_is_not_for_this_machine(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    with ForwardProxy() as unused:
        host = host_with(start_host, upstream, authority,
                         env={"https_proxy": unused.url, "all_proxy": unused.url, "no_proxy": None})
        assert host.chat(upstream.serve(answers.chat())).status == 200
        assert unused.targets == []


# ---- certificates of the client ------------------------------------------------------------------


class StrictAuthority(Authority):
    """Its server talks to nobody without a certificate."""

    def server_context(self) -> ssl.SSLContext:
        context = super().server_context()
        context.load_verify_locations(self.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def strict(authority: Authority) -> Iterator[Simulator]:
    strict = StrictAuthority(authority.ca_file, authority.certificate, authority.key)
    with Simulator(strict) as simulator:
        yield simulator


def test_a_clients_certificate_is_shown(start_host: StartHost, strict: Simulator,
                                        authority: Authority) -> None:
    host = host_with(start_host, strict, authority, f'client_cert = "{authority.certificate}"',
                     f'client_key = "{authority.key}"')
    assert host.chat(strict.serve(answers.chat())).status == 200


def test_a_missing_clients_certificate_is_named(start_host: StartHost,
                                                authority: Authority) -> None:
    with StrictDoor(authority) as door:
        reply = host_with(start_host, door, authority).chat("qwen-plus")
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_tls_error"), error
    assert "client_cert" in error["message"]


# ---- compression ---------------------------------------------------------------------------------


def compressed(body: bytes, encoding: str = "gzip") -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(body, headers={"content-encoding": encoding})
    return play


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return host_with(start_host, upstream, authority)


def test_nobody_is_asked_to_compress_but_gzip_is_read(host: Host, upstream: Simulator) -> None:
    whole = json.dumps(qwen.completion("m", "packed", used=qwen.usage(completion=1))).encode()
    model = upstream.serve(compressed(gzip.compress(whole)))
    reply = host.chat(model)
    assert reply.status == 200
    assert reply.json()["choices"][0]["message"]["content"] == "packed"
    assert upstream.request(model).header("accept-encoding") == "identity"


def test_another_encoding_is_refused(host: Host, upstream: Simulator) -> None:
    reply = host.chat(upstream.serve(compressed(b"?", "zstd")))
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_protocol_error"), error
    assert "zstd" in error["message"]


def test_a_bomb_does_not_go_off(host: Host, upstream: Simulator) -> None:
    """200 MB that came as 200 KB: given up early, memory as before."""
    model = upstream.serve(compressed(gzip.compress(b" " * (200 << 20), 9)))
    before = host.resident_bytes()
    reply = host.chat(model)
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_protocol_error"), error
    assert "100 times" in error["message"]
    assert host.resident_bytes() - before < 64 << 20
