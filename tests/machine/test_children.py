"""Child processes: what becomes of them when their parent is gone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder.machine.children import child_command

SESSION = """
import re

class Session:
    def hang(self):
        re.search("(a+)+b", "a" * 60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarms")
def test_a_child_that_holds_the_gil_ends_after_its_parent(tmp_path: Path) -> None:
    session = tmp_path / "session.py"
    session.write_text(SESSION, encoding="utf-8")
    command = child_command(Path(sys.executable), session)
    request = json.dumps({"do": "hang", "patience": 0.1, "alarm": 1})
    # Its stdin is closed, as it is when the parent was killed.
    done = subprocess.run(command, input=f"{request}\n", capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM
