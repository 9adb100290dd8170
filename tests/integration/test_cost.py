"""What a call costs: in the access log, and in a header of plain replies."""

from integration.conftest import StartHost, standard_config
from upstream import qwen
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
