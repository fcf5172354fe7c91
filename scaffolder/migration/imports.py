"""Import what new code needs."""

from __future__ import annotations

from functools import lru_cache

from scaffolder.rust.imports import GLOB, Import, read_path
from scaffolder.rust.items import Use, read_items

PRELUDE = ("pyo3", "prelude")
# What `pyo3::prelude` has in every release whose rules need it.
IN_PRELUDE = {
    "Borrowed", "Bound", "FromPyObject", "FromPyObjectOwned", "IntoPyObject", "Py", "PyAny", "PyClassInitializer",
    "PyErr", "PyRef", "PyRefMut", "PyResult", "Python", "pyfunction", "wrap_pyfunction",
}  # fmt: skip


def add_imports(text: str, paths: tuple[str, ...]) -> str:
    """Import paths at the top of a file, where they are not imported yet.

    Args:
        text: Rust code.
        paths: Paths such as `pyo3::PyClassInitializer`.
    """
    names: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        module, _, name = path.rpartition("::")
        if not imports(text, path) and not is_taken(text, name):
            names.setdefault(module, []).append(name)
    for module, group in names.items():
        text = add_import(text, f"{module}::{{{', '.join(group)}}}" if len(group) > 1 else f"{module}::{group[0]}")
    return text


def is_taken(text: str, name: str) -> bool:
    """Whether a name is imported from elsewhere, so that new code has it with its path."""
    return any(use.name == name != GLOB for use in read_uses(text))


def imports(text: str, path: str) -> bool:
    """Whether a file imports a path, by its name or with all of its module."""
    module, _, name = path.rpartition("::")
    for use in read_uses(text):
        if use.name == name != GLOB and use.path[0] == read_path(module)[0]:
            return True
        if use.name == GLOB and (use.path == read_path(module) or (use.path == PRELUDE and name in IN_PRELUDE)):
            return True
    return False


@lru_cache(maxsize=8)
def read_uses(text: str) -> tuple[Import, ...]:
    """Return what a file imports, outside of its modules and functions."""
    items = read_items(text).items
    return tuple(entry for item in items if isinstance(item, Use) for entry in item.imports if entry.path)


def add_import(text: str, path: str) -> str:
    """Import a path, or a group, after the first import of its crate, or after the last import of a file."""
    from ast_grep_py import SgRoot

    root = SgRoot(text, "rust").root()
    uses = root.find_all({"rule": {"kind": "use_declaration", "inside": {"kind": "source_file"}}})
    own = [node for node in uses if node.text().startswith(f"use {path.split('::', maxsplit=1)[0]}::")]
    if place := (own or uses)[-1:]:
        end = place[0].range().end.index
        return f"{text[:end]}\nuse {path};{text[end:]}"
    items = root.find_all(
        {
            "rule": {
                "inside": {"kind": "source_file"},
                "not": {"any": [{"kind": "inner_attribute_item"}, {"kind": "line_comment"}, {"kind": "block_comment"}]},
            }
        }
    )
    start = items[0].range().start.index if items else len(text)
    return f"{text[:start]}use {path};\n\n{text[start:]}"
