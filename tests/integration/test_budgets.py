"""Budgets: what fits is served and nothing else, and each call is counted once, for what it used."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    MAX_TOKENS, NEVER_FITS, ask, body_of, budget, prompt_bound, remaining,
    rules_config, send, standings, wait_until_left)
from integration.fake_clock import FakeClock, needs_fake_clock, next_time
from integration.host import Host
from upstream import errors, qwen
from upstream.exchange import Scenario
from upstream.puppet import Puppet
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

LIMIT = 100_000


@pytest.fixture(scope="module")
def counted(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """One budget for each user, so that each test has one of its own."""
    return start_host(rules_config(budget(LIMIT, each='"user"'), upstream, authority))


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    return request.node.name


# ---- exactly what fits --------------------------------------------------------------------------


def test_five_hundred_at_once_get_exactly_what_fits(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """500 streams of 20 users, room for 137 and a bit less than one more. Each call uses what was
    held for it to the token, so that the order of things cannot matter."""
    fits = 137
    model = upstream.serve(lambda exchange: scenario(exchange))
    bodies = [body_of(model, user=f"user-{number % 20:02}", stream=True) for number in range(500)]
    bound = prompt_bound(bodies[0])
    scenario = answers.chat(["word "] * 10, used=qwen.usage(bound, MAX_TOKENS))
    each = bound + MAX_TOKENS
    host = start_host(rules_config(budget(fits * each + each - 1), upstream, authority))
    together = threading.Barrier(len(bodies))

    def call(body: bytes) -> int:
        with host.connect() as connection:
            together.wait()
            reply = connection.post("/v1/chat/completions", body)
            if reply.status == 200:
                assert reply.chunks()
            else:
                assert reply.error()["code"] == "budget_exceeded"
            return reply.status

    with ThreadPoolExecutor(len(bodies)) as threads:
        statuses = list(threads.map(call, bodies))
    assert (statuses.count(200), statuses.count(429)) == (fits, len(bodies) - fits)
    assert len(upstream.ended(model, fits)) == fits
    wait_until_left(host, model, each - 1)


def test_what_calls_in_flight_may_use_is_taken(counted: Host, upstream: Simulator,
                                               user: str) -> None:
    """Not only what has been used: the hold is there while the call runs, and goes with it."""
    puppet = Puppet(upstream)
    body = body_of(puppet.model, stream=True, user=user)
    with counted.connect() as connection:
        with ThreadPoolExecutor(1) as thread:
            reply = thread.submit(connection.post, "/v1/chat/completions", body)
            puppet.begin()
            assert remaining(counted, "qwen-max", user=user) == (
                LIMIT - prompt_bound(body) - MAX_TOKENS)
            puppet.finish()
            reply.result().chunks()
    wait_until_left(counted, "qwen-max", LIMIT - 22 - 17, user=user)


# ---- the refusal --------------------------------------------------------------------------------


def test_a_refusal_says_what_is_left_and_until_when(start_host: StartHost, upstream: Simulator,
                                                    authority: Authority) -> None:
    """In words, in OpenAI's shape, and so that no client tries again before the reset."""
    host = start_host(rules_config(
        budget(200, per="month", each='"user"', reset='{ day = 25, zone = "Asia/Bangkok" }'),
        upstream, authority))
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    ask(host, model, user="ann").body()
    wait_until_left(host, model, 80, user="ann")
    body = body_of(model, user="ann")
    refused = host.post("/v1/chat/completions", body)
    assert refused.status == 429
    assert refused.headers["x-should-retry"] == "false"
    wait_ms = int(refused.headers["retry-after-ms"])
    assert 0 < wait_ms <= 31 * 86_400_000
    assert int(refused.headers["retry-after"]) == -(-wait_ms // 1000)
    standing = standings(refused)["everyone"]
    assert (standing["limit"], standing["remaining"]) == ("200", "80")
    assert re.fullmatch(r"\d{4}-\d\d-25T00:00:00\+07:00", standing["reset"])
    error = refused.error()
    assert (error["type"], error["code"]) == ("insufficient_quota", "budget_exceeded")
    assert error["message"] == (
        'The budget "everyone" of "ann" has too little left for this request, which may take up to '
        f"{prompt_bound(body) + MAX_TOKENS} tokens: 80 tokens of 200 tokens are left; it resets at "
        f"{standing['reset']} (Asia/Bangkok).")
    assert len(upstream.requests(model)) == 1


# ---- what is counted ----------------------------------------------------------------------------

WORDS = ["four"] * 10  # a token each


@pytest.mark.parametrize("stream", [False, True])
def test_the_providers_figure_counts(counted: Host, upstream: Simulator, user: str,
                                     stream: bool) -> None:
    model = upstream.serve(answers.chat(used=qwen.usage(123, 45)))
    ask(counted, model, user=user, stream=stream).body()
    wait_until_left(counted, model, LIMIT - 123 - 45, user=user)


@pytest.mark.parametrize("scenario", [
    pytest.param(answers.without_usage(WORDS), id="without-usage"),
    pytest.param(faults.cut(WORDS), id="cut"),
    pytest.param(faults.ended_early(WORDS), id="ended-early"),
    pytest.param(faults.error_frame(WORDS, errors.INTERNAL), id="error-frame"),
])
def test_a_stream_without_a_figure_counts_as_observed(counted: Host, upstream: Simulator, user: str,
                                                      scenario: Scenario) -> None:
    """Also if it was broken off: what was produced is paid for, and its prompt as it was held."""
    model = upstream.serve(scenario)
    ask(counted, model, user=user, stream=True).body()
    used = prompt_bound(body_of(model, user=user, stream=True)) + len(WORDS)
    wait_until_left(counted, model, LIMIT - used, user=user)


def hang_up_after_the_words(host: Host, model: str, user: str) -> bytes:
    """Gives the body of the call that was left."""
    body = body_of(model, user=user, stream=True)
    connection = host.connect()
    send(connection, body)
    events = connection.read_reply().events()
    for _ in range(len(WORDS) + 1):  # the opening chunk, and the words
        next(events)
    connection.close()
    return body


def test_a_client_that_hangs_up_pays_for_what_was_produced(
        start_host: StartHost, upstream: Simulator, authority: Authority, user: str) -> None:
    """Of a model that has shown all that it generated: what was seen."""
    host = start_host(rules_config(budget(LIMIT, each='"user"'), upstream, authority, workers=1))
    known = answers.chat(WORDS, used=qwen.usage(20, len(WORDS)))
    model = upstream.serve(known, known, known, timing.silent_after(WORDS))
    for _ in range(3):
        ask(host, model, user="first", stream=True).body()
    body = hang_up_after_the_words(host, model, user)
    wait_until_left(host, model, LIMIT - prompt_bound(body) - len(WORDS), user=user)


def test_a_client_that_hangs_up_pays_for_what_may_have_been_hidden(
        start_host: StartHost, upstream: Simulator, authority: Authority, user: str) -> None:
    """Of a model that was seen to think in silence, and of one that nothing is known of."""
    host = start_host(rules_config(budget(LIMIT, each='"user"'), upstream, authority, workers=1))
    hides = answers.chat(WORDS, used=qwen.usage(20, 5000, reasoning=4990))
    thinker = upstream.serve(hides, timing.silent_after(WORDS))
    ask(host, thinker, user="first", stream=True).body()
    for number, model in enumerate([thinker, upstream.serve(timing.silent_after(WORDS))]):
        name = f"{user}-{number}"
        body = hang_up_after_the_words(host, model, name)
        wait_until_left(host, model, LIMIT - prompt_bound(body) - MAX_TOKENS, user=name)


def test_hanging_up_before_a_whole_answer_does_not_make_it_free(
        counted: Host, upstream: Simulator, user: str) -> None:
    """The provider may have generated all of it: nobody can tell, so it counts as much as it may."""
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    body = body_of(model, user=user)
    with counted.connect() as connection:
        send(connection, body)
        upstream.journal.wait(model, lambda entries: len(entries) == 1)
    wait_until_left(counted, model, LIMIT - prompt_bound(body) - MAX_TOKENS, user=user)


def test_a_whole_answer_that_was_cut_counts_as_much_as_it_may(counted: Host, upstream: Simulator,
                                                              user: str) -> None:
    """It had been generated when it began to come."""
    model = upstream.serve(faults.cut(WORDS))
    assert ask(counted, model, user=user).status == 502
    used = prompt_bound(body_of(model, user=user)) + MAX_TOKENS
    wait_until_left(counted, model, LIMIT - used, user=user)


@pytest.mark.parametrize("scenario", [
    pytest.param(faults.error(errors.INTERNAL), id="500"),
    pytest.param(faults.error(errors.MODERATION), id="moderation"),
    pytest.param(faults.hang_up(), id="hang-up"),
    pytest.param(faults.not_http(), id="not-http"),
])
@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_before_generation_costs_nothing(counted: Host, upstream: Simulator, user: str,
                                                   scenario: Scenario, stream: bool) -> None:
    model = upstream.serve(scenario)
    reply = ask(counted, model, user=user, stream=stream)
    assert reply.status >= 400
    reply.body()
    wait_until_left(counted, model, LIMIT, user=user)


def test_what_exceeds_its_hold_is_a_debt(counted: Host, upstream: Simulator, user: str) -> None:
    """The settlement is never refused; the budget shows less than nothing, and the next call is
    refused."""
    model = upstream.serve(answers.chat(used=qwen.usage(LIMIT, 5000)))
    ask(counted, model, user=user).body()
    wait_until_left(counted, model, -5000, user=user)
    refused = ask(counted, model, user=user)
    assert refused.status == 429
    assert "0 tokens of 100000 tokens are left" in refused.error()["message"]


@pytest.mark.parametrize(("prompt", "completion"), [
    (-5, 10), (10, -5), (-(10 ** 15), -(10 ** 15)), (10 ** 15, 10 ** 15), (10 ** 30, 10 ** 30),
    (2 ** 63 - 1, 2 ** 63 - 1), (-(2 ** 63), 1), (1.5, 1e300), ("12", None), (True, [])])
@pytest.mark.parametrize("stream", [False, True])
def test_an_absurd_figure_is_no_figure(counted: Host, upstream: Simulator, user: str,
                                       prompt: object, completion: object, stream: bool) -> None:
    """What no call can have used counts as if it had not been said: sums do not wrap, nothing is
    given back, and one broken upstream does not use up a month. A count in another spelling is one."""
    used = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 1}
    model = upstream.serve(answers.chat(WORDS, used=used))
    ask(counted, model, user=user, stream=stream).body()
    body = body_of(model, user=user, stream=stream)
    readable = {10: 10, "12": 12, 1.5: 2}  # True is 1, and no count
    counted_prompt = prompt_bound(body) if prompt is True else readable.get(prompt, prompt_bound(body))
    counted_answer = completion if completion in (1, 10) else len(WORDS)
    wait_until_left(counted, model, LIMIT - counted_prompt - counted_answer, user=user)


