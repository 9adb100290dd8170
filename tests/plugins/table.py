"""Scenarios by plugins: which cells differ and why, and docs/plugins.md, which is made of it.
`cd tests && python -m plugins.table` writes the page anew."""

from collections.abc import Callable
from dataclasses import dataclass

from integration.host import ROOT
from plugins.columns import PLUGINS
from plugins.rows import ROWS, Answered, Expected, Refused, Row
from plugins.stands import Plugin, Stand
from upstream.vendors import content
from upstream.vendors.content import Saying

PAGE = ROOT / "docs/plugins.md"


@dataclass(frozen=True)
class Differs:
    """A cell that is not as the others of its row, and why. Without `expects` there is nothing that
    could be asked for: the vendor has no such thing."""

    why: str
    expects: Callable[[Stand], Expected] | None = None


def _refused(why: str) -> Differs:
    return Differs(why, lambda stand: Refused())


def _stops(why: str, words: tuple[str, ...] = content.FILTERED.words) -> Differs:
    return Differs(why, lambda stand: Answered(Saying(words)))


NO_URLS = "refused by the host (400 `unsupported`): the vendor fetches no images"
NO_BLOCKING = "the vendor turns no prompt away: its model declines in words, or ends its answer"
NO_CREDIT = "the vendor has no such error"
ONE_ANSWER = "refused by the host (400 `unsupported`): the vendor gives one answer"
NO_FORCE = "refused by the host (400 `unsupported`): the vendor's models choose for themselves"
COUNT_ONLY = "the vendor tells how many tokens they took, and nothing else of them"
UNCOUNTED = "the thoughts are there, but the vendor does not count them apart"

DIFFERS: dict[tuple[str, str], Differs] = {
    **{("image by URL", name): _refused(NO_URLS) for name in ("bedrock", "ollama")},
    **{("two answers", name): _refused(ONE_ANSWER) for name in ("anthropic", "bedrock", "ollama")},
    **{("tool choice", name): _refused(NO_FORCE) for name in ("ollama", "dashscope")},
    ("named tool", "ollama"): _refused(NO_FORCE),
    **{("blocked prompt", name): Differs(NO_BLOCKING)
       for name in ("anthropic", "bedrock", "ollama")},
    **{("credit", name): Differs(NO_CREDIT)
       for name in ("bedrock", "azure", "azure-entra", "gemini", "vertex", "ollama")},
    **{(row, name): _stops("the vendor has no word for it: `stop`")
       for row in ("filtered", "streamed filtered") for name in ("ollama", "dashscope")},
}

# Cells that are as the others, but for something that the vendor does not tell.
REMARKS: dict[tuple[str, str], str] = {
    **{(row, "ollama"): "the vendor does not tell of its cache"
       for row in ("cached", "streamed cached")},
    **{(row, name): COUNT_ONLY for row in ("thinking", "streamed thinking")
       for name in ("openai", "azure", "azure-entra")},
    **{(row, name): UNCOUNTED for row in ("thinking", "streamed thinking")
       for name in ("bedrock", "ollama")},
    ("key", "bedrock"): "with the vendor's status 403, so `PermissionDeniedError`",
    **{("rate", name): "the vendor says nothing of when: the host's own wait"
       for name in ("bedrock", "vertex", "ollama", "dashscope")},
}


# What is tested in other ways than a cell, of all plugins.
APART = ("what came of tool calls, sent back by their ids",
         "a client that leaves: the vendor's connection is closed, and the host serves on",
         "limits that the vendor tells: nothing is held back while something is left",
         "no credential in the log, the client's not with the vendor")
LISTS = "`check --live` asks for the models"
NO_LIST = "the vendor has no list of what this credential can call; `check --live` leaves it out"


@dataclass(frozen=True)
class Cell:
    row: Row
    plugin: Plugin

    @property
    def name(self) -> str:
        return f"{self.row.name}-{self.plugin.name}"

    @property
    def differs(self) -> Differs | None:
        return DIFFERS.get((self.row.name, self.plugin.name))

    @property
    def remark(self) -> str:
        """Why it is not as the others, or all that is not."""
        return self.differs.why if self.differs else REMARKS.get((self.row.name, self.plugin.name),
                                                                 "")

    @property
    def is_there(self) -> bool:
        return self.differs is None or self.differs.expects is not None

    def expected(self, stand: Stand) -> Expected:
        if self.differs and self.differs.expects:
            return self.differs.expects(stand)
        return self.row.expects(stand)


CELLS = [Cell(row, plugin) for plugin in PLUGINS for row in ROWS]

HEAD = """# What each plugin does

What a client of the official OpenAI package sees is the same whichever plugin answers: roles, finish reasons, tool calls with their ids
and JSON, usage, and the package's own exceptions ([errors.md](errors.md)). This page says where a vendor has not all of it. Each cell is
a test: the package's client and its asynchronous one, whole and streamed, with its `.stream()` and `.parse()` helpers, against a
simulator that refuses what the vendor refuses. The page is made from `tests/plugins/table.py`, and `tests/plugins/test_table.py` holds
both the host and the page to it. `cd tests && python -m plugins.table` writes it anew.

**yes**: as OpenAI's own API does it. **yes** with a number, and **no**: see the remark of that number below the table. `azure-entra` is the
plugin `azure` with a client of Entra ID in place of a key.
"""

TAIL = """What one plugin alone does has tests of its own beside these: images that `gemini` uploads because they are too large for a request, and
the signatures of its third generation's tool calls, which come back with clients that know nothing of them; the images that `dashscope`
makes in tasks, behind `/v1/images/generations`.
"""


class Remarks:
    """Numbered in the order in which the page comes to them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, word: str, why: str) -> str:
        if not why:
            return word
        return f"{word} ({self._numbers.setdefault(why, len(self._numbers) + 1)})"

    def lines(self) -> list[str]:
        return [f"{number}. {why[0].upper()}{why[1:]}." for why, number in self._numbers.items()]


def text() -> str:
    remarks = Remarks()
    rows = [["", *(f"`{plugin.name}`" for plugin in PLUGINS)], ["---"] * (1 + len(PLUGINS)),
            *([row.says, *(_mark(Cell(row, plugin), remarks) for plugin in PLUGINS)]
              for row in ROWS),
            *([said, *("yes" for _ in PLUGINS)] for said in APART),
            [LISTS, *(remarks.mark("no", NO_LIST) if plugin.lists is None else "yes"
                      for plugin in PLUGINS)]]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([HEAD, *lines, "", *remarks.lines(), "", TAIL])


def _mark(cell: Cell, remarks: Remarks) -> str:
    return remarks.mark("no" if cell.differs else "yes", cell.remark)


if __name__ == "__main__":
    PAGE.write_text(text())
