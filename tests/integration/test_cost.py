"""What a call costs: in the access log, in a header of plain replies, in the body if asked for."""

import json
from typing import Any

import pytest

from integration.conftest import StartHost, standard_config
from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

PRICES = """
[[prices]]
provider = "holysheep"
model = "qwen-*"
input = "2 USD"
cached_input = "0.50 USD"
output = "8 USD"
"""


def used(prompt: int, completion: int, cached: int) -> qwen.Json:
    return {**qwen.usage(prompt, completion), "prompt_tokens_details": {"cached_tokens": cached}}


def test_a_call_has_its_cost(start_host: StartHost, upstream: Simulator,
                             authority: Authority) -> None:
    """40 at 2, 60 cached at 0.5 and 10 at 8 millionths; a stream has it in the log only."""
    host = start_host(standard_config(upstream, authority) + PRICES)
    model = upstream.serve(answers.chat(used=used(100, 10, 60)))
    plain = host.chat(model, headers={"x-request-id": "cost-1"})
    plain.body()
    assert plain.headers.get("x-bellwether-cost") == "0.000190"
    assert host.access_line("cost-1")["cost_micro_usd"] == 190
    stream = host.chat(model, headers={"x-request-id": "cost-2"}, stream=True)
    stream.body()
    assert not stream.headers.get("x-bellwether-cost")
    assert host.access_line("cost-2")["cost_micro_usd"] == 190


def test_without_a_price_there_is_no_cost(start_host: StartHost, upstream: Simulator,
                                          authority: Authority) -> None:
    """Not known is not 0; and a price of 0 is a price."""
    host = start_host(standard_config(upstream, authority) + """
[[prices]]
provider = "echo"
model = "*"
input = "0 USD"
output = "0 USD"
""")
    unpriced = host.chat(upstream.serve(answers.chat()), headers={"x-request-id": "cost-3"})
    unpriced.body()
    assert not unpriced.headers.get("x-bellwether-cost")
    assert "cost_micro_usd" not in host.access_line("cost-3")
    free = host.chat("echo", headers={"x-request-id": "cost-4"})
    free.body()
    assert free.headers.get("x-bellwether-cost") == "0.000000"
    assert host.access_line("cost-4")["cost_micro_usd"] == 0


# ---- in the body ----------------------------------------------------------------------------------

WITH_COST = {"x-bellwether-cost": "body"}
EXACT = '"cost":0.000190'


def test_a_client_that_asks_finds_the_cost_in_the_usage(start_host: StartHost, upstream: Simulator,
                                                        authority: Authority) -> None:
    """As a number with all its digits; and nobody else finds anything new."""
    host = start_host(standard_config(upstream, authority) + PRICES)
    model = upstream.serve(answers.chat(used=used(100, 10, 60)))
    text = host.chat(model, headers=WITH_COST).body()
    assert EXACT in text.decode()
    assert json.loads(text)["usage"]["prompt_tokens"] == 100
    assert b'"cost"' not in host.chat(model).body()
    assert b'"cost"' not in host.chat(model, headers={"x-bellwether-cost": "header"}).body()
    stream = list(host.chat(model, headers=WITH_COST, stream=True,
                            stream_options={"include_usage": True}).events())
    assert EXACT in stream[-2] and json.loads(stream[-2])["choices"] == []
    assert not any('"cost"' in event for event in stream[:-2])