# ---- absurd wishes ------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [
    {"max_tokens": 10 ** 18}, {"max_tokens": 10 ** 30}, {"max_completion_tokens": 2 ** 63 - 1},
    {"max_tokens": 1, "max_completion_tokens": 10 ** 9}, {"n": 128, "max_tokens": 10 ** 6},
    {"n": 10 ** 18, "max_tokens": 1000}, {"n": 10 ** 30, "max_tokens": 1000},
    {"best_of": 10 ** 18, "max_tokens": 1000}])
def test_an_absurd_wish_does_not_fit(counted: Host, upstream: Simulator, user: str,
                                     wish: dict[str, int]) -> None:
    """No product of them wraps around to something small."""
    model = upstream.serve(answers.chat())
    refused = ask(counted, model, user=user, **wish)
    assert refused.status in (400, 429), refused.status
    refused.error()
    assert not upstream.requests(model)
    wait_until_left(counted, model, LIMIT, user=user)


@pytest.mark.parametrize("wish", [
    {"max_tokens": 0}, {"max_tokens": -1}, {"max_tokens": 1.5}, {"max_tokens": "many"},
    {"max_tokens": [5]}, {"n": 0}, {"n": -3}, {"n": 2.5}, {"max_completion_tokens": -(10 ** 30)}])
