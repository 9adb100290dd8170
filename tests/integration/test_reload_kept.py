"""What a reload keeps, what becomes of the calls that began before it, and how it goes together
with others and with the end of the host."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integration.conftest import NO_REPETITIONS, StartHost, provider, route, server
from integration.counting import (
    answers_within, ask, body_of, budget, counted, limit, rules_config, send, wait_until_counted)
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Connection, Truncated
from integration.metrics_page import scrape
from integration.reloading import (
    ECHO, PATIENT, apply, ask_reload, gauge, reload, replace_file, stream_across, with_server)
from integration.test_shutdown import refuses_connections
from integration.test_warnings import Receiver, receiver  # noqa: F401: a fixture
from upstream import errors, qwen
from upstream.scenarios import answers, faults, timing
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

PAUSES = '[retry]\nattempts = 3\nfirst = "50s"\nlongest = "50s"'


@pytest.fixture
def plain(upstream: Simulator, authority: Authority) -> str:
    """`qwen-*` at the simulator, `echo` at the echo, and a ledger."""
    return rules_config("", upstream, authority) + ECHO


@pytest.fixture
def host(start_host: StartHost, plain: str) -> Host:
    return start_host(plain)


# ---- what is kept -------------------------------------------------------------------------------


def test_warm_connections_are_used_again(start_host: StartHost, upstream: Simulator,
                                         authority: Authority) -> None:
    """Of a provider that has not changed, whatever else has."""
    config = (server(workers=1) + provider("holysheep", upstream, authority, **PATIENT)
              + route("qwen-*", '"holysheep"') + ECHO)
    host = start_host(config)
    model = upstream.serve(answers.chat())
    for number in range(4):
        assert ask(host, model).status == 200
        apply(host, config + route(f"more-{number}", '"echo"'))
    assert len({request.connection for request in upstream.requests(model)}) == 1


def test_a_target_out_of_service_stays_out(start_host: StartHost, upstream: Simulator,
                                           second: Simulator, authority: Authority) -> None:
    """Until its own time is over; the call after a reload is not the one to find out."""
    config = (server(retry='attempts = 2\nfirst = "1ms"\nlongest = "1ms"',
                     health='failures = 2\nfirst = "1h"\nlongest = "1h"')
              + provider("one", upstream, authority, **PATIENT)
              + provider("two", second, authority, **PATIENT) + route("pair-*", '["one", "two"]')
              + ECHO)
    host = start_host(config)
    model = upstream.serve(faults.error(errors.OVERLOADED), prefix="pair")
    second.script(model, answers.chat())
    assert [host.chat(model).headers["x-bellwether-attempts"] for _ in range(3)] == ["2", "2", "1"]
    for number in range(3):
        apply(host, config + route(f"more-{number}", '"echo"'))
        assert host.chat(model).headers["x-bellwether-attempts"] == "1"
    assert len(upstream.requests(model)) == 2
    moved = config.replace(upstream.base_url, second.base_url)
    apply(host, moved)  # another upstream is not known to be ill
    assert host.chat(model).headers["x-bellwether-provider"] == "one"


def test_a_rate_is_not_filled_up(start_host: StartHost, plain: str, upstream: Simulator) -> None:
    host = start_host(plain + limit(requests='"2/h"'))
    model = upstream.serve(answers.chat())
    assert [ask(host, model).status for _ in range(3)] == [200, 200, 429]
    for number in range(3):
        apply(host, plain + limit(requests='"2/h"') + route(f"more-{number}", '"echo"'))
        assert ask(host, model).status == 429


def test_who_waits_for_a_place_gets_it(start_host: StartHost, plain: str,
                                       upstream: Simulator) -> None:
    """Calls under way under the old config take up the places of the new one, and one that waits
    since before the reload is served when its turn comes."""
    def config(places: int) -> str:
        return plain + limit(concurrent=str(places), on_limit='"queue:60s"')

    host = start_host(config(1))
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat()))
    with host.connect() as first, host.connect() as waits, host.connect() as late:
        send(first, body_of(model))
        wait_for(lambda: len(upstream.requests(model)) == 1, "the first is at its provider")
        send(waits, body_of(model))
        wait_for(lambda: scrape(host).sum("bellwether_queue_waiting") or True, "it waits")
        apply(host, config(1) + route("more", '"echo"'))
        send(late, body_of(model))
        assert not answers_within(late, 0.2) and len(upstream.requests(model)) == 1
        apply(host, config(3))
        gate.open()
        assert [one.read_reply().status for one in (first, waits, late)] == [200] * 3


def test_no_counter_goes_down(start_host: StartHost, plain: str, upstream: Simulator) -> None:
    """One may be gone with what it is named after; when it comes back, it counts on."""
    host = start_host(plain + budget(100_000, warn_at="[0.0001]"))

    def counters() -> dict[tuple[str, str], float]:
        return {(sample.name, json.dumps(sample.labels, sort_keys=True)): sample.value
                for family in scrape(host).families if family.type in ("counter", "histogram")
                for sample in family.samples}

    ask(host, upstream.serve(answers.chat())).body()
    host.chat("echo").body()
    host.chat("nobody").body()
    known = counters()
    variants = [plain, server() + '\n[ledger]\nurl = "memory:"\n' + ECHO,
                plain + budget(1000, name="another"), plain + route("more", '"echo"'), plain]
    for config in variants:
        apply(host, config)
        now = counters()
        lower = {name: (value, now.get(name)) for name, value in known.items()
                 if now.get(name, value) < value}
        assert not lower
        known |= now
        host.chat("echo").body()


def test_the_budget_of_retries_is_not_filled_up(start_host: StartHost, upstream: Simulator,
                                                authority: Authority) -> None:
    """A reload in an outage does not let the storm loose once more."""
    config = (server(retry='attempts = 20\nfirst = "1ms"\nlongest = "1ms"\n'
                           'budget_percent = 0\nbudget_floor = 1')
              + provider("holysheep", upstream, authority, **PATIENT)
              + route("qwen-*", '"holysheep"') + ECHO)
    host = start_host(config)
    model = upstream.serve(faults.error(errors.OVERLOADED))
    while int(ask(host, model).headers["x-bellwether-attempts"]) > 3:
        pass
    for number in range(3):
        apply(host, config + route(f"more-{number}", '"echo"'))
        assert int(ask(host, model).headers["x-bellwether-attempts"]) <= 3


def test_a_connection_that_is_kept_gets_the_new_config(host: Host, plain: str) -> None:
    """For its next request; one whose head or body is on its way is served in any case."""
    with host.connect() as idle, host.connect() as head, host.connect() as body:
        for connection in (idle, head, body):
            reply = connection.chat("echo")
            assert reply.headers["x-bellwether-generation"] == "1"
            reply.body()
        request = body_of("echo")
        text = (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(request))
        head.socket.sendall(text[:40])
        body.socket.sendall(text + request[:10])
        apply(host, plain + route("more", '"echo"'))
        more = idle.chat("more")
        assert (more.status, more.headers["x-bellwether-generation"]) == (200, "2")
        head.socket.sendall(text[40:] + request)
        body.socket.sendall(request[10:])
        assert head.read_reply().status == body.read_reply().status == 200


def test_limits_of_reading_change_within_a_head(host: Host, plain: str) -> None:
    """The next request over a connection that was open before is held to them."""
    with host.connect() as connection:
        assert connection.send("GET", "/health").status == 200
        connection.read_exactly(0)
    with host.connect() as connection:
        connection.send("GET", "/health").body()
        apply(host, with_server(plain, 'max_headers = "1KiB"'))
        assert connection.send("GET", "/health", headers={"x-long": "x" * 2000}).status == 431


# ---- the end of old generations -----------------------------------------------------------------


def test_old_calls_are_ended(start_host: StartHost, plain: str, upstream: Simulator) -> None:
    """`reload_drain`: a stream gets an error event, a call that waits a 503. Both are told that
    their config has gone, not the host, and so are the log and the metrics."""
    host = start_host(plain)
    endless = upstream.serve(timing.steady(0.02))
    waits = upstream.serve(timing.head_then_silence())
    with host.connect() as streams, host.connect() as plain_call:
        events = streams.chat(endless, stream=True, headers={"x-request-id": "long"}).events()
        next(events)
        send(plain_call, body_of(waits))
        wait_for(lambda: upstream.requests(waits), "the call is at its provider")
        began = time.monotonic()
        apply(host, with_server(plain, 'reload_drain = "1s"'))
        *_, error, done = events
        assert time.monotonic() - began >= 0.9
        told = json.loads(error)["error"]
        assert (told["code"], done) == ("config_replaced", "[DONE]")
        assert "shutting down" not in told["message"]
        ended = plain_call.read_reply()
        assert (ended.status, ended.error()["code"]) == (503, "config_replaced")
        assert ended.headers["retry-after"] == "1"
    line = host.access_line("long")
    assert (line["outcome"], line["error"], line["generation"]) == ("error", "config_replaced", 1)
    assert scrape(host).sum("bellwether_requests_total", error_type="config_replaced") == 2
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")
    assert upstream.ended(endless)[0].disconnected_at is not None
    assert host.chat("echo").status == 200


def test_new_calls_are_not_ended_with_the_old(start_host: StartHost, plain: str,
                                              upstream: Simulator) -> None:
    host = start_host(with_server(plain, 'reload_drain = "1s"'))
    endless = upstream.serve(timing.steady(0.02))
    with host.connect() as old:
        events = old.chat(endless, stream=True).events()
        next(events)
        apply(host, with_server(plain, 'reload_drain = "1s"') + route("more", '"echo"'))
        with stream_across(host, upstream):
            *_, done = events
            assert done == "[DONE]"


def test_a_shorter_time_counts_for_all_old_calls(start_host: StartHost, plain: str,
                                                 upstream: Simulator) -> None:
    """An operator who gives less time wants to be rid of old streams, and a reload that gives more
    lets none live longer."""
    host = start_host(plain)
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as first, host.connect() as second:
        streams = []
        for number, connection in enumerate((first, second)):
            streams.append(connection.chat(model, stream=True).events())
            next(streams[-1])
            apply(host, plain + route(f"more-{number}", '"echo"'))
        assert gauge(host, "generations_alive") == 3
        began = time.monotonic()
        apply(host, with_server(plain, 'reload_drain = "1s"'))
        apply(host, with_server(plain, 'reload_drain = "24h"'))
        for events in streams:
            *_, error, done = events
            assert json.loads(error)["error"]["code"] == "config_replaced" and done == "[DONE]"
        assert time.monotonic() - began >= 0.9
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")


# ---- at once, and at the end --------------------------------------------------------------------


def test_reloads_at_once_come_one_after_the_other(host: Host, plain: str) -> None:
    """By signal and by request, while the file changes: who asks while one waits gets its answer."""
    def one(number: int) -> dict[str, Any]:
        replace_file(host.config, (plain + route(f"more-{number}", '"echo"')).encode())
        if number % 3 == 0:
            host.process.send_signal(signal.SIGHUP)
        return reload(host)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(one, range(40)))
    replace_file(host.config, (plain + route("last", '"echo"')).encode())
    last = reload(host)
    assert last["generation"] >= max(one["generation"] for one in told)
    assert gauge(host, "generation") == last["generation"]
    assert host.chat("last").status == 200
    models = {entry["model"] for entry in host.admin("GET", "/admin/config").json()["routes"]}
    assert models == {"qwen-*", "echo", "last"}
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")


def test_no_reload_while_the_host_ends(host: Host, plain: str, upstream: Simulator) -> None:
    """The admin listener is there until the last call has ended, and says so."""
    with stream_across(host, upstream):
        host.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(host), "new connections are refused")
        reply = ask_reload(host, plain + route("more", '"echo"'))
        assert (reply.status, reply.error()["code"]) == (409, "draining")
        host.process.send_signal(signal.SIGHUP)
        done = run_cli("reload", "--admin", host.admin_url)
        assert done.returncode == 1
    host.stop()


@pytest.mark.parametrize("pause_ms", [0, 3, 10, 30])
def test_an_end_in_the_middle_of_reloads(start_host: StartHost, plain: str, upstream: Simulator,
                                         pause_ms: int) -> None:
    """The stream ends well, whichever of the two comes first, and so does the host."""
    host = start_host(plain)
    port = int(host.admin_url.rsplit(":", 1)[1])
    over = threading.Event()

    def reload_on() -> None:
        number = 0
        while not over.is_set():
            number += 1
            replace_file(host.config, (plain + route(f"more-{number}", '"echo"')).encode())
            try:
                Connection(port).post("/admin/reload", {}).body()
            except (OSError, Truncated):  # the host has gone
                return

    with stream_across(host, upstream):
        thread = threading.Thread(target=reload_on)
        thread.start()
        wait_for(lambda: gauge(host, "generation") > 2, "reloads come")
        time.sleep(pause_ms / 1000)
        host.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(host), "new connections are refused")
    host.stop()
    over.set()
    thread.join()


def test_a_second_signal_ends_the_calls_of_old_generations_too(
        start_host: StartHost, plain: str, upstream: Simulator) -> None:
    """A stop at once tells the clients of each."""
    host = start_host(plain)
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as old, host.connect() as new:
        events = old.chat(model, stream=True).events()
        next(events)
        apply(host, plain + route("more", '"echo"'))
        later = new.chat(model, stream=True).events()
        next(later)
        host.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(host), "new connections are refused")
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(5 * SLOWNESS) == 0


def test_the_drain_ends_the_calls_of_old_generations_too(start_host: StartHost, plain: str,
                                                         upstream: Simulator) -> None:
    host = start_host(with_server(plain, 'drain = "300ms"'))
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as old:
        events = old.chat(model, stream=True).events()
        next(events)
        apply(host, with_server(plain, 'drain = "300ms"') + route("more", '"echo"'))
        host.stop()
        *_, error, done = events
        assert json.loads(error)["error"]["code"] == "draining" and done == "[DONE]"


def test_a_call_that_goes_on_without_its_client_is_counted(start_host: StartHost, plain: str,
                                                           upstream: Simulator) -> None:
    """`on_disconnect = "drain"`: its client has gone, its config has gone, its usage has not."""
    config = with_server(plain, 'on_disconnect = "drain"') + budget(100_000)
    host = start_host(config)
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat(["word"], used=qwen.usage(900, 100))))
    with host.connect() as connection:
        send(connection, body_of(model))
        wait_for(lambda: upstream.requests(model), "the call is at its provider")
    apply(host, config + route("more", '"echo"'))
    assert counted(host)[1] > 0
    gate.open()
    wait_until_counted(host, 1000)
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")


# ---- calls in all their states ------------------------------------------------------------------


def test_a_client_that_hangs_up_after_reloads(start_host: StartHost, plain: str,
                                              upstream: Simulator) -> None:
    """Its call is cancelled, its hold is given back and its generation goes."""
    config = plain + budget(100_000)
    host = start_host(config)
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as connection:
        next(connection.chat(model, stream=True).events())
        for number in range(2):
            apply(host, config + route(f"more-{number}", '"echo"'))
        wait_for(lambda: gauge(host, "generations_alive") == 2, "the one in between is gone")
        assert counted(host)[1] > 0
    assert upstream.ended(model)[0].disconnected_at is not None
    wait_for(lambda: counted(host)[1] == 0, "nothing is held")
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")


def test_a_call_without_a_client_is_ended_too(start_host: StartHost, plain: str,
                                              upstream: Simulator) -> None:
    """`reload_drain` is also for those that go on though their client has hung up."""
    config = with_server(plain, 'on_disconnect = "drain"\nreload_drain = "1s"') + budget(100_000)
    host = start_host(config)
    model = upstream.serve(timing.steady(0.02))
    with host.connect() as connection:
        next(connection.chat(model, stream=True).events())
    apply(host, config + route("more", '"echo"'))
    assert counted(host)[1] > 0
    wait_for(lambda: counted(host)[1] == 0, "nothing is held")
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")


def test_a_copy_for_a_model_that_is_gone(start_host: StartHost, plain: str, upstream: Simulator,
                                         second: Simulator, authority: Authority) -> None:
    """A shadow call goes on to its end after its client's, and is settled."""
    shaded = (rules_config(budget(100_000), upstream, authority) + ECHO
              + provider("shade", second, authority, **PATIENT)
              + '\n[[routes]]\nmodel = "shaded-*"\nto = "holysheep"\n'
              + 'shadow = { to = "shade", share = "100%" }\n')
    host = start_host(shaded)
    gate = Gate(second)
    model = upstream.serve(answers.chat(), prefix="shaded")
    second.script(model, gate.behind(answers.chat()))
    assert ask(host, model).status == 200
    wait_for(lambda: second.requests(model), "the copy is at its provider")
    apply(host, shaded + route("more", '"echo"'))
    apply(host, plain + budget(100_000))
    assert counted(host)[1] > 0
    gate.open()
    wait_until_counted(host, 2 * 23)
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")


