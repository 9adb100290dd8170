"""The config read again while the host runs: what changed counts for the next request, what is
under way goes on as it began, and a config with a mistake changes nothing."""

import json
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Callable

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    ask, body_of, budget, counted, limit, rules_config, send, wait_until_counted)
from integration.host import PLUGINS, SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Connection
from integration.redis_server import Redis
from integration.reloading import (
    ECHO, PATIENT, apply, ask_reload, gauge, refused, reload, stream_across, with_server)
from integration.test_warnings import Receiver, receiver  # noqa: F401: a fixture
from upstream import qwen
from upstream.scenarios import answers
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def price(input: str, output: str, model: str = "qwen-*") -> str:
    return f"""
[[prices]]
provider = "holysheep"
model = "{model}"
input = "{input} USD"
output = "{output} USD"
"""


@pytest.fixture
def plain(upstream: Simulator, authority: Authority) -> str:
    """`qwen-*` at the simulator, `echo` at the echo, and a ledger."""
    return rules_config("", upstream, authority) + ECHO


@pytest.fixture
def host(start_host: StartHost, plain: str) -> Host:
    return start_host(plain)


def connect(port: int) -> Connection:
    return Connection(port)


# ---- what takes effect --------------------------------------------------------------------------


def test_a_key_is_revoked_and_another_one_given(start_host: StartHost, plain: str,
                                                upstream: Simulator) -> None:
    """The stream of the key that is revoked goes on: it was let in."""
    ann, bob = new_key("ann"), new_key("bob")
    host = start_host(plain + ann.toml)
    assert host.chat("echo", headers=ann.bearer).status == 200
    assert host.chat("echo", headers=bob.bearer).status == 401
    with stream_across(host, upstream, ann.bearer):
        assert set(apply(host, plain + bob.toml)) == {"keys[ann]", "keys[bob]"}
        assert host.chat("echo", headers=ann.bearer).status == 401
        assert host.chat("echo", headers=bob.bearer).status == 200


def test_a_key_gets_another_secret(start_host: StartHost, plain: str) -> None:
    """Of the same name and id, so that nothing of it is shown that differs."""
    ann, other = new_key("ann"), new_key("other")
    same = other.toml.replace(other.id, ann.id).replace('"other"', '"ann"')
    host = start_host(plain + ann.toml)
    sum_of = re.search(r'sha256\s*= "(\w+)"', other.toml)[1]
    assert apply(host, plain + same) == ["keys[ann].sha256"]
    assert host.chat("echo", headers=ann.bearer).status == 401
    assert sum_of not in host.log()


def test_the_first_keys_close_the_host(host: Host, plain: str, upstream: Simulator) -> None:
    """From a host that asks nobody to one that asks everybody, and back."""
    ann = new_key("ann")
    with stream_across(host, upstream):
        apply(host, plain + ann.toml)
        assert host.chat("echo").status == 401
        assert host.chat("echo", headers=ann.bearer).status == 200
        apply(host, plain)
        assert host.chat("echo").status == 200


def test_a_route_is_added_and_another_taken_out(host: Host, plain: str,
                                                upstream: Simulator) -> None:
    with stream_across(host, upstream):
        assert host.chat("added").status == 404
        changed = plain.replace('model = "qwen-*"', 'model = "added"')
        assert set(apply(host, changed)) == {"routes[added]", "routes[qwen-*]"}
        assert host.chat("qwen-max").status == 404
        listed = {model["id"] for model in host.get("/v1/models").json()["data"]}
        assert "added" in listed and "qwen-max" not in listed


def test_a_provider_is_taken_out_while_it_answers(host: Host, plain: str, upstream: Simulator,
                                                  authority: Authority) -> None:
    gone = server() + '\n[ledger]\nurl = "memory:"\n' + ECHO
    with stream_across(host, upstream) as reply:
        assert reply.headers["x-bellwether-generation"] == "1"
        assert "providers.holysheep" in apply(host, gone)
        assert host.chat("qwen-max").status == 404
        assert gauge(host, "generations_alive") == 2
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")