def test_a_wish_that_is_no_number_is_refused(counted: Host, upstream: Simulator, user: str,
                                             wish: dict[str, object]) -> None:
    model = upstream.serve(answers.chat())
    refused = ask(counted, model, user=user, **wish)
    assert refused.status == 400
    assert refused.error()["param"] == next(iter(wish))
    assert not upstream.requests(model)


def test_each_choice_is_held_for(counted: Host, user: str) -> None:
    """`n` times the tokens of one."""
    refused = ask(counted, "qwen-max", user=user, n=4, max_tokens=30_000)
    bound = prompt_bound(body_of("qwen-max", user=user, n=4, max_tokens=30_000))
    assert f"up to {bound + 120_000} tokens" in refused.error()["message"]


# ---- who counts ---------------------------------------------------------------------------------


def test_a_budget_for_each_model_counts_them_apart(start_host: StartHost, upstream: Simulator,
                                                   authority: Authority) -> None:
    host = start_host(rules_config(budget(LIMIT, each='"model"'), upstream, authority))
    ask(host, "qwen-max").body()
    wait_until_left(host, "qwen-max", LIMIT - 22 - 1)
    assert remaining(host, "qwen-plus") == LIMIT


def test_a_fallback_counts_at_who_served(start_host: StartHost, upstream: Simulator,
                                         second: Simulator, authority: Authority) -> None:
    """The first fails, the second answers: the hold at the first is given back."""
    model = upstream.serve(faults.error(errors.INTERNAL), faults.error(errors.INTERNAL))
    second.script(model, answers.chat(used=qwen.usage(100, 11)))
    host = start_host(
        server() + provider("first", upstream, authority) + provider("second", second, authority)
        + route("qwen-*", '["first", "second"]') + route("one", '[{ provider = "first", model = "qwen-max" }]')
        + route("two", '[{ provider = "second", model = "qwen-max" }]') + '\n[ledger]\nurl = "memory:"\n'
        + budget(LIMIT, name="provider", each='"provider"') + budget(LIMIT))
    reply = ask(host, model)
    assert reply.status == 200 and reply.headers["x-bellwether-provider"] == "second"
    reply.body()
    wait_until_left(host, "two", LIMIT - 111, name="provider")
    assert remaining(host, "one", name="provider") == LIMIT
    assert remaining(host, "one") == LIMIT - 111


