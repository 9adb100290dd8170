"""Several credentials of one provider: one that is refused is set aside, one at its limit waits while
the other serves, and calls go where most is left."""

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.metrics_page import scrape
from upstream import errors, qwen
from upstream.errors import QwenError
from upstream.exchange import Exchange, Headers, Scenario
from upstream.qwen import dump
from upstream.scenarios import answers, faults
from upstream.simulator import KEY, OTHER_KEY, Simulator
from upstream.tls import Authority

RETRY = 'attempts = 3\nfirst = "10ms"'
BOTH = {"KEY_A": KEY, "KEY_B": OTHER_KEY}


def with_keys(config: str) -> str:
    """The same with two credentials."""
    return config.replace('api_key = "env:HOLYSHEEP_API_KEY"',
                          'api_keys = ["env:KEY_A", "env:KEY_B"]')


def by_key(first: Scenario, second: Scenario) -> Scenario:
    """What each of the two credentials gets."""

    async def play(exchange: Exchange) -> None:
        await (first if exchange.request.key == KEY else second)(exchange)

    return play


def leaving(remaining: int) -> Scenario:
    """An answer that says what is left of a hundred requests."""
    headers: Headers = {"x-ratelimit-limit-requests": "100", "x-ratelimit-reset-requests": "10m",
                        "x-ratelimit-remaining-requests": str(remaining)}

    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(qwen.completion(exchange.model, "yes")), headers=headers)

    return play


@pytest.fixture
def fresh(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """A host of its own for each test: what was said of a credential is remembered."""
    return start_host(with_keys(server(retry=RETRY) + provider("two", upstream, authority)
                                + route("*", '"two"')), env=dict(BOTH))


def keys_of(upstream: Simulator, model: str) -> list[str]:
    return [request.key for request in upstream.requests(model)]


def ask(host: Host, model: str, times: int = 1) -> None:
    for _ in range(times):
        reply = host.chat(model)
        assert reply.status == 200, reply.body()
        reply.body()


def lines_of(host: Host, words: str) -> list[str]:
    """The lines of the log with these words, of which there is one at least."""
    return wait_for(lambda: [line for line in host.log().splitlines() if words in line], words)


def ask_until(host: Host, model: str, upstream: Simulator, key: str) -> None:
    """Which of two that are alike comes first is up to chance."""
    for _ in range(64):
        ask(host, model)
        if key in keys_of(upstream, model):
            return
    pytest.fail("one of two credentials is never used")


@pytest.mark.parametrize("fault", [errors.INVALID_KEY, errors.OUT_OF_CREDIT],
                         ids=["refused", "no credit"])
def test_one_that_is_refused_is_set_aside(fresh: Host, upstream: Simulator,
                                          fault: errors.QwenError) -> None:
    """Its call is served by the other one, and no later call begins with it. The log says so once,
    by the name of the variable."""
    model = upstream.serve(by_key(faults.error(fault), answers.chat()))
    ask_until(fresh, model, upstream, KEY)
    ask(fresh, model, times=8)
    keys = keys_of(upstream, model)
    assert keys[keys.index(KEY):] == [KEY] + 9 * [OTHER_KEY]
    line, *more = lines_of(fresh, "is set aside")
    assert not more and "env:KEY_A" in line and "two" in line
    assert KEY not in fresh.log().replace(OTHER_KEY, "")
    metrics = scrape(fresh)
    aside = "bellwether_credential_set_aside"
    assert metrics.sum(aside, provider="two", credential="0") == 1
    assert metrics.sum(aside, provider="two", credential="1") == 0
    first, other = fresh.admin("GET", "/admin/routes").json()["credentials"]
    assert (first["provider"], first["reference"], first["use"]) == ("two", "env:KEY_A", "set_aside")
    assert first["until"].endswith("Z")
    assert (other["credential"], other["use"], other["until"]) == (1, "ready", None)


def test_if_both_are_set_aside_they_are_still_tried(fresh: Host, upstream: Simulator) -> None:
    """A call that nothing else can serve is not refused for what was said of an earlier one; and a
    credential that is accepted is back at once."""
    model = upstream.serve(faults.error(errors.INVALID_KEY), faults.error(errors.INVALID_KEY),
                           answers.chat())
    assert fresh.chat(model).status == 401
    ask(fresh, model)
    assert lines_of(fresh, "is accepted again")


@pytest.mark.parametrize("fault", [errors.INVALID_KEY, errors.RATE], ids=["refused", "limited"])
def test_refused_credentials_do_not_use_up_the_tries(start_host: StartHost, upstream: Simulator,
                                                     second: Simulator, authority: Authority,
                                                     fault: QwenError) -> None:
    """However many a provider has, the next target is asked all the same."""
    env = {f"KEY_{number}": f"{KEY}{number}" for number in range(6)}
    names = ", ".join(f'"env:{name}"' for name in env)
    several = provider("one", upstream, authority).replace('api_key = "env:HOLYSHEEP_API_KEY"',
                                                           f"api_keys = [{names}]")
    host = start_host(server(retry="attempts = 2") + several + provider("two", second, authority)
                      + route("*", '["one", "two"]'), env=env)
    model = upstream.serve(faults.error(fault))
    second.script(model, answers.chat(["yes"]))
    reply = host.chat(model)
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (200, "7"), reply.body()
    assert len(set(keys_of(upstream, model))) == 6


def repeating_its_key(header: str) -> Scenario:
    """An answer in one of whose headers the credential comes back."""

    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(qwen.completion(exchange.model, "yes")),
                             headers={header: exchange.request.key})

    return play


