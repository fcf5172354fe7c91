"""Import what new code needs."""

from __future__ import annotations

PRELUDE = "pyo3::prelude::*"
# What `pyo3::prelude` has in every release that there are rules for.
IN_PRELUDE = {
    "Bound", "FromPyObject", "IntoPyObject", "Py", "PyAny", "PyErr", "PyRef", "PyRefMut", "PyResult", "Python",
}  # fmt: skip


def add_imports(text: str, paths: tuple[str, ...]) -> str:
    """Import paths at the top of a file, where they are not imported yet.

    Args:
        text: Rust code.
        paths: Paths such as `pyo3::PyClassInitializer`.
    """
    for path in paths:
        if not imports(text, path):
            text = add_import(text, path)
    return text


def imports(text: str, path: str) -> bool:
    """Whether a file imports a path, by its name or with all of its module."""
    from ast_grep_py import SgRoot

    module, _, name = path.rpartition("::")
    root = SgRoot(text, "rust").root()
    for node in root.find_all({"rule": {"kind": "use_declaration", "inside": {"kind": "source_file"}}}):
        use = node.text()
        names = [
            leaf.text()
            for leaf in node.find_all({"rule": {"any": [{"kind": "identifier"}, {"kind": "type_identifier"}]}})
        ]
        if name in names and module.split("::")[0] in names:
            return True
        if PRELUDE in use and name in IN_PRELUDE:
            return True
        if f"{module}::*" in use:
            return True
    return False


def add_import(text: str, path: str) -> str:
    """Import a path after the first import of its crate, or after the last import of a file."""
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
