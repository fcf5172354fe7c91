"""Turn types as rustc prints them into types as people write them."""

from __future__ import annotations

import re

# What holds a value of another type.
HOLDERS = {
    "Option", "Vec", "Box", "Arc", "Rc", "Result", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "VecDeque", "String",
    "Py", "Bound", "PyRef", "PyErr", "Mutex", "RwLock", "Cow",
}  # fmt: skip
REFERENCE = re.compile(r"&(?:'\w+ )?(?:mut )?(Py[A-Z]\w*(?:<[^<>&]*>)?)")


def shorten_type(rust_type: str) -> str:
    """Return a type without the paths and the lifetimes that nobody writes."""
    short = re.sub(r"for<[^<>]*>[ \n]", "", rust_type)
    return re.sub(r"\b(?:\w+::)+(?=\w)", "", short)


def bound_type(rust_type: str) -> str:
    """Return a type with `&Bound<'_, PyDict>` for `&PyDict`."""
    # A list has values and no references in it.
    return REFERENCE.sub(r"&Bound<'_, \1>", shorten_type(rust_type)).replace("Vec<&Bound<", "Vec<Bound<")


def defined_name(rust_type: str) -> str:
    """Return the name of the user-defined type: `Price` in `Option<&mut Price>`."""
    names: list[str] = re.findall(r"(?<!')\b[A-Za-z_]\w*", shorten_type(rust_type))
    own = [name for name in names if name[0].isupper() and name not in HOLDERS]
    return own[0] if own else shorten_type(rust_type)
