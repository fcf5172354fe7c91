"""What worker processes do: they import a function, and call it with the parts of inputs that they are sent."""

from __future__ import annotations

import ast
import importlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CALLS: list[Any] = []


def start(
    folder: str, module: str, function: str, libraries: dict[str, str], expression: str, names: list[str]
) -> None:  # fmt: skip
    """Import the function in a process, before it is sent anything."""
    sys.path.insert(0, folder)
    place = importlib.import_module(module)
    value: Any = place
    for part in function.split("."):
        value = getattr(value, part)
    top = module.partition(".")[0]
    scope = {top: sys.modules[top], **vars(place), "f": value}
    scope |= {alias: importlib.import_module(library) for alias, library in libraries.items()}
    CALLS.append(eval(f"lambda {', '.join(names)}: {ast.unparse(ast.parse(expression, mode='eval'))}", scope))  # noqa: S307


def call(inputs: dict[str, Any]) -> Any:
    """Call the function."""
    return CALLS[0](**inputs)


def ready(_: object) -> None:
    """Say that a process has imported all."""
