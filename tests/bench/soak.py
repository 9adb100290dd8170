"""`./bw bench soak`: mixed traffic for minutes; does the host grow?"""

import argparse
import datetime
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench import picture, processes
from bench.processes import BINARIES, ROOT, Gateway, Upstream

# What is run side by side, again and again, each for a few seconds: some end well, some hang up on
# streams in the middle, some never read, some fail at the provider.
TRAFFIC: list[list[tuple[str, dict[str, object]]]] = [
    [("closed", {"connections": 16, "body_bytes": 1024, "seconds": 3}),
     ("closed", {"connections": 4, "body_bytes": 262144, "seconds": 2}),
     ("open", {"rate": 200, "seconds": 3})],
    [("streams", {"connections": 100, "rate": 20, "seconds": 3})],
    [("slow", {"connections": 50, "model": "flood-4096", "seconds": 4}),
     ("slow", {"connections": 50, "model": "flood-4096", "read-bytes": 4096, "seconds": 4}),
     ("slow", {"connections": 50, "model": "endless-20", "read-bytes": 4096, "seconds": 2})],
    [("closed", {"connections": 4, "model": "error-500", "seconds": 1}),
     ("closed", {"connections": 4, "model": "error-429", "seconds": 1}),
     ("closed", {"connections": 8, "model": "cut-5-100", "seconds": 2}),
     ("closed", {"connections": 4, "model": "nothing-of-that-name", "seconds": 1})],
]
WARM_SHARE = 0.3  # of the time, before growth counts
GROWTH_SHARE_MAX = 0.1  # of the memory there is, over the rest of the time


@dataclass
class Sample:
    second: float
    resident_mib: float
    descriptors: int
    threads: int


def look(pid: int, began: float) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text()
    threads = next(line for line in status.splitlines() if line.startswith("Threads:"))
    return Sample(time.monotonic() - began, processes.resident_bytes([pid]) / 2**20,
                  len(list(Path(f"/proc/{pid}/fd").iterdir())), int(threads.split()[1]))


def run_traffic(kinds: list[tuple[str, dict[str, object]]], port: int, core: int,
                end: float) -> None:
    """One kind of traffic after the other until the time is over."""
    for kind, options in itertools.cycle(kinds):
        if time.monotonic() > end:
            return
        command = processes.load_command(kind, port, [], options, BINARIES)
        # The input stays open, or those that hold connections would end at once.
        with subprocess.Popen(processes.pinned(core, *command), stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as load:
            while load.poll() is None:
                time.sleep(0.05)


def slope_per_hour(samples: list[Sample]) -> float:
    """Least squares over what the memory was, MiB an hour."""
    count = len(samples)
    mean_x = sum(one.second for one in samples) / count
    mean_y = sum(one.resident_mib for one in samples) / count
    spread = sum((one.second - mean_x) ** 2 for one in samples)
    rise = sum((one.second - mean_x) * (one.resident_mib - mean_y) for one in samples)
    return 3600 * rise / spread if spread else 0.0


def soak(gateway: Gateway, core: int, seconds: float) -> tuple[list[Sample], Sample]:
    """A sample a second under traffic, and one after it."""
    began = time.monotonic()
    threads = [threading.Thread(target=run_traffic, args=(kinds, gateway.port, core, began + seconds))
               for kinds in TRAFFIC]
    for thread in threads:
        thread.start()
    samples = []
    while any(thread.is_alive() for thread in threads):
        samples.append(look(gateway.process.pid, began))
        time.sleep(1)
    time.sleep(2)  # for what was closed last to be gone
    return samples, look(gateway.process.pid, began)


def verdict(samples: list[Sample], rest: Sample) -> dict[str, object]:
    steady = samples[int(len(samples) * WARM_SHARE):]
    slope = slope_per_hour(steady)
    growth = slope * (steady[-1].second - steady[0].second) / 3600
    level = sum(one.resident_mib for one in steady) / len(steady)
    return {
        "slope_mib_per_hour": round(slope, 1),
        "growth_mib": round(growth, 2),
        "resident_mib_mean": round(level, 1),
        "resident_mib_most": round(max(one.resident_mib for one in samples), 1),
        "resident_mib_at_rest": round(rest.resident_mib, 1),
        "descriptors_most": max(one.descriptors for one in samples),
        "descriptors_at_rest": rest.descriptors,
        "threads_most": max(one.threads for one in samples),
        "threads_at_rest": rest.threads,
        "steady": growth <= GROWTH_SHARE_MAX * level,
    }


def section(result: dict) -> str:
    """What the benchmark page shows of a result."""
    judged = result["verdict"]
    minutes = result["samples"][-1][0] / 60
    return (f"In {minutes:.0f} minutes of that, resident memory was {judged['resident_mib_mean']} MiB on "
            f"average, {judged['resident_mib_most']} at most and {judged['resident_mib_at_rest']} after "
            f"it; from its first {WARM_SHARE:.0%} on it changed by {judged['growth_mib']:+.1f} MiB. There "
            f"were at most {judged['descriptors_most']} descriptors and {judged['threads_most']} threads.\n\n"
            "![Resident memory, descriptors and threads over time](soak.svg)")


def places(keep: bool) -> tuple[Path, Path]:
    """Where the samples and the plot go."""
    if keep:
        day = datetime.date.today().isoformat()
        return ROOT / f"tests/bench/results/{day}-soak.json", ROOT / "docs/soak.svg"
    folder = ROOT / "build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "soak.json", folder / "soak.svg"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./bw bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", action="store_true", help="as what the benchmark page shows")
    given = parser.parse_args()
    processes.raise_descriptor_limit()
    gateway_core, load_core = processes.cores()
    with (tempfile.TemporaryDirectory(prefix="bench-") as folder, Upstream(load_core) as upstream,
          Gateway("bellwether", Path(folder), upstream.port, gateway_core) as gateway):
        samples, rest = soak(gateway, load_core, given.minutes * 60)
        alive = gateway.process.poll() is None and gateway.answers()
    judged = {**verdict(samples, rest), "answers_afterwards": alive}
    rows = [[round(one.second, 1), round(one.resident_mib, 2), one.descriptors, one.threads]
            for one in samples]
    path, plot = places(given.keep)
    path.write_text(json.dumps(
        {"verdict": judged, "columns": ["second", "resident_mib", "descriptors", "threads"],
         "samples": rows}) + "\n")
    plot.write_text(picture.draw_lines(
        {"resident memory, MiB": [(row[0], row[1]) for row in rows],
         "descriptors": [(row[0], row[2]) for row in rows],
         "threads": [(row[0], row[3]) for row in rows]}))
    for name, value in judged.items():
        print(f"{name.replace('_', ' ')}: {value}")
    print(f"samples and plot: {path.relative_to(ROOT)}, {plot.relative_to(ROOT)}")
    sys.exit(0 if judged["steady"] and alive else 1)
