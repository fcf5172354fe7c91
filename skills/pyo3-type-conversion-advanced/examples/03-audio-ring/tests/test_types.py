"""What type checkers know of the package."""

import subprocess
import sys
from pathlib import Path


def test_the_stub_describes_the_module(tmp_path: Path) -> None:
    # Before Python 3.12 classes that lend their memory don't show it.
    allowed = tmp_path / "allowed.txt"
    allowed.write_text(r"audio_ring\._core\.AudioRing\.(__buffer__|__release_buffer__)", encoding="utf-8")
    options = ["--allowlist", str(allowed), "--ignore-unused-allowlist"]
    command = [sys.executable, "-m", "mypy.stubtest", "audio_ring", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
