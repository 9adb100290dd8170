"""`./bw bench`: measures this gateway beside others, in turns, and writes down what it found."""

import argparse
import datetime
import json
import sys
import tempfile
from pathlib import Path

from bench import figures, machine, policies, processes, report
from bench.processes import GATEWAYS, ROOT, Gateway, Upstream

RESULTS = ROOT / "tests/bench/results"
ROUNDS = 3


def one_round(folder: Path, upstream: Upstream, wanted: set[str],
              gateways: list[str]) -> dict[str, dict[str, dict]]:
    gateway_core, load_core = processes.cores()
    found = {}
    for name in gateways:
        gateway = Gateway(name, folder, upstream.port, gateway_core)
        found[name] = figures.measure(gateway, load_core, wanted)
    return found


def measure(count: int, wanted: set[str], gateways: list[str]) -> dict[str, object]:
    """The raw result of that many rounds."""
    about = machine.describe(ROOT)
    rounds = []
    with (tempfile.TemporaryDirectory(prefix="bench-") as folder,
          Upstream(processes.cores()[1]) as upstream):
        for number in range(1, count + 1):
            print(f"round {number} of {count}", file=sys.stderr)
            rounds.append(one_round(Path(folder), upstream, wanted, gateways))
    return {"date": datetime.date.today().isoformat(), "machine": about, "rounds": rounds}


def save(result: dict[str, object], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"raw result: {path.relative_to(ROOT)}", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./bw bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round instead of three")
    parser.add_argument("--rounds", type=int, help="as many rounds")
    parser.add_argument("--only", help="figures, with commas between: " + ", ".join(figures.NAMES))
    parser.add_argument("--no-policies", action="store_true",
                        help="leave out what policies and ledgers cost (./bw bench policies)")
    parser.add_argument("--gateways", default=",".join(GATEWAYS), help="with commas between")
    parser.add_argument("--name", default="machine", help="of the result's file")
    parser.add_argument("--from", dest="source", type=Path,
                        help="write the page and the picture again from a raw result")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.source:
        return report.write_page(json.loads(given.source.read_text()), given.source, ROOT / "docs")
    wanted = set(given.only.split(",") if given.only else figures.NAMES)
    if unknown := wanted - set(figures.NAMES):
        sys.exit(f"unknown figures: {', '.join(sorted(unknown))}; expected some of "
                 + ", ".join(figures.NAMES))
    processes.raise_descriptor_limit()
    count = given.rounds or (1 if given.quick else ROUNDS)
    gateways = given.gateways.split(",")
    result = measure(count, wanted, gateways)
    print(report.table(result))
    if not given.no_policies:
        result["policies"] = policies.measure(count, list(policies.COLUMNS))
        print("\n" + policies.section(result["policies"]))
    # Only a whole measurement becomes the one that the page shows.
    whole = not given.only and not given.no_policies and gateways == list(GATEWAYS)
    if count >= ROUNDS and whole:
        path = RESULTS / f"{result['date']}-{given.name}.json"
        save(result, path)
        report.write_page(result, path, ROOT / "docs")
    else:
        save(result, ROOT / "build/bench/last.json")