def test_a_ledger_comes_while_calls_are_under_way(start_host: StartHost, upstream: Simulator,
                                                  authority: Authority) -> None:
    """The first budget of a host that had none. What began before is not counted."""
    bare = (server() + provider("holysheep", upstream, authority, **PATIENT)
            + route("qwen-*", '"holysheep"'))
    host = start_host(bare)
    with stream_across(host, upstream):
        told = reload(host, bare + budget(100_000))
        assert (told["outcome"], told["needs_restart"]) == ("applied", [])
        with stream_across(host, upstream):
            assert counted(host)[1] > 0
    wait_until_counted(host, 39)


def test_a_wait_that_a_provider_asked_for_is_remembered(start_host: StartHost, plain: str,
                                                        upstream: Simulator) -> None:
    """Nobody is sent to it, to be refused again, because the config was read again."""
    def patient(config: str) -> str:
        return config.replace('plugin = "holysheep"\n',
                              'plugin = "holysheep"\non_limit = "reject"\n')

    host = start_host(patient(plain))
    model = upstream.serve(faults.error(errors.RATE, {"retry-after": "50"}), answers.chat())
    assert ask(host, model).status == 429
    for number in range(3):
        apply(host, patient(plain) + route(f"more-{number}", '"echo"'))
        refusal = ask(host, model)
        assert refusal.status == 429 and 30 < int(refusal.headers["retry-after"]) <= 50
    assert len(upstream.requests(model)) == 1


