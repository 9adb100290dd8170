"""The same host and upstreams as in tests/integration, and clients of the official packages."""

from typing import Iterator

import openai
import pytest

from integration.conftest import (  # noqa: F401 (found by their names)
    StartHost, authority, host, host_folder, provider, pytest_runtest_makereport, route, second,
    server, start_host, upstream)
from integration.host import Host, milliseconds
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def client(host: Host) -> Iterator[openai.OpenAI]:  # noqa: F811
    """Without retries of its own, so that a test sees each answer of the host."""
    with openai.OpenAI(api_key="client-key", base_url=f"{host.url}/v1", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def beating(start_host: StartHost, upstream: Simulator,  # noqa: F811
            authority: Authority) -> Host:  # noqa: F811
    """A host that comments on each silence of 100 ms in a stream."""
    return start_host(
        server(heartbeat=f'"{milliseconds(100)}"')
        + provider("holysheep", upstream, authority, first_byte=4000, idle=4000)
        + '\n[providers.echo]\nplugin = "echo"\n'
        + route("qwen-*", '"holysheep"') + route("echo", '"echo"')
        + route("team/echo v1", '"echo"'))
