"""The log says once how far a budget has come, and when one that refuses nothing is exceeded."""

from integration.conftest import StartHost
from integration.counting import ask, budget, rules_config
from integration.host import wait_for
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority


def test_a_soft_budget_warns_once_for_each_share(start_host: StartHost, upstream: Simulator,
                                                 authority: Authority) -> None:
    model = upstream.serve(answers.chat())
    host = start_host(rules_config(budget(150, mode='"soft"', warn_at='["10%", 0.2]'), upstream,
                                   authority))
    for _ in range(4):
        assert ask(host, model).status == 200
    wait_for(lambda: "is exceeded" in host.log(), "the log says that it is exceeded")
    warnings = [line for line in host.log().splitlines() if 'budget \\"everyone\\"' in line]
    assert len([line for line in warnings if "is exceeded" in line]) == 1
    assert len([line for line in warnings if "has come to 20 %" in line]) == 1
    assert not [line for line in warnings if "has come to 10 %" in line]  # passed in one step
