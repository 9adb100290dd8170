"""`continue_stream`: a stream that breaks off after content goes on at the next target that can take
up an answer, and its client reads one answer."""

import json
from typing import Any

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import MAX_TOKENS, body_of, budget, prompt_bound, wait_until_counted
from integration.host import Host, run_cli
from integration.http_client import Reply, check_error, content_of
from integration.metrics_page import scrape
from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

BEGUN = ["one ", "two "]
REST = ["three ", "four"]
USED_BY_REST = qwen.usage(prompt=30, completion=2)
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


def unable(name: str, upstream: Simulator, authority: Authority) -> str:
    """A provider that cannot take up an answer: the plugin `openai`."""
    return provider(name, upstream, authority).replace('"holysheep"', '"openai"')


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, second: Simulator,
         authority: Authority) -> Host:
    """Each of three routes begins at the first upstream; two of them go on at the second one, of
    which one can take up answers. One budget counts all calls."""
    going_on = "continue_stream = true\n"
    return start_host(
        server(retry="budget_percent = 0\nbudget_floor = 0")
        + provider("first", upstream, authority) + provider("able", second, authority)
        + unable("unable", second, authority)
        + route("qwen-*", '["first", "able"]') + going_on
        + route("unable-*", '["first", "unable"]') + going_on
        + route("off-*", '["first", "able"]')
        + '\n[ledger]\nurl = "memory:"\n' + budget(100_000_000))


def play(first: Scenario, then: Scenario, upstream: Simulator, second: Simulator,
         prefix: str = "qwen") -> str:
    model = upstream.serve(first, prefix=prefix)
    second.script(model, then)
    return model


def ask(host: Host, model: str, request_id: str = "", **members: Any) -> Reply:
    headers = {"x-request-id": request_id} if request_id else None
    return host.post("/v1/chat/completions", body_of(model, stream=True, **members), headers)


def error_at_the_end(reply: Reply) -> str:
    """What was said before the stream ended with one error event."""
    said, error = said_and_error(reply)
    assert error["code"]
    return said


def said_and_error(reply: Reply) -> tuple[str, dict[str, Any]]:
    *chunks, last, done = reply.events()
    assert done == "[DONE]"
    return content_of([json.loads(chunk) for chunk in chunks]), check_error(json.loads(last))


# ---- one answer of two -----------------------------------------------------------------------------


def test_the_client_reads_one_answer(host: Host, upstream: Simulator, second: Simulator) -> None:
    """One role, one id, all of the text, one end; the record tells of both attempts."""
    model = play(faults.cut(BEGUN), answers.chat(REST, used=USED_BY_REST), upstream, second)
    before = scrape(host).sum("bellwether_continued_streams_total", provider="able")
    reply = ask(host, model, "continued-1")
    chunks = reply.chunks()
    assert content_of(chunks) == "".join(BEGUN + REST)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert sum("role" in delta for delta in deltas) == 1
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]
            if choice["finish_reason"]] == ["stop"]
    assert not any(chunk.get("usage") for chunk in chunks), "nobody asked for it"
    line = host.access_line("continued-1")
    assert (line["status"], line["outcome"], line["provider"], line["attempts"]) == (
        200, "ok", "able", 2)
    assert line["tried"].startswith(f"first/{model};error=upstream_cut;")
    metrics = scrape(host)
    assert metrics.sum("bellwether_continued_streams_total", provider="able") == before + 1
    assert metrics.sum("bellwether_continued_streams_total", provider="first") == 0


def test_the_rest_is_asked_for_with_what_was_said(host: Host, upstream: Simulator,
                                                  second: Simulator) -> None:
    """As the last message, marked as Qwen's models know it; the rest of the request is the
    client's, but for the limit, of which a part is used."""
    words = ['say "', "hi\n", "🐑" * 40]
    model = play(faults.cut(words), answers.chat(REST), upstream, second)
    assert content_of(ask(host, model, temperature=0).chunks()) == "".join(words + REST)
    whole, rest = upstream.request(model).json, second.request(model).json
    assert rest["messages"] == [*whole["messages"], {"role": "assistant",
                                                     "content": "".join(words), "partial": True}]
    assert 0 < rest.pop("max_tokens") < whole.pop("max_tokens") == MAX_TOKENS
    del whole["messages"], rest["messages"]
    assert whole == rest


@pytest.mark.parametrize("fault", [faults.ended_early(BEGUN), timing.silent_after(BEGUN),
                                   faults.error_frame(BEGUN, errors.INTERNAL)],
                         ids=["no finish reason", "silence", "an error event"])
def test_however_it_breaks_off(host: Host, upstream: Simulator, second: Simulator,
                               fault: Scenario) -> None:
    model = play(fault, answers.chat(REST), upstream, second)
    assert content_of(ask(host, model).chunks()) == "".join(BEGUN + REST)


