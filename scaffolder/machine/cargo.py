"""Ask cargo about a project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.versions import read_version
from scaffolder.files import UnreadableFileError, is_file, read_regular
from scaffolder.machine.cargo_config import read_config
from scaffolder.machine.programs import programs_for
from scaffolder.machine.toolchain import choose_toolchain, read_rust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

    from scaffolder.machine.cargo_config import CargoConfig
    from scaffolder.machine.programs import Programs
    from scaffolder.machine.toolchain import Toolchain

CARGO_REFUSES = 101
TARGET_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")


@dataclass(frozen=True)
class CargoMetadata:
    """What `cargo metadata` says.

    Attributes:
        root: The workspace's folder.
        target: Where cargo builds.
        rust_versions: The Rust that each crate needs, by `name version`; empty if not all crates are downloaded.
        problem: The error that cargo reported instead.
    """

    root: Path
    target: Path
    rust_versions: dict[str, Version]
    problem: str | None = None

    def builds(self, *names: str) -> Iterator[Path]:
        """Yield the built files of these names, from any profile."""
        for profile in sorted(self.target.glob("*/")):
            for folder in (profile, *sorted(profile.glob("*/"))):
                # cargo's own folders hold thousands of files, and never these.
                if folder.name not in {"deps", "build", "incremental", ".fingerprint", "examples"}:
                    yield from (folder / name for name in names if is_file(folder / name))


class Cargo(NamedTuple):
    """What a project is asked about with.

    Attributes:
        programs: The programs of the machine.
        toolchain: The toolchain that is chosen for the project.
        config: The project's configuration of cargo.
        variables: What keeps cargo from running what that configuration names.
    """

    programs: Programs
    toolchain: Toolchain
    config: CargoConfig
    variables: dict[str, str]


def _find_cargo(manifest: Path, environment: Mapping[str, str]) -> Cargo | None:
    """Return how to ask cargo about a project without running its code; nothing if it can't be asked.

    Raises:
        UnreadableFileError: The manifest is something that cargo would wait for or never finish.
    """
    programs = programs_for(manifest.parent, environment)
    toolchain = choose_toolchain(manifest.parent, programs)
    rustc = programs.find("rustc")
    if toolchain.refusal or rustc is None:
        return None
    read_regular(manifest)
    config = read_config(manifest.parent, environment)
    return Cargo(programs, toolchain, config, {**toolchain.variables, **_neutral(rustc)})


def ask_cargo(manifest: Path, environment: Mapping[str, str], host: str | None = None) -> CargoMetadata | None:
    """Ask cargo about a project without changing it, using the network or running its code.

    Cargo is started elsewhere, so that it finds no configuration of the project's: that may name a compiler or a
    wrapper for it, which cargo runs. Where to build, and where crates are from, is handed to it instead.

    Args:
        manifest: The Cargo.toml.
        environment: Cargo's environment variables.
        host: What is built for by default, if rustc has been asked.

    Raises:
        UnreadableFileError: The manifest, or the lock file, is something that cargo would wait for or never finish.
    """
    cargo = _find_cargo(manifest, environment)
    if cargo is None:
        return None
    variables = cargo.variables | _target(cargo.config, manifest.parent, environment)
    command = ["metadata", "--format-version", "1", "--offline", "--manifest-path", str(manifest)]
    command += _sources(cargo.config)
    done = None
    if _lock(manifest) is not None:
        # What is for other systems only is in the lock file, too, and isn't built.
        target = environment.get("CARGO_BUILD_TARGET") or host or _host(cargo.programs, cargo.toolchain)
        done = cargo.programs.run("cargo", *command, "--locked", *_filter(target), **variables)
    if done is None or done.code != 0:
        # Without a lock file, cargo would write one; and the crates may not be there.
        done = cargo.programs.run("cargo", *command, "--no-deps", **variables)
    if done is None:
        return None
    if done.code == CARGO_REFUSES:
        return CargoMetadata(manifest.parent, manifest.parent / "target", {}, done.errors)
    return _metadata(json.loads(done.output)) if done.code == 0 else None  # rustup has no cargo to run


class BuiltCrate(NamedTuple):
    """A crate that is built for a target.

    Attributes:
        name: Its name in the registry.
        version: Its version.
        features: The features that are switched on.
    """

    name: str
    version: str
    features: frozenset[str]


def list_crates(
    manifest: Path, environment: Mapping[str, str], target: str, features: Iterable[str] = ()
) -> tuple[BuiltCrate, ...] | None:
    """Ask cargo which crates a library is made of on a target: none for tests, build scripts or macros.

    Args:
        manifest: The Cargo.toml.
        environment: Cargo's environment variables.
        target: What is built for.
        features: The crate's features beside the default ones.

    Returns:
        The crates; nothing if there is no lock file, or if not all of them have been downloaded.
    """
    cargo = _find_cargo(manifest, environment)
    if cargo is None:
        return None
    edges = ["--edges", "no-dev,no-build,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"]
    command = ["tree", "--offline", "--locked", "--manifest-path", str(manifest), "--target", target, *edges]
    chosen = ["--features", ",".join(features)] if features else []
    done = cargo.programs.run("cargo", *command, *chosen, *_sources(cargo.config), **cargo.variables)
    if done is None or done.code:
        return None
    return tuple(sorted({_built_crate(line) for line in done.output.splitlines() if line.strip()}))


def _built_crate(line: str) -> BuiltCrate:
    """Read `pyo3 v0.30.1 (/where)|abi3,default (*)`."""
    package, _, features = line.partition("|")
    name, version, *_ = package.split()
    return BuiltCrate(
        name, version.removeprefix("v"), frozenset(features.removesuffix("(*)").strip().split(",")) - {""}
    )


def _metadata(data: dict[str, Any]) -> CargoMetadata:
    packages = [
        (f"{package['name']} {package['version']}", package.get("rust_version")) for package in data["packages"]
    ]
    versions = {name: version for name, text in packages if text and (version := read_version(text))}
    return CargoMetadata(Path(data["workspace_root"]), Path(data["target_directory"]), versions)


def _lock(manifest: Path) -> bytes | None:
    """Return the lock file, which is beside the manifest or the workspace's manifest."""
    for folder in upwards(manifest.parent):
        try:
            return read_regular(folder / "Cargo.lock")
        except UnreadableFileError as error:
            if not error.missing:
                raise
    return None


def _neutral(rustc: Path) -> dict[str, str]:
    """Return variables that override what a configuration tells cargo to run."""
    programs = dict.fromkeys(("RUSTC", "CARGO_BUILD_RUSTC"), str(rustc))
    wrappers = ("RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER")
    flags = {"CARGO_ENCODED_RUSTFLAGS": ""}  # they may name a library for rustc to load
    return {**programs, **{f"{prefix}{name}": "" for name in wrappers for prefix in ("", "CARGO_BUILD_")}, **flags}


def _target(config: CargoConfig, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return where cargo builds, as the project configures it."""
    target = next((value for name in TARGET_VARIABLES if (value := environment.get(name))), None)
    place = folder / target if target else config.target_folder()
    return {"CARGO_TARGET_DIR": str(place)} if place else {}


def _sources(config: CargoConfig) -> list[str]:
    """Return the sources of crates as arguments: they may be vendored in the project."""
    return [part for setting in config.sources() for part in ("--config", setting)]


def _filter(target: str | None) -> list[str]:
    return ["--filter-platform", target] if target else []


def _host(programs: Programs, toolchain: Toolchain) -> str | None:
    rust, _ = read_rust(programs, toolchain)
    return rust.host if rust else None
