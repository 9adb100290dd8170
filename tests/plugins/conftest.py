"""One host and one simulated vendor for each plugin, for all tests."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.conftest import authority  # noqa: F401 (found by its name)
from plugins.columns import PLUGINS
from plugins.stands import Stand
from upstream.tls import Authority

StandOf = Callable[[str], Stand]


@pytest.fixture(scope="session")
def stand_of(authority: Authority,  # noqa: F811
             tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandOf]:
    """Starts each when it is first asked for; all have to end well."""
    stands: dict[str, Stand] = {}
    broken: dict[str, Exception] = {}

    def stand(name: str) -> Stand:
        if name in broken:
            raise broken[name]
        if name not in stands:
            (plugin,) = [plugin for plugin in PLUGINS if plugin.name == name]
            made = Stand(plugin, authority, Path(tmp_path_factory.mktemp(name)), runner)
            try:
                made.start()
            except Exception as failure:  # is that of all its tests, and takes its time once
                broken[name] = failure
                raise
            stands[name] = made
        return stands[name]

    with asyncio.Runner() as runner:
        yield stand
        for made in stands.values():
            made.stop()
