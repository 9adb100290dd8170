"""A copy of a call for another model: it gets what the client sent, and nobody notices it."""

import json
import time
from typing import Any

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost, provider, route, server
from integration.counting import body_of, budget, counted, wait_until_counted
from integration.host import SLOWNESS, Host, wait_for
from integration.metrics_page import scrape
from upstream import errors, qwen
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

NAME = "shadow:qwen-*"


def copied(model: str, to: str, shadow: str = "") -> str:
    """A route whose calls are all copied to the provider `candidate`."""
    return route(model, to) + f'shadow = {{ to = "candidate", share = "100%"{shadow} }}\n'


def config(upstream: Simulator, second: Simulator, authority: Authority, more: str = "",
           **timeouts: int) -> str:
    return (server(workers=1) + provider("usual", upstream, authority, first_byte=5000)
            + provider("candidate", second, authority, **timeouts)
            + copied("qwen-*", '["usual"]')
            + copied("named", '[{ provider = "usual", model = "qwen-max" }]', ', model = "qwen-next"')
            + route("alone-*", '["usual"]') + '\n[ledger]\nurl = "memory:"\n' + more)


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, second: Simulator,
         authority: Authority) -> Host:
    return start_host(config(upstream, second, authority))


def copies(host: Host, outcome: str, name: str = NAME) -> float:
    return scrape(host).sum("bellwether_shadow_calls_total", route=name, outcome=outcome)


def both(upstream: Simulator, second: Simulator, *shadow: Any) -> str:
    """A model that both upstreams have; the second answers with these scenarios."""
    model = upstream.serve(answers.chat())
    second.script(model, *(shadow or [answers.chat()]))
    return model


@pytest.mark.parametrize("stream", [False, True])
def test_a_copy_of_what_the_client_sent(host: Host, upstream: Simulator, second: Simulator,
                                        stream: bool) -> None:
    """Byte for byte what the call's own upstream gets, under an id of its own."""
    model = both(upstream, second)
    members = {"stream": True} if stream else {}
    body = b" " + body_of(model, "สวัสดี", user="alice", strange=[1.50, {"a": None}], **members)
    asked = f"copy-{stream}"
    reply = host.post("/v1/chat/completions", body, {"x-request-id": asked})
    assert reply.status == 200 and reply.headers["x-bellwether-provider"] == "usual"
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert not [name for name, text in reply.header_list if "shadow" in name + text]
    reply.body()
    (shadow,) = second.ended(model)
    assert shadow.body == upstream.request(model).body
    assert stream or shadow.body == body
    assert shadow.header("x-request-id") == f"{asked}-shadow"


def test_the_model_of_the_shadow(host: Host, upstream: Simulator, second: Simulator) -> None:
    """Nothing else of the body is another."""
    body = body_of("named", "one two")
    with second.playing("qwen-next", answers.chat()):
        host.post("/v1/chat/completions", body).body()
        (shadow,) = second.ended("qwen-next")
    assert shadow.body == body.replace(b'"named"', b'"qwen-next"')
    wait_for(lambda: copies(host, "ok", "shadow:named") == 1, "the copy was counted")


def test_no_copy_without_a_shadow(host: Host, upstream: Simulator, second: Simulator) -> None:
    model = upstream.serve(answers.chat(), prefix="alone")
    host.chat(model).body()
    after = both(upstream, second)
    host.chat(after).body()
    second.ended(after)
    assert second.requests(model) == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_shadow_that_hangs(host: Host, upstream: Simulator, second: Simulator,
                             stream: bool) -> None:
    """The client has its whole answer while the copy waits; the copy ends at its own time limit."""
    model = both(upstream, second, timing.late(timing.FOREVER, answers.chat()))
    failed = copies(host, "error")
    asked = f"hanging-{stream}"
    reply = host.chat(model, headers={"x-request-id": asked}, stream=stream)
    assert reply.status == 200
    reply.body()
    assert copies(host, "error") == failed, "it hangs still"
    own = host.access_line(asked)
    assert (own["status"], own["route"], own["attempts"]) == (200, "qwen-*", 1)
    row = host.access_line(f"{asked}-shadow")
    assert (row["route"], row["provider"], row["outcome"]) == (NAME, "candidate", "error")
    assert row["error"] == "first_byte_timeout" and row["duration_us"] >= 500_000
    assert "key" not in row
    assert copies(host, "error") == failed + 1


