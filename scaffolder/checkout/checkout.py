"""A project on disk: where it is, what it records, and whether it can be changed now."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scaffolder import git
from scaffolder.errors import ScaffolderError, listing
from scaffolder.template.catalog import InvalidYamlError, load_yaml
from scaffolder.template.source import SOURCE, expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANSWERS = ".copier-answers.yml"
# Looking at a repository must not write into it, and a folder's name is not a pattern.
LOOKING = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
OLDEST_GIT = (2, 38)
# The first of these files that is there tells.
IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply/applying": "am",
    "rebase-apply": "rebase",
}
# What a conflict of ours is marked with: these are the names of branches while git merges.
BASE, YOURS, TEMPLATE = "base", "yours", "template-"
MARKERS = rf"^(<<<<<<< {YOURS}|[|]{{7}} {BASE}|>>>>>>> {TEMPLATE}v[0-9])"


@dataclass(frozen=True)
class Checkout:
    """A project in a git working tree.

    Attributes:
        folder: Where the project is.
        root: The top of the working tree.
        prefix: The path from the root to the folder, ending with `/`; empty if they are the same.
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
    def lock(self) -> Path:
        """The lock file of the index, which git uses too."""
        return self.index.with_name(f"{self.index.name}.lock")

    @cached_property
    def record(self) -> Record:
        """What the answers file says."""
        return read_record(self.folder / ANSWERS)

    def git(self, *arguments: str, data: bytes | None = None, codes: tuple[int, ...] = (0,)) -> bytes:
        """Run git in the project's folder, without writing to its repository."""
        return git.run(*arguments, folder=self.folder, data=data, variables=LOOKING, codes=codes)

    def tree(self) -> str:
        """Return the hash of the project's committed tree."""
        revision = f"HEAD:{self.prefix.rstrip('/')}"
        name = self.git("rev-parse", "--verify", "--quiet", revision, codes=(0, 1, 128)).decode().strip()
        if not name:
            raise ScaffolderError(f"nothing in `{self.folder}` is committed yet", "commit the project first")
        return name

    def changed_files(self, untracked: Literal["no", "all"] = "no") -> dict[str, str]:
        """Return the files that differ from the last commit, with git's two-letter status."""
        options = ["--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty", f"--untracked-files={untracked}"]
        entries = split(self.git("status", *options, "--", "."))
        return {entry[3:].removeprefix(self.prefix): entry[:2] for entry in entries}

    def conflicts(self) -> tuple[str, ...]:
        """Return the files with conflicts: those that git knows of, and those with our markers left in them.

        Neither question lets git run a filter that the repository's settings name.
        """
        unmerged = (entry.partition("\t")[2] for entry in split(self.git("ls-files", "-z", "--unmerged", "--", ".")))
        marked = split(self.git("grep", "-lzE", "-e", MARKERS, "--", ".", codes=(0, 1)))
        return tuple(sorted({*unmerged, *marked}))

    def in_progress(self) -> str | None:
        """Return the git operation in progress, if there is one."""
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
        return tuple(self.answers.get("features", ()))

    @property
    def layout(self) -> dict[str, Any]:
        """Where an adopted project has what the template has elsewhere; empty for any other project."""
        return self.answers.get("layout") or {}

    @property
    def own(self) -> tuple[str, ...]:
        """The files of the template that the project has in a form of its own, or does without."""
        return tuple(self.layout.get("own", ()))

    @property
    def workspace(self) -> str | None:
        """The folder above the project with the workspace that its crate is in, if there is one."""
        return self.layout.get("workspace")

    @property
    def name(self) -> str:
        """What the project is called."""
        return str(self.answers.get("project_name", "the project"))


