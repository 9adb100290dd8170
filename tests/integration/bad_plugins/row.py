"""A row: what a bad plugin does, and what comes of it."""

import signal
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refused:
    """A plugin that is not loaded."""

    name: str
    does: str
    words: str  # of the host, behind the file's name
    environment: dict[str, str] = field(default_factory=dict)  # for plugins/tables.c
    library: str = "tables"


@dataclass(frozen=True)
class Call:
    """A plugin that is loaded, and spoils a call."""

    plugin: str  # its source
    how: str  # the option that chooses what it does
    does: str
    noticed: str  # when
    words: str  # the error's message; {p} stands for the provider's name; empty: there is none
    status: int = 502
    code: str | None = "plugin_error"
    goes_on: bool = True  # to the next target
    replaced: bool = True  # the instance
    stream: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    hasty: bool = False  # the host waits for it with short time-outs

    @property
    def model(self) -> str:
        """Also the provider's name, and the row's."""
        return self.name or f"{self.plugin.split(':')[0]}-{self.how}"


@dataclass(frozen=True)
class LastWords:
    """A plugin that ends the process."""

    where: str
    what: str
    ends: int  # as a process's return code
    silent: bool = False  # nothing can be said: no handler could run

    @property
    def name(self) -> str:
        return f"{self.where}-{self.what}".replace(" ", "-")


SIGNALS = {"segv": signal.SIGSEGV, "stack": signal.SIGSEGV, "abort": signal.SIGABRT, "throw": signal.SIGABRT,
           "throw across a cast": signal.SIGABRT,
           "divide": signal.SIGFPE, "trap": signal.SIGILL, "raise": signal.SIGTRAP, "breakpoint": signal.SIGTRAP}
