"""Plugin files as authors build them: what they need, what they bring along, what is wrong with them."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import BINARY, PLUGINS, ROOT, SLOWNESS, run_cli
from integration.test_plugins import TABLE

SDK = ROOT / "sdk/include"
CXX = os.environ.get("CXX", "g++")

SHOUT = """
#include <bellwether/provider.hpp>
#include <string>
%(before)s
struct Shout {
    explicit Shout(const bw::Setup&) {}
    static inline int made = 0;
    static const char* word() { static const char* const kept = "%(word)s"; return kept; }
    class Call;
};
class Shout::Call {
  public:
    Call(Shout&, const bw::Request& request, bw::Attempt attempt)
        : attempt_(attempt), stream_(request.stream()) { ++Shout::made; attempt_.generate(); }
    bw::Step step() {
        const std::string said = std::string(Shout::word()) + " " + std::to_string(Shout::made);
        attempt_.emit_reply(R"({"id":"x","object":"chat.completion","created":1,"model":"m",)"
            R"("choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",)"
            R"("content":")" + said + R"("}}]})");
        return bw::Step::complete();
    }
  private:
    bw::Attempt attempt_;
    bool stream_;
};
BW_PROVIDER(Shout, "com.example.%(word)s", "1.0.0", R"({"summary": "says %(word)s"})")
"""


def compile_library(file: Path, source: str, *flags: str | Path, compiler: str = CXX) -> Path:
    """As anybody builds a shared library: no flags of the SDK's but where its headers are."""
    language = ["-xc", "-std=c11"] if compiler == "gcc" else ["-xc++", "-std=c++20"]
    done = subprocess.run([compiler, *language, "-shared", "-fPIC", "-O0", "-I", SDK, "-",
                           "-o", file, *flags],
                          input=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    file.chmod(0o755)
    return file


def plugin_source(word: str = "one", before: str = "") -> str:
    return SHOUT % {"word": word, "before": before}


def helper(file: Path, text: str = "helped", *flags: str | Path) -> Path:
    """A library that a plugin brings along."""
    file.parent.mkdir(exist_ok=True)
    return compile_library(file, f'const char* helper(void) {{ return "{text}"; }}', *flags,
                           compiler="gcc")


def small_plugin(file: Path, *flags: str | Path, before: str = "") -> Path:
    """In C, which compiles in no time. It calls what it brings along when it is loaded."""
    uses = before or """
const char* helper(void);
__attribute__((constructor)) static void look(void) { if (helper()[0] != 'h') __builtin_trap(); }
"""
    return compile_library(file, uses + TABLE, *flags, "-DNEEDED=0", '-DID="com.example.small"',
                           "-DMANIFEST=0", "-DTABLE=&table", compiler="gcc")


def inspect(file: Path) -> subprocess.CompletedProcess[str]:
    return run_cli("plugin", "inspect", file)


def accepted(file: Path) -> str:
    done = inspect(file)
    assert done.returncode == 0, done
    return done.stdout


def refused(file: Path) -> str:
    """What is said of a plugin that cannot be loaded, in plain words."""
    done = inspect(file)
    assert done.returncode == 1, done
    said = done.stderr
    assert said.startswith(f"error: {file}: "), said
    for noise in ("Bad file descriptor", "/proc/", "/dev/shm", "dlerror", "dlopen"):
        assert noise not in said, said
    assert said.count("(") == said.count(")"), said
    return said


@pytest.mark.parametrize("place", ["$ORIGIN", "${ORIGIN}", "$ORIGIN/lib", "$ORIGIN/../shared/lib"])
@pytest.mark.parametrize("named", ["", "-Wl,-soname,libbwhelper.so"])
@pytest.mark.parametrize("kind", ["--enable-new-dtags", "--disable-new-dtags"])
def test_a_library_beside_a_plugin_is_found(tmp_path: Path, place: str, named: str,
                                            kind: str) -> None:
    """The host runs a copy from memory, where $ORIGIN means nothing by itself."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    lies = Path(os.path.normpath(str(folder) + place.replace("$ORIGIN", "").replace("${ORIGIN}", "")))
    lies.mkdir(parents=True, exist_ok=True)
    helper(lies / "libbwhelper.so", "helped", *([named] if named else []))
    file = small_plugin(folder / "p.so", f"-L{lies}", "-lbwhelper", f"-Wl,-rpath,{place}",
                        f"-Wl,{kind}")
    assert "com.example.small" in accepted(file)


def test_what_a_library_beside_a_plugin_needs_is_found_too(tmp_path: Path) -> None:
    """Each looks beside itself."""
    (tmp_path / "deep").mkdir()
    inner = compile_library(tmp_path / "deep/libbwinner.so",
                            'extern "C" const char* inner() { return "hi"; }')
    compile_library(tmp_path / "libbwouter.so", 'extern "C" const char* inner();\n'
                    'extern "C" const char* helper() { return inner(); }',
                    f"-L{inner.parent}", "-lbwinner", "-Wl,-rpath,$ORIGIN/deep")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwouter", "-Wl,-rpath,$ORIGIN",
                        f"-Wl,-rpath-link,{inner.parent}")
    accepted(file)


def chain(folder: Path, rpath: str) -> Path:
    """A plugin that needs a library, which needs another, which needs a third; the plugin alone says where they are."""
    said, needed = "return \"hi\";", ["-Wl,-rpath-link," + str(folder)]
    below = ""
    for name in ("three", "two", "one"):
        compile_library(folder / f"libbw{name}.so", f"{below} const char* {name}(void) {{ {said} }}", *needed, compiler="gcc")
        below, said, needed = f"const char* {name}(void);", f"return {name}();", [f"-L{folder}", f"-lbw{name}"]
    return small_plugin(folder.parent / "p.so", f"-L{folder}", "-lbwone", f"-Wl,-rpath,{rpath}", "-Wl,--disable-new-dtags",
                        f"-Wl,-rpath-link,{folder}", before="""
const char* one(void);
__attribute__((constructor)) static void look(void) { if (one()[0] != 'h') __builtin_trap(); }
""")


@pytest.mark.parametrize("from_root", [False, True])
def test_a_plugins_rpath_leads_to_what_its_libraries_need(tmp_path: Path, from_root: bool) -> None:
    """A DT_RPATH is handed on to all of them, and its $ORIGIN is the plugin's folder for each. What is found that way
    is looked at as well."""
    folder = tmp_path / "lib"
    folder.mkdir()
    file = chain(folder, str(folder) if from_root else "$ORIGIN/lib")
    accepted(file)
    last = folder / "libbwthree.so"
    last.chmod(0o777)
    assert str(last) in refused(file)


def test_a_plugin_behind_a_link_finds_what_lies_beside_it(tmp_path: Path) -> None:
    """A link into a vendor's folder, as an administrator makes it."""
    vendor, plugins = tmp_path / "vendor", tmp_path / "plugins"
    plugins.mkdir()
    helper(vendor / "libbwhelper.so")
    file = small_plugin(vendor / "p.so", f"-L{vendor}", "-lbwhelper", "-Wl,-rpath,$ORIGIN")
    (plugins / "p.so").symlink_to(file)
    accepted(plugins / "p.so")


def test_a_library_with_a_version_in_its_name_is_found(tmp_path: Path) -> None:
    """As libtool lays them out: the file, and links to it."""
    helper(tmp_path / "libbwhelper.so.1.2.3", "helped", "-Wl,-soname,libbwhelper.so.1")
    (tmp_path / "libbwhelper.so.1").symlink_to("libbwhelper.so.1.2.3")
    (tmp_path / "libbwhelper.so").symlink_to("libbwhelper.so.1")
    accepted(small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwhelper", "-Wl,-rpath,$ORIGIN"))


def with_helper(tmp_path: Path, word: str = "one") -> Path:
    library = helper(tmp_path / "libbwhelper.so", f"h {word}")
    return small_plugin(tmp_path / "p.so", f"-L{tmp_path}", f"-l:{library.name}",
                        "-Wl,-rpath,$ORIGIN")


def test_a_library_beside_a_plugin_must_be_as_safe_as_the_plugin(tmp_path: Path) -> None:
    """Whoever can write it runs code in the host."""
    file = with_helper(tmp_path)
    library = tmp_path / "libbwhelper.so"
    library.chmod(0o777)
    said = refused(file)
    assert str(library) in said and "chmod o-w" in said
    library.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(library, 1000, 1000)
        assert f"chown root {library}" in refused(file)
        os.chown(library, 0, 0)
    library.write_bytes(library.read_bytes()[:3000])
    assert f"it brings along {library}: it is cut or damaged" in refused(file)


def test_nothing_is_left_of_how_a_library_was_laid_out(tmp_path: Path) -> None:
    file = with_helper(tmp_path)
    with subprocess.Popen([BINARY, "plugin", "inspect", file], stdout=subprocess.DEVNULL) as process:
        assert process.wait(30 * SLOWNESS) == 0
    assert laid_out_by(process.pid) == []


def laid_out_by(pid: int) -> list[Path]:
    return list(Path("/dev/shm").glob(f"bellwether-plugin-*-{pid}-*"))


def test_what_a_crash_left_is_removed_by_the_next_process(tmp_path: Path) -> None:
    """A plugin that crashed while it was loaded left its folder for ever."""
    helper(tmp_path / "libbwhelper.so", "h")
    crashing = small_plugin(tmp_path / "crash.so", f"-L{tmp_path}", "-lbwhelper",
                            "-Wl,-rpath,$ORIGIN", before="""
const char* helper(void);
__attribute__((constructor)) static void look(void) { if (helper()[0] == 'h') __builtin_trap(); }
""")
    with subprocess.Popen([BINARY, "plugin", "inspect", crashing],
                          stderr=subprocess.DEVNULL) as process:
        assert process.wait(30 * SLOWNESS) != 0
    alive = Path(laid_out_by(process.pid)[0].as_posix().replace(f"-{process.pid}-", f"-{os.getpid()}-"))
    alive.mkdir()
    try:
        accepted(with_helper(tmp_path))
        assert laid_out_by(process.pid) == []
        assert alive.exists()
    finally:
        alive.rmdir()


@pytest.mark.parametrize(("place", "words"), [
    ("lib", 'it looks for libraries in "lib", which is wherever the host is started'),
    ("./", "which is wherever the host is started"),
    ("$ORIGIN:", "at an empty place"), (":$ORIGIN", "at an empty place"),
    ("$ORIGIN::/usr/lib", "at an empty place"),
    ("/opt/$LIB", "knows nothing but a $ORIGIN at its beginning"),
    ("$ORIGINAL", "knows nothing but a $ORIGIN at its beginning"),
])
@pytest.mark.parametrize("kind", ["--enable-new-dtags", "--disable-new-dtags"])
def test_a_place_from_wherever_the_host_is_started_is_refused(tmp_path: Path, place: str, words: str,
                                                              kind: str) -> None:
    """Who could write that folder ran code in the host: nothing in it was checked."""
    helper(tmp_path / "libbwhelper.so")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwhelper", f"-Wl,-rpath,{place}",
                        f"-Wl,{kind}")
    said = refused(file)
    assert words in said and "-Wl,-rpath,'$ORIGIN'" in said


def test_such_a_place_of_a_library_beside_a_plugin_is_refused(tmp_path: Path) -> None:
    library = helper(tmp_path / "libbwhelper.so", "h", "-Wl,-rpath,lib")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwhelper", "-Wl,-rpath,$ORIGIN")
    assert f'it brings along {library}: it looks for libraries in "lib"' in refused(file)


def test_a_library_needed_by_a_path_is_checked_or_refused(tmp_path: Path) -> None:
    """The linker opens it at that path, whoever may write it; a relative one, anywhere."""
    library = helper(tmp_path / "libbwhelper.so", "h", f"-Wl,-soname,{tmp_path}/libbwhelper.so")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwhelper")
    accepted(file)
    library.chmod(0o777)
    said = refused(file)
    assert f"it brings along {library}: it can be written by other users" in said
    helper(tmp_path / "libbwother.so", "h", "-Wl,-soname,lib/libbwother.so")
    file = small_plugin(tmp_path / "q.so", f"-L{tmp_path}", "-lbwother")
    said = refused(file)
    assert 'it needs "lib/libbwother.so", which is a path, and no full one' in said
    assert "-soname" in said


def test_a_library_that_the_host_has_already_is_warned_of(tmp_path: Path) -> None:
    """The linker gives the plugin the host's, without a word."""
    linked = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    name = next(name for name in ("libz.so.1", "libcrypto.so.3", "libm.so.6") if name in linked)
    theirs = next(line.split()[2] for line in linked.splitlines() if line.strip().startswith(name))
    helper(tmp_path / name, "h", f"-Wl,-soname,{name}")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-Wl,--no-as-needed", f"-l:{name}",
                        "-Wl,-rpath,$ORIGIN", before="\n")
    said = inspect(file)
    assert said.returncode == 0, said
    assert f"the plugin {file} gets /" in said.stderr, said
    assert f" in place of {tmp_path / name}, which it brings along" in said.stderr, said
    assert "-soname" in said.stderr
    shutil.copy(theirs, tmp_path / name)
    assert "brings along" not in inspect(file).stderr


