"""The thin git bundle: for each release, one commit with nothing but the template.

It stands in for the public repository wherever there is no network. The same tags give the same bytes.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEMPLATE_PATHS = ("copier.yml", "templates")
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
# Only the content decides: who builds the bundle, when, and with which settings leaves no trace.
COMMITTER = "pyo3-new <pyo3-new@localhost> 0 +0000"
NO_SETTINGS = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def write_bundle(checkout: Path, version: str, target: Path) -> None:
    """Write the bundle of a checkout: its release tags, and its working tree as `version` where that has no tag.

    Args:
        checkout: The root of a git repository; nothing is written into it.
        version: The release that the working tree is going to be.
        target: Where the bundle goes.

    Raises:
        ScaffolderError: The template differs from that of the release with this version.
    """
    with tempfile.TemporaryDirectory(prefix="pyo3-new-bundle-") as folder:
        repository = Path(folder)
        git.run("init", "--quiet", "--bare", ".", folder=repository, variables=NO_SETTINGS)
        tags = git.run("for-each-ref", "--format=%(refname:short)", "refs/tags/v*", folder=checkout).decode().split()
        trees = _released_trees(checkout, [tag for tag in tags if RELEASE.fullmatch(tag)])
        current = _working_tree(checkout, repository)
        if trees.setdefault(f"v{version}", current) != current:
            raise ScaffolderError(
                f"`{checkout}` has another template than its tag `v{version}`",
                "raise the version in scaffolder/__init__.py",
            )
        _commit(repository, trees)
        _pack(repository, target)


def read_tags(bundle: Path) -> list[str]:
    """Return the releases in a bundle, oldest first."""
    with bundle.open("rb") as file:
        header = iter(file.readline, b"\n")
        tags = [line.decode().strip().partition(" refs/tags/")[2] for line in header]
    return sorted(filter(None, tags), key=_order)


def _order(tag: str) -> tuple[int, ...]:
    """Sort releases as numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", tag))


Tree = tuple[str, ...]


def _released_trees(checkout: Path, tags: Iterable[str], variables: dict[str, str] | None = None) -> dict[str, Tree]:
    """Return for each revision the object names of the template's paths; those without a template are left out."""
    tags = list(tags)
    asked = "".join(f"{tag}:{path}\n" for tag in tags for path in TEMPLATE_PATHS)
    output = git.run(
        "cat-file", "--batch-check=%(objectname)", folder=checkout, data=asked.encode(), variables=variables
    )
    names = output.decode().splitlines()
    width = len(TEMPLATE_PATHS)
    trees = {tag: tuple(names[width * index : width * (index + 1)]) for index, tag in enumerate(tags)}
    return {tag: tree for tag, tree in trees.items() if not any(name.endswith("missing") for name in tree)}


def _working_tree(checkout: Path, repository: Path) -> Tree:
    """Store the template as it is on disk, without what git ignores, in `repository`."""
    objects = Path(git.run("rev-parse", "--git-path", "objects", folder=checkout).decode().strip())
    objects = (checkout / objects).resolve()
    (repository / "objects/info/alternates").write_text(f"{objects.as_posix()}\n", encoding="utf-8", newline="\n")
    variables = {
        "GIT_INDEX_FILE": str(repository / "working-tree"),
        "GIT_OBJECT_DIRECTORY": str(repository / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
    }
    files = git.run("ls-files", "-z", "-co", "--exclude-standard", "--", *TEMPLATE_PATHS, folder=checkout)
    git.run("update-index", "-z", "--add", "--remove", "--stdin", folder=checkout, data=files, variables=variables)
    tree = git.run("write-tree", folder=checkout, variables=variables).decode().strip()
    found = _released_trees(checkout, [tree], variables)
    if not found:
        raise ScaffolderError(f"`{checkout}` has no template: `copier.yml` or `templates` is missing")
    return found[tree]


def _commit(repository: Path, trees: dict[str, Tree]) -> None:
    """Make the chain of releases."""
    script = "".join(_script(trees))
    git.run("fast-import", "--quiet", folder=repository, data=script.encode(), variables=_environment(repository))


def _script(trees: dict[str, Tree]) -> Iterator[str]:
    """Say to `git fast-import` what the releases hold."""
    for tag in sorted(trees, key=_order):
        yield f"commit refs/heads/main\ncommitter {COMMITTER}\ndata {len(tag)}\n{tag}\ndeleteall\n"
        for path, name in zip(TEMPLATE_PATHS, trees[tag], strict=True):
            yield f"M {'100644' if '.' in path else '040000'} {name} {path}\n"
        yield f"\nreset refs/tags/{tag}\nfrom refs/heads/main\n\n"


def _pack(repository: Path, target: Path) -> None:
    """Write a bundle of all that is in a repository.

    `git bundle create` would reuse the deltas of the packs it finds, so that its bytes depend on the clone.
    """
    environment = _environment(repository)
    refs = git.run("show-ref", "--head", folder=repository, variables=environment)
    wanted = b"".join(line.partition(b" ")[0] + b"\n" for line in refs.splitlines())
    pack = git.run(
        "pack-objects", "--quiet", "--revs", "--stdout", "--threads=1", "--no-reuse-delta", "--no-reuse-object",
        folder=repository, data=wanted, variables=environment,
    )  # fmt: skip
    target.write_bytes(b"# v2 git bundle\n" + refs + b"\n" + pack)


def _environment(repository: Path) -> dict[str, str]:
    """Address a bare repository in spite of `safe.bareRepository`."""
    return {**NO_SETTINGS, "GIT_DIR": str(repository)}
