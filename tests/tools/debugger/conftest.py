"""Print how many of the kept outputs are explained rightly."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the score, if the outputs were judged."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    if not any("test_an_output_is_explained" in getattr(report, "nodeid", "") for report in reports):
        return
    from tests.tools.debugger.outputs import FAILURES, VERDICTS, verdict

    counts = Counter(map(verdict, FAILURES))
    terminalreporter.section(f"{len(FAILURES)} kept outputs")
    terminalreporter.write_line(", ".join(f"{name}: {counts[name]}" for name in VERDICTS))
