"""The uv workspace that a project belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.anatomy.manifests import read_toml
from scaffolder.anatomy.patterns import matches
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from pathlib import Path


def uv_root(folder: Path) -> Path:
    """Return the folder that has uv's environment and lock file: the workspace's, or the project's own.

    Args:
        folder: The project's folder.
    """
    for above in folder.parents:
        path = above / "pyproject.toml"
        if path.is_file() and _has_member(above, path, folder):
            return above
    return folder


def _has_member(root: Path, path: Path, folder: Path) -> bool:
    """Tell whether a pyproject.toml makes a workspace with a project in it."""
    try:
        workspace = read_toml(path).get("tool", {}).get("uv", {}).get("workspace", {})
    except ScaffolderError:
        return False
    if not isinstance(workspace, dict):
        return False
    members, excluded = (
        {found.resolve() for pattern in workspace.get(name, []) for found in matches(root, str(pattern))}
        for name in ("members", "exclude")
    )
    return folder.resolve() in members - excluded
