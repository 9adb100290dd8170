"""The same host and upstreams as in tests/integration, and clients of the official packages."""

from typing import Iterator

import openai
import pytest

from integration.conftest import (  # noqa: F401 (found by their names)
    authority, host, host_folder, pytest_runtest_makereport, start_host, upstream)
from integration.host import Host


@pytest.fixture(scope="module")
def client(host: Host) -> Iterator[openai.OpenAI]:  # noqa: F811
    """Without retries of its own, so that a test sees each answer of the host."""
    with openai.OpenAI(api_key="client-key", base_url=f"{host.url}/v1", max_retries=0) as made:
        yield made
