"""The command `near-duplicates`: leave one document of each group of a JSON Lines file."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from near_duplicates._core import __version__, find_groups


class InputError(Exception):
    """A file or a line that is none of documents."""


def read_texts(path: Path, field: str) -> Iterator[str]:
    """Yield the text of each line.

    Args:
        path: A file with a JSON object in each line.
        field: The key of the text.

    Raises:
        InputError: If a line is no such object.
        OSError: If the file can't be read.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                text = json.loads(line)[field]
            except (ValueError, RecursionError):
                raise InputError(f"`{path}`, line {number} is not valid JSON") from None
            except (KeyError, TypeError, IndexError):
                raise InputError(f"`{path}`, line {number} has no field `{field}`") from None
            if not isinstance(text, str):
                raise InputError(f"`{path}`, line {number}: `{field}` is not a string")
            # JSON may escape half of a character, which is no text.
            yield text.encode("utf-8", "replace").decode("utf-8")


def check_file(path: Path) -> None:
    """Check that a file can be read twice: once for its texts, and once for the lines to keep.

    Args:
        path: What the user gave.

    Raises:
        InputError: If it is a pipe, for example, which would be empty the second time.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"`{path}` is not a regular file, and is to be read twice")


def write_kept(path: Path, groups: list[list[int]]) -> None:
    """Write the lines of a file to stdout, and of each group the first one only."""
    dropped = {number for group in groups for number in group[1:]}
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            if number not in dropped:
                sys.stdout.buffer.write(line)
    sys.stdout.flush()


def build_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="near-duplicates", description=__doc__)
    parser.add_argument("path", type=Path, help="a file with a JSON object in each line")
    parser.add_argument("--field", default="text", help="the key of the text (default: text)")
    parser.add_argument("--threshold", type=float, default=0.8, help="from 0.1 to 1 (default: 0.8)")
    parser.add_argument("--words", type=int, default=3, help="words of a run (default: 3)")
    parser.add_argument("--workers", type=int, help="threads (default: one for each processor)")
    parser.add_argument("--groups", action="store_true", help="print the groups, as line numbers from 0, not the lines")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def show_progress(count: int) -> None:
    """Say how far the work is, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{count} documents", end="", file=sys.stderr, flush=True)


def main() -> int:
    """Run the command, and return its exit code: 0 fine, 1 failed, 130 interrupted."""
    options = build_parser().parse_args()
    try:
        check_file(options.path)
        groups = find_groups(
            read_texts(options.path, options.field),
            threshold=options.threshold,
            words=options.words,
            workers=options.workers,
            progress=show_progress,
        )
        if options.groups:
            for group in groups:
                print(json.dumps(group))
        else:
            write_kept(options.path, groups)
    except (InputError, OSError, OverflowError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"{len(groups)} groups, {sum(map(len, groups)) - len(groups)} documents left out", file=sys.stderr)
    return 0
