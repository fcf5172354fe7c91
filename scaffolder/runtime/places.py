"""Places in code as people say them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaffolder.runtime.holds import Place

LIBRARY = re.compile(r"python3\.\d+t?")


def name_of(place: Place | None) -> str:
    """Return a place as people say it: its file from here or from where modules are, and the line."""
    if place is None:
        return "unknown"
    if place.file.startswith("<call "):
        return "the call itself"
    path, here = Path(place.file), Path.cwd()
    for folder in path.parents:
        if folder.name == "site-packages" or (LIBRARY.fullmatch(folder.name) and folder.parent.name == "lib"):
            return f"{path.relative_to(folder).as_posix()}:{place.line}"
    return f"{(path.relative_to(here) if path.is_relative_to(here) else path).as_posix()}:{place.line}"


def code_of(place: Place | None) -> str:
    """Return the code at a place, cut."""
    code = place.code if place else ""
    return f"{code[:57]}..." if len(code) > 60 else code


def trace_of(stack: tuple[Place, ...]) -> str:
    """Return the places of a stack, the innermost last, a line each."""
    return "\n".join(f"{name_of(place)}: {code_of(place)}".rstrip(": ") for place in reversed(stack))
