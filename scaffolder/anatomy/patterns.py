"""The files that a pattern stands for, as cargo, uv and maturin read it."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def matches(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a pattern stands for; it may be absolute, or lead out of the folder.

    Args:
        folder: Where the pattern starts.
        pattern: `src/**/*.rs`, `../core`, `.`.
    """
    # pathlib takes neither an absolute pattern nor an empty one.
    found = glob(str(folder / pattern), recursive=True)  # noqa: PTH207
    return [Path(os.path.normpath(path)) for path in found]


def watched_files(folder: Path, pyproject: dict[str, Any]) -> frozenset[Path] | None:
    """Return the files that uv watches; none if it isn't told which.

    Args:
        folder: The project's folder.
        pyproject: What its pyproject.toml says.
    """
    keys = pyproject.get("tool", {}).get("uv", {}).get("cache-keys")
    if keys is None:
        return None
    # A text is a file, too; `dir` stands for the folder itself, not for what is in it.
    named = [key["file"] for key in keys if isinstance(key, dict) and "file" in key]
    patterns = [str(each) for each in (*named, *(key for key in keys if isinstance(key, str)))]
    # A file that is named is watched whether it is there yet or not.
    found = {path for each in patterns for path in [Path(os.path.normpath(folder / each)), *matches(folder, each)]}
    return frozenset(found)


def left_out(folder: Path, settings: dict[str, Any], files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield those of the files that maturin leaves out of wheels, with the pattern.

    Args:
        folder: The project's folder.
        settings: `[tool.maturin]`.
        files: The files in question.
    """
    from pathspec import GitIgnoreSpec

    patterns = {pattern: GitIgnoreSpec.from_lines([pattern]) for pattern in _patterns(settings)}
    for path in files:
        if path.is_relative_to(folder):
            name = path.relative_to(folder)
            yield from ((path, pattern) for pattern, spec in patterns.items() if spec.match_file(name))


def _patterns(settings: dict[str, Any]) -> Iterator[str]:
    """Yield the patterns of files that don't get into wheels."""
    for given in settings.get("exclude", []):
        table = given if isinstance(given, dict) else {"path": given}
        formats = table.get("format", "wheel")
        if "wheel" in (formats if isinstance(formats, list) else [formats]):
            yield str(table.get("path", ""))
