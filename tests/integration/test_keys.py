"""Client keys: who is let in, what each may use, and what nobody gets to see."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from integration.client_keys import ClientKey, new_key
from integration.conftest import StartHost, standard_config
from integration.host import KEY, Host, run_cli
from integration.http_client import Connection, Reply
from integration.metrics_page import scrape
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

ECHO = {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def keys() -> dict[str, ClientKey]:
    made = [
        new_key("alice", "--team", "research"),
        new_key("alice-next", "--team", "research"),  # the one that alice changes to
        new_key("bob", "--team", "sales", "--models", "echo", "qwen-test-*"),
        new_key("gone", more="disabled = true\n"),
        new_key("late", more="expires = 2020-01-01\n"),
        new_key("later", "--expires", "2999-12-31T23:59:59+07:00"),
    ]
    return {key.name: key for key in made}


@pytest.fixture(scope="module")
def config(keys: dict[str, ClientKey], upstream: Simulator, authority: Authority) -> str:
    text = standard_config(upstream, authority).replace(
        'listen = "127.0.0.1:0"\nworkers', 'listen = "0.0.0.0:0"\nworkers', 1)
    return text + "\n".join(key.toml for key in keys.values())


@pytest.fixture(scope="module")
def guarded(start_host: StartHost, config: str) -> Host:
    """A host that other machines can reach, with keys."""
    host = start_host(config)
    assert host.url.startswith("http://0.0.0.0:")
    return host


def ask(host: Host, headers: dict[str, str], payload: dict[str, Any] = ECHO) -> Reply:
    return host.post("/v1/chat/completions", payload, headers)


def get(host: Host, path: str, headers: dict[str, str] | None = None) -> Reply:
    return host.connect().send("GET", path, headers=headers)


def refused(reply: Reply) -> str:
    """The message of a 401, which ends the connection."""
    error = reply.error()
    assert reply.status == 401 and reply.headers["connection"] == "close"
    assert reply.headers["www-authenticate"] == "Bearer"
    assert error["type"] == "invalid_request_error" and error["param"] is None
    assert error["code"] == (None if "didn't provide" in error["message"] else "invalid_api_key")
    return error["message"]


def test_a_key_opens_the_host(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """In either header; also both, if they agree."""
    alice = keys["alice"]
    for headers in (alice.bearer, {"x-api-key": alice.text},
                    {**alice.bearer, "x-api-key": alice.text},
                    {"authorization": f"bearer  {alice.text}"}):
        assert ask(guarded, headers).status == 200, headers
    assert ask(guarded, keys["later"].bearer).status == 200


def test_a_connection_is_kept_for_callers_with_keys(guarded: Host,
                                                    keys: dict[str, ClientKey]) -> None:
    """Each request says anew who it is of."""
    connection = guarded.connect()
    for name in ("alice", "bob", "alice"):
        reply = connection.post("/v1/chat/completions", ECHO, keys[name].bearer)
        assert reply.json()["choices"] and reply.status == 200
        line = guarded.access_line(reply.headers["x-request-id"])
        assert line["key"] == keys[name].id
    assert "provide an API key" in refused(connection.post("/v1/chat/completions", ECHO))
    assert connection.at_end()


def test_without_a_key(guarded: Host) -> None:
    for headers in ({}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}):
        assert "You didn't provide an API key" in refused(ask(guarded, headers))


def test_a_wrong_key_is_not_repeated(guarded: Host, keys: dict[str, ClientKey]) -> None:
    alice = keys["alice"]
    wrong = alice.text[:-1] + ("0" if alice.text[-1] != "0" else "1")
    message = refused(ask(guarded, {"x-api-key": wrong}))
    assert message.startswith(f"Incorrect API key provided: bw-{alice.id}-****.")
    assert alice.secret[:8] not in message
    for foreign in ("sk-proj-abcdefghijklmnopqrstuvwxyz", "client-key", alice.secret):
        message = refused(ask(guarded, {"x-api-key": foreign}))
        assert message.startswith("Incorrect API key provided: ****.") and foreign not in message


def test_two_different_keys(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """It would be unclear who pays."""
    both = {**keys["alice"].bearer, "x-api-key": keys["bob"].text}
    assert "two different API keys" in refused(ask(guarded, both))


@pytest.mark.parametrize(("name", "why"), [("gone", "is disabled"), ("late", "expired at 2020")])
def test_a_key_that_is_over(guarded: Host, keys: dict[str, ClientKey], name: str,
                            why: str) -> None:
    """Why is told to who has the secret, and to nobody else."""
    key = keys[name]
    assert why in refused(ask(guarded, key.bearer))
    assert "Incorrect API key" in refused(ask(guarded, {"x-api-key": f"bw-{key.id}-guessed"}))


def test_two_keys_of_a_team_are_good_at_once(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """So that a client can change from one to the other."""
    for name in ("alice", "alice-next"):
        reply = ask(guarded, keys[name].bearer)
        line = guarded.access_line(reply.headers["x-request-id"])
        assert (line["key"], line["team"]) == (keys[name].id, "research")


def test_a_key_that_is_taken_out_is_refused(start_host: StartHost, config: str,
                                            keys: dict[str, ClientKey]) -> None:
    """After the restart."""
    host = start_host(config.replace(keys["alice"].toml, ""))
    assert "Incorrect API key" in refused(ask(host, keys["alice"].bearer))
    assert ask(host, keys["alice-next"].bearer).status == 200


def test_models_of_a_key(guarded: Host, keys: dict[str, ClientKey], upstream: Simulator) -> None:
    """One that it may not use is refused as OpenAI does, whether there is such a model or not, and
    no provider hears of it."""
    bob = keys["bob"].bearer
    allowed = upstream.serve(answers.chat())
    assert ask(guarded, bob).status == 200
    assert ask(guarded, bob, {**ECHO, "model": allowed}).status == 200
    upstream.script("qwen-max", answers.chat())
    before = len(upstream.requests("qwen-max"))
    for model in ("qwen-max", "no-such-model"):
        reply = ask(guarded, bob, {**ECHO, "model": model})
        error = reply.error()
        assert (reply.status, error["code"], error["param"]) == (403, "model_not_found", "model")
        assert "does not have access" in error["message"] and "qwen-test-*" in error["message"]
    assert len(upstream.requests("qwen-max")) == before
    reply = ask(guarded, bob, {**ECHO, "model": "qwen-max", "stream": True})
    assert reply.status == 403


def test_the_list_of_models_is_the_keys_own(guarded: Host, keys: dict[str, ClientKey]) -> None:
    def listed(name: str) -> set[str]:
        reply = get(guarded, "/v1/models", keys[name].bearer)
        return {model["id"] for model in reply.json()["data"]}
    assert listed("bob") == {"echo"}
    assert {"echo", "qwen-max"} <= listed("alice")
    assert get(guarded, "/v1/models/qwen-max", keys["alice"].bearer).status == 200
    assert get(guarded, "/v1/models/qwen-max", keys["bob"].bearer).status == 403
    # Nor does a wrong name that the key covers tell of what others may use.
    unknown = get(guarded, "/v1/models/qwen-test-no-such/x", keys["bob"].bearer)
    assert unknown.status == 404 and "qwen-max" not in unknown.error()["message"]


def test_only_health_needs_no_key(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """Probes have none. Metrics tell of everybody's calls, so no client gets them."""
    for path in ("/health", "/health/readiness", "/health/liveliness"):
        assert get(guarded, path).status == 200
    for path in ("/v1/models", "/v1/models/echo", "/metrics", "/", "/healthz", "/health/x",
                 "/v1/chat/completions", "/admin/config"):
        refused(get(guarded, path))
    reply = get(guarded, "/metrics", keys["alice"].bearer)
    assert reply.status == 404 and "admin listener" in reply.error()["message"]
    assert guarded.admin("GET", "/metrics").status == 200


