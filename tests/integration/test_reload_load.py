"""Reloads under load: no call fails by one, no piece of a stream is lost or comes twice, nothing
stays held, and the host does not grow by its generations. Isolated plugins die meanwhile."""

from pathlib import Path

from bench.processes import raise_descriptor_limit
from integration import dying
from integration.bad_plugins.upstream import upstream as bad_upstream
from integration.changing import Reloads, Variants
from integration.conftest import NO_REPETITIONS, NOT_SANITIZED, StartHost, server
from integration.counting import counted
from integration.host import SANITIZED, SLOWNESS, Host, wait_for
from integration.http_client import Connection
from integration.load import MIB, SECONDS, STREAMS, Load, open_descriptors
from integration.numbered_upstream import NumberedUpstream
from integration.reloading import gauge

RELOADS_IN_A_ROW = 1000 if SLOWNESS == 1 else 200
SLACK = (64 if SANITIZED else 8) * MIB  # a sanitizer keeps what was freed for a while


def mappings(host: Host) -> int:
    return len(Path(f"/proc/{host.process.pid}/maps").read_text().splitlines())


def run_load(load: Load, host: Host, reloads: Reloads) -> None:
    """Under reloads."""
    load.run(reloads)
    assert not reloads.faults, (reloads.outcomes, reloads.faults[:3])
    assert reloads.outcomes["applied"] >= SECONDS * 2 / SLOWNESS
    assert len(load.generations) > reloads.outcomes["applied"] / 2
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")
    wait_for(lambda: counted(host)[1] == 0, "nothing is held any more")


def test_reloads_under_load(start_host: StartHost, numbered: NumberedUpstream,
                            tmp_path: Path) -> None:
    """Every 100 ms another config, every second another file of the plugin."""
    raise_descriptor_limit(4 * STREAMS + 1000)
    variants = Variants(numbered, tmp_path)
    host = start_host(variants.next())
    load = Load(host.port, variants.key, lambda: host.process.pid)
    run_load(load, host, Reloads(host, variants))
    assert counted(host) == (load.tokens, 0)
    load.sizes.must_be_flat(variants.plugins)


@NOT_SANITIZED
def test_reloads_and_deaths_under_load(start_host: StartHost, numbered: NumberedUpstream,
                                       tmp_path: Path) -> None:
    """The same, and isolated plugins die in every way: a call that has another target does not
    fail."""
    raise_descriptor_limit(4 * STREAMS + 1000)
    base = server(workers=2, retry=NO_REPETITIONS + "\nattempts = 6")
    with bad_upstream() as base_url:
        variants = Variants(numbered, tmp_path, base, dying.config(tmp_path, numbered, base_url))
        host = start_host(variants.next())
        load = Load(host.port, variants.key, lambda: host.process.pid, plain_model="dying")
        killer = dying.Killer(host, SECONDS / 8)
        with killer:
            run_load(load, host, Reloads(host, variants))
        killer.must_have_killed()
        assert counted(host)[0] >= load.tokens
        load.sizes.must_be_flat(variants.plugins)


def test_many_reloads_take_no_room(start_host: StartHost, numbered: NumberedUpstream,
                                   tmp_path: Path) -> None:
    """One after the other, each with a call, and now and then the other of two plugins. Neither
    memory nor descriptors grow by them, nor does what is mapped."""
    variants = Variants(numbered, tmp_path)
    host = start_host(variants.next())
    body = {"model": "load", "messages": [{"role": "user", "content": "3 0"}]}
    taken = []
    with Connection(int(host.admin_url.rsplit(":", 1)[1])) as admin, host.connect() as client:
        for number in range(RELOADS_IN_A_ROW):
            if number % 20 == 0:
                variants.swap_plugin(number // 20)
            host.config.write_text(variants.next())
            told = admin.post("/admin/reload", {}).json()
            assert told.get("outcome") == "applied", told
            reply = client.post("/v1/chat/completions", body, variants.key.bearer)
            assert reply.headers["x-bellwether-generation"] == str(told["generation"])
            assert reply.status == 200 and reply.json()
            if number % (RELOADS_IN_A_ROW // 10) == RELOADS_IN_A_ROW // 10 - 1:
                wait_for(lambda: gauge(host, "generations_alive") == 1, "the old ones are gone")
                taken.append((host.resident_bytes(), open_descriptors(host.process.pid), mappings(host)))
    assert counted(host)[1] == 0
    resident, descriptors, mapped = zip(*taken)
    assert resident[-1] <= resident[1] * 1.05 + SLACK, taken
    assert descriptors[-1] <= descriptors[1] + 2, taken
    assert mapped[-1] <= mapped[1] + 40, taken
