"""What works with which PyO3: `versions.toml`, read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

COMPARATOR = re.compile(r"(<=|>=|=|<|>|\^|~)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?")

REQUIREMENT_LIMIT = 200


@dataclass(frozen=True)
class Line:
    """A release line of PyO3, and what it needs.

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
        """The newest Python that it builds with."""
        return Version(f"3.{self.newest.minor + 1}") if self.tries_next else self.newest


@dataclass(frozen=True)
class Outdated:
    """A feature that PyO3 is giving up.

    Attributes:
        name: The feature.
        crate: The crate that has it; `pyo3` stands for `pyo3-ffi`, too.
        see: The section that explains what to do.
        since: The line from which on it is outdated.
        gone: The first line without it.
        instead: What to do.
    """

    name: str
    crate: str
    see: tuple[str, str]
    since: Version
    gone: Version | None
    instead: str


@cache
def _data() -> dict[str, Any]:
    """Read the data file."""
    return tomllib.loads(Path(__file__).with_name("versions.toml").read_text(encoding="utf-8"))


@cache
def lines() -> tuple[Line, ...]:
    """Return the known lines of PyO3, the oldest first."""
    return tuple(
        Line(
            name=entry["line"],
            rust=Version(entry["rust"]),
            oldest=Version(entry["python"][0]),
            newest=Version(entry["python"][1]),
            free_threaded=Version(entry["free_threaded"]) if "free_threaded" in entry else None,
            tries_next=entry.get("next", False),
            refuses_newer=entry.get("refuses_newer", True),
            abi3=Version(entry["abi3"]),
        )
        for entry in _data()["pyo3"]
    )


def outdated_features() -> tuple[Outdated, ...]:
    """Return the features that PyO3 is giving up."""
    return tuple(
        Outdated(
            name=name,
            crate=entry.get("crate", "pyo3"),
            see=(entry["see"].partition("#")[0], entry["see"].partition("#")[2]),
            since=Version(entry["since"]),
            gone=Version(entry["gone"]) if "gone" in entry else None,
            instead=entry["instead"],
        )
        for name, entry in _data()["features"].items()
    )


def companions() -> frozenset[str]:
    """Return the crates that are released in step with PyO3."""
    return frozenset(_data()["companions"]["crates"])


def sets_extension_module(builder: str) -> Version:
    """Return the first release of maturin or setuptools-rust that replaces the feature `extension-module`."""
    return Version(_data()["sets_extension_module"][builder])


def line_of(requirement: str) -> str | None:
    """Return the newest release line, such as `0.30`, that a Cargo requirement allows.

    Args:
        requirement: `0.30`, `=0.22.1`, `>=0.25, <0.27`.
    """
    if known := allowed_lines(requirement):
        return known[-1]
    first = COMPARATOR.search(requirement[:REQUIREMENT_LIMIT])
    return f"{first[2]}.{first[3] or 0}" if first else None


def allowed_lines(requirement: str) -> list[str]:
    """Return the known release lines that a Cargo requirement allows, the oldest first.

    Args:
        requirement: `0.30`, `=0.22.1`, `>=0.25, <0.27`.
    """
    comparators = [match.groups() for match in COMPARATOR.finditer(requirement[:REQUIREMENT_LIMIT])]
    if not comparators and requirement.strip() != "*":
        return []
    return [line.name for line in lines() if all(_allows(comparator, line.name) for comparator in comparators)]


def _allows(comparator: tuple[str | Any, ...], line: str) -> bool:
    """Tell whether a comparator of a Cargo requirement allows a release of a line."""
    operator, major, minor, patch = comparator
    wanted, offered = (int(major), int(minor or 0)), tuple(map(int, line.split(".")))
    if operator in {">=", ">"}:
        return offered >= wanted
    if operator in {"<=", "<"}:
        return offered < wanted or (offered == wanted and (operator == "<=" or bool(int(patch or 0))))
    return offered == wanted or (minor is None and int(major) == offered[0])


def pyo3_line(name: str | None) -> Line | None:
    """Return a line of PyO3 by its name, if it is known."""
    return next((line for line in lines() if line.name == name), None)