def test_a_function_in_a_library_that_came_along_is_told_of_truly(tmp_path: Path) -> None:
    """It was said that two plugins had one name."""
    library = compile_library(tmp_path / "libbwclose.so", """#include <bellwether/provider.h>
void close_in_library(bw_call* call) { (void)call; }""", compiler="gcc")
    source = TABLE.replace(".call_close = close_call", ".call_close = close_in_library").replace(
        "const bw_plugin* bw_plugin_v1", "void close_in_library(bw_call* c);\n"
        "const bw_plugin* bw_plugin_v1")
    file = compile_library(tmp_path / "p.so", source, "-DNEEDED=0", '-DID="com.example.small"',
                           "-DMANIFEST=0", "-DTABLE=&table", f"-L{tmp_path}", "-lbwclose",
                           "-Wl,-rpath,$ORIGIN", compiler="gcc")
    said = refused(file)
    assert f"its call_close is that of {library}, not its own" in said
    assert "link it in statically" in said


def library_of(segments: list[tuple[int, int, int]], body: bytes) -> bytes:
    """A library's file with these segments (type, offset, size) of what follows its headers."""
    echo = (PLUGINS / "echo.so").read_bytes()
    head = bytearray(echo[:64])
    head[32:48] = struct.pack("=QQ", 64, 0)  # where the segments and the sections are
    head[54:64] = struct.pack("=5H", 56, len(segments), 64, 0, 0)
    start = 64 + 56 * len(segments)
    return bytes(head) + b"".join(
        struct.pack("=IIQQQQQQ", kind, 4, start + at, start + at, start + at, size, size, 8)
        for kind, at, size in segments) + body


