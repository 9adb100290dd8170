"""Runs the fuzzers for a while and writes a JUnit report: one case a target.

What a fuzzer finds stays in build/fuzz: interesting inputs, to begin with next time, and a crash."""

import argparse
import os
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PROGRAMS = ROOT / "build/asan/bin"
FOUND = ROOT / "build/fuzz"
AT_ONCE = 2
REPORT_LINES = 60  # of a failed fuzzer's output


def targets() -> list[str]:
    return sorted(folder.name for folder in (HERE / "corpus").iterdir())


def command(target: str, seconds: int) -> list[str]:
    """The fuzzer's command; it begins with the seeds and the inputs that once broke the target."""
    found = FOUND / "corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    seeds = [HERE / "corpus" / target, HERE / "regressions" / target]
    options = {
        "max_total_time": seconds,
        "timeout": 20,  # for one input, on a busy machine
        "rss_limit_mb": 2048,
        "max_len": 4096,
        "dict": HERE / "dictionaries" / f"{target}.dict",
        "artifact_prefix": f"{FOUND}/crash/{target}-",
        "print_final_stats": 1,
    }
    return [str(PROGRAMS / f"fuzz_{target}"),
            *(f"-{key}={value}" for key, value in options.items()),
            str(found), *(str(folder) for folder in seeds if folder.is_dir())]


def run(target: str, seconds: int) -> tuple[str, str | None]:
    """The target and what its fuzzer said if it failed."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0",
                   "UBSAN_OPTIONS": "print_stacktrace=1"}
    try:
        done = subprocess.run(command(target, seconds), env=environment, capture_output=True,
                              timeout=seconds + 120)
        output, failed = done.stderr.decode(errors="replace"), done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as error:
        output, failed = str(error), True
    if not failed:
        print(f"{target}: {statistics(output)}", file=sys.stderr)
        return target, None
    report = "\n".join(output.splitlines()[-REPORT_LINES:])
    print(f"{target}: FAILED\n{report}\n{how_to_replay(target, output)}", file=sys.stderr)
    return target, report


def statistics(output: str) -> str:
    """How many inputs were tried, and how fast."""
    lines = dict(line.removeprefix("stat::").split(":", 1) for line in output.splitlines()
                 if line.startswith("stat::"))
    return (f"{lines.get('number_of_executed_units', '?').strip()} inputs, "
            f"{lines.get('average_exec_per_sec', '?').strip()}/s, nothing found")


def how_to_replay(target: str, output: str) -> str:
    """The file that broke the target and the command that shows it again."""
    written = [line.split("Test unit written to ")[1] for line in output.splitlines()
               if "Test unit written to " in line]
    if not written:
        return f"{target}: no input was written; the fuzzer itself failed"
    path = os.path.relpath(written[-1], ROOT)
    return (f"crash: {path}\nreplay: build/asan/bin/fuzz_{target} {shlex.quote(path)}\n"
            f"keep: once mended, as tests/fuzz/regressions/{target}/WHAT-IT-BROKE")


def write_report(path: Path, results: list[tuple[str, str | None]]) -> None:
    suite = ElementTree.Element("testsuite", name="fuzz", tests=str(len(results)))
    for target, failure in results:
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=target)
        if failure is not None:
            printable = "".join(c for c in failure if c.isprintable() or c in "\n\t")
            ElementTree.SubElement(case, "failure").text = printable
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="all", choices=["all", *targets()])
    parser.add_argument("seconds", nargs="?", default=30, type=int)
    parser.add_argument("--junit", type=Path)
    asked = parser.parse_args()
    (FOUND / "crash").mkdir(parents=True, exist_ok=True)
    wanted = targets() if asked.target == "all" else [asked.target]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda target: run(target, asked.seconds), wanted))
    if asked.junit:
        write_report(asked.junit, results)
    return 1 if any(failure is not None for _, failure in results) else 0


if __name__ == "__main__":
    sys.exit(main())
