"""A client learns that an upstream failed, and how, but not where it is; the log says that."""

import socket
from typing import Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from upstream.exchange import Scenario
from upstream.proxy import ForwardProxy
from upstream.scenarios import faults
from upstream.simulator import Simulator
from upstream.tls import Authority, create_authority


def nobody() -> str:
    """An address where nobody takes connections."""
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{gone.getsockname()[1]}"


def check_told_apart(host: Host, place: str, request_id: str, model: str, code: str,
                     stream: bool) -> None:
    """`place` is in the log's line about this call, and nothing of it in the answer."""
    reply = host.chat(model, headers={"x-request-id": request_id}, stream=stream)
    told = str(reply.header_list) + reply.body().decode()
    assert f'"code":"{code}"' in told, told
    name = place.rsplit(":", 1)[0]
    assert place not in told and name not in told, told
    wait_for(lambda: any(request_id in line and place in line for line in host.log().splitlines()),
             f"{place} is in the log")


FAULTS: dict[str, tuple[Scenario, str]] = {
    "cut": (faults.hang_up(), "upstream_cut"),
    "not HTTP": (faults.not_http(), "upstream_protocol_error"),
    "redirect": (faults.redirect("https://127.0.0.1:1/v1/elsewhere"), "upstream_protocol_error"),
    "an encoding": (faults.status(200, b"x", {"content-encoding": "br"}),
                    "upstream_protocol_error"),
    "cut within": (faults.cut(["a"]), "upstream_cut"),
    "nothing there": (faults.html(404), "not_found"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", [name for name in FAULTS if name != "nothing there"])
def test_failures_of_the_wire(host: Host, upstream: Simulator, name: str, stream: bool) -> None:
    scenario, code = FAULTS[name]
    if stream and name == "cut within":
        code = "upstream_cut"
    check_told_apart(host, f"127.0.0.1:{upstream.port}", f"where-{name.replace(' ', '-')}-{stream}",
                     upstream.serve(scenario), code, stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_plugins_own_words(host: Host, upstream: Simulator, stream: bool) -> None:
    """They say at which path nothing is, and not of which server."""
    told = host.chat(upstream.serve(faults.html(404)), stream=stream).body().decode()
    assert "127.0.0.1" not in told and str(upstream.port) not in told, told
    assert "nothing is at /v1/chat/completions" in told, told


def test_what_an_upstream_says_of_itself(host: Host, upstream: Simulator) -> None:
    said = f'{{"error":{{"message":"worker 127.0.0.1:{upstream.port} is full","code":"full"}}}}'
    told = host.chat(upstream.serve(faults.status(503, said.encode()))).body().decode()
    assert "is full" in told and "127.0.0.1" not in told, told


@pytest.fixture(scope="module")
def lost(start_host: StartHost, upstream: Simulator, authority: Authority,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, dict[str, str]]]:
    """A host whose providers cannot be reached, each for another reason, and where each is."""
    gone, no_proxy = nobody(), nobody()
    strangers = create_authority(tmp_path_factory.mktemp("strangers"))
    refused = f'[providers.refused]\nplugin = "openai"\nbase_url = "http://{gone}/v1"\n'
    unknown = '[providers.unknown]\nplugin = "openai"\nbase_url = "http://no-such-host.invalid/v1"\n'
    untrusted = provider("untrusted", upstream, strangers)
    with ForwardProxy("me:pass") as proxy:
        locked = provider("locked", upstream, authority) + f'proxy = "{proxy.url}"\n'
        behind = provider("behind", upstream, authority) + f'proxy = "http://{no_proxy}"\n'
        keyless = 'api_key = "env:HOLYSHEEP_API_KEY"\n'
        config = server() + "".join([refused, keyless, unknown, keyless, untrusted, locked, behind])
        names = ("refused", "unknown", "untrusted", "locked", "behind")
        host = start_host(config + "".join(route(name, f'"{name}"') for name in names))
        yield host, {"refused": gone, "unknown": "no-such-host.invalid:80",
                     "untrusted": f"127.0.0.1:{upstream.port}",
                     "locked": f"127.0.0.1:{proxy.port}", "behind": no_proxy}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("name", "code"), [
    ("refused", "upstream_unreachable"), ("unknown", "upstream_unreachable"),
    ("untrusted", "upstream_tls_error"), ("locked", "upstream_unreachable"),
    ("behind", "upstream_unreachable")])
def test_upstreams_and_proxies_that_cannot_be_reached(lost: tuple[Host, dict[str, str]], name: str,
                                                      code: str, stream: bool) -> None:
    host, places = lost
    check_told_apart(host, places[name], f"lost-{name}-{stream}", name, code, stream)
