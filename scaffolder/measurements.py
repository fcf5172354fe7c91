"""What tools that measure calls have in common: findings about how one ended and how it was built, and its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.machine.children import ChildError, CrashedError, HangsError, RaisedError
from scaffolder.toolkit import Finding, Result, Table, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS: dict[type[ChildError], str] = {HangsError: "hang", RaisedError: "call-raises", CrashedError: "crash"}


def describe_end(what: str, error: ChildError, fix: str, hang_page: str | None = None) -> Finding:
    """Return the finding about calls that hang, crash, or raise an exception when they are repeated.

    Args:
        what: The calls.
        error: How they ended.
        fix: What to do if they hang.
        hang_page: What explains why they may hang.
    """
    kind = KINDS[type(error)]
    text = f"raises {error.message} when it is repeated" if kind == "call-raises" else error.message
    pages = {"crash": reference("pyo3-fundamentals", "panics"), "hang": hang_page}
    return Finding(
        kind, "error", f"{what} {text}", evidence=error.evidence, fix=fix if kind == "hang" else None,
        reference=pages.get(kind),
    )  # fmt: skip


def find_debug_builds(modules: Sequence[str]) -> Iterator[Finding]:
    """Yield the finding about extensions that are debug builds."""
    if modules:
        verb = "are debug builds" if len(modules) > 1 else "is a debug build"
        message = f"{listing(modules, 'and')} {verb}, many times slower than what users get"
        fix = "build it for release: `maturin develop --release`"
        yield Finding("debug-build", "warning", message, fix=fix, reference=reference("pyo3-fundamentals", "profiles"))


def input_types(tool: str) -> Result:
    """Return the types of inputs."""
    from scaffolder.runtime.inputs import TYPES

    table = Table("Types of inputs", ("type", "made by"), tuple(TYPES.items()))
    return Result(tool, f"{len(TYPES)} types of inputs", tables=(table,))
