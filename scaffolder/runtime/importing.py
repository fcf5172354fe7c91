"""The errors of a module that can't be imported in the Python that was chosen for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def import_command(python: Path, module: str) -> str:
    """Return the command that imports a module."""
    return f'{python} -c "import {module}"'


def explain_import(python: Path, module: str) -> str:
    """Return the hint to let `explain` import a module."""
    return f"run `pyo3-new explain -- {import_command(python, module)}`"


def import_broken(python: Path, module: str, end: str) -> ScaffolderError:
    """Return the error for a module whose import ends its process, or does not end; `end` says how."""
    hint = f"see where: `pyo3-new debug backtrace -- {import_command(python, module)}`"
    return ScaffolderError(f"importing `{module}` {end}", hint)


def module_missing(python: Path, module: str, text: str) -> UsageError:
    """Return the error for a module that is not there; `text` is the exception."""
    hint = "install its project there (`maturin develop`), or pass `--python` with the one that has it"
    return UsageError(f"`{python}` has no module `{module}`: {text}", hint)


def import_failed(python: Path, module: str, text: str) -> ScaffolderError:
    """Return the error for a module whose import raises an exception, `text`."""
    return ScaffolderError(f"importing `{module}` failed: {text}", explain_import(python, module))
