"""Format what was formatted before."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from scaffolder.migration.manifests import manifest_of

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.migration.sources import Sources

SECONDS = 60


def format_like_before(sources: Sources) -> bool:
    """Run rustfmt on the files that changed and that it would have left as they were.

    Args:
        sources: The repository.

    Returns:
        Whether it changed one.
    """
    changed = False
    for path in list(sources.rust):
        before, after = sources.files[path].content.decode("utf-8"), sources.texts[path]
        if before == after:
            continue
        folder = (sources.copy / path).parent
        edition = edition_of(sources, path)
        if format_text(before, folder, edition) == before:
            sources.texts[path] = format_text(after, folder, edition) or after
            changed = changed or sources.texts[path] != after
    return changed


def edition_of(sources: Sources, path: str) -> str:
    """Return the edition of the crate that a file belongs to."""
    owner = manifest_of(sources.documents, path)
    edition = dict(sources.documents[owner].get("package", {})).get("edition", "2015") if owner else None
    return str(edition) if isinstance(edition, str) else "2021"


def format_text(text: str, folder: Path, edition: str) -> str | None:
    """Return a file as rustfmt writes it with the settings of a folder; nothing if it can't be formatted."""
    command = ["rustfmt", "--edition", edition, "--emit", "stdout", "--quiet"]
    try:
        done = subprocess.run(
            command, cwd=folder, input=text.encode("utf-8"), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8") if done.returncode == 0 else None
