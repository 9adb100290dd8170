"""`./bw bench memory`: what many slow streams and one endless stream take of the host's memory."""

import argparse
import datetime
import itertools
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from bench import processes
from bench.processes import BINARIES, ROOT, Gateway, HeldLoad, Upstream, resident_bytes

MIB = 2**20
DESCRIPTORS_A_STREAM = 2  # of the host: the client's socket and the provider's
DESCRIPTORS_BESIDE = 60
SPREAD_MAX = 0.1
SHARES = (0.25, 0.5, 1)  # of the most streams at once: what one of them takes must stay the same
# What a socket of the provider may hold back in the kernel: ten thousand of them would take gigabytes.
SEND_BUFFER_BYTES = 8 << 10


@dataclass(frozen=True)
class Reader:
    """How the clients of a case read, and what their provider sends."""

    says: str
    model: str
    bytes_at_a_time: int  # once a second; 0: nothing after the reply has begun


READERS = {
    "stopped": Reader("a flood, not read at all", "flood-4096", 0),
    "live": Reader("one chunk a second, read as it comes", "endless-1", 4096),
    "slow": Reader("a flood, read 1 KiB a second", "flood-4096", 1024),
}


@dataclass
class Settled:
    """Memory that has stopped growing, or what it was when patience ended."""

    bytes: int
    seconds: float


def settle(measure: Callable[[], int], seconds: float = 20, quiet: float = 2) -> Settled:
    """The most there was, once it has not grown by a hundredth for a while."""
    begin = time.monotonic()
    most, since = measure(), begin
    while (now := time.monotonic()) - begin < seconds and now - since < quiet:
        time.sleep(0.2)
        if (current := measure()) > most * 1.01:
            most, since = current, time.monotonic()
    return Settled(max(most, measure()), time.monotonic() - begin)


def returned(measure: Callable[[], int], goal: int, seconds: float = 8) -> int:
    """Memory after the load has gone, at once when it is below the goal. The host takes a few
    seconds to see what it has no more use for."""
    deadline = time.monotonic() + seconds
    while measure() > goal and time.monotonic() < deadline:
        time.sleep(0.1)
    return measure()


def many_streams(pids: list[int], port: int, count: int, reader: str, core: int | None = None,
                 binaries: Path = BINARIES, patience: float = 20) -> dict[str, float]:
    """Streams without end whose clients hardly read. What each of them costs, and what stays."""
    def resident() -> int:
        return resident_bytes(pids)

    how = READERS[reader]
    before = resident()
    held = HeldLoad("slow", port, core, binaries, connections=count, model=how.model,
                    read_bytes=how.bytes_at_a_time, seconds=900, ramp=max(1, count / 1000))
    try:
        with_them = settle(resident, patience)
    finally:
        last = held.release()
    after = returned(resident, before + (with_them.bytes - before) // 10)
    return {
        "streams": count, "reader": reader, "open": last["open"], "failures": last["failures"],
        "body_bytes": last["body_bytes"], "resident_before": before,
        "resident_with": with_them.bytes, "resident_after": after,
        "bytes_per_stream": (with_them.bytes - before) / count,
    }


def one_endless(gateway: Gateway, core: int, seconds: float) -> dict[str, float]:
    return processes.load("drain", gateway, core, seconds=seconds, model="flood-16384")


def line(found: dict[str, float]) -> str:
    return (f"{found['open']:,} of {found['streams']:,} streams, {READERS[found['reader']].says}: "
            f"{found['bytes_per_stream'] / 1024:.1f} KiB a stream; resident before "
            f"{found['resident_before'] / MIB:.1f} MiB, with them "
            f"{found['resident_with'] / MIB:.1f}, after them {found['resident_after'] / MIB:.1f}")


def endless_line(found: dict[str, float]) -> str:
    return (f"one endless stream, {found['body_bytes'] / 2**30:.2f} GiB: resident before "
            f"{found['resident_before'] / MIB:.1f} MiB, early {found['resident_early'] / MIB:.1f}, "
            f"at most {found['resident_most'] / MIB:.1f}")


def spread(results: list[dict[str, float]]) -> float:
    """By how much what a stream takes differs between few and many, as a share of the least."""
    each = [found["bytes_per_stream"] for found in results]
    return max(each) / min(each) - 1


def by_reader(result: dict) -> dict[str, list[dict[str, float]]]:
    readers = [reader for reader in READERS
               if any(found["reader"] == reader for found in result["many"])]
    return {reader: [found for found in result["many"] if found["reader"] == reader]
            for reader in readers}


def section(result: dict) -> str:
    """What the benchmark page shows of a result."""
    rows = ["| what the clients do | streams | KiB a stream | resident before, MiB | with them "
            "| after them |", "|---|--:|--:|--:|--:|--:|"]
    for reader, results in by_reader(result).items():
        for found in results:
            sizes = [found[f"resident_{when}"] / MIB for when in ("before", "with", "after")]
            rows.append(f"| {READERS[reader].says} | {found['open']:,} "
                        f"| {found['bytes_per_stream'] / 1024:.1f} | "
                        + " | ".join(f"{size:.1f}" for size in sizes) + " |")
    spreads = ", ".join(f"{spread(results):.1%} ({reader})"
                        for reader, results in by_reader(result).items())
    endless = endless_line(result["endless"])
    return "\n".join([*rows, "", f"From the fewest to the most streams, what one takes differs by "
                      f"{spreads}.", "", endless[0].upper() + endless[1:] + "."])


def write(result: dict, keep: bool) -> None:
    """After each case, so that what was measured is there even if the rest takes too long."""
    folder = ROOT / ("tests/bench/results" if keep else "build/bench")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.date.today().isoformat()}-memory.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./bw bench memory", description=__doc__)
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20, help="of the endless stream")
    parser.add_argument("--keep", action="store_true", help="as what the benchmark page shows")
    given = parser.parse_args()
    limit = processes.raise_descriptor_limit(
        DESCRIPTORS_A_STREAM * given.streams + DESCRIPTORS_BESIDE)
    count = min(given.streams, (limit - DESCRIPTORS_BESIDE) // DESCRIPTORS_A_STREAM)
    if count < given.streams:
        print(f"only {limit} descriptors are allowed: {count} streams", file=sys.stderr)
    gateway_core, load_core = processes.cores()
    with (tempfile.TemporaryDirectory(prefix="bench-") as folder, Upstream(load_core) as upstream,
          Gateway("bellwether", Path(folder), upstream.port, gateway_core) as gateway):
        endless = one_endless(gateway, load_core, given.seconds)
        print(endless_line(endless), flush=True)
    result = {"descriptors_allowed": limit, "many": [], "endless": endless}
    with (tempfile.TemporaryDirectory(prefix="bench-") as folder,
          Upstream(load_core, send_buffer=SEND_BUFFER_BYTES) as upstream):
        for reader, share in itertools.product(READERS, SHARES):
            with Gateway("bellwether", Path(folder), upstream.port, gateway_core) as gateway:
                found = many_streams(gateway.pids(), gateway.port, int(count * share), reader,
                                     load_core, patience=60)
            print(line(found), flush=True)
            result["many"].append(found)
            write(result, given.keep)
    whole = all(found["open"] == found["streams"] for found in result["many"])
    constant = all(spread(found) <= SPREAD_MAX for found in by_reader(result).values())
    print(f"all streams served: {whole}; memory a stream constant within {SPREAD_MAX:.0%}: {constant}")
    sys.exit(0 if whole and constant else 1)
