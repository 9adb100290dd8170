"""The access log: one line a call, and whose count its tokens are."""

import json
import re

import pytest

from integration.conftest import StartHost, route, server
from integration.host import Host, wait_for
from upstream import errors, qwen
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import KEY, Simulator

WORDS = [f"word{number} " for number in range(20)]


def test_a_line_says_who_asked_what_of_whom(host: Host, upstream: Simulator) -> None:
    """Every fact of a call in one line, under fixed names."""
    model = upstream.serve(answers.chat(used=qwen.usage(30, 12, reasoning=5)))
    reply = host.chat(model, headers={"x-request-id": "log-1"})
    body = reply.body()
    line = host.access_line("log-1")
    expected = {"level": "access", "method": "POST", "path": "/v1/chat/completions", "status": 200,
                "outcome": "ok", "route": "qwen-*", "model": model, "provider": "holysheep",
                "upstream_model": model, "attempts": 1, "stream": False, "bytes_out": len(body),
                "input_tokens": 30, "output_tokens": 12, "cached_input_tokens": 0,
                "reasoning_tokens": 5, "usage_source": "provider"}
    assert {key: line.get(key) for key in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert re.fullmatch(r"127\.0\.0\.1:\d+", line["client"])
    assert 0 < line["first_byte_us"] <= line["duration_us"]
    assert line["bytes_in"] == len(upstream.request(model).body)


def test_a_query_is_not_logged(host: Host) -> None:
    """Some APIs take their key there, and their clients may be pointed here."""
    reply = host.connect().send("GET", "/v1beta/models?key=a-key", headers={"x-request-id": "q-1"})
    assert reply.status == 404
    assert host.access_line("q-1")["path"] == "/v1beta/models"
    assert "a-key" not in host.log()


def test_there_is_one_line_a_call(host: Host, upstream: Simulator) -> None:
    """No matter how it went: each call once, each line by itself valid JSON."""
    model = upstream.serve(answers.chat(), faults.error(errors.INTERNAL), answers.chat())
    for number in range(3):
        host.chat(model, headers={"x-request-id": f"one-{number}"}, stream=number == 2).body()
    for number in range(3):
        host.access_line(f"one-{number}")  # each worker writes its own lines, in its own time
    lines = [json.loads(line) for line in host.log().splitlines() if '"one-' in line]
    assert sorted(line["id"] for line in lines) == ["one-0", "one-1", "one-2"]


# Scenario, streamed or not, and the source of the usage; the numbers if they are known.
SOURCES: dict[str, tuple[Scenario, bool, str, tuple[int, int] | None]] = {
    "whole": (answers.chat(WORDS), False, "provider", (22, 20)),
    "stream": (answers.chat(WORDS), True, "provider", (22, 20)),
    "on the finish chunk": (answers.usage_on_finish(WORDS), True, "provider", (22, 20)),
    "stream folded": (answers.sse_where_json_was_asked(WORDS), False, "provider", (22, 17)),
    "none in the stream": (answers.without_usage(WORDS), True, "observed", None),
    "none in the reply": (answers.without_usage(WORDS), False, "observed", None),
    "cut": (faults.cut(WORDS), True, "observed", None),
    "error in mid-stream": (faults.error_frame(WORDS, errors.INTERNAL), True, "observed", None),
    "refused": (faults.error(errors.RATE), False, "none", None),
    "refused stream": (faults.error(errors.RATE), True, "none", None),
}


@pytest.mark.parametrize(("scenario", "stream", "source", "tokens"), SOURCES.values(),
                         ids=SOURCES.keys())
def test_whose_count_it_is(host: Host, upstream: Simulator, scenario: Scenario, stream: bool,
                           source: str, tokens: tuple[int, int] | None) -> None:
    """The provider's own count wherever it gave one; else what was seen going by; and nothing for
    a call that was refused."""
    model = upstream.serve(scenario)
    host.chat(model, headers={"x-request-id": f"usage-{model}"}, stream=stream).body()
    line = host.access_line(f"usage-{model}")
    assert line["usage_source"] == source
    if tokens:
        assert (line["input_tokens"], line["output_tokens"]) == tokens
    elif source == "none":
        assert "input_tokens" not in line and "output_tokens" not in line
    else:
        assert 10 <= line["output_tokens"] <= 120 and 1 <= line["input_tokens"] <= 100


def test_a_failure_is_logged_with_its_code(host: Host, upstream: Simulator) -> None:
    """By status where there was one; a stream that broke is a failure though its status was 200."""
    refused, broken = upstream.serve(faults.error(errors.RATE)), upstream.serve(faults.cut(WORDS))
    host.chat(refused, headers={"x-request-id": "failed-1"}).body()
    host.chat(broken, headers={"x-request-id": "failed-2"}, stream=True).body()
    host.chat("nothing-like-it", headers={"x-request-id": "failed-3"}).body()
    lines = [host.access_line(f"failed-{number}") for number in (1, 2, 3)]
    assert [line["status"] for line in lines] == [429, 200, 404]
    assert [line["outcome"] for line in lines] == ["error"] * 3
    assert [line["error"] for line in lines] == ["limit_requests", "upstream_cut",
                                                 "model_not_found"]


def test_no_prompt_and_no_key_is_logged(host: Host, upstream: Simulator) -> None:
    """The log says that something was said, not what."""
    model = upstream.serve(answers.chat(["a-secret-answer"]), faults.cut(["a-secret-answer"]))
    for number in range(2):
        headers = {"authorization": "Bearer the-clients-secret", "x-request-id": f"quiet-{number}"}
        host.chat(model, "a-secret-prompt", headers, stream=True).body()
        host.access_line(f"quiet-{number}")
    for secret in ("a-secret-answer", "a-secret-prompt", "the-clients-secret", KEY):
        assert secret not in host.log()


def test_what_the_client_names_cannot_forge_a_line(host: Host) -> None:
    """Quotes and line ends in a model's name stay within their string."""
    name = 'x"},{"level":"access\n{"level":"error"}'
    host.chat(name, headers={"x-request-id": "forged-1"}).body()
    assert host.access_line("forged-1")["model"] == name


def test_the_text_format(start_host: StartHost) -> None:
    """For eyes: the same facts on one line, without braces."""
    config = server().replace('format = "json"', 'format = "text"')
    host = start_host(config + '[providers.echo]\n' + route("echo", '"echo"'))
    host.chat("echo", headers={"x-request-id": "text-1"}).body()
    line = wait_for(lambda: next((line for line in host.log().splitlines() if "text-1" in line),
                                 None), "a line in the log")
    assert " access POST /v1/chat/completions 200 ok " in line
    assert " id=text-1 " in line and " provider=echo " in line and "{" not in line


def test_the_access_log_can_be_off(start_host: StartHost) -> None:
    """Not a line, even after the last flush."""
    config = server().replace('format = "json"', 'format = "json"\naccess = false')
    host = start_host(config + '[providers.echo]\n' + route("echo", '"echo"'))
    host.chat("echo", headers={"x-request-id": "silent-1"}).body()
    host.stop()
    assert "silent-1" not in host.log()
