"""The plugins of an environment, read from the metadata of its distributions; no code of theirs runs."""

from __future__ import annotations

import importlib.metadata
import re
from collections import Counter
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.layout import LIBRARY_SUFFIXES
from scaffolder.errors import UsageError, listing, near
from scaffolder.files import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.metadata import Distribution, EntryPoint

    from scaffolder.machine.environment import Environment

COMMON = {"console_scripts", "gui_scripts"}


@dataclass(frozen=True)
class Plugin:
    """What an entry point offers.

    Attributes:
        name: Its name.
        distribution: The name of the distribution that it belongs to.
        version: The distribution's version.
        value: What it names: `loud_filters:Shout`.
        module: The module in it; empty if the value is broken.
        attribute: What is in the module: `Shout`; empty for the module itself.
        file: The module's file; none if it is in no folder of the environment.
        code: `Python`, `extension`, or `Python, extension` where the distribution has both; empty if it is unknown.
    """

    name: str
    distribution: str
    version: str
    value: str
    module: str
    attribute: str
    file: str | None
    code: str

    @property
    def label(self) -> str:
        """Its name and where it is from: `shout (loud-filters 0.1.0, loud_filters:Shout)`."""
        return f"{self.name} ({self.distribution} {self.version}, {self.value})"


@dataclass(frozen=True)
class Plugins:
    """The plugins of a group.

    Attributes:
        group: The entry-point group.
        plugins: The plugins, in the order in which most hosts load them: by name, then by distribution.
        unreadable: The distributions whose metadata can't be read, each with the reason.
    """

    group: str
    plugins: tuple[Plugin, ...]
    unreadable: tuple[tuple[str, str], ...] = ()

    def require(self, name: str) -> Plugin:
        """Return one plugin.

        Args:
            name: Its name, after its distribution and a slash if others have that name: `loud-filters/shout`.

        Raises:
            UsageError: There is none of this name, or there are several.
        """
        matches = [plugin for plugin in self.plugins if name in {plugin.name, f"{plugin.distribution}/{plugin.name}"}]
        if len(matches) > 1:
            names = [f"{plugin.distribution}/{plugin.name}" for plugin in matches]
            raise UsageError(f"several plugins are called `{name}`", f"choose {listing(names)}")
        if not matches:
            names = sorted({plugin.name for plugin in self.plugins})
            hint = near(name, names) if names else "install the distribution that offers it"
            raise UsageError(f"`{self.group}` has no plugin `{name}`", hint)
        return matches[0]


def find_plugins(environment: Environment, group: str, *, required: bool = False) -> Plugins:
    """Find the plugins of a group.

    Args:
        environment: Where they are installed.
        group: The entry-point group.
        required: Whether there must be one.

    Raises:
        UsageError: There is none.
    """
    pairs, unreadable = _entry_points(environment)
    plugins = [_plugin(environment, *pair) for pair in pairs if pair[1].group == group]
    if required and not plugins:
        groups = sorted({point.group for _, point in pairs} - COMMON)
        hint = near(group, groups, f"those there are: {listing(groups, 'and')}" if groups else "install a plugin")
        raise UsageError(f"nothing in `{environment.name}` has entry points in the group `{group}`", hint)
    ordered = sorted(plugins, key=lambda plugin: (plugin.name, plugin.distribution, plugin.value))
    return Plugins(group, tuple(ordered), tuple(unreadable))


def list_groups(environment: Environment) -> Counter[str]:
    """Count the entry points of each group."""
    return Counter(point.group for _, point in _entry_points(environment)[0])


def _entry_points(environment: Environment) -> tuple[list[tuple[Distribution, EntryPoint]], list[tuple[str, str]]]:
    """Return every entry point with its distribution, and what can't be read."""
    pairs: list[tuple[Distribution, EntryPoint]] = []
    unreadable: list[tuple[str, str]] = []
    names: set[str] = set()
    for distribution in importlib.metadata.distributions(path=[str(folder) for folder in environment.folders]):
        label = str(getattr(distribution, "_path", "a distribution"))
        try:
            name, points = distribution.metadata["Name"], list(distribution.entry_points)
        except Exception as error:  # noqa: BLE001  (a broken file makes it raise whatever the parser stumbles over)
            unreadable.append((label, str(error) or type(error).__name__))
            continue
        if not name:
            unreadable.append((label, "it has no name"))
        elif (key := re.sub(r"[-_.]+", "-", name).lower()) not in names:
            # Of several with one name Python takes the first, too.
            names.add(key)
            pairs += [(distribution, point) for point in points]
    return pairs, unreadable


def _plugin(environment: Environment, distribution: Distribution, point: EntryPoint) -> Plugin:
    match = point.pattern.match(point.value)
    module, attribute = (match["module"], match["attr"] or "") if match else ("", "")
    files = list(_locate(module.split("."), environment)) if module else []
    file = files[-1] if files else None
    code = _code(files, distribution, environment) if file else ""
    return Plugin(
        point.name, distribution.metadata["Name"], distribution.version or "unknown", point.value, module, attribute,
        file, code,
    )  # fmt: skip


def _locate(names: Sequence[str], environment: Environment) -> Iterator[str]:
    """Yield the files of a module and of the packages around it, outermost first; none if one of them is nowhere."""
    loaders = ((ExtensionFileLoader, list(environment.suffixes)), (SourceFileLoader, [".py"]))
    folders, files = [str(folder) for folder in environment.folders], []
    for count in range(1, len(names) + 1):
        specs = [FileFinder(folder, *loaders).find_spec(".".join(names[:count])) for folder in folders]
        whole = [spec for spec in specs if spec is not None and spec.loader is not None]
        spaces = [spec for spec in specs if spec is not None and spec.loader is None]
        if not whole and not spaces:
            return
        if whole:
            files.append(str(whole[0].origin))
        folders = [place for spec in whole[:1] or spaces for place in spec.submodule_search_locations or ()]
    yield from files


def _code(files: Sequence[str], distribution: Distribution, environment: Environment) -> str:
    """Return what a plugin is written in, as far as its files say."""
    if not files[-1].endswith(".py"):
        return "extension"
    package = Path(files[0]).parent if files[0].endswith("__init__.py") else None
    libraries = (str(file) for file in distribution.files or () if file.suffix in LIBRARY_SUFFIXES)
    beside = Reader().walk(package, environment.suffixes) if package else iter(())
    return "Python, extension" if next(libraries, None) or next(beside, None) else "Python"
