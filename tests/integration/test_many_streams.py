"""Many streams at once whose readers are slow or gone: what each takes of memory is bounded."""

import pytest

from bench import memory, processes
from integration.conftest import StartHost, route, server
from integration.host import BINARY, SLOWNESS, Host, wait_for

TOOLS = BINARY.parent
KIB = 1024
# A sanitizer's allocator keeps what was freed, so there it is only held that all streams are served.
MEASURED = SLOWNESS == 1
STREAMS = 1000 if MEASURED else 200
FLOODS = 200 if MEASURED else 50

pytestmark = pytest.mark.skipif(
    not (TOOLS / "bench_load").exists(), reason="built without the load tools of tests/bench")


@pytest.fixture
def flood(start_host: StartHost) -> Host:
    """A host of its own for each test, as what one took moves another's figures. Its provider is bench_upstream."""
    processes.raise_descriptor_limit(memory.DESCRIPTORS_A_STREAM * STREAMS + 500)
    with processes.Upstream(binaries=TOOLS, send_buffer=memory.SEND_BUFFER_BYTES) as upstream:
        yield start_host(server() + f"""
[providers.bench]
plugin = "openai"
base_url = "http://127.0.0.1:{upstream.port}/v1"
api_key = "env:HOLYSHEEP_API_KEY"
""" + route("*", '"bench"'))


def many(host: Host, count: int, reader: str) -> dict[str, float]:
    found = memory.many_streams([host.process.pid], host.port, count, reader, binaries=TOOLS)
    assert found["failures"] == 0, found
    assert found["open"] == count, found
    return found


def test_a_thousand_live_streams_take_a_constant_each(flood: Host) -> None:
    """What a stream takes that is read as it comes: its sockets' and its parsers' state."""
    found = many(flood, STREAMS, "live")
    if MEASURED:
        assert found["bytes_per_stream"] < 64 * KIB, memory.line(found)


def test_a_reader_that_stops_costs_at_most_its_buffers(flood: Host) -> None:
    """The provider of each never stops sending, so without an end to it all memory would go. When
    they have ended, most of what they took is the system's again."""
    for _ in range(2):
        found = many(flood, FLOODS, "stopped")
        if not MEASURED:
            continue
        assert found["bytes_per_stream"] < 320 * KIB, memory.line(found)
        grown = found["resident_with"] - found["resident_before"]
        most = found["resident_before"] + grown / 2
        wait_for(lambda: memory.resident_bytes([flood.process.pid]) < most,
                 f"the memory is given back; {memory.line(found)}", seconds=30)
