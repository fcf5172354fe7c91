"""What type checkers know of the package."""

import subprocess
import sys
from pathlib import Path


def test_the_stub_describes_the_module() -> None:
    allowed = str(Path(__file__).with_name("stubtest-allowlist.txt"))
    options = ["--allowlist", allowed, "--ignore-unused-allowlist"]
    command = [sys.executable, "-m", "mypy.stubtest", *options, "column_store"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
