"""What type checkers and editors know of the package."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_the_stub_describes_the_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "dns_lookups"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
