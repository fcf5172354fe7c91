"""Where the template comes from: the bundle in the wheel, the checkout, or what the user names."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import __version__, git
from scaffolder.answers import listing
from scaffolder.bundle import RELEASE, assemble, read_tags
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "gh:pyo3-new/pyo3-new"

PACKAGE = Path(__file__).resolve().parent
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
        source: What a project records as its origin.
        ref: The release, branch or commit; none for a plain folder.
        folder: Holds `copier.yml` as of that revision.
        workspace: A folder for files that last as long as the template is open.
        bundle: A bundle or repository that stands in for the source, or none if that is read itself.
    """

    source: str
    ref: str | None
    folder: Path
    workspace: Path
    bundle: Path | None = None

    @property
    def version(self) -> str | None:
        """The release without its `v`, or the name of the revision."""
        return self.ref[1:] if self.ref and RELEASE.fullmatch(self.ref) else self.ref

    @property
    def label(self) -> str:
        """What to call it, with its revision."""
        name = "pyo3-new" if self.bundle else self.source
        return f"{name} {self.ref}" if self.ref else name

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Let Copier's git commands find the source, in the bundle if there is one."""
        from plumbum import local

        # Copier's git runs in plumbum's environment: a snapshot of the process's own.
        with local.env():
            for name in git.REPOSITORY_VARIABLES:
                if name in local.env:
                    del local.env[name]
            local.env.update(self._git_settings())
            with self._private_cache():
                yield

    def _git_settings(self) -> dict[str, str]:
        """Return variables that give settings to every git command."""
        # The user's hooks are for the user's own commits, and line endings are the template's.
        settings = {"core.hooksPath": os.devnull, "core.autocrlf": "false"}
        if self.bundle:
            settings |= {
                "protocol.file.allow": "always",
                f"url.{self.bundle.as_posix()}.insteadOf": expand(self.source),
            }
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings)), "GIT_TERMINAL_PROMPT": "0"}
        for number, (key, value) in enumerate(settings.items(), first):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return variables

    @contextmanager
    def _private_cache(self) -> Iterator[None]:
        """Keep a bundle out of the user's Copier cache: an older one would drop newer releases there."""
        if not self.bundle:
            yield
            return
        before = os.environ.get("COPIER_CACHE_DIR")
        os.environ["COPIER_CACHE_DIR"] = str(self.workspace / "cache")
        try:
            yield
        finally:
            os.environ.pop("COPIER_CACHE_DIR")
            if before is not None:
                os.environ["COPIER_CACHE_DIR"] = before


def questions_folder() -> Path:
    """Return the folder with this version's `copier.yml`."""
    return QUESTIONS if QUESTIONS.is_dir() else PACKAGE.parent


@contextmanager
def open_template(source: str | None = None, ref: str | None = None) -> Iterator[Template]:
    """Make a template ready to render.

    Args:
        source: A folder or git address; the official template by default.
        ref: A release, branch or commit; by default this version of the official template, the newest release of
            another one, or its current state if it has no release.

    Raises:
        ScaffolderError: There is no such template or revision.
    """
    git.require_git()
    with tempfile.TemporaryDirectory(prefix="pyo3-new-", ignore_cleanup_errors=True) as folder:
        workspace = Path(folder).resolve()
        if source is None or expand(source) == expand(SOURCE):
            yield _official(ref, workspace)
        else:
            yield _given(source, ref, workspace)


def expand(source: str) -> str:
    """Turn the short form of an address into a URL that git can read."""
    for alias, url in ALIASES.items():
        if source.startswith(alias):
            return f"{url}{source.removeprefix(alias).removesuffix('.git')}.git"
    return source.removeprefix("git+")


def _official(ref: str | None, workspace: Path) -> Template:
    """Open one of the releases that came with this package."""
    bundle = BUNDLE if BUNDLE.is_file() else workspace / "template.git"
    if bundle != BUNDLE:
        bundle.mkdir()
        assemble(PACKAGE.parent, __version__, bundle)
    current = f"v{__version__}"
    if ref in {None, current, __version__}:
        return Template(SOURCE, current, questions_folder(), workspace, bundle)
    tags = read_tags(bundle)
    if ref not in tags and f"v{ref}" not in tags:
        raise ScaffolderError(
            f"pyo3-new {__version__} carries the template's releases {listing(tags, 'and')}, not `{ref}`",
            "upgrade pyo3-new for a newer release",
        )
    ref = ref if ref in tags else f"v{ref}"
    return Template(SOURCE, ref, _check_out(str(bundle), ref, workspace)[0], workspace, bundle)


def _given(source: str, ref: str | None, workspace: Path) -> Template:
    """Open a template that the user names."""
    path = Path(source).expanduser()
    if not path.exists():
        if not source.startswith(REMOTE):
            raise ScaffolderError(f"the template `{source}` is neither a folder nor the address of a git repository")
        folder, ref = _check_out(expand(source), ref, workspace)
        # Copier takes other addresses for those of folders.
        known = source.startswith(UNDERSTOOD) or source.endswith(".git")
        return Template(source if known else f"git+{source}", ref, folder, workspace)
    path = path.resolve()
    if path.is_dir() and not (path / ".git").exists():
        if ref:
            raise ScaffolderError(f"the template `{path}` is not a git repository, so it has no `{ref}`")
        return Template(str(path), None, path, workspace)
    folder, ref = _check_out(str(path), ref, workspace)
    # Copier takes uncommitted changes along, too.
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
    """Return the tag that Copier would take."""
    from packaging.version import InvalidVersion, Version

    versions = {}
    for tag in tags:
        try:
            versions[Version(tag)] = tag
        except InvalidVersion:
            continue
    released = [version for version in versions if not version.is_prerelease]
    return versions[max(released)] if released else "HEAD"
