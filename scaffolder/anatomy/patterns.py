"""File patterns as cargo, uv and maturin read them, matched by name without searching folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from scaffolder.files import real

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PATTERN_LIMIT = 1_000


@dataclass(frozen=True)
class PathPatterns:
    """Patterns to match files with: `file in patterns`.

    Attributes:
        folder: Where they start.
        patterns: `src/**/*.rs`, `../core`, `.`, or an absolute one.
    """

    folder: Path
    patterns: tuple[str, ...]

    def __contains__(self, path: Path) -> bool:
        """Return whether one of the patterns matches a file."""
        return any(_matches(path.parts, _parts(self.folder, pattern)) for pattern in self.patterns[:PATTERN_LIMIT])


def has_member(folder: Path, workspace: dict[str, Any], member: Path) -> bool:
    """Return whether a cargo or uv workspace has a project as a member.

    Args:
        folder: The workspace's folder.
        workspace: What its manifest says of it, with `members` and `exclude`.
        member: The project's folder.
    """
    places = {member, real(member)}
    members, excluded = (
        any(place in PathPatterns(home, tuple(map(str, _list(workspace.get(name))))) for place in places for home in
            (folder, real(folder)))
        for name in ("members", "exclude")
    )  # fmt: skip
    return members and not excluded


def watched_files(folder: Path, pyproject: dict[str, Any]) -> PathPatterns | None:
    """Return the files that uv watches; none if it is not told which.

    Args:
        folder: The project's folder.
        pyproject: What its pyproject.toml says.
    """
    keys = pyproject.get("tool", {}).get("uv", {}).get("cache-keys")
    if keys is None:
        return None
    # A text is a file, too; `dir` stands for the folder itself, not for what is in it.
    named = [key["file"] if isinstance(key, dict) and "file" in key else key for key in keys]
    return PathPatterns(folder, tuple(str(key) for key in named if not isinstance(key, dict)))


def excluded_files(folder: Path, settings: dict[str, Any], files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files that maturin leaves out of wheels, with the pattern that excludes them.

    Args:
        folder: The project's folder.
        settings: `[tool.maturin]`.
        files: The files in question.
    """
    patterns = [pattern for pattern in _exclude_patterns(settings) if pattern.strip("/")][:PATTERN_LIMIT]
    for path in files:
        if path.is_relative_to(folder):
            parts = path.relative_to(folder).parts
            yield from ((path, pattern) for pattern in patterns if _is_ignored(parts, pattern))


def _is_ignored(parts: Sequence[str], pattern: str) -> bool:
    """Return whether a `.gitignore` pattern matches a file or one of its folders."""
    wanted = PurePath(pattern.strip("/")).parts
    if "/" not in pattern.rstrip("/"):
        wanted = ("**", *wanted)
    last = len(parts) - pattern.endswith("/")  # it asks for a folder
    return any(_matches(parts[:length], wanted) for length in range(1, last + 1))


def _exclude_patterns(settings: dict[str, Any]) -> Iterator[str]:
    for entry in settings.get("exclude", []):
        table = entry if isinstance(entry, dict) else {"path": entry}
        formats = table.get("format", "wheel")
        if "wheel" in (formats if isinstance(formats, list) else [formats]):
            yield str(table.get("path", ""))


def _parts(folder: Path, pattern: str) -> Sequence[str]:
    return Path(os.path.normpath(folder / pattern)).parts


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Match all positions in the pattern at once, so that time grows with its length only."""
    places = {0}
    for part in parts:
        here = _past_stars(places, pattern)
        places = {place for place in here if place < len(pattern) and pattern[place] == "**"}
        places |= {place + 1 for place in here if place < len(pattern) and fnmatchcase(part, pattern[place])}
    return len(pattern) in _past_stars(places, pattern)


def _past_stars(places: set[int], pattern: Sequence[str]) -> set[int]:
    """Add the positions after a `**`, which may match nothing."""
    reached = set(places)
    for place in range(len(pattern)):
        if place in reached and pattern[place] == "**":
            reached.add(place + 1)
    return reached


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
