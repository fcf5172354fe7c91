"""What type checkers and editors know of the package."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the project's folder."""
    return subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=False)


def test_the_stub_describes_the_module() -> None:
    result = run("mypy.stubtest", "build_graph")
    assert result.returncode == 0, result.stdout + result.stderr
