"""Loading plugins: what is refused and why, and two instances of one."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import PLUGINS, ROOT, run_cli
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

TABLE = """#include <bellwether/provider.h>
static bw_status create(const bw_setup* s, bw_provider** o) {
    (void)s; (void)o;
    return BW_E_INTERNAL;
}
static void destroy(bw_provider* p) { (void)p; }
static bw_status open_call(bw_provider* p, bw_attempt* a, const bw_request* r, bw_call** c) {
    (void)p; (void)a; (void)r; (void)c;
    return BW_E_INTERNAL;
}
static bw_status head(bw_call* c, const bw_head* h) { (void)c; (void)h; return BW_OK; }
static bw_status data(bw_call* c, const bw_frame* f) { (void)c; (void)f; return BW_OK; }
static bw_status end(bw_call* c, const bw_end* e) { (void)c; (void)e; return BW_OK; }
static void close_call(bw_call* c, const bw_close* e) { (void)c; (void)e; }
const bw_plugin* bw_plugin_v1(const bw_hello* host) {
    static const bw_plugin table = {.size = sizeof(bw_plugin), .abi_minor = BW_ABI_MINOR,
        .host_minor_needed = NEEDED, .id = ID, .version = "1.0.0", .manifest = MANIFEST,
        .create = create, .destroy = destroy, .call_open = open_call, .call_head = head,
        .call_data = data, .call_end = end, .call_close = close_call};
    (void)host;
    return TABLE;
}
"""


def build(folder: Path, source: str, name: str = "odd", **macros: str) -> Path:
    """A shared library from C source."""
    file = folder / f"{name}.so"
    usual = {"NEEDED": "0", "ID": '"test.odd"', "MANIFEST": '"{}"', "TABLE": "&table"}
    defines = [f"-D{key}={text}" for key, text in {**usual, **macros}.items()]
    subprocess.run([os.environ.get("CC", "gcc"), "-std=c11", "-shared", "-fPIC", "-xc", "-",
                    "-o", file, "-I", ROOT / "sdk/include", *defines],
                   input=source.encode(), check=True)
    file.chmod(0o644)
    return file


def refusal(tmp_path: Path, plugin: Path | str, more: str = "") -> str:
    """What `check` says of a config that loads this plugin; it must refuse it at its place."""
    file = tmp_path / "config.toml"
    file.write_text(f'[providers.odd]\nplugin = "{plugin}"\n{more}\n'
                    '[[routes]]\nmodel = "odd"\nto = "odd"\n')
    done = run_cli("check", "--config", file)
    assert done.returncode == 2, done
    assert done.stderr.startswith(f"{file}:"), done.stderr
    return done.stderr


@pytest.mark.parametrize(("entry", "words"), [
    ("their", "there is no such folder"),
    ("~/plugins", 'stands for nothing here: write the folder in full'),
    ("config.toml", "it is no folder"),
])
def test_a_plugin_path_that_is_no_folder_is_told_of(tmp_path: Path, entry: str,
                                                    words: str) -> None:
    """Else a plugin of the same name that comes with the host runs instead of the one meant."""
    (tmp_path / "there").mkdir()
    file = tmp_path / "config.toml"
    file.write_text(f'plugin_path = ["there", "{entry}"]\n[providers.echo]\n'
                    '[[routes]]\nmodel = "echo"\nto = "echo"\n')
    done = run_cli("check", "--config", file)
    assert done.returncode == 0
    (warning,) = done.stderr.splitlines()
    assert warning.startswith(f"{file}:1:25: warning: ") and words in warning
    assert str(tmp_path / entry) in warning


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_plugin_of_another_user_is_refused(tmp_path: Path) -> None:
    """Who owns a file, or a folder on the way to it, can have the host run what they like."""
    os.chmod(tmp_path, 0o755)
    folder = tmp_path / "plugins"
    folder.mkdir()
    plugin = shutil.copy(PLUGINS / "echo.so", folder)
    file = tmp_path / "config.toml"
    file.write_text(f'[providers.echo]\nplugin = "{plugin}"\n'
                    '[[routes]]\nmodel = "echo"\nto = "echo"\n')
    assert run_cli("check", "--config", file).returncode == 0
    for given in (plugin, folder):
        os.chown(given, 1000, 1000)
        assert f"belongs to user 1000, who could put another in its place; run: chown root {given}" \
            in refusal(tmp_path, plugin)
        os.chown(given, 0, 0)


def test_a_plugin_that_is_nowhere(tmp_path: Path) -> None:
    """The folders that were searched are named, in their order."""
    (tmp_path / "mine").mkdir()
    file = tmp_path / "config.toml"
    file.write_text(f'plugin_path = ["{tmp_path}/mine"]\n[providers.odd]\nplugin = "nobody"\n'
                    '[[routes]]\nmodel = "odd"\nto = "odd"\n')
    done = run_cli("check", "--config", file)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}:3:10: error: "), done.stderr
    assert "nobody.so" in done.stderr
    assert done.stderr.index(f"{tmp_path}/mine") < done.stderr.index(str(PLUGINS))


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    """A path is taken from the config's own folder, and shown as it was understood."""
    assert f"{tmp_path}/sub/nobody.so" in refusal(tmp_path, "./sub/nobody.so")