def test_who_asks_for_the_cost_of_a_stream_gets_a_usage_for_it(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """There is no other place for it; without a price it is a usage like any other."""
    host = start_host(standard_config(upstream, authority) + PRICES)
    model = upstream.serve(answers.chat(used=used(100, 10, 60)))
    chunks = host.chat(model, headers=WITH_COST, stream=True).chunks()
    assert chunks[-1]["usage"]["cost"] == 0.00019
    assert all(chunk["choices"] for chunk in host.chat(model, stream=True).chunks())
    unpriced = start_host(standard_config(upstream, authority))
    assert "cost" not in unpriced.chat(model, headers=WITH_COST, stream=True).chunks()[-1]["usage"]


def test_the_config_can_put_the_cost_into_every_usage(start_host: StartHost, upstream: Simulator,
                                                      authority: Authority) -> None:
    """But gives no usage to a stream that asked for none."""
    config = standard_config(upstream, authority).replace("[server]", "[server]\ncost_in_body = true")
    host = start_host(config + PRICES)
    model = upstream.serve(answers.chat(used=used(100, 10, 60)))
    assert EXACT in host.chat(model).body().decode()
    assert all(chunk["choices"] for chunk in host.chat(model, stream=True).chunks())
    asked = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    assert asked[-1]["usage"]["cost"] == 0.00019


# ---- what bills tell apart ------------------------------------------------------------------------

BILL = """
[[prices]]
provider = "holysheep"
model = "qwen-*"
input = "2 USD"
cached_input = "0.50 USD"
cache_write_input = "2.50 USD"
cache_write_input_1h = "4 USD"
output = "8 USD"
thinking_output = "10 USD"
above = [{ prompt = "1 ktok", input = "4 USD", output = "12 USD" }]
tiers = { priority = { input = "5 USD", output = "20 USD" } }
units = { web_search = "0.01 USD" }
"""
BUDGET = """
[ledger]
url = "memory:"
[[budgets]]
name = "money"
limit = "1 USD"
per = "day"
match = { provider = "holysheep" }
"""


def reply_with(**members: Any) -> Scenario:
    """A whole reply with members of its own, such as the tier that it was served in."""
    async def play(exchange: Exchange) -> None:
        await exchange.reply(qwen.dump({**qwen.completion(exchange.model, "Hi."), **members}))

    return play


@pytest.mark.parametrize(("members", "cost"), [
    ({"usage": qwen.usage(1_000, 10)}, 2_000 + 80),
    ({"usage": qwen.usage(1_001, 10)}, 4_004 + 120),
    ({"usage": qwen.usage(1_000, 10, reasoning=4)}, 2_000 + 100),
    ({"usage": qwen.usage(1_000, 10), "service_tier": "priority"}, 5_000 + 200),
    ({"usage": qwen.usage(1_000, 10), "service_tier": "default"}, 2_000 + 80),
    ({"usage": {"input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 600,
                "cache_creation_input_tokens": 300,
                "cache_creation": {"ephemeral_5m_input_tokens": 200,
                                   "ephemeral_1h_input_tokens": 100}}},
     200 + 300 + 500 + 400 + 80),
    ({"usage": {**qwen.usage(1_000, 10), "server_tool_use": {"web_search_requests": 3}}},
     2_000 + 80 + 30_000),
    ({"usage": {"prompt_tokens": "1000", "completion_tokens": 10.0}}, 2_000 + 80),
])
def test_a_call_costs_what_its_bill_says(start_host: StartHost, upstream: Simulator,
                                         authority: Authority, members: dict[str, Any],
                                         cost: int) -> None:
    """Steps by length, tiers, lifetimes of caches, thinking, searches: of all spellings."""
    host = start_host(standard_config(upstream, authority) + BILL)
    host.chat(upstream.serve(reply_with(**members)), headers={"x-request-id": "bill"}).body()
    assert host.access_line("bill")["cost_micro_usd"] == cost


def test_a_piece_without_a_price_is_never_free(start_host: StartHost, upstream: Simulator,
                                               authority: Authority) -> None:
    """Its cost is not known, and a budget of money counts all that was held for the call."""
    host = start_host(standard_config(upstream, authority) + BILL + BUDGET)
    usage = {**qwen.usage(10, 1), "server_tool_use": {"teleport_requests": 1}}
    reply = host.chat(upstream.serve(reply_with(usage=usage)), headers={"x-request-id": "piece"},
                      max_tokens=1_000, service_tier="default")
    reply.body()
    assert not reply.headers.get("x-bellwether-cost")
    assert "cost_micro_usd" not in host.access_line("piece")
    assert json.loads(host.admin("GET", "/admin/budgets").body())["budgets"][0]["used"] >= 10_000


def test_what_is_asked_for_and_has_no_price_is_refused(start_host: StartHost, upstream: Simulator,
                                                       authority: Authority) -> None:
    """By a hard budget of money, before anything is sent."""
    host = start_host(standard_config(upstream, authority) + PRICES + BUDGET)
    model = upstream.serve(answers.chat())
    for members in ({"service_tier": "priority"}, {"web_search_options": {}},
                    {"enable_search": True}):
        reply = host.chat(model, **members)
        assert reply.status == 400, members
        assert json.loads(reply.body())["error"]["code"] == "model_without_price"
    for members in ({"service_tier": "default"}, {"service_tier": "flex"},
                    {"enable_search": False}):
        assert host.chat(model, **members).status == 200, members


def test_usage_in_a_choice_is_the_providers_figure(start_host: StartHost, upstream: Simulator,
                                                   authority: Authority) -> None:
    """Moonshot's way; the client that asked gets a usage chunk, and the choice stays as it is."""
    async def play(exchange: Exchange) -> None:
        last = qwen.finished(exchange.model)
        last["choices"][0]["usage"] = qwen.usage(10, 5)
        await exchange.head()
        for chunk in (qwen.opening(exchange.model), qwen.said(exchange.model, "Hi."), last):
            await exchange.event(chunk)
        await exchange.end()

    host = start_host(standard_config(upstream, authority))
    chunks = host.chat(upstream.serve(play), headers={"x-request-id": "choice"}, stream=True,
                       stream_options={"include_usage": True}).chunks()
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["prompt_tokens"] == 10
    assert chunks[-2]["choices"][0]["usage"]["completion_tokens"] == 5
    line = host.access_line("choice")
    assert (line["input_tokens"], line["output_tokens"], line["usage_source"]) == (10, 5, "provider")
