"""Web pages of other origins: those that the operator has named may call the host, and read all that
it answers; nobody else's may, and by default nobody's."""

import socket

import pytest

from integration.client_keys import ClientKey, new_key
from integration.conftest import StartHost, server, standard_config
from integration.host import Host
from integration.http_client import Connection, Reply
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

PAGE, OTHER = "https://app.example", "https://evil.example"
ALLOW = "access-control-allow-origin"
ASKS = {"access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os"}


@pytest.fixture(scope="module")
def alice() -> ClientKey:
    return new_key("alice")


@pytest.fixture(scope="module")
def open_host(start_host: StartHost, upstream: Simulator, authority: Authority,
              alice: ClientKey) -> Host:
    members = f'cors_origins = ["{PAGE}"]\nmax_body = "1KiB"\nheartbeat = "100ms"\n[admin]'
    config = standard_config(upstream, authority).replace("[admin]", members, 1)
    return start_host(config + alice.toml)


def preflight(host: Host, origin: str, path: str = "/v1/chat/completions", **more: str) -> Reply:
    return host.connect().send("OPTIONS", path, headers={"origin": origin, **ASKS, **more})


def test_a_preflight_of_a_named_page_is_agreed_to_without_a_key(open_host: Host) -> None:
    """A browser sends it before the page's own headers, so it cannot have one."""
    with open_host.connect() as connection:
        for path in ("/v1/chat/completions", "/v1/models", "/v1/nothing"):
            reply = connection.send("OPTIONS", path, headers={"origin": PAGE, **ASKS})
            assert reply.status == 204
            assert reply.headers[ALLOW] == PAGE
            assert reply.headers["access-control-allow-headers"] \
                == "authorization, content-type, x-stainless-os"
            assert "POST" in reply.headers["access-control-allow-methods"]
            assert int(reply.headers["access-control-max-age"]) > 0
            assert any(name == "vary" and "origin" in text for name, text in reply.header_list)
            assert not {"content-length", "content-type", "transfer-encoding"} & set(reply.headers)
        # The connection goes on behind an answer without a body.
        assert connection.send("GET", "/health").json() == {"status": "ok"}


def test_a_preflight_of_another_page_is_not(open_host: Host, alice: ClientKey) -> None:
    """It is answered as if the host knew nothing of such things."""
    reply = preflight(open_host, OTHER)
    assert reply.status == 401 and ALLOW not in reply.headers
    reply = preflight(open_host, OTHER, **alice.bearer)
    assert reply.status == 405 and reply.headers["allow"] == "POST" and ALLOW not in reply.headers


def test_options_without_a_page_is_what_it_was(open_host: Host, alice: ClientKey) -> None:
    reply = open_host.connect().send("OPTIONS", "/v1/chat/completions", headers=alice.bearer)
    assert reply.status == 405 and reply.headers["allow"] == "POST"


def readable(reply: Reply) -> bool:
    """The page of PAGE may read it, with what it needs to know when to come again."""
    exposed = {name.strip() for name in
               reply.headers.get("access-control-expose-headers", "").split(",")}
    return reply.headers.get(ALLOW) == PAGE and {"x-request-id", "retry-after"} <= exposed


