"""Cases of AWS's SDK."""

from collections.abc import Callable
from typing import Any

import boto3
import botocore.config
from run import TOOL, image, refused


def cases(told: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    once = botocore.config.Config(retries={"total_max_attempts": 1})
    client = boto3.client(
        "bedrock-runtime", endpoint_url=told["origin"], region_name=told["region"],
        aws_access_key_id=told["key_id"], aws_secret_access_key=told["secret"],
        aws_session_token=told["session"], verify=told["ca_file"], config=once)
    config = {"tools": [{"toolSpec": {"name": TOOL["name"], "description": "Of a city.",
                                      "inputSchema": {"json": TOOL["schema"]}}}]}

    def asked(case: str, *content: Any, **more: Any) -> dict[str, Any]:
        return {"modelId": told[case], "messages": [
            {"role": "user", "content": [*content, {"text": "Hello there"}]}], **more}

    def ask(case: str, *content: Any, **more: Any) -> Any:
        answer = client.converse(**asked(case, *content, **more))
        said = answer["output"]["message"]["content"]
        thoughts = [block["reasoningContent"]["reasoningText"]["text"] for block in said
                    if "reasoningContent" in block]
        return {"text": "".join(block.get("text", "") for block in said),
                "thought": "".join(thoughts),
                "calls": [[block["toolUse"]["name"], block["toolUse"]["input"]] for block in said
                          if "toolUse" in block],
                "stop": answer["stopReason"], "usage": answer["usage"]}

    def streamed(case: str, **more: Any) -> Any:
        said: dict[str, Any] = {"text": "", "thought": "", "calls": [], "stop": None}
        for event in client.converse_stream(**asked(case, **more))["stream"]:
            if "contentBlockStart" in event:
                said["calls"].append([event["contentBlockStart"]["start"]["toolUse"]["name"], ""])
            delta = event.get("contentBlockDelta", {}).get("delta", {})
            said["text"] += delta.get("text", "")
            said["thought"] += delta.get("reasoningContent", {}).get("text", "")
            if "toolUse" in delta:
                said["calls"][-1][1] += delta["toolUse"]["input"]
            if "messageStop" in event:
                said["stop"] = event["messageStop"]["stopReason"]
            if "metadata" in event:
                said["usage"] = event["metadata"]["usage"]
        return said

    picture = {"image": {"format": "png", "source": {"bytes": image(told)}}}
    return {
        "plain": lambda: ask("plain"),
        "stream": lambda: streamed("plain"),
        "calls": lambda: ask("parallel", toolConfig=config),
        "streamed calls": lambda: streamed("parallel", toolConfig=config),
        "thinking": lambda: streamed("thinking"),
        "cached": lambda: ask("cached"),
        "image": lambda: ask("plain", picture),
        "rate": lambda: refused(lambda: ask("rate")),
        "context": lambda: refused(lambda: ask("context")),
        "broken": lambda: refused(lambda: streamed("broken")),
        "cut": lambda: refused(lambda: streamed("cut")),
    }
