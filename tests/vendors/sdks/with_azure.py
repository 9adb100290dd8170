"""Cases of OpenAI's SDK as Azure's client, with a key and with tokens of Azure's own library."""

import base64
from collections.abc import Callable
from typing import Any

import openai
from azure.identity import ClientSecretCredential, get_bearer_token_provider
from run import TOOL, image, refused


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    client = openai.AzureOpenAI(azure_endpoint=told["origin"], api_key=told["key"],
                                api_version="2024-10-21", max_retries=0)
    tools = [{"type": "function", "function": {"name": TOOL["name"], "parameters": TOOL["schema"]}}]

    def ask(case: str, content: Any = "Hello there", by: Any = client, **more: Any) -> Any:
        return by.chat.completions.create(
            model=told[case], messages=[{"role": "user", "content": content}], **more)

    def told_of(answer: Any) -> Any:
        (choice,) = answer.choices
        calls = [[call.function.name, call.function.arguments]
                 for call in choice.message.tool_calls or []]
        return {"text": choice.message.content or "", "calls": calls,
                "stop": choice.finish_reason,
                "usage": [answer.usage.prompt_tokens,
                          answer.usage.prompt_tokens_details.cached_tokens,
                          answer.usage.completion_tokens]}

    def streamed(case: str, **more: Any) -> Any:
        with client.chat.completions.stream(
                model=told[case], messages=[{"role": "user", "content": "Hello there"}],
                stream_options={"include_usage": True}, **more) as stream:
            for _ in stream:
                pass
            return told_of(stream.get_final_completion())

    def raw(case: str) -> Any:
        """As it comes, without the SDK's own sums: it says nothing of an end that is missing."""
        return [chunk.model_dump(exclude_unset=True) for chunk in ask(case, stream=True)]

    def with_token() -> Any:
        credential = ClientSecretCredential(
            told["tenant"], told["client"], told["client_secret"], authority=told["entra"],
            disable_instance_discovery=True)
        provider = get_bearer_token_provider(
            credential, "https://cognitiveservices.azure.com/.default")
        other = openai.AzureOpenAI(azure_endpoint=told["origin"], api_version="2024-10-21",
                                   azure_ad_token_provider=provider, max_retries=0)
        return told_of(ask("plain", by=other))

    data = f"data:image/png;base64,{base64.b64encode(image(told)).decode()}"
    return {
        "plain": lambda: told_of(ask("plain")),
        "token": with_token,
        "stream": lambda: streamed("plain"),
        "calls": lambda: told_of(ask("parallel", tools=tools)),
        "streamed calls": lambda: streamed("parallel", tools=tools),
        "cached": lambda: told_of(ask("cached")),
        "image": lambda: told_of(ask("plain", [{"type": "image_url", "image_url": {"url": data}},
                                               {"type": "text", "text": "What is this?"}])),
        "rate": lambda: refused(lambda: ask("rate"), "status_code", "code"),
        "context": lambda: refused(lambda: ask("context"), "status_code", "code"),
        "filtered": lambda: refused(lambda: ask("filtered"), "status_code", "code"),
        "broken": lambda: refused(lambda: raw("broken")),
        "cut": lambda: refused(lambda: raw("cut")),
    }
