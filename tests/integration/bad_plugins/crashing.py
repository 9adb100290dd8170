"""Plugins that end the whole process, and what its last words are."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from integration.bad_plugins import build
from integration.bad_plugins.row import SIGNALS, LastWords
from integration.conftest import route, server
from integration.host import SLOWNESS, Host, run_cli
from integration.http_client import Truncated

LIVES = ("load", "service_open", "create", "destroy", "service_close")  # seen by `check`, which calls nobody
CALLS = ("call_open", "call_data", "step", "call_close")
HOSTS_AT_ONCE = 4


def crash(where: str, what: str, **members: object) -> LastWords:
    return LastWords(where, what, -SIGNALS[what], **members)


ROWS = [
    *(crash(where, what) for where in (*LIVES, *CALLS) for what in ("segv", "abort", "stack")),
    *(crash("call_open", what) for what in ("divide", "trap", "raise", "breakpoint")),
    crash("call_open", "throw"),
    crash("call_open", "throw across a cast"),
    *(LastWords(where, "exit", 70) for where in ("load", "service_open", "create", *CALLS)),
    LastWords("call_open", "quick_exit", 70),
    crash("a thread", "segv"),
    crash("a thread", "abort"),
    LastWords("a thread", "exit", 70),
    crash("a thread", "stack", silent=True),
]


def expected(row: LastWords, file: Path) -> str:
    """The line on standard error."""
    ended = {"exit": "exit(0)", "quick_exit": "quick_exit()"}.get(row.what) or SIGNALS[row.what].name
    if row.where == "load":
        return f"bellwether: {ended} in the plugin {file}, in what runs when it is loaded\n"
    if row.where == "a thread":
        return f"bellwether: {ended} in the plugin {file} 6.6.6, in a thread of its own\n"
    return f'bellwether: {ended} in the plugin {file} 6.6.6 of provider "p", in {row.where}\n'


@dataclass(frozen=True)
class Ended:
    """How a process ended. `code` is None: it had to be killed."""

    code: int | None
    said: str


class Morgue:
    """`ended` is there after run()."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder, self._base_url = folder, base_url
        self.ended: dict[str, Ended] = {}

    def run(self, rows: list[LastWords] = ROWS) -> None:
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as threads:
            self.ended = dict(zip([row.name for row in rows], threads.map(self._end, rows)))

    def file_of(self, row: LastWords) -> Path:
        library = "crashes"
        if row.what.startswith("throw"):
            library = f"throws:BAD_NOEXCEPT={int(row.what == 'throw')}"
        return build.file_of(self._folder, library)

    def _end(self, row: LastWords) -> Ended:
        folder = self._folder / row.name
        folder.mkdir(exist_ok=True)
        return self._check(row, folder) if row.where in LIVES else self._serve(row, folder)

    def _config(self, row: LastWords) -> str:
        how = {"load": "create"}.get(row.where, row.where)
        what = "nothing" if row.where == "load" else row.what
        return (f'[providers.p]\nplugin = "{self.file_of(row)}"\nbase_url = "{self._base_url}"\nhow = {json.dumps(how)}\n'
                f'what = "{what}"\n' + route("m", '"p"'))

    def _check(self, row: LastWords, folder: Path) -> Ended:
        file = folder / "bellwether.toml"
        file.write_text(self._config(row))
        done = run_cli("check", "--config", file, env={"BAD_CONSTRUCTOR": row.what if row.where == "load" else None})
        return Ended(done.returncode, done.stderr)

    def _serve(self, row: LastWords, folder: Path) -> Ended:
        host = Host(server(1) + self._config(row), folder)
        try:
            connection = host.connect()
            connection.socket.settimeout(4 * SLOWNESS)
            connection.chat("m")
            code = host.process.wait(4 * SLOWNESS)
        except (Truncated, OSError):
            code = _code_of(host)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            host.process.kill()
            host.process.stdout.close()
        return Ended(code, host.log())


def _code_of(host: Host) -> int | None:
    try:
        return host.process.wait(4 * SLOWNESS)
    except subprocess.TimeoutExpired:
        return None
