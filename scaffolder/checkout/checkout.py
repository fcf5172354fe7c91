"""A project on disk: where it is, what it records, and whether it can be changed now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scaffolder import git
from scaffolder.errors import ScaffolderError, listing
from scaffolder.template.catalog import SafeLoader
from scaffolder.template.source import SOURCE, expand

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS = ".copier-answers.yml"
# Looking at a repository must not write into it, and a folder's name is not a pattern.
LOOKING = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
OLDEST_GIT = (2, 38)
IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
# What a conflict of ours is marked with: the two sides are branches of these names while git merges.
YOURS, TEMPLATE = "yours", "template-"
MARKERS = rf"^(<<<<<<< {YOURS}|>>>>>>> {TEMPLATE}v[0-9])"
UNMERGED = {"DD", "AU", "UD", "UA", "DU", "AA", "UU"}


@dataclass(frozen=True)
class Checkout:
    """A project in the working tree of a repository.

    Attributes:
        folder: Where the project is.
        root: The top of the working tree.
        prefix: From the root to the folder, with a `/` at its end, or nothing.
        git_dir: The repository's own folder, that of this working tree.
        index: The file with what is staged.
        objects: The repository's objects.
        object_format: How objects are named, such as `sha1`.
    """

    folder: Path
    root: Path
    prefix: str
    git_dir: Path
    index: Path
    objects: Path
    object_format: str

    @property
    def journal(self) -> Path:
        """Where a change that is being brought in is written down."""
        return self.git_dir / "pyo3-new-journal.json"

    @cached_property
    def record(self) -> Record:
        """What the project says of where it comes from."""
        return read_record(self.folder / ANSWERS)

    def git(self, *arguments: str, data: bytes | None = None, codes: tuple[int, ...] = (0,)) -> bytes:
        """Run git in the project's folder, without a trace in its repository."""
        return git.run(*arguments, folder=self.folder, data=data, variables=LOOKING, codes=codes)

    def tree(self) -> str:
        """Return the name of the tree that is committed in the project's folder."""
        asked = f"HEAD:{self.prefix.rstrip('/')}"
        found = self.git("rev-parse", "--verify", "--quiet", asked, codes=(0, 1, 128)).decode().strip()
        if not found:
            raise ScaffolderError(f"nothing in `{self.folder}` is committed yet", "commit the project first")
        return found

    def changed(self, *options: str) -> dict[str, str]:
        """Return the files in the folder that differ from the commit, with git's two letters for each."""
        fixed = ["--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty"]
        output = self.git("status", *fixed, *(options or ("--untracked-files=no",)), "--", ".")
        entries = [item.decode("utf-8", "surrogateescape") for item in output.split(b"\0") if item]
        return {entry[3:].removeprefix(self.prefix): entry[:2] for entry in entries}

    def conflicts(self, changed: Mapping[str, str]) -> tuple[str, ...]:
        """Return the files with conflicts: those that git knows of, and those with our markers left in them."""
        known = [path for path, state in changed.items() if state in UNMERGED]
        output = self.git("grep", "-lzE", "-e", MARKERS, "--", ".", codes=(0, 1))
        marked = [item.decode("utf-8", "surrogateescape") for item in output.split(b"\0") if item]
        return tuple(sorted({*known, *marked}))

    def in_progress(self) -> str | None:
        """Return what git is in the middle of, if anything."""
        return next((name for file, name in IN_PROGRESS.items() if (self.git_dir / file).exists()), None)


