"""`./bw bench chain`: what keys, budgets, limits and a SQLite ledger cost a request, beside none."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from bench import configs, processes
from bench.processes import BINARIES, Gateway, Upstream

ROUNDS = 5
SECONDS = 3.0
FUTEX = "202"  # the system call of a thread that waits for a lock

# Nothing of this ever refuses: what is measured is counting. Five counters are held for each call.
RULES = """
[ledger]
{ledger}

[[prices]]
provider = "bench"
model    = "*"
input    = "1 USD"
output   = "2 USD"

[[budgets]]
name  = "everyone"
limit = "100000 Gtok"
per   = "month"

[[budgets]]
name  = "each-key"
limit = "100000 Gtok"
per   = "day"
each  = "key"

[[budgets]]
name  = "money"
limit = "1000000 USD"
per   = "day"

[[limits]]
each     = "key"
requests = "1G/s"
tokens   = "1000G/s"
"""


@dataclass
class Cost:
    """Of one host under load."""

    worker_us: float  # CPU time of the worker's thread for each request
    process_us: float  # of all threads
    lock_share: float  # of the time, in which a worker waited for a lock


def new_key() -> tuple[str, str]:
    """A client key, and its entry in the config."""
    done = subprocess.run([BINARIES / "bellwether", "key", "new", "bench", "--json"], check=True,
                          capture_output=True, text=True)
    told = json.loads(done.stdout)
    return told["key"], told["toml"]


class Host(Gateway):
    """With the whole chain, or with none of it."""

    def __init__(self, folder: Path, upstream_port: int, core: int, rules: str,
                 workers: int) -> None:
        super().__init__("bellwether", folder, upstream_port, core)
        self.rules = rules
        self.workers = workers

    def command(self) -> list[str]:
        path = self.folder / "chain.toml"
        path.write_text(configs.bellwether_text(self.port, self.upstream_port, self.workers)
                        + self.rules)
        return configs.serve(path)


def cpu_ns(pid: int) -> dict[int, int]:
    """CPU time of each thread."""
    return {int(task.name): int((task / "schedstat").read_text().split()[0])
            for task in Path(f"/proc/{pid}/task").iterdir()}


class LockWatch:
    """Looks again and again at what the threads of a process are doing."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen: dict[int, list[bool]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(0.002):
            for task in Path(f"/proc/{self._pid}/task").iterdir():
                call = (task / "syscall").read_text().split()[0]
                self._seen.setdefault(int(task.name), []).append(call == FUTEX)

    def __enter__(self) -> "LockWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def share(self, threads: list[int]) -> float:
        looks = [look for thread in threads for look in self._seen.get(thread, [])]
        return sum(looks) / max(len(looks), 1)


def measure(host: Host, core: int, seconds: float) -> Cost:
    def run(for_seconds: float, **more: int) -> int:
        return processes.load("closed", host, core, connections=64, body_bytes=1024,
                              seconds=for_seconds, **more)["answered"]

    with host:
        run(1)
        pid = host.process.pid
        before = cpu_ns(pid)
        answered = run(seconds, **{"warm-up": 0})
        used = {thread: ns - before.get(thread, 0) for thread, ns in cpu_ns(pid).items()}
        busiest = sorted(used, key=used.__getitem__)[-host.workers:]
        with LockWatch(pid) as watch:  # by itself, for being watched costs time
            run(1)
    return Cost(sum(used[thread] for thread in busiest) / answered / 1000,
                sum(used.values()) / answered / 1000, watch.share(busiest))


def show(workers: int, pairs: list[tuple[Cost, Cost]]) -> None:
    def median(values: list[float]) -> float:
        return statistics.median(values)

    print(f"\n{workers} worker{'s' if workers > 1 else ''}, medians of {len(pairs)} rounds\n\n"
          "| | none | the whole chain | more |\n|---|--:|--:|--:|")
    for what, get in (("CPU of the worker, µs a request", lambda cost: cost.worker_us),
                      ("CPU of the process, µs a request", lambda cost: cost.process_us)):
        print(f"| {what} | {median([get(none) for none, _ in pairs]):.1f} "
              f"| {median([get(chain) for _, chain in pairs]):.1f} "
              f"| {median([get(chain) - get(none) for none, chain in pairs]):+.1f} |")
    print(f"| a worker waits for a lock | {median([none.lock_share for none, _ in pairs]):.1%} "
          f"| {median([chain.lock_share for _, chain in pairs]):.1%} | |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./bw bench chain", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    host_core, load_core = processes.cores()
    key, entry = new_key()
    os.environ["BENCH_CLIENT_KEY"] = key
    for workers in (1, 2):
        pairs = []
        for _ in range(given.rounds):
            with (tempfile.TemporaryDirectory(prefix="bench-") as folder,
                  Upstream(load_core) as upstream):
                rules = RULES.format(ledger=f'url = "sqlite:{folder}/ledger.db"') + entry
                both = [Host(Path(folder), upstream.port, host_core, text, workers)
                        for text in ("", rules)]
                pairs.append(tuple(measure(host, load_core, given.seconds) for host in both))
        show(workers, pairs)