def entries(*pairs: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("=qQ", *pair) for pair in pairs)


LOAD, DYNAMIC, NEEDED, STRINGS, PLACES = 1, 2, 1, 5, 29


def strings_at(segments: int, entries_: int) -> int:
    return 64 + 56 * segments + 16 * entries_


@pytest.mark.parametrize(("content", "words"), [
    (library_of([(DYNAMIC, 0, 32)] * 600, entries((30, 0), (0, 0))), "more than once"),
    (library_of([(DYNAMIC, 0, 16 * 5000)], entries((30, 0)) * 5000), "has no end"),
    (library_of([(LOAD, 0, 16 * 302 + 4), (DYNAMIC, 0, 16 * 302)],
                entries((STRINGS, strings_at(2, 302)), *[(NEEDED, 0)] * 300, (0, 0)) + b"x\0\0\0"),
     "too many libraries"),
    (library_of([(LOAD, 0, 16 * 3 + 40000), (DYNAMIC, 0, 16 * 3)],
                entries((STRINGS, strings_at(2, 3)), (NEEDED, 0), (0, 0)) + b"x" * 40000),
     "a name in it has no end"),
    (library_of([(LOAD, 0, 16 * 3 + 9001), (DYNAMIC, 0, 16 * 3)],
                entries((STRINGS, strings_at(2, 3)), (PLACES, 0), (0, 0)) + b"/:" * 4500 + b"\0"),
     "too many places"),
])
def test_a_library_that_needs_without_end_is_refused(tmp_path: Path, content: bytes,
                                                     words: str) -> None:
    """It is read before anything of it runs: a file of 48 MiB took gigabytes."""
    file = tmp_path / "p.so"
    file.write_bytes(content)
    file.chmod(0o755)
    assert words in refused(file)


