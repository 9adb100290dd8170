"""From a raw result to a table, a picture and a page."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import memory, picture, policies, soak

BASE = "nginx"
OURS = "bellwether"


@dataclass(frozen=True)
class Row:
    """One line of the table: where its value is in the raw result, and how it is written."""

    title: str
    figure: str
    path: str
    scale: float = 1
    decimals: int = 0
    in_picture: bool = False

    def value(self, one_round: dict[str, Any], gateway: str) -> float | None:
        found: Any = one_round.get(gateway, {}).get(self.figure)
        for key in self.path.split("/"):
            if found is None:
                return None
            found = found.get(key)
        return found * self.scale

    def show(self, value: float | None) -> str:
        return "–" if value is None else f"{value:,.{self.decimals}f}"


ROWS = [
    Row("1 KiB: CPU per request, µs", "closed_1k", "cpu_us_per_request", 1, 1, True),
    Row("1 KiB: requests/s, 64 connections", "closed_1k", "requests_per_s"),
    Row("32 KiB: CPU per request, µs", "closed_32k", "cpu_us_per_request", 1, 1, True),
    Row("32 KiB: requests/s, 64 connections", "closed_32k", "requests_per_s"),
    Row("500/s: p50, µs", "open_500", "latency_us/p50"),
    Row("500/s: p99, µs", "open_500", "latency_us/p99"),
    Row("500/s: p99.9, µs", "open_500", "latency_us/p99.9"),
    Row("2,000/s: p50, µs", "open_2000", "latency_us/p50", 1, 0, True),
    Row("2,000/s: p99, µs", "open_2000", "latency_us/p99", 1, 0, True),
    Row("2,000/s: p99.9, µs", "open_2000", "latency_us/p99.9"),
    Row("200 streams: CPU per chunk, µs", "streams_200", "cpu_us_per_chunk", 1, 1, True),
    Row("200 streams: first chunk p50, µs", "streams_200", "first_chunk_us/p50"),
    Row("200 streams: first chunk p99, µs", "streams_200", "first_chunk_us/p99"),
    Row("200 streams: chunk delay p50, µs", "streams_200", "chunk_delay_us/p50"),
    Row("200 streams: chunk delay p99, µs", "streams_200", "chunk_delay_us/p99"),
    Row("1,000 streams: CPU per chunk, µs", "streams_1000", "cpu_us_per_chunk", 1, 1, True),
    Row("1,000 streams: first chunk p50, µs", "streams_1000", "first_chunk_us/p50", 1, 0, True),
    Row("1,000 streams: first chunk p99, µs", "streams_1000", "first_chunk_us/p99"),
    Row("1,000 streams: chunk delay p50, µs", "streams_1000", "chunk_delay_us/p50"),
    Row("1,000 streams: chunk delay p99, µs", "streams_1000", "chunk_delay_us/p99"),
    Row("memory, nothing done yet, MiB", "idle", "resident_bytes_before", 1 / 2**20, 1),
    Row("memory per idle connection, KiB", "idle", "resident_bytes_per_connection", 1 / 1024, 1),
    Row("memory per live stream, KiB", "stream_memory", "resident_bytes_per_stream", 1 / 1024, 1),
    Row("start to first answer, ms", "start_up", "milliseconds", 1, 1),
]


def median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def middle(row: Row, result: dict[str, Any], gateway: str) -> float | None:
    return median([row.value(one, gateway) for one in result["rounds"]])


def ratio(row: Row, result: dict[str, Any], gateway: str) -> float | None:
    """The median of the rounds' ratios to nginx: what disturbs a round disturbs both."""
    ratios = []
    for one in result["rounds"]:
        value, base = row.value(one, gateway), row.value(one, BASE)
        ratios.append(value / base if value is not None and base else None)
    return median(ratios)


def table(result: dict[str, Any]) -> str:
    """All that was measured, medians over the rounds."""
    gateways = list(result["rounds"][0])
    lines = ["| | " + " | ".join(gateways) + f" | {OURS} ÷ {BASE} |",
             "|---|" + "--:|" * (len(gateways) + 1)]
    for row in ROWS:
        values = [middle(row, result, gateway) for gateway in gateways]
        # The kernel's counters say 0 for what is not there: no gateway, no cost.
        shown = [row.show(None if gateway == "direct" and not value else value)
                 for gateway, value in zip(gateways, values)]
        if all(text == "–" for text in shown):
            continue
        times = ratio(row, result, OURS)
        shown.append("–" if times is None else f"{times:.2f}")
        lines.append(f"| {row.title} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def failures(result: dict[str, Any]) -> int:
    return policies.failures(result.get("policies", [])) + sum(
        figure.get("failures", 0) for one in result["rounds"] for gateway in one.values()
        for figure in gateway.values())


def bars(result: dict[str, Any]) -> list[picture.Group]:
    groups = []
    for row in (row for row in ROWS if row.in_picture):
        ratios = {name: ratio(row, result, name) for name in (OURS, "haproxy")}
        groups.append(picture.Group(row.title, {k: v for k, v in ratios.items() if v is not None}))
    return groups


def newest(results: Path, kind: str) -> dict[str, Any] | None:
    """The newest result of `./bw bench KIND --keep`, if there is one."""
    found = max(results.glob(f"*-{kind}.json"), default=None)
    return None if found is None else json.loads(found.read_text())


def memory_section(results: Path) -> str:
    result = newest(results, "memory")
    return "Not measured yet: `./bw bench memory --keep`." if result is None else memory.section(result)


def soak_section(results: Path) -> str:
    result = newest(results, "soak")
    return "Not measured yet: `./bw bench soak --keep`." if result is None else soak.section(result)


def policies_section(result: dict[str, Any]) -> str:
    if "policies" not in result:
        return "Not measured yet: `./bw bench`."
    return policies.section(result["policies"])


def write_page(result: dict[str, Any], source: Path, docs: Path) -> None:
    (docs / "benchmark.svg").write_text(picture.draw(bars(result)))
    page = (Path(__file__).parent / "page.md").read_text()
    facts = "\n".join(f"| {name.replace('_', ' ')} | {value} |"
                      for name, value in result["machine"].items())
    (docs / "benchmark.md").write_text(page.format(
        table=table(result), machine=facts, rounds=len(result["rounds"]), date=result["date"],
        source=source.name, policies=policies_section(result), memory=memory_section(source.parent),
        soak=soak_section(source.parent), failures=failures(result)))
