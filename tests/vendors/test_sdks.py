"""The providers' own SDKs as clients of the simulated providers; what they make of an answer is
what the provider means by it. `./bw test` installs them below build/vendor-sdks."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import route, server
from integration.host import Host
from upstream.tls import Authority
from upstream.vendors import (
    anthropic, azure, bedrock, content, dashscope, entra, gemini, google, google_tokens, ollama,
    vertex)
from upstream.vendors.vendor import KEY, Fault, Vendor

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build/vendor-sdks"
WEATHER, TIME = content.WEATHER.arguments, content.TIME.arguments
CALLS = [["get_weather", WEATHER], ["get_time", TIME]]


def run(sdk: str, authority: Authority, told: dict[str, Any]) -> dict[str, Any]:
    assert PACKAGES.is_dir(), f"{PACKAGES} is not there; ./bw test installs it"
    trust = dict.fromkeys(["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"],
                          str(authority.ca_file))
    # Without site packages: nothing but what the SDKs were installed with.
    done = subprocess.run(
        [sys.executable, "-S", Path(__file__).parent / "sdks/run.py", sdk],
        input=json.dumps({**told, "ca_file": str(authority.ca_file), "key": KEY,
                          "image": base64.b64encode(content.PNG).decode()}),
        capture_output=True, text=True, timeout=120,
        env={**trust, "PYTHONPATH": str(PACKAGES), "PYTHONDONTWRITEBYTECODE": "1",
             "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    wrong = [f"{name}:\n{each['unexpected']}" for name, each in said.items()
             if isinstance(each, dict) and "unexpected" in each]
    assert not wrong, "\n".join(wrong)
    return said


def scripted(upstream: Vendor, faults: dict[str, Fault], broken: Fault) -> dict[str, Any]:
    """Models that play what the cases are named after."""
    serve = upstream.serve
    return {"origin": upstream.origin, "plain": serve(upstream.says(content.PLAIN)),
            "parallel": serve(upstream.says(content.PARALLEL)),
            "thinking": serve(upstream.says(content.THINKING)),
            "cached": serve(upstream.says(content.CACHED)),
            "broken": serve(upstream.breaks(content.PLAIN, broken)),
            "cut": serve(upstream.cuts(content.PLAIN)),
            **{name: serve(upstream.refuses(fault)) for name, fault in faults.items()}}


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


BETA = "context-1m-2025-08-07"


def check_anthropic(upstream: anthropic.Anthropic, authority: Authority, origin: str) -> None:
    """What Anthropic's SDK makes of the simulated Anthropic at `origin`."""
    scripts = scripted(upstream, {"rate": anthropic.RATE, "overloaded": anthropic.OVERLOADED}, anthropic.OVERLOADED)
    beta = upstream.serve(upstream.says(content.PLAIN))
    said = run("anthropic", authority, {**scripts, "beta": beta, "beta header": BETA, "origin": origin})
    expected = {"text": content.PLAIN.text, "thought": "", "calls": [], "stop": "end_turn",
                "usage": [1021, 0, 17]}
    assert said["plain"] == said["stream"] == said["image"] == said["beta"] == expected
    assert said["calls"] == said["streamed calls"] == {
        **expected, "text": "", "calls": CALLS, "stop": "tool_use"}
    assert said["thinking"]["thought"] == content.THINKING.thought
    assert said["cached"]["usage"] == [20, 1024, 17]
    assert said["count"] > 0
    assert said["rate"] == ["RateLimitError", 429]
    assert said["overloaded"] == ["OverloadedError", 529]
    assert said["broken"] != ["nothing"] and said["cut"] != ["nothing"]
    assert upstream.request(beta).header("anthropic-beta") == BETA


def test_anthropic(authority: Authority, running: ExitStack) -> None:
    upstream = running.enter_context(anthropic.Anthropic(authority))
    check_anthropic(upstream, authority, upstream.origin)


def test_anthropic_behind_the_host(authority: Authority, running: ExitStack, tmp_path: Path) -> None:
    """Nothing but the base URL changes for its clients, as they speak its own dialect."""
    upstream = running.enter_context(anthropic.Anthropic(authority))
    host = Host(server() + f'''
[providers.anthropic]
base_url = "{upstream.origin}"
ca_file = "{authority.ca_file}"
api_key = "env:ANTHROPIC_API_KEY"
''' + route("*", '"anthropic"'), tmp_path / "host", {"ANTHROPIC_API_KEY": KEY})
    running.callback(host.stop)
    check_anthropic(upstream, authority, host.url)


def test_bedrock(authority: Authority, running: ExitStack) -> None:
    upstream = running.enter_context(bedrock.Bedrock(authority, session=True))
    told = scripted(upstream, {"rate": bedrock.RATE, "context": bedrock.CONTEXT},
                    bedrock.STREAM_ERROR)
    said = run("bedrock", authority, {
        **told, "region": bedrock.REGION, "key_id": bedrock.KEY_ID, "secret": bedrock.SECRET,
        "session": bedrock.SESSION_TOKEN})
    usage = {"inputTokens": 1021, "outputTokens": 17, "totalTokens": 1038}
    expected = {"text": content.PLAIN.text, "thought": "", "calls": [], "stop": "end_turn",
                "usage": usage}
    assert said["plain"] == said["stream"] == said["image"] == expected
    assert said["calls"]["calls"] == CALLS
    pieces = [[name, json.loads(arguments)] for name, arguments in said["streamed calls"]["calls"]]
    assert pieces == CALLS and said["streamed calls"]["stop"] == "tool_use"
    assert said["thinking"]["thought"] == content.THINKING.thought
    assert said["cached"]["usage"]["cacheReadInputTokens"] == 1024
    assert (said["rate"], said["context"]) == (["ThrottlingException"], ["ValidationException"])
    assert said["broken"] == ["EventStreamError"] and said["cut"] != ["nothing"]


