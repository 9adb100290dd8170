"""`./bw bench profile`: where the host's instructions go, by library and by function (callgrind)."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench import processes
from bench.processes import Gateway, Upstream

TOP = 30
# What one entry of callgrind_annotate looks like: cost, share, where the code is, its library.
ENTRY = re.compile(r"^\s*([\d,]+) \([\s\d.]+%\)\s+(\S+?):(.+?)(?: \[(.+)\])?$")

WORKLOADS = {
    "plain": ("closed", {"connections": 64, "body_bytes": 1024}),
    "large": ("closed", {"connections": 4, "body_bytes": 32768}),
    "streams": ("streams", {"connections": 20, "rate": 10}),
}


def counted(result: dict) -> int:
    return result["answered"] if "answered" in result else result["chunks_in_all"]


def record(workload: str, seconds: float, folder: Path) -> tuple[Path, int]:
    """The profile's file, and how many requests or chunks it is about."""
    gateway_core, load_core = processes.cores()
    output = folder / "callgrind.out"
    kind, options = WORKLOADS[workload]
    with Upstream(load_core) as upstream:
        gateway = Gateway("bellwether", folder, upstream.port, gateway_core, prefix=[
            "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={output}"])
        with gateway:
            processes.load(kind, gateway, load_core, **options, seconds=1)
            subprocess.run(["callgrind_control", "-i", "on", str(gateway.process.pid)],
                           check=True, capture_output=True)
            before = time.monotonic()
            result = processes.load(kind, gateway, load_core, **options, seconds=seconds,
                                    **{"warm-up": 0} if kind == "closed" else {})
            print(f"{counted(result)} counted in {time.monotonic() - before:.0f} s", file=sys.stderr)
            subprocess.run(["callgrind_control", "-i", "off", str(gateway.process.pid)],
                           check=True, capture_output=True)
    return output, max(counted(result), 1)


def entries(output: Path, inclusive: bool) -> list[tuple[int, str, str]]:
    """Cost, function and library of each, the dearest first."""
    done = subprocess.run(
        ["callgrind_annotate", f"--inclusive={'yes' if inclusive else 'no'}", "--threshold=100",
         "--auto=no", str(output)], check=True, capture_output=True, text=True)
    found = []
    for line in done.stdout.splitlines():
        if match := ENTRY.match(line):
            library = Path(match[4]).name if match[4] else "?"
            found.append((int(match[1].replace(",", "")), match[3], library))
    return found


def show(title: str, rows: list[tuple[int, str]], each: int, total: int) -> None:
    print(f"\n{title}\n\n| instructions each | share | |\n|--:|--:|---|")
    for cost, name in rows:
        print(f"| {cost / each:,.0f} | {100 * cost / total:.1f}% | `{name[:110]}` |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./bw bench profile", description=__doc__)
    parser.add_argument("--workload", choices=WORKLOADS, default="plain")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--keep", type=Path, help="copy callgrind's file here, for kcachegrind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output, each = record(given.workload, given.seconds, Path(folder))
        own, whole = entries(output, False), entries(output, True)
        if given.keep:
            given.keep.write_bytes(output.read_bytes())
    total = sum(cost for cost, _, _ in own)
    libraries: Counter[str] = Counter()
    for cost, _, library in own:
        libraries[library] += cost
    print(f"{total / each:,.0f} instructions in user space for each of {each} "
          f"{'chunks' if given.workload == 'streams' else 'requests'}")
    show("By library", [(cost, name) for name, cost in libraries.most_common(12)], each, total)
    show("By function, itself", [(cost, f"{name} [{library}]") for cost, name, library in own[:TOP]],
         each, total)
    show("By function, with all it calls",
         [(cost, f"{name} [{library}]") for cost, name, library in whole[:2 * TOP]], each, total)
