"""The admin listener: what it tells, what it changes, and what it never says."""

import json
import re
import signal
import socket
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server, standard_config
from integration.host import KEY, ROOT, SLOWNESS, Host, run_cli, wait_for
from integration.metrics_page import scrape
from upstream.scenarios import timing
from upstream.simulator import Simulator
from upstream.tls import Authority

PAGES = ["/metrics", "/health", "/health/liveliness", "/health/readiness", "/admin/config",
         "/admin/log", "/admin/models", "/admin/plugins", "/admin/routes", "/admin/version"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_and_keeps_secrets(host: Host, page: str) -> None:
    """The credential's name may be said, its value never."""
    reply = host.admin("GET", page)
    body = reply.body().decode()
    assert reply.status == 200 and KEY not in body
    if page != "/metrics":
        json.loads(body)


def test_the_config_is_shown_as_it_counts(host: Host) -> None:
    """Defaults filled in, credentials as references."""
    config = host.admin("GET", "/admin/config").json()
    assert config["server"]["max_body"] == "32MiB" and config["server"]["drain"] == "30s"
    assert config["server"]["workers"] == 2 and config["log"]["format"] == "json"
    holysheep = config["providers"]["holysheep"]
    assert holysheep["api_key"] == "env:HOLYSHEEP_API_KEY"
    assert holysheep["timeouts"]["stream_total"].endswith("s")
    assert {"model": "echo", "strategy": "ordered", "continue_stream": False,
            "to": [{"provider": "echo", "weight": 1, "tier": 1}]} in config["routes"]


def test_every_documented_key_is_shown(host: Host) -> None:
    """Of the sections that have no free names."""
    reference = (ROOT / "docs/configuration.md").read_text()
    config = host.admin("GET", "/admin/config").json()
    for section in ("server", "admin", "log", "retry", "health"):
        (text,) = re.findall(rf"^## `\[{section}\]`\n(.*?)^## ", reference, re.M | re.S)
        keys = set(re.findall(r"^\| `(\w+)` \|", text, re.M))
        assert keys and keys <= set(config[section]), section


def test_a_credential_in_the_wrong_place_is_not_shown(start_host: StartHost) -> None:
    """Even where somebody put it into an address."""
    host = start_host(server() + f"""
[providers.holysheep]
base_url = "https://example.com/{KEY}/v1"
api_key = "env:HOLYSHEEP_API_KEY"
""" + route("qwen-*", '["holysheep"]'))
    for page in ("/admin/config", "/admin/plugins"):
        body = host.admin("GET", page).body().decode()
        assert "https://example.com/***/v1" in body and KEY not in body


def test_the_plugins_and_models(host: Host) -> None:
    """What runs, by its sum; and what a client can ask for."""
    plugins = host.admin("GET", "/admin/plugins").json()["plugins"]
    assert {plugin["provider"] for plugin in plugins} == {"holysheep", "echo"}
    assert all(re.fullmatch("[0-9a-f]{64}", plugin["sha256"]) for plugin in plugins)
    models = host.admin("GET", "/admin/models").json()["models"]
    assert {model["id"] for model in models} >= {"echo", "qwen-max"}
    assert host.admin("GET", "/admin/routes").json()["routes"][0]["model"] == "qwen-*"


def test_the_log_level_changes_while_it_runs(start_host: StartHost) -> None:
    """The change itself is in the log; beyond it, from then on, only what the level lets through."""
    host = start_host(server() + "[providers.echo]\n" + route("echo", '["echo"]'))
    assert host.admin("GET", "/admin/log").json()["level"] == "info"
    reply = host.admin("PUT", "/admin/log", {"level": "debug"})
    assert (reply.status, reply.json()["level"]) == (200, "debug")
    assert host.admin("GET", "/admin/log").json()["level"] == "debug"
    host.admin("PUT", "/admin/log", {"level": "error"}).body()
    host.stop()
    messages = [line["message"] for line in map(json.loads, host.log().splitlines())
                if "message" in line]
    changes = [message for message in messages if message.startswith("log level")]
    assert changes == ["log level: debug", "log level: error"]
    assert not any("SIGTERM" in message for message in messages), messages


@pytest.mark.parametrize("payload", [{"level": "loud"}, {}, [], "debug", {"level": 3}])
def test_a_level_that_is_none_changes_nothing(host: Host, payload: object) -> None:
    """And the answer says which there are."""
    reply = host.admin("PUT", "/admin/log", payload)
    assert reply.status == 400 and "debug" in reply.error()["message"]
    assert host.admin("GET", "/admin/log").json()["level"] == "info"


def test_a_web_page_cannot_change_anything(host: Host) -> None:
    """What a browser sends unasked is no JSON."""
    port = int(host.admin_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as client:
        body = b'{"level":"error"}'
        client.sendall(b"PUT /admin/log HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
                       b"content-length: %d\r\n\r\n%s" % (len(body), body))
        assert b" 415 " in client.recv(4096).split(b"\r\n")[0]
    assert host.admin("GET", "/admin/log").json()["level"] == "info"


def test_what_it_does_not_serve(host: Host) -> None:
    """No calls; and the API serves no admin pages."""
    assert host.admin("POST", "/v1/chat/completions", {}).status == 404
    reply = host.admin("DELETE", "/admin/log")
    assert reply.status == 405 and reply.headers["allow"] == "GET, HEAD, PUT"
    for page in PAGES:
        if page.startswith("/admin/"):
            assert host.get(page).status == 404


def test_it_can_be_off(start_host: StartHost) -> None:
    """Then only the API listens."""
    config = server().replace('[admin]\nlisten = "127.0.0.1:0"', '[admin]\nlisten = "off"')
    host = start_host(config + "[providers.echo]\n" + route("echo", '["echo"]'))
    assert host.admin_url is None and host.get("/health").status == 200


def test_an_address_in_use(host: Host, tmp_path: Path) -> None:
    """The message names the key that solves it."""
    address = host.admin_url.removeprefix("http://")
    config = server().replace('[admin]\nlisten = "127.0.0.1:0"', f'[admin]\nlisten = "{address}"')
    file = tmp_path / "second.toml"
    file.write_text(config + "[providers.echo]\n" + route("echo", '["echo"]'))
    done = run_cli("serve", "--config", file)
    assert done.returncode == 1
    assert address in done.stderr and "in use" in done.stderr and "admin.listen" in done.stderr


def test_it_outlives_the_drain(start_host: StartHost, upstream: Simulator,
                               authority: Authority) -> None:
    """While the last call ends, an operator still sees it, and that nothing new is taken."""
    host = start_host(standard_config(upstream, authority))
    connection = host.connect()
    model = upstream.serve(timing.silent_after(["one "]))
    next(connection.chat(model, stream=True).events())
    host.process.send_signal(signal.SIGTERM)
    wait_for(lambda: host.admin("GET", "/health/readiness").status == 503, "it is not ready")
    assert host.admin("GET", "/health/liveliness").status == 200
    metrics = scrape(host)
    assert metrics.sum("bellwether_draining") == 1
    assert metrics.sum("bellwether_streams_active") == 1
    connection.close()
    assert host.process.wait(10 * SLOWNESS) == 0