def find_project(start: Path) -> Checkout:
    """Find the project that a folder belongs to and its repository.

    Raises:
        ScaffolderError: There is no project, or it is not in a repository.
    """
    require_recent_git()
    try:
        # Unlike `Path.expanduser`, it leaves the home of nobody as it is.
        place = Path(os.path.expanduser(start)).resolve(strict=True)  # noqa: PTH111
        folder = next((parent for parent in (place, *place.parents) if (parent / ANSWERS).is_file()), None)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScaffolderError(f"`{start}` can't be read: {reason}") from error
    if folder is None:
        raise ScaffolderError(
            f"`{place}` is not inside a pyo3-new project: there is no `{ANSWERS}` in it or in any parent folder",
            "pass `--project DIR`, or run `pyo3-new new`; a project made from an example has no template",
        )
    return locate(folder)


def require_recent_git() -> None:
    """Fail unless git is recent enough to merge without a working tree."""
    git.require_git()
    words = git.run("version", folder=Path.cwd()).decode().split()
    version = next((word for word in words if word[0].isdigit()), "0")
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        raise ScaffolderError(f"git {version} is too old: git {oldest} or newer is needed", "upgrade git")


def locate(folder: Path) -> Checkout:
    """Ask git about the repository that a project is in."""
    questions = (
        ["--show-toplevel"], ["--show-prefix"], ["--git-dir"], ["--git-path", "index"], ["--git-path", "objects"],
        ["--show-object-format"],
    )  # fmt: skip
    # git repeats an option that it does not know. Paths may hold every character that there is, line ends included.
    separator = f"--{secrets.token_hex(8)}"
    options = [option for question in questions for option in (*question, separator)]
    try:
        output = git.run("rev-parse", "--path-format=absolute", *options, folder=folder)
    except git.GitError as error:
        if error.kind != "no repository":
            raise
        raise no_repository(folder) from error
    answers = output.decode("utf-8", "surrogateescape").split(f"\n{separator}\n")
    root, prefix, git_dir, index, objects, object_format = answers[:-1]
    checkout = Checkout(folder, Path(root), prefix, Path(git_dir), Path(index), Path(objects), object_format)
    if (checkout.root / prefix).resolve() != folder:
        raise ScaffolderError(
            f"the repository of `{folder}` has its working tree elsewhere, in `{root}`",
            "look at `core.worktree` in the repository's settings",
        )
    return checkout


def no_repository(folder: Path) -> ScaffolderError:
    """Describe a project without a repository, or with one that git can't read."""
    repository = next(
        (parent / ".git" for parent in (folder, *folder.parents) if os.path.lexists(parent / ".git")), None
    )
    if repository is not None:
        return ScaffolderError(f"`{repository}` can't be read as a git repository", "run `git status` there")
    return ScaffolderError(
        f"`{folder}` is not in a git repository", "run `git init`, then `git add --all` and `git commit` there"
    )


@contextmanager
def readable() -> Iterator[None]:
    """Turn permission errors into errors that name the file."""
    try:
        yield
    except OSError as error:
        raise ScaffolderError(f"`{error.filename}` can't be read: {error.strerror}") from error


def split(output: bytes) -> list[str]:
    """Split NUL-terminated output of git."""
    return [item.decode("utf-8", "surrogateescape") for item in output.split(b"\0") if item]


def read_record(path: Path) -> Record:
    """Read where a project comes from.

    Raises:
        ScaffolderError: The file can't be read, or the project comes from another template.
    """
    hint = f"restore it with `git checkout HEAD -- {ANSWERS}`"
    try:
        content = load_yaml(path.read_bytes())
    except OSError as error:
        raise ScaffolderError(f"`{path}` can't be read: {error.strerror}") from error
    except InvalidYamlError as error:
        raise ScaffolderError(f"`{path}` can't be read: {error}", hint) from error
    if not isinstance(content, dict) or not all(isinstance(content.get(key), str) for key in ("_commit", "_src_path")):
        raise ScaffolderError(f"`{path}` does not say which release of the template the project has", hint)
    features = content.get("features", [])
    if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
        raise ScaffolderError(f"`features` in `{path}` must be a list of names", hint)
    if not is_ours(content["_src_path"]):
        raise ScaffolderError(
            f"the project comes from `{content['_src_path']}`, not from `{SOURCE}`", "update it with `copier update`"
        )
    answers = {str(key): value for key, value in content.items() if not str(key).startswith("_")}
    return Record(content["_src_path"], content["_commit"], answers)