def test_a_storm_of_signals(host: Host, plain: str, upstream: Simulator) -> None:
    with stream_across(host, upstream):
        for number in range(40):
            replace_file(host.config, (plain + route(f"more-{number % 3}", '"echo"')).encode())
            host.process.send_signal(signal.SIGHUP)
        assert host.chat("echo").status == 200
    reload(host, plain)
    assert host.chat("more-1").status == 404
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")


def test_an_end_behind_many_signals(start_host: StartHost, plain: str) -> None:
    """Those that wait still come to nothing, and to no harm."""
    host = start_host(plain)
    for _ in range(40):
        host.process.send_signal(signal.SIGHUP)
        time.sleep(0.001)  # so that the system does not take them together
    host.stop()


def test_probes_follow_the_provider(start_host: StartHost, plain: str, upstream: Simulator,
                                    second: Simulator) -> None:
    """The upstream that it had before is asked no more."""
    config = plain.replace('plugin = "holysheep"\n', 'plugin = "holysheep"\nprobe = "1s"\n')

    def asked(simulator: Simulator) -> int:
        return len([entry for entry in simulator.journal.of("") if entry.path == "/v1/models"])

    before = asked(upstream), asked(second)
    host = start_host(config)
    wait_for(lambda: asked(upstream) > before[0], "the first upstream is asked")
    apply(host, config.replace(upstream.base_url, second.base_url))
    then = asked(upstream)
    wait_for(lambda: asked(second) >= before[1] + 3, "the second upstream is asked")
    assert asked(upstream) <= then + 1


