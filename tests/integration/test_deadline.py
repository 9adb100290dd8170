"""How long a plugin is told that its attempt may take: it can leave a slow upstream in time."""

import pytest

from integration.conftest import StartHost, route, server
from integration.host import PLUGINS, SLOWNESS, Host, milliseconds

WAIT_MS = 200 * SLOWNESS


def instance(name: str, timeouts: str, more: str = "") -> str:
    return (f'\n[providers.{name}]\nplugin = "{PLUGINS}/test/deadline.so"\n'
            f"timeouts = {{ {timeouts} }}\n{more}\n")


@pytest.fixture(scope="module")
def asking(start_host: StartHost) -> Host:
    """Instances that answer with the time left; `slow` and `slow_too` fail after a while."""
    return start_host(
        server() + instance("minute", 'total = "60s"') + instance("endless", 'total = "none"')
        + instance("slow", 'total = "60s"', f"fail_after_ms = {WAIT_MS}")
        + instance("slow_too", 'total = "60s"', f"fail_after_ms = {WAIT_MS}")
        + route("minute", '"minute"') + route("endless", '"endless"')
        + route("second", '["slow", "minute"]') + route("third", '["slow", "slow_too", "minute"]'))


def time_left(host: Host, model: str, timeout: int | None = None) -> str:
    headers = {"x-bellwether-timeout": f"{timeout}ms"} if timeout else {}
    reply = host.chat(model, headers=headers)
    assert reply.status == 200, reply.body()
    return reply.json()["choices"][0]["message"]["content"]


def test_it_is_the_instances_limit(asking: Host) -> None:
    """Of each attempt anew; none where the config sets none."""
    assert time_left(asking, "minute") == "60000"
    assert time_left(asking, "second") == "60000"
    assert time_left(asking, "endless") == "none"


def test_the_request_may_allow_less_but_not_more(asking: Host) -> None:
    assert 10_000 < int(time_left(asking, "minute", 30_000)) <= 30_000
    assert 10_000 < int(time_left(asking, "endless", 30_000)) <= 30_000
    assert time_left(asking, "minute", 3_600_000) == "60000"


@pytest.mark.parametrize(("model", "waits"), [("second", 1), ("third", 2)])
def test_what_the_first_took_is_gone_for_the_next(asking: Host, model: str, waits: int) -> None:
    """One deadline for all attempts, and each is told what is left of it."""
    assert 10_000 < int(time_left(asking, model, 30_000)) <= 30_000 - waits * WAIT_MS
