"""Request ids and traces, from the client to the provider."""

import re

from integration.host import Host
from upstream.scenarios import answers
from upstream.simulator import Simulator

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def test_a_trace_goes_on(host: Host, upstream: Simulator) -> None:
    """The same trace with the host's own span, and its id in the log."""
    model = upstream.serve(answers.chat())
    host.chat(model, headers={"traceparent": PARENT, "tracestate": "vendor=1",
                              "x-request-id": "trace-1"}).body()
    received = upstream.request(model)
    sent = received.header("traceparent")
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", sent) and sent != PARENT
    assert received.header("tracestate") == "vendor=1"
    assert received.header("x-request-id") == "trace-1"
    assert host.access_line("trace-1")["trace_id"] == TRACE


def test_a_state_in_several_fields_is_one_list(host: Host, upstream: Simulator) -> None:
    """Proxies on the way may each have added a field; their order says who was last."""
    model = upstream.serve(answers.chat())
    host.chat(model, headers={"traceparent": PARENT, "tracestate": "near=1", "Tracestate": "",
                              "TraceState": "far=2,farther=3"}).body()
    assert upstream.request(model).header("tracestate") == "near=1,far=2,farther=3"


def test_no_trace_no_header(host: Host, upstream: Simulator) -> None:
    """Nothing is invented, and nothing malformed is passed on."""
    model = upstream.serve(answers.chat())
    host.chat(model).body()
    host.chat(model, headers={"traceparent": PARENT.upper(), "tracestate": "vendor=1"}).body()
    for received in upstream.requests(model):
        assert received.header("traceparent") is None and received.header("tracestate") is None
        assert received.header("x-request-id").startswith("req_")
