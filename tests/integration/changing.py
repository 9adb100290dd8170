"""What an operator does all the time: other configs, other files of a plugin, and looks at the
pages in between."""

import itertools
import json
import shutil
import time
from collections import Counter
from pathlib import Path

from integration.client_keys import new_key
from integration.conftest import route, server
from integration.counting import budget
from integration.host import PLUGINS, Host
from integration.http_client import Connection
from integration.load import Meanwhile
from integration.numbered_upstream import NumberedUpstream
from integration.reloading import replace_file

RELOAD_EVERY_SECONDS, PLUGIN_EVERY_SECONDS = 0.1, 1.0
PAGES = ["/metrics", "/admin/config", "/admin/routes", "/admin/budgets", "/admin/usage",
         "/admin/models", "/admin/plugins"]  # that an operator looks at meanwhile


class Variants:
    """Configs that all serve `load` and count it by the budget `everyone`, whatever else they add,
    change or leave out. `base` and `more` are in each of them."""

    def __init__(self, upstream: NumberedUpstream, folder: Path,
                 base: str = server(workers=2, retry="", health=""), more: str = "") -> None:
        self._upstream = upstream
        self._base, self._more = base, more
        self.plugin = Path(shutil.copy(PLUGINS / "openai.so", folder / "openai-ours.so"))
        self._bytes = self.plugin.read_bytes()
        self._ledger = folder / "ledger.db"
        self.key = new_key("ann")
        self._other = new_key("bob")
        self._turns = itertools.count()
        self.plugins = 1  # different ones, each of which stays loaded (docs/abi.md, BW-14)

    def next(self) -> str:
        turn = next(self._turns)
        return [self._config, self._with_a_key_and_a_route, self._with_rules,
                self._with_another_main, self._with_a_spare][turn % 5]()

    def replace_plugin(self) -> None:
        """With one that does the same and is another file."""
        self.plugins += 1
        replace_file(self.plugin, self._bytes + b"%d" % self.plugins)

    def swap_plugin(self, turn: int) -> None:
        """With one of two that are both known soon."""
        self.plugins = 2
        replace_file(self.plugin, self._bytes + (b"other" if turn % 2 else b""))

    def _provider(self, name: str, more: str = "") -> str:
        return f"""
[providers.{name}]
plugin = "{self.plugin}"
base_url = "{self._upstream.base_url}"
api_key = "env:HOLYSHEEP_API_KEY"
{more}
"""

    def _config(self, main: str = "", to: str = '["main"]', members: str = "") -> str:
        return (self._base.replace("[log]", "[log]\naccess = false")
                .replace("[admin]", members + "\n[admin]")
                + self._provider("main", main) + route("load", to) + self.key.toml
                + budget(10**12, each='"key"')
                + f'\n[ledger]\nurl = "sqlite:{self._ledger}"\nsync = "os"\n' + self._more)

    def _with_a_key_and_a_route(self) -> str:
        return (self._config() + self._other.toml + '\n[providers.echo]\nplugin = "echo"\n'
                + route("echo", '"echo"'))

    def _with_rules(self) -> str:
        return (self._config(members='drain = "9s"') + budget(10**12, "another", "hour")
                + '\n[[limits]]\nname = "wide"\nrequests = "100000/s"\nconcurrent = 100000\n'
                + '\n[[prices]]\nprovider = "main"\nmodel = "load"\ninput = "1 USD"\n'
                + 'output = "2 USD"\n')

    def _with_another_main(self) -> str:
        return self._config('timeouts = { idle = "50s" }')

    def _with_a_spare(self) -> str:
        return (self._config(to='["spare", "main"]', members='heartbeat = "20s"')
                + self._provider("spare"))


class Reloads(Meanwhile):
    """Reloads at a pace of its own; each must be accepted, and what an operator asks in between be
    answered."""

    def __init__(self, host: Host, variants: Variants) -> None:
        super().__init__()
        self.outcomes: Counter[str] = Counter()
        self._host = host
        self._variants = variants
        self.faults: list[str] = []
        self._pages = itertools.cycle(PAGES)

    def work(self) -> None:
        connection = Connection(int(self._host.admin_url.rsplit(":", 1)[1]))
        plugin_due = time.monotonic() + PLUGIN_EVERY_SECONDS
        with connection:
            while not self.over.wait(RELOAD_EVERY_SECONDS):
                if time.monotonic() >= plugin_due:
                    self._variants.replace_plugin()
                    plugin_due += PLUGIN_EVERY_SECONDS
                self._host.config.write_text(self._variants.next())
                told = connection.post("/admin/reload", {}).json()
                self.outcomes[told["outcome"]] += 1
                if told["outcome"] != "applied":
                    self.faults.append(json.dumps(told)[:2000])
                page = connection.send("GET", next(self._pages))
                if page.status != 200 or not page.body():
                    self.faults.append(f"a page has status {page.status}")
