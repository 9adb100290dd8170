"""What becomes of a call whose client hangs up: cancelled, or finished and counted to its end."""

import json

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import wait_for
from upstream.scenarios import timing
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.mark.parametrize("setting, cut", [('"drain"', False), ('"cancel"', True),
                                          ('"drain:100ms"', True)])
def test_a_call_without_client(start_host: StartHost, upstream: Simulator, authority: Authority,
                               setting: str, cut: bool) -> None:
    host = start_host(server(workers=1, on_disconnect=setting)
                      + provider("p", upstream, authority) + route("qwen-*", '["p"]'))
    model = upstream.serve(timing.slow(0.05, ["tick "] * 20))
    client = host.connect()
    events = client.chat(model, stream=True).events()
    for _ in range(3):
        next(events)
    client.close()
    (request,) = upstream.ended(model)
    assert (request.disconnected_at is not None) == cut
    rows = wait_for(lambda: [line for line in host.log().splitlines() if model in line],
                    "the call was recorded")
    row = json.loads(rows[-1])
    assert (row["status"], row["error"]) == (499, "client_closed")
    assert row["outcome"] == ("cancelled" if cut else "ok")
    assert (row["output_tokens"] < 20) == cut
