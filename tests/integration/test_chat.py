"""Whole replies: what reaches the upstream and what comes back, to the byte."""

import json

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from upstream import qwen
from upstream.scenarios import answers, faults
from upstream.simulator import KEY, Simulator
from upstream.tls import Authority

# Spacing, escapes, numbers beyond 64 bits and members that no OpenAI API knows.
ODD_REQUEST = """{ "model" :"MODEL",
  "messages":[{"role":"user","content":"\\u0e2a\\ud83d\\udc11 สวัสดี \\/ 你好"}],
  "seed":12345678901234567890, "temperature":0.70000000000000001, "top_k" : 20,
  "enable_thinking":false,"x":{"y":[1e300,-0.0,null,[]],"":""} }"""


def test_a_reply_arrives_as_the_upstream_wrote_it(host: Host, upstream: Simulator) -> None:
    """Members that the host does not know, nulls included, survive in the client's reply."""
    body = qwen.completion("qwen-max", qwen.THAI_AND_CHINESE, reasoning="let me think")
    body["vendor_extension"] = {"tokens_per_second": 151.5, "big": 12345678901234567890}
    reply = host.chat(upstream.serve(answers.exactly(qwen.dump(body))))
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == body


def test_a_request_reaches_the_upstream_byte_for_byte(host: Host, upstream: Simulator) -> None:
    """Where nothing must change nothing does: spacing, escapes, big numbers, unknown members."""
    model = upstream.serve(answers.chat())
    body = ODD_REQUEST.replace("MODEL", model).encode()
    assert host.post("/v1/chat/completions", body).status == 200
    assert upstream.request(model).body == body


def test_only_the_model_changes_under_another_name(second_names: Host, upstream: Simulator) -> None:
    """A route that renames the model replaces that one value and touches nothing else."""
    with upstream.playing("qwen-renamed", answers.chat()):
        body = ODD_REQUEST.replace("MODEL", "best").encode()
        reply = second_names.post("/v1/chat/completions", body)
        assert reply.status == 200
        assert reply.headers["x-bellwether-model"] == "qwen-renamed"
        sent = ODD_REQUEST.replace("MODEL", "qwen-renamed").encode()
        assert upstream.requests("qwen-renamed")[-1].body == sent


def test_an_alias_leads_to_its_model(second_names: Host, upstream: Simulator) -> None:
    """`alias` makes one name stand for another, whose own route then holds."""
    reply = second_names.chat("fast")
    assert reply.status == 200
    assert reply.headers["x-bellwether-model"] == "qwen-turbo"
    assert reply.json()["model"] == "qwen-turbo"


