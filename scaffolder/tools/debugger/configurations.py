"""Write the settings with which debuggers see both Rust and Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.toolkit import Document, Result, replace_file
from scaffolder.tools.debugger.explaining import TOOL

# Python steps through Python (debugpy), LLDB through Rust (CodeLLDB): start with one, attach the other.
LAUNCHES: tuple[dict[str, Any], ...] = (
    {
        "name": "Python: this file",
        "type": "debugpy",
        "request": "launch",
        "program": "${file}",
        "console": "integratedTerminal",
        "justMyCode": False,
    },
    {
        "name": "Rust: this Python file",
        "type": "lldb",
        "request": "launch",
        "program": "${command:python.interpreterPath}",
        "args": ["${file}"],
        "sourceLanguages": ["rust"],
    },
    {
        "name": "Rust: pytest",
        "type": "lldb",
        "request": "launch",
        "program": "${command:python.interpreterPath}",
        "args": ["-m", "pytest", "-x", "-s"],
        "sourceLanguages": ["rust"],
    },
    {
        "name": "Rust: cargo test",
        "type": "lldb",
        "request": "launch",
        "cargo": {"args": ["test", "--no-run", "--lib"]},
        "sourceLanguages": ["rust"],
    },
    {
        "name": "Rust: attach to a Python that runs",
        "type": "lldb",
        "request": "attach",
        "pid": "${command:pickMyProcess}",
        "sourceLanguages": ["rust"],
    },
)
GDB = """\
# rust-gdb -x debug.gdb --args .venv/bin/python SCRIPT
# The library is loaded when Python imports it, so a breakpoint in it waits until then.
set breakpoint pending on
set print thread-events off
# Where a panic begins, before it becomes an exception.
break rust_panic
run
"""


def configure(folder: Path, *, replace: bool = False, dry_run: bool = False) -> Result:
    """Write settings for VS Code and gdb into a project.

    Args:
        folder: The project.
        replace: Write files that are there already.
        dry_run: Write nothing.

    Raises:
        UsageError: The folder holds no project.
        ScaffolderError: A file is there already, or can't be written.
    """
    if not (folder / "Cargo.toml").is_file():
        raise UsageError(f"`{folder}` has no Cargo.toml", "name the folder of a project")
    documents = (
        Document("json", launches(), str(folder / ".vscode/launch.json")),
        Document("text", GDB, str(folder / "debug.gdb")),
    )
    paths = [Path(document.path) for document in documents if document.path]
    there = [path for path in paths if path.exists()]
    if there and not (replace or dry_run):
        hint = "`--dry-run` prints what would be written, `--replace` replaces it"
        raise ScaffolderError(f"`{there[0]}` is there already, and nothing was written", hint)
    names = " and ".join(f"`{path}`" for path in paths)
    if dry_run:
        return Result(TOOL, f"would write {names}", documents=documents, dry_run=True)
    for path, document in zip(paths, documents, strict=True):
        write(path, document.text)
    return Result(TOOL, f"wrote {names}; build with debug info: `maturin develop`")


def launches() -> str:
    """Return the launch configurations of VS Code; they take the extensions debugpy and CodeLLDB."""
    return json.dumps({"version": "0.2.0", "configurations": LAUNCHES}, indent=2) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        ScaffolderError: It can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
    except OSError as error:
        raise ScaffolderError(f"`{path}` can't be written: {error.strerror}") from error