def test_every_answer_can_be_read(open_host: Host, upstream: Simulator, alice: ClientKey) -> None:
    """Errors above all: without the headers a page only learns that something failed."""
    page = {"origin": PAGE}
    caller = {**page, **alice.bearer}
    model = upstream.serve(answers.chat(), answers.chat(), faults.status(429, b"{}"))
    whole = open_host.chat(model, headers=caller)
    assert whole.status == 200 and readable(whole)
    stream = open_host.chat(model, headers=caller, stream=True)
    assert stream.status == 200 and readable(stream) and stream.chunks()
    limited = open_host.chat(model, headers=caller)
    assert limited.status == 429 and readable(limited)
    for reply, status in [
            (open_host.chat("no-such-model", headers=caller), 404),
            (open_host.chat("echo", headers=page), 401),
            (open_host.chat("echo", "x" * 2000, headers=caller), 413),
            (open_host.post("/v1/chat/completions", b"{", headers=caller), 400),
            (open_host.connect().send("POST", "/v1/chat/completions", b"x",
                                      {**caller, "content-type": "text/plain"}), 415),
            (open_host.connect().send("DELETE", "/v1/models", headers=caller), 405),
            (open_host.connect().send("GET", "/nothing", headers=caller), 404),
            (open_host.connect().send("GET", "/v1/models", headers=caller), 200),
            (open_host.connect().send("GET", "/health", headers=page), 200),
            (open_host.connect().send("GET", "/health", headers={**page, "host": "evil.example"}),
             421)]:
        assert reply.status == status and readable(reply), (reply.status, reply.headers)


def test_a_stream_that_begins_with_a_heartbeat_can_be_read(open_host: Host, upstream: Simulator,
                                                          alice: ClientKey) -> None:
    """Its head goes out before anything is known of its answer."""
    reply = open_host.chat(upstream.serve(timing.late(0.3, answers.chat())), stream=True,
                           headers={"origin": PAGE, **alice.bearer})
    assert reply.status == 200 and readable(reply)


def raw(host: Host, head: bytes) -> Reply:
    connection = host.connect()
    connection.socket.sendall(head)
    connection.socket.shutdown(socket.SHUT_WR)
    return connection.read_reply()


def test_what_is_no_request_can_be_read_once_its_origin_is_known(open_host: Host) -> None:
    start = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\norigin: " + PAGE.encode() + b"\r\n"
    for rest, status in [(b"bad header\r\n\r\n", 400), (b"content-length: x\r\n\r\n", 400),
                         (b"a: b\r\n" * 200, 431),
                         (b"content-type: application/json\r\ncontent-length: 9\r\n\r\n{", 401)]:
        reply = raw(open_host, start + rest)
        assert reply.status == status and readable(reply), (reply.status, reply.headers)
    unknown = raw(open_host, b"bad line\r\n\r\n")
    assert unknown.status == 400 and ALLOW not in unknown.headers


def test_another_page_can_read_nothing(open_host: Host, alice: ClientKey) -> None:
    for headers in ({"origin": OTHER}, {"origin": "null"}, {}):
        reply = open_host.chat("echo", headers={**headers, **alice.bearer})
        assert reply.status == 200
        assert not any(name.startswith("access-control-") for name in reply.headers)
        assert reply.headers["vary"] == "origin"  # what keeps answers keeps them apart


def test_by_default_no_page_can(host: Host) -> None:
    """Nothing of it is there at all."""
    for reply in (host.chat("echo", headers={"origin": PAGE}), preflight(host, PAGE)):
        assert not any(name.startswith("access-control-") or name == "vary"
                       for name in reply.headers), reply.headers
    assert preflight(host, PAGE).status == 405


def test_a_star_is_for_every_page(start_host: StartHost) -> None:
    host = start_host(server(cors_origins='["*"]')
                      + '[providers.echo]\nplugin = "echo"\n[[routes]]\nmodel = "echo"\nto = "echo"\n')
    for origin in (PAGE, "null"):
        assert preflight(host, origin).status == 204
        assert host.chat("echo", headers={"origin": origin}).headers[ALLOW] == "*"
    assert raw(host, b"bad line\r\n\r\n").headers[ALLOW] == "*"


def test_the_admin_listener_is_open_to_no_page(open_host: Host) -> None:
    """Whoever reads it can read everything."""
    port = int(open_host.admin_url.rsplit(":", 1)[1])
    for method in ("GET", "OPTIONS"):
        reply = Connection(port).send(method, "/admin/config", headers={"origin": PAGE, **ASKS})
        assert not any(name.startswith("access-control-") for name in reply.headers)
