"""The template's releases: those in this package, and the public ones."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaffolder import __version__, git
from scaffolder.errors import ScaffolderError, listing
from scaffolder.folders import temporary_folder
from scaffolder.signals import defer_signals
from scaffolder.template.bundle import NO_SETTINGS, RELEASE, order, sort_releases
from scaffolder.template.catalog import load_catalog
from scaffolder.template.source import SOURCE, Template, expand, open_repository, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scaffolder.template.catalog import Catalog

CHANGELOG = "CHANGELOG.md"
UPGRADE = "upgrade pyo3-new, with `uv tool upgrade pyo3-new` or as you installed it"
PATIENCE = 4.0
HEADING = re.compile(r"^## .*?\bv?(\d+\.\d+\.\d+)\b", re.MULTILINE)


@dataclass(frozen=True)
class Releases:
    """The available releases.

    Attributes:
        repository: A bare repository that holds them.
        carried: The tags that came with this package, oldest first.
        workspace: A folder for files that last as long as the releases are open.
        fetched: The tags that were fetched from the public repository.
    """

    repository: Path
    carried: tuple[str, ...]
    workspace: Path
    fetched: set[str] = field(default_factory=set)

    def git(self, *arguments: str, variables: Mapping[str, str] = NO_SETTINGS) -> bytes:
        """Run git on the releases, by default without the user's settings."""
        return git.run(*arguments, folder=self.workspace, variables={**variables, "GIT_DIR": str(self.repository)})

    @property
    def newest(self) -> str:
        """The newest release that came with this package."""
        return self.carried[-1]

    def require(self, tag: str) -> None:
        """Refuse a project's release that is not available."""
        if tag in self.carried:
            return
        limit = f"pyo3-new {__version__} knows the releases up to `{self.newest}`"
        if not RELEASE.fullmatch(tag):
            raise ScaffolderError(
                f"the project was made from `{tag}`, which is not a release", "update it with `copier update`"
            )
        raise ScaffolderError(f"the project has release `{tag}` of the template, and {limit}", UPGRADE)

    def obtain(self, tag: str) -> None:
        """Fetch a release from the public repository, unless it is available."""
        if tag in {*self.carried, *self.fetched}:
            return
        options = ["--quiet", "--no-tags", "--depth=1"]
        reference = f"refs/tags/{tag}"
        try:
            self.git("fetch", *options, expand(SOURCE), f"+{reference}:{reference}", variables={})
        except git.GitError as error:
            raise ScaffolderError(
                f"the release `{tag}` can't be fetched from `{expand(SOURCE)}`: {error.message}",
                f"choose one that came with pyo3-new {__version__}: {listing(self.carried)}",
            ) from error
        self.fetched.add(tag)

    def template(self, tag: str, source: str = SOURCE) -> Template:
        """Return a release to render.

        Args:
            tag: An available release.
            source: The origin as the project records it.
        """
        return Template(source, tag, self._folder(tag), self.workspace, official=True)

    def catalog(self, tag: str) -> Catalog:
        """Return the questions of a release."""
        return load_catalog(self._folder(tag))

    def _folder(self, tag: str) -> Path:
        folder = self.workspace / tag
        if not folder.exists():
            unpack(self.repository, tag, folder)
        return folder

    def changes(self, after: str, tag: str) -> tuple[Notes, ...]:
        """Return the changelog's notes on the releases after one, up to another, newest first."""
        try:
            text = self.git("show", f"{tag}:{CHANGELOG}").decode("utf-8", "replace")
        except git.GitError:
            return ()
        return tuple(notes for notes in read_changelog(text) if order(after) < order(notes.version) <= order(tag))


@dataclass(frozen=True)
class Notes:
    """The changelog's notes on a release."""

    version: str
    text: str


def read_changelog(text: str) -> list[Notes]:
    """Split a changelog at its version headings."""
    headings = list(HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return [
        Notes(heading[1], text[heading.start() : end].partition("\n")[2].strip())
        for heading, end in zip(headings, ends, strict=True)
    ]


def to_tag(version: str) -> str:
    """Return a release's tag, in any spelling of the user's."""
    tag = version if version.startswith("v") else f"v{version}"
    if not RELEASE.fullmatch(tag):
        raise ScaffolderError(f"`{version}` is not a release", "write it as in `--to 0.2.0`")
    return tag


@contextmanager
def open_releases() -> Iterator[Releases]:
    """Open the releases in this package."""
    with temporary_folder() as workspace:
        releases = Releases(open_repository(workspace), (), workspace)
        tags = releases.git("for-each-ref", "--format=%(refname:short)", "refs/tags").decode().split()
        yield replace(releases, carried=tuple(sort_releases(tags)))


class PublicTags:
    """Asks the public repository for its releases in the background.

    Args:
        offline: Do not ask.
    """

    def __init__(self, *, offline: bool) -> None:
        self.process = None if offline else start_asking()

    def answer(self) -> tuple[str, ...] | None:
        """Return the tags, or none if there was no answer in time."""
        if self.process is None:
            return None
        try:
            output, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.close()
            return None
        if self.process.returncode:
            return None
        tags = (line.partition("\trefs/tags/")[2] for line in output.decode("utf-8", "replace").splitlines())
        return tuple(sort_releases(tags))

    def close(self) -> None:
        """Stop asking."""
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(OSError):
            # git has a child that talks to the network.
            os.killpg(self.process.pid, signal.SIGTERM) if hasattr(os, "killpg") else self.process.kill()
        self.process.communicate()


def start_asking() -> subprocess.Popen[bytes]:
    """Start to list the tags of the public repository."""
    unwanted = git.foreign_variables(os.environ)
    environment: Mapping[str, str] = {name: value for name, value in os.environ.items() if name not in unwanted}
    with defer_signals():
        return subprocess.Popen(
            ["git", "ls-remote", "--tags", "--refs", "--", expand(SOURCE)],
            cwd=tempfile.gettempdir(),
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
