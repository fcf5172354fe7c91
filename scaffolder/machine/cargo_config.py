"""Cargo's configuration files: variables, linkers, sources and the target folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.manifests import read_toml, table_of
from scaffolder.errors import ScaffolderError
from scaffolder.files import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE_FOLDERS = ("directory", "local-registry")
SOURCE_SETTINGS = (*SOURCE_FOLDERS, "replace-with", "registry", "git", "branch", "tag", "rev")


class Variable(NamedTuple):
    """An environment variable as PyO3's build script sees it.

    Attributes:
        value: What it is.
        where: The file that sets it; none if it comes from the environment.
    """

    value: str
    where: Path | None


@dataclass(frozen=True)
class CargoConfig:
    """Configuration files.

    Attributes:
        files: Each file with its folder and content, the one with precedence first.
    """

    files: tuple[tuple[Path, Path, dict[str, Any]], ...]

    def variable(self, name: str, environment: Mapping[str, str]) -> Variable | None:
        """Return a variable as cargo passes it on, if it is set.

        Args:
            name: The variable.
            environment: Cargo's environment variables, which goes first unless a file forces its own.
        """
        inherited = environment.get(name)
        for path, folder, data in self.files:
            value = table_of(data, "env").get(name)
            table = value if isinstance(value, dict) else {"value": value}
            if table.get("value") is not None and (table.get("force") or not inherited):
                text = str(table["value"])
                return Variable(str(folder / text) if table.get("relative") else text, path)
        return Variable(inherited, None) if inherited else None

    def variables(self, prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables with a prefix as cargo passes them on.

        Args:
            prefix: How their names begin.
            environment: Cargo's environment variables.
        """
        names = {*environment, *(name for _, _, data in self.files for name in table_of(data, "env"))}
        variables = {name: self.variable(name, environment) for name in names if name.startswith(prefix)}
        return {name: variable.value for name, variable in variables.items() if variable}

    def linker(self, target: str, environment: Mapping[str, str]) -> str | None:
        """Return the linker configured for a target, if there is one.

        Args:
            target: `x86_64-unknown-linux-gnu`.
            environment: Cargo's environment variables.
        """
        variable = f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER"
        named = (table_of(table_of(data, "target"), target).get("linker") for _, _, data in self.files)
        return environment.get(variable) or next((str(linker) for linker in named if linker), None)

    def target_folder(self) -> Path | None:
        """Return the configured target folder, if there is one."""
        settings = ((folder, table_of(data, "build").get("target-dir")) for _, folder, data in self.files)
        return next((folder / str(place) for folder, place in settings if place), None)

    def rustflags(self) -> dict[Path, tuple[str, ...]]:
        """Return the flags for rustc, by the file that sets them, for any target."""
        flags = {}
        for path, _, data in self.files:
            tables = [table_of(data, "build"), *(t for t in table_of(data, "target").values() if isinstance(t, dict))]
            values = [table.get("rustflags") for table in tables]
            words = [value.split() if isinstance(value, str) else value for value in values if value]
            flags[path] = tuple(str(flag) for part in words if isinstance(part, list) for flag in part)
        return {path: words for path, words in flags.items() if words}

    def flags_for(self, target: str, environment: Mapping[str, str]) -> tuple[str, str]:
        """Return the flags for rustc on a target, and where they are set; cargo takes those of one place.

        Args:
            target: `x86_64-unknown-linux-gnu`.
            environment: Cargo's environment variables.
        """
        names = ("RUSTFLAGS", f"CARGO_TARGET_{target.upper().replace('-', '_')}_RUSTFLAGS")
        places: list[tuple[str, Any]] = [(name, environment.get(name)) for name in names]
        for tables in ("target", "build"):
            for path, _, data in self.files:
                table = table_of(data, tables)
                places.append((str(path), (table_of(table, target) if tables == "target" else table).get("rustflags")))
        place, flags = next(((place, flags) for place, flags in places if flags), ("", ""))
        return place, " ".join(map(str, flags)) if isinstance(flags, list) else str(flags)

    def profile_setting(self, name: str, environment: Mapping[str, str]) -> tuple[str, object] | None:
        """Return what overrides a setting of the profile `release`, and where: a variable or a file.

        Args:
            name: The setting: `panic`.
            environment: Cargo's environment variables.
        """
        variable = f"CARGO_PROFILE_RELEASE_{name.upper().replace('-', '_')}"
        if variable in environment:
            return variable, environment[variable]
        settings = ((path, table_of(table_of(data, "profile"), "release").get(name)) for path, _, data in self.files)
        return next(((str(path), value) for path, value in settings if value is not None), None)

    def sources(self) -> Iterator[str]:
        """Yield the sources of crates, as settings for `cargo --config`."""
        for _, folder, data in reversed(self.files):
            for source, table in table_of(data, "source").items():
                for key, value in table.items() if isinstance(table, dict) else ():
                    text = str(folder / str(value)) if key in SOURCE_FOLDERS else value
                    if key in SOURCE_SETTINGS and isinstance(text, str):
                        yield f"source.{json.dumps(source)}.{key}={json.dumps(text)}"


def read_config(folder: Path, environment: Mapping[str, str]) -> CargoConfig:
    """Read the configuration files that cargo reads in a folder.

    Args:
        folder: Where cargo is started.
        environment: Cargo's environment variables.
    """
    return CargoConfig(tuple(_files(folder, environment)))


def _files(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """Yield the files, the nearest first and the user's last; cargo reports unreadable ones."""
    home = Path(environment.get("CARGO_HOME") or Path.home() / ".cargo")
    for place in dict.fromkeys((*(above / ".cargo" for above in upwards(folder)), home)):
        path = next((path for path in (place / "config", place / "config.toml") if is_file(path)), None)
        try:
            if path:
                yield path, place.parent, read_toml(path)
        except ScaffolderError:
            continue
