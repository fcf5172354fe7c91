"""The output of `adopt`, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffolder.cli.summary import (
    conflicts_data,
    conflicts_text,
    files_data,
    files_text,
    go_back,
    group,
    locks_data,
    next_text,
    renewals_text,
)
from scaffolder.cli.text import number_of_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.adoption.verb import Adoption


def data(adoption: Adoption) -> dict[str, Any]:
    """Return an adoption as data."""
    return {
        "operation": "adopt",
        "name": adoption.name,
        "path": str(adoption.path),
        "version": adoption.version.removeprefix("v"),
        "answers": dict(adoption.answers),
        "layout": dict(adoption.layout),
        "features": list(adoption.features),
        "files": files_data(adoption.changes),
        "kept": list(adoption.kept),
        "omitted": list(adoption.omitted),
        "conflicts": conflicts_data(adoption.conflicts),
        "outdated": locks_data(adoption.locks),
        "notes": list(adoption.notes),
        "diff": adoption.difference,
        "message": message(adoption),
        "back": go_back(adoption.path, conflicts=bool(adoption.conflicts)),
        "dry_run": adoption.dry_run,
    }


def text(adoption: Adoption) -> str:
    """Return an adoption as text."""
    parts = [adoption.difference.rstrip("\n")] if adoption.difference else []
    would = "would be " if adoption.dry_run else "is "
    headline = (
        f"{adoption.name} {would}under template {adoption.version}: {number_of_files(len(adoption.changes))} changed"
    )
    parts += ["\n".join([headline, *files_text(adoption.changes)]), "\n".join(answers(adoption))]
    parts += ["\n".join(group("Left alone, as the project has its own", adoption.kept)).lstrip("\n")]
    parts += ["\n".join(group("Left out, of what new projects have", adoption.omitted)).lstrip("\n")]
    parts += [conflicts_text(adoption.conflicts), renewals_text(adoption.locks)]
    if not adoption.dry_run:
        parts.append(next_text(adoption.path, message(adoption), adoption.conflicts, has_nox=False))
    return "\n\n".join(filter(None, parts))


def answers(adoption: Adoption) -> Iterator[str]:
    """Yield what is recorded of the project."""
    yield "Recorded:"
    for name, value in {
        **adoption.answers,
        **{f"layout.{key}": value for key, value in adoption.layout.items()},
    }.items():
        if value not in ("", [], None):
            shown = str(value).lower() if isinstance(value, bool) else value
            yield f"  {name}: {', '.join(map(str, value)) if isinstance(value, list) else shown}"


def message(adoption: Adoption) -> str:
    """Return a message for the commit."""
    extra = f", with {', '.join(adoption.features)}" if adoption.features else ""
    return f"Adopt template {adoption.version}{extra}"