@pytest.fixture(scope="module")
def second_names(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(
        server() + provider("holysheep", upstream, authority)
        + route("best", '[{ provider = "holysheep", model = "qwen-renamed" }]')
        + route("qwen-turbo", '"holysheep"')
        + '\n[[routes]]\nmodel = "fast"\nalias = "qwen-turbo"\n')


def test_the_upstream_gets_the_key_and_none_of_the_clients_headers(
        host: Host, upstream: Simulator) -> None:
    """The credential is the host's own; what the client sent to authenticate itself stays here."""
    model = upstream.serve(answers.chat())
    sent = {"authorization": "Bearer clients-own-key", "cookie": "session=1", "x-custom": "1",
            "openai-organization": "org-1"}
    assert host.chat(model, headers=sent).status == 200
    request = upstream.request(model)
    keys = [value for name, value in request.headers if name == "authorization"]
    assert keys == [f"Bearer {KEY}"]
    assert request.header("content-type") == "application/json"
    assert request.header("expect") is None
    assert request.header("cookie") is None and request.header("x-custom") is None
    assert "clients-own-key" not in str(request.headers)


def test_the_reply_says_who_answered(host: Host, upstream: Simulator) -> None:
    """Under the id that the client gave, and each header once."""
    model = upstream.serve(answers.chat())
    reply = host.chat(model, headers={"x-request-id": "req-of-the-client.1"})
    assert reply.headers["x-request-id"] == "req-of-the-client.1"
    assert reply.headers["x-bellwether-provider"] == "holysheep"
    assert reply.headers["x-bellwether-model"] == model
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert len({name for name, _ in reply.header_list}) == len(reply.header_list)


def test_a_request_without_an_id_gets_one_of_its_own(host: Host) -> None:
    """So that every call can be found in the log."""
    ids = {host.chat("echo").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3 and all(ids)


def test_a_reply_over_many_lines(host: Host, upstream: Simulator) -> None:
    """Line ends within a JSON reply are no ends of anything."""
    reply = host.chat(upstream.serve(answers.pretty_printed("first\nsecond")))
    assert reply.status == 200
    assert reply.json()["choices"][0]["message"]["content"] == "first\nsecond"


def test_a_stream_where_a_reply_was_asked_is_folded(host: Host, upstream: Simulator) -> None:
    """Some relays always stream; the client still gets the reply that it asked for."""
    words = ["สวัสดี", " ", "你好"]
    reply = host.chat(upstream.serve(answers.sse_where_json_was_asked(words)))
    assert reply.status == 200
    body = reply.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"]["role"] == "assistant"
    assert body["choices"][0]["message"]["content"] == "".join(words)
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == 39


def test_one_connection_serves_many_requests(host: Host, upstream: Simulator) -> None:
    """Keep-alive towards the client: requests of all kinds in turn, errors among them."""
    model = upstream.serve(answers.chat())
    with host.connect() as connection:
        for prompt in ("one", "two", "three"):
            content = connection.chat(model, prompt).json()["choices"][0]["message"]["content"]
            assert content == f"{prompt} "
        assert connection.chat("no-such-model").error()["code"] == "model_not_found"
        assert connection.chat(model, stream=True).chunks()
        assert connection.send("GET", "/health").json() == {"status": "ok"}
        assert connection.chat(model, "again").status == 200


def test_connections_to_the_upstream_are_kept(host: Host, upstream: Simulator) -> None:
    """A TLS handshake for each call would cost more than the host does in all. Each worker has
    connections of its own, so five calls use two at most."""
    model = upstream.serve(answers.chat())
    for _ in range(5):
        assert host.chat(model).json()["object"] == "chat.completion"
    assert len({request.connection for request in upstream.requests(model)}) <= 2


def test_a_connection_that_died_in_the_pool_costs_no_call(host: Host, upstream: Simulator) -> None:
    """The upstream may drop an idle connection just when the host uses it again."""
    model = upstream.serve(faults.hang_up_when_reused(answers.chat()))
    with host.connect() as connection:
        for _ in range(4):
            reply = connection.chat(model)
            assert reply.status == 200, reply.body()
            reply.body()


def test_completions(host: Host, upstream: Simulator) -> None:
    """The older endpoint, whole and streamed."""
    model = upstream.serve(answers.text())
    payload = {"model": model, "prompt": "Say", "max_tokens": 5}
    body = host.post("/v1/completions", payload).json()
    assert (body["object"], body["choices"][0]["text"]) == ("text_completion", "as asked")
    chunks = host.post("/v1/completions", {**payload, "stream": True}).chunks()
    assert "".join(choice["text"] for chunk in chunks for choice in chunk["choices"]) == "as asked"
    assert [request.path for request in upstream.requests(model)] == ["/v1/completions"] * 2


def test_embeddings(host: Host, upstream: Simulator) -> None:
    """Passed through like a chat, to their own endpoint."""
    model = upstream.serve(answers.embeddings())
    body = host.post("/v1/embeddings", {"model": model, "input": ["a", "b"]}).json()
    assert [item["index"] for item in body["data"]] == [0, 1]
    assert body["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
    assert upstream.request(model).json == {"model": model, "input": ["a", "b"]}


def test_a_large_prompt_arrives_whole(host: Host, upstream: Simulator) -> None:
    """Images travel in the body; so a body of megabytes is an ordinary one."""
    model = upstream.serve(answers.chat(["seen"]))
    image = "data:image/png;base64," + "QUJD" * (1 << 20)
    part = {"type": "image_url", "image_url": {"url": image}}
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": [part]}]}).encode()
    assert host.post("/v1/chat/completions", body).status == 200
    assert upstream.request(model).body == body


def test_a_model_name_no_one_expects(host: Host, upstream: Simulator) -> None:
    """Slashes, colons and characters beyond ASCII are fine in a model's name."""
    model = "qwen-org/ผู้ช่วย:7b"
    with upstream.playing(model, answers.chat()):
        reply = host.chat(model)
        assert reply.status == 200, reply.body()
        assert reply.json()["model"] == model
