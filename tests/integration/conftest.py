"""The simulated upstreams and the hosts that the tests share."""

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from integration.host import PLUGINS, SANITIZED, Host, milliseconds
from integration.numbered_upstream import NumberedUpstream
from integration.redis_server import Redis
from upstream.simulator import Simulator
from upstream.tls import Authority, create_authority

StartHost = Callable[..., Host]

NOT_SANITIZED = pytest.mark.skipif(
    SANITIZED, reason="a sanitizer needs system calls and memory of its own")

_started: list[Host] = []


def provider(name: str, upstream: Simulator, authority: Authority, **timeouts: int) -> str:
    """A provider's section: the plugin `holysheep`, the simulator, time-outs in milliseconds."""
    limits = {"connect": 2000, "first_byte": 500, "idle": 400, "total": 5000, "stream_total": 20000}
    written = ", ".join(f'{key} = "{milliseconds(count)}"'
                        for key, count in {**limits, **timeouts}.items())
    return f"""
[providers.{name}]
plugin = "holysheep"
base_url = "{upstream.base_url}"
api_key = "env:HOLYSHEEP_API_KEY"
ca_file = "{authority.ca_file}"
timeouts = {{ {written} }}
"""


def route(model: str, to: str) -> str:
    """A route; `to` is TOML."""
    return f'\n[[routes]]\nmodel = "{model}"\nto = {to}\n'


NO_REPETITIONS = "budget_percent = 0\nbudget_floor = 0"
NEVER_OUT = "failures = 0\nerror_percent = 0"


def server(workers: int = 2, retry: str = NO_REPETITIONS, health: str = NEVER_OUT,
           **members: str) -> str:
    """What every config begins with: members are TOML, added to [server]; `retry` and `health` are
    all of [retry] and [health]. If they say nothing else, each target is tried once and whatever
    became of other calls, so that a test sees what becomes of a try."""
    more = "\n".join(f"{key} = {text}" for key, text in members.items())
    return f"""plugin_path = ["{PLUGINS}"]
[server]
listen = "127.0.0.1:0"
workers = {workers}
hosts = ["x", "bellwether"]
{more}
[admin]
listen = "127.0.0.1:0"
[log]
format = "json"
[retry]
{retry}
[health]
{health}
"""


def standard_config(upstream: Simulator, authority: Authority) -> str:
    return (server() + provider("holysheep", upstream, authority)
            + '\n[providers.echo]\nplugin = "echo"\n'
            + route("qwen-*", '["holysheep"]') + route("echo", '["echo"]'))


@pytest.fixture(params=[False, pytest.param(True, marks=NOT_SANITIZED)],
                ids=["in-the-host", "isolated"])
def isolated(request: pytest.FixtureRequest) -> bool:
    """Whether the plugin of the test runs in a child process."""
    return bool(request.param)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return create_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def upstream(authority: Authority) -> Iterator[Simulator]:
    with Simulator(authority) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def second(authority: Authority) -> Iterator[Simulator]:
    """Another upstream, for what the first cannot serve."""
    with Simulator(authority) as simulator:
        yield simulator


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger, in a file unless a parameter says `memory`."""
    in_memory = getattr(request, "param", "file") == "memory"
    return "memory:" if in_memory else f"sqlite:{tmp_path / 'ledger.db'}"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with Redis(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host")


@pytest.fixture(scope="module")
def start_host(host_folder: Path) -> Iterator[StartHost]:
    """Starts hosts that live as long as the module; each must end well."""
    hosts: list[Host] = []

    def start(config: str, env: dict[str, str | None] | None = None, **more: Any) -> Host:
        host = Host(config, host_folder / str(len(hosts)), env, **more)
        hosts.append(host)
        _started.append(host)
        return host

    yield start
    failures = []
    for host in hosts:
        _started.remove(host)
        try:
            host.stop()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """The host with the standard config: `qwen-*` at the simulator, `echo` at the echo."""
    return start_host(standard_config(upstream, authority))


@pytest.fixture
def numbered() -> Iterator[NumberedUpstream]:
    with NumberedUpstream() as upstream:
        yield upstream


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """A failed test shows what the hosts of its module have logged last."""
    report = yield
    if report.failed:
        for host in _started:
            report.sections.append((f"log of {host.url}", host.log()[-3000:]))
    return report
