"""Files of the template that new code imports and that the project no longer has."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scaffolder.anatomy.extensions import parse_python
from scaffolder.template.steps import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Change, Files

# It makes compiled submodules known, which are imported as if they were files.
SUBMODULES = "_submodules.py"


def missing_files(
    checkout: Checkout, changes: Iterable[Change], files: Files, known: Collection[str], present: Collection[str]
) -> Iterator[str]:
    """Yield a note for each file that new code imports and that the project deleted, with the way back.

    Args:
        checkout: The project.
        changes: What happens to its files.
        files: The files of the result, as far as the template has them.
        known: The files that the template has, also those that the project has in a form of its own.
        present: The files that the project will have.
    """
    users: dict[str, str] = {}
    for path in (change.path for change in changes if change.before is None and change.path.endswith(".py")):
        for need in imported_files(path, files[path].content) if path in files else ():
            if need in known and need not in present:
                users.setdefault(need, path)
    for need, user in users.items():
        yield f"`{user}` needs `{need}`, which you deleted{way_back(checkout, need)}"


def imported_files(path: str, content: bytes) -> Iterator[str]:
    """Yield the files beside a Python file that it imports, and the one that compiled submodules need."""
    tree = parse_python(content)
    folder = PurePosixPath(path).parent
    for node in tree.body if tree else ():
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            is_compiled = "." in node.module
            yield str(folder / (SUBMODULES if is_compiled else f"{node.module}.py"))


def way_back(checkout: Checkout, path: str) -> str:
    """Return how to bring a file back, if git has it."""
    commit = checkout.git("rev-list", "-1", "--abbrev-commit", "HEAD", "--", path).decode().strip()
    # A caret is an escape to some shells.
    parent = f"{commit}~1"
    if not commit or not checkout.git("ls-tree", parent, "--", path, codes=(0, 128)):
        return ""
    return f": run `git checkout {parent} -- {quote(path)}`"
