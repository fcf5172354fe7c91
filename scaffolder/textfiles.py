"""Read text from a file or standard input, and write a document to a file."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import replace
from pathlib import Path

from scaffolder import toolkit
from scaffolder.errors import UsageError


def is_path(source: str) -> bool:
    """Whether an argument is a file: it exists, or looks like a path with a slash."""
    try:
        return Path(source).is_file() or re.fullmatch(r"[\w.~-]*[/\\][\w./\\~-]*", source) is not None
    except (OSError, ValueError):
        return False


def read_text(source: str) -> str:
    """Return the text of a file, or of standard input for `-`.

    Raises:
        UsageError: It can't be read.
    """
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        label = "standard input" if source == "-" else f"`{source}`"
        raise UsageError(f"{label} can't be read: {reason}", "name a text file") from error


def write_document(result: toolkit.Result, output: Path, *, force: bool, dry_run: bool) -> toolkit.Result:
    """Write the first document of a result to a file atomically, and return the updated result.

    Raises:
        UsageError: There is nothing to write, the file exists, or it can't be written.
    """
    if not result.documents:
        raise UsageError("there is no code to write", "leave out `--output`")
    if output.is_dir() or not output.parent.is_dir():
        reason = "it is a folder" if output.is_dir() else "its folder does not exist"
        raise UsageError(f"`{output}` can't be written: {reason}", "name another file")
    if output.exists() and not force:
        raise UsageError(f"`{output}` already exists", "pass `--force` to replace it")
    document = replace(result.documents[0], path=str(output))
    if not dry_run:
        toolkit.write_output(output, document.text)
    documents = (document, *result.documents[1:])
    return replace(result, documents=documents, dry_run=dry_run, summary=f"{result.summary}, in {output}")


def difference(names: tuple[str, str], before: str, after: str, context: int = 3) -> str:
    """Return the change of a file as git shows it.

    Args:
        names: What it is called before and after, such as `a/Cargo.toml` or `/dev/null`.
        before: Its text before.
        after: Its text after.
        context: How many lines are shown around a change.
    """
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    lines = difflib.unified_diff(old, new, *names, n=context)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