@pytest.mark.parametrize("framing", ["content-length: 30000000", "transfer-encoding: chunked"])
@pytest.mark.parametrize("more", ["", "expect: 100-continue\r\n", "content-type: text/plain\r\n"])
def test_a_stranger_sends_no_body(guarded: Host, framing: str, more: str) -> None:
    """The answer comes at the end of the head, before any of the body, and is the only one."""
    with guarded.connect() as connection:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{framing}\r\n{more}"
        connection.socket.sendall(f"{head}content-type: application/json\r\n\r\n".encode()
                                  if "content-type" not in more else f"{head}\r\n".encode())
        reply = connection.read_reply()
        assert "provide an API key" in refused(reply)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.at_end()


def test_a_name_is_checked_if_names_are_given(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """`hosts` holds beyond loopback as well; addresses are always answered to."""
    alice = keys["alice"].bearer
    for name, status in (("bellwether", 200), ("10.1.2.3:4141", 200), ("example.com", 421)):
        assert get(guarded, "/v1/models", {"host": name, **alice}).status == status


def test_any_name_if_none_is_given(start_host: StartHost, config: str,
                                   keys: dict[str, ClientKey]) -> None:
    """Beyond loopback the key keeps strangers' pages out. The admin listener has none, and goes by
    its own address."""
    host = start_host(config.replace('hosts = ["x", "bellwether"]\n', ""))
    assert get(host, "/v1/models", {"host": "example.com", **keys["alice"].bearer}).status == 200
    admin = Connection(int(host.admin_url.rsplit(":", 1)[1]))
    assert admin.send("GET", "/admin/config", headers={"host": "example.com"}).status == 421
    assert "127.0.0.1" in host.admin_url


def test_loopback_with_keys_asks_too(start_host: StartHost, config: str,
                                     keys: dict[str, ClientKey]) -> None:
    host = start_host(config.replace("0.0.0.0", "127.0.0.1"))
    refused(ask(host, {}))
    assert ask(host, keys["bob"].bearer).status == 200


def test_without_keys_nobody_is_asked(host: Host, keys: dict[str, ClientKey]) -> None:
    """Whatever a client sends; and the host stays on this machine."""
    for headers in ({}, {"authorization": "Bearer unused"},
                    {"x-api-key": "a", **keys["bob"].bearer}):
        assert ask(host, headers).status == 200
    assert get(host, "/metrics").status == 200


def test_strangers_are_kept_out_by_configuration(tmp_path: Path, upstream: Simulator,
                                                 authority: Authority) -> None:
    """No keys: no address that others can reach."""
    file = tmp_path / "bellwether.toml"
    file.write_text(standard_config(upstream, authority).replace("127.0.0.1:0", "0.0.0.0:0", 1))
    done = run_cli("serve", "--config", file)
    assert done.returncode == 2 and "bellwether key new NAME" in done.stderr


def test_no_provider_hears_of_a_key(guarded: Host, keys: dict[str, ClientKey],
                                    upstream: Simulator) -> None:
    model = upstream.serve(answers.chat())
    alice = keys["alice"]
    assert ask(guarded, {**alice.bearer, "x-api-key": alice.text},
               {**ECHO, "model": model}).status == 200
    (request,) = upstream.requests(model)
    assert request.header("authorization") == f"Bearer {KEY}"
    assert request.header("x-api-key") is None
    everything = str(request.headers) + request.body.decode()
    assert alice.secret not in everything and alice.id not in everything


def test_what_the_log_says(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """The public id and the team, also of a refused key; nothing of one that nobody has."""
    bob = keys["bob"]
    served = ask(guarded, bob.bearer)
    line = guarded.access_line(served.headers["x-request-id"])
    assert (line["key"], line["team"]) == (bob.id, "sales")
    wrong = ask(guarded, {"x-api-key": f"bw-{bob.id}-guessed", "x-request-id": "wrong-secret"})
    assert wrong.status == 401
    line = guarded.access_line("wrong-secret")
    assert (line["key"], line["status"], line["error"]) == (bob.id, 401, "invalid_api_key")
    ask(guarded, {"x-api-key": "bw-zzzzzzzz-guessed", "x-request-id": "unknown-id"})
    assert "key" not in guarded.access_line("unknown-id")
    ask(guarded, {"x-request-id": "no-key"})
    assert guarded.access_line("no-key")["error"] == "missing_api_key"


def test_refusals_are_counted_by_reason(start_host: StartHost, config: str,
                                        keys: dict[str, ClientKey]) -> None:
    """From a closed set, which is there from the start."""
    host = start_host(config)
    name = "bellwether_client_keys_refused_total"
    reasons = ("missing", "ambiguous", "unknown", "wrong", "disabled", "expired")
    assert all(scrape(host).sum(name, reason=reason) == 0 for reason in reasons)
    alice = keys["alice"]
    ask(host, {})
    ask(host, {**alice.bearer, "x-api-key": "other"})
    ask(host, {"x-api-key": "bw-zzzzzzzz-guessed"})
    ask(host, {"x-api-key": f"bw-{alice.id}-guessed"})
    ask(host, keys["gone"].bearer)
    ask(host, keys["late"].bearer)
    page = scrape(host)
    assert all(page.sum(name, reason=reason) == 1 for reason in reasons)
    total = "bellwether_requests_total"
    assert page.sum(total, code="401", error_type="missing_api_key") == 1
    assert page.sum(total, code="401", error_type="invalid_api_key") == 5


def test_nothing_shows_a_secret(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """Neither the key nor its hash: in the log, on the admin pages, in an explanation."""
    for key in keys.values():
        ask(guarded, key.bearer)
    pages = [guarded.admin("GET", page).body().decode() for page in (
        "/metrics", "/admin/config", "/admin/explain?model=echo&key=bob", "/admin/routes")]
    shown = "".join(pages) + guarded.log() + run_cli(
        "explain", "echo", "--key", "bob", "--config", guarded.config).stdout
    for key in keys.values():
        (hashed,) = [line for line in key.toml.splitlines() if line.startswith("sha256")]
        assert key.secret not in shown and hashed.split('"')[1] not in shown
    told = json.loads(pages[1])["keys"]
    assert [entry["name"] for entry in told] == list(keys)
    assert told[2] == {"name": "bob", "id": keys["bob"].id, "team": "sales",
                       "models": ["echo", "qwen-test-*"], "expires": None, "disabled": False}
    assert told[4]["expires"] == "2020-01-01T00:00:00Z" and told[3]["disabled"]


@pytest.mark.parametrize(("key", "model", "why"), [
    ("bob", "echo", None), ("bob", "qwen-max", "none of its models"), ("alice", "qwen-max", None),
    ("later", "echo", None), ("gone", "echo", "disabled"), ("late", "echo", "expired")])
def test_explain_says_what_a_key_may_do(guarded: Host, keys: dict[str, ClientKey], key: str,
                                        model: str, why: str | None) -> None:
    """By name or by public id; the same on the admin listener."""
    for given in (key, keys[key].id):
        done = run_cli("explain", model, "--key", given, "--config", guarded.config)
        assert done.returncode == 0
        assert (f"may use {model}" if why is None else f"MAY NOT use {model}") in done.stdout
        assert why is None or why in done.stdout
        told = guarded.admin("GET", f"/admin/explain?model={model}&key={given}").json()["key"]
        assert (told["name"], told["id"]) == (key, keys[key].id)
        assert told["may_use"] == (why is None) and (why or "") in (told["why_not"] or "")


def test_explain_does_not_repeat_an_unknown_key(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """It may be the key itself."""
    text = keys["bob"].text
    done = run_cli("explain", "echo", "--key", text, "--config", guarded.config)
    assert done.returncode == 1 and "no client key with that name" in done.stderr
    reply = guarded.admin("GET", f"/admin/explain?model=echo&key={text}")
    body = reply.body().decode()
    assert reply.status == 404
    assert keys["bob"].secret not in done.stdout + done.stderr + body


def test_chat_uses_a_key(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """From the environment: what stands on a command line, others can read."""
    url = guarded.url.replace("0.0.0.0", "127.0.0.1")
    done = run_cli("chat", "--url", url, "Hello", env={"BELLWETHER_API_KEY": keys["bob"].text})
    assert done.returncode == 0 and "Hello" in done.stdout
    done = run_cli("chat", "--url", url, "Hello")
    assert done.returncode == 1 and "API key" in done.stderr
    assert run_cli("health", "--url", url).returncode == 0


def test_new_key_keeps_the_key_out_of_the_config(tmp_path: Path) -> None:
    """What goes to standard output can be appended to a config; the key goes elsewhere."""
    done = run_cli("key", "new", "alice", "--team", "t", "--expires", "2999-01-31", "--models",
                   "qwen-*", 'odd"name')
    (text,) = [line for line in done.stderr.splitlines() if line.startswith("bw-")]
    assert done.returncode == 0 and text not in done.stdout
    config = tmp_path / "bellwether.toml"
    config.write_text('[providers.echo]\n[[routes]]\nmodel = "echo"\nto = "echo"\n' + done.stdout)
    checked = run_cli("check", "--config", config)
    assert checked.returncode == 0, checked.stderr
    assert "models  = [\"qwen-*\", \"odd\\\"name\"]" in done.stdout
    assert "expires = 2999-01-31T00:00:00Z" in done.stdout
    again = run_cli("key", "new", "alice", "--config", config)
    assert again.returncode == 2 and "already" in again.stderr and again.stdout == ""


@pytest.mark.parametrize("arguments", [
    [], ["two words"], [""], ["alice", "--team", "a b"], ["alice", "--expires", "tomorrow"],
    ["alice", "--expires", "2020-01-01"], ["alice", "--expires", "2027-02-30"],
    ["alice", "--models", ""], ["alice", "--models", "x" * 257], ["alice", "--nonsense"]])
def test_new_key_refuses_what_the_config_would(arguments: list[str]) -> None:
    done = run_cli("key", "new", *arguments)
    assert done.returncode == 2 and "bw-" not in done.stdout + done.stderr


def test_a_key_in_place_of_its_hash_is_recognised(tmp_path: Path) -> None:
    """And is not printed, as whatever checks a config may keep what it says."""
    key = new_key("alice")
    file = tmp_path / "bellwether.toml"
    (hashed,) = [line for line in key.toml.splitlines() if line.startswith("sha256")]
    file.write_text('[providers.echo]\n[[routes]]\nmodel = "echo"\nto = "echo"\n'
                    + key.toml.replace(hashed, f'sha256 = "{key.text}"'))
    done = run_cli("check", "--config", file)
    assert done.returncode == 2 and f"{file}:8:10: error: keys.sha256 holds a key" in done.stderr
    assert key.secret not in done.stdout + done.stderr


def test_ipv6_and_ipv4_on_one_socket(start_host: StartHost, config: str,
                                     keys: dict[str, ClientKey]) -> None:
    if not os.path.exists("/proc/net/if_inet6") or not Path("/proc/net/if_inet6").read_text():
        pytest.skip("this machine has no IPv6")
    host = start_host(config.replace("0.0.0.0", "[::]"))
    assert ask(host, keys["bob"].bearer).status == 200
