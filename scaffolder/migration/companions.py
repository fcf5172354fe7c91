"""Which release of a crate goes with which release of PyO3, from `companions.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from scaffolder.anatomy.versions import companions


class Target(NamedTuple):
    """What a crate's entry in a manifest becomes.

    Attributes:
        name: The crate's name, which may be a new one.
        release: The release to take, such as `0.13.5`.
    """

    name: str
    release: str


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("companions.toml").read_text(encoding="utf-8"))


def is_companion(crate: str) -> bool:
    """Whether a crate has to be raised with PyO3."""
    return crate == "pyo3" or crate in companions() or crate in _data()


def crate_names() -> tuple[str, ...]:
    """Return PyO3 and its companions as Rust code names them."""
    return tuple(name.replace("-", "_") for name in ("pyo3", *companions(), *_data()))


def target_of(crate: str, series: str) -> Target | None:
    """Return what to take of a crate with a series of PyO3; nothing if it has no release for it, or none is known.

    Args:
        crate: The crate's name, `pyo3` too.
        series: A series of PyO3, such as `0.26`.
    """
    entry = _data().get(crate)
    if entry is None:
        return Target(crate, series)
    renamed = entry.get("renamed")
    if renamed and number(series) >= number(renamed["since"]):
        return target_of(renamed["to"], series)
    return Target(crate, entry[series]) if series in entry else None


def bound_crates(crate: str, release: str) -> dict[str, str]:
    """Return the other crates whose release is decided by that of a companion: `polars` by `pyo3-polars`.

    Args:
        crate: The companion.
        release: Its release, as in `target_of`.
    """
    entry = _data().get(crate, {})
    other = entry.get("releases", {}).get(release)
    return dict.fromkeys(entry.get("with", ()), other) if other else {}


def number(series: str) -> tuple[int, ...]:
    """Return a series as numbers, which can be compared."""
    return tuple(int(part) for part in series.split("."))
