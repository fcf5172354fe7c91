"""Copy an example of a skill, as it is or as a new project with another name."""

from __future__ import annotations

import re
import shutil
from functools import partial
from typing import TYPE_CHECKING

from scaffolder import __version__
from scaffolder.folders import temporary_folder
from scaffolder.template.generate import NewProject, Origin, build, check_destination, list_files
from scaffolder.template.source import SOURCE
from scaffolder.template.steps import next_steps

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Example

# What building and testing an example in place leaves behind.
LEFT_BEHIND = shutil.ignore_patterns(
    "__pycache__", ".*_cache", ".venv*", ".hypothesis", ".benchmarks", "target", "dist", "*.so", "*.pyd", "uv.lock"
)


def copy_example(
    example: Example, destination: Path, *, name: str | None = None, use_git: bool = False, dry_run: bool = False
) -> NewProject:
    """Copy an example to a new folder.

    Args:
        example: What to copy.
        destination: A folder that does not exist yet or is empty.
        name: The project's new name; by default it keeps the example's.
        use_git: Make a repository with a first commit, unless the destination is inside one.
        dry_run: Leave the destination alone.

    Raises:
        ScaffolderError: The destination can't be used.
    """
    check_destination(destination)
    target = destination.resolve()
    notes: list[str] = []
    commands = next_steps(destination, "3", lints=False)
    if dry_run:
        files = list_example(example, name)
    else:
        message = f"Start from the example {example.name} of pyo3-new {__version__}" if use_git else None
        files, notes = build(target, partial(fill, example, name), message)
    return NewProject(
        name=join_name(name, "-") if name else example.project, path=target,
        template=Origin(f"{SOURCE}/skills/{example.name}", __version__),
        features=(), files=files, next=commands, dry_run=dry_run, notes=tuple(notes),
    )  # fmt: skip


def list_example(example: Example, name: str | None = None) -> tuple[str, ...]:
    """Return the paths of an example's files, as they are or under a new name."""
    with temporary_folder() as folder:
        fill(example, name, folder)
        return list_files(folder)


def fill(example: Example, name: str | None, folder: Path) -> None:
    """Copy an example into a folder, without build artifacts."""
    shutil.copytree(example.path, folder, ignore=LEFT_BEHIND, dirs_exist_ok=True)
    if name:
        rename(folder, example.project, name)


def rename(folder: Path, old: str, new: str) -> None:
    """Rename a project, in its files and in their names."""
    pattern = re.compile(rf"(?<![a-zA-Z0-9]){'[-_]'.join(re.split('[-_]', old))}(?![a-zA-Z0-9])")

    def rename_in(text: str) -> str:
        return pattern.sub(lambda match: join_name(new, "_" if "_" in match[0] else "-"), text)

    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            path.write_bytes(rename_in(path.read_bytes().decode()).encode())
        path.rename(path.with_name(rename_in(path.name)))


def join_name(name: str, separator: str) -> str:
    """Return a project's name with `_`, as Python imports it, or with `-`, as registries list it."""
    return re.sub(r"[-_.]+", separator, name.lower())
