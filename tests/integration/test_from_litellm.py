"""docs/from-litellm.md: what it shows is what the program takes, and its words get their answers."""

import re
from pathlib import Path

from integration.host import PLUGINS, ROOT, run_cli

DOC = (ROOT / "docs/from-litellm.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOC, re.M | re.S)


def test_the_snippets_are_one_good_config(tmp_path: Path) -> None:
    """`check` finds nothing in them, one after the other; no name of the other side is lost."""
    snippets = blocks("toml")
    assert len(snippets) >= 4
    (tmp_path / "prices.toml").symlink_to(ROOT / "config/prices.toml")
    file = tmp_path / "bellwether.toml"
    file.write_text(f'plugin_path = ["{PLUGINS}"]\n' + "\n".join(snippets))
    done = run_cli("check", "--no-secrets", "--config", file)
    assert (done.returncode, done.stderr) == (0, "")
    names = set(re.findall(r"model_name: (\S+)", blocks("yaml")[0]))
    assert len(names) == 9  # of ten models, two have one name
    listed = run_cli("explain", "gpt-4", "--config", file, env={
        f"{vendor}_API_KEY": "k" for vendor in ("OPENAI", "DASHSCOPE", "DEEPSEEK", "GROQ", "OPENROUTER")})
    assert listed.returncode == 0 and "gpt-4o" in listed.stdout
    for name in names:
        assert f'model = "{name}"' in re.sub(r"model +=", "model =", "\n".join(snippets))


def test_the_yaml_itself_is_called_yaml(tmp_path: Path) -> None:
    """Whoever tries it first is told what it is, and where to read on."""
    file = tmp_path / "config.yaml"
    file.write_text(blocks("yaml")[0])
    done = run_cli("check", "--config", file)
    assert done.returncode == 2 and "YAML" in done.stderr and "docs/from-litellm.md" in done.stderr


def test_the_message_shown_is_the_programs(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'plugin_path = ["{PLUGINS}"]\n[providers.openai]\nrequired = false\nrpm = 500\n'
                    '[[routes]]\nmodel = "m"\nto = "openai"\n')
    (shown,) = re.findall(r'^`(unknown key .*?)`', DOC, re.M)
    assert shown in run_cli("check", "--config", file).stderr


def test_its_words_get_an_answer(tmp_path: Path) -> None:
    """Each key of the other config, put into the section where people would put it."""
    yaml = blocks("yaml")[0]
    tops = re.findall(r"^(\w+):", yaml, re.M)
    params = set(re.findall(r"^      (\w+):", yaml, re.M)) - {"api_key"}
    settings = set(re.findall(r"^  (\w+):", yaml, re.M)) - {"model_name"}
    head = f'plugin_path = ["{PLUGINS}"]\n'
    rest = '[providers.echo]\n[[routes]]\nmodel = "m"\nto = "echo"\n'
    file = tmp_path / "c.toml"
    for text, words in [
            (head + "".join(f"{word} = 1\n" for word in tops) + rest, tops),
            (head + rest.replace("[[routes]]", "".join(f"{word} = 1\n" for word in params)
                                 + "[[routes]]"), params),
            (head + "[server]\n" + "".join(f"{word} = 1\n" for word in settings) + rest, settings)]:
        file.write_text(text)
        done = run_cli("check", "--config", file)
        answered = re.findall(r'unknown key "(\w+)".*; here: ', done.stderr)
        assert done.returncode == 2 and set(answered) == set(words), done.stderr
