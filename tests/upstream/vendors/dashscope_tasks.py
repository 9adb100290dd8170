"""DashScope's asynchronous tasks, of the one kind that makes images from a text. Formats: Model
Studio's reference of text to image and of asynchronous tasks, and the Python SDK (2.0.2)."""

from dataclasses import dataclass, field

from upstream.qwen import Json
from upstream.vendors.content import PNG
from upstream.vendors.shapes import (
    anything, boolean, items, members, number, one_of, text)
from upstream.vendors.vendor import Fault, new_id

AT = "2026-11-29 20:00:0{}.123"
MODELS = ("wan2.2-t2i-flash", "wanx2.1-t2i-turbo")
FAILED = Fault(200, "InternalError", "The image could not be made.")
MODERATED = Fault(200, "DataInspectionFailed", "Output data may contain inappropriate content.")
IMAGE = members(
    {"model": text(1), "input": members({"prompt": text(1)}, {"negative_prompt": text(),
                                                              "ref_img": text()})},
    {"parameters": members({}, {
        "size": text(3, lambda size: all(part.isdigit() for part in size.split("*")), "size"),
        "n": number(1, 4, whole=True), "seed": number(0, 2147483647, whole=True),
        "prompt_extend": boolean, "watermark": boolean, "style": text(), "ref_mode": anything,
        "ref_strength": anything}, opened=True),
     "resources": items(anything), "task": one_of("text2image"), "function": anything})


@dataclass
class Task:
    prompt: str
    count: int
    fault: Fault | None
    steps: list[str]  # what it is told to be, one a question; the last one stays
    id: str = field(default_factory=lambda: new_id("8811b4a4-00ac-4eff-ab7f-"))

    def next(self) -> str:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


class Tasks:
    """Tasks go their way by being asked for, and not by the clock."""

    def __init__(self) -> None:
        self.running = ["PENDING", "RUNNING"]
        self.fault: Fault | None = None  # what the next ones fail with
        self._tasks: dict[str, Task] = {}

    def create(self, body: Json) -> Task:
        ends = "FAILED" if self.fault else "SUCCEEDED"
        task = Task(body["input"]["prompt"], body.get("parameters", {}).get("n", 1), self.fault,
                    [*self.running, ends])
        self._tasks[task.id] = task
        return task

    def told(self, identity: str, origin: str) -> Json:
        """One that there is not, or no longer, is of unknown state, and no error."""
        task = self._tasks.get(identity)
        if not task:
            return {"output": {"task_id": identity, "task_status": "UNKNOWN"}}
        status = task.next()
        output: Json = {"task_id": task.id, "task_status": status, "submit_time": AT.format(0)}
        if status != "PENDING":
            output["scheduled_time"] = AT.format(1)
        if status not in ("PENDING", "RUNNING"):
            output["end_time"] = AT.format(2)
        if status == "FAILED" and task.fault:
            output |= {"code": task.fault.code, "message": task.fault.message,
                       "task_metrics": _metrics(task.count, 0)}
        if status != "SUCCEEDED":
            return {"output": output}
        output["results"] = [
            {"orig_prompt": task.prompt, "actual_prompt": f"{task.prompt}, in detail",
             "url": f"{origin}/oss/{task.id}-{number}.png?Expires=1&Signature=x"}
            for number in range(task.count)]
        output["task_metrics"] = _metrics(task.count, task.count)
        return {"output": output, "usage": {"image_count": task.count}}

    def cancel(self, identity: str) -> bool:
        """Only one that has not begun can be."""
        task = self._tasks.get(identity)
        if not task or task.steps[0] != "PENDING":
            return False
        task.steps = ["CANCELED"]
        return True


def _metrics(total: int, right: int) -> Json:
    return {"TOTAL": total, "SUCCEEDED": right, "FAILED": total - right}


def image() -> bytes:
    return PNG
