"""Find the Python modules that Rust source defines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.rust.classes import Classes, read_classes
from scaffolder.rust.source import line_of, parse, text_of
from scaffolder.rust.starting import late_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.rust.starting import Spot

NAME = re.compile(r'\bname\s*=\s*"([^"]+)"')
DEPTH_LIMIT = 64  # of modules in modules, which nobody has
INIT = re.compile(r"PyInit_(\w+)")


@dataclass(frozen=True)
class NativeModule:
    """A Python module in Rust.

    Attributes:
        name: The part after `PyInit_`.
        path: The file.
        line: Where it is, from 1.
    """

    name: str
    path: Path
    line: int


@dataclass(frozen=True)
class Source:
    """The facts of a Rust file.

    Attributes:
        modules: The Python modules in it.
        shows_version: Whether it uses the crate's version.
        classes: The Python classes in it.
        late_modules: The modules that it registers with Python too late; nothing if it registers none.
    """

    modules: tuple[NativeModule, ...]
    shows_version: bool
    classes: Classes
    late_modules: tuple[Spot, ...] | None


def read_source(path: Path, text: bytes) -> Source:
    """Read a Rust file; syntax errors are for rustc to report.

    Args:
        path: The file.
        text: What is in it.
    """
    # Most files have none of these, and parsing is most of the work.
    has_modules = b"pymodule" in text or b"PyInit_" in text
    has_classes = b"pyclass" in text or b"__traverse__" in text
    registers = b"append_to_inittab" in text
    root = parse(text) if has_modules or has_classes or registers else None
    return Source(
        modules=tuple(_modules_in(root, path)) if root and has_modules else (),
        shows_version=b"CARGO_PKG_VERSION" in text,
        classes=read_classes(path, root) if root and has_classes else Classes(),
        late_modules=late_modules(path, root) if root and registers else None,
    )


def _modules_in(parent: Node, path: Path, depth: int = 0) -> Iterator[NativeModule]:
    """Find the items with `#[pymodule]` and functions named `PyInit_…`, also inside plain Rust modules."""
    attributes: list[str] = []
    for node in parent.named_children if depth < DEPTH_LIMIT else ():
        if node.type == "attribute_item":
            attributes.append(text_of(node))
        elif "comment" not in node.type:
            yield from _module(node, attributes, path, depth)
            attributes = []


def _module(node: Node, attributes: list[str], path: Path, depth: int) -> Iterator[NativeModule]:
    """Yield the Python modules that an item defines."""
    name = node.child_by_field_name("name")
    if name is None or node.type not in {"function_item", "mod_item"}:
        return
    line = line_of(node)
    if any(re.search(r"\bpymodule\b", attribute) for attribute in attributes):
        names = [match[1] for attribute in attributes if (match := NAME.search(attribute))]
        yield NativeModule(names[0] if names else text_of(name).removeprefix("r#"), path, line)
    elif match := INIT.fullmatch(text_of(name)):
        yield NativeModule(match[1], path, line)
    elif node.type == "mod_item" and (body := node.child_by_field_name("body")):
        yield from _modules_in(body, path, depth + 1)
