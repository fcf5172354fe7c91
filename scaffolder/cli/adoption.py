"""The output of `adopt`, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffolder.adoption.taking import CHECKS, NOX
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
from scaffolder.errors import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.adoption.verb import Adoption


def data(adoption: Adoption) -> dict[str, Any]:
    """Return an adoption as data."""
    return {
        "operation": "adopt" if adoption.is_new else "take",
        "name": adoption.name,
        "path": str(adoption.path),
        "version": adoption.version.removeprefix("v"),
        "answers": dict(adoption.answers),
        "layout": dict(adoption.layout),
        "features": list(adoption.features),
        "files": files_data(adoption.changes),
        "taken": list(adoption.taken),
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
    if not adoption.changes and not adoption.is_new:
        return "\n\n".join([f"{adoption.name}: nothing to do", *left_out(adoption)])
    parts = [adoption.difference.rstrip("\n")] if adoption.difference else []
    parts += ["\n".join([headline(adoption), *files_text(adoption.changes)])]
    parts += ["\n".join(answers(adoption))] if adoption.is_new else []
    parts += ["\n".join(group("Left alone, as the project has its own", adoption.kept)).lstrip("\n")]
    parts += [*left_out(adoption), conflicts_text(adoption.conflicts), renewals_text(adoption.locks)]
    if not adoption.dry_run:
        parts.append(next_text(adoption.path, message(adoption), adoption.conflicts, has_nox=NOX in adoption.taken))
    return "\n\n".join(filter(None, parts))


def headline(adoption: Adoption) -> str:
    """Return one line that says what was done."""
    files = number_of_files(len(adoption.changes))
    if adoption.is_new:
        would = "would be " if adoption.dry_run else "is "
        return f"{adoption.name} {would}under template {adoption.version}: {files} changed"
    would = "would take" if adoption.dry_run else "takes"
    return f"{adoption.name} {would} {listing(adoption.taken, 'and')}: {files} changed"


def left_out(adoption: Adoption) -> list[str]:
    """Return the files that the project does without, all of them, and how to take one."""
    if not adoption.omitted:
        return []
    lines = [
        f"Left out, of what new projects have: {number_of_files(len(adoption.omitted))}",
        *(f"  {path}" for path in adoption.omitted),
        "Take one or a folder, now or later: `pyo3-new adopt --take PATH`",
    ]
    checks = [path for path in CHECKS if path in adoption.omitted]
    return ["\n".join([*lines, *([f"Take {listing(checks, 'and')}: `pyo3-new adopt --checks`"] if checks else [])])]


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
    if not adoption.is_new:
        return f"Take {', '.join(adoption.taken)} from template {adoption.version}"
    extra = f", with {', '.join(adoption.features)}" if adoption.features else ""
    return f"Adopt template {adoption.version}{extra}"