def test_a_file_that_is_no_library(tmp_path: Path) -> None:
    """Found out before the dynamic linker gets it."""
    (tmp_path / "text.so").write_text("#!/bin/sh\necho hello\n")
    assert "ELF" in refusal(tmp_path, "./text.so")


def test_a_library_that_is_cut(tmp_path: Path) -> None:
    """Half a file, as a broken copy leaves it, is refused and does not bring the host down."""
    (tmp_path / "cut.so").write_bytes((PLUGINS / "echo.so").read_bytes()[:5000])
    message = refusal(tmp_path, "./cut.so")
    assert f"{tmp_path}/cut.so" in message and "/proc/" not in message


def test_a_library_that_lacks_another(tmp_path: Path) -> None:
    """The dynamic linker's own words are the useful ones."""
    build(tmp_path, "int nowhere(void); int call(void) { return nowhere(); }")
    message = refusal(tmp_path, "./odd.so")
    assert "nowhere" in message and "/proc/" not in message


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_can_write_is_not_loaded(tmp_path: Path, what: str) -> None:
    """Who can write a plugin can do all that the host can, the use of its keys included."""
    folder = tmp_path / "open"
    folder.mkdir()
    file = Path(shutil.copy(PLUGINS / "echo.so", folder / "echo.so"))
    (file if what == "file" else folder).chmod(0o777)
    message = refusal(tmp_path, file)
    assert "written by other users" in message and "chmod o-w" in message


def test_the_pin(tmp_path: Path) -> None:
    """`sha256` ties the config to one build of a plugin."""
    right = hashlib.sha256((PLUGINS / "echo.so").read_bytes()).hexdigest()
    wrong = "0" * 64
    message = refusal(tmp_path, PLUGINS / "echo.so", f'sha256 = "{wrong}"')
    assert right in message and wrong in message
    file = tmp_path / "pinned.toml"
    file.write_text(f'[providers.echo]\nplugin = "{PLUGINS}/echo.so"\nsha256 = "{right.upper()}"\n'
                    '[[routes]]\nmodel = "echo"\nto = "echo"\n')
    assert run_cli("check", "--config", file).returncode == 0


def test_two_instances_of_one_plugin(start_host: StartHost, upstream: Simulator, second: Simulator,
                                     authority: Authority, tmp_path: Path) -> None:
    """One library, two accounts: each instance has its own address and key, and they do not mix."""
    (tmp_path / "key").write_text("test-key")
    other = provider("other", second, authority).replace("env:HOLYSHEEP_API_KEY",
                                                         f"file:{tmp_path}/key")
    host = start_host(server() + provider("holysheep", upstream, authority) + other
                      + route("qwen-*", '"holysheep"') + route("other-*", '"other"'))
    here, there = upstream.serve(answers.chat()), second.serve(answers.chat(), prefix="other")
    for _ in range(4):
        assert host.chat(here).headers["x-bellwether-provider"] == "holysheep"
        assert host.chat(there).headers["x-bellwether-provider"] == "other"
    assert (len(upstream.requests(here)), len(second.requests(there))) == (4, 4)
    assert not upstream.requests(there) and not second.requests(here)


def test_two_echoes_with_different_options(start_host: StartHost) -> None:
    """Options are an instance's own, down to the plugin."""
    host = start_host(server() + '[providers.first]\nplugin = "echo"\nreply = "one"\n'
                      '[providers.other]\nplugin = "echo"\nreply = "two"\n'
                      + route("a", '"first"') + route("b", '"other"'))
    said = [host.chat(model).json()["choices"][0]["message"]["content"] for model in "abab"]
    assert said == ["one", "two", "one", "two"]