def test_two_libraries_of_one_name_are_not_taken_for_one(tmp_path: Path) -> None:
    """The linker gives the second plugin the first one's, without a word."""
    for word in ("one", "two"):
        (tmp_path / word).mkdir()
        (with_helper(tmp_path / word, word)).rename(tmp_path / word / f"{word}.so")
    config = tmp_path / "c.toml"
    config.write_text(f'plugin_path = ["{tmp_path}/one", "{tmp_path}/two"]\n'
                      '[providers.one]\n[providers.two]\n'
                      '[[routes]]\nmodel = "m"\nto = ["one", "two"]\n')
    done = run_cli("check", "--config", config)
    assert done.returncode == 2
    assert f"{tmp_path}/one/libbwhelper.so, another library of that name" in done.stderr, done
    shutil.copy(tmp_path / "one/libbwhelper.so", tmp_path / "two/libbwhelper.so")
    assert "already runs" not in run_cli("check", "--config", config).stderr


def test_two_plugins_of_one_class_name_stay_apart(tmp_path: Path, start_host: StartHost) -> None:
    """Without -fvisibility=hidden g++ makes statics one for the process: the second plugin answered as
    the first, and counted with its counter."""
    for word in ("one", "two"):
        compile_library(tmp_path / f"{word}.so", plugin_source(word))
    listed = run_cli("plugin", "list", "--json", "--config", write_config(tmp_path)).stdout
    assert '"com.example.one"' in listed and '"com.example.two"' in listed, listed
    host = start_host(server().replace('plugin_path = [', f'plugin_path = ["{tmp_path}", ')
                      .replace("workers = 2", "workers = 1") + "[providers.one]\n[providers.two]\n"
                      + route("one", '"one"') + route("two", '"two"'))
    for expected in ("one 1", "two 1", "two 2", "one 2"):
        reply = host.chat(expected.split()[0])
        assert reply.json()["choices"][0]["message"]["content"] == expected


