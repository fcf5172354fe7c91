"""What goes with which ABI of Pyodide, from `releases.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from scaffolder.errors import UsageError, near

TARGET = "wasm32-unknown-emscripten"


@dataclass(frozen=True)
class Abi:
    """An ABI of Pyodide.

    Attributes:
        name: `2026_0`.
        pyodide: The last release of Pyodide that has it.
        python: Its Python: `3.14.2`.
        emscripten: The Emscripten that it was built with.
        node: The oldest node that it runs under.
        maturin: The oldest maturin that writes its tag.
    """

    name: str
    pyodide: str
    python: str
    emscripten: str
    node: int
    maturin: str

    @property
    def python_series(self) -> str:
        """Its Python without the patch: `3.14`."""
        return ".".join(self.python.split(".")[:2])

    @property
    def platform(self) -> str:
        """The platform tag of its wheels."""
        return f"pyemscripten_{self.name}_wasm32"


@cache
def read_data() -> dict[str, Any]:
    """Return all that `releases.toml` says."""
    return tomllib.loads(Path(__file__).with_name("releases.toml").read_text(encoding="utf-8"))


def abis() -> dict[str, Abi]:
    """Return the ABIs by name, the newest first."""
    return {entry["name"]: Abi(**entry) for entry in read_data()["abi"]}


def abi_named(name: str | None) -> Abi:
    """Return an ABI; the newest if none is named.

    Raises:
        UsageError: There is no such ABI.
    """
    known = abis()
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        raise UsageError(f"the ABI `{name}` is not known", near(name, known))
    return known[name]


def refused_features(tokio: Version | None) -> set[str]:
    """Return the features of tokio with which it does not compile for Pyodide.

    Args:
        tokio: Its version; without one, the features are those that all versions refuse.
    """
    data = read_data()["tokio"]
    older = data["refused_before"] if tokio and tokio < Version(data["until"]) else []
    return {*data["refused"], *older}
