"""The tools that are measured, in an environment of their own that is kept from one run to the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import CHECKOUT, IDENTITY

TOOLS = ("cookiecutter", "copier", "maturin", "uv")
# They would make one tool's work another's, or change how cargo, git and Copier work.
UNWANTED = ("CARGO_", "COPIER_", "GIT_", "PYO3_", "PYTHON", "UV_", "VIRTUAL_ENV")
KEPT = ("CARGO_HOME",)


@dataclass(frozen=True)
class Peers:
    """An environment with this command, as a wheel installs it, and the tools to compare it with."""

    scripts: Path

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return self.program("python")

    def program(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.scripts / (f"{name}.exe" if os.name == "nt" else name))

    def variables(self, workspace: Path) -> dict[str, str]:
        """Return the variables that everything is measured with."""
        settings = workspace / "gitconfig"
        settings.write_text(IDENTITY, encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(UNWANTED)}
        return kept | {
            "PATH": f"{self.scripts}{os.pathsep}{kept['PATH']}",
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_CONFIG_NOSYSTEM": "1",
            "COPIER_CACHE_DIR": str(workspace / "copier"),
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def versions(self) -> dict[str, str]:
        """Say which versions are measured."""
        listed = subprocess.run(
            [self.program("uv"), "pip", "list", "--format", "json", "--python", self.python],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}
        cargo = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=True)
        return {name: found[name] for name in ("pyo3-new", *TOOLS)} | {"cargo": cargo.stdout.split()[1]}


def install(workspace: Path) -> Peers:
    """Make the environment, or bring it up to date with the checkout."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / f"pyo3-new/bench-{sys.version_info.major}.{sys.version_info.minor}"
    peers = Peers(folder / ("Scripts" if os.name == "nt" else "bin"))
    if not Path(peers.program("uv")).exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([peers.python, "-m", "pip", "install", "--quiet", *TOOLS], check=True)
    uv = peers.program("uv")
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", str(workspace / "dist"), str(CHECKOUT)], check=True)
    wheel = next((workspace / "dist").glob("*.whl"))
    forced = ["--quiet", "--compile-bytecode", "--reinstall-package", "pyo3-new", "--python", peers.python]
    subprocess.run([uv, "pip", "install", *forced, str(wheel)], check=True)
    return peers
