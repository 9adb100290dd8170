"""`on_context_length`, `on_content_filter`, `on_budget`, `default_to`: who serves a call that the
targets of its route cannot, and what is counted for it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import MAX_TOKENS, ask, body_of, budget, counted, prompt_bound
from integration.host import Host, wait_for
from integration.http_client import Reply, content_of
from upstream import errors, qwen
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

DEAR = 1000  # tokens, for the budget that ends soon
GOOD = answers.chat(["by ", "the ", "chain"], used=qwen.usage(20, 3))


def ledger_file(host: Host) -> Path:
    return host.config.with_name("ledger.db")


@pytest.fixture(scope="module")
def chained(start_host: StartHost, upstream: Simulator, second: Simulator,
            authority: Authority) -> Host:
    """Routes to `one`, with `two` behind them for one kind of failure each. `spent-*` has a budget
    at `one` alone; another one counts everything."""
    chains = {"long-*": 'on_context_length = "two"', "refused-*": 'on_content_filter = "two"',
              "both-*": 'on_context_length = "two"\non_content_filter = "two"',
              "spent-*": 'on_budget = [{ provider = "two", model = "qwen-turbo" }]'}
    return start_host(
        'default_to = [{ provider = "two", model = "qwen-plus" }]\n'
        + server(retry="budget_percent = 100\nbudget_floor = 10000")
        + provider("one", upstream, authority, first_byte=15000)
        + provider("two", second, authority, first_byte=15000)
        + "".join(route(model, '"one"') + f"retry = {{ attempts = 3 }}\n{chain}\n"
                  for model, chain in chains.items())
        + '\n[ledger]\nurl = "sqlite:ledger.db"\nlinger = "0ms"\n' + budget(100_000_000)
        + budget(DEAR, "dear", match='{ provider = "one", model = "spent-*" }'))


def row(host: Host, model: str) -> tuple[str, str, str, int, int, int]:
    """The only row of the ledger for this model, once nothing is held any more."""
    def written() -> list[tuple[str, str, str, int, int, int]]:
        with closing(sqlite3.connect(f"file:{ledger_file(host)}?mode=ro", uri=True)) as database:
            return database.execute(
                "SELECT route, provider, upstream_model, input_tokens, output_tokens, status "
                "FROM usage WHERE model = ?", (model,)).fetchall()

    wait_for(lambda: counted(host)[1] == 0, "nothing is held")
    (only,) = wait_for(written, f"a row for {model}")
    return only


def said(reply: Reply, stream: bool) -> str:
    assert reply.status == 200, reply.body()
    if stream:
        return content_of(reply.chunks())
    return reply.json()["choices"][0]["message"]["content"]


# ---- too long, or refused ------------------------------------------------------------------------


CHAINED: dict[str, tuple[str, Scenario]] = {
    "too long": ("long", faults.error(errors.CONTEXT_OVERFLOW)),
    "refused": ("refused", faults.error(errors.MODERATION)),
    "200, refused": ("refused", faults.error_with_status_200(errors.MODERATION)),
    "refused as first event": ("refused", faults.error_as_first_event(errors.MODERATION)),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("prefix", "fault"), CHAINED.values(), ids=CHAINED.keys())
def test_the_chain_serves_its_failure(chained: Host, upstream: Simulator, second: Simulator,
                                      prefix: str, fault: Scenario, stream: bool) -> None:
    """After one try at the route's own target, and counted as what it used there."""
    model = upstream.serve(fault, prefix=prefix)
    second.script(model, GOOD)
    used, _ = counted(chained)
    reply = ask(chained, model, stream=stream)
    assert reply.headers["x-bellwether-provider"] == "two"
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert said(reply, stream) == "by the chain"
    assert len(upstream.requests(model)) == len(second.requests(model)) == 1
    assert row(chained, model) == (f"{prefix}-*", "two", model, 20, 3, 200)
    assert counted(chained) == (used + 23, 0)


