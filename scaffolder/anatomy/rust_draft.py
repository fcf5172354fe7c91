"""Rust files as they would become: text is inserted in memory, shown as a diff, and then written."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.draft import edit_root
from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.files import is_file
from scaffolder.rust.source import parse, syntax_errors
from scaffolder.textfiles import difference
from scaffolder.toolkit import Document, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scaffolder.anatomy.project import Project
    from scaffolder.rust.crate_source import SourceFile


@dataclass(frozen=True)
class Insertion:
    """Text to insert into a file.

    Attributes:
        file: The file.
        offset: The byte before which it goes.
        text: The text.
    """

    file: SourceFile
    offset: int
    text: str


@dataclass(frozen=True)
class RustDraft:
    """Changes of a project's Rust files that have not been written.

    Attributes:
        project: The project.
        files: The files as they are.
        texts: What they would be, in the same order.
    """

    project: Project
    files: tuple[SourceFile, ...]
    texts: tuple[bytes, ...]

    def documents(self) -> tuple[Document, ...]:
        """Return the changes as diffs."""
        pairs = zip(self.files, self.texts, strict=True)
        return tuple(
            Document("diff", _difference(self.project.show(file.path), file.data, text)) for file, text in pairs
        )

    def write(self, *, force: bool) -> None:
        """Write the files.

        Args:
            force: Whether files may be changed that have uncommitted changes.

        Raises:
            UsageError: A file has uncommitted changes.
            ScaffolderError: A file can't be written.
        """
        root = edit_root(self.project.folder)
        if not force:
            self._require_committed(root)
        for file, text in zip(self.files, self.texts, strict=True):
            try:
                replace_file(file.path, text.decode("utf-8"), within=root)
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                message = f"`{self.project.show(file.path)}` can't be written: {reason}"
                raise ScaffolderError(message, "make it writable, then run the command again") from error

    def _require_committed(self, root: Path) -> None:
        from scaffolder import git

        if not (root / ".git").exists():
            return
        for file in self.files:
            if git.run("status", "--porcelain", "--", str(file.path), folder=root).strip():
                message = f"`{self.project.show(file.path)}` has uncommitted changes"
                raise UsageError(message, "commit them, or pass `--force`")


def draft(project: Project, insertions: Sequence[Insertion]) -> RustDraft:
    """Insert text into files, and format those that rustfmt leaves alone as they are.

    Args:
        project: The project.
        insertions: The texts.

    Raises:
        ScaffolderError: The result would not parse as the file did.
    """
    files = {insertion.file.path: insertion.file for insertion in insertions}
    texts = []
    for path, file in files.items():
        text = _insert(file, [insertion for insertion in insertions if insertion.file.path == path])
        if _rustfmt(project, file.data) == file.data:
            text = _rustfmt(project, text) or text
        if len(list(syntax_errors(parse(text)))) > len(list(syntax_errors(file.root))):
            raise ScaffolderError(f"`{project.show(path)}` can't be changed safely", "make the changes by hand")
        texts.append(text)
    return RustDraft(project, tuple(files.values()), tuple(texts))


def indent_at(file: SourceFile, offset: int) -> str:
    """Return the white space that the line of a byte begins with."""
    start = file.data.rfind(b"\n", 0, offset) + 1
    line = file.data[start:offset].decode("utf-8", "replace")
    return line[: len(line) - len(line.lstrip())]


def _insert(file: SourceFile, insertions: Iterable[Insertion]) -> bytes:
    """Return a file with the insertions, with the line ends that it has."""
    data = file.data
    newline = "\r\n" if b"\r\n" in data else "\n"
    texts: dict[int, str] = {}
    for insertion in insertions:
        texts[insertion.offset] = texts.get(insertion.offset, "") + insertion.text
    for offset in sorted(texts, reverse=True):
        data = data[:offset] + texts[offset].replace("\n", newline).encode() + data[offset:]
    return data


def _rustfmt(project: Project, data: bytes) -> bytes | None:
    """Format Rust by the project's settings, if rustfmt is installed."""
    from scaffolder.machine.programs import neutral_folder, programs_for

    programs = programs_for(project.folder, os.environ)
    program = programs.find("rustfmt")
    if program is None:
        return None
    names = (place / name for place in upwards(project.crate.folder) for name in ("rustfmt.toml", ".rustfmt.toml"))
    settings = next((path for path in names if is_file(path)), None)
    edition = str(project.crate.field("edition") or "2015")
    command = [str(program), "--edition", edition, *(["--config-path", str(settings)] if settings else [])]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, cwd=neutral_folder(), env=programs.variables, timeout=20,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _difference(name: str, before: bytes, after: bytes) -> str:
    old, new = (data.decode("utf-8", "replace") for data in (before, after))
    return difference((f"a/{name}", f"b/{name}"), old, new)