def test_a_table_is_hidden_whatever_the_flags(tmp_path: Path) -> None:
    """For whoever else loads plugins with dlopen, as tests do."""
    file = compile_library(tmp_path / "p.so", plugin_source())
    symbols = subprocess.run(["nm", "-DC", "--defined-only", file], capture_output=True, text=True,
                             check=True).stdout
    assert "bw_plugin_v1" in symbols
    assert "plugin_table" not in symbols and "Thunks" not in symbols, symbols


def write_config(tmp_path: Path) -> Path:
    file = tmp_path / "c.toml"
    file.write_text(f'plugin_path = ["{tmp_path}", "{PLUGINS}"]\n[providers.echo]\n'
                    '[[routes]]\nmodel = "m"\nto = "echo"\n')
    return file


OTHERS_TABLE = """
#include <bellwether/provider.h>
extern "C" const bw_plugin* other_table();
extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello*) noexcept { return other_table(); }
"""


def test_a_table_of_another_library_is_refused(tmp_path: Path) -> None:
    """Whatever made the linker take it: the wrong plugin would answer."""
    exports = "\nextern \"C\" __attribute__((visibility(\"default\"))) const bw_plugin* other_table() " \
              "{ return bw_plugin_v1(0); }\n"
    other = compile_library(tmp_path / "libbwother.so", plugin_source() + exports, "-Wl,-Bsymbolic")
    file = compile_library(tmp_path / "p.so", OTHERS_TABLE, f"-L{tmp_path}", "-lbwother",
                           "-Wl,-rpath,$ORIGIN")
    said = refused(file)
    assert f"its table is that of {other}, not its own" in said and "-fvisibility=hidden" in said
    empty = compile_library(tmp_path / "e.so", "", "-Wl,--no-as-needed", f"-L{tmp_path}",
                            "-lbwother", "-Wl,-rpath,$ORIGIN")
    assert f"bw_plugin_v1 that it has is that of {other}" in refused(empty)


