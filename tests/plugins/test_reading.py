"""The readers see what is in a request of each vendor's own format: else a cell might hold because
nothing was looked at."""

import json
from pathlib import Path

import pytest

from plugins import reading
from plugins.reading import Read, Reader, outline
from upstream.vendors import content

RECORDED = Path(__file__).resolve().parents[1] / "upstream/vendors/recorded"
READERS: dict[str, Reader] = {
    "anthropic": reading.anthropic, "azure": reading.openai, "bedrock": reading.bedrock,
    "dashscope": reading.dashscope, "gemini": reading.google, "ollama": reading.ollama}
EACH = pytest.mark.parametrize("vendor", READERS)


def read(vendor: str, name: str) -> Read:
    told = json.loads((RECORDED / vendor / f"{name}.json").read_text())
    return READERS[vendor](told["request"]["body"])


@EACH
def test_words(vendor: str) -> None:
    said = read(vendor, "plain")
    assert "Hello there" in said.said
    assert said == Read(said.said, limit=said.limit), "and nothing that is not there"


@EACH
def test_an_image(vendor: str) -> None:
    assert read(vendor, "image").images == [content.PNG]


@EACH
@pytest.mark.parametrize("name", ["tool", "parallel_stream"])
def test_tools(vendor: str, name: str) -> None:
    tools = read(vendor, name).tools
    assert outline(tools["get_weather"])["city"] == "string"


@EACH
def test_a_schema(vendor: str) -> None:
    assert outline(read(vendor, "schema").schema) == {"city": "string"}


@EACH
def test_thinking(vendor: str) -> None:
    if vendor != "azure":  # whose recorded request does not ask for it
        assert read(vendor, "thinking").thinks
    assert not read(vendor, "plain").thinks
