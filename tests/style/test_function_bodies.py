"""The rule about long functions sees each of them, however its head is laid out."""

import pytest

from .function_bodies import function_bodies

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


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_a_long_function_is_seen(head: str) -> None:
    """Of every form, alone and after one of every other form."""
    assert max(body.lines for body in function_bodies(head % f"\n{LONG}")) == 81
    for before in HEADS.values():
        after = function_bodies(before % " return;" + "\n" + head % f"\n{LONG}")
        assert max(body.lines for body in after) == 81, before


def test_what_is_no_function_may_be_long() -> None:
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
        assert not function_bodies(text), text


@pytest.mark.parametrize("text", ["int f() {", "int f() {}}", "#if A\nint f() {\n#else\nint f(int) {\n#endif\n}"])
def test_what_cannot_be_read_is_told(text: str) -> None:
    """Silence about the rest of a file is no verdict."""
    with pytest.raises(ValueError, match="line"):
        function_bodies(text)