@pytest.mark.parametrize(("declared", "used", "shown"), [
    ('extern "C" int missing_function();', "missing_function()", "uses missing_function, and no"),
    ("namespace far { int away(int); }", "far::away(1)", "uses far::away(int), and no"),
])
def test_a_symbol_that_nobody_has_is_named(tmp_path: Path, declared: str, used: str,
                                           shown: str) -> None:
    uses = f"{declared}\n__attribute__((constructor)) static void c() {{ {used}; }}\n"
    file = compile_library(tmp_path / "p.so", plugin_source(before=uses))
    said = refused(file)
    assert shown in said and "link the one that does" in said


def test_a_library_that_is_missing_is_named_with_where_it_was_looked_for(tmp_path: Path) -> None:
    file = with_helper(tmp_path)
    (tmp_path / "libbwhelper.so").unlink()
    said = refused(file)
    assert f"it needs libbwhelper.so, which is not in {tmp_path} or the system's folders" in said
    helper(tmp_path / "libbwhelper.so")
    unled = small_plugin(tmp_path / "u.so", f"-L{tmp_path}", "-lbwhelper")
    said = refused(unled)
    assert "lies beside the plugin" in said and "-Wl,-rpath,'$ORIGIN'" in said


def versioned(file: Path, version: str, *names: str) -> None:
    script = file.with_suffix(".map")
    script.write_text(f"{version} {{ global: {'; '.join(names)}; }};\n")
    compile_library(file, "".join(f'const char* {n}(void) {{ return "h"; }}' for n in names),
                    f"-Wl,--version-script={script}", compiler="gcc")


def test_a_version_that_this_system_lacks_is_named(tmp_path: Path) -> None:
    """As of a plugin that was built against a newer C or C++ library."""
    library = tmp_path / "libbwhelper.so"
    versioned(library, "LIB_2.0", "helper")
    file = small_plugin(tmp_path / "p.so", f"-L{tmp_path}", "-lbwhelper", "-Wl,-rpath,$ORIGIN")
    accepted(file)
    versioned(library, "LIB_1.0", "helper")
    assert ("it is built for a newer system: it needs LIB_2.0 of libbwhelper.so, which is older here"
            in refused(file))
    versioned(library, "LIB_2.0", "another")
    said = refused(file)
    assert "helper" in said and "LIB_2.0" in said


@pytest.mark.parametrize(("machine", "name"), [(183, "ARM (aarch64)"), (243, "RISC-V"),
                                               (3, "x86 (32 bits)"), (9999, "number 9999")])
def test_a_file_of_another_machine(tmp_path: Path, machine: int, name: str) -> None:
    """The linker blames a file that is there."""
    here = int.from_bytes((PLUGINS / "echo.so").read_bytes()[18:20], "little")
    if machine == here:
        pytest.skip("this is that machine")
    file = tmp_path / "p.so"
    bytes_ = bytearray((PLUGINS / "echo.so").read_bytes())
    bytes_[18:20] = machine.to_bytes(2, "little")
    file.write_bytes(bytes_)
    file.chmod(0o755)
    assert f"it is built for another machine: {name}" in refused(file)


@pytest.mark.parametrize(("at", "value", "words"), [(4, 1, "with 32 bits"), (5, 2, "machine")])
def test_a_file_of_another_class_or_byte_order(tmp_path: Path, at: int, value: int,
                                               words: str) -> None:
    file = tmp_path / "p.so"
    bytes_ = bytearray((PLUGINS / "echo.so").read_bytes())
    bytes_[at] = value
    file.write_bytes(bytes_)
    file.chmod(0o755)
    said = refused(file)
    assert "built for another machine" in said and words in said


