"""Lets a provider's own SDK be the client: reads where the provider is and which models play what,
and prints what the SDK made of each. In a process of its own, as the SDKs are installed aside from
all others."""

import base64
import importlib
import json
import sys
import traceback
from typing import Any

TOOL = {"name": "get_weather", "description": "Of a city.", "schema": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"]}}


def image(told: dict[str, Any]) -> bytes:
    return base64.b64decode(told["image"])


def refused(call: Any, *fields: str) -> list[Any]:
    """The type of what is raised, and these members of it."""
    try:
        call()
    except Exception as raised:
        return [type(raised).__name__, *(getattr(raised, name, None) for name in fields)]
    return ["nothing"]


if __name__ == "__main__":
    module = importlib.import_module(f"with_{sys.argv[1]}")
    told = json.load(sys.stdin)
    said: dict[str, Any] = {}
    for name, case in module.cases(told).items():
        try:
            said[name] = case()
        except Exception:  # one case that fails hides no other
            said[name] = {"unexpected": traceback.format_exc()}
    print(json.dumps(said))
