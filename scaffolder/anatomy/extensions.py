"""The extension modules that setuptools-rust is told to build."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def read_extensions(folder: Path, pyproject: dict[str, Any]) -> Iterator[Extension]:
    """Find the modules in pyproject.toml and in setup.py.

    Args:
        folder: The project's folder.
        pyproject: What its pyproject.toml says.
    """
    tables = pyproject.get("tool", {}).get("setuptools-rust", {})
    for table in tables.get("ext-modules", []):
        if isinstance(table, dict):
            place = "[[tool.setuptools-rust.ext-modules]]"
            yield Extension(str(table.get("target", "")), str(table.get("path", "Cargo.toml")), place)
    yield from _of_script(folder / "setup.py")


def _of_script(script: Path) -> Iterator[Extension]:
    """Find the modules that a setup.py names."""
    try:
        text = script.read_bytes()
        tree = ast.parse(text if b"RustExtension" in text else b"")
    except (OSError, SyntaxError, ValueError):
        return  # Python will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("RustExtension"):
            words = dict(zip(("target", "path"), node.args, strict=False))
            words |= {word.arg: word.value for word in node.keywords if word.arg in {"target", "path"}}
            yield Extension(_text(words.get("target"), ""), _text(words.get("path"), "Cargo.toml"), "# setup.py")


def _text(node: ast.expr | None, default: str) -> str:
    """Return a text that is written as such."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else default
