"""The contract of plugins, and the registry that finds them."""

import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, Protocol

from text_filters._core import Plugin, Problem, Reason, built_in, load
from text_filters.errors import DuplicateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["GROUP", "SETTINGS", "Filter", "Registry", "read_disabled"]

GROUP: Final = "text_filters.filters"
SETTINGS: Final = Path("plugins.toml")
logger = logging.getLogger(__name__)


class Filter(Protocol):
    """The contract of a plugin: two members, and no base class to inherit from."""

    @property
    def api_version(self) -> int:
        """The version of the contract that the filter was written for, as a literal number."""

    def apply(self, text: str, /) -> str:
        """Return the filtered text; called from any thread, and from several at once."""


class Registry(Mapping[str, Plugin]):
    """Filters by name: built-in ones first, then others in the order in which they came."""

    def __init__(self) -> None:
        """Start with the built-in filters."""
        self._plugins = {plugin.name: plugin for plugin in built_in()}

    def __getitem__(self, name: str) -> Plugin:
        """Return the filter of this name."""
        return self._plugins[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._plugins)

    def __len__(self) -> int:
        """Count the filters."""
        return len(self._plugins)

    def register(self, name: str, plugin: Filter | type[Filter]) -> None:
        """Add a filter by hand.

        Args:
            name: The name to register it by.
            plugin: A class that can be called without arguments, or an instance.

        Raises:
            DuplicateError: If the name is taken.
            VersionError: If the version of the contract is not supported.
            ContractError: If the contract isn't kept.
            Exception: Whatever the class raises when it is called.
        """
        if problem := self._add(name, None, lambda: plugin):
            raise problem.exception

    def discover(self, *, disabled: Collection[str] = ()) -> list[Problem]:
        """Add the filters that installed packages advertise by entry points.

        What is no `Exception` comes out, such as the `SystemExit` of a signal handler; so does that of a plugin.

        The order is that of names, then of distributions: of several filters with one name, the
        first that works gets it. A plugin that is skipped is logged, too.

        Args:
            disabled: The names of those that are not even imported; `read_disabled` knows them.

        Returns:
            A report of each plugin that was skipped.
        """
        problems = []
        for distribution, entry_point in _advertised():
            if entry_point.name in disabled:
                continue
            if problem := self._add(entry_point.name, distribution, entry_point.load):
                problems.append(problem)
                logger.warning("skipped %r", problem)
        return problems

    def _add(self, name: str, distribution: str | None, find: Callable[[], object]) -> Problem | None:
        if name in self._plugins:
            error = DuplicateError(f"there is a filter `{name}` already")
            return Problem(name, distribution, Reason.DUPLICATE, error)
        loaded = load(name, distribution, find)
        if isinstance(loaded, Problem):
            return loaded
        self._plugins[name] = loaded
        return None


def read_disabled(path: Path = SETTINGS) -> frozenset[str]:
    """Read which plugins the user has disabled: the list `disabled` in the table that is named as the group.

    Args:
        path: A TOML file, which need not be there.

    Raises:
        tomllib.TOMLDecodeError: If it is not valid TOML.
    """
    if not path.is_file():
        return frozenset()
    return frozenset(tomllib.loads(path.read_text(encoding="utf-8")).get(GROUP, {}).get("disabled", ()))


def _advertised() -> list[tuple[str, EntryPoint]]:
    pairs = [(_distribution(point), point) for point in entry_points(group=GROUP)]
    return sorted(pairs, key=lambda pair: (pair[1].name, pair[0], pair[1].value))


def _distribution(point: EntryPoint) -> str:
    """Return the name of who offers a filter; a folder that is left of a removed package has none."""
    with suppress(Exception):
        return (point.dist.name if point.dist else None) or ""
    return ""
