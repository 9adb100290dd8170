"""Isolated plugins that die in every way: killed, by a fault, in an endless loop, of memory, by
themselves."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from integration.bad_plugins import build
from integration.conftest import route
from integration.host import PLUGINS, Host
from integration.load import Meanwhile
from integration.numbered_upstream import NumberedUpstream

# With each call, until it is left alone: an endless loop, memory without end, an end by itself.
BY_THEMSELVES = {"hangs": "hang", "eats": "memory", "leaves": "exit"}
BUDGETS = {"hangs": "300ms", "eats": "3s", "leaves": "3s"}  # a busy machine is slow to fill memory
KILLED = {"killed": signal.SIGKILL, "faulty": signal.SIGSEGV}


def config(folder: Path, upstream: NumberedUpstream, base_url: str) -> str:
    """Five such providers, which the route `dying` has before `main`."""
    build.compile_library(folder, "hostile")
    hostile = build.file_of(folder, "hostile")
    return ("".join(_section(how, hostile, base_url, how=how, isolate_memory="64MiB",
                             callback_budget=BUDGETS[how]) for how in BY_THEMSELVES)
            + "".join(_section(name, PLUGINS / "openai.so", upstream.base_url,
                               api_key="env:HOLYSHEEP_API_KEY") for name in KILLED)
            + route("dying", str([*BY_THEMSELVES, *KILLED, "main"]).replace("'", '"')))


def _section(name: str, plugin: Path, base_url: str, **members: Any) -> str:
    lines = "".join(f'{key} = "{value}"\n' for key, value in members.items())
    return (f'\n[providers.{name}]\nplugin = "{plugin}"\nbase_url = "{base_url}"\n'
            f'isolate = true\n{lines}')


def _isolated(host: Host) -> dict[str, dict[str, Any]]:
    """The only process of each."""
    shown = host.admin("GET", "/admin/plugins").json()["plugins"]
    return {one["provider"]: one["isolated"][0] for one in shown if one.get("isolated")}


class Killer(Meanwhile):
    """Sends the processes that do not die by themselves their signals, again and again."""

    def __init__(self, host: Host, every_seconds: float) -> None:
        super().__init__()
        self._host = host
        self._kills: Counter[str] = Counter()
        self._every_seconds = every_seconds

    def work(self) -> None:
        while not self.over.wait(self._every_seconds):
            for provider, shown in _isolated(self._host).items():
                if provider in KILLED and shown["process"]:
                    os.kill(shown["process"], KILLED[provider])
                    self._kills[provider] += 1

    def must_have_killed(self) -> None:
        """All have died again and again, each for its reason."""
        ends = {provider: Counter(shown["ends"]) for provider, shown in _isolated(self._host).items()}
        for how, reason in BY_THEMSELVES.items():
            assert ends[how][reason] >= 2, ends
        for provider in KILLED:
            assert min(self._kills[provider], ends[provider]["signal"]) >= 2, (self._kills, ends)
