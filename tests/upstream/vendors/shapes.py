"""Shapes of JSON: what has to be there, what may be, and nothing else. A value is held against one;
the first thing that is wrong is told, for the provider to say it in its own words."""

import math
from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[str | int, ...]
Shape = Callable[[Any, Path], None]


class Wrong(Exception):
    """`kind` is `missing`, `unknown`, `type` or `value`; `detail` is what was expected."""

    def __init__(self, kind: str, path: Path, detail: str = "", value: Any = None) -> None:
        super().__init__(f"{kind} at {'.'.join(map(str, path))}: {detail}")
        self.kind = kind
        self.path = path
        self.detail = detail
        self.value = value


def anything(value: Any, path: Path) -> None:
    """Also null."""


def members(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None,
            opened: bool = False) -> Shape:
    """An object; an opened one may have others."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise Wrong("type", path, "object", value)
        for name in required:
            if name not in value:
                raise Wrong("missing", (*path, name), "", value)
        for name, member in value.items():
            if name in known:
                known[name](member, (*path, name))
            elif not opened:
                raise Wrong("unknown", (*path, name), "", member)

    return check


def items(of: Shape, least: int = 0, most: int | None = None) -> Shape:
    def check(value: Any, path: Path) -> None:
        if not isinstance(value, list):
            raise Wrong("type", path, "array", value)
        if len(value) < least:
            raise Wrong("value", path, f"at least {least} items", value)
        if most is not None and len(value) > most:
            raise Wrong("value", path, f"at most {most} items", value)
        for index, item in enumerate(value):
            of(item, (*path, index))

    return check


def text(least: int = 0, matching: Callable[[str], Any] | None = None,
         what: str = "another pattern") -> Shape:
    def check(value: Any, path: Path) -> None:
        if not isinstance(value, str):
            raise Wrong("type", path, "string", value)
        if len(value) < least:
            raise Wrong("value", path, f"at least {least} characters", value)
        if matching and not matching(value):
            raise Wrong("value", path, what, value)

    return check


def number(least: float = -math.inf, most: float = math.inf, whole: bool = False) -> Shape:
    def check(value: Any, path: Path) -> None:
        right = isinstance(value, int) if whole else isinstance(value, int | float)
        if not right or isinstance(value, bool):
            raise Wrong("type", path, "integer" if whole else "number", value)
        if value < least:
            raise Wrong("value", path, f"greater than or equal to {least:g}", value)
        if value > most:
            raise Wrong("value", path, f"less than or equal to {most:g}", value)

    return check


def boolean(value: Any, path: Path) -> None:
    if not isinstance(value, bool):
        raise Wrong("type", path, "boolean", value)


def one_of(*values: Any) -> Shape:
    def check(value: Any, path: Path) -> None:
        if value not in values:
            raise Wrong("value", path, " or ".join(f"'{allowed}'" for allowed in values), value)

    return check


def either(*shapes: tuple[type, Shape]) -> Shape:
    """Of several types, each of which has a shape of its own."""

    def check(value: Any, path: Path) -> None:
        for kind, shape in shapes:
            if isinstance(value, kind):
                return shape(value, path)
        raise Wrong("type", path, " or ".join(kind.__name__ for kind, _ in shapes), value)

    return check


def nullable(shape: Shape) -> Shape:
    def check(value: Any, path: Path) -> None:
        if value is not None:
            shape(value, path)

    return check


def tagged(shapes: Mapping[str, Shape], by: str = "type") -> Shape:
    """An object that one of its members says the kind of."""

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise Wrong("type", path, "object", value)
        if by not in value:
            raise Wrong("missing", (*path, by), "", value)
        if not isinstance(value[by], str) or value[by] not in shapes:
            kinds = " or ".join(f"'{kind}'" for kind in shapes)
            raise Wrong("value", (*path, by), kinds, value[by])
        shapes[value[by]](value, path)

    return check


def union(shapes: Mapping[str, Shape]) -> Shape:
    """An object with exactly one member of these."""

    def check(value: Any, path: Path) -> None:
        members({}, shapes)(value, path)
        if len(value) != 1:
            raise Wrong("value", path, f"exactly one of {', '.join(shapes)}", value)

    return check
