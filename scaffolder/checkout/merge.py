"""Merge three trees with git: the old template, the user's project and the new template.

This happens in a temporary repository that reads the user's objects and writes only its own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.checkout.checkout import BASE, YOURS
from scaffolder.checkout.stubs import is_generated_stub, merge_stubs
from scaffolder.errors import ScaffolderError
from scaffolder.template.bundle import COMMITTER, NO_SETTINGS, THROWAWAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout

# Git says `contents` of it, too.
BOTH_ADDED = "add/add"
RESULT = "result"
ABSENT = "000000"
LINK = "120000"
SUBMODULE = "160000"
SETTINGS = {
    **THROWAWAY,
    "core.attributesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "merge.conflictStyle": "zdiff3",
    # A folder that moved takes along files of the template, not the user's own.
    "merge.directoryRenames": "false",
    "merge.renames": "true",
}
OPTIONS = git.options(SETTINGS)
DELETED = {"modify/delete", "rename/delete"}


@dataclass(frozen=True)
class File:
    """A file's mode, as git writes it, and content."""

    mode: str
    content: bytes


Files = dict[str, File]


@dataclass(frozen=True)
class Blob:
    """A file's mode and the name of its content."""

    mode: str
    name: str


@dataclass(frozen=True)
class Conflict:
    """A file that the user must resolve.

    Attributes:
        path: The file.
        kind: In git's words, such as `contents`, `add/add` or `modify/delete`; `broken` if git merged it cleanly.
        reason: What happened, in a sentence.
    """

    path: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What happens to one file.

    Attributes:
        path: The file.
        before: What is committed, or none for a new file.
        after: What it becomes, or none if it is deleted.
        added: How many lines are added, or none for a binary file.
        removed: How many lines are removed.
    """

    path: str
    before: Blob | None
    after: Blob | None
    added: int | None
    removed: int | None


@dataclass(frozen=True)
class MergeResult:
    """The result of merging the three trees.

    Attributes:
        tree: The name of the resulting tree; conflicts are marked in its files.
        stages: For each path in conflict up to three versions, by their stage.
        conflicts: What git could not decide.
        stubs: The files that git could not merge and `merge_stubs` did.
    """

    tree: str
    stages: Mapping[str, Mapping[int, Blob]]
    conflicts: tuple[Conflict, ...]
    stubs: tuple[str, ...] = ()


class Scratch:
    """A temporary repository with the three trees.

    Args:
        folder: A repository that reads the user's objects.
        ours: The name of the tree that is committed in the user's project.
    """

    def __init__(self, folder: Path, ours: str) -> None:
        self.folder = folder
        self.ours = ours
        self.sides: tuple[str, ...] = ()

    def git(self, *arguments: str, data: bytes | None = None, codes: tuple[int, ...] = (0,)) -> bytes:
        """Run git on this repository, ignoring the user's settings."""
        variables = {**NO_SETTINGS, "GIT_ATTR_NOSYSTEM": "1", "GIT_DIR": str(self.folder)}
        return git.run(*OPTIONS, *arguments, folder=self.folder, data=data, variables=variables, codes=codes)

    @cached_property
    def committed(self) -> Mapping[str, Blob]:
        """The files of the user's tree."""
        return self.blobs(self.ours)

    def contents(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs, by hash."""
        wanted = list(dict.fromkeys(names))
        output = self.git("cat-file", "--batch", data="".join(f"{name}\n" for name in wanted).encode())
        contents, position = {}, 0
        for name in wanted:
            end = output.index(b"\n", position)
            size = output[position:end].split()[-1]
            if size == b"missing":
                raise ScaffolderError(f"the object `{name}` is missing in the repository", "run `git fsck`")
            contents[name] = output[end + 1 : end + 1 + int(size)]
            position = end + int(size) + 2
        return contents

    def committed_files(self, paths: Iterable[str]) -> Files:
        """Return the files of the user's tree at these paths."""
        blobs = {path: blob for path in paths if (blob := self.committed.get(path)) and blob.mode != SUBMODULE}
        contents = self.contents(blob.name for blob in blobs.values())
        return {path: File(blob.mode, contents[blob.name]) for path, blob in blobs.items()}

    def merge(self, base: Files, theirs: Files, label: str) -> tuple[MergeResult, tuple[str, ...]]:
        """Merge, and return the result and the files that stay deleted.

        A file that the user deleted stays deleted, even if the template changes it: it has none of the user's lines.
        """
        merged = self._merge(base, theirs, label)
        gone = {
            conflict.path
            for conflict in merged.conflicts
            if conflict.kind in DELETED and 2 not in merged.stages.get(conflict.path, {2: None})
        }
        if gone:
            base, theirs = ({path: file for path, file in side.items() if path not in gone} for side in (base, theirs))
            merged = self._merge(base, theirs, label)
        return self.name_base(self.merge_stub_conflicts(merged)), tuple(sorted(gone))

    def _merge(self, base: Files, theirs: Files, label: str) -> MergeResult:
        """Merge the three trees."""
        commits = [
            commit(BASE, None, files_of(base)),
            commit(YOURS, BASE, [f'M 040000 {self.ours} ""\n'.encode()]),
            commit(label, BASE, files_of(theirs)),
        ]
        self.sides = (BASE, YOURS, label)
        self.git("fast-import", "--quiet", "--force", "--depth=0", data=b"".join(commits))
        # `name_base` knows the base in the markers by its whole name.
        options = [*git.options({"core.abbrev": "no"}), "merge-tree", "--write-tree", "-z"]
        return read_merge(self.git(*options, YOURS, label, codes=(0, 1)))

    def merge_stub_conflicts(self, merged: MergeResult) -> MergeResult:
        """Merge the generated stubs that git could not."""
        stubs: Files = {}
        for path in (conflict.path for conflict in merged.conflicts if conflict.kind == "contents"):
            versions = merged.stages[path]
            if is_generated_stub(path) and {*versions} == {1, 2, 3}:
                contents = self.contents(versions[stage].name for stage in (1, 2, 3))
                content = merge_stubs(path, *(contents[versions[stage].name] for stage in (1, 2, 3)))
                stubs |= {path: File(versions[2].mode, content)} if content is not None else {}
        return replace(
            merged,
            tree=self.with_files(merged.tree, stubs),
            stages={path: stages for path, stages in merged.stages.items() if path not in stubs},
            conflicts=tuple(conflict for conflict in merged.conflicts if conflict.path not in stubs),
            stubs=tuple(stubs),
        )

    def name_base(self, merged: MergeResult) -> MergeResult:
        """Give the base its name in the markers of conflicts, where git has the name of a commit."""
        if not merged.stages:
            return merged
        blobs = self.blobs(merged.tree)
        texts = {path: blobs[path] for path in merged.stages if path in blobs and blobs[path].mode.startswith("100")}
        contents = self.contents(blob.name for blob in texts.values())
        base = self.git("rev-parse", f"refs/heads/{BASE}").strip()
        marker, name = re.compile(rb"^(\|{7,} )" + base, re.MULTILINE), rb"\1" + BASE.encode()
        renamed = {path: File(blob.mode, marker.sub(name, contents[blob.name])) for path, blob in texts.items()}
        return replace(merged, tree=self.with_files(merged.tree, renamed))

    def with_files(self, tree: str | None, files: Files, gone: Iterable[str] = ()) -> str:
        """Return a tree, by default an empty one, with these contents at some paths, and nothing at others."""
        if tree and not files:
            return tree
        whole = [f'M 040000 {tree} ""\n'.encode()] if tree else []
        deletions = [b"D %s\n" % quote_path(path) for path in gone]
        self.git("fast-import", "--quiet", "--force", data=commit(RESULT, None, [*whole, *deletions, *files_of(files)]))
        return self.git("rev-parse", f"refs/heads/{RESULT}^{{tree}}").decode().strip()

    def blobs(self, tree: str) -> Mapping[str, Blob]:
        """Return the files of a tree."""
        return read_tree(self.git("ls-tree", "-r", "-z", tree))

    def versions(self, path: str) -> dict[int, Blob]:
        """Return a file's versions in the three trees of the last merge, by git's stage numbers."""
        blobs = (read_tree(self.git("ls-tree", "-z", tree, "--", path)).get(path) for tree in self.sides)
        return {stage: blob for stage, blob in enumerate(blobs, 1) if blob}

    def changes(self, before: str, after: str) -> list[Change]:
        """Return how two trees differ."""
        return read_changes(
            self.git("diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--no-abbrev", before, after)
        )

    def difference(self, before: str, after: str, *, colour: bool) -> bytes:
        """Return the unified diff of two trees."""
        options = ["--color=always"] if colour else ["--no-color"]
        return self.git("diff-tree", "-r", "-p", "-M", *options, before, after)


def open_scratch(folder: Path, checkout: Checkout, ours: str) -> Scratch:
    """Make a repository to merge in.

    Args:
        folder: A folder that does not exist yet.
        checkout: The user's project, whose objects are read.
        ours: The name of the tree that is committed in it.
    """
    folder.mkdir()
    options = ["--quiet", "--bare", "--template=", f"--object-format={checkout.object_format}"]
    git.run("init", *options, ".", folder=folder, variables=NO_SETTINGS)
    alternates = folder / "objects/info/alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_bytes(quote_path(checkout.objects.as_posix()) + b"\n")
    return Scratch(folder, ours)


def commit(branch: str, parent: str | None, files: Iterable[bytes]) -> bytes:
    """Return the `git fast-import` commands that make a branch with one commit."""
    start = f"from refs/heads/{parent}\n" if parent else ""
    reset = f"reset refs/heads/{branch}\n\n" if parent is None else ""
    head = f"{reset}commit refs/heads/{branch}\ncommitter {COMMITTER}\ndata 0\n{start}deleteall\n"
    return head.encode() + b"".join(files) + b"\n"


def files_of(files: Files) -> Iterator[bytes]:
    """Yield the `git fast-import` commands that add a commit's files."""
    for path, file in sorted(files.items()):
        yield b"M %s inline %s\ndata %d\n%s\n" % (
            file.mode.encode(), quote_path(path), len(file.content), file.content
        )  # fmt: skip


def quote_path(path: str) -> bytes:
    """Quote a path as git does."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode("utf-8", "surrogateescape")


def read_files(folder: Path) -> Files:
    """Read a rendered tree."""
    files: Files = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            files[name] = File(LINK, os.fsencode(path.readlink()))
        elif path.is_file():
            executable = os.access(path, os.X_OK) and os.name != "nt"
            files[name] = File("100755" if executable else "100644", path.read_bytes())
    return files


def read_tree(output: bytes) -> dict[str, Blob]:
    """Read what `git ls-tree -r -z` lists."""
    blobs = {}
    for item in output.split(b"\0")[:-1]:
        details, _, path = item.partition(b"\t")
        mode, _, name = details.decode().split()
        blobs[path.decode("utf-8", "surrogateescape")] = Blob(mode, name)
    return blobs


def read_merge(output: bytes) -> MergeResult:
    """Read what `git merge-tree --write-tree -z` says."""
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    tree = next(fields)
    stages: dict[str, dict[int, Blob]] = {}
    while entry := next(fields, ""):
        details, _, path = entry.partition("\t")
        mode, name, stage = details.split()
        stages.setdefault(path, {})[int(stage)] = Blob(mode, name)
    return MergeResult(tree, stages, tuple(read_conflicts(fields, stages)))


def read_conflicts(fields: Iterator[str], stages: Mapping[str, Mapping[int, Blob]]) -> Iterator[Conflict]:
    """Read the messages of a merge; every path in conflict gets one conflict."""
    named = set()
    while count := next(fields, "").strip():
        paths = [next(fields) for _ in range(int(count))]
        kind, text = next(fields), next(fields)
        if not kind.startswith("CONFLICT"):
            continue
        for path in paths:
            if path in stages and path not in named:
                named.add(path)
                word = kind.removeprefix("CONFLICT (").removesuffix(")")
                is_new = word == "contents" and 1 not in stages[path]
                yield Conflict(path, BOTH_ADDED if is_new else word, sentence(text))
    for path in sorted(set(stages) - named):
        yield Conflict(path, "conflict", "git could not merge it")


def sentence(text: str) -> str:
    """Return git's message without its prefix."""
    return text.strip().partition(": ")[2].rstrip(".") or text.strip()


def read_changes(output: bytes) -> list[Change]:
    """Read what `git diff-tree -z --raw --numstat` lists."""
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0")[:-1])
    blobs: dict[str, tuple[Blob | None, Blob | None]] = {}
    counts: dict[str, tuple[int | None, int | None]] = {}
    for item in fields:
        if item.startswith(":"):
            old_mode, new_mode, old, new, _ = item[1:].split()
            blobs[next(fields)] = (to_blob(old_mode, old), to_blob(new_mode, new))
        else:
            added, removed, path = item.split("\t", 2)
            counts[path] = (int(added), int(removed)) if added != "-" else (None, None)
    return [Change(path, *pair, *counts.get(path, (None, None))) for path, pair in sorted(blobs.items())]


def to_blob(mode: str, name: str) -> Blob | None:
    """Return one side of a diff, or none if the file is not there."""
    return None if mode == ABSENT else Blob(mode, name)


def match_line_endings(files: Files, committed: Files) -> Files:
    """Give rendered files the line endings that the user committed; otherwise every line would differ."""
    texts = [file for file in committed.values() if b"\n" in file.content and b"\0" not in file.content]
    usual = bool(texts) and all(map(ends_in_crlf, texts))
    return {
        path: File(file.mode, with_crlf(file.content))
        if (ends_in_crlf(committed[path]) if path in committed else usual)
        else file
        for path, file in files.items()
    }


def ends_in_crlf(file: File) -> bool:
    """Whether all lines of a text end with CRLF."""
    if b"\r\n" not in file.content or b"\0" in file.content:
        return False
    return file.content.count(b"\r\n") == file.content.count(b"\n")


def with_crlf(content: bytes) -> bytes:
    """Return a text with CRLF line endings."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
