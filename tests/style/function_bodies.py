"""Where the functions of a C or C++ file begin and end: by their braces, however they are laid out."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# What is no code and may hold braces, then what decides about them.
TOKEN = re.compile(
    r"""(?P<nothing>
            //(?:\\\n|[^\n])* | /\*.*?\*/ | ^[ \t]*\#(?:\\\n|[^\n])*     # comments, directives
          | \bR"(?P<name>[^()\\\s]*)\(.*?\)(?P=name)" | "(?:\\.|[^"\\\n])*"   # texts
          | \b[\dA-Fa-f]+'(?=[\dA-Fa-f]) | '(?:\\.|[^'\\\n])*'            # thousands, characters
        ) | (?P<code>->|[A-Za-z_]\w*|\S)""",
    re.S | re.M | re.X,
)
TYPE_OR_NAMESPACE = {"namespace", "class", "struct", "union", "enum", "extern"}
AFTER_PARAMETERS = {"const", "noexcept", "override", "final", "mutable", "volatile", "&", "try"}


class Body(NamedTuple):
    """The body of a function, or of a lambda outside of all functions."""

    line: int  # of its opening brace
    lines: int  # from there to its closing one


class Brace(NamedTuple):
    """One that is open."""

    kind: str  # "body", "scope" of a type or namespace, or "value"
    line: int
    head: list[str]  # what goes on after it


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """The code's words and marks, each with its line."""
    line, at = 1, 0
    for found in TOKEN.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        if found["code"]:
            yield found["code"], line


def outside_parentheses(head: list[str]) -> list[str]:
    """The tokens that stand in no pair of parentheses or angle brackets."""
    depth, outside = 0, []
    for token in head:
        if token in "(<":
            depth += 1
        if depth <= 0:
            outside.append(token)
        if token in ")>":
            depth -= 1
    return outside


def kind_of_brace(head: list[str]) -> str:
    """What a brace after these tokens, the beginning of a statement outside of all bodies, opens."""
    last = len(head) - 1
    while last >= 0 and head[last] in AFTER_PARAMETERS:
        last -= 1
    before = head[last] if last >= 0 else ""
    named_type = bool(TYPE_OR_NAMESPACE & set(outside_parentheses(head)))
    if before == ")" and not (named_type and {"alignas", "__attribute__"} & set(head)):
        return "body"
    if before in ("]", "}"):  # a lambda without parameters; the end of a constructor's values
        return "body"
    if ")" in head:
        after = head[len(head) - head[::-1].index(")") :]
        if "->" in after or "requires" in after:
            return "body"
    return "scope" if named_type and before != "=" else "value"


def function_bodies(text: str) -> list[Body]:
    """Every body, in order. ValueError: the braces make no sense, and nothing can be said."""
    found: list[Body] = []
    open_braces: list[Brace] = []
    head: list[str] = []
    for token, line in tokens(text):
        in_body = any(brace.kind == "body" for brace in open_braces)
        if token == "{":
            kind = "value" if in_body else kind_of_brace(head)
            goes_on = kind == "value" or head.count("(") > head.count(")")
            open_braces.append(Brace(kind, line, head if goes_on else []))
            head = []
        elif token == "}":
            if not open_braces:
                raise ValueError(f"line {line}: a brace is closed that was not opened")
            brace = open_braces.pop()
            head = brace.head + ["}"] if brace.head else []
            if brace.kind == "body":
                found.append(Body(brace.line, line - brace.line))
        elif token == ";" and head.count("(") == head.count(")"):
            head = []
        elif not in_body:
            head.append(token)
    if open_braces:
        raise ValueError(f"line {open_braces[-1].line}: a brace is opened that is not closed")
    return found
