"""Cases of Anthropic's SDK."""

import base64
from collections.abc import Callable
from typing import Any

import anthropic
from run import TOOL, image, refused


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    client = anthropic.Anthropic(api_key=told["key"], base_url=told["origin"], max_retries=0)
    tools = [{"name": TOOL["name"], "input_schema": TOOL["schema"]}]

    def ask(case: str, content: Any = "Hello there", **more: Any) -> Any:
        return client.messages.create(model=told[case], max_tokens=2048,
                                      messages=[{"role": "user", "content": content}], **more)

    def streamed(case: str, **more: Any) -> Any:
        with client.messages.stream(model=told[case], max_tokens=2048, messages=[
                {"role": "user", "content": "Hello there"}], **more) as stream:
            return stream.get_final_message()

    def told_of(message: Any) -> Any:
        usage = message.usage
        return {"text": "".join(block.text for block in message.content if block.type == "text"),
                "thought": "".join(block.thinking for block in message.content
                                   if block.type == "thinking"),
                "calls": [[block.name, block.input] for block in message.content
                          if block.type == "tool_use"],
                "stop": message.stop_reason,
                "usage": [usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens]}

    def seen() -> Any:
        source = {"type": "base64", "media_type": "image/png",
                  "data": base64.b64encode(image(told)).decode()}
        return told_of(ask("plain", [{"type": "image", "source": source},
                                     {"type": "text", "text": "What is this?"}]))

    thinking = {"type": "enabled", "budget_tokens": 1024}
    return {
        "plain": lambda: told_of(ask("plain")),
        "beta": lambda: told_of(ask("beta", extra_headers={"anthropic-beta": told["beta header"]})),
        "count": lambda: client.messages.count_tokens(
            model="claude-sonnet-4-5", messages=[{"role": "user", "content": "Hello there"}]).input_tokens,
        "stream": lambda: told_of(streamed("plain")),
        "calls": lambda: told_of(ask("parallel", tools=tools)),
        "streamed calls": lambda: told_of(streamed("parallel", tools=tools)),
        "thinking": lambda: told_of(streamed("thinking", thinking=thinking)),
        "cached": lambda: told_of(ask("cached")),
        "image": seen,
        "rate": lambda: refused(lambda: ask("rate"), "status_code"),
        "overloaded": lambda: refused(lambda: ask("overloaded"), "status_code"),
        "broken": lambda: refused(lambda: streamed("broken")),
        "cut": lambda: refused(lambda: streamed("cut")),
    }
