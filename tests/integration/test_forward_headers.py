"""Headers that go on to an upstream because its provider lists them, and the name that an upstream
gives a request."""

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from upstream.exchange import Exchange
from upstream.scenarios import answers, faults
from upstream.simulator import KEY, Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def forwarding(start_host: StartHost, upstream: Simulator, second: Simulator,
               authority: Authority) -> Host:
    return start_host(
        server() + provider("listing", upstream, authority)
        + 'forward_headers = ["X-Foo", "openai-organization"]\n'
        + provider("plain", second, authority)
        + route("qwen-*", '["listing", "plain"]'))


def test_listed_headers_go_on_and_no_others(forwarding: Host, upstream: Simulator) -> None:
    model = upstream.serve(answers.chat(), answers.chat())
    sent = {"x-foo": "some value", "OpenAI-Organization": "org-1", "x-bar": "mine",
            "cookie": "c=1", "authorization": "Bearer nothing"}
    for stream in (False, True):
        reply = forwarding.chat(model, headers=sent, stream=stream)
        assert reply.status == 200 and reply.body()
    for received in upstream.ended(model, 2):
        assert received.header("x-foo") == "some value"
        assert received.header("openai-organization") == "org-1"
        assert received.header("x-bar") is None and received.header("cookie") is None
        assert received.header("authorization") == f"Bearer {KEY}"


def test_each_provider_has_its_own_list(forwarding: Host, upstream: Simulator,
                                        second: Simulator) -> None:
    """The next target of a call gets what it lists, not what the first one did."""
    model = upstream.serve(faults.status(500, b"{}"))
    second.script(model, answers.chat())
    assert forwarding.chat(model, headers={"x-foo": "1"}).status == 200
    assert upstream.ended(model)[0].header("x-foo") == "1"
    assert second.ended(model)[0].header("x-foo") is None


@pytest.mark.parametrize(("headers", "logged"), [
    ({"x-request-id": "up-1"}, "up-1"), ({"request-id": "up-2"}, "up-2"),
    ({"cf-ray": "8a1-FRA"}, "8a1-FRA"), ({"x-request-id": "a" * 500}, "a" * 128), ({}, None)])
def test_the_upstreams_name_of_a_request_is_logged(
        forwarding: Host, upstream: Simulator, headers: dict[str, str], logged: str | None) -> None:
    """It is what its operators ask for."""
    async def play(exchange: Exchange) -> None:
        await exchange.reply(b"{}", 400, headers)

    ours = f"ours-{logged}"[:30]
    forwarding.chat(upstream.serve(play), headers={"x-request-id": ours}).body()
    assert forwarding.access_line(ours).get("upstream_id") == logged


def test_of_several_attempts_it_is_the_last_ones(forwarding: Host, upstream: Simulator,
                                                second: Simulator) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.reply(b"{}", 500, {"x-request-id": "first"})

    async def hang_up(exchange: Exchange) -> None:
        exchange.cut()

    model = upstream.serve(refuse)
    second.script(model, hang_up)
    forwarding.chat(model, headers={"x-request-id": "twice"}).body()
    assert "upstream_id" not in forwarding.access_line("twice")
