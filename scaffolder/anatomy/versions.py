"""What works with which PyO3, from `versions.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from datetime import date

COMPARATOR = re.compile(r"(<=|>=|=|<|>|\^|~)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?")

REQUIREMENT_LIMIT = 200
# Stands for the last release of a series, whichever it is.
LAST_PATCH = 999


@dataclass(frozen=True)
class ReleaseSeries:
    """A release series of PyO3 and what it needs.

    Attributes:
        name: `0.30`.
        rust: The oldest Rust compiler.
        oldest: The oldest Python.
        newest: The newest Python.
        free_threaded: The oldest free-threaded Python, if there is one.
        tries_next: Whether the Python after the newest builds, as an experiment.
        refuses_newer: Whether the build stops at a Python that is newer still.
        abi3: The newest Python whose stable ABI there is a feature for.
    """

    name: str
    rust: Version
    oldest: Version
    newest: Version
    free_threaded: Version | None
    tries_next: bool
    refuses_newer: bool
    abi3: Version

    @property
    def limit(self) -> Version:
        """The newest Python that it can be built with."""
        return Version(f"3.{self.newest.minor + 1}") if self.tries_next else self.newest


@dataclass(frozen=True)
class Deprecation:
    """A feature that PyO3 has deprecated.

    Attributes:
        name: The feature.
        crate: The crate that has it; `pyo3` stands for `pyo3-ffi`, too.
        see: The section that explains what to do.
        since: The first series in which it is deprecated.
        removed: The first series without it, if there is one.
        replacement: What to do.
    """

    name: str
    crate: str
    see: tuple[str, str]
    since: Version
    removed: Version | None
    replacement: str


@dataclass(frozen=True)
class ArrowRelease:
    """What a release of the crate pyo3-arrow is made for.

    Attributes:
        name: Its series: `0.20`.
        pyo3: The series of PyO3.
        arrow: The major version of Arrow's crates.
    """

    name: str
    pyo3: str
    arrow: str


@dataclass(frozen=True)
class Advisory:
    """A security advisory of PyO3.

    Attributes:
        id: `RUSTSEC-2026-0177`.
        since: The first release that it applies to.
        ended: The first release without the fault.
        allows: What can happen, and by what.
    """

    id: str
    since: Version
    ended: Version
    allows: str


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("versions.toml").read_text(encoding="utf-8"))


@cache
def release_series() -> tuple[ReleaseSeries, ...]:
    """Return the known series of PyO3, the oldest first."""
    return tuple(
        ReleaseSeries(
            name=entry["name"],
            rust=Version(entry["rust"]),
            oldest=Version(entry["python"][0]),
            newest=Version(entry["python"][1]),
            free_threaded=Version(entry["free_threaded"]) if "free_threaded" in entry else None,
            tries_next=entry.get("next", False),
            refuses_newer=entry.get("refuses_newer", True),
            abi3=Version(entry["abi3"]),
        )
        for entry in _data()["series"]
    )


def deprecations() -> tuple[Deprecation, ...]:
    """Return the features that PyO3 has deprecated."""
    return tuple(
        Deprecation(
            name=name,
            crate=entry.get("crate", "pyo3"),
            see=(entry["see"].partition("#")[0], entry["see"].partition("#")[2]),
            since=Version(entry["since"]),
            removed=Version(entry["removed"]) if "removed" in entry else None,
            replacement=entry["replacement"],
        )
        for name, entry in _data()["deprecations"].items()
    )


def advisories(release: Version) -> tuple[Advisory, ...]:
    """Return the security advisories that apply to a release of PyO3."""
    listed = (
        Advisory(name, Version(entry["since"]), Version(entry["ended"]), entry["allows"])
        for name, entry in _data()["rustsec"]["advisories"].items()
    )
    return tuple(advisory for advisory in listed if advisory.since <= release < advisory.ended)


def advisories_read() -> date:
    """Return the day as of which the advisories are known."""
    day: date = _data()["rustsec"]["read"]
    return day


def read_version(text: str) -> Version | None:
    """Return a version, or nothing if it is not one for Python: Cargo has others, such as `0.24.0-acme.1`."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def companions() -> frozenset[str]:
    """Return the crates that are released in step with PyO3."""
    return frozenset(_data()["companions"]["crates"])


def arrow_release(requirement: str) -> ArrowRelease | None:
    """Return what a release of pyo3-arrow is made for, if it is known: that which a Cargo requirement names."""
    match = re.fullmatch(r"[\^=~]?\s*(\d+\.\d+)(?:\.\d+)?", requirement)
    release = _data()["pyo3_arrow"].get(match[1]) if match else None
    return ArrowRelease(match[1], release["pyo3"], release["arrow"]) if match and release else None


def sets_extension_module(builder: str) -> Version:
    """Return the first release of maturin or setuptools-rust that replaces the feature `extension-module`."""
    return Version(_data()["sets_extension_module"][builder])


def series_of(requirement: str) -> str | None:
    """Return the newest release series, such as `0.30`, that a Cargo requirement allows.

    Args:
        requirement: `0.30`, `=0.22.1`, `>=0.25, <0.27`.
    """
    if allowed := allowed_series(requirement):
        return allowed[-1]
    first = COMPARATOR.search(requirement[:REQUIREMENT_LIMIT])
    return f"{first[2]}.{first[3] or 0}" if first else None


def allowed_series(requirement: str) -> list[str]:
    """Return the known release series that a Cargo requirement allows, the oldest first.

    Args:
        requirement: `0.30`, `=0.22.1`, `>=0.25, <0.27`.
    """
    comparators = [match.groups() for match in COMPARATOR.finditer(requirement[:REQUIREMENT_LIMIT])]
    if not comparators and requirement.strip() != "*":
        return []
    return [
        series.name
        for series in release_series()
        if all(_allows(comparator, series.name) for comparator in comparators)
    ]


def _allows(comparator: tuple[str | Any, ...], series: str) -> bool:
    """Return whether a comparator of a Cargo requirement allows a release of a series."""
    operator, major, minor, patch = comparator
    wanted, offered = (int(major), int(minor or 0)), tuple(map(int, series.split(".")))
    if operator in {">=", ">"}:
        return offered >= wanted
    if operator in {"<=", "<"}:
        return offered < wanted or (offered == wanted and (operator == "<=" or bool(int(patch or 0))))
    return offered == wanted or (minor is None and int(major) == offered[0])


def series_named(name: str | None) -> ReleaseSeries | None:
    """Return a series of PyO3 by its name, if it is known."""
    return next((series for series in release_series() if series.name == name), None)
