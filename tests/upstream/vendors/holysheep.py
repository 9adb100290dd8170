"""HolySheep's gateway, with the models and the errors of Qwen: OpenAI's format, and what Qwen's
endpoints add to it and do otherwise, as users report them."""

from upstream import errors
from upstream.errors import QwenError
from upstream.journal import Received
from upstream.qwen import Json
from upstream.vendors import openai_chat
from upstream.vendors.content import Call, Saying
from upstream.vendors.openai import OpenAI, failed
from upstream.vendors.vendor import Fault

OWN = ("enable_thinking", "thinking_budget", "top_k", "enable_search", "repetition_penalty")


def told(error: QwenError, headers: dict[str, str] | None = None) -> Fault:
    return failed(error.status, error.type, error.code, error.message, headers)


WRONG_KEY = told(errors.INVALID_KEY)
CONTEXT = told(errors.CONTEXT_OVERFLOW)
MODERATED = told(errors.MODERATION)
RATE = told(errors.RATE, {"retry-after": "7"})
UNPAID = told(errors.ARREARAGE)
OVERLOADED = told(errors.OVERLOADED)
STREAM_ERROR = told(errors.INTERNAL)


class HolySheep(OpenAI):
    prefix = "qwen"
    models = ("qwen-plus", "qwen-max")
    makes_media = False

    def known_part(self, body: Json) -> Json:
        known = {name: value for name, value in body.items() if name not in OWN}
        if isinstance(body.get("messages"), list):  # which may have the thoughts of an answer
            known["messages"] = [{name: value for name, value in message.items()
                                  if name != "reasoning_content"} for message in body["messages"]]
        return known

    def no_model(self, model: str) -> Fault:
        return told(errors.NO_SUCH_MODEL)

    def named(self, request: Received) -> Json:
        return {"id": "chatcmpl-9f3c1a52", "model": request.model, "service_tier": None,
                "system_fingerprint": None}

    def message(self, saying: Saying) -> Json:
        return {**super().message(saying), "content": saying.text,
                "reasoning_content": saying.thought or None}

    def thoughts(self, saying: Saying) -> list[Json]:
        return [{"content": None, "reasoning_content": thought} for thought in saying.thoughts]

    def deltas(self, index: int, call: Call) -> list[Json]:
        """Each has an id, an empty one at times, and a name that may be null."""
        first, *rest = openai_chat.deltas(index, call)
        return [first, *({**delta, "id": "" if at % 2 else call.id, "type": "function",
                          "function": {**delta["function"], "name": None}}
                         for at, delta in enumerate(rest))]
