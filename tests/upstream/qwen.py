"""Bodies as Qwen's OpenAI-compatible endpoints write them, explicit nulls and all."""

import json
from typing import Any

CREATED = 1767225600
MODELS = ["qwen-max", "qwen-plus", "qwen-turbo", "gpt-4.1", "claude-sonnet-4.5",
          "gemini-2.5-flash", "deepseek-v3.2"]
THAI_AND_CHINESE = "สวัสดีครับ 你好，世界 — ผู้ช่วยพร้อมแล้ว 通义千问 🐑"

Json = dict[str, Any]


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def usage(prompt: int = 22, completion: int = 17, reasoning: int = 0) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "completion_tokens_details": {"reasoning_tokens": reasoning, "text_tokens": completion},
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": None},
    }


def completion(model: str, content: str | None, *, reasoning: str | None = None,
               tool_calls: list[Json] | None = None, finish: str = "stop",
               used: Json | None = None) -> Json:
    message = {"role": "assistant", "content": content, "reasoning_content": reasoning,
               "refusal": None, "function_call": None, "tool_calls": tool_calls}
    choice = {"message": message, "finish_reason": finish, "index": 0, "logprobs": None}
    return {"choices": [choice], "object": "chat.completion", "usage": used or usage(),
            "created": CREATED, "system_fingerprint": None, "model": model,
            "id": "chatcmpl-9f3c1a52", "service_tier": None}


def chunk(model: str, delta: Json, *, finish: str | None = None) -> Json:
    choice = {"delta": delta, "finish_reason": finish, "index": 0, "logprobs": None}
    return {"id": "chatcmpl-9f3c1a52", "choices": [choice], "created": CREATED, "model": model,
            "object": "chat.completion.chunk", "service_tier": None, "system_fingerprint": None,
            "usage": None}


def opening(model: str) -> Json:
    return chunk(model, {"content": "", "reasoning_content": None, "role": "assistant",
                         "tool_calls": None, "function_call": None, "refusal": None})


def said(model: str, text: str) -> Json:
    return chunk(model, {"content": text, "reasoning_content": None})


def thought(model: str, text: str) -> Json:
    return chunk(model, {"content": None, "reasoning_content": text})


def finished(model: str, reason: str = "stop") -> Json:
    return chunk(model, {"content": ""}, finish=reason)


def usage_chunk(model: str, used: Json | None = None) -> Json:
    return {"id": "chatcmpl-9f3c1a52", "choices": [], "created": CREATED, "model": model,
            "object": "chat.completion.chunk", "service_tier": None, "system_fingerprint": None,
            "usage": used or usage()}


def stream(model: str, words: list[str], *, used: Json | None = None) -> list[Json]:
    """All chunks of an answer; the last one is the usage, if there is any."""
    chunks = [opening(model), *(said(model, word) for word in words), finished(model)]
    return chunks + ([usage_chunk(model, used)] if used else [])


def tool_call(index: int, name: str, arguments: str, *, with_index: bool = False) -> Json:
    call: Json = {"id": f"call_{index:02x}9f", "type": "function",
                  "function": {"name": name, "arguments": arguments}}
    return {**call, "index": index} if with_index else call


def tool_delta(index: int, arguments: str, *, identity: str | None, name: str | None) -> Json:
    return {"index": index, "id": identity, "type": "function",
            "function": {"name": name, "arguments": arguments}}


def model_list() -> Json:
    return {"object": "list", "data": [{"id": model, "object": "model", "created": CREATED,
                                        "owned_by": "holysheep"} for model in MODELS]}
