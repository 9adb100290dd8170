"""Exchanges with the simulated providers, as files for tests that have no upstream: requests as the
providers document them, and what is answered. `python3 -m vendors.record`, in tests/, writes them
anew; test_recorded.py sees whether they are as they would be written."""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from upstream.exchange import Scenario
from upstream.tls import Authority, create_authority
from upstream.vendors import (
    anthropic, azure, bedrock, content, dashscope, gemini, google, ollama)
from upstream.vendors.vendor import KEY, Fault, Vendor
from vendors import (
    test_anthropic, test_azure, test_bedrock, test_dashscope, test_gemini, test_ollama)
from vendors.client import Answer, Client

RECORDED = Path(__file__).resolve().parents[1] / "upstream/vendors/recorded"
# What is of one run: numbered identities, ports.
OWN = re.compile(rb"[0-9a-f]{12}(?=\"|')|(?<=127\.0\.0\.1:)\d+")
KEPT = ("content-type", "retry-after", "retry-after-ms", "x-amzn-errortype")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
          "additionalProperties": False}


@dataclass
class Case:
    name: str
    plays: Scenario
    members: dict[str, Any]  # beside the plain request's
    streamed: bool = False


@dataclass
class Recorder:
    """A provider, its plain request, and how one is sent: for a model, streamed or not."""

    upstream: Vendor
    asked: dict[str, Any]
    send: Callable[[str, dict[str, Any], bool], tuple[str, dict[str, Any], dict[str, str]]]
    members: dict[str, dict[str, Any]]  # of the requests with an image, tools, a schema, thinking
    faults: dict[str, Fault]

    def cases(self) -> Iterator[Case]:
        says, tools = self.upstream.says, self.members["tools"]
        yield Case("plain", says(content.PLAIN), {})
        yield Case("stream", says(content.PLAIN), {}, True)
        for name, saying in {"tool": content.TOOL, "parallel": content.PARALLEL,
                             "said_and_tool": content.SAID_AND_TOOL}.items():
            yield Case(name, says(saying), tools)
            yield Case(f"{name}_stream", says(saying), tools, True)
        yield Case("thinking", says(content.THINKING), self.members["thinking"])
        yield Case("thinking_stream", says(content.THINKING), self.members["thinking"], True)
        yield Case("cached", says(content.CACHED), {})
        yield Case("cached_stream", says(content.CACHED), {}, True)
        yield Case("length", says(content.CUT_SHORT), {})
        yield Case("filtered", says(content.FILTERED), {})
        yield Case("image", says(content.PLAIN), self.members["image"])
        yield Case("schema", says(content.structured(SCHEMA)), self.members["schema"])
        for name, fault in self.faults.items():
            yield Case(f"error_{name}", self.upstream.refuses(fault), {})
        fault = next(iter(self.faults.values()))
        yield Case("broken_stream", self.upstream.breaks(content.PLAIN, fault), {}, True)
        yield Case("early_stream", self.upstream.ends_early(content.PLAIN), {}, True)


def _anthropic(authority: Authority) -> Recorder:
    upstream, of = anthropic.Anthropic(authority), test_anthropic

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        more = {"stream": True} if streamed else {}
        return "/v1/messages", {**body, **more, "model": model}, of.HEADERS

    return Recorder(upstream, of.ASKED, send, {
        "image": {"messages": of.turns(("user", [of.IMAGE]))}, "tools": {"tools": [of.TOOL]},
        "schema": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "thinking": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    }, {"overloaded": anthropic.OVERLOADED, "key": anthropic.WRONG_KEY, "rate": anthropic.RATE,
        "spend_limit": anthropic.SPEND_LIMIT, "context": anthropic.CONTEXT,
        "permission": anthropic.PERMISSION, "internal": anthropic.INTERNAL})


def _bedrock(authority: Authority) -> Recorder:
    upstream, of = bedrock.Bedrock(authority), test_bedrock

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        path = f"/model/{quote(model, safe='')}/converse{'-stream' if streamed else ''}"
        return path, body, {"authorization": f"Bearer {KEY}"}

    form = {"type": "json_schema", "structure": {"jsonSchema": {
        "name": "city", "schema": json.dumps(SCHEMA)}}}
    return Recorder(upstream, of.ASKED, send, {
        "image": {"messages": of.turns(("user", [of.IMAGE]))},
        "tools": {"toolConfig": {"tools": [of.TOOL]}},
        "schema": {"outputConfig": {"textFormat": form}},
        "thinking": {"additionalModelRequestFields": {"thinking": {
            "type": "enabled", "budget_tokens": 1024}}},
    }, {"stream": bedrock.STREAM_ERROR, "key": bedrock.UNKNOWN_KEY, "rate": bedrock.RATE,
        "context": bedrock.CONTEXT, "access": bedrock.ACCESS, "model": bedrock.WRONG_ID,
        "unavailable": bedrock.UNAVAILABLE})


def _ollama(authority: Authority) -> Recorder:
    upstream, of = ollama.Ollama(authority), test_ollama

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        return "/api/chat", {**body, "model": model, "stream": streamed}, {}

    return Recorder(upstream, of.ASKED, send, {
        "image": {"messages": [{"role": "user", "content": "What?", "images": [of.IMAGE]}]},
        "tools": {"tools": [of.TOOL]}, "schema": {"format": SCHEMA}, "thinking": {"think": True},
    }, {"running": ollama.BROKEN, "key": ollama.UNAUTHORIZED, "rate": ollama.RATE,
        "context": ollama.CONTEXT, "busy": ollama.BUSY})