def is_ours(source: str) -> bool:
    """Whether an address is that of the official template, in any spelling."""

    def plain(address: str) -> str:
        address = expand(address).removesuffix("/").removesuffix(".git").lower()
        return address.removeprefix("ssh://").removeprefix("git@").removeprefix("https://").replace(":", "/", 1)

    return plain(source) == plain(SOURCE)


def require_ready(checkout: Checkout) -> None:
    """Refuse a project with unfinished or uncommitted work.

    Raises:
        ScaffolderError: A git operation is in progress, conflicts are left, or changes are not committed.
    """
    require_changeable(checkout)
    require_record(checkout)


def require_changeable(checkout: Checkout) -> None:
    """Refuse a repository with unfinished or uncommitted work, whether or not the template made what is in it.

    Raises:
        ScaffolderError: As `require_ready`, but for the answers file.
    """
    checkout.tree()
    require_settled(checkout)
    require_clean(checkout)
    require_whole(checkout)


def lock_error(checkout: Checkout) -> ScaffolderError:
    """Return the error for an index that is locked, perhaps by a program that was killed."""
    return ScaffolderError(
        f"another git command is running in `{checkout.root}`: `{checkout.lock}` exists",
        "wait for it to finish; if none is running, delete that file",
    )


def require_settled(checkout: Checkout) -> None:
    """Refuse a project with a git operation in progress or conflicts left."""
    if operation := checkout.in_progress():
        name = "`git am`" if operation == "am" else f"a {operation}"
        raise ScaffolderError(
            f"{name} is in progress in `{checkout.root}`", f"finish it, or run `git {operation} --abort`"
        )
    if conflicts := checkout.conflicts():
        raise ScaffolderError(
            f"there are conflicts left in {listing(conflicts, 'and')}",
            "resolve them, then `git add` and `git commit`",
        )


def require_clean(checkout: Checkout) -> None:
    """Refuse a project with uncommitted changes."""
    names = sorted(checkout.changed_files())
    if names:
        remainder = f" and {len(names) - 3} more" if len(names) > 3 else ""
        shown = ", ".join(f"`{name}`" for name in names[:3]) + remainder if remainder else listing(names, "and")
        raise ScaffolderError(
            f"`{checkout.folder}` has changes that are not committed: {shown}", "commit them, or `git stash` them"
        )


def require_record(checkout: Checkout) -> None:
    """Refuse a project whose answers file is not committed: the change to it would be lost."""
    if not checkout.git("ls-tree", "-z", "HEAD", "--", ANSWERS):
        raise ScaffolderError(
            f"`{checkout.folder / ANSWERS}` is not committed", f"run `git add --force {ANSWERS}`, then `git commit`"
        )


def require_whole(checkout: Checkout) -> None:
    """Refuse a sparse checkout that may leave out parts of the project, because undoing would miss them."""
    if checkout.git("config", "--type=bool", "--get", "core.sparseCheckout", codes=(0, 1)).strip() != b"true":
        return
    listed = checkout.git("sparse-checkout", "list", codes=(0, 1, 128)).decode("utf-8", "surrogateescape").split("\n")
    parents = {"/".join(checkout.prefix.split("/")[:length]) for length in range(1, checkout.prefix.count("/") + 1)}
    if not parents.intersection(listed) or any(pattern.startswith("!") for pattern in listed):
        raise ScaffolderError(
            f"`{checkout.root}` is a sparse checkout that may leave out parts of the project",
            f"run `git sparse-checkout add {checkout.prefix.rstrip('/')}`" if checkout.prefix
            else "run `git sparse-checkout disable`",
        )  # fmt: skip
