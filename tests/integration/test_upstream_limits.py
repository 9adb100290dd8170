"""The upstreams' own limits: what they say in headers and by refusing is remembered, so that the next
calls wait or go elsewhere instead of being sent to be refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import KEY, Host
from integration.http_client import check_error
from upstream import errors, qwen
from upstream.exchange import Exchange, Headers, Scenario
from upstream.qwen import dump
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

SHORT_MS = 400
LONG_S = 30


def says(headers: Headers) -> Scenario:
    """A whole answer, with these headers."""

    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(qwen.completion(exchange.model, "yes")), headers=headers)

    return play


def refuses(wait: Headers) -> Scenario:
    return faults.error(errors.RATE, wait)


def samples(host: Host, provider_name: str) -> dict[str, int]:
    """How often each thing happened to a call that found no room."""
    prefix = "bellwether_upstream_limited_total{"
    lines = [line for line in host.admin("GET", "/metrics").body().decode().splitlines()
             if line.startswith(prefix) and f'provider="{provider_name}"' in line]
    return {line.split('outcome="')[1].split('"')[0]: int(line.split()[-1]) for line in lines}


@pytest.fixture(scope="module")
def one(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(server() + provider("only", upstream, authority, total=20000)
                      + route("*", '"only"'))


def between_the_first_two(upstream: Simulator, model: str) -> float:
    first, second, *_ = upstream.requests(model)
    assert first.finished_at is not None
    return second.at - first.finished_at


# ---- waiting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_next_call_waits_as_long_as_a_refusal_asked_for(one: Host, upstream: Simulator,
                                                            stream: bool) -> None:
    """The one that was refused is told so at once: its client decides."""
    model = upstream.serve(refuses({"retry-after-ms": str(SHORT_MS)}), answers.chat())
    refused = one.chat(model, stream=stream)
    assert refused.status == 429 and refused.headers["retry-after-ms"] == str(SHORT_MS)
    before = samples(one, "only")["waited"]
    reply = one.chat(model, stream=stream)
    assert reply.status == 200, reply.body()
    reply.body()
    assert between_the_first_two(upstream, model) >= SHORT_MS / 1000 - 0.05
    assert samples(one, "only")["waited"] == before + 1


@pytest.mark.parametrize("wait", [{}, {"retry-after": "0"}, {"retry-after-ms": "0"},
                                  {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}],
                         ids=["no hint", "zero", "zero ms", "a past date"])
def test_a_refusal_without_a_sensible_wait_gets_one(one: Host, upstream: Simulator,
                                                    wait: Headers) -> None:
    """The wait that the host keeps itself, and no call is sent before."""
    model = upstream.serve(refuses(wait))
    reply = one.chat(model)
    assert reply.status == 429
    assert reply.headers["retry-after"] == "1" and reply.headers["retry-after-ms"] == "1000"
    one.chat(model, headers={"x-bellwether-timeout": "200ms"})
    assert len(upstream.requests(model)) == 1


def test_a_wait_that_is_too_long_is_told_at_once(one: Host, upstream: Simulator) -> None:
    model = upstream.serve(refuses({"retry-after": str(LONG_S)}), answers.chat())
    assert one.chat(model).status == 429
    before = samples(one, "only")["refused"]
    reply = one.chat(model)
    assert reply.status == 429
    assert LONG_S * 800 < int(reply.headers["retry-after-ms"]) <= LONG_S * 1000
    assert "x-should-retry" not in reply.headers
    error = check_error(reply.json())
    assert error["code"] == "rate_limit_exceeded" and '"only"' in error["message"]
    assert len(upstream.requests(model)) == 1, "the upstream was not asked again"
    assert samples(one, "only")["refused"] == before + 1


def test_a_refusal_without_a_wait_makes_the_next_wait_all_the_same(one: Host,
                                                                   upstream: Simulator) -> None:
    model = upstream.serve(refuses({}), answers.chat())
    assert one.chat(model).status == 429
    assert one.chat(model).status == 200
    assert between_the_first_two(upstream, model) >= 0.95


def test_other_models_do_not_wait(one: Host, upstream: Simulator) -> None:
    limited = upstream.serve(refuses({"retry-after": str(LONG_S)}))
    other = upstream.serve(answers.chat())
    assert one.chat(limited).status == 429
    assert one.chat(other).status == 200


@pytest.mark.parametrize("headers", [
    {"x-ratelimit-limit-requests": "1", "x-ratelimit-remaining-requests": "0",
     "x-ratelimit-reset-requests": f"{SHORT_MS}ms"},
    {"x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": "0",
     "x-ratelimit-reset-tokens": "0.4"}], ids=["requests", "tokens"])
def test_what_is_used_up_is_not_asked_for(one: Host, upstream: Simulator,
                                          headers: Headers) -> None:
    """No refusal is needed: the answer before says that nothing is left."""
    model = upstream.serve(says(headers), answers.chat())
    assert one.chat(model).status == 200
    assert one.chat(model, max_tokens=5000).status == 200
    assert between_the_first_two(upstream, model) >= SHORT_MS / 1000 - 0.05


def test_headers_that_make_no_sense_hold_up_nobody(one: Host, upstream: Simulator) -> None:
    model = upstream.serve(
        says({"x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "0",
              "x-ratelimit-reset-requests": "1h", "x-ratelimit-limit-tokens": "-1",
              "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "x"}))
    assert [one.chat(model).status for _ in range(3)] == [200, 200, 200]
    assert between_the_first_two(upstream, model) < 0.3


def test_no_worker_asks_while_all_wait_and_then_they_do_not_come_at_once(
        one: Host, upstream: Simulator) -> None:
    """Half as many as were under way when it refused may be, and one more for each that is served."""
    model = upstream.serve(refuses({"retry-after-ms": str(SHORT_MS)}), answers.chat())
    assert one.chat(model).status == 429
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: one.chat(model).status, range(12)))
    assert replies == [200] * 12
    refused, *served = upstream.requests(model)
    assert refused.finished_at is not None
    assert min(request.at for request in served) - refused.finished_at >= SHORT_MS / 1000 - 0.05
    first, second = sorted(served, key=lambda request: request.at)[:2]
    assert first.finished_at is not None and second.at >= first.finished_at - 0.005, \
        "the second was sent before the first was served"


def test_a_limit_that_is_to_reject_does(start_host: StartHost, upstream: Simulator,
                                        authority: Authority) -> None:
    section = provider("only", upstream, authority).replace("plugin =",
                                                            'on_limit = "reject"\nplugin =')
    host = start_host(server() + section + route("*", '"only"'))
    model = upstream.serve(refuses({"retry-after-ms": "1000"}), answers.chat())
    assert [host.chat(model).status for _ in range(3)] == [429, 429, 429]
    assert len(upstream.requests(model)) == 1


# ---- elsewhere ----------------------------------------------------------------------------------


def test_the_next_call_goes_elsewhere(start_host: StartHost, upstream: Simulator,
                                      second: Simulator, authority: Authority) -> None:
    host = start_host(server() + provider("first", upstream, authority)
                      + provider("second", second, authority)
                      + route("*", '["first", "second"]'))
    model = upstream.serve(refuses({"retry-after": str(LONG_S)}), answers.chat())
    second.script(model, answers.chat())
    for attempts in ("2", "1", "1"):
        reply = host.chat(model)
        assert reply.status == 200
        assert reply.headers["x-bellwether-provider"] == "second"
        assert reply.headers["x-bellwether-attempts"] == attempts
    assert len(upstream.requests(model)) == 1
    assert samples(host, "first") == {"elsewhere": 2, "waited": 0, "refused": 0}


def test_a_fallback_passes_over_one_without_room(start_host: StartHost, upstream: Simulator,
                                                 second: Simulator,
                                                 authority: Authority) -> None:
    """`limited` is known to have no room; when the first fails, its turn is left out."""
    host = start_host(server() + provider("first", upstream, authority)
                      + provider("limited", second, authority)
                      + provider("last", upstream, authority).replace(
                          "env:HOLYSHEEP_API_KEY", "env:ANOTHER_API_KEY")
                      + route("*", '["first", "limited", "last"]') + route("l", '"limited"'),
                      env={"ANOTHER_API_KEY": KEY})
    second.script("l", refuses({"retry-after": str(LONG_S)}))
    assert host.chat("l").status == 429
    model = upstream.serve(faults.error(errors.INTERNAL), answers.chat())
    second.script(model, refuses({"retry-after": str(LONG_S)}))
    assert host.chat(model).headers["x-bellwether-provider"] == "last"
    upstream.script(model, faults.error(errors.INTERNAL), answers.chat())
    reply = host.chat(model)
    assert reply.headers["x-bellwether-provider"] == "last"
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert len(second.requests(model)) == 1


def test_providers_with_one_credential_share_what_is_known(start_host: StartHost,
                                                           upstream: Simulator,
                                                           authority: Authority) -> None:
    host = start_host(server() + provider("one", upstream, authority)
                      + provider("same", upstream, authority)
                      + provider("other", upstream, authority).replace(
                          "env:HOLYSHEEP_API_KEY", "env:ANOTHER_API_KEY")
                      + route("x-*", '["one", "same", "other"]'),
                      env={"ANOTHER_API_KEY": KEY})
    model = upstream.serve(refuses({"retry-after": str(LONG_S)}), answers.chat(), prefix="x")
    reply = host.chat(model)
    assert reply.status == 200
    assert reply.headers["x-bellwether-provider"] == "other"
    assert reply.headers["x-bellwether-attempts"] == "2"
