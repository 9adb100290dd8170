"""Cases of Google's SDK, with a key or, given a file of a service account, with its tokens."""

import io
from collections.abc import Callable
from typing import Any

from google import genai
from google.genai import types
from google.oauth2 import service_account
from run import TOOL, image, refused


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    options = types.HttpOptions(base_url=told["origin"])
    if told["account"]:
        credentials = service_account.Credentials.from_service_account_file(
            told["account"], scopes=["https://www.googleapis.com/auth/cloud-platform"])
        client = genai.Client(vertexai=True, project=told["project"], location=told["location"],
                              credentials=credentials, http_options=options)
    else:
        client = genai.Client(api_key=told["key"], http_options=options)
    tools = [types.Tool(function_declarations=[types.FunctionDeclaration(
        name=TOOL["name"], description="Of a city.", parameters_json_schema=TOOL["schema"])])]
    manual = types.AutomaticFunctionCallingConfig(disable=True)
    calling = types.GenerateContentConfig(tools=tools, automatic_function_calling=manual)
    thinking = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(include_thoughts=True))

    def ask(case: str, contents: Any = "Hello there", config: Any = None) -> Any:
        return client.models.generate_content(model=told[case], contents=contents, config=config)

    def streamed(case: str, config: Any = None) -> list[Any]:
        return list(client.models.generate_content_stream(
            model=told[case], contents="Hello there", config=config))

    def told_of(answers: list[Any]) -> Any:
        parts = [part for answer in answers for part in answer.candidates[0].content.parts]
        usage = answers[-1].usage_metadata
        return {"text": "".join(part.text or "" for part in parts if not part.thought),
                "thought": "".join(part.text or "" for part in parts if part.thought),
                "calls": [[part.function_call.name, part.function_call.args] for part in parts
                          if part.function_call],
                "stop": answers[-1].candidates[0].finish_reason,
                "usage": [usage.prompt_token_count, usage.cached_content_token_count,
                          usage.candidates_token_count, usage.thoughts_token_count]}

    def uploaded() -> Any:
        file = client.files.upload(file=io.BytesIO(image(told)),
                                   config={"mime_type": "image/png"})
        return [file.state, told_of([ask("plain", [file, "What is this?"])])["text"]]

    picture = types.Part.from_bytes(data=image(told), mime_type="image/png")
    made: dict[str, Callable[[], Any]] = {
        "plain": lambda: told_of([ask("plain")]),
        "stream": lambda: told_of(streamed("plain")),
        "calls": lambda: told_of([ask("parallel", config=calling)]),
        "streamed calls": lambda: told_of(streamed("parallel", calling)),
        "thinking": lambda: told_of(streamed("thinking", thinking)),
        "cached": lambda: told_of([ask("cached")]),
        "image": lambda: told_of([ask("plain", [picture, "What is this?"])]),
        "rate": lambda: refused(lambda: ask("rate"), "code", "status"),
        "unavailable": lambda: refused(lambda: ask("unavailable"), "code", "status"),
        "broken": lambda: refused(lambda: streamed("broken"), "code", "status"),
        "cut": lambda: refused(lambda: streamed("cut")),
    }
    return made if told["account"] else {**made, "upload": uploaded}
