"""Write settings that let debuggers see both Rust and Python."""

from __future__ import annotations

from pathlib import Path

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.toolkit import Document, Result, replace_file
from scaffolder.tools.debugger.explaining import TOOL

# Python steps through Python (debugpy), LLDB through Rust (CodeLLDB): start with one, attach the other.
SETTINGS = Path(__file__).with_name("settings")
PLACES = {"launch.json": (".vscode", "json"), "debug.gdb": (".", "text")}


def configure(folder: Path, *, replace: bool = False, dry_run: bool = False) -> Result:
    """Write settings for VS Code and gdb into a project.

    Args:
        folder: The project.
        replace: Replace existing files.
        dry_run: Write nothing.

    Raises:
        UsageError: The folder holds no project.
        ScaffolderError: A file exists, links out of the project, or can't be written.
    """
    if not (folder / "Cargo.toml").is_file():
        raise UsageError(f"`{folder}` has no Cargo.toml", "name the folder of a project")
    documents = tuple(
        Document(language, (SETTINGS / name).read_text(encoding="utf-8"), str(folder / place / name))
        for name, (place, language) in PLACES.items()
    )
    paths = [Path(str(document.path)) for document in documents]
    outside = [path for path in paths if not path.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise ScaffolderError(f"`{outside[0]}` links out of the project; nothing was written", "remove the link")
    existing = [path for path in paths if path.exists()]
    if existing and not (replace or dry_run):
        hint = "`--dry-run` prints what would be written, `--replace` replaces it"
        raise ScaffolderError(f"`{existing[0]}` already exists; nothing was written", hint)
    names = " and ".join(f"`{path}`" for path in paths)
    if dry_run:
        return Result(TOOL, f"would write {names}", documents=documents, dry_run=True)
    for path, document in zip(paths, documents, strict=True):
        write(path, document.text)
    return Result(TOOL, f"wrote {names}; build with debug info: `maturin develop`")


def write(path: Path, text: str) -> None:
    """Write a file atomically.

    Raises:
        ScaffolderError: It can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
    except OSError as error:
        raise ScaffolderError(f"`{path}` can't be written: {error.strerror}") from error
