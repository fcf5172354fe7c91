"""A repository's files as they are committed, and a copy of it in which they are changed and compiled."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.checkout.checkout import LOOKING
from scaffolder.checkout.merge import File
from scaffolder.machine.toolchain import FILES as TOOLCHAIN_FILES
from scaffolder.migration.manifests import manifest_of, parse_manifests, uses_pyo3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import tomlkit

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Files, Scratch

LOCK = "Cargo.lock"


@dataclass
class Sources:
    """What is migrated.

    Attributes:
        copy: The copy of the repository.
        files: The files that are edited, with their modes, as they are committed.
        texts: What they say now.
        documents: The `Cargo.toml` files, parsed, as far as they can be.
        projects: The `pyproject.toml` files, parsed likewise.
        crates: The manifests of the crates that depend on PyO3.
        skipped: Rust files that are not UTF-8.
    """

    copy: Path
    files: Files
    texts: dict[str, str]
    documents: dict[str, tomlkit.TOMLDocument]
    projects: dict[str, tomlkit.TOMLDocument]
    crates: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    written: dict[str, str] = field(default_factory=dict)

    @property
    def rust(self) -> Iterator[str]:
        """The Rust files of the crates that depend on PyO3."""
        for path in self.texts:
            if path.endswith(".rs") and manifest_of(self.documents, path) in self.crates:
                yield path

    def write(self) -> None:
        """Write what changed since the last time to the copy."""
        for path, document in {**self.documents, **self.projects}.items():
            text = document.as_string()
            # Where the last table was removed, its blank line is left.
            spare = text.endswith("\n\n") and not self.files[path].content.endswith(b"\n\n")
            self.texts[path] = f"{text.rstrip()}\n" if spare else text
        for path, text in self.texts.items():
            if text != self.written[path]:
                (self.copy / path).write_bytes(text.encode("utf-8"))
                self.written[path] = text

    def changed(self) -> Files:
        """Return the files that are no longer as they are committed, and the lock files that cargo has changed."""
        files = {path: File(self.files[path].mode, text.encode("utf-8")) for path, text in self.texts.items()}
        locks = {path: file for path, file in self.files.items() if path.rpartition("/")[2] == LOCK}
        for path, file in locks.items():
            files[path] = File(file.mode, (self.copy / path).read_bytes())
        return {path: file for path, file in files.items() if file != self.files[path]}


def read_sources(checkout: Checkout, scratch: Scratch, copy: Path) -> Sources:
    """Copy a repository, and read what can be migrated in it.

    Args:
        checkout: The repository.
        scratch: What reads its commits.
        copy: Where the copy is made.
    """
    copy_repository(checkout, copy)
    names = [path for path in scratch.committed if is_source(path)]
    files = {path: file for path, file in scratch.committed_files(names).items() if file.mode.startswith("100")}
    texts, skipped = {}, []
    for path, file in files.items():
        try:
            texts[path] = file.content.decode("utf-8") if not path.endswith(LOCK) else ""
        except UnicodeDecodeError:
            skipped.append(path)
    texts = {path: text for path, text in texts.items() if not path.endswith(LOCK)}
    documents = parse_manifests({path: text for path, text in texts.items() if path.rpartition("/")[2] == "Cargo.toml"})
    projects = parse_manifests(
        {path: text for path, text in texts.items() if path.rpartition("/")[2] == "pyproject.toml"}
    )
    crates = tuple(path for path, document in documents.items() if uses_pyo3(document))
    return Sources(copy, files, texts, documents, projects, crates, tuple(skipped), dict(texts))


def is_source(path: str) -> bool:
    """Whether a file may be edited."""
    return path.endswith(".rs") or path.rpartition("/")[2] in {"Cargo.toml", "pyproject.toml", LOCK}


def copy_repository(checkout: Checkout, copy: Path) -> None:
    """Write the committed files to a folder, and beside them lock files that git ignores.

    Not the files that pin a compiler: one of their time is too old for the newer releases.
    """
    copy.mkdir()
    prefix = ["checkout-index", "--all", "--quiet", f"--prefix={copy.as_posix()}/"]
    git.run(*prefix, folder=checkout.root, variables=LOOKING)
    for path in copy.rglob("Cargo.toml"):
        lock = path.with_name(LOCK)
        original = checkout.root / lock.relative_to(copy)
        if not os.path.lexists(lock) and original.is_file():
            shutil.copyfile(original, lock)
    for name in TOOLCHAIN_FILES:
        for path in copy.rglob(name):
            path.unlink()
