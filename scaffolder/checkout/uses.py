"""The user's lines that use what a removed feature provided.

A guess by names: it needs no toolchain and no build, covers Python too, and runs before anything is committed.
`cargo check` and a type checker find the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scaffolder.checkout.manifests import MANIFESTS, load_toml, requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.checkout.merge import Files, Scratch

CODE = ("*.rs", "*.py", "*.pyi")
TESTS = {"tests", "benchmarks"}
# Names of files that stand for their folder.
FOLDER_FILES = {"mod", "lib", "__init__"}


@dataclass(frozen=True)
class Use:
    """A line that uses a removed module or package."""

    path: str
    line: int
    text: str


def find_uses(scratch: Scratch, tree: str, base: Files, theirs: Files) -> tuple[Use, ...]:
    """Find the user's lines that use modules or packages that only the old template has.

    Args:
        scratch: Holds the tree.
        tree: The resulting tree.
        base: The template as the project had it.
        theirs: The template as it is now.
    """
    names = sorted(removed_modules(base, theirs) | removed_packages(base, theirs))
    if not names:
        return ()
    patterns = [part for name in names for part in ("-e", name)]
    output = scratch.git("grep", "-nzwIF", *patterns, tree, "--", *CODE, codes=(0, 1)).decode("utf-8", "replace")
    pattern = re.compile("|".join(use_pattern(name) for name in names))
    uses = (read_use(line, tree) for line in output.splitlines() if line.count("\0") >= 2)
    return tuple(use for use in uses if pattern.search(use.text) and not is_of_template(use, theirs))


def read_use(line: str, tree: str) -> Use:
    """Read a line that `git grep -nz` prints."""
    path, number, text = line.split("\0", 2)
    return Use(path.removeprefix(f"{tree}:"), int(number), text.strip())


def is_of_template(use: Use, theirs: Files) -> bool:
    """Whether a line is the template's own."""
    file = theirs.get(use.path)
    return file is not None and use.text.encode() in (line.strip() for line in file.content.splitlines())


def use_pattern(name: str) -> str:
    """Return a pattern for a line that uses a module, in Rust or Python."""
    word = rf"\b{re.escape(name)}\b"
    rust = rf"\bmod\s+{word}|{word}::|::\s*\{{?[^;]*{word}|^\s*(?:pub\s+)?use\s.*{word}"
    return rf"{rust}|^\s*(?:from|import)\b.*{word}|\.{word}\."


def removed_modules(base: Files, theirs: Files) -> set[str]:
    """Return the names of the removed modules."""
    remaining = set(module_names(theirs))
    return set(module_names(base)) - remaining


def module_names(paths: Iterable[str]) -> Iterator[str]:
    """Yield the names by which files are imported."""
    for path in map(PurePosixPath, paths):
        if path.suffix in {".rs", ".py"} and path.parts[0] not in TESTS and len(path.parts) > 1:
            yield path.parent.name if path.stem in FOLDER_FILES else path.stem


def removed_packages(base: Files, theirs: Files) -> set[str]:
    """Return the import names of the removed dependencies."""
    return set(dependency_names(base)) - set(dependency_names(theirs))


def dependency_names(files: Files) -> Iterator[str]:
    """Yield the import names of a project's dependencies."""
    for path in files:
        if PurePosixPath(path).name in MANIFESTS:
            required = requirements(path, load_toml(files[path].content))
            yield from (name.split()[-1].replace("-", "_") for name in required)
