"""Writes docs/bad-plugins.md."""

import json

from integration.bad_plugins import calls, crashing, refused
from integration.bad_plugins.row import SIGNALS, Call, LastWords, Refused
from integration.host import ROOT

PAGE = ROOT / "docs/bad-plugins.md"
ROWS = [*refused.TABLES, *refused.MANIFESTS, *refused.DOUBTS, *refused.BIRTHS, *calls.CALLS, *crashing.ROWS]

HEAD = f"""# What the host does with a bad plugin

Each of these {len(ROWS)} plugins breaks a rule of [`provider.h`](../sdk/include/bellwether/provider.h), and was loaded by a host: the page is
made from `tests/integration/bad_plugins`, and `tests/integration/test_bad_plugins.py` holds both the host and the page to it.
`cd tests && python -m integration.bad_plugins` writes it anew. There are three outcomes: the plugin is
[refused](#refused) before the host listens; [the call fails](#the-call-fails), and the route's next target is tried while nothing has
reached the client; or the process ends, and its [last words](#last-words) name the plugin.
With `isolate = true` the process is the plugin's own, and its end is a call that fails ([isolation.md](isolation.md));
`tests/integration/test_isolation.py` holds the host to these tables there, too.
"""

LOADED = """## Refused

`bellwether plugin inspect FILE` ends with 1 and says `error: FILE:` and these words; `check` and `serve` end with 2, and name the place
in the config.
"""
BORN = """### Its service or its instance is not born

`check` and `serve` make an instance of each provider, and end with 2: `error: provider "p" refuses its configuration:` and these words.
"""
FAILS = """## The call fails

A client gets this status and this code if the provider stands alone. *next*: a route with a second target answers with that. *new*: the
instance gets no more calls, and a new one is made, at most once a second; *kept*: it was no fault of the plugin's, or none that lasts.
"""
LAST = """## Last words

A crash ends the process by its signal, for the service manager and for a core dump, and one line goes to standard error. What runs
on a thread that the plugin made cannot be said of a stack that overflows: such a thread has no other stack for the handler; `_exit` runs no handler at all.
"""


def text() -> str:
    return "\n".join([
        HEAD, LOADED, _refused("The table", refused.TABLES), _refused("The manifest", refused.MANIFESTS),
        _refused("Loaded, with a doubt that is told", refused.DOUBTS), BORN + "\n" + _lines(refused.BIRTHS), FAILS,
        *(_calls(title, rows) for title, rows in calls.TABLES.items()), LAST, _crashes()])


def _table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join([*(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines), ""])


def _lines(rows: list[Refused]) -> str:
    return _table(["The plugin …", "The host says"], [[row.does, row.words] for row in rows])


def _refused(title: str, rows: list[Refused]) -> str:
    return f"### {title}\n\n{_lines(rows)}"


def _calls(title: str, rows: list[Call]) -> str:
    return f"### {title}\n\n" + _table(["The plugin …", "noticed", "alone", "next", "instance", "The host says"],
                                      [_call(row) for row in rows])


def _call(row: Call) -> list[str]:
    alone = "200, its answer" if row.status == 200 else f"{row.status} `{row.code}`"
    words = row.words if len(row.words) < 1000 else f"{row.words[:20]}… ({len(row.words)} bytes)"
    if any(ord(letter) < 0x20 for letter in words):
        words = json.dumps(words)
    return [row.does, row.noticed or "–", alone, "–" if row.status == 200 else "yes" if row.goes_on else "no",
            "new" if row.replaced else "kept", words.replace("{p}", "p") or "–"]


def _crashes() -> str:
    return _table(["where", "how", "it ends by", "standard error says"], [_crash(row) for row in crashing.ROWS])


def _crash(row: LastWords) -> list[str]:
    ends = f"exit code {row.ends}" if row.ends > 0 else SIGNALS[row.what].name
    said = "nothing" if row.silent else f"`{crashing.expected(row, 'FILE').strip()}`"
    return [row.where, row.what, ends, said]
