"""How much a plugin's author writes: what plugins have in common belongs into the SDK."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = {  # of code: without blank lines and comments
    "sdk/examples/table_cpp": 40,
    "plugins/openai": 40,
    "plugins/anthropic": 250,
    "plugins/bedrock": 300,
    "plugins/ollama": 120,
}


def code_lines(file: Path) -> int:
    count, in_comment = 0, False
    for line in map(str.strip, file.read_text().splitlines()):
        if in_comment:
            in_comment = "*/" not in line
        elif line.startswith("/*"):
            in_comment = "*/" not in line
        elif line and not line.startswith("//"):
            count += 1
    return count


@pytest.mark.parametrize("folder", LINES)
def test_a_plugin_is_short(folder: str) -> None:
    files = [file for file in (ROOT / folder).iterdir() if file.suffix in {".c", ".cpp", ".h", ".hpp"}]
    assert 0 < sum(map(code_lines, files)) <= LINES[folder], folder
