"""The Rust toolchain of a project: which one rustup chooses, and its compiler."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.manifests import table_of
from scaffolder.files import Reader, real
from scaffolder.machine.programs import Programs, programs_for

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = ("rust-toolchain", "rust-toolchain.toml")
FILE_LIMIT = 64 * 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Rust:
    """A Rust compiler.

    Attributes:
        version: Its version, without a suffix such as `-nightly`.
        host: Its host target, which is also the default.
        targets: The targets that it can build for.
    """

    version: Version
    host: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Toolchain:
    """The toolchain chosen for a folder.

    Attributes:
        name: What rustup calls it; none if it is the default one, or there is no rustup.
        source: What chooses it: a variable, or a file.
        refusal: Why neither its cargo nor its rustc is started, if it is one that the project brings.
    """

    name: str | None = None
    source: str | None = None
    refusal: str | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The variables that make rustup's programs use it in any folder."""
        return {"RUSTUP_TOOLCHAIN": self.name} if self.name else {}


def choose_toolchain(folder: Path, programs: Programs) -> Toolchain:
    """Return which of the user's toolchains rustup chooses in a folder.

    Args:
        folder: Where cargo would be started.
        programs: What may be started.
    """
    if programs.find("rustup") is None:
        return Toolchain()
    home = Path(programs.environment.get("RUSTUP_HOME") or Path.home() / ".rustup")
    if programs.is_brought(home):
        return Toolchain(source="RUSTUP_HOME", refusal="`RUSTUP_HOME` points into the project")
    if name := programs.environment.get("RUSTUP_TOOLCHAIN"):
        return _toolchain(name, "RUSTUP_TOOLCHAIN", programs)
    overrides = table_of(_toml(home / "settings.toml"), "overrides")
    for place in upwards(folder):
        # The user's own settings, which may name a toolchain by its path.
        if name := overrides.get(str(place)) or overrides.get(str(real(place))):
            return _toolchain(str(name), "rustup override", programs)
        for path in (place / file for file in FILES):
            if (data := _toml(path)) and (toolchain := _of_file(table_of(data, "toolchain"), path)):
                return toolchain
    return Toolchain()


def _of_file(table: Mapping[str, object], path: Path) -> Toolchain | None:
    """Return the toolchain that a project's file chooses; one named by a path is refused."""
    channel, place = table.get("channel"), table.get("path")
    if place is not None or (channel is not None and not NAME.fullmatch(str(channel))):
        return Toolchain(source=str(path), refusal=f"`{path}` names a toolchain by its path, `{place or channel}`")
    return Toolchain(str(channel), str(path)) if channel else None


def _toolchain(name: str, source: str, programs: Programs) -> Toolchain:
    if not NAME.fullmatch(name) and (not Path(name).is_absolute() or programs.is_brought(Path(name))):
        return Toolchain(source=source, refusal=f"`{source}` points into the project: `{name}`")
    return Toolchain(name, source)


def _toml(path: Path) -> dict[str, object]:
    """Read a toolchain file, which may hold only a channel's name."""
    text = (Reader().read(path, FILE_LIMIT) or b"").decode("utf-8", "replace")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {"toolchain": {"channel": text.strip()}} if path.name == FILES[0] else {}


def rust_in(folder: Path, environment: Mapping[str, str]) -> tuple[Rust | None, str | None]:
    """Ask the rustc chosen for a folder for its details, or return why it does not run.

    Args:
        folder: Where cargo would be started.
        environment: The environment's variables.
    """
    programs = programs_for(folder, environment)
    return read_rust(programs, choose_toolchain(folder, programs))


def read_rust(programs: Programs, toolchain: Toolchain) -> tuple[Rust | None, str | None]:
    """Ask rustc for its version and targets, or return why it does not run.

    Args:
        programs: What may be started.
        toolchain: The toolchain that it belongs to.
    """
    if toolchain.refusal:
        return None, toolchain.refusal
    done = programs.run("rustc", "-vV", **toolchain.variables)
    if done is None or done.code != 0:
        return None, "\n".join(done.errors.splitlines()[:2]) if done else None
    answers = dict(line.split(": ", 1) for line in done.output.splitlines() if ": " in line)
    try:
        version = Version(answers.get("release", "").partition("-")[0])
    except InvalidVersion:
        return None, done.output.strip()
    root = programs.run("rustc", "--print", "sysroot", **toolchain.variables)
    libraries = Path(root.output.strip()).glob("lib/rustlib/*/lib") if root and root.code == 0 else []
    return Rust(version, answers.get("host", ""), tuple(sorted(path.parent.name for path in libraries))), None
