"""A plugin with a bug fails its own calls and nothing else; plugins in C and C++ run in the host."""

import pytest

from integration.conftest import StartHost, route, server
from integration.host import PLUGINS, wait_for
from upstream.simulator import Simulator
from upstream.tls import Authority

THROWING = f"""
[providers.broken]
plugin = "{PLUGINS}/test/throwing.so"
base_url = "{{base_url}}"
ca_file = "{{ca_file}}"
where = "{{where}}"
what = "{{what}}"
timeouts = {{{{ total = "20s" }}}}

[providers.echo]
"""


def broken(upstream: Simulator, authority: Authority, where: str, what: str) -> str:
    return server() + THROWING.format(base_url=upstream.base_url, ca_file=authority.ca_file,
                                      where=where, what=what)


@pytest.mark.parametrize("where", ["open", "head", "data", "end", "step"])
@pytest.mark.parametrize("what", ["standard", "memory", "other"])
def test_an_exception_ends_as_an_error(start_host: StartHost, upstream: Simulator,
                                       authority: Authority, where: str, what: str) -> None:
    """The client gets a 502 that names the provider, the host goes on, and the route's next target
    is tried. Lack of memory is nobody's bug: a 503 that names the host."""
    config = broken(upstream, authority, where, what)
    host = start_host(config + route("alone", '"broken"') + route("helped", '["broken", "echo"]'))
    reply = host.chat("alone")
    error = reply.error()
    if what == "memory":
        assert (reply.status, error["code"]) == (503, "host_out_of_memory"), error
    else:
        assert (reply.status, error["code"]) == (502, "plugin_error"), error
        assert "broken" in error["message"]
    helped = host.chat("helped", "Still there?")
    assert helped.status == 200
    assert helped.headers["x-bellwether-provider"] == "echo"


def test_a_faulty_instance_is_replaced(start_host: StartHost, upstream: Simulator,
                                       authority: Authority) -> None:
    """After a fault the instance gets no more calls, and a new one is made soon after."""
    host = start_host(broken(upstream, authority, "step", "standard") + route("m", '"broken"'))
    first = host.chat("m").error()["message"]
    assert "told to" in first

    def made_anew() -> bool:
        return "told to" in host.chat("m").error()["message"]

    wait_for(made_anew, "a new instance that is asked again")


def test_an_error_that_a_plugin_means_is_no_fault(start_host: StartHost, upstream: Simulator,
                                                  authority: Authority) -> None:
    """bw::Error keeps its class, and the instance stays in use."""
    host = start_host(broken(upstream, authority, "step", "rate") + route("m", '"broken"'))
    for _ in range(3):
        reply = host.chat("m")
        assert reply.status == 429
        assert "told to" in reply.error()["message"]


def test_a_config_that_a_plugin_throws_at(start_host: StartHost, upstream: Simulator,
                                          authority: Authority) -> None:
    """A constructor that throws is a refusal at start-up."""
    config = broken(upstream, authority, "create", "standard") + route("m", '"broken"')
    with pytest.raises(AssertionError, match="refuses its configuration"):
        start_host(config)