@pytest.mark.parametrize(("content", "words"), [
    (b"", "it is empty"),
    (b"!<arch>\nx", "static archive"),
    (b"#!/bin/sh\necho hello\n", "script"),
    (b"INPUT(libreal.so)\n", "text"),
    (b"MZ\x90\0", "built for Windows"),
    (b"\xcf\xfa\xed\xfe\x07", "built for macOS"),
    (b"\x7fE", "cut or damaged"),
    (b"\x7fELF\x02\x01\x01", "cut or damaged"),
])
def test_a_file_that_is_no_library_is_called_what_it_is(tmp_path: Path, content: bytes,
                                                        words: str) -> None:
    file = tmp_path / "p.so"
    file.write_bytes(content)
    file.chmod(0o755)
    assert words in refused(file)


@pytest.mark.parametrize(("flags", "words"), [
    (["-pie", "-fPIE"], "it is a program, not a shared library"),
    (["-no-pie"], "it is a program, not a shared library"),
    (["-c"], "an object file that is not linked yet"),
])
def test_a_program_or_an_object_file(tmp_path: Path, flags: list[str], words: str) -> None:
    file = tmp_path / "p.so"
    subprocess.run(["gcc", "-xc", "-", "-o", file, *flags], input=b"int main(void) { return 0; }",
                   check=True)
    file.chmod(0o755)
    said = refused(file)
    assert words in said and "-shared" in said


def test_debug_symbols_are_not_the_library(tmp_path: Path) -> None:
    file = tmp_path / "p.so"
    subprocess.run(["objcopy", "--only-keep-debug", PLUGINS / "echo.so", file], check=True)
    file.chmod(0o755)
    assert "debug symbols" in refused(file)


CLANG = next((name for name in ("clang++-19", "clang++-18", "clang++-17") if shutil.which(name)), "")


def has_libcxx() -> bool:
    if not CLANG:
        return False
    return subprocess.run([CLANG, "-stdlib=libc++", "-std=c++17", "-xc++", "-", "-fsyntax-only"],
                          input=b"#include <string>\n", capture_output=True).returncode == 0


@pytest.mark.skipif(not has_libcxx(), reason="no clang with libc++ here")
@pytest.mark.parametrize("example", ["minimal_cpp/minimal.cpp", "oracle"])
def test_a_plugin_of_another_standard_library(tmp_path: Path, example: str) -> None:
    """With clang's libc++, which has less of the newer standards: compiles, and loads into the host."""
    table = """#include <bellwether/openai_compatible.hpp>
namespace { using namespace bw::openai;
constexpr Model k_models[] = {{"o-1", 8192, 1024}};
constexpr Api api() {
    Api api = {"com.o", "1.0.0", "O", "o", "https://o.example/v1", "", "O_KEY"};
    api.models = k_models;
    return api;
}
constexpr Api k_api = api();
}
BW_OPENAI_COMPATIBLE(k_api)
"""
    file = tmp_path / "p.so"
    source = table if example == "oracle" else (ROOT / "sdk/examples" / example).read_text()
    compile_library(file, source, "-stdlib=libc++", "-std=c++17", "-Wall", "-Wextra", "-Werror",
                    compiler=CLANG)
    accepted(file)


@pytest.mark.skipif(not has_libcxx(), reason="no clang with libc++ here")
def test_a_plugin_of_another_standard_library_answers(tmp_path: Path,
                                                      start_host: StartHost) -> None:
    compile_library(tmp_path / "other.so", plugin_source("one"), "-stdlib=libc++", compiler=CLANG)
    host = start_host(server().replace('plugin_path = [', f'plugin_path = ["{tmp_path}", ')
                      + "[providers.other]\n" + route("m", '"other"'))
    assert host.chat("m").json()["choices"][0]["message"]["content"].startswith("one ")
