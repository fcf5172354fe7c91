"""The git bundle in the wheel: for each release, one commit with only the template and its changelog.

It stands in for the public repository wherever there is no network. The same tags give the same bytes.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.errors import ScaffolderError
from scaffolder.folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TEMPLATE_PATHS = ("copier.yml", "templates")
# The changelog tells users of an update what is in it.
CARRIED = (*TEMPLATE_PATHS, "CHANGELOG.md")
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
# Only the content decides: who builds the bundle, when, and with which settings leaves no trace.
COMMITTER = "pyo3-new <pyo3-new@localhost> 0 +0000"
NO_SETTINGS = {
    "GIT_ALLOW_PROTOCOL": "file", "GIT_CONFIG_COUNT": "0", "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_PARAMETERS": "", "GIT_DEFAULT_HASH": "sha1",
}  # fmt: skip
# What is thrown away in a moment needs neither to be small nor to survive a power cut.
THROWAWAY = {"core.fsync": "none", "core.compression": "0", "fastimport.unpackLimit": "1"}


def write_bundle(checkout: Path, version: str, target: Path) -> None:
    """Write the bundle of a checkout.

    Args:
        checkout: The root of a git repository; nothing is written into it.
        version: The release that the working tree will become.
        target: Where the bundle goes.

    Raises:
        ScaffolderError: The template differs from that of the release with this version.
    """
    with temporary_folder() as folder:
        assemble(checkout, version, folder)
        _pack(folder, target)


def assemble(checkout: Path, version: str, repository: Path) -> None:
    """Create a bare repository of a checkout's releases, with its working tree if its version has no tag yet.

    Args:
        checkout: As for `write_bundle`; what is made borrows objects from it.
        version: As for `write_bundle`.
        repository: An existing empty folder.
    """
    options = ["--quiet", "--bare", "--template=", "--initial-branch=main"]
    git.run("init", *options, ".", folder=repository, variables=NO_SETTINGS)
    _borrow_objects(checkout, repository)
    releases = _released_trees(checkout)
    _import(repository, [*map(_release, releases.items()), _commit(f"v{version}", _working_tree(checkout))])
    if f"v{version}" in releases:
        _require_unchanged(repository, checkout, version)
    else:
        _git(repository, "update-ref", f"refs/tags/v{version}", "refs/heads/main")


def read_tags(source: Path) -> list[str]:
    """Return the releases in a bundle or repository, oldest first."""
    lines = (
        git.run("ls-remote", "--tags", "--", str(source), folder=source.parent, variables=NO_SETTINGS)
        .decode()
        .splitlines()
    )
    tags = (line.partition("\trefs/tags/")[2] for line in lines)
    return sort_releases(tags)


def sort_releases(tags: Iterable[str]) -> list[str]:
    """Return the tags that are releases, oldest first."""
    return sorted(filter(RELEASE.fullmatch, tags), key=order)


def order(version: str) -> tuple[int, ...]:
    """Return a key that sorts releases as numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _git(repository: Path, *arguments: str, data: bytes | None = None) -> bytes:
    """Run git on a bare repository, ignoring the user's settings."""
    return git.run(*arguments, folder=repository, data=data, variables={**NO_SETTINGS, "GIT_DIR": str(repository)})


def _borrow_objects(checkout: Path, repository: Path) -> None:
    """Let a repository read the objects of a checkout."""
    objects = checkout / git.run("rev-parse", "--git-path", "objects", folder=checkout).decode().strip()
    alternates = repository / "objects/info/alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{objects.resolve().as_posix()}\n", encoding="utf-8", newline="\n")


def _released_trees(checkout: Path) -> dict[str, list[str]]:
    """Return the object hashes of the template's paths for each release, oldest first."""
    output = git.run("for-each-ref", "--format=%(refname:short)", "refs/tags/v*", folder=checkout)
    tags = sort_releases(output.decode().split())
    if not tags:
        return {}
    asked = "".join(f"{tag}:{path}\n" for tag in tags for path in CARRIED)
    output = git.run("cat-file", "--batch-check=%(objectname)", folder=checkout, data=asked.encode())
    names = iter(output.decode().splitlines())
    trees = {tag: [next(names) for _ in CARRIED] for tag in tags}
    return {tag: tree for tag, tree in trees.items() if not any(map(is_missing, tree[: len(TEMPLATE_PATHS)]))}


def is_missing(name: str) -> bool:
    """Whether git reports that an object is missing."""
    return name.endswith("missing")


def _working_tree(checkout: Path) -> Iterator[bytes]:
    """Return the `git fast-import` commands for the template's files on disk, except ignored ones."""
    output = git.run("ls-files", "-z", "-co", "--exclude-standard", "--", *CARRIED, folder=checkout)
    for name in sorted(set(output.split(b"\0")) - {b""}):
        path = checkout / os.fsdecode(name)
        if path.is_symlink():
            mode, content = b"120000", os.fsencode(path.readlink())
        elif path.is_file():
            mode, content = (
                (b"100755" if os.access(path, os.X_OK) and os.name != "nt" else b"100644"),
                path.read_bytes(),
            )
        else:
            continue
        if b"\0" not in content:
            # As git does it: a checkout with other line endings is the same template.
            content = content.replace(b"\r\n", b"\n")
        yield b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(content), content)


def _release(release: tuple[str, list[str]]) -> bytes:
    """Return the `git fast-import` commands for a release's files."""
    tag, names = release
    paths = zip((b"100644", b"040000", b"100644"), names, CARRIED, strict=True)
    files = (
        b"M %s %s %s\n" % (mode, name.encode(), path.encode()) for mode, name, path in paths if not is_missing(name)
    )
    return _commit(tag, files) + b"reset refs/tags/%s\nfrom refs/heads/main\n\n" % tag.encode()


def _commit(message: str, files: Iterable[bytes]) -> bytes:
    """Return the `git fast-import` commands for a commit with exactly these files."""
    head = f"commit refs/heads/main\ncommitter {COMMITTER}\ndata {len(message)}\n{message}\ndeleteall\n"
    return head.encode() + b"".join(files) + b"\n"


def _import(repository: Path, commits: Iterable[bytes]) -> None:
    _git(repository, *git.options(THROWAWAY), "fast-import", "--quiet", "--depth=0", data=b"".join(commits))


def _require_unchanged(repository: Path, checkout: Path, version: str) -> None:
    """Refuse a working tree that differs from the release of its version, and restore that release."""
    released = f"refs/tags/v{version}"
    asked = [f"{revision}:{path}" for revision in (released, "refs/heads/main") for path in TEMPLATE_PATHS]
    names = _git(repository, "rev-parse", *asked).split()
    if names[: len(TEMPLATE_PATHS)] != names[len(TEMPLATE_PATHS) :]:
        raise ScaffolderError(
            f"the template in `{checkout}` differs from its release `v{version}`",
            "raise the version in `scaffolder/__init__.py`",
        )
    _git(repository, "update-ref", "refs/heads/main", released)


def _pack(repository: Path, target: Path) -> None:
    """Write a bundle of everything in a repository.

    `git bundle create` would reuse the deltas of the packs it finds, so that its bytes depend on the clone.
    """
    refs = _git(repository, "show-ref", "--head")
    wanted = b"".join(line.partition(b" ")[0] + b"\n" for line in refs.splitlines())
    options = ["--quiet", "--revs", "--stdout", "--threads=1", "--no-reuse-delta", "--no-reuse-object"]
    pack = _git(repository, "pack-objects", *options, data=wanted)
    target.write_bytes(b"# v2 git bundle\n" + refs + b"\n" + pack)