def test_the_other_provider_serves_when_one_has_used_its_budget(
        start_host: StartHost, upstream: Simulator, second: Simulator,
        authority: Authority) -> None:
    model = upstream.serve(answers.chat())
    second.script(model, answers.chat())
    host = start_host(
        server() + provider("first", upstream, authority) + provider("second", second, authority)
        + route("qwen-*", '["first", "second"]') + '\n[ledger]\nurl = "memory:"\n'
        + budget(0, match='{ provider = "first" }'))
    reply = ask(host, model)
    assert reply.status == 200 and reply.headers["x-bellwether-provider"] == "second"
    assert not upstream.requests(model)


# ---- money, soft and shadow ---------------------------------------------------------------------

PRICES = """
[[prices]]
provider = "holysheep"
model = "qwen-max"
input = "2 USD"
output = "8 USD"
"""


def test_money_is_counted_by_the_price(start_host: StartHost, upstream: Simulator,
                                       authority: Authority) -> None:
    """100 at 2 and 10 at 8 millionths of a dollar."""
    host = start_host(rules_config(
        PRICES + budget("1 USD", match='{ model = "qwen-max" }'), upstream, authority))
    with upstream.playing("qwen-max", answers.chat(used=qwen.usage(100, 10))):
        ask(host, "qwen-max").body()
    wait_until_left(host, "qwen-max", 1_000_000 - 280)
    refused = ask(host, "qwen-max", max_tokens=NEVER_FITS)
    assert "0.99972 USD of 1.00 USD are left" in refused.error()["message"]


def test_without_a_price_money_cannot_be_counted(start_host: StartHost, upstream: Simulator,
                                                 authority: Authority) -> None:
    """A pattern led to the model: nobody could say so before. It is no fault of the upstream's."""
    host = start_host(rules_config(PRICES + budget("1 USD"), upstream, authority))
    refused = ask(host, "qwen-plus")
    assert refused.status == 400
    error = refused.error()
    assert error["code"] == "model_without_price" and error["param"] == "model"
    assert "qwen-plus" in error["message"] and "everyone" in error["message"]
    assert ask(host, "qwen-max").status == 200


@pytest.mark.parametrize("mode", ["soft", "shadow"])
def test_soft_and_shadow_budgets_never_refuse(start_host: StartHost, upstream: Simulator,
                                              authority: Authority, mode: str) -> None:
    host = start_host(rules_config(
        budget(1, name="mild", mode=f'"{mode}"') + budget("0.000001 USD", name="poor",
                                                          mode=f'"{mode}"'),
        upstream, authority))
    for _ in range(3):
        reply = ask(host, "qwen-max")
        assert reply.status == 200
        reply.body()
    assert ("mild" in standings(reply)) == (mode == "soft")


# ---- a new window -------------------------------------------------------------------------------

@needs_fake_clock
def test_a_budget_begins_anew_at_midnight_in_bangkok(start_host: StartHost, upstream: Simulator,
                                                     authority: Authority, tmp_path: Path) -> None:
    """17:00 UTC, by the host's clock, which the test moves."""
    midnight = next_time(hour=17)
    clock = FakeClock(tmp_path)
    clock.set(midnight - timedelta(seconds=40))
    host = start_host(
        rules_config(budget(200, per="day", reset='{ zone = "Asia/Bangkok" }'), upstream, authority),
        env=clock.environment)
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    ask(host, model).body()
    wait_until_left(host, model, 80)
    refused = ask(host, model)
    assert refused.status == 429
    today = midnight + timedelta(hours=7)
    assert standings(refused)["everyone"]["reset"] == f"{today:%Y-%m-%d}T00:00:00+07:00"
    assert 0 < int(refused.headers["retry-after"]) <= 41
    clock.set(midnight + timedelta(seconds=2))
    assert remaining(host, model) == 200
    served = ask(host, model)
    assert served.status == 200
    tomorrow = today + timedelta(days=1)
    assert standings(served)["everyone"]["reset"] == f"{tomorrow:%Y-%m-%d}T00:00:00+07:00"
