"""Tools: a file for each submodule of Rust that users see."""

from classes_snippets._core import module_tree as _tree

__all__ = ["Rake", "Spade"]

Rake = _tree.tools.Rake
Spade = _tree.tools.Spade
