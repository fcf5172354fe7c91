"""Where the names in a file come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from scaffolder.rust.imports import GLOB
from scaffolder.rust.items import Definition, Enum, Struct, Use, read_items

# What `use pyo3::prelude::*` has brought in since 0.19.
PRELUDE = frozenset(
    {"Py", "PyAny", "PyCell", "PyErr", "PyModule", "PyObject", "PyRef", "PyRefMut", "PyResult", "Python"}
)


@dataclass(frozen=True)
class Names:
    """What a file imports and defines.

    Attributes:
        imports: The crate that a name is imported from, such as `pyo3` for `PyDict`.
        types: The types that it defines itself.
        globs: The crates and modules of which it imports everything.
    """

    imports: dict[str, str]
    types: frozenset[str]
    globs: frozenset[str]

    def may_be_from(self, name: str, crates: frozenset[str]) -> bool:
        """Whether a type is from one of some crates, as far as the file shows."""
        if name in self.imports:
            return self.imports[name] in crates
        return name not in self.types and bool(self.globs)


@lru_cache(maxsize=8)
def names_in(source: str) -> Names:
    """Read what a file imports and defines.

    Args:
        source: Rust code.
    """
    items = list(read_items(source).walk())
    entries = [entry for item in items if isinstance(item, Use) for entry in item.imports]
    return Names(
        imports={entry.name: entry.path[0] for entry in entries if entry.name != GLOB},
        types=frozenset(item.name for item in items if isinstance(item, (Struct, Enum, Definition))),
        globs=frozenset(entry.path[0] for entry in entries if entry.name == GLOB and entry.path),
    )
