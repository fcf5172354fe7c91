"""The Python side of an adopted package: what it imports, so that compiled submodules are found."""

from __future__ import annotations

import ast

from scaffolder.anatomy.extensions import parse_python
from scaffolder.errors import ScaffolderError

SUBMODULES_NAME = "_submodules"
# Whoever sorts imports leaves it in its place: the extension module may import from the package.
LINE = f"from . import {SUBMODULES_NAME} as {SUBMODULES_NAME}  # isort: skip"
# Ruff's own choice of rules has not the one, but another about waivers of rules that it does not have.
WAIVER = "  # noqa: F403"
REEXPORTS = """\
from . import {extension}, {submodules}  # noqa: F401
from .{extension} import *{waiver}

__doc__ = {extension}.__doc__
if hasattr({extension}, "__all__"):
    __all__ = {extension}.__all__
"""


def import_submodules(path: str, source: str) -> str:
    """Return an `__init__.py` with the import, below those that it begins with.

    Args:
        path: The file, for messages.
        source: What is in it.

    Raises:
        ScaffolderError: It is not valid Python.
    """
    if LINE in source.splitlines():
        return source
    tree = parse_python(source.encode())
    if tree is None:
        raise ScaffolderError(f"`{path}` is not valid Python")
    lines = source.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    after = last_import(tree) or opening_lines(lines)
    if after and not lines[after - 1].endswith(("\n", "\r")):
        lines[after - 1] += ending
    modules = [getattr(node, "module", "") for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    is_first = not [name for name in modules if name != "__future__"]
    above = [ending] if after else []
    below = [ending] * gap_below(lines[after:]) if is_first else []
    return "".join([*lines[:after], *above, LINE + ending, *below, *lines[after:]])


def opening_lines(lines: list[str]) -> int:
    """Return how many lines a file begins with that are about all of it: its licence, its encoding, how it is run."""
    comments = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if comments == len(lines) or not lines[comments].strip():
        return comments
    # The others are about the code below.
    return sum(line.startswith("#") and ("#!" in line or "coding" in line) for line in lines[:2])


def gap_below(lines: list[str]) -> int:
    """Return how many empty lines a formatter wants between an import and what follows."""
    if not lines or not lines[0].strip():
        return 0
    return 2 if lines[0].startswith(("def ", "class ", "@", "async ")) else 1


def last_import(tree: ast.Module) -> int:
    """Return the line that the last of the first imports ends in; without any, that of the docstring, or 0."""
    line = 0
    for node in tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.Import | ast.ImportFrom) and not is_docstring:
            break
        line = node.end_lineno or line
    return line
