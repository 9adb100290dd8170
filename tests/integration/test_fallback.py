"""Fallback: the next provider serves what the first cannot, as long as nothing was delivered."""

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    MAX_TOKENS, body_of, budget, prompt_bound, wait_until_left)
from integration.host import Host
from integration.http_client import check_error, content_of
from upstream import errors, qwen
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def pair(start_host: StartHost, upstream: Simulator, second: Simulator,
         authority: Authority) -> Host:
    """`qwen-*` goes to the first provider and then to the second; `dead` begins at a port that
    nobody listens on."""
    nobody = "https://127.0.0.1:1/v1"
    dead = provider("dead", upstream, authority).replace(upstream.base_url, nobody)
    return start_host(
        server() + provider("holysheep", upstream, authority)
        + provider("second", second, authority) + dead
        + route("qwen-*", '["holysheep", "second"]')
        + route("dead", '[{ provider = "dead" }, { provider = "second", model = "qwen-plus" }]'))


def play(first: Scenario, then: Scenario, upstream: Simulator, second: Simulator) -> str:
    model = upstream.serve(first, prefix="qwen-pair")
    second.script(model, then)
    return model


WORTH_ANOTHER: dict[str, Scenario] = {
    "500": faults.error(errors.INTERNAL),
    "503": faults.error(errors.OVERLOADED),
    "429": faults.error(errors.RATE),
    "out of credit": faults.error(errors.BILL_OVERDUE),
    "wrong key": faults.error(errors.INVALID_KEY),
    "unknown model": faults.error(errors.NO_SUCH_MODEL),
    "prompt too long": faults.error(errors.CONTEXT_OVERFLOW),
    "closed without a word": faults.hang_up(),
    "not HTTP": faults.not_http(),
    "broken reply": faults.strange_reply({"nothing": 1}),
    "too late": timing.late(timing.FOREVER, answers.chat()),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", WORTH_ANOTHER.values(), ids=WORTH_ANOTHER.keys())
def test_the_second_serves(pair: Host, upstream: Simulator, second: Simulator, fault: Scenario,
                           stream: bool) -> None:
    """Whatever another provider might do better is tried there, and the reply says so."""
    model = play(fault, answers.chat(["from ", "the second"]), upstream, second)
    reply = pair.chat(model, stream=stream)
    assert reply.status == 200, reply.body()
    assert reply.headers["x-bellwether-provider"] == "second"
    assert reply.headers["x-bellwether-attempts"] == "2"
    if stream:
        assert content_of(reply.chunks()) == "from the second"
    else:
        assert reply.json()["choices"][0]["message"]["content"] == "from the second"
    assert {request.body for request in upstream.requests(model)} == {second.request(model).body}


@pytest.mark.parametrize("fault", [errors.INVALID_PARAMETER, errors.MODERATION],
                         ids=["bad parameter", "moderation"])
def test_what_nobody_could_serve_is_not_tried_twice(pair: Host, upstream: Simulator,
                                                    second: Simulator,
                                                    fault: errors.QwenError) -> None:
    """A wrong request is wrong everywhere; a refused prompt is not shopped around."""
    model = play(faults.error(fault), answers.chat(), upstream, second)
    reply = pair.chat(model)
    assert reply.status == 400
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert second.requests(model) == []


def test_a_port_that_nobody_listens_on(pair: Host) -> None:
    """And the second provider may call the model by another name."""
    reply = pair.chat("dead")
    assert reply.status == 200, reply.body()
    assert reply.headers["x-bellwether-provider"] == "second"
    assert reply.headers["x-bellwether-model"] == "qwen-plus"
    assert reply.headers["x-bellwether-attempts"] == "2"


def test_the_last_failure_is_the_one_reported(pair: Host, upstream: Simulator,
                                              second: Simulator) -> None:
    """With its own wait: it is the one that a client would meet again."""
    model = play(faults.error(errors.INTERNAL), faults.error(errors.RATE, {"retry-after": "3"}),
                 upstream, second)
    reply = pair.chat(model)
    assert (reply.status, reply.error()["code"]) == (429, "limit_requests")
    assert reply.headers["retry-after"] == "3"
    assert reply.headers["x-bellwether-provider"] == "second"
    assert reply.headers["x-bellwether-attempts"] == "2"


BROKEN_LATE: dict[str, Scenario] = {
    "cut": faults.cut(["so ", "far"]),
    "error": faults.error_frame(["so ", "far"], errors.INTERNAL),
    "silence": timing.silent_after(["so ", "far"]),
}


@pytest.mark.parametrize("fault", BROKEN_LATE.values(), ids=BROKEN_LATE.keys())
def test_never_twice(pair: Host, upstream: Simulator, second: Simulator, fault: Scenario) -> None:
    """After the first content another provider's answer would be glued to half of this one."""
    model = play(fault, answers.chat(["again"]), upstream, second)
    reply = pair.chat(model, stream=True)
    assert reply.headers["x-bellwether-attempts"] == "1"
    *chunks, last = reply.chunks()
    assert content_of(chunks) == "so far"
    check_error(last)
    assert second.requests(model) == []


def test_the_access_log_names_the_one_that_served(
        pair: Host, upstream: Simulator, second: Simulator) -> None:
    """With the count of attempts that it took."""
    model = play(faults.error(errors.INTERNAL), answers.chat(["ok"]), upstream, second)
    pair.chat(model, headers={"x-request-id": "fallback-1"}).body()
    line = pair.access_line("fallback-1")
    assert (line["provider"], line["attempts"], line["status"]) == ("second", 2, 200)
    assert line["output_tokens"] == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_the_first_may_have_taken_counts_too(start_host: StartHost, upstream: Simulator,
                                                  second: Simulator, authority: Authority,
                                                  stream: bool) -> None:
    """It was given the prompt and did not answer in time: nobody knows what it made of it, so all
    that it could come to counts."""
    limit = 10_000
    host = start_host(server() + provider("first", upstream, authority)
                      + provider("second", second, authority)
                      + route("qwen-*", '["first", "second"]')
                      + '\n[ledger]\nurl = "memory:"\n' + budget(limit))
    model = play(timing.late(timing.FOREVER, answers.chat()),
                 answers.chat(["one"], used=qwen.usage(20, 3)), upstream, second)
    body = body_of(model, stream=stream)
    reply = host.post("/v1/chat/completions", body)
    assert reply.status == 200 and reply.headers["x-bellwether-attempts"] == "2"
    reply.body()
    in_vain = prompt_bound(body) + MAX_TOKENS
    wait_until_left(host, model, limit - 23 - in_vain)
