"""The rule about long functions sees each of them, however its head is laid out."""

from pathlib import Path

import pytest

from .functions import functions

LONG = "\n".join(f"    step({number});" for number in range(80))

# Ways to write a function; %s is its body.
HEADS = {
    "one line": "int f(int a) {%s\n}",
    "a wrapped head": "int f(int a,\n      int b) {%s\n}",
    "a wrapped head in a class": "class X {\n  public:\n    int f(int a,\n          int b) const {%s\n    }\n};",
    "a constructor's values": "X::X(int a)\n    : a_(a),\n      b_(a) {%s\n}",
    "values in braces": "X::X(int a) : a_{a}, b_{1, 2} {%s\n}",
    "words after it": "bool X::f() const noexcept(true) override {%s\n}",
    "its type behind": "auto f(int a) -> std::map<int, int> {%s\n}",
    "a condition": "template <typename T>\nvoid f(T a) requires(sizeof(T) > 1) {%s\n}",
    "a condition without parentheses": "template <typename T>\nvoid f(T a) requires Small<T> {%s\n}",
    "defaults in braces": "int f(Options options = {}, int b = int{3}) {%s\n}",
    "a lambda in a variable": "const auto f = [](int a) {%s\n};",
    "a lambda without parameters": "const auto f = [] {%s\n};",
    "a lambda as a value": "const auto f = made_of([](int a) {%s\n});",
    "a type of C": "struct thing* f(struct thing* from) {%s\n}",
    "a type in its head": "static enum class Colour f(int a) {%s\n}",
    "C linkage": 'extern "C" {\nint f(int a) {%s\n}\n}',
    "C linkage of one": 'extern "C" int f(int a) {%s\n}',
    "a namespace": "namespace a::b {\nnamespace {\nint f(int a) {%s\n}\n}  // namespace\n}",
    "an operator": "bool operator()(const X& left, const X& right) const {%s\n}",
    "a comparison": "bool operator<(const X& left, const X& right) {%s\n}",
    "a test": "TEST(Rule, SeesTests) {%s\n}",
    "a try block": "int f(int a) try {%s\n} catch (...) {\n}",
    "braces in texts before it": 'const char* k = "}}{";\nint f(int a) {%s\n}',
    "a brace as a character before it": "const char k = '{';\nconst int n = 1'000;\nint f(int a) {%s\n}",
    "a raw text before it": 'const char* k = R"({ " {)";\nconst char* l = R"x({)")x";\nint f(int a) {%s\n}',
    "comments before it": "// it's {\n/* { isn't\n{ */\nint f(int a) {%s\n}",
    "a macro before it": "#define OPEN \\\n    {\nint f(int a) {%s\n}",
}


def longest(folder: Path, text: str) -> int:
    """The lines of the longest function in this text."""
    path = folder / "sample.cpp"
    path.write_text(text)
    return max((function.lines for function in functions([path])), default=0)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_a_long_function_is_seen(head: str, tmp_path: Path) -> None:
    """Of every form, alone and after one of every other form."""
    short = "\n".join(before % " return;" for before in HEADS.values())
    long = head % f"\n{LONG}"
    assert longest(tmp_path, short) < 5
    assert longest(tmp_path, long) >= 81
    assert longest(tmp_path, f"{short}\n{long}") >= 81


def test_what_is_no_function_may_be_long(tmp_path: Path) -> None:
    """A type, a namespace, a table."""
    members = "\n".join(f"    int member_{number};" for number in range(80))
    values = "\n".join(f"    {{{number}, f({number})}}," for number in range(80))
    for text in (
        f"struct X {{\n{members}\n}};",
        f"struct alignas(8) X final : public Y<int> {{\n{members}\n}};",
        f"enum class X : std::uint8_t {{\n{members}\n}};",
        f"namespace x {{\n{members}\n}}",
        f"template <typename T>\nclass X {{\n{members}\n}};",
        f"constexpr Table k_table[] = {{\n{values}\n}};",
        f"const std::array<int, 80> k_table{{\n{values}\n}};",
        f"const std::map<int, int> k_table = made_of(Values{{\n{values}\n}});",
    ):
        assert longest(tmp_path, text) == 0, text
