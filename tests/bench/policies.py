"""`./bw bench policies`: what a key, budgets, limits and each ledger cost, beside none of it."""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import processes
from bench.chain import RULES, Host, new_key
from bench.processes import Upstream, load

ROUNDS = 3
WAIT_MS = 200  # of the upstream that thinks
WARM_UP = 0.7
SECONDS = 1.5
STREAMS = 100
TITLES = {"none": "no policies", "memory": "in memory", "sqlite": "SQLite",
          "sqlite_os": 'SQLite, `sync = "os"`', "redis": "Redis"}
COLUMNS = ("none", "sqlite", "sqlite_os", "redis")  # of the page


@contextlib.contextmanager
def redis_server(core: int) -> Iterator[str]:
    """The address of a Redis that keeps nothing on the disk."""
    port = processes.free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with subprocess.Popen(processes.pinned(core, *command), stdout=subprocess.DEVNULL) as server:
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()


def ledger_of(column: str, folder: Path, redis: str) -> str:
    return {"memory": 'url = "memory:"',
            "sqlite": f'url = "sqlite:{folder}/ledger.db"',
            "sqlite_os": f'url = "sqlite:{folder}/ledger-os.db"\nsync = "os"',
            "redis": f'url = "{redis}"'}[column]


# ---- what is measured ---------------------------------------------------------------------------

Figures = dict[str, dict[str, Any]]


def figures(host: Host, core: int, wait_ms: int) -> Figures:
    """Of an upstream whose first byte comes after so many milliseconds."""
    model = {"model": f"plain-1024-{wait_ms}"} if wait_ms else {}
    times = {"warm_up": WARM_UP, "seconds": SECONDS}

    def opened(rate: int) -> dict[str, Any]:
        connections = max(64, rate * wait_ms // 1000 * 3 // 2)
        return load("open", host, core, rate=rate, connections=connections, **times, **model)

    found = {"open_500": opened(500), "open_2000": opened(2000),
             "closed": load("closed", host, core, connections=1024 if wait_ms else 64,
                            body_bytes=1024, **times, **model)}
    chunks = {"model": f"stream-40-20-{wait_ms}"} if wait_ms else {}
    found["streams"] = load("streams", host, core, connections=STREAMS, rate=20, ramp=1, seconds=1,
                            **chunks)
    return found


def one_round(columns: list[str], entry: str, redis: str) -> dict[str, dict[str, Figures]]:
    host_core, load_core = processes.cores()
    found = {}
    with (tempfile.TemporaryDirectory(prefix="bench-") as folder, Upstream(load_core) as upstream):
        for column in columns:
            rules = ""
            if column != "none":
                rules = RULES.format(ledger=ledger_of(column, Path(folder), redis)) + entry
            with Host(Path(folder), upstream.port, host_core, rules, 1) as host:
                time.sleep(0.1)
                found[column] = {"at_once": figures(host, load_core, 0),
                                 "waits": figures(host, load_core, WAIT_MS)}
    return found


def measure(count: int, columns: list[str]) -> list[dict[str, dict[str, Figures]]]:
    """The rounds, in each of which the columns take turns."""
    if "redis" in columns and shutil.which("redis-server") is None:
        print("there is no redis-server here: its column is left out", file=sys.stderr)
        columns = [column for column in columns if column != "redis"]
    key, entry = new_key()
    before = os.environ.get("BENCH_CLIENT_KEY")
    os.environ["BENCH_CLIENT_KEY"] = key
    rounds = []
    try:
        with redis_server(processes.cores()[1]) if "redis" in columns else (
                contextlib.nullcontext("")) as redis:
            for number in range(1, count + 1):
                print(f"policies: round {number} of {count}", file=sys.stderr)
                rounds.append(one_round(columns, entry, redis))
    finally:
        os.environ.pop("BENCH_CLIENT_KEY")
        if before is not None:
            os.environ["BENCH_CLIENT_KEY"] = before
    return rounds


# ---- the table ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    title: str
    upstream: str
    figure: str
    path: str
    less: int = 0  # the upstream's own time is none of the gateway's
    decimals: int = 0

    def value(self, column: dict[str, Figures]) -> float:
        found: Any = column[self.upstream][self.figure]
        for key in self.path.split("/"):
            found = found[key]
        return found - self.less


def rows_of(upstream: str, full_speed: int, wait_us: int) -> list[Row]:
    cpu, p50, p99 = "cpu_us_per_request", "latency_us/p50", "latency_us/p99"
    return [
        Row("500/s: CPU per call, µs", upstream, "open_500", cpu),
        Row("500/s: p50, µs", upstream, "open_500", p50, wait_us),
        Row("500/s: p99, µs", upstream, "open_500", p99, wait_us),
        Row("2,000/s: CPU per call, µs", upstream, "open_2000", cpu),
        Row("2,000/s: p50, µs", upstream, "open_2000", p50, wait_us),
        Row("2,000/s: p99, µs", upstream, "open_2000", p99, wait_us),
        Row(f"full speed, {full_speed:,} connections: CPU per call, µs", upstream, "closed", cpu,
            decimals=1),
        Row("streams: first chunk p50, µs", upstream, "streams", "first_chunk_us/p50", wait_us),
        Row("streams: first chunk p99, µs", upstream, "streams", "first_chunk_us/p99", wait_us),
    ]


ROWS = rows_of("at_once", 64, 0) + rows_of("waits", 1024, WAIT_MS * 1000)


def table(rounds: list[dict[str, dict[str, Figures]]], upstream: str) -> str:
    """Medians; in brackets the median of the rounds' ratios to no policies."""
    columns = list(rounds[0])
    lines = ["| | " + " | ".join(TITLES[column] for column in columns) + " |",
             "|---|" + "--:|" * len(columns)]
    for row in (row for row in ROWS if row.upstream == upstream):
        cells = []
        for column in columns:
            values = [row.value(one[column]) for one in rounds]
            cell = f"{statistics.median(values):,.{row.decimals}f}"
            if column != "none" and "none" in columns:
                ratio = statistics.median(row.value(one[column]) / row.value(one["none"])
                                          for one in rounds)
                cell += f" ({ratio:.2f})"
            cells.append(cell)
        lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def section(rounds: list[dict[str, dict[str, Figures]]]) -> str:
    return (f"An upstream that answers at once, medians of {len(rounds)} rounds:\n\n"
            f"{table(rounds, 'at_once')}\n\n"
            f"One whose first byte comes after {WAIT_MS} ms, which are taken off the times:\n\n"
            f"{table(rounds, 'waits')}")


def failures(rounds: list[dict[str, dict[str, Figures]]]) -> int:
    return sum(figure.get("failures", 0) for one in rounds for column in one.values()
               for upstream in column.values() for figure in upstream.values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="./bw bench policies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round instead of three")
    parser.add_argument("--rounds", type=int, help="as many rounds")
    parser.add_argument("--columns", default=",".join(COLUMNS),
                        help="with commas between, of " + ", ".join(TITLES))
    given = parser.parse_args()
    processes.raise_descriptor_limit()
    rounds = measure(given.rounds or (1 if given.quick else ROUNDS), given.columns.split(","))
    print(section(rounds))
    print(f"\nfailed requests: {failures(rounds)}")
