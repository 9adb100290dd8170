"""A host with a provider for each bad plugin, and what it saw."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from integration.bad_plugins import build
from integration.bad_plugins.calls import CALLS
from integration.bad_plugins.row import Call
from integration.conftest import StartHost, route, server
from integration.host import Host, milliseconds, wait_for

CALLS_AT_ONCE = 8


@dataclass(frozen=True)
class Seen:
    """What became of one row's plugin."""

    status: int
    code: str | None
    message: str
    helped: int  # the status that came of two targets
    helped_by: str  # the provider that answered, of those
    made: int  # instances, after a third call


class Bench:
    """`seen` is there after run()."""

    def __init__(self, folder: Path, base_url: str, isolated: bool = False) -> None:
        self._folder, self._base_url, self._isolated = folder, base_url, isolated
        self.seen: dict[str, Seen | Exception] = {}
        self.log = ""

    def run(self, start_host: StartHost, rows: list[Call] = CALLS) -> None:
        """Three calls of each row: alone, before a good provider, and alone once more when a new instance could be made."""
        host = start_host(self._config(rows))
        with ThreadPoolExecutor(CALLS_AT_ONCE) as threads:
            self.seen = dict(zip([row.model for row in rows], threads.map(lambda row: self._meet(host, row), rows)))
        self.log = host.log()
        for row in rows:
            seen = self.seen[row.model]
            if isinstance(seen, Seen):
                self.seen[row.model] = replace(seen, made=self._made(host, row))

    def _made(self, host: Host, row: Call) -> int:
        """The log is written a moment later."""
        def count() -> int:
            return host.log().count(f'provider \\"{row.model}\\": made"')
        with suppress(AssertionError):  # the test sees how many there are
            wait_for(lambda: count() >= (2 if row.replaced else 1), f"the instances of {row.model}", 1)
        return count()

    def _meet(self, host: Host, row: Call) -> Seen | Exception:
        try:
            return self._calls(host, row)
        except Exception as problem:  # of this row alone
            return problem

    def _calls(self, host: Host, row: Call) -> Seen:
        helped = host.chat(f"{row.model}-helped", stream=row.stream)
        helped.body()
        first = answer(host, row)

        def anew() -> bool:
            return "is restarting" not in answer(host, row)[2]
        wait_for(anew, f"another answer of {row.model}")
        return Seen(*first, helped.status, helped.headers.get("x-bellwether-provider", ""), 0)

    def _config(self, rows: list[Call]) -> str:
        sections = [server(1), "\n[providers.echo]\n"]
        for row in rows:
            sections += [self._provider(row, row.model), self._provider(row, f"{row.model}-first"),
                         route(row.model, f'"{row.model}"'), route(f"{row.model}-helped", json.dumps([f"{row.model}-first", "echo"]))]
        return "".join(sections)

    def _provider(self, row: Call, name: str) -> str:
        options = "".join(f"{key} = {json.dumps(value)}\n" for key, value in row.options.items())
        options += "isolate = true\n" if self._isolated else ""
        idle, total = ("700ms", "2s") if row.hasty else (milliseconds(10_000),) * 2
        times = f'first_byte = "{idle}", idle = "{idle}", total = "{total}", stream_total = "{total}"'
        return (f'\n[providers."{name}"]\nplugin = "{build.file_of(self._folder, row.plugin)}"\nbase_url = "{self._base_url}"\n'
                f'how = "{row.how}"\n{options}timeouts = {{ {times} }}\n')


def answer(host: Host, row: Call) -> tuple[int, str | None, str]:
    reply = host.chat(row.model, stream=row.stream)
    if reply.status == 200:
        reply.body()
        return 200, None, ""
    error = reply.error()
    return reply.status, error["code"], error["message"].replace(row.model, "{p}")


def check_row(row: Call, seen: Seen | Exception) -> None:
    if isinstance(seen, Exception):
        raise seen
    helped_by = "echo" if row.status != 200 and row.goes_on else f"{row.model}-first"
    assert seen == Seen(row.status, row.code, row.words, 200, helped_by, 2 if row.replaced else 1)
