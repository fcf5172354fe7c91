"""Expressions that call a function or use an object, with arguments that many functions take."""

from __future__ import annotations

import inspect
import itertools
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# The arguments that are tried: many functions take one of them.
VALUES = (
    '"a"', "1", 'b"abc"', "[3, 1, 2]", '["a", "b"]', "2.5", '{"a": 1}', "callback", "None", "(1, 2)", "True", '"1"',
)  # fmt: skip
CONTENTS = ("[3, 1, 2]", '{"a": 1}')
MOST_ARGUMENTS = 3
# What expressions can do with an object, by the special method that it needs.
USES = {
    "__len__": "len({0})", "__iter__": "next(iter({0}))", "__next__": "next({0})", "__repr__": "repr({0})",
    "__hash__": "hash({0})", "__eq__": "{0} == {0}",
}  # fmt: skip
FORMS = {"__getitem__": "{}[{}]", "__contains__": "{1} in {0}", "__call__": "{}({})"}


def candidates(path: str, value: Any, *, bound: bool) -> Iterator[str]:
    """Yield calls with few arguments of many types."""
    fixed, keywords = 0, False
    with suppress(Exception):
        parameters = list(inspect.signature(value).parameters.values())
        # Some classes show that of their `__init__`.
        has_self = bound or (isinstance(value, type) and [item.name for item in parameters[:1]] == ["self"])
        parameters = parameters[1 if has_self else 0 :]
        needed = [parameter for parameter in parameters if parameter.default is parameter.empty]
        fixed = sum(
            parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD} for parameter in needed
        )
        keywords = any(parameter.kind is parameter.KEYWORD_ONLY for parameter in needed)
    if keywords:
        return
    for number in range(fixed, min(fixed + 1, MOST_ARGUMENTS) + 1):
        # The same for all first, as pairs are mostly alike.
        yield from (f"{path}({', '.join([text] * number)})" for text in (VALUES if number else VALUES[:1]))
        if number > 1:
            yield from (f"{path}({', '.join(texts)})" for texts in itertools.product(VALUES, repeat=number))
