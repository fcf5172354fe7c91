"""What cargo's configuration files set: variables, and linkers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.anatomy.manifests import read_toml, table_of
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Variable(NamedTuple):
    """A variable as PyO3's build script finds it.

    Attributes:
        value: What it is.
        where: The file that sets it; none if it is the environment's.
    """

    value: str
    where: Path | None


@dataclass(frozen=True)
class CargoConfig:
    """Configuration files.

    Attributes:
        files: What each says, and the folder that it is for; the one that goes first is the first.
    """

    files: tuple[tuple[Path, Path, dict[str, Any]], ...]

    def variable(self, name: str, environment: Mapping[str, str]) -> Variable | None:
        """Return a variable as cargo hands it down, if it is set.

        Args:
            name: The variable.
            environment: What cargo finds in its environment, which goes first unless a file forces its own.
        """
        given = environment.get(name)
        for path, folder, data in self.files:
            value = table_of(data, "env").get(name)
            table = value if isinstance(value, dict) else {"value": value}
            if table.get("value") is not None and (table.get("force") or not given):
                text = str(table["value"])
                return Variable(str(folder / text) if table.get("relative") else text, path)
        return Variable(given, None) if given else None

    def variables(self, prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a prefix as cargo hands them down.

        Args:
            prefix: How their names begin.
            environment: What cargo finds in its environment.
        """
        names = {*environment, *(name for _, _, data in self.files for name in table_of(data, "env"))}
        found = {name: self.variable(name, environment) for name in names if name.startswith(prefix)}
        return {name: variable.value for name, variable in found.items() if variable}

    def linker(self, target: str, environment: Mapping[str, str]) -> str | None:
        """Return the linker that is named for a target, if there is one.

        Args:
            target: `x86_64-unknown-linux-gnu`.
            environment: What cargo finds in its environment.
        """
        variable = f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER"
        named = (table_of(table_of(data, "target"), target).get("linker") for _, _, data in self.files)
        return environment.get(variable) or next((str(each) for each in named if each), None)


def read_config(folder: Path, environment: Mapping[str, str]) -> CargoConfig:
    """Read the configuration files that cargo reads in a folder.

    Args:
        folder: Where cargo is started.
        environment: What it finds in its environment.
    """
    return CargoConfig(tuple(_files(folder, environment)))


def _files(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """Yield the files, the nearest first and that of the user last; what can't be read is left to cargo."""
    home = Path(environment.get("CARGO_HOME") or Path.home() / ".cargo")
    places = dict.fromkeys((*(above / ".cargo" for above in (folder, *folder.parents)), home))
    for place in places:
        found = [path for path in (place / "config", place / "config.toml") if path.is_file()]
        for path in found[:1]:
            try:
                yield path, place.parent, read_toml(path)
            except ScaffolderError:
                continue