def test_calls_that_wait_are_ended_too(start_host: StartHost, upstream: Simulator,
                                       authority: Authority) -> None:
    """`reload_drain`: one in the line of a limit, and one in the pause before its next try."""
    def config(members: str) -> str:
        rule = limit(concurrent="1", on_limit='"queue:60s"', match='{ model = "qwen-t*" }')
        text = rules_config(rule, upstream, authority) + ECHO
        return with_server(text.replace("[retry]\n" + NO_REPETITIONS, PAUSES, 1), members)

    host = start_host(config('reload_drain = "none"'))
    gate = Gate(upstream)
    held = upstream.serve(gate.behind(answers.chat()))
    failing = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after": "50"}),
                             prefix="qwen-x")
    with host.connect() as first, host.connect() as line, host.connect() as pause:
        send(first, body_of(held))
        wait_for(lambda: upstream.requests(held), "the first is at its provider")
        send(line, body_of(held))
        send(pause, body_of(failing))
        wait_for(lambda: upstream.ended(failing), "a try has failed")
        assert not answers_within(pause, 0.2) and not answers_within(line, 0)
        apply(host, config('reload_drain = "1s"'))
        for waits in (first, line, pause):
            ended = waits.read_reply()
            assert (ended.status, ended.error()["code"]) == (503, "config_replaced")
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generation is gone")
    gate.open()
    assert ask(host, held).status == 200  # the place in the line is free


def test_a_webhook_that_is_gone_is_still_told(start_host: StartHost, plain: str,
                                              upstream: Simulator, authority: Authority,
                                              receiver: Receiver) -> None:  # noqa: F811
    """What the old config had to say, although the new one has no webhook, and the host ends."""
    receiver.statuses = [503, 200]
    hook = f'\n[webhooks.ops]\nurl = "{receiver.url}"\nca_file = "{authority.ca_file}"\n'
    host = start_host(plain + hook + budget(1000, warn_at="[0.01]", webhook='"ops"'))
    assert ask(host, upstream.serve(answers.chat())).status == 200
    wait_for(lambda: receiver.told, "the webhook is told, and does not understand")
    apply(host, plain)
    host.process.send_signal(signal.SIGTERM)
    wait_for(lambda: len(receiver.told) == 2, "it is told once more")
    host.stop()
    assert "was not told" not in host.log()
