"""What the service of a plugin is told while the host runs (`BW_NOTICE_*`), and when it is replaced."""

import json
import re
import signal
from pathlib import Path

from integration.conftest import StartHost, provider, route, server
from integration.counting import send
from integration.host import PLUGINS, SLOWNESS, Host, wait_for
from integration.metrics_page import scrape
from integration.reloading import ECHO, PATIENT, apply, reload, stream_across
from integration.test_parrot import asked
from upstream.simulator import Simulator
from upstream.tls import Authority

DRAIN = "told 1"


def noticing(name: str, *members: str) -> str:
    return "\n".join(["", "[providers.noticing]", f'plugin = "{PLUGINS}/test/noticing.so"',
                      f'label = "{name}"', *members, ""]) + route("noticing", '"noticing"')


def said_by(host: Host, name: str) -> list[str]:
    """What has become of the service of that name, in its order."""
    return re.findall(rf"service {name}: ([a-z]+(?: \d)?)", host.log())


def waiting(host: Host) -> float:
    return scrape(host).sum("bellwether_calls_waiting")


def test_each_service_is_told_once_that_it_drains(start_host: StartHost, upstream: Simulator,
                                                  authority: Authority, isolated: bool) -> None:
    """One whose provider a reload replaces, then; one that is kept, when the host ends."""
    plain = (server() + provider("holysheep", upstream, authority, **PATIENT)
             + route("qwen-*", '"holysheep"'))
    members = ["isolate = true"] if isolated else []
    host = start_host(plain + noticing("old", *members))
    with stream_across(host, upstream):
        apply(host, plain + noticing("old", *members) + ECHO)
        assert said_by(host, "old") == ["opened"], "nothing of it has changed"
        apply(host, plain + noticing("new", *members))
        wait_for(lambda: said_by(host, "old") == ["opened", DRAIN], "the old one is told")
        wait_for(lambda: said_by(host, "new") == ["opened"], "the new one is open")
        host.process.send_signal(signal.SIGTERM)
        wait_for(lambda: said_by(host, "new") == ["opened", DRAIN], "the new one is told, too")
    assert host.process.wait(10 * SLOWNESS) == 0
    assert said_by(host, "old") == said_by(host, "new") == ["opened", DRAIN, "closed"]


def test_who_waited_is_served_by_an_engine_that_drains(start_host: StartHost) -> None:
    """Calls that a reload, or the end of the host, finds in the line before an engine come to it
    later."""
    def config(seconds: int) -> str:
        return (server() + '[providers.parrot]\nplugin = "parrot"\ndelay = "5ms"\n'
                f'max_concurrent = 1\non_limit = "queue:{seconds}s"\n' + route("parrot", '"parrot"'))

    host = start_host(config(60))
    for change in (lambda: apply(host, config(61)), lambda: host.process.send_signal(signal.SIGTERM)):
        with host.connect() as first, host.connect() as waits:
            events = first.post("/v1/chat/completions", asked(tokens=200, stream=True)).events()
            next(events)
            send(waits, json.dumps(asked(tokens=2)).encode())
            wait_for(lambda: waiting(host) == 1, "it waits")
            change()
            assert list(events)[-1] == "[DONE]"
            assert waits.read_reply().status == 200
    assert host.process.wait(10 * SLOWNESS) == 0


def test_a_credential_that_changed_comes_with_a_new_service(start_host: StartHost,
                                                            tmp_path: Path) -> None:
    """So that nothing that was made of the old one is left, and no notice tells of it. A reload that
    finds it unchanged keeps the service."""
    key = tmp_path / "key"
    key.write_text("the-first-key")
    key.chmod(0o600)
    host = start_host(server() + noticing("bound", f'api_key = "file:{key}"'))
    assert reload(host)["outcome"] == "unchanged"
    wait_for(lambda: said_by(host, "bound") == ["opened"], "it is open, once")
    key.write_text("the-second-key")
    apply(host)
    wait_for(lambda: said_by(host, "bound") == ["opened", "opened", DRAIN, "closed"],
             "the old service ends")
    assert "the-first-key" not in host.log() and "the-second-key" not in host.log()
