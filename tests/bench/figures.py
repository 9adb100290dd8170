"""What is measured of one gateway. Each figure is a name, its unit, and how to get it."""

import statistics
import time
from typing import Any, Callable

from bench.processes import Gateway, HeldLoad, load, resident_bytes

Result = dict[str, Any]

KIB = 1024
IDLE_CONNECTIONS = 1000
STARTS_A_ROUND = 6


def closed(gateway: Gateway, core: int, body_bytes: int, seconds: float) -> Result:
    """64 connections, each sends its next request when the last is answered."""
    return load("closed", gateway, core, connections=64, body_bytes=body_bytes, seconds=seconds)


def opened(gateway: Gateway, core: int, rate: int, seconds: float) -> Result:
    """Requests of 1 KiB at a fixed rate; latency counts from when each should have been sent."""
    return load("open", gateway, core, rate=rate, connections=64, seconds=seconds)


def streams(gateway: Gateway, core: int, count: int, seconds: float) -> Result:
    """Streams of 20 chunks a second each."""
    return load("streams", gateway, core, connections=count, rate=20, seconds=seconds)


def idle(gateway: Gateway, core: int) -> Result:
    """Memory of connections that were used once and stay open."""
    before = resident_bytes(gateway.pids())
    held = HeldLoad("idle", gateway.port, core, connections=IDLE_CONNECTIONS)
    grown = resident_bytes(gateway.pids()) - before
    last = held.release()
    return {"open": last["open"], "resident_bytes_before": before,
            "resident_bytes_with": before + grown,
            "resident_bytes_per_connection": grown / IDLE_CONNECTIONS}


def start_up(gateway: Gateway) -> Result:
    """From starting the process to the first answer through it."""
    times = []
    for _ in range(STARTS_A_ROUND):
        begin = time.perf_counter()
        with gateway:
            times.append((time.perf_counter() - begin) * 1000)
    return {"milliseconds": statistics.median(times), "all_milliseconds": times}


# In this order on one process of the gateway, in each round.
LOADS: dict[str, Callable[[Gateway, int], Result]] = {
    "closed_1k": lambda gateway, core: closed(gateway, core, KIB, 2),
    "closed_32k": lambda gateway, core: closed(gateway, core, 32 * KIB, 2),
    "open_500": lambda gateway, core: opened(gateway, core, 500, 2),
    "open_2000": lambda gateway, core: opened(gateway, core, 2000, 2),
    "streams_200": lambda gateway, core: streams(gateway, core, 200, 2),
    "streams_1000": lambda gateway, core: streams(gateway, core, 1000, 3),
}


# Each on a fresh process.
ALONE: dict[str, Callable[[Gateway, int], Result]] = {
    "idle": idle,
    "stream_memory": lambda gateway, core: streams(gateway, core, 1000, 1),
}

NAMES = [*LOADS, *ALONE, "start_up"]


def measure(gateway: Gateway, core: int, wanted: set[str]) -> dict[str, Result]:
    """One round of one gateway."""
    found: dict[str, Result] = {}
    if loads := [name for name in LOADS if name in wanted]:
        with gateway:
            found.update({name: LOADS[name](gateway, core) for name in loads})
    if gateway.name == "direct":
        return found
    for name in ALONE:
        if name in wanted:
            with gateway:
                found[name] = ALONE[name](gateway, core)
    if "start_up" in wanted:
        found["start_up"] = start_up(gateway)
    return found
