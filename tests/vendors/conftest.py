"""The simulated providers, one of each for all tests."""

from collections.abc import Iterator

import pytest

from upstream.tls import Authority, create_authority
from vendors.client import Client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return create_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def client(authority: Authority) -> Iterator[Client]:
    yield Client(authority)
