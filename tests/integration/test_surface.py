"""What the host serves besides calls, and how it answers what it does not serve."""

import json

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from integration.http_client import check_error
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority


def test_models_are_listed(host: Host) -> None:
    """What the routes let through and the providers know, in OpenAI's shape."""
    body = host.get("/v1/models").json()
    assert body["object"] == "list"
    ids = [model["id"] for model in body["data"]]
    assert {"echo", "qwen-max", "qwen-plus", "qwen-turbo"} <= set(ids)
    assert "gpt-4.1" not in ids  # the provider knows it, but no route leads there
    assert len(set(ids)) == len(ids)
    for model in body["data"]:
        assert set(model) >= {"id", "object", "created", "owned_by"}
        assert model["object"] == "model" and isinstance(model["created"], int)


def test_one_model(host: Host) -> None:
    """The same object as in the list, under any spelling of its URL."""
    listed = {model["id"]: model for model in host.get("/v1/models").json()["data"]}
    for path in ("/v1/models/qwen-max", "/v1/models/qwen%2Dmax", "/v1/models/qwen-max?x=1"):
        assert host.get(path).json() == listed["qwen-max"]


@pytest.mark.parametrize("path", ["team/echo%20v1", "team%2Fecho%20v1", "team%2fecho%20v1?x=1",
                                  "%74eam/echo%20v1"])
def test_a_model_whose_name_is_no_part_of_a_path(start_host: StartHost, path: str) -> None:
    """Some clients write the slash of a name as it is, others as %2F."""
    host = start_host(server() + "\n[providers.echo]\n" + route("team/echo v1", '"echo"'))
    (listed,) = host.get("/v1/models").json()["data"]
    reply = host.get(f"/v1/models/{path}")
    assert (reply.status, reply.json()) == (200, listed)


