"""What clang makes of the locks of host/base/mutex.hpp, and that the host has no others."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .test_style import ROOT, relative, sources

CLANG = next((found for version in ("-19", "-18", "-17", "")
              if (found := shutil.which(f"clang++{version}"))), None)

COUNTER = """
#include "base/mutex.hpp"
class Counter {
  public:
    void add() { %s ++count_; }
    void wait() { const bellwether::Lock lock(mutex_); changed_.wait(mutex_, %s { return count_ > 0; }); }
    void add_two() { %s add_one(); add_one(); }
  private:
    void add_one() REQUIRES(mutex_) { ++count_; }
    bellwether::Mutex mutex_;
    bellwether::Condition changed_;
    int count_ GUARDED_BY(mutex_) = 0;
};
void use(Counter& counter) { counter.add(); counter.wait(); counter.add_two(); }
"""
LOCK = "const bellwether::Lock lock(mutex_);"
HELD = "[this]() REQUIRES(mutex_)"


def compiled(tmp_path: Path, *parts: str) -> str:
    """What clang says of a class whose functions have these parts."""
    source = tmp_path / "counter.cpp"
    source.write_text(COUNTER % parts)
    done = subprocess.run(
        [CLANG, "-std=c++20", "-fsyntax-only", "-Werror=thread-safety", f"-I{ROOT / 'host'}", source],
        capture_output=True, text=True,
    )
    assert (done.returncode == 0) == ("error:" not in done.stderr), done.stderr
    return done.stderr


@pytest.mark.skipif(CLANG is None, reason="needs clang")
@pytest.mark.parametrize(("parts", "fault"), [
    ((LOCK, HELD, LOCK), ""),
    (("", HELD, LOCK), "requires holding mutex 'mutex_'"),
    ((LOCK, "[this]", LOCK), "requires holding mutex 'mutex_'"),
    ((LOCK, HELD, ""), "requires holding mutex 'mutex_'"),
    ((LOCK + LOCK.replace("lock(", "again("), HELD, LOCK), "is already held"),
], ids=["all held", "a member", "a predicate", "a function", "twice"])
def test_a_lock_that_is_forgotten_does_not_compile(
    tmp_path: Path, parts: tuple[str, ...], fault: str
) -> None:
    said = compiled(tmp_path, *parts)
    assert fault in said if fault else not said, said


def test_the_host_has_no_lock_that_clang_does_not_see() -> None:
    """The standard library's mutex says nothing of itself to clang."""
    theirs = re.compile(r"std::(\w*mutex\w*|lock_guard|scoped_lock|unique_lock|condition_variable\w*)\b")
    wrong = [
        f"{relative(path)} has {found[0]}; use host/base/mutex.hpp"
        for path in sources("host")
        if relative(path) != "host/base/mutex.hpp" and (found := theirs.search(path.read_text()))
    ]
    assert not wrong, "\n".join(wrong)
