"""The contract of a carrier, and the plugins that installed packages offer."""

import logging
import re
from collections.abc import Collection
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from classes_snippets._core import plugins as _plugins

__all__ = ["GROUP", "Carrier", "Carriers", "discover"]

GROUP = "classes_snippets.carriers"
Carriers = _plugins.Carriers
logger = logging.getLogger(__name__)


# region: contract
class Carrier(Protocol):
    """What a plugin is: two members, and nothing to inherit from."""

    @property
    def contract_version(self) -> int:
        """The version that it was written for, as a literal number: 2."""

    def price(self, grams: int, country: str, /) -> int:
        """Return the price in cents. Called from any thread."""


# endregion: contract


# region: discover
def discover(carriers: Carriers, trusted: Collection[str]) -> list[tuple[str, Exception]]:
    """Add the plugins of trusted distributions, and return those that failed, with what they raised."""
    problems = []
    enabled = {normalized(name) for name in trusted}
    for distribution, point in advertised():
        if distribution not in enabled:
            logger.info("carrier %s of %s is not enabled", point.name, distribution)
            continue
        try:
            carriers.add(point.name, point.load())
        except Exception as error:  # whatever a stranger's module raises
            logger.warning("carrier %s of %s is skipped", point.name, distribution, exc_info=True)
            problems.append((point.name, error))
    return problems


def advertised() -> list[tuple[str, EntryPoint]]:
    """List what is installed, in the same order on each machine; nothing is imported yet."""
    pairs = [(distribution_of(point), point) for point in entry_points(group=GROUP)]
    return sorted(pairs, key=lambda pair: (pair[1].name, pair[0]))


def distribution_of(point: EntryPoint) -> str:
    """Return the normalized name of who offers it, if there is one."""
    with suppress(Exception):  # a folder that is left of a removed package has no metadata
        if point.dist:
            return normalized(point.dist.name)
    return ""


def normalized(distribution: str) -> str:
    """Return a name as an index writes it: `Swiss_Post` is `swiss-post`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


# endregion: discover