def _azure(authority: Authority) -> Recorder:
    upstream, of = azure.Azure(authority), test_azure

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        more = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
        path = f"/openai/deployments/{model}/chat/completions?api-version={of.VERSION}"
        return path, {**body, **more}, {"api-key": KEY}

    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}}
    return Recorder(upstream, of.ASKED, send, {
        "image": {"messages": of.turns(("user", [of.IMAGE]))}, "tools": {"tools": [of.TOOL]},
        "schema": {"response_format": form}, "thinking": {"reasoning_effort": "low"},
    }, {"stream": azure.STREAM_ERROR, "key": azure.WRONG_KEY, "rate": azure.RATE,
        "context": azure.CONTEXT, "filtered": azure.FILTERED, "deployment": azure.NO_DEPLOYMENT,
        "unavailable": azure.UNAVAILABLE})


def _gemini(authority: Authority) -> Recorder:
    upstream, of = gemini.Gemini(authority), test_gemini

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        method = "streamGenerateContent?alt=sse" if streamed else "generateContent"
        return f"/v1beta/models/{model}:{method}", body, {"x-goog-api-key": KEY}

    config = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    return Recorder(upstream, of.ASKED, send, {
        "image": {"contents": of.turns(("user", [of.IMAGE]))}, "tools": {"tools": of.TOOLS},
        "schema": {"generationConfig": config},
        "thinking": {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}},
    }, {"overloaded": google.UNAVAILABLE, "key": gemini.WRONG_KEY, "rate": gemini.RATE,
        "per_day": gemini.PER_DAY, "context": google.CONTEXT, "permission": gemini.PERMISSION,
        "internal": google.INTERNAL})


def _dashscope(authority: Authority) -> Recorder:
    upstream, of = dashscope.DashScope(authority), test_dashscope

    def send(model: str, body: dict[str, Any], streamed: bool) -> Any:
        sse = {"x-dashscope-sse": "enable"} if streamed else {}
        parameters = {"result_format": "message", **body.get("parameters", {}),
                      **({"incremental_output": True} if streamed else {})}
        seen = isinstance(body["input"]["messages"][-1]["content"], list)
        path = dashscope.SEEN_PATH if seen else dashscope.TEXT_PATH
        return (path, {**body, "model": model, "parameters": parameters},
                {"authorization": f"Bearer {KEY}", **sse})

    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}}
    return Recorder(upstream, of.ASKED, send, {
        "image": {"input": {"messages": [{"role": "user", "content": [
            {"image": of.IMAGE}, {"text": "What is this?"}]}]}},
        "tools": {"parameters": {"tools": [of.TOOL], "parallel_tool_calls": True}},
        "schema": {"parameters": {"response_format": form}},
        "thinking": {"parameters": {"enable_thinking": True}},
    }, {"internal": dashscope.INTERNAL, "key": dashscope.WRONG_KEY, "rate": dashscope.RATE,
        "tokens": dashscope.TOKENS, "context": dashscope.CONTEXT, "access": dashscope.ACCESS,
        "moderated": dashscope.MODERATED, "overloaded": dashscope.OVERLOADED})


RECORDERS = {"anthropic": _anthropic, "bedrock": _bedrock, "ollama": _ollama, "azure": _azure,
             "gemini": _gemini, "dashscope": _dashscope}


def pair(case: Case, method: str, path: str, headers: dict[str, str], body: Any,
         answer: Answer) -> tuple[dict[str, Any], bytes | None]:
    """What the file says, and a stream's bytes, which are in a file beside it."""
    response: dict[str, Any] = {"status": answer.status, "headers": {
        name: text for name, text in answer.headers.items()
        if name in KEPT or name.startswith(("anthropic-ratelimit", "x-ratelimit", "x-goog"))}}
    own = OWN.sub(b"0", answer.body) if b"\0" not in answer.body else answer.body
    if not case.streamed:
        response["body"] = json.loads(own)
    return {"request": {"method": method, "path": path, "headers": headers, "body": body},
            "response": response}, own if case.streamed else None


def record(vendor: str, authority: Authority) -> Iterator[tuple[str, bytes]]:
    """The files of one provider: their names and what is in them."""
    recorder, client = RECORDERS[vendor](authority), Client(authority)
    ends = "eventstream" if vendor == "bedrock" else "txt"
    with ExitStack() as running:
        running.enter_context(recorder.upstream)
        for case in recorder.cases():
            model = f"{recorder.upstream.prefix}-recorded"
            with recorder.upstream.playing(model, case.plays):
                path, body, headers = recorder.send(model, {**recorder.asked, **case.members},
                                                    case.streamed)
                answer = client.post(f"{recorder.upstream.origin}{path}", body, headers)
            told, stream = pair(case, "POST", path, headers, body, answer)
            if stream is not None:
                told["response"]["stream"] = f"{case.name}.{ends}"
                yield f"{case.name}.{ends}", stream
            text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
            yield f"{case.name}.json", text.encode()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder))
        for vendor in sys.argv[1:] or RECORDERS:
            place = RECORDED / vendor
            place.mkdir(parents=True, exist_ok=True)
            for old in place.iterdir():
                old.unlink()
            for name, data in record(vendor, authority):
                (place / name).write_bytes(data)


if __name__ == "__main__":
    main()