def test_a_price(start_host: StartHost, plain: str, upstream: Simulator) -> None:
    """Of a call that began before, the old one counts, to its end."""
    host = start_host(plain + price("2", "8"))
    used = answers.chat(["word"], used=qwen.usage(1000, 100))
    gate = Gate(upstream)
    waits = upstream.serve(gate.behind(used))
    with host.connect() as connection, stream_across(host, upstream):
        send(connection, body_of(waits))
        wait_for(lambda: upstream.requests(waits), "the call is at its provider")
        apply(host, plain + price("4", "16"))
        now = host.chat(upstream.serve(used))
        assert now.headers["x-bellwether-cost"] == "0.005600"
        gate.open()
        assert connection.read_reply().headers["x-bellwether-cost"] == "0.002800"


def test_a_file_of_prices_has_changed(start_host: StartHost, plain: str, upstream: Simulator,
                                      tmp_path: Path) -> None:
    """The config names it as before."""
    file = tmp_path / "prices.toml"
    file.write_text(price("2", "8"))
    host = start_host(f'price_files = "{file}"\n' + plain)
    model = upstream.serve(answers.chat(["word"], used=qwen.usage(1000, 100)))
    assert host.chat(model).headers["x-bellwether-cost"] == "0.002800"
    file.write_text(price("4", "16"))
    apply(host)
    assert host.chat(model).headers["x-bellwether-cost"] == "0.005600"


def test_a_budget_is_lowered_and_raised(start_host: StartHost, plain: str,
                                        upstream: Simulator) -> None:
    """What was used stays counted, and what a stream is held for stays held."""
    host = start_host(plain + budget(100_000))
    model = upstream.serve(answers.chat(["word"], used=qwen.usage(900, 100)))
    assert ask(host, model).status == 200
    wait_until_counted(host, 1000)
    with stream_across(host, upstream):
        held = counted(host)[1]
        assert held > 0
        assert apply(host, plain + budget(500)) == ["budgets[everyone].limit"]
        assert counted(host) == (1000, held)
        assert ask(host, model).error()["code"] == "budget_exceeded"
        apply(host, plain + budget(200_000))
        assert counted(host) == (1000, held)
        assert ask(host, model).status == 200
    wait_until_counted(host, 2000 + 39)


def test_a_budget_that_is_taken_out_settles_what_it_held(start_host: StartHost, plain: str,
                                                         upstream: Simulator) -> None:
    """It comes back with what was used in between by the calls that it had held for."""
    host = start_host(plain + budget(100_000))
    with stream_across(host, upstream):
        assert apply(host, plain) == ["budgets[everyone]"]
        assert ask(host, upstream.serve(answers.chat())).status == 200
        assert host.admin("GET", "/admin/budgets").json()["budgets"] == []
    apply(host, plain + budget(100_000))
    wait_until_counted(host, 39)


def test_a_limit(host: Host, plain: str, upstream: Simulator) -> None:
    model = upstream.serve(answers.chat())
    with stream_across(host, upstream):
        apply(host, plain + limit(requests='"1/h"'))
        assert [ask(host, model).status for _ in range(2)] == [200, 429]
        apply(host, plain)
        assert ask(host, model).status == 200


def test_a_provider_has_moved(start_host: StartHost, plain: str, upstream: Simulator,
                              second: Simulator) -> None:
    host = start_host(plain)
    with stream_across(host, upstream):
        changed = plain.replace(upstream.base_url, second.base_url)
        assert apply(host, changed) == ["providers.holysheep.base_url"]
        model = second.serve(answers.chat(), prefix="qwen-moved")
        assert ask(host, model).status == 200
        assert len(second.requests(model)) == 1 and not upstream.requests(model)