def test_a_shadow_that_fails(host: Host, upstream: Simulator, second: Simulator) -> None:
    """It is tried once, and the client's answer says nothing of it."""
    model = both(upstream, second, faults.error(errors.OVERLOADED))
    reply = host.chat(model, headers={"x-request-id": "failing"})
    assert reply.status == 200 and not reply.headers.get("x-bellwether-tried")
    reply.body()
    row = host.access_line("failing-shadow")
    assert (row["outcome"], row["attempts"]) == ("error", 1) and row["status"] >= 500
    assert len(second.requests(model)) == 1


def test_a_shadow_ends_without_its_client(host: Host, upstream: Simulator,
                                          second: Simulator) -> None:
    """The client hangs up; its call is cancelled, the copy is not."""
    model = upstream.serve(timing.slow(0.05, ["tick "] * 100))
    second.script(model, timing.slow(0.02, ["tock "] * 20))
    client = host.connect()
    next(client.chat(model, headers={"x-request-id": "left"}, stream=True).events())
    client.close()
    assert host.access_line("left")["outcome"] == "cancelled"
    row = host.access_line("left-shadow")
    assert (row["status"], row["outcome"]) == (200, "ok") and row["output_tokens"] >= 20


def test_clients_metrics_do_not_count_it(start_host: StartHost, upstream: Simulator,
                                         second: Simulator, authority: Authority) -> None:
    """Its attempts are those of its provider; its tokens are nobody's."""
    host = start_host(config(upstream, second, authority))
    host.chat(both(upstream, second)).body()
    wait_for(lambda: copies(host, "ok") == 1, "the copy was counted")
    metrics = scrape(host)
    for name in ("bellwether_requests_total", "bellwether_request_duration_seconds_count"):
        assert metrics.sum(name) == 1
    assert not metrics.sum("bellwether_tokens_total", provider="candidate")
    assert metrics.sum("bellwether_upstream_attempts_total", provider="candidate", result="ok") == 1
    assert [copies(host, other) for other in ("error", "refused", "no_room")] == [0, 0, 0]


def test_nobody_pays_for_it(start_host: StartHost, upstream: Simulator, second: Simulator,
                            authority: Authority) -> None:
    """The key's budget has the call alone, that of the copies the copy, the one for all both."""
    alice = new_key("alice")
    host = start_host(config(upstream, second, authority, more=alice.toml
                             + budget(100_000, "hers", match='{ key = "alice" }')
                             + budget(100_000, "copies", match='{ route = "shadow:*" }')
                             + budget(100_000, "everyone")))
    model = upstream.serve(answers.chat(used=qwen.usage(30, 12)))
    second.script(model, answers.chat(used=qwen.usage(400, 100)))
    host.chat(model, headers=alice.bearer, user="alice").body()
    wait_until_counted(host, 500, name="copies")
    wait_until_counted(host, 542, name="everyone")
    assert counted(host, "hers") == (42, 0)

    def groups(by: str) -> dict[str, int]:
        told = host.admin("GET", f"/admin/usage?by={by}").json()["groups"]
        return {group["name"]: group["output_tokens"] for group in told}

    assert groups("route") == {NAME: 100, "qwen-*": 12}
    assert groups("user") == {"": 100, "alice": 12}
    assert groups("team") == {"": 112}


def test_a_budget_refuses_it(start_host: StartHost, upstream: Simulator, second: Simulator,
                             authority: Authority) -> None:
    """The copy is left out; nothing but the metric tells of it."""
    host = start_host(config(upstream, second, authority,
                             more=budget(10, "copies", match='{ route = "shadow:*" }')))
    model = both(upstream, second)
    reply = host.chat(model)
    assert reply.status == 200
    assert not reply.headers.get("x-bellwether-budget")
    reply.body()
    wait_for(lambda: copies(host, "refused") == 1, "the copy was refused")
    assert second.requests(model) == []
    assert "shadow" not in host.log()


def test_a_host_that_ends_does_not_wait_for_it(start_host: StartHost, upstream: Simulator,
                                               second: Simulator, authority: Authority) -> None:
    """It is ended and told of, and what it may have used is counted."""
    host = start_host(config(upstream, second, authority, first_byte=60_000, total=60_000))
    model = both(upstream, second, timing.late(timing.FOREVER, answers.chat()))
    host.chat(model, headers={"x-request-id": "last"}).body()
    wait_for(lambda: second.requests(model), "the copy arrived")
    began = time.monotonic()
    host.stop()
    assert time.monotonic() - began < 3 * SLOWNESS
    (line,) = [line for line in host.log().splitlines() if "last-shadow" in line]
    row = json.loads(line)
    assert (row["error"], row["outcome"], row["usage_source"]) == ("draining", "cancelled",
                                                                   "estimate")
