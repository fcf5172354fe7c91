"""Build the crate `word-counts` in several ways, and load each result."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

SNIPPETS = Path(__file__).resolve().parent
# What another way of building sets, and would be taken for a part of this one.
FOREIGN = ("CARGO_BUILD_TARGET", "CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG", "RUSTFLAGS")


@dataclass(frozen=True)
class Variant:
    """A way to build the library.

    Args:
        profile: The profile of cargo.
        variables: Environment variables that change the build.
        features: Features of the crate.
        options: More options of `maturin build`.
        stable: Whether it has the stable ABI.
    """

    profile: str = "release"
    variables: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    stable: bool = True


@dataclass(frozen=True)
class Build:
    """A library that was built."""

    library: Path

    def load(self) -> ModuleType:
        """Import it, beside any other build of the same module."""
        loader = ExtensionFileLoader("word_counts", str(self.library))
        spec = spec_from_loader("word_counts", loader)
        if spec is None:
            raise ImportError(str(self.library))
        module = module_from_spec(spec)
        loader.exec_module(module)
        return module


def build(variant: Variant, folder: Path, target: Path | None = None) -> Build:
    """Build the library in an empty folder, with a target folder of its own unless one is given."""
    project = folder / "project"
    shutil.copytree(SNIPPETS / "word-counts", project)
    if (SNIPPETS.parent / "Cargo.lock").exists():
        shutil.copy(SNIPPETS.parent / "Cargo.lock", project)
    if not variant.stable:
        manifest = project / "Cargo.toml"
        manifest.write_text(manifest.read_text(encoding="utf-8").replace('"abi3-py311", ', ""), encoding="utf-8")
    variables = dict(variable.split("=", 1) for variable in variant.variables)
    kept = {name: value for name, value in os.environ.items() if target or name not in FOREIGN}
    environment = {**kept, "CARGO_TARGET_DIR": str(target or folder / "target"), **variables}
    command = ["maturin", "build", "--profile", variant.profile, "--interpreter", sys.executable]
    command += ["--features", ",".join(variant.features)] if variant.features else []
    command += ["--compatibility", "linux"] if sys.platform == "linux" else []
    done = subprocess.run(
        [*command, *variant.options, "--out", str(folder)],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    (wheel,) = folder.glob("*.whl")
    shutil.unpack_archive(wheel, folder / "installed", "zip")
    (library,) = (file for file in folder.glob("installed/**/*") if file.suffix in {".so", ".pyd"})
    return Build(library)
