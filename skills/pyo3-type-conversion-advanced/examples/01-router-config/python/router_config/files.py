"""Configurations in files."""

import os
from pathlib import Path

import tomllib

from router_config._core import Router
from router_config.errors import ConfigError


def read_router(path: str | os.PathLike[str]) -> Router:
    """Make a router of a TOML file.

    Args:
        path: The file.

    Raises:
        ConfigError: If the configuration can't be used; a note has the path.
        tomllib.TOMLDecodeError: If the file is no TOML.
    """
    with Path(path).open("rb") as file:
        config = tomllib.load(file)
    try:
        return Router(config)
    except ConfigError as error:
        error.add_note(f"in `{os.fspath(path)}`")
        raise
