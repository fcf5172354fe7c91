"""The extension modules that setuptools-rust is told to build."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Extension(NamedTuple):
    """An extension module.

    Attributes:
        target: The module's full name.
        manifest: Its Cargo.toml.
        setting: Where its name is given.
    """

    target: str
    manifest: str
    setting: str


def read_extensions(script: bytes, pyproject: dict[str, Any]) -> Iterator[Extension]:
    """Find the modules in setup.py and pyproject.toml; a program is none.

    Args:
        script: What is in setup.py.
        pyproject: What pyproject.toml says.
    """
    tables = pyproject.get("tool", {}).get("setuptools-rust", {})
    for table in tables.get("ext-modules", []):
        if isinstance(table, dict) and table.get("binding") != "Exec":
            place = "[[tool.setuptools-rust.ext-modules]]"
            yield Extension(str(table.get("target", "")), str(table.get("path", "Cargo.toml")), place)
    if b"RustExtension" in script and (tree := parse_python(script)):
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "RustExtension")
        yield from (_of_call(call) for call in calls if not _is_program(call))


def parse_python(source: bytes) -> ast.Module | None:
    """Parse Python source; what is not valid is left to Python, which says so.

    Args:
        source: The text of a module.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in somebody else's texts
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _name(expression: ast.expr) -> str:
    return expression.attr if isinstance(expression, ast.Attribute) else str(getattr(expression, "id", ""))


def _is_program(call: ast.Call) -> bool:
    return any(word.arg == "binding" and _name(word.value) == "Exec" for word in call.keywords)


def _of_call(call: ast.Call) -> Extension:
    words = dict(zip(("target", "path"), call.args, strict=False))
    words |= {word.arg: word.value for word in call.keywords if word.arg in {"target", "path"}}
    return Extension(_text(words.get("target"), ""), _text(words.get("path"), "Cargo.toml"), "# setup.py")


def _text(node: ast.expr | None, default: str) -> str:
    """Return a string literal; a path has no NUL."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and "\0" not in node.value
    return str(node.value) if is_text and isinstance(node, ast.Constant) else default
