"""What differs between a project's files and the template that it was made from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from scaffolder.checkout.checkout import readable
from scaffolder.checkout.interruption import find_interruption
from scaffolder.checkout.merge import LINK, File, match_line_endings, open_scratch
from scaffolder.checkout.status import present, record_of
from scaffolder.checkout.update import render_files
from scaffolder.errors import UsageError
from scaffolder.files import read_regular
from scaffolder.folders import temporary_folder
from scaffolder.template.releases import open_releases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Change, Files

RELATIVE = "paths are relative to the current folder, also with `--project`"


@dataclass(frozen=True)
class Difference:
    """How a project's files differ from the template.

    Attributes:
        name: The project's name.
        path: Its folder.
        version: The template's release that it has.
        changes: The template's files that are different or deleted.
        text: The unified diff, from the template to the project.
        notes: What else the user should know.
    """

    name: str
    path: Path
    version: str
    changes: tuple[Change, ...]
    text: str
    notes: tuple[str, ...]


@readable()
def diff(checkout: Checkout, paths: Iterable[Path] = (), *, colour: bool = False) -> Difference:
    """Compare a project's files, committed or not, with the template as the project records it.

    Args:
        checkout: The project.
        paths: Files and folders to compare; by default all.
        colour: Mark the lines.

    Raises:
        ScaffolderError: The template's release is not available, or a path is outside of the project.
    """
    interruption = find_interruption(checkout)
    notes = [f"{interruption.message}; {interruption.hint}"] if interruption else []
    chosen = [(path, inside(checkout.folder, path)) for path in paths]
    record = record_of(checkout, checkout.conflicts())
    with open_releases() as releases, temporary_folder() as workspace:
        releases.require(record.release)
        template = render_files(releases, record.release, record, record.features, workspace / "template")
        missing = [(path, name) for path, name in chosen if not select(template, [name])]
        for path, name in missing:
            if not present(checkout.folder / name):
                raise UsageError(f"there is no `{path}` in the project or the template", RELATIVE)
        notes += [f"the template has no `{path}`" for path, _ in missing]
        template = select(template, [name for _, name in chosen] or ["."])
        project = read_project(checkout.folder, template)
        # Nothing that is committed is looked at.
        scratch = open_scratch(workspace / "scratch", checkout, ours="")
        before = scratch.with_files(None, match_line_endings(template, project))
        after = scratch.with_files(None, project)
        return Difference(
            name=record.name,
            path=checkout.folder,
            version=record.release,
            changes=tuple(scratch.changes(before, after)),
            text=scratch.difference(before, after, colour=colour).decode("utf-8", "replace"),
            notes=tuple(notes),
        )


def inside(folder: Path, path: Path) -> str:
    """Return a path as the project's files have it.

    Raises:
        UsageError: It is outside of the project.
    """
    # A link is compared, not followed.
    for place in (Path(os.path.abspath(path)), path.resolve()):  # noqa: PTH100
        if place.is_relative_to(folder):
            return place.relative_to(folder).as_posix()
    raise UsageError(f"`{path}` is outside of the project `{folder}`", RELATIVE)


def select(files: Files, names: Iterable[str]) -> Files:
    """Return the files with these names or in these folders."""
    wanted = set(names)
    return {path: file for path, file in files.items() if wanted & {path, *map(str, PurePosixPath(path).parents)}}


def read_project(folder: Path, template: Files) -> Files:
    """Read the files that the template has as well; modes are not compared, as some systems have none."""
    files: Files = {}
    for name, file in template.items():
        place = folder / name
        if place.is_symlink():
            files[name] = File(LINK, os.fsencode(place.readlink()))
        elif present(place):
            files[name] = File(file.mode, read_regular(place))
    return files
