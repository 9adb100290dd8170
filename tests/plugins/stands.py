"""A vendor's simulator and a host before it, with the clients of that host."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai

from integration.conftest import route, server
from integration.host import Host, milliseconds
from plugins.reading import Read, Reader
from upstream.exchange import Scenario
from upstream.journal import Received
from upstream.tls import Authority
from upstream.vendors.content import Saying
from upstream.vendors.vendor import Fault, Refusal, Vendor

WRONG_SECRET = "not-the-vendors-secret-93"
CLIENT_KEY = "a-key-of-the-client-71"
SECOND = Saying(("the second ", "answers"))  # of the target behind one that fails


@dataclass
class Place:
    """Where a vendor is, and the lines of a provider that is let in there, and of one that is
    not."""

    vendor: Vendor
    right: str
    wrong: str
    env: dict[str, str]
    secrets: list[str]  # no log may have them
    others: list[Vendor] = field(default_factory=list)  # that give out tokens, or take files


@dataclass(frozen=True)
class Plugin:
    """What the table knows of a plugin, or of one of two ways to use it."""

    name: str  # of the column
    plugin: str
    start: Callable[[ExitStack, Authority, Path], Place]
    read: Reader
    faults: dict[str, Fault]
    blocks: Callable[[Any], Scenario] | None = None  # how its vendor turns a prompt away
    model: Callable[[str], str] = lambda asked: asked  # the name that the answer has
    key_status: int = 401  # with which a wrong credential is refused
    lists: int | None = None  # models; None: nothing lists those that can be called
    wait: int | None = None  # seconds that are to be waited after "rate"
    fetches_tokens: bool = False  # with its credential, which is refused where they are given out
    sees: str = ""  # how models are called that see images, if that is not as others are
    names_calls: bool = True  # calls have ids of the vendor's own
    tells_cached: bool = True
    tells_thinking: bool = True
    shows_thoughts: bool = True
    thinking: dict[str, Any] = field(default_factory=dict)  # what a client asks for it besides


class Stand:
    """Stands from `start()` until `stop()`."""

    def __init__(self, plugin: Plugin, authority: Authority, folder: Path,
                 runner: asyncio.Runner) -> None:
        self.plugin = plugin
        self.refused: list[tuple[Received, Fault]] = []  # what the vendor has not taken
        self._authority = authority
        self._folder = folder
        self._runner = runner
        self._open = ExitStack()

    def start(self) -> None:
        with ExitStack() as opened:
            self.place = self.plugin.start(opened, self._authority, self._folder)
            for vendor in (self.place.vendor, *self.place.others):
                self._watch(vendor)
            self.good = self.vendor.serve(self.vendor.says(SECOND))
            self.host = Host(self._config(), self._folder / "host", dict(self.place.env))
            url = f"{self.host.url}/v1"
            self.plain = opened.enter_context(
                openai.OpenAI(api_key=CLIENT_KEY, base_url=url, max_retries=0, timeout=20))
            self.waiting = openai.AsyncOpenAI(api_key=CLIENT_KEY, base_url=url, max_retries=0,
                                              timeout=20)
            self._open = opened.pop_all()

    def stop(self) -> None:
        try:
            self.run(self.waiting.close())
            self.host.stop()
        finally:
            self._open.close()

    @property
    def vendor(self) -> Vendor:
        return self.place.vendor

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def serve(self, scenarios: Iterable[Scenario], sees: bool = False) -> str:
        """The name of a model that plays them."""
        return self.vendor.serve(*scenarios, prefix=self.plugin.sees if sees else "")

    def read(self, request: Received) -> Read:
        return self.plugin.read(request.json)

    def _watch(self, vendor: Vendor) -> None:
        """Whatever the vendor's checks refuse is kept: what a script refuses was taken by them."""
        check = vendor.check

        def checked(request: Received) -> Scenario:
            try:
                return check(request)
            except Refusal as refusal:
                self.refused.append((request, refusal.fault))
                raise

        vendor.check = checked  # type: ignore[method-assign]

    def _config(self) -> str:
        """`wrong/NAME` goes where the credential is refused, `both/NAME` has another target behind
        the first, and any other name goes to the vendor."""
        name, place = self.plugin.name, self.place
        return "".join([
            server(workers=1).replace('format = "json"', 'format = "json"\nlevel = "debug"'),
            self.section(name, place.right), self.section("second", place.right),
            self.section("wrong", place.wrong), route("*", f'"{name}"'),
            route("wrong/*", '[{ provider = "wrong", strip_prefix = "wrong/" }]'),
            route("both/*", f'[{{ provider = "{name}", strip_prefix = "both/" }}, '
                            f'{{ provider = "second", model = "{self.good}" }}]')])

    def section(self, name: str, lines: str) -> str:
        """A provider of this plugin's."""
        limits = {"connect": 5000, "first_byte": 10000, "idle": 10000, "total": 15000,
                  "stream_total": 20000}
        written = ", ".join(f'{key} = "{milliseconds(count)}"' for key, count in limits.items())
        return f"""
[providers.{name}]
plugin = "{self.plugin.plugin}"
ca_file = "{self._authority.ca_file}"
timeouts = {{ {written} }}
on_limit = "reject"
{lines}
"""