@dataclass(frozen=True)
class Record:
    """What a project's answers file says.

    Attributes:
        source: The template's origin.
        release: The release that it was last updated to, such as `v0.1.0`.
        answers: The answers to the template's questions.
    """

    source: str
    release: str
    answers: Mapping[str, Any]

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the project has."""
        features = self.answers.get("features")
        return tuple(map(str, features)) if isinstance(features, list) else ()

    @property
    def name(self) -> str:
        """What the project is called."""
        return str(self.answers.get("project_name", "the project"))


def find_project(start: Path) -> Checkout:
    """Find the project that a folder belongs to, and its repository.

    Raises:
        ScaffolderError: There is no project, or it is in no repository.
    """
    require_git()
    try:
        # Unlike `Path.expanduser`, it leaves the home of nobody as it is.
        place = Path(os.path.expanduser(start)).resolve(strict=True)  # noqa: PTH111
    except OSError as error:
        raise ScaffolderError(f"`{start}` can't be read: {error.strerror}") from error
    folder = next((parent for parent in (place, *place.parents) if (parent / ANSWERS).is_file()), None)
    if folder is None:
        raise ScaffolderError(
            f"`{place}` is not inside a project of the template: there is no `{ANSWERS}` in it or above",
            "pass `--project DIR`, or make a project with `pyo3-new new`; one that began as an example has no template",
        )
    return locate(folder)


def require_git() -> None:
    """Fail unless there is a git that merges without a working tree."""
    git.require_git()
    words = git.run("version", folder=Path.cwd()).decode().split()
    version = next((word for word in words if word[0].isdigit()), "0")
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        raise ScaffolderError(f"git {version} is too old: git {oldest} or newer is needed", "upgrade git")


def locate(folder: Path) -> Checkout:
    """Ask git about the repository that a project is in."""
    paths = ["--show-toplevel", "--show-prefix", "--git-dir", "--git-path", "index", "--git-path", "objects"]
    try:
        output = git.run("rev-parse", "--path-format=absolute", *paths, "--show-object-format", folder=folder)
    except git.GitError as error:
        if "not a git repository" not in error.message:
            raise
        raise ScaffolderError(
            f"`{folder}` is not in a git repository", "run `git init`, then `git add --all` and `git commit` there"
        ) from error
    root, prefix, git_dir, index, objects, object_format = output.decode("utf-8", "surrogateescape").splitlines()
    return Checkout(folder, Path(root), prefix, Path(git_dir), Path(index), Path(objects), object_format)


def read_record(path: Path) -> Record:
    """Read where a project comes from.

    Raises:
        ScaffolderError: The file can't be read, or the project comes from another template.
    """
    hint = f"restore it with `git checkout HEAD -- {ANSWERS}`"
    try:
        content = yaml.load(path.read_bytes(), SafeLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or getattr(error, "problem", None) or error).split())
        raise ScaffolderError(f"`{path}` can't be read: {reason}", hint) from error
    if not isinstance(content, dict) or not all(isinstance(content.get(key), str) for key in ("_commit", "_src_path")):
        raise ScaffolderError(f"`{path}` does not say which release of the template the project has", hint)
    if not is_ours(content["_src_path"]):
        raise ScaffolderError(
            f"the project comes from `{content['_src_path']}`, not from `{SOURCE}`", "update it with `copier update`"
        )
    answers = {str(key): value for key, value in content.items() if not str(key).startswith("_")}
    return Record(content["_src_path"], content["_commit"], answers)


def is_ours(source: str) -> bool:
    """Whether an address is that of the official template, however it is written."""

    def plain(address: str) -> str:
        address = expand(address).removesuffix("/").removesuffix(".git").lower()
        return address.removeprefix("ssh://").removeprefix("git@").removeprefix("https://").replace(":", "/", 1)

    return plain(source) == plain(SOURCE)


def require_ready(checkout: Checkout) -> None:
    """Refuse a project in a state that a change would mix with.

    Raises:
        ScaffolderError: Git is in the middle of something, there are conflicts left, or changes not committed.
    """
    checkout.tree()
    require_clean(checkout, require_settled(checkout))


def require_settled(checkout: Checkout) -> Mapping[str, str]:
    """Refuse a project in which git or the user has something to finish, and return which files were changed."""
    if operation := checkout.in_progress():
        raise ScaffolderError(
            f"a {operation} is in progress in `{checkout.root}`", f"finish it, or run `git {operation} --abort`"
        )
    changed = checkout.changed()
    if conflicts := checkout.conflicts(changed):
        raise ScaffolderError(
            f"there are conflicts left in {listing(conflicts, 'and')}", "solve them, then `git add` and `git commit`"
        )
    return changed


def require_clean(checkout: Checkout, changed: Mapping[str, str]) -> None:
    """Refuse files with changes that are not committed."""
    if changed:
        names = sorted(changed)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        shown = listing(names[:3], "and") if not more else ", ".join(f"`{name}`" for name in names[:3]) + more
        raise ScaffolderError(
            f"`{checkout.folder}` has changes that are not committed: {shown}", "commit them, or `git stash` them"
        )