OTHERS: dict[str, tuple[str, errors.QwenError, int, str]] = {
    "refused, and a chain for long prompts": ("long", errors.MODERATION, 400, "content_filter"),
    "too long, and a chain for refusals": (
        "refused", errors.CONTEXT_OVERFLOW, 400, "context_length_exceeded"),
    "a wrong request": ("both", errors.INVALID_PARAMETER, 400, "invalid_parameter_error"),
    "no such model": ("both", errors.NO_SUCH_MODEL, 404, "model_not_found"),
}


@pytest.mark.parametrize(("prefix", "fault", "status", "code"), OTHERS.values(),
                         ids=OTHERS.keys())
def test_a_chain_is_for_nothing_else(chained: Host, upstream: Simulator, second: Simulator,
                                     prefix: str, fault: errors.QwenError, status: int,
                                     code: str) -> None:
    """Its targets are none of the route's own."""
    model = upstream.serve(faults.error(fault), prefix=prefix)
    second.script(model, GOOD)
    reply = ask(chained, model)
    assert (reply.status, reply.error()["code"]) == (status, code)
    assert (len(upstream.requests(model)), second.requests(model)) == (1, [])


def test_a_chain_may_lead_to_another(chained: Host, upstream: Simulator,
                                     second: Simulator) -> None:
    """Where the one for long prompts refuses, its error is told if no chain is left for that."""
    model = upstream.serve(faults.error(errors.CONTEXT_OVERFLOW), prefix="long")
    second.script(model, faults.error(errors.MODERATION))
    used, _ = counted(chained)
    reply = ask(chained, model)
    assert (reply.status, reply.error()["code"]) == (400, "content_filter")
    wait_for(lambda: counted(chained) == (used, 0), "nothing is counted or held")


# ---- the budget is spent -------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_cheaper_model_once_the_money_is_spent(chained: Host, upstream: Simulator,
                                                 second: Simulator, stream: bool) -> None:
    """The call that would not fit goes there, and costs nothing where it was refused."""
    chained.admin("POST", "/admin/budgets/reset", {"name": "dear"})
    model = upstream.serve(answers.chat(["dear"], used=qwen.usage(DEAR - 100, 50)), prefix="spent")
    assert said(ask(chained, model, stream=stream), stream) == "dear"
    assert row(chained, model) == ("spent-*", "one", model, DEAR - 100, 50, 200)
    assert counted(chained, "dear") == (DEAR - 50, 0)
    used, _ = counted(chained)

    other = upstream.serve(GOOD, prefix="spent")
    assert prompt_bound(body_of(other)) + MAX_TOKENS > 50, "it does not fit any more"
    with second.playing("qwen-turbo", GOOD):
        reply = ask(chained, other, stream=stream)
        assert reply.headers["x-bellwether-provider"] == "two"
        assert reply.headers["x-bellwether-model"] == "qwen-turbo"
        assert said(reply, stream) == "by the chain"
    assert upstream.requests(other) == []
    assert row(chained, other) == ("spent-*", "two", "qwen-turbo", 20, 3, 200)
    assert counted(chained) == (used + 23, 0)
    assert counted(chained, "dear") == (DEAR - 50, 0)


# ---- names without a route -----------------------------------------------------------------------


def test_a_name_without_a_route(chained: Host, second: Simulator) -> None:
    """As the article's third error has it: another vendor's name."""
    with second.playing("qwen-plus", GOOD):
        reply = ask(chained, "gpt-4")
        assert reply.headers["x-bellwether-provider"] == "two"
        assert reply.headers["x-bellwether-model"] == "qwen-plus"
        assert said(reply, stream=False) == "by the chain"
    assert row(chained, "gpt-4") == ("*", "two", "qwen-plus", 20, 3, 200)


def test_a_name_with_a_route_never_goes_there(chained: Host, upstream: Simulator) -> None:
    model = upstream.serve(faults.error(errors.NO_SUCH_MODEL), prefix="long")
    reply = ask(chained, model)
    assert (reply.status, reply.error()["code"]) == (404, "model_not_found")
    assert reply.headers["x-bellwether-provider"] == "one"
