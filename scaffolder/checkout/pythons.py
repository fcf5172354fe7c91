"""The Pythons that a project allows, and those that what it takes from the template can do with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scaffolder.checkout.manifests import as_table, lock_inputs, manifest_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.checkout.merge import Files

PYPROJECT = "pyproject.toml"
# From the oldest that a project may still name.
MINORS = range(6, 40)


def old_pythons(before: Files, after: Files, oldest: str) -> Iterator[str]:
    """Yield a note if a project allows Pythons for which its new dependencies can't be resolved.

    Args:
        before: The project's files.
        after: The same after a change.
        oldest: The oldest Python that a project can be made for.
    """
    if lock_inputs(PYPROJECT, before) == lock_inputs(PYPROJECT, after):
        return
    text = as_table(manifest_data(PYPROJECT, after).get("project")).get("requires-python")
    if isinstance(text, str) and (note := python_note(text, oldest)):
        yield note


def python_note(text: str, oldest: str) -> str | None:
    """Return what to write where `requires-python` allows a Python older than the template's oldest.

    Args:
        text: What it says.
        oldest: The oldest Python that a project can be made for, such as `3.10`.
    """
    try:
        allowed = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    below = range(MINORS.start, int(oldest.partition(".")[2]))
    older = next((f"3.{minor}" for minor in below if allows(allowed, f"3.{minor}")), None)
    if older is None:
        return None
    return (
        f'`requires-python = "{text}"` allows Python {older}, and what features add needs {oldest}, '
        f'or `uv lock` fails: write `requires-python = "{raised(text, oldest)}"` in `{PYPROJECT}`'
    )


def allows(allowed: SpecifierSet, version: str) -> bool:
    """Whether any patch release of a Python is allowed."""
    return any(allowed.contains(f"{version}.{patch}") for patch in (0, 99))


def raised(text: str, oldest: str) -> str:
    """Return what `requires-python` says, with another oldest Python."""
    parts = [part.strip() for part in text.split(",")]
    # `~=` sets an upper bound, too.
    first = "~=" if any(part.startswith("~=") for part in parts) else ">="
    return ",".join([f"{first}{oldest}", *(part for part in parts if part and not part.startswith((">", "~")))])
