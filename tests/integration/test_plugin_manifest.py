"""What a plugin says of itself is checked whole, by `plugin inspect` and before the host listens."""

import json
from pathlib import Path

from integration.host import run_cli
from integration.test_plugins import TABLE, build

WRONG = {"summary": 1, "operations": ["chat", "chat"],
         "options": {"tone": {"type": "strng"}, "loud": {"type": "boolean", "default": "yes"}},
         "models": [{"id": "m"}, {"id": "m", "context": "8k"}]}
PLACES = ("summary", "operations[1]", "options.tone.type", "options.loud.default", "models[1].id",
          "models[1].context")


def plugin(folder: Path, manifest: object) -> Path:
    return build(folder, TABLE, MANIFEST=json.dumps(json.dumps(manifest)))


def check(folder: Path) -> tuple[int, str]:
    file = folder / "config.toml"
    file.write_text('[providers.odd]\nplugin = "./odd.so"\n\n[[routes]]\nmodel = "odd"\nto = "odd"\n')
    done = run_cli("check", "--config", file)
    return done.returncode, done.stderr


def test_every_mistake_in_a_manifest_is_told_at_once(tmp_path: Path) -> None:
    """What was misspelt or of a wrong type was taken for left out."""
    inspected = run_cli("plugin", "inspect", plugin(tmp_path, WRONG))
    assert inspected.returncode == 1
    code, said = check(tmp_path)
    assert code == 2 and said.startswith(f"{tmp_path}/config.toml:2:10: error: ")
    for place in PLACES:
        assert f'"{place}"' in inspected.stderr and f'"{place}"' in said, place
    assert 'did you mean "string"?' in said


def test_members_that_this_host_does_not_know(tmp_path: Path) -> None:
    """A later version's are passed over; what looks misspelt is pointed out."""
    inspected = run_cli("plugin", "inspect",
                        plugin(tmp_path, {"sumary": "oops", "zebra": 1, "models": [{"id": "odd"}]}))
    assert inspected.returncode == 0
    assert 'in its manifest, "sumary" is unknown; did you mean "summary"?' in inspected.stderr
    assert '"zebra" is unknown' in inspected.stderr
    _, said = check(tmp_path)
    assert 'warning: in the manifest of plugin "./odd.so", "sumary" is unknown' in said
    assert "zebra" not in said
