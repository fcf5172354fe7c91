"""What cargo says of a project."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from scaffolder.machine.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CARGO_REFUSES = 101


@dataclass(frozen=True)
class Graph:
    """What `cargo metadata` says.

    Attributes:
        root: The workspace's folder.
        target: Where cargo builds.
        rust_versions: The Rust that each crate needs, by `name version`; empty if not all crates are downloaded.
        problem: What cargo complained of instead.
    """

    root: Path
    target: Path
    rust_versions: dict[str, Version]
    problem: str | None = None

    def builds(self, *names: str) -> Iterator[Path]:
        """Yield files of these names among what was built, by any profile."""
        for profile in sorted(self.target.glob("*/")):
            for folder in (profile, *sorted(profile.glob("*/"))):
                # cargo's own folders hold thousands of files, and never these.
                if folder.name not in {"deps", "build", "incremental", ".fingerprint", "examples"}:
                    yield from (folder / name for name in names if (folder / name).is_file())


def ask_cargo(manifest: Path, environment: Mapping[str, str]) -> Graph | None:
    """Ask cargo about a project, without changing it and without the network.

    Args:
        manifest: The Cargo.toml.
        environment: What cargo finds in its environment.
    """
    locked = any((folder / "Cargo.lock").is_file() for folder in (manifest.parent, *manifest.parent.parents))
    command = ["cargo", "metadata", "--format-version", "1", "--offline", "--manifest-path", str(manifest)]
    # What is for other systems only is in the lock file, too, and isn't built.
    host = ["--filter-platform", found] if (found := _host(manifest.parent, environment)) else []
    done = run([*command, "--locked", *host], environment, manifest.parent) if locked else None
    if done is None or done.code != 0:
        # Without a lock file, cargo would write one; and the crates may not be there.
        done = run([*command, "--no-deps"], environment, manifest.parent)
    if done is None:
        return None
    if done.code == CARGO_REFUSES:
        return Graph(manifest.parent, manifest.parent / "target", {}, done.errors)
    if done.code != 0:
        return None  # rustup has no cargo to run
    data = json.loads(done.output)
    packages = [(f"{each['name']} {each['version']}", each.get("rust_version")) for each in data["packages"]]
    versions = {name: version for name, text in packages if text and (version := _version(text))}
    return Graph(Path(data["workspace_root"]), Path(data["target_directory"]), versions)


def _host(folder: Path, environment: Mapping[str, str]) -> str | None:
    """Return what is built for."""
    if target := environment.get("CARGO_BUILD_TARGET"):
        return target
    done = run(["rustc", "-vV"], environment, folder)
    match = re.search(r"^host: (\S+)", done.output, re.MULTILINE) if done else None
    return match[1] if match else None


def _version(text: str) -> Version | None:
    """Read a version of Rust."""
    try:
        return Version(text)
    except InvalidVersion:
        return None