def test_ollama(authority: Authority, running: ExitStack) -> None:
    upstream = running.enter_context(ollama.Ollama(authority))
    told = scripted(upstream, {"busy": ollama.BUSY}, ollama.BROKEN)
    said = run("ollama", authority, {**told, "usual": "qwen3:8b"})
    expected = {"text": content.PLAIN.text, "thought": "", "calls": [], "stop": "stop",
                "usage": [1021, 17]}
    assert said["plain"] == said["stream"] == said["image"] == expected
    assert said["calls"]["calls"] == said["streamed calls"]["calls"] == CALLS
    assert said["thinking"]["thought"] == content.THINKING.thought
    assert json.loads(said["format"]) == {"city": "as asked", "days": 7}
    assert said["models"] == list(upstream.models)
    assert said["busy"] == ["ResponseError", 503, ollama.BUSY.message]
    assert said["broken"] == ["ResponseError", ollama.BROKEN.message]
    assert said["cut"] != ["nothing"]


def test_azure(authority: Authority, running: ExitStack) -> None:
    tokens = running.enter_context(entra.Entra(authority))
    upstream = running.enter_context(azure.Azure(authority, tokens))
    told = scripted(upstream, {"rate": azure.RATE, "context": azure.CONTEXT,
                               "filtered": azure.FILTERED}, azure.STREAM_ERROR)
    said = run("azure", authority, {
        **told, "entra": tokens.origin, "tenant": entra.TENANT, "client": entra.CLIENT,
        "client_secret": entra.CLIENT_SECRET})
    expected = {"text": content.PLAIN.text, "calls": [], "stop": "stop", "usage": [1021, 0, 17]}
    assert said["plain"] == said["stream"] == said["image"] == said["token"] == expected
    for case in ("calls", "streamed calls"):
        assert [[name, json.loads(text)] for name, text in said[case]["calls"]] == CALLS
    assert said["cached"]["usage"] == [1300, 1024, 17]
    assert said["rate"] == ["RateLimitError", 429, "429"]
    assert said["context"] == ["BadRequestError", 400, "context_length_exceeded"]
    assert said["filtered"] == ["BadRequestError", 400, "content_filter"]
    assert said["broken"] == ["APIError"] and said["cut"] != ["nothing"]


def check_google(said: dict[str, Any]) -> None:
    expected = {"text": content.PLAIN.text, "thought": "", "calls": [], "stop": "STOP",
                "usage": [1021, None, 17, None]}
    assert said["plain"] == said["stream"] == said["image"] == expected
    assert said["calls"]["calls"] == said["streamed calls"]["calls"] == CALLS
    assert said["thinking"]["thought"] == content.THINKING.thought
    assert said["thinking"]["usage"] == [1021, None, 17, 43]
    assert said["cached"]["usage"][:2] == [1300, 1024]
    assert said["rate"] == ["ClientError", 429, "RESOURCE_EXHAUSTED"]
    assert said["unavailable"] == ["ServerError", 503, "UNAVAILABLE"]
    assert said["broken"] == ["ServerError", 503, "UNAVAILABLE"]
    assert said["cut"] != ["nothing"]


def test_gemini(authority: Authority, running: ExitStack) -> None:
    upstream = running.enter_context(gemini.Gemini(authority))
    told = scripted(upstream, {"rate": gemini.RATE, "unavailable": google.UNAVAILABLE},
                    google.UNAVAILABLE)
    said = run("gemini", authority, {**told, "account": None})
    check_google(said)
    assert said["upload"] == ["ACTIVE", content.PLAIN.text]


def test_vertex(authority: Authority, running: ExitStack, tmp_path: Path) -> None:
    tokens = running.enter_context(google_tokens.GoogleTokens(authority, tmp_path))
    upstream = running.enter_context(vertex.Vertex(authority, tokens))
    told = scripted(upstream, {"rate": vertex.RATE, "unavailable": google.UNAVAILABLE},
                    google.UNAVAILABLE)
    account = tokens.write_account(tmp_path / "account.json")
    check_google(run("gemini", authority, {
        **told, "account": str(account), "project": google_tokens.PROJECT,
        "location": vertex.LOCATION}))


def test_dashscope(authority: Authority, running: ExitStack) -> None:
    upstream = running.enter_context(dashscope.DashScope(authority))
    told = scripted(upstream, {"rate": dashscope.RATE}, dashscope.INTERNAL)
    said = run("dashscope", authority, {**told, "images": "wan2.2-t2i-flash"})
    expected = {"text": content.PLAIN.text, "thought": "", "calls": [], "stop": "stop",
                "usage": [1021, 17]}
    assert said["plain"] == said["stream"] == expected
    assert said["increments"] == content.PLAIN.text
    assert said["image"] == [{"text": content.PLAIN.text}]
    for case in ("calls", "streamed calls"):
        assert [[name, json.loads(text)] for name, text in said[case]["calls"]] == CALLS
    assert said["thinking"]["thought"] == content.THINKING.thought
    assert said["task"] == ["PENDING", "SUCCEEDED", 2, None]
    assert said["rate"] == [429, "Throttling.RateQuota"]
    # The SDK does not read the comment that has the status.
    assert said["broken"] == [400, "InternalError"]
