"""Turn answers into a new project: render it beside its destination, then move it there with one rename."""

from __future__ import annotations

import os
import re
import warnings
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder import git, speed
from scaffolder.checkout.checkout import ANSWERS
from scaffolder.errors import ScaffolderError
from scaffolder.folders import PREFIX, make_folder, remove, remove_leftovers
from scaffolder.template.steps import next_steps
from scaffolder.template.surroundings import find_repository, notes_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffolder.template.source import Template

# YAML goes on with what it wraps in indented lines.
ORIGIN = r"(?m)^_src_path:.*\n(?: .*\n)*"


@dataclass(frozen=True)
class Origin:
    """Where a project comes from.

    Attributes:
        source: The template's address, as recorded.
        version: The template's release.
    """

    source: str
    version: str | None


@dataclass(frozen=True)
class NewProject:
    """A new project, or one that would be made.

    Attributes:
        name: The project's name.
        path: Where it is, absolute.
        template: Where it comes from.
        features: Its features.
        files: Paths inside it, with `/`.
        next: Commands to type.
        dry_run: Whether nothing was written.
        notes: What the user should know about it.
    """

    name: str
    path: Path
    template: Origin
    features: tuple[str, ...]
    files: tuple[str, ...]
    next: tuple[str, ...]
    dry_run: bool
    notes: tuple[str, ...]


def new_project(
    template: Template, answers: Mapping[str, Any], destination: Path, *, use_git: bool = True, dry_run: bool = False
) -> NewProject:
    """Make a project.

    Args:
        template: What to render.
        answers: The answers to its questions.
        destination: A folder that does not exist yet or is empty.
        use_git: Make a repository with a first commit, unless the destination is inside one.
        dry_run: Render to a temporary folder only.

    Raises:
        ScaffolderError: The destination can't be used, or the template can't be rendered.
    """
    check_destination(destination)
    target = destination.resolve()
    notes: list[str] = []
    # Worked out first: moving a project over the current folder leaves this process without one.
    commands = next_steps(destination, str(answers.get("python_min", "3")))
    if dry_run:
        preview = template.workspace / "preview"
        render(template, answers, preview)
        files = list_files(preview)
    else:
        message = f"Start from {template.label}" if use_git else None
        files, notes = build(target, partial(render, template, answers), message)
    return NewProject(
        name=str(answers.get("project_name", target.name)),
        path=target,
        template=Origin(template.source, template.version),
        features=tuple(answers.get("features", ())),
        files=files,
        next=commands,
        dry_run=dry_run,
        notes=tuple(notes),
    )


def build(target: Path, fill: Callable[[Path], None], message: str | None) -> tuple[tuple[str, ...], list[str]]:
    """Create a folder beside its destination, and move it there with one rename.

    Args:
        target: Where it goes.
        fill: Writes the files.
        message: That of a first commit; without one there is no repository.

    Returns:
        The files, and what the user should know about it.
    """
    with staging(target) as folder:
        fill(folder)
        files = list_files(folder)
        notes = [] if message is None else start_repository(folder, message)
        return files, [*notes, *notes_on(target, files, folder), *move_into_place(folder, target)]


def check_destination(destination: Path) -> None:
    """Refuse a destination that is not empty."""
    hint = "choose a folder that does not exist yet, or an empty one"
    try:
        if not destination.exists():
            return
        if not destination.is_dir():
            raise ScaffolderError(f"`{destination}` is a file", hint)
        if any(destination.iterdir()):
            raise ScaffolderError(f"`{destination}` is not empty", hint)
    except OSError as error:
        raise ScaffolderError(f"`{destination}` can't be used: {error.strerror}", hint) from error


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Create a folder to render into, and remove what is left of it at the end.

    A folder beside the target is on the same file system, so that it can be moved with one rename.
    """
    folder, lock = None, None
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            folder, lock = make_folder(target.parent, f".{target.name[:40]}.{PREFIX}", 0o777)
        except OSError as error:
            hint = "choose a folder that you can write to"
            raise ScaffolderError(f"`{target.parent}` is not writable: {error.strerror}", hint) from error
        remove_leftovers(target.parent)
        yield folder
    finally:
        if folder is not None:
            remove(folder)
        if lock is not None:
            os.close(lock)
        if not target.exists():
            for parent in missing:
                with suppress(OSError):
                    parent.rmdir()


def render(template: Template, answers: Mapping[str, Any], folder: Path) -> None:
    """Let Copier render a template into a folder."""
    import copier
    from copier.errors import CopierError, UnsafeTemplateError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError

    try:
        with template.reachable(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source, ref = (str(template.folder), None) if template.official else (template.source, template.ref)
            with speed.compile_once() if template.official else nullcontext():
                copier.run_copy(
                    source, folder, data=dict(answers), vcs_ref=ref, settings=copier.Settings(),
                    defaults=True, overwrite=True, quiet=True,
                )  # fmt: skip
        if template.official:
            record_origin(template, folder / ANSWERS)
    except UnsafeTemplateError as error:
        raise ScaffolderError(
            f"the template `{template.source}` runs code of its own, which pyo3-new does not allow",
            "use `copier copy --trust` if you trust it",
        ) from error
    except ProcessExecutionError as error:
        raise ScaffolderError(f"git failed on `{template.source}`: {git.last_line(str(error.stderr))}") from error
    except OSError as error:
        raise ScaffolderError(f"the project can't be written: {error.strerror} ({error.filename})") from error
    except (CopierError, TemplateError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ScaffolderError(f"the template `{template.source}` can't be rendered: {reason}") from error


def record_origin(template: Template, answers: Path) -> None:
    """Write the template's address and release to the answers file, instead of the temporary folder."""
    origin = f"_commit: {template.ref}\n_src_path: {template.source}\n"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(re.sub(ORIGIN, lambda _: origin, text, count=1), encoding="utf-8", newline="\n")


def list_files(folder: Path) -> tuple[str, ...]:
    """Return the files in a folder, sorted."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()))


def start_repository(folder: Path, message: str) -> list[str]:
    """Create a repository with one commit, and return notes for the user."""
    if outer := find_repository(folder):
        return [f"no repository was created, because `{outer}` is already one"]
    git.run("init", "--quiet", "--initial-branch=main", folder=folder)
    # The user's own list of files to ignore is not about what the template has.
    git.run("add", "--all", "--force", folder=folder)
    settings = {
        # A guessed identity would be kept for ever.
        "user.useConfigOnly": "true",
        # The user's hooks and passphrases are for the user's own commits.
        "core.hooksPath": os.devnull,
        "commit.gpgSign": "false",
    }
    try:
        git.run(*git.options(settings), "commit", "--quiet", "--message", message, folder=folder)
    except git.GitError as error:
        if not has_identity(folder):
            return ["nothing was committed, because git does not know your name and email address"]
        return [f"nothing was committed: {error.message}"]
    return []


def has_identity(folder: Path) -> bool:
    """Whether git knows the author's name and email."""
    try:
        for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            git.run("-c", "user.useConfigOnly=true", "var", variable, folder=folder)
    except git.GitError:
        return False
    return True


def move_into_place(folder: Path, target: Path) -> list[str]:
    """Move a finished project to its destination, and return notes for the user."""
    inside = target == Path.cwd()
    try:
        if os.name == "nt" and target.exists():
            target.rmdir()
        folder.rename(target)
    except OSError as error:
        raise ScaffolderError(
            f"the project can't be moved to `{target}`: {error.strerror}", "choose a folder that does not exist yet"
        ) from error
    return ["the current folder was replaced; run `cd .` before you go on"] if inside else []
