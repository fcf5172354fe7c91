"""Where the settings of ruff are that hold for a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.manifests import parse_toml, table_of
from scaffolder.errors import ScaffolderError
from scaffolder.files import is_file

if TYPE_CHECKING:
    from pathlib import Path

# In the order in which ruff looks.
NAMES = (".ruff.toml", "ruff.toml")


def find_settings(folder: Path) -> Path | None:
    """Return the nearest file with settings of ruff, in a folder or above it; those further up do not count."""
    return next((path for place in upwards(folder) for path in settings_in(place)), None)


def settings_in(folder: Path) -> list[Path]:
    """Return the files in a folder that ruff takes for its settings."""
    own = [folder / name for name in NAMES if is_file(folder / name)]
    try:
        data = parse_toml(folder / "pyproject.toml")
    except ScaffolderError:
        return own
    return [*own, folder / "pyproject.toml"] if "ruff" in table_of(data, "tool") else own