def test_a_role_beside_the_first_content_of_the_rest(host: Host, upstream: Simulator,
                                                     second: Simulator) -> None:
    """Some upstreams send both in one chunk. Helpers that add deltas up would read two roles."""

    async def at_once(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(qwen.chunk(exchange.model, {"role": "assistant", "content": "three"}))
        await exchange.event(qwen.finished(exchange.model))
        await exchange.end()

    model = play(faults.cut(BEGUN), at_once, upstream, second)
    deltas = [choice["delta"] for chunk in ask(host, model).chunks() for choice in chunk["choices"]]
    assert [delta["role"] for delta in deltas if "role" in delta] == ["assistant"]
    assert "".join(delta.get("content") or "" for delta in deltas) == "one two three"


# ---- where it does not -----------------------------------------------------------------------------


@pytest.mark.parametrize("members", [{"tools": TOOLS}, {"n": 2}, {"enable_thinking": True},
                                     {"response_format": {"type": "json_object"}}],
                         ids=["tools", "two choices", "thinking", "JSON"])
def test_an_answer_that_is_more_than_one_text(host: Host, upstream: Simulator, second: Simulator,
                                              members: dict[str, Any]) -> None:
    model = play(faults.cut(BEGUN), answers.chat(REST), upstream, second)
    assert error_at_the_end(ask(host, model, **members)) == "".join(BEGUN)
    assert second.requests(model) == []


@pytest.mark.parametrize("prefix", ["unable", "off"])
def test_a_provider_or_a_route_without_it(host: Host, upstream: Simulator, second: Simulator,
                                          prefix: str) -> None:
    model = play(faults.cut(BEGUN), answers.chat(REST), upstream, second, prefix)
    assert error_at_the_end(ask(host, model)) == "".join(BEGUN)
    assert second.requests(model) == []


def test_a_model_that_refuses_the_rest(host: Host, upstream: Simulator, second: Simulator) -> None:
    """The client is told why the stream broke off, and not of a member that it did not send."""
    model = play(faults.cut(BEGUN), faults.error(errors.INVALID_PARAMETER), upstream, second)
    said, error = said_and_error(ask(host, model))
    assert said == "".join(BEGUN) and error["code"] == "upstream_cut"
    assert len(second.requests(model)) == 1


def test_moderation_is_not_passed_by(host: Host, upstream: Simulator, second: Simulator) -> None:
    """An answer that its provider has stopped is not finished elsewhere."""
    model = play(faults.error_frame(BEGUN, errors.MODERATION), answers.chat(REST), upstream, second)
    assert error_at_the_end(ask(host, model)) == "".join(BEGUN)
    assert second.requests(model) == []


# ---- what it counts with ---------------------------------------------------------------------------


def used_so_far(host: Host) -> int:
    (found,) = host.admin("GET", "/admin/budgets?name=everyone").json()["budgets"]
    return found["used"]


def test_the_client_and_the_budget_count_both(host: Host, upstream: Simulator,
                                              second: Simulator) -> None:
    """The client: the prompt once, and the answer as if one had given it. The budget: what each
    provider may bill, so the prompt of the rest, too, with what was said in it."""
    model = play(faults.cut(BEGUN), answers.chat(REST, used=USED_BY_REST), upstream, second)
    before = used_so_far(host)
    body = body_of(model, stream=True, stream_options={"include_usage": True})
    chunks = host.post("/v1/chat/completions", body).chunks()
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert len(usages) == 1 and chunks[-1]["choices"] == []
    said = usages[0]["completion_tokens"] - USED_BY_REST["completion_tokens"]
    assert 2 <= said <= 4
    assert usages[0]["prompt_tokens"] == min(prompt_bound(body), USED_BY_REST["prompt_tokens"])
    wait_until_counted(host, before + prompt_bound(body) + said + USED_BY_REST["total_tokens"])


def test_hanging_up_while_the_rest_comes(host: Host, upstream: Simulator,
                                         second: Simulator) -> None:
    """It is cancelled there, and both attempts are counted; nothing stays held."""
    model = play(faults.cut(BEGUN), timing.silent_after(REST), upstream, second)
    before = used_so_far(host)
    connection = host.connect()
    events = connection.chat(model, stream=True, headers={"x-request-id": "gone-1"}).events()
    said = ""
    while said != "".join(BEGUN + REST):
        said += content_of([json.loads(next(events))])
    connection.close()
    line = host.access_line("gone-1")
    assert (line["status"], line["provider"], line["attempts"]) == (499, "able", 2)
    second.ended(model)
    assert used_so_far(host) > before
    wait_until_counted(host, used_so_far(host))


def test_hanging_up_before_the_rest_begins(host: Host, upstream: Simulator,
                                           second: Simulator) -> None:
    model = play(faults.cut(BEGUN), timing.late(timing.FOREVER, answers.chat()), upstream, second)
    connection = host.connect()
    events = connection.chat(model, stream=True, headers={"x-request-id": "gone-2"}).events()
    said = ""
    while said != "".join(BEGUN):
        said += content_of([json.loads(next(events))])
    second.journal.wait(model, lambda entries: len(entries) == 1)
    connection.close()
    assert host.access_line("gone-2")["status"] == 499
    (request,) = second.ended(model)
    assert request.disconnected_at is not None


# ---- the config ------------------------------------------------------------------------------------


def test_check_warns_where_no_provider_can(tmp_path: Any, upstream: Simulator,
                                           authority: Authority) -> None:
    file = tmp_path / "config.toml"
    config = server() + unable("one", upstream, authority) + route("m", '"one"')
    file.write_text(config + "continue_stream = true\n")
    done = run_cli("check", "--no-secrets", "--config", file)
    assert done.returncode == 0
    assert 'no stream of the route "m" can go on after it broke off' in done.stderr
    file.write_text(config)
    assert "go on" not in run_cli("check", "--no-secrets", "--config", file).stderr
