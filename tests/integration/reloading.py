"""What the tests of reloads share: a config changed while the host runs, and a stream that lives
through it."""

import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from integration.conftest import route
from integration.counting import body_of, send
from integration.host import Host
from integration.http_client import Reply, content_of
from integration.metrics_page import scrape
from upstream.puppet import Puppet
from upstream.simulator import Simulator

PIECES = 6  # of a stream that lives through a reload
ECHO = '\n[providers.echo]\nplugin = "echo"\n' + route("echo", '"echo"')
PATIENT = {"first_byte": 15000, "idle": 15000, "total": 20000}


def with_server(config: str, members: str) -> str:
    """The config with these lines in [server]."""
    return config.replace("[server]\n", f"[server]\n{members}\n", 1)


def ask_reload(host: Host, config: str | None = None, **members: Any) -> Reply:
    """Writes the config, if there is one, and asks for it to be read again."""
    if config is not None:
        host.config.write_text(config)
    return host.admin("POST", "/admin/reload", members)


def reload(host: Host, config: str | None = None) -> dict[str, Any]:
    """A reload that must be accepted; what it tells."""
    reply = ask_reload(host, config)
    told = reply.json()
    assert reply.status == 200, (told.get("error"), told.get("diagnostics"))
    return told


def apply(host: Host, config: str | None = None) -> list[str]:
    """A reload that must take effect; the settings that it tells of."""
    told = reload(host, config)
    assert told["outcome"] == "applied", told
    return [change["setting"] for change in told["changes"]]


def refused(host: Host, config: str | None = None, **members: Any) -> dict[str, Any]:
    """A reload that must be refused; what it tells."""
    reply = ask_reload(host, config, **members)
    told = reply.json()
    assert (reply.status, told["error"]["code"]) == (422, "reload_refused"), told
    return told


def gauge(host: Host, name: str, **labels: str) -> float:
    return scrape(host).sum(f"bellwether_config_{name}", **labels)


def replace_file(file: Path, data: bytes) -> None:
    """At once, as a package manager does it."""
    beside = file.with_name(f"{file.name}.{threading.get_ident()}")
    beside.write_bytes(data)
    beside.chmod(0o755)
    beside.rename(file)


@contextmanager
def stream_across(host: Host, upstream: Simulator,
                  headers: dict[str, str] | None = None, prefix: str = "qwen") -> Iterator[Reply]:
    """A stream that has begun; after the block it goes on to its end. Its pieces are numbered: none
    comes twice, and none is missing."""
    puppet = Puppet(upstream, prefix)
    with host.connect() as connection:
        send(connection, body_of(puppet.model, stream=True), headers)
        puppet.begin("0 ")
        reply = connection.read_reply()
        assert reply.status == 200
        events = reply.events()
        begun = next(events)
        yield reply
        for number in range(1, PIECES):
            puppet.say(f"{number} ")
        puppet.finish()
        *more, done = events
        assert done == "[DONE]"
    said = content_of([json.loads(event) for event in (begun, *more)])
    assert said == "".join(f"{number} " for number in range(PIECES))