@pytest.mark.parametrize("path", ["%00", "qwen-max%2F", "..%2Fmodels", "%FF", "%22%0D%0Ax:"])
def test_a_strange_name_is_an_unknown_model(host: Host, path: str) -> None:
    """Whatever the name is once decoded, the envelope holds."""
    reply = host.get(f"/v1/models/{path}")
    assert (reply.status, reply.error()["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("path", ["qwen%2", "qwen%zz", "qwen-max%"])
def test_a_broken_escape_is_refused(host: Host, path: str) -> None:
    """Readers differ in what they make of one."""
    reply = host.get(f"/v1/models/{path}")
    assert (reply.status, reply.error()["code"]) == (400, "malformed_request")


@pytest.mark.parametrize(("asked", "near"), [("qwen-mex", "qwen-max"), ("ecko", "echo")])
def test_an_unknown_model_is_a_404_that_names_the_nearest(host: Host, asked: str,
                                                          near: str) -> None:
    """A wrong name is the commonest mistake of all; the answer is in the message. A name that a
    pattern lets through is for the provider to judge, so only the list is asked for it."""
    reply = host.get(f"/v1/models/{asked}")
    error = reply.error()
    assert (reply.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert asked in error["message"] and near in error["message"]


def test_a_call_to_an_unknown_model(host: Host, upstream: Simulator) -> None:
    """Refused here, before anything is sent anywhere; and by the upstream where a pattern lets
    the name through."""
    reply = host.chat("ecco")
    error = reply.error()
    assert (reply.status, error["code"], error["type"]) == (404, "model_not_found",
                                                            "invalid_request_error")
    assert "echo" in error["message"]
    through = host.chat("qwen-mex")
    error = through.error()
    assert (through.status, error["code"]) == (404, "model_not_found")
    assert "qwen-max" in error["message"]


@pytest.mark.parametrize("path", ["/health", "/health/liveliness", "/health/readiness"])
def test_health(host: Host, upstream: Simulator, path: str) -> None:
    """Load balancers ask this; it calls no model."""
    reply = host.get(path)
    assert (reply.status, reply.json()) == (200, {"status": "ok"})


WHAT_IS_UNKNOWN = {"/v1/models/": "model_not_found"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/chat", "/v1/chat/completions/x", "/v2/models",
                                  "/healthy", "//v1/models", "/v1/models/"])
def test_unknown_paths(host: Host, path: str) -> None:
    """A wrong base URL shows as a 404 that says so, not as an empty answer."""
    reply = host.get(path)
    assert (reply.status, reply.error()["code"]) == (404, WHAT_IS_UNKNOWN.get(path, "unknown_url"))
    assert "allow" not in reply.headers


WRONG_METHODS = [
    ("GET", "/v1/chat/completions", "POST"), ("HEAD", "/v1/completions", "POST"),
    ("PUT", "/v1/embeddings", "POST"), ("OPTIONS", "/v1/chat/completions", "POST"),
    ("DELETE", "/v1/models", "GET, HEAD"), ("POST", "/v1/models/qwen-max", "GET, HEAD"),
    ("PATCH", "/health", "GET, HEAD"), ("POST", "/metrics", "GET, HEAD")]


@pytest.mark.parametrize(("method", "path", "allowed"), WRONG_METHODS)
def test_wrong_methods(host: Host, method: str, path: str, allowed: str) -> None:
    """The answer names the methods that would do; the connection lives on."""
    with host.connect() as connection:
        reply = connection.send(method, path, None if method in ("GET", "HEAD") else b"{}")
        assert (reply.status, reply.headers["allow"]) == (405, allowed)
        if method != "HEAD":
            error = reply.error()
            assert (error["code"], error["type"]) == ("method_not_allowed", "invalid_request_error")
            assert method in error["message"] and allowed in error["message"]
        assert connection.send("GET", "/health").status == 200


BAD_BODIES: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", None),
    "no JSON": (b"Hello", None),
    "cut": (b'{"model":"echo","messages":[{"role":"user"', None),
    "two values": (b'{"model":"echo","messages":[]}{}', None),
    "an array": (b"[]", None),
    "not UTF-8": (b'{"model":"echo","messages":[{"role":"user","content":"\xff"}]}', None),
    "a lone surrogate's half": (b'{"model":"echo","messages":"\xed\xa0\x80"}', None),
    "nested too deep": (b'{"model":"echo","messages":' + b"[" * 100_000, None),
    "no model": (b'{"messages":[]}', "model"),
    "an empty model": (b'{"model":"","messages":[]}', "model"),
    "a model that is a number": (b'{"model":7,"messages":[]}', "model"),
    "a model that is null": (b'{"model":null,"messages":[]}', "model"),
    "two models": (b'{"model":"echo","messages":[],"model":"qwen-max"}', "model"),
    "no messages": (b'{"model":"echo"}', "messages"),
    "a stream that is a string": (b'{"model":"echo","messages":[],"stream":"yes"}', "stream"),
    "options that are a number": (
        b'{"model":"echo","messages":[],"stream":true,"stream_options":1}', "stream_options"),
}


@pytest.mark.parametrize(("body", "param"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_bodies(host: Host, body: bytes, param: str | None) -> None:
    """Each is a 400 that names the member at fault; the connection lives on."""
    with host.connect() as connection:
        reply = connection.post("/v1/chat/completions", body)
        error = reply.error()
        assert (reply.status, error["type"]) == (400, "invalid_request_error"), error
        assert error["param"] == param, error
        assert connection.send("GET", "/health").status == 200


MALFORMED: dict[str, tuple[bytes, int]] = {
    "no HTTP": (b"Hello?\r\n\r\n", 400),
    "a bad header": (b"GET /health HTTP/1.1\r\nhost x\r\n\r\n", 400),
    "a bad length": (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: two\r\n\r\n", 400),
    "two lengths": (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n"
                    b"content-length: 3\r\n\r\n{}", 400),
    "length and chunks": (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
                          b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "large headers": (b"GET /health HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize(("sent", "status"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_requests_end_the_connection(host: Host, sent: bytes, status: int) -> None:
    """One answer in the envelope, then the end: what follows cannot be trusted to be a request."""
    with host.connect() as connection:
        connection.socket.sendall(sent)
        reply = connection.read_reply()
        reply.error()
        assert reply.status == status
        assert reply.headers["connection"] == "close"


def test_a_body_that_is_too_large(start_host: StartHost) -> None:
    """Refused by its announced size, before it is read."""
    host = start_host(server(max_body='"64KiB"') + '\n[providers.echo]\n' + route("echo", '"echo"'))
    large = json.dumps({"model": "echo", "messages": "x" * 70_000}).encode()
    reply = host.post("/v1/chat/completions", large)
    assert (reply.status, reply.error()["code"]) == (413, "request_too_large")
    assert host.chat("echo", "x" * 60_000).status == 200
    with host.connect() as connection:
        connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                                  b"content-type: application/json\r\n"
                                  b"content-length: 999999999999\r\n\r\n")
        assert connection.read_reply().status == 413


def test_a_chunked_request(host: Host, upstream: Simulator) -> None:
    """Clients that do not know the length of their body send it in chunks."""
    model = upstream.serve(answers.chat(["ok"]))
    body = json.dumps({"model": model, "messages": []}).encode()
    with host.connect() as connection:
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 9]), body[at:at + 9])
                          for at in range(0, len(body), 9))
        connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                                  b"content-type: application/json\r\n"
                                  b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        assert connection.read_reply().status == 200
    assert upstream.request(model).body == body


def test_continue_is_answered_at_once(host: Host) -> None:
    """curl waits a second for it before it sends a large body."""
    body = json.dumps({"model": "echo", "messages": []}).encode()
    with host.connect() as connection:
        connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                                  b"content-type: application/json\r\n"
                                  b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(body))
        assert connection.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue"
        connection.socket.sendall(body)
        assert connection.read_reply().status == 200


def test_pipelined_requests_are_answered_in_order(host: Host) -> None:
    """Requests that come before their turn wait for it; none is lost."""
    with host.connect() as connection:
        paths = ["/health", "/v1/models", "/nothing", "/health/liveliness"]
        connection.socket.sendall("".join(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"
                                          for path in paths).encode())
        replies = []
        for _ in paths:
            reply = connection.read_reply()
            replies.append((reply.status, reply.json()))
    assert [status for status, _ in replies] == [200, 200, 404, 200]
    check_error(replies[2][1])


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/v1/models/qwen-max",
                                  "/v1/models/nothing", "/nothing", "/v1/chat/completions"])