def test_a_timeout(start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """A call that waits keeps the patience that it began with."""
    def config(first_byte: int) -> str:
        return (server() + provider("holysheep", upstream, authority,
                                    **{**PATIENT, "first_byte": first_byte})
                + route("qwen-*", '"holysheep"'))

    host = start_host(config(15000))
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat()))
    with host.connect() as connection:
        send(connection, body_of(model))
        wait_for(lambda: upstream.requests(model), "the call is at its provider")
        assert apply(host, config(50)) == ["providers.holysheep.timeouts.first_byte"]
        assert ask(host, model).status == 504
        gate.open()
        assert connection.read_reply().status == 200


def test_a_page_may_call(host: Host, plain: str, upstream: Simulator) -> None:
    page = {"origin": "https://app.example"}
    with stream_across(host, upstream):
        assert "access-control-allow-origin" not in host.chat("echo", headers=page).headers
        apply(host, with_server(plain, 'cors_origins = ["https://app.example"]'))
        assert host.chat("echo", headers=page).headers["access-control-allow-origin"] \
            == page["origin"]


def test_what_is_logged(host: Host, plain: str, upstream: Simulator) -> None:
    """Without lines of calls, then with them again."""
    quiet = plain.replace('[log]\n', '[log]\naccess = false\n')
    with stream_across(host, upstream):
        apply(host, quiet)
        host.chat("echo", headers={"x-request-id": "unheard"}).body()
        apply(host, plain)
        host.chat("echo", headers={"x-request-id": "heard"}).body()
        assert host.access_line("heard")["generation"] == 3
    assert "unheard" not in host.log()


def test_how_it_is_logged(host: Host, plain: str) -> None:
    """As text from then on, the lines of calls as well; and what is less than a warning no more."""
    changed = plain.replace('format = "json"', 'format = "text"\nlevel = "warn"')
    apply(host, changed)
    before = len(host.log())
    host.chat("echo", headers={"x-request-id": "as-text"}).body()
    wait_for(lambda: "as-text" in host.log(), "the call is logged")
    lines = host.log()[before:].splitlines()
    assert not [line for line in lines if line.startswith("{")], lines
    apply(host, with_server(changed, 'drain = "9s"'))
    assert "generation 3" not in host.log()


def test_a_level_that_an_operator_has_set_stays(host: Host, plain: str) -> None:
    """Until the config's own changes."""
    def level() -> str:
        return host.admin("GET", "/admin/log").json()["level"]

    assert host.admin("PUT", "/admin/log", {"level": "debug"}).status == 200
    apply(host, with_server(plain, 'drain = "9s"'))
    assert level() == "debug"
    apply(host, plain.replace('format = "json"', 'format = "json"\nlevel = "warn"'))
    assert level() == "warn"


def test_a_webhook(start_host: StartHost, plain: str, upstream: Simulator, authority: Authority,
                   receiver: Receiver) -> None:  # noqa: F811
    """Of a budget that had none; the share that was told of before is not told of again."""
    host = start_host(plain + budget(1000, warn_at="[0.01, 0.2]"))
    model = upstream.serve(answers.chat(["word"], used=qwen.usage(20, 10)))
    assert ask(host, model).status == 200
    wait_for(lambda: "has come to 1 %" in host.log(), "it is warned of")
    hook = f'\n[webhooks.ops]\nurl = "{receiver.url}"\nca_file = "{authority.ca_file}"\n'
    with stream_across(host, upstream):  # which is held for as well
        apply(host, plain + hook + budget(1000, warn_at="[0.01, 0.2]", webhook='"ops"'))
        assert ask(host, model).status == 200
        wait_for(lambda: receiver.told, "the webhook is told")
    assert [told["percent"] for _, told in receiver.told] == [20]
    assert receiver.url not in host.log()


def test_the_size_of_a_body(host: Host, plain: str, upstream: Simulator) -> None:
    large = "x" * 3000
    with stream_across(host, upstream):
        assert host.chat("echo", large).status == 200
        apply(host, with_server(plain, 'max_body = "2KiB"'))
        assert host.chat("echo", large).status == 413
        assert host.chat("echo").status == 200


