"""One host and one simulated vendor for each plugin, for all tests."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from integration.conftest import authority  # noqa: F401 (found by its name)
from plugins.columns import PLUGINS
from plugins.stands import Plugin, Stand
from upstream.tls import Authority

StandFor = Callable[[Plugin], Stand]
StandOf = Callable[[str], Stand]


@pytest.fixture(scope="session")
def stand_for(authority: Authority,  # noqa: F811
              tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandFor]:
    """Starts each when it is first asked for; all have to end well."""
    stands: dict[str, Stand] = {}
    broken: dict[str, str] = {}

    def stand(plugin: Plugin) -> Stand:
        name = plugin.name
        if name in broken:
            pytest.fail(f"{name} does not start: {broken[name]}", pytrace=False)
        if name not in stands:
            made = Stand(plugin, authority, tmp_path_factory.mktemp(name), runner)
            try:
                made.start()
            except Exception as failure:  # is that of all its tests, and takes its time once
                broken[name] = str(failure)
                raise
            stands[name] = made
        return stands[name]

    with asyncio.Runner() as runner:
        yield stand
        for made in stands.values():
            made.stop()


@pytest.fixture(scope="session")
def stand_of(stand_for: StandFor) -> StandOf:
    """By the name of a column."""
    by_name = {plugin.name: plugin for plugin in PLUGINS}
    return lambda name: stand_for(by_name[name])