def test_head_has_no_body(host: Host, path: str) -> None:
    """The head is that of GET, also of an error, and the next answer begins where it should."""
    with host.connect() as connection:
        head = connection.send("HEAD", path)
        whole = connection.send("GET", path)
        assert head.status == whole.status
        # The message of an error names the method, so its length may differ.
        for field in ("content-type", "allow", *(["content-length"] if head.status == 200 else [])):
            assert head.headers.get(field) == whole.headers.get(field)
        body = whole.body()
        assert body and connection.send("GET", "/health").json() == {"status": "ok"}


def test_a_provider_without_its_key_answers_503(start_host: StartHost, upstream: Simulator,
                                                authority: Authority) -> None:
    """`required = false`: the others serve; this one says what is missing, and clients need not
    try again."""
    section = provider("holysheep", upstream, authority) + "required = false\n"
    host = start_host(server() + section + '[providers.echo]\nplugin = "echo"\n'
                      + route("qwen-*", '"holysheep"') + route("echo", '"echo"'),
                      {"HOLYSHEEP_API_KEY": None})
    reply = host.chat("qwen-max")
    assert reply.status == 503 and "HOLYSHEEP_API_KEY" in reply.error()["message"]
    assert reply.headers["x-should-retry"] == "false"
    assert host.chat("echo").status == 200
