"""Each shipped plugin has a page, and all pages have one shape."""

import re

from .test_style import ROOT


def shipped() -> list[str]:
    names = re.search(r"^set\(shipped ([^)]*)\)", (ROOT / "plugins/CMakeLists.txt").read_text(), re.M)
    assert names
    return names[1].split()


def test_every_plugin_has_a_page_of_one_shape() -> None:
    """Its name, a sentence, a config, its options; and the front page names it."""
    front = (ROOT / "README.md").read_text()
    wrong = []
    for name in shipped():
        page = (ROOT / "plugins" / name / "README.md").read_text()
        if not re.match(rf"# {name}\n\n[A-Z][^\n]*(\n[^\n]+)*\n\n```toml\n\[providers\.{name}", page):
            wrong.append(f"{name}: not a title, a sentence or two and a config")
        options = page.index("| option | default | |") if "| option | default | |" in page else -1
        if options < 0 and "no options of its own" not in page:
            wrong.append(f"{name}: no table of options")
        if not re.search(r"^\*\*Errors\.\*\*", page, re.M):
            wrong.append(f"{name}: no errors")
        if f"plugins/{name}/README.md" not in front:
            wrong.append(f"{name}: README.md does not lead to it")
    assert not wrong, "\n".join(wrong)
