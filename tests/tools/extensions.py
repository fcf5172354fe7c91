"""Small extensions that tests of tools build, import and try."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from scaffolder.tools.type_converter.known_types import CRATES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run


def build_extension(
    project: Path, name: str, source: Path, build_run: Run, *, skill: str, features: str, dependencies: str = ""
) -> Path:  # fmt: skip
    """Build a small extension, and return the folder that it is installed in.

    Args:
        project: An empty folder.
        name: What it is called.
        source: Its Rust code.
        build_run: Runs a command.
        skill: The skill in whose place it is built: what that has built is used again, if the features are the same.
        features: The features of PyO3, as a list of TOML.
        dependencies: What else it needs, as lines of TOML.
    """
    (project / "src").mkdir()
    (project / "src/lib.rs").write_bytes(source.read_bytes())
    manifest = f"""[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
pyo3 = {{ version = "{CRATES["pyo3"]}", features = {features} }}
{dependencies}"""
    (project / "Cargo.toml").write_text(manifest, encoding="utf-8")
    return install(project, build_run, skill)


def install(project: Path, build_run: Run, skill: str) -> Path:
    """Build the wheel of a project in a skill's place, and return the folder that it is installed in."""
    build_run("maturin", "build", "--profile", "dev", "--out", "wheels", folder=project, place=f"skills/{skill}")
    zipfile.ZipFile(next(project.glob("wheels/*.whl"))).extractall(project / "installed")
    return project / "installed"
