"""The rule about duplicates sees a copy, however it is laid out, and nothing else."""

from pathlib import Path

from .duplicates import duplicates

ORIGINAL = "int sum(int a) {\n" + "\n".join(f"    a += {number} * a;  // step" for number in range(20)) + "\n}\n"
COPY = "int other() {}\nint sum(int a) { " + " ".join(f"a += {number} * a;" for number in range(20)) + " }\n"
ALIKE = ORIGINAL.replace("a +=", "b +=")


def test_a_copy_is_seen_once(tmp_path: Path) -> None:
    """With other comments and line ends, and where it begins."""
    original, copy = tmp_path / "original.cpp", tmp_path / "copy.cpp"
    original.write_text(ORIGINAL)
    copy.write_text(COPY)
    [(second, first)] = duplicates([original, copy], 80)
    assert (second.path, second.line) == (copy, 2)
    assert (first.path, first.line) == (original, 1)


def test_what_is_only_alike_is_none(tmp_path: Path) -> None:
    """Other names are other code; a short run may stand twice."""
    original, alike = tmp_path / "original.cpp", tmp_path / "alike.cpp"
    original.write_text(ORIGINAL)
    alike.write_text(ALIKE)
    assert not duplicates([original, alike], 80)
