"""Libraries that an isolated plugin brings along: the same file as in the host, unchanged, and the same words of what is wrong."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from integration.conftest import NOT_SANITIZED, StartHost, route, server
from integration.host import BINARY, Host, run_cli, wait_for
from integration.test_isolation import content, isolated
from integration.test_plugin_files import CXX, SDK, compile_library, plugin_source

pytestmark = NOT_SANITIZED

HOSTILE = Path(__file__).with_name("bad_plugins") / "plugins/hostile.c"


@pytest.fixture(scope="module")
def plugin_object(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin that says what its library says, compiled but not linked: that takes no time."""
    file = tmp_path_factory.mktemp("object") / "plugin.o"
    source = plugin_source("one", 'extern "C" const char* helper();').replace('kept = "one"', "kept = helper()")
    subprocess.run([CXX, "-xc++", "-std=c++20", "-c", "-fPIC", "-O0", "-I", SDK, "-", "-o", file], input=source, text=True, check=True)
    return file


def link(file: Path, plugin_object: Path, *flags: str | Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([CXX, "-shared", plugin_object, "-o", file, *flags], check=True)
    file.chmod(0o755)
    return file


HELPER = 'const char* helper(void) { return "helped"; }'


def library(file: Path, body: str = HELPER, *flags: str | Path, soname: str | None = None) -> Path:
    """Its DT_SONAME is its name, as every build gives it, unless another is said; "": none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    named = file.name if soname is None else soname
    return compile_library(file, body, *([f"-Wl,-soname,{named}"] if named else []), *flags, compiler="gcc")


def with_library(folder: Path, plugin_object: Path, word: str = "helped", **members: str) -> Path:
    library(folder / "libbwhelper.so", f'const char* helper(void) {{ return "{word}"; }}', **members)
    return link(folder / "p.so", plugin_object, f"-L{folder}", "-lbwhelper", "-Wl,-rpath,$ORIGIN")


def section(name: str, file: Path, more: str = "isolate = true") -> str:
    return f'\n[providers.{name}]\nplugin = "{file}"\n{more}\n' + route(name, f'"{name}"')


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Of a config with the plugin, isolated."""
    config = file.parent / "c.toml"
    config.write_text(section("p", file))
    return run_cli("check", "--config", config)


def accepted(file: Path) -> str:
    done = check(file)
    assert done.returncode == 0, done
    return done.stderr


def refused(file: Path) -> str:
    done = check(file)
    assert done.returncode == 2, done
    said = done.stderr
    assert f'plugin "{file}" cannot be loaded: {file}: ' in said, said
    assert "/proc/" not in said, said
    return said


# ---- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["$ORIGIN", "$ORIGIN/lib", "/"])
@pytest.mark.parametrize("kind", ["--enable-new-dtags", "--disable-new-dtags"])
def test_a_library_beside_an_isolated_plugin_is_found(tmp_path: Path, plugin_object: Path, place: str, kind: str) -> None:
    """Or at a full path, where the child sees no file."""
    lies = tmp_path / "lib" if place.endswith("lib") else tmp_path
    library(lies / "libbwhelper.so")
    place = str(tmp_path) if place == "/" else place
    accepted(link(tmp_path / "p.so", plugin_object, f"-L{lies}", "-lbwhelper", f"-Wl,-rpath,{place}", f"-Wl,{kind}"))


def test_a_library_that_is_needed_by_a_full_path_is_found(tmp_path: Path, plugin_object: Path) -> None:
    library(tmp_path / "libbwhelper.so", soname=f"{tmp_path}/libbwhelper.so")
    accepted(link(tmp_path / "p.so", plugin_object, f"-L{tmp_path}", "-lbwhelper"))


def test_a_library_with_a_version_in_its_name_is_found(tmp_path: Path, plugin_object: Path) -> None:
    """By an isolated plugin behind a link, too."""
    vendor, plugins = tmp_path / "vendor", tmp_path / "plugins"
    library(vendor / "libbwhelper.so.1.2.3", soname="libbwhelper.so.1")
    (vendor / "libbwhelper.so.1").symlink_to("libbwhelper.so.1.2.3")
    file = link(vendor / "p.so", plugin_object, f"-L{vendor}", "-l:libbwhelper.so.1", "-Wl,-rpath,$ORIGIN")
    plugins.mkdir()
    (plugins / "p.so").symlink_to(file)
    accepted(plugins / "p.so")


def test_what_a_library_of_an_isolated_plugin_needs_is_opened_before_it(tmp_path: Path, plugin_object: Path) -> None:
    """Each looks beside itself. The plugin needs the innermost one as well, and names it first."""
    deep = tmp_path / "deep"
    inner = library(deep / "libbwinner.so", 'const char* inner(void) { return "helped"; }')
    middle = library(deep / "libbwmiddle.so", "const char* inner(void); const char* middle(void) { return inner(); }",
                     f"-L{deep}", "-lbwinner", "-Wl,-rpath,$ORIGIN")
    library(tmp_path / "libbwhelper.so", """const char* middle(void);
static const char* word;
__attribute__((constructor)) static void look(void) { word = middle(); }
const char* helper(void) { return word; }""", f"-L{deep}", "-lbwmiddle", "-Wl,-rpath,$ORIGIN/deep", f"-Wl,-rpath-link,{deep}")
    file = link(tmp_path / "p.so", plugin_object, "-Wl,--no-as-needed", f"-L{tmp_path}", "-lbwhelper", f"-L{deep}", "-lbwinner",
                "-Wl,-rpath,$ORIGIN:$ORIGIN/deep", f"-Wl,-rpath-link,{deep}")
    accepted(file)
    for each in (inner, middle):
        each.chmod(0o777)
        assert f"it brings along {each}: it can be written by other users" in refused(file)
        each.chmod(0o755)


def test_a_library_may_use_what_only_the_plugin_says_it_needs(tmp_path: Path, plugin_object: Path, start_host: StartHost) -> None:
    """As in the host, where the linker looks through all that the plugin needs."""
    library(tmp_path / "libbwhelper.so", "const char* word(void); const char* helper(void) { return word(); }", "-Wl,-z,lazy")
    library(tmp_path / "libbwword.so", 'const char* word(void) { return "found"; }')
    file = link(tmp_path / "p.so", plugin_object, "-Wl,--no-as-needed", f"-L{tmp_path}", "-lbwhelper", "-lbwword", "-Wl,-rpath,$ORIGIN")
    host = start_host(server(1) + section("isolated", file) + section("inside", file, ""))
    assert content(host, "isolated") == content(host, "inside") == "found 1"


def test_a_library_that_the_host_has_is_taken_from_it_and_warned_of(tmp_path: Path, plugin_object: Path) -> None:
    """The child is the same program, so that it has that one already."""
    linked = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    name = next(name for name in ("libz.so.1", "libcrypto.so.3", "libm.so.6") if name in linked)
    theirs = next(line.split()[2] for line in linked.splitlines() if line.strip().startswith(name))
    library(tmp_path / name, 'const char* unused(void) { return ""; }')
    library(tmp_path / "libbwhelper.so")
    file = link(tmp_path / "p.so", plugin_object, "-Wl,--no-as-needed", f"-L{tmp_path}", "-lbwhelper", f"-l:{name}", "-Wl,-rpath,$ORIGIN")
    said = accepted(file)
    assert f"the plugin {file} gets /" in said and f" in place of {tmp_path / name}, which it brings along" in said
    shutil.copy(theirs, tmp_path / name)
    assert "brings along" not in accepted(file)


# ---- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("soname, words", [("", "it has no DT_SONAME"), ("libother.so", "its DT_SONAME is libother.so")])
def test_a_library_that_the_linker_would_not_find_is_refused(tmp_path: Path, plugin_object: Path, soname: str, words: str) -> None:
    file = with_library(tmp_path, plugin_object)
    beside = library(tmp_path / "libbwhelper.so", soname=soname)
    said = refused(file)
    assert f"it brings along {beside}: {words}, and it is needed as libbwhelper.so" in said
    assert "-Wl,-soname,libbwhelper.so" in said


def test_libraries_that_need_each_other_are_refused(tmp_path: Path, plugin_object: Path) -> None:
    """None can be opened first."""
    library(tmp_path / "libbwother.so", "void other(void) {}")
    library(tmp_path / "libbwhelper.so", 'void other(void); const char* helper(void) { other(); return "h"; }', f"-L{tmp_path}", "-lbwother")
    library(tmp_path / "libbwother.so", "const char* helper(void); void other(void) { helper(); }", f"-L{tmp_path}", "-lbwhelper")
    file = link(tmp_path / "p.so", plugin_object, "-Wl,--no-as-needed", f"-L{tmp_path}", "-lbwhelper", "-lbwother", "-Wl,-rpath,$ORIGIN",
                "-Wl,--disable-new-dtags")
    assert f"it brings along {tmp_path}/libbwhelper.so: it is in a circle of libraries that need each other" in refused(file)


def test_the_linkers_words_name_the_files_that_were_copied(tmp_path: Path, plugin_object: Path) -> None:
    file = with_library(tmp_path, plugin_object)
    beside = library(tmp_path / "libbwhelper.so", "extern int missing; int helper(void) { return missing; }")
    assert f"{beside} uses missing, and no library that it is linked with has it" in refused(file)
    beside.unlink()
    assert f"it needs libbwhelper.so, which is not in {tmp_path} or the system's folders" in refused(file)


def test_a_version_that_a_library_of_an_isolated_plugin_lacks_is_named(tmp_path: Path, plugin_object: Path) -> None:
    script = tmp_path / "versions"

    def of_version(version: str) -> None:
        script.write_text(f"{version} {{ global: helper; }};\n")
        library(tmp_path / "libbwhelper.so", HELPER, f"-Wl,--version-script={script}")
    of_version("LIB_2.0")
    file = link(tmp_path / "p.so", plugin_object, f"-L{tmp_path}", "-lbwhelper", "-Wl,-rpath,$ORIGIN")
    accepted(file)
    of_version("LIB_1.0")
    assert "it needs LIB_2.0 of libbwhelper.so, which is older here" in refused(file)


# ---- while it runs ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, plugin_object: Path, start_host: StartHost) -> Host:
    """Plugins with libraries of one name, of which the host itself has one; and one that tries whether it has descriptors."""
    folder = tmp_path_factory.mktemp("plugins")
    sections = [section(word, with_library(folder / word, plugin_object, word), how) for word, how in
                (("one", "isolate = true"), ("inside", ""), ("two", "isolate = true"))]
    with_library(folder / "curious", plugin_object)
    curious = folder / "curious/curious.so"
    subprocess.run(["gcc", "-std=c11", "-shared", "-fPIC", "-pthread", "-I", SDK, HOSTILE, "-o", curious, "-Wl,--no-as-needed",
                    f"-L{curious.parent}", "-lbwhelper", "-Wl,-rpath,$ORIGIN"], check=True)
    return start_host(server(1) + "".join(sections) + section("curious", curious, """isolate = true
base_url = "http://127.0.0.1:1"
how = "tries"
what = "descriptors\""""))


@pytest.mark.parametrize("word", ["one", "inside", "two"])
def test_each_isolated_plugin_has_its_own_library_of_a_name(host: Host, word: str) -> None:
    """In the host there can be but one, which theirs neither are nor hinder."""
    assert content(host, word).startswith(f"{word} ")


def test_a_process_that_comes_back_gets_its_libraries_again(host: Host) -> None:
    before = isolated(host, "two")["process"]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: isolated(host, "two")["process"] not in (0, before) and isolated(host, "two")["condition"] == "up", "its return")
    assert content(host, "two") == "two 1"


def test_no_descriptor_of_a_library_is_left(host: Host) -> None:
    assert content(host, "curious").startswith("refused ")
