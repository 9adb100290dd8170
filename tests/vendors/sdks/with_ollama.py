"""Cases of Ollama's SDK."""

from collections.abc import Callable
from typing import Any

import ollama
from run import TOOL, image, refused


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    client = ollama.Client(host=told["origin"])
    tools = [{"type": "function", "function": {
        "name": TOOL["name"], "description": "Of a city.", "parameters": TOOL["schema"]}}]

    def ask(case: str, **more: Any) -> Any:
        images = more.pop("images", None)
        message = {"role": "user", "content": "Hello there", "images": images}
        return client.chat(model=told[case], messages=[message], **more)

    def told_of(parts: list[Any]) -> Any:
        return {"text": "".join(part.message.content or "" for part in parts),
                "thought": "".join(part.message.thinking or "" for part in parts),
                "calls": [[call.function.name, dict(call.function.arguments)] for part in parts
                          for call in part.message.tool_calls or []],
                "stop": parts[-1].done_reason,
                "usage": [parts[-1].prompt_eval_count, parts[-1].eval_count]}

    return {
        "plain": lambda: told_of([ask("plain")]),
        "stream": lambda: told_of(list(ask("plain", stream=True))),
        "calls": lambda: told_of([ask("parallel", tools=tools)]),
        "streamed calls": lambda: told_of(list(ask("parallel", tools=tools, stream=True))),
        "thinking": lambda: told_of(list(ask("thinking", think=True, stream=True))),
        "image": lambda: told_of([ask("plain", images=[image(told)])]),
        "format": lambda: ask("usual", format=TOOL["schema"]).message.content,
        "models": lambda: [model.model for model in client.list().models],
        "busy": lambda: refused(lambda: ask("busy"), "status_code", "error"),
        "broken": lambda: refused(lambda: list(ask("broken", stream=True)), "error"),
        "cut": lambda: refused(lambda: list(ask("cut", stream=True))),
    }