def test_how_many_connections(host: Host, plain: str) -> None:
    """Those that are open stay."""
    with host.connect() as first, host.connect() as other:
        for connection in (first, other):
            connection.send("GET", "/health").body()
        assert apply(host, with_server(plain, "max_connections_per_client = 2")) \
            == ["server.max_connections_per_client"]
        assert host.get("/health").status == 503
        assert first.send("GET", "/health").status == 200
        apply(host, plain)
        assert host.get("/health").status == 200


# ---- listeners ----------------------------------------------------------------------------------


def refuses(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_listener_moves(host: Host, plain: str, upstream: Simulator) -> None:
    """The old address refuses, the new one serves, and what is connected stays so."""
    port = free_port()
    with stream_across(host, upstream), host.connect() as idle:
        assert idle.send("GET", "/health").json() == {"status": "ok"}
        moved = plain.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"', 1)
        assert apply(host, moved) == ["server.listen"]
        wait_for(lambda: refuses(host.port), "the old address refuses", 2)
        for _ in range(8):  # each of the workers
            assert connect(port).chat("echo").status == 200
        again = idle.chat("echo")
        assert (again.status, again.headers["x-bellwether-generation"]) == (200, "2")
        again.body()
        back = plain.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{host.port}"', 1)
        apply(host, back)
        assert refuses(port) and host.chat("echo").status == 200


def test_the_admin_listener_moves(host: Host, plain: str) -> None:
    """The answer to the reload comes over the old one."""
    port, old = free_port(), int(host.admin_url.rsplit(":", 1)[1])
    head, admin = plain.split("[admin]")
    moved = head + "[admin]" + admin.replace("127.0.0.1:0", f"127.0.0.1:{port}", 1)
    assert apply(host, moved) == ["admin.listen"]
    wait_for(lambda: refuses(old), "the old address refuses", 2)
    host.admin_url = f"http://127.0.0.1:{port}"
    assert gauge(host, "generation") == 2


def test_the_listener_widens_on_its_own_port(start_host: StartHost, plain: str) -> None:
    """From one address to all, on the port that the host itself has taken."""
    port, ann = free_port(), new_key("ann")
    at = 'listen = "{}:%d"' % port
    narrow = plain.replace('listen = "127.0.0.1:0"', at.format("127.0.0.1"), 1) + ann.toml
    host = start_host(narrow)
    assert apply(host, narrow.replace(f"127.0.0.1:{port}", f"0.0.0.0:{port}")) == ["server.listen"]
    for _ in range(20):
        assert host.chat("echo", headers=ann.bearer).status == 200
    apply(host, narrow)
    for _ in range(20):
        assert host.chat("echo", headers=ann.bearer).status == 200


def test_the_listeners_change_places(start_host: StartHost, plain: str) -> None:
    """Each moves to the address that the other has."""
    def at(api: int, admin: int) -> str:
        return (plain.replace("127.0.0.1:0", f"127.0.0.1:{api}", 1)
                .replace("127.0.0.1:0", f"127.0.0.1:{admin}", 1))

    one, other = free_port(), free_port()
    host = start_host(at(one, other))
    assert set(apply(host, at(other, one))) == {"server.listen", "admin.listen"}
    assert connect(other).chat("echo").status == 200


def test_no_connection_is_lost_while_the_listener_widens(start_host: StartHost, plain: str) -> None:
    """A client that has connected to the old socket and was not accepted yet is served."""
    port, ann = free_port(), new_key("ann")
    narrow = plain.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"', 1) + ann.toml
    wide = narrow.replace(f"127.0.0.1:{port}", f"0.0.0.0:{port}")
    host = start_host(narrow)
    over, failures, served = threading.Event(), [], []

    def call() -> None:
        while not over.is_set():
            try:
                with host.connect() as connection:
                    served.append(connection.send("GET", "/health").status)
            except Exception as failure:  # of whatever kind
                failures.append(repr(failure))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for config in [wide, narrow] * 10:
        apply(host, config)
    over.set()
    for thread in threads:
        thread.join()
    assert len(served) > 10 and set(served) == {200}
    assert not failures, (len(failures), failures[:3])


# ---- what is refused ----------------------------------------------------------------------------


def _taken(config: str, folder: Path) -> str:
    taken = socket.create_server(("127.0.0.1", 0))
    KEPT.append(taken)
    return config.replace("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}", 1)


def _broken_plugin(config: str, folder: Path) -> str:
    (folder / "broken.so").write_bytes((PLUGINS / "echo.so").read_bytes()[:5000])
    (folder / "broken.so").chmod(0o755)
    return config + f'\n[providers.bad]\nplugin = "{folder}/broken.so"\n' + route("bad", '"bad"')


KEPT: list[socket.socket] = []
BAD: dict[str, tuple[Callable[[str, Path], str], str]] = {
    "not TOML": (lambda config, folder: config + "\n[[routes]\n", r"toml:\d+:\d+: error"),
    "an unknown key": (lambda config, folder: with_server(config, "drains = 3"),
                       r"toml:\d+:\d+: error: unknown key"),
    "a value out of range": (lambda config, folder: with_server(config, 'drain = "2h"'),
                             r"toml:\d+:\d+: error"),
    "a provider that is not there": (
        lambda config, folder: config + route("lost", '"nobody"'), r"toml:\d+:\d+: error"),
    "no such plugin": (
        lambda config, folder: config + '\n[providers.bad]\nplugin = "nowhere"\n'
        + route("bad", '"bad"'), r"toml:\d+:\d+: error: .*nowhere"),
    "a broken plugin": (_broken_plugin, r"toml:\d+:\d+: error: .*broken"),
    "a secret that is not set": (
        lambda config, folder: config.replace("env:HOLYSHEEP_API_KEY", "env:NOT_SET_ANYWHERE"),
        r"toml:\d+:\d+: error: .*NOT_SET_ANYWHERE"),
    "a file of a secret that is gone": (
        lambda config, folder: config.replace("env:HOLYSHEEP_API_KEY", f"file:{folder}/none"),
        r"toml:\d+:\d+: error: .*none"),
    "no certificates": (
        lambda config, folder: re.sub(r'ca_file = ".*"', 'ca_file = "/nowhere.pem"', config),
        r"toml:\d+:\d+: error: .*nowhere.pem"),
    "an address that is taken": (_taken, "in use"),
    "an address that needs keys": (
        lambda config, folder: config.replace("127.0.0.1:0", "0.0.0.0:0", 1),
        r"toml:\d+:\d+: error"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_config_with_a_mistake_changes_nothing(host: Host, plain: str, upstream: Simulator,
                                                 tmp_path: Path, kind: str) -> None:
    """However much else it would have changed. A good one is taken afterwards."""
    spoil, told_as = BAD[kind]
    assert gauge(host, "last_reload_successful") == 1
    since = gauge(host, "last_reload_success_timestamp_seconds")
    before = host.admin("GET", "/admin/config").json()
    with stream_across(host, upstream):
        # Whatever it changes beside the mistake.
        spoilt = spoil(with_server(plain, 'heartbeat = "9s"'), tmp_path) + route("more", '"echo"')
        told = refused(host, spoilt)
        reasons = "\n".join([told["error"]["message"], *told["diagnostics"]])
        assert re.search(told_as, reasons), reasons
        assert (told["outcome"], told["generation"]) == ("refused", 1)
        assert host.admin("GET", "/admin/config").json() == before
        assert gauge(host, "generation") == gauge(host, "generations_alive") == 1
        assert gauge(host, "last_reload_successful") == 0
        assert gauge(host, "last_reload_success_timestamp_seconds") == since
        assert gauge(host, "reloads_total", outcome="refused") == 1
        served = host.chat("echo")
        assert (served.status, served.headers["x-bellwether-generation"]) == (200, "1")
        assert host.chat("more").status == 404
        apply(host, plain + route("more", '"echo"'))
        assert gauge(host, "last_reload_successful") == 1
        assert gauge(host, "generation") == 2
        assert gauge(host, "reloads_total", outcome="accepted") == 1
        assert host.chat("more").status == 200


def test_a_file_that_is_gone_or_no_file(host: Host, plain: str) -> None:
    """While an editor writes it anew, or a mount is away."""
    host.config.unlink()
    gone = refused(host)
    assert str(host.config) in "\n".join(gone["diagnostics"]), gone
    for make, remove in ((host.config.mkdir, host.config.rmdir),
                         (lambda: os.mkfifo(host.config), host.config.unlink),
                         (lambda: host.config.symlink_to("/dev/null"), host.config.unlink)):
        make()
        [told] = refused(host)["diagnostics"]
        assert "no regular file now" in told and "a reload works once it is one" in told
        remove()
    refused(host, "")
    refused(host, "\0\xff")
    assert host.chat("echo").status == 200 and gauge(host, "generation") == 1
    assert reload(host, plain)["outcome"] == "unchanged"
    assert gauge(host, "last_reload_successful") == 1


def test_an_address_that_is_taken_moves_neither_listener(host: Host, plain: str,
                                                         tmp_path: Path) -> None:
    """The one that could be opened is closed again."""
    port = free_port()
    head, admin = plain.split("[admin]")
    bad = head.replace("127.0.0.1:0", f"127.0.0.1:{port}", 1) + "[admin]" + _taken(admin, tmp_path)
    told = refused(host, bad)
    assert "in use" in told["error"]["message"]
    assert refuses(port) and host.chat("echo").status == 200


# ---- a dry run, and what has not changed --------------------------------------------------------


def test_of_many_changes_the_first_are_told(host: Host, plain: str) -> None:
    """And of the rest how many they are: neither the answer nor the log grows with the config."""
    host.config.write_text(plain + "".join(route(f"m{i}", '"echo"') for i in range(1500)))
    tried = run_cli("reload", "--dry-run", "--admin", host.admin_url)
    assert tried.stdout.endswith("\n  500 more settings\n")
    told = ask_reload(host).json()
    assert (len(told["changes"]), told["changes_left_out"]) == (1000, 500)
    wait_for(lambda: "changed: 500 more settings" in host.log(), "the count in the log")
    assert host.log().count("changed: routes[") == 1000
    assert ask_reload(host).json()["changes_left_out"] == 0


def test_a_dry_run_changes_nothing(host: Host, plain: str) -> None:
    """And tells what would change; a mistake it tells like a reload, and counts neither."""
    before = host.admin("GET", "/admin/config").json()
    host.config.write_text(plain + route("more", '"echo"'))
    reply = ask_reload(host, dry_run=True)
    told = reply.json()
    assert (reply.status, told["outcome"], told["generation"]) == (200, "tried", 1)
    assert [change["text"] for change in told["changes"]] == ["routes[more]: added"]
    refused(host, plain + "\n[nonsense]\n", dry_run=True)
    assert host.admin("GET", "/admin/config").json() == before
    assert host.chat("more").status == 404
    assert gauge(host, "last_reload_successful") == gauge(host, "generation") == 1
    assert gauge(host, "reloads_total") == 0


def test_a_dry_run_moves_no_listener(host: Host, plain: str) -> None:
    port = free_port()
    moved = plain.replace("127.0.0.1:0", f"127.0.0.1:{port}", 1)
    assert ask_reload(host, moved, dry_run=True).status == 200
    assert refuses(port) and host.chat("echo").status == 200


def test_a_dry_run_tries_another_address(host: Host, plain: str, tmp_path: Path) -> None:
    """One that is taken is told in the words of a reload; the admin listener's alike."""
    head, admin = plain.split("[admin]")
    for bad in (_taken(plain, tmp_path), head + "[admin]" + _taken(admin, tmp_path)):
        tried = refused(host, bad, dry_run=True)
        assert "in use" in tried["error"]["message"]
        assert refused(host)["error"]["message"] == tried["error"]["message"]
    own = plain.replace("127.0.0.1:0", f"127.0.0.2:{host.port}", 1)
    assert ask_reload(host, own, dry_run=True).status == 200
    assert apply(host) == ["server.listen"]


def test_a_dry_run_tries_a_ledger(start_host: StartHost, tmp_path: Path) -> None:
    """Of a host that had none. One in use by another host is refused, and one that could be had is
    not even made."""
    def config(file: Path) -> str:
        return server() + ECHO + f'\n[ledger]\nurl = "sqlite:{file}"\n' + budget(1000)

    owner = start_host(config(tmp_path / "owner.db"))
    host = start_host(server() + ECHO)
    for bad, why in ((tmp_path / "owner.db", f"process {owner.process.pid}"),
                     (tmp_path / "no" / "such" / "ledger.db", "cannot be made"),
                     (host.config, "not a database")):
        tried = refused(host, config(bad), dry_run=True)
        assert why in tried["error"]["message"], tried["error"]
        assert refused(host)["error"]["message"] == tried["error"]["message"]
    free = tmp_path / "free.db"
    assert ask_reload(host, config(free), dry_run=True).json()["outcome"] == "tried"
    assert not free.exists()
    apply(host)
    assert free.exists()


def test_a_dry_run_tries_no_ledger_in_place_of_another(host: Host, plain: str) -> None:
    """As a reload would not open it either."""
    changed = plain.replace('url = "memory:"', 'url = "sqlite:/no/such/ledger.db"')
    assert changed != plain
    told = ask_reload(host, changed, dry_run=True).json()
    assert (told["outcome"], told["needs_restart"]) == ("tried", ["ledger.url"])


def test_a_dry_run_asks_redis(start_host: StartHost, redis: Redis) -> None:
    """A server that is away refuses no reload, and is warned of."""
    host = start_host(server() + ECHO)
    config = server() + ECHO + f'\n[ledger]\nurl = "{redis.url}"\n' + budget(1000)
    told = ask_reload(host, config, dry_run=True).json()
    assert (told["outcome"], told["diagnostics"]) == ("tried", [])
    redis.command("CONFIG", "SET", "requirepass", "another")
    tried = refused(host, dry_run=True)["error"]["message"]
    assert "cannot be kept" in tried and refused(host)["error"]["message"] == tried
    redis.kill()
    told = ask_reload(host, dry_run=True).json()
    assert told["outcome"] == "tried"
    assert ["warning: the ledger is away" in line for line in told["diagnostics"]] == [True]


def test_what_has_not_changed_makes_no_generation(host: Host, plain: str) -> None:
    """Nor does a comment, or another order of the sections."""
    assert reload(host)["outcome"] == "unchanged"
    told = reload(host, "# a comment\n" + plain.replace('[log]\n', '\n# another\n[log]\n'))
    assert (told["outcome"], told["generation"], told["changes"]) == ("unchanged", 1, [])
    assert gauge(host, "reloads_total", outcome="accepted") == 2


@pytest.mark.parametrize("body", [b"", b"{}", b'{"dry_run": false}'])
def test_how_it_is_asked(host: Host, body: bytes) -> None:
    port = int(host.admin_url.rsplit(":", 1)[1])
    assert connect(port).send("POST", "/admin/reload", body).status == 200


@pytest.mark.parametrize("body", [b"{", b'{"dry_run": 1}', b'{"dry_run": "true"}', b"[]", b"3",
                                  b'{"dryrun": true}'])
def test_how_it_is_not_asked(host: Host, plain: str, body: bytes) -> None:
    """A misspelled dry run would be a reload."""
    host.config.write_text(plain + route("more", '"echo"'))
    port = int(host.admin_url.rsplit(":", 1)[1])
    assert connect(port).send("POST", "/admin/reload", body).status == 400
    assert gauge(host, "generation") == 1


def test_no_web_page_can_ask(host: Host) -> None:
    """A form is sent without asking beforehand, but never as JSON."""
    port = int(host.admin_url.rsplit(":", 1)[1])
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        reply = connect(port).send("POST", "/admin/reload", b"{}", {"content-type": kind})
        assert reply.status == 415
    assert connect(port).send("GET", "/admin/reload").status == 405


# ---- from the command line, and by a signal -----------------------------------------------------


def test_from_the_command_line(host: Host, plain: str) -> None:
    host.config.write_text(plain + route("more", '"echo"'))
    tried = run_cli("reload", "--dry-run", "--admin", host.admin_url)
    assert tried.returncode == 0 and "routes[more]: added" in tried.stdout
    assert gauge(host, "generation") == 1
    done = run_cli("reload", "--admin", host.admin_url)
    assert done.returncode == 0 and "routes[more]: added" in done.stdout
    assert "2" in done.stdout and done.stderr == ""
    again = run_cli("reload", "--json", "--admin", host.admin_url)
    assert again.returncode == 0 and json.loads(again.stdout)["outcome"] == "unchanged"
    host.config.write_text(plain + "\n[nonsense]\n")
    bad = run_cli("reload", "--admin", host.admin_url)
    assert bad.returncode == 1 and re.search(r"toml:\d+:\d+: error: .*nonsense", bad.stderr)
    assert bad.stdout == ""
    bad = run_cli("reload", "--json", "--admin", host.admin_url)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["error"]["code"] == "reload_refused"


def test_from_the_command_line_by_the_config(start_host: StartHost, plain: str) -> None:
    """Which tells where the admin listener is."""
    head, admin = plain.split("[admin]")
    config = head + "[admin]" + admin.replace("127.0.0.1:0", f"127.0.0.1:{free_port()}", 1)
    host = start_host(config)
    host.config.write_text(config + route("more", '"echo"'))
    done = run_cli("reload", "--config", host.config)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert gauge(host, "generation") == 2


def test_by_a_signal(host: Host, plain: str, upstream: Simulator) -> None:
    """SIGHUP, as services are told by habit; the log says what came of it."""
    with stream_across(host, upstream):
        host.config.write_text(plain + route("more", '"echo"'))
        host.process.send_signal(signal.SIGHUP)
        wait_for(lambda: gauge(host, "generation") == 2, "the config is reloaded")
        assert host.chat("more").status == 200
        host.config.write_text(plain + "\n[nonsense]\n")
        host.process.send_signal(signal.SIGHUP)
        wait_for(lambda: gauge(host, "last_reload_successful") == 0, "the config is refused")
    wait_for(lambda: "routes[more]: added" in host.log() and "nonsense" in host.log(), "the lines")


def test_the_service_manager_is_told(start_host: StartHost, plain: str, tmp_path: Path) -> None:
    """Type=notify-reload: it waits for READY, refused or not, and knows by the time which reload is
    meant."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10 * SLOWNESS)
        host = start_host(plain, {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(200) == b"READY=1"
        for config in (plain + route("more", '"echo"'), plain + "\n[nonsense]\n"):
            host.config.write_text(config)
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            host.process.send_signal(signal.SIGHUP)
            told = manager.recv(200).decode().split("\n")
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            assert told[0] == "RELOADING=1"
            assert before <= int(told[1].removeprefix("MONOTONIC_USEC=")) <= after
            assert manager.recv(200).startswith(b"READY=1")
        host.stop()
        assert manager.recv(200) == b"STOPPING=1"


