"""Objects from the pointers of Python's C API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits


def through_bound(match: Match) -> Edits:
    """Write `Bound::from_owned_ptr(…)` and its like, with the cast that `Py` made without a word."""
    function = match.node.field("function")
    owner, name = (function.field("path"), function.field("name")) if function is not None else (None, None)
    if function is None or owner is None or name is None:
        raise Undecided
    path, kind = read_owner(owner.text())
    cast = "" if kind == "PyAny" else f".cast_into_unchecked{f'::<{kind}>' if kind else ''}()"
    if name.text().endswith(("_or_err", "_or_opt")):
        unbind = f".map(|object| object{cast}.unbind())" if cast else f".map({path}Bound::unbind)"
    else:
        unbind = f"{cast}.unbind()"
    _, end = match.span
    return [(*match.region.span(owner), f"{path}Bound"), (end, end, unbind)]


def read_owner(owner: str) -> tuple[str, str]:
    """Split `pyo3::Py::<T>` into the path before `Py` and the type, which may be empty."""
    name, _, kind = owner.partition("::<")
    path = name.removesuffix("Py")
    if path == name or (path and not path.endswith("::")):
        raise Undecided
    kind = kind.removesuffix(">")
    return path, "PyAny" if kind.rpartition("::")[2] == "PyAny" else kind
