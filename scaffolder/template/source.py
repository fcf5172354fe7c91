"""Where the template comes from: the bundle in the wheel, the checkout, or the user's choice."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import __version__, git
from scaffolder.errors import ScaffolderError, listing
from scaffolder.folders import temporary_folder
from scaffolder.template.bundle import NO_SETTINGS, RELEASE, assemble, read_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "gh:pyo3-new/pyo3-new"

PACKAGE = Path(__file__).resolve().parent.parent
BUNDLE = PACKAGE / "template.bundle"
# Copies of `copier.yml` and its includes, so that listing and asking need no git.
QUESTIONS = PACKAGE / "questions"

ALIASES = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
UNDERSTOOD = (*ALIASES, *ALIASES.values(), "git@", "git+", "git://")
REMOTE = (*UNDERSTOOD, "ssh://", "http://", "https://", "file://")


@dataclass(frozen=True)
class Template:
    """A template that is ready to render.

    Attributes:
        source: The origin that projects record.
        ref: The release, branch or commit; none for a plain folder.
        folder: Holds `copier.yml` as of that revision.
        workspace: A folder for files that last as long as the template is open.
        official: Whether this is an official release, whose folder has all that Copier needs.
    """

    source: str
    ref: str | None
    folder: Path
    workspace: Path
    official: bool = False

    @property
    def version(self) -> str | None:
        """The release without its `v`, or the name of the revision."""
        return self.ref[1:] if self.ref and RELEASE.fullmatch(self.ref) else self.ref

    @property
    def label(self) -> str:
        """Its display name, with the revision."""
        name = "pyo3-new" if self.official else self.source
        return f"{name} {self.ref}" if self.ref else name

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Let Copier's git commands find the source, or hide git from Copier where it needs none."""
        from plumbum import local

        # Copier's git runs in plumbum's environment: a snapshot of the process's own.
        with local.env():
            for name in git.foreign_variables(os.environ):
                if name in local.env:
                    del local.env[name]
            local.env.update(_git_settings())
            if self.official:
                # With a git on PATH Copier asks it about every file that it writes.
                local.env["PATH"] = str(self.folder)
            yield


def _git_settings() -> dict[str, str]:
    """Return variables that configure every git command."""
    # The user's hooks are for the user's own commits, and line endings are the template's.
    settings = {"core.hooksPath": os.devnull, "core.autocrlf": "false"}
    first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(first + len(settings)), "GIT_TERMINAL_PROMPT": "0"}
    for number, (key, value) in enumerate(settings.items(), first):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def questions_folder() -> Path:
    """Return the folder with this version's `copier.yml`."""
    return QUESTIONS if QUESTIONS.is_dir() else PACKAGE.parent


@contextmanager
def open_template(source: str | None = None, ref: str | None = None) -> Iterator[Template]:
    """Prepare a template to render.

    Args:
        source: A folder or git address; the official template by default.
        ref: A release, branch or commit; by default this version of the official template, the newest release of
            another one, or its current state if it has no release.

    Raises:
        ScaffolderError: There is no such template or revision.
    """
    git.require_git()
    with temporary_folder() as workspace:
        if source is None or expand(source) == expand(SOURCE):
            yield _open_official(ref, workspace)
        else:
            yield _open_custom(source, ref, workspace)


def expand(source: str) -> str:
    """Expand a short address into a URL that git accepts."""
    for alias, url in ALIASES.items():
        if source.startswith(alias):
            return f"{url}{source.removeprefix(alias).removesuffix('.git')}.git"
    return source.removeprefix("git+")


def _open_official(ref: str | None, workspace: Path) -> Template:
    """Open one of the releases that came with this package."""
    repository = open_repository(workspace)
    ref = ref or __version__
    tag = ref if ref.startswith("v") else f"v{ref}"
    if tag != f"v{__version__}" and tag not in (tags := read_tags(repository)):
        raise ScaffolderError(
            f"pyo3-new {__version__} carries the template's releases {listing(tags, 'and')}, not `{ref}`",
            "upgrade pyo3-new for a newer release",
        )
    unpack(repository, tag, workspace / tag)
    return Template(SOURCE, tag, workspace / tag, workspace, official=True)


def open_repository(workspace: Path) -> Path:
    """Make a bare repository of the releases that came with this package."""
    repository = workspace / "template.git"
    if BUNDLE.is_file():
        options = ["--quiet", "--bare", "--template="]
        git.run("clone", *options, str(BUNDLE), str(repository), folder=workspace, variables=NO_SETTINGS)
    else:
        repository.mkdir()
        assemble(PACKAGE.parent, __version__, repository)
    return repository


def unpack(repository: Path, tag: str, folder: Path) -> None:
    """Write the files of a release into a new folder."""
    folder.mkdir()
    variables = {
        **NO_SETTINGS, "GIT_ATTR_NOSYSTEM": "1", "GIT_DIR": str(repository), "GIT_WORK_TREE": str(folder),
        "GIT_INDEX_FILE": f"{folder}.index",
    }  # fmt: skip
    settings = git.options({"core.attributesFile": os.devnull})
    git.run(*settings, "checkout", "--quiet", tag, "--", ".", folder=folder, variables=variables)


def _open_custom(source: str, ref: str | None, workspace: Path) -> Template:
    """Open a template that the user named."""
    # Unlike `Path.expanduser`, it leaves the home of nobody as it is.
    path = Path(os.path.expanduser(source))  # noqa: PTH111
    if not os.path.exists(path):  # noqa: PTH110
        if not source.startswith(REMOTE):
            raise ScaffolderError(f"the template `{source}` is neither a folder nor a git URL")
        folder, ref = _check_out(expand(source), ref, workspace)
        # Copier takes other addresses for those of folders.
        is_address = source.startswith(UNDERSTOOD) or source.endswith(".git")
        return Template(source if is_address else f"git+{source}", ref, folder, workspace)
    path = Path(os.path.realpath(path))
    if path.is_dir() and not (path / ".git").exists():
        if ref:
            raise ScaffolderError(f"the template `{path}` is not a git repository, so it has no `{ref}`")
        return Template(str(path), None, path, workspace)
    folder, ref = _check_out(str(path), ref, workspace)
    # Uncommitted changes are included, as Copier does.
    return Template(str(path), ref, path if ref == "HEAD" and path.is_dir() else folder, workspace)


def _check_out(address: str, ref: str | None, workspace: Path) -> tuple[Path, str]:
    """Check out a revision, by default the newest release, and return the folder and the revision."""
    folder = workspace / "checkout"
    try:
        git.run("clone", "--quiet", "--no-checkout", "--", address, str(folder), folder=workspace)
    except git.GitError as error:
        raise ScaffolderError(f"the template `{address}` can't be read: {error.message}") from error
    ref = ref or _newest(git.run("tag", "--list", folder=folder).decode().split())
    try:
        git.run("-c", f"core.hooksPath={os.devnull}", "checkout", "--quiet", ref, "--", folder=folder)
    except git.GitError as error:
        raise ScaffolderError(f"the template `{address}` has no revision `{ref}`") from error
    return folder, ref


def _newest(tags: list[str]) -> str:
    """Return the tag that Copier would choose."""
    from packaging.version import InvalidVersion, Version

    versions = {}
    for tag in tags:
        try:
            versions[Version(tag)] = tag
        except InvalidVersion:
            continue
    released = [version for version in versions if not version.is_prerelease]
    return versions[max(released)] if released else "HEAD"