@pytest.mark.parametrize("header", ["content-encoding", "x-request-id", "cf-ray", "location",
                                    "content-type", "retry-after"])
def test_one_that_comes_back_is_shown_to_nobody(fresh: Host, upstream: Simulator,
                                                header: str) -> None:
    model = upstream.serve(repeating_its_key(header))
    reply = fresh.chat(model, headers={"x-request-id": model})
    shown = f"{reply.headers} {reply.body()!r} {fresh.access_line(model)} {fresh.log()}"
    assert KEY not in shown and OTHER_KEY not in shown


def test_while_one_is_at_its_limit_the_other_serves_at_once(fresh: Host,
                                                            upstream: Simulator) -> None:
    model = upstream.serve(by_key(faults.error(errors.RATE, {"retry-after": "30"}), answers.chat()))
    ask_until(fresh, model, upstream, KEY)
    ask(fresh, model, times=8)
    keys = keys_of(upstream, model)
    assert keys[keys.index(KEY):] == [KEY] + 9 * [OTHER_KEY]
    assert "is set aside" not in fresh.log(), "a limit is no refusal of the credential"


def test_calls_go_where_most_is_left(fresh: Host, upstream: Simulator) -> None:
    """As soon as both have told what is left, all calls go to the one with more."""
    model = upstream.serve(by_key(leaving(10), leaving(90)))
    ask(fresh, model, times=20)
    keys = keys_of(upstream, model)
    assert 1 <= keys.count(KEY) <= 2 and keys.count(OTHER_KEY) >= 18


def test_without_any_word_of_limits_both_are_used(fresh: Host, upstream: Simulator) -> None:
    model = upstream.serve(answers.chat())
    ask(fresh, model, times=40)
    keys = keys_of(upstream, model)
    assert keys.count(KEY) >= 5 and keys.count(OTHER_KEY) >= 5


def test_one_that_is_missing_leaves_the_other(start_host: StartHost, upstream: Simulator,
                                              authority: Authority) -> None:
    """Where the provider may lack its credentials."""
    host = start_host(with_keys(server(retry=RETRY) + provider("two", upstream, authority)
                                + "required = false\n" + route("*", '"two"')),
                      env={"KEY_A": None, "KEY_B": OTHER_KEY})
    model = upstream.serve(answers.chat())
    uses = [one["use"] for one in host.admin("GET", "/admin/routes").json()["credentials"]]
    assert uses == ["missing", "ready"]
    ask(host, model, times=4)
    assert set(keys_of(upstream, model)) == {OTHER_KEY}
