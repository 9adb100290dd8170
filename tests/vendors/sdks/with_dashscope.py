"""Cases of DashScope's SDK."""

import base64
from collections.abc import Callable
from typing import Any

import dashscope
from run import TOOL, image


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    dashscope.base_http_api_url = f"{told['origin']}/api/v1"
    dashscope.api_key = told["key"]
    tools = [{"type": "function", "function": {
        "name": TOOL["name"], "description": "Of a city.", "parameters": TOOL["schema"]}}]
    asked = [{"role": "user", "content": "Hello there"}]

    def ask(case: str, **more: Any) -> Any:
        return dashscope.Generation.call(told[case], messages=asked, result_format="message",
                                         **more)

    def told_of(answers: list[Any]) -> Any:
        """Each answer has all that was said so far; one that failed has a code."""
        last = answers[-1]
        if last.status_code != 200:
            return [last.status_code, last.code]
        message = last.output.choices[0].message
        calls = [[call["function"]["name"], call["function"]["arguments"]]
                 for call in message.get("tool_calls") or []]
        return {"text": message.content, "thought": message.get("reasoning_content", ""),
                "calls": calls, "stop": last.output.choices[0].finish_reason,
                "usage": [last.usage.input_tokens, last.usage.output_tokens]}

    def increments(case: str) -> Any:
        answers = list(ask(case, stream=True, incremental_output=True))
        return "".join(answer.output.choices[0].message.content for answer in answers)

    def seen() -> Any:
        data = f"data:image/png;base64,{base64.b64encode(image(told)).decode()}"
        answer = dashscope.MultiModalConversation.call(told["plain"], messages=[
            {"role": "user", "content": [{"image": data}, {"text": "What is this?"}]}])
        return answer.output.choices[0].message.content

    def drawn(case: str) -> Any:
        task = dashscope.ImageSynthesis.async_call(told[case], "a sheep", n=2, size="1024*1024")
        done = dashscope.ImageSynthesis.wait(task)
        return [task.output.task_status, done.output.task_status, len(done.output.results or []),
                done.output.get("code")]

    return {
        "plain": lambda: told_of([ask("plain")]),
        "stream": lambda: told_of(list(ask("plain", stream=True))),
        "increments": lambda: increments("plain"),
        "calls": lambda: told_of([ask("parallel", tools=tools)]),
        "streamed calls": lambda: told_of(list(ask("parallel", tools=tools, stream=True))),
        "thinking": lambda: told_of([ask("thinking")]),
        "image": seen,
        "task": lambda: drawn("images"),
        "rate": lambda: told_of([ask("rate")]),
        "broken": lambda: told_of(list(ask("broken", stream=True))),
    }
