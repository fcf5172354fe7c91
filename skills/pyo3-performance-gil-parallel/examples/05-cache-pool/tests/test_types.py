"""What type checkers know of the package."""

import subprocess
import sys


def test_the_stub_describes_the_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "cache_pool"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
