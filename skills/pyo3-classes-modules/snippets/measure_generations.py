"""Measure what it costs to change code in a running program: `python measure_generations.py`."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from classes_snippets.generations import Generations, Votes

if TYPE_CHECKING:
    from collections.abc import Callable

PLUGIN = """
from classes_snippets.generations import Votes

class Plugin:
    def __init__(self, state):
        self.votes = Votes(state)

    def handle(self, name):
        self.votes.add(name)

    def state(self):
        return self.votes.data()
"""


def seconds(action: Callable[[], object], times: int) -> float:
    """Return the shortest time of a call: what else the machine does only adds to it."""
    durations = []
    for _ in range(times):
        start = perf_counter()
        action()
        durations.append(perf_counter() - start)
    return min(durations)


def main() -> None:
    """Print a line for each way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured_plugin.py"
        path.write_text(PLUGIN, encoding="utf-8")
        sys.path.insert(0, folder)
        module = importlib.import_module("measured_plugin")
        plugin = module.Plugin({})
        host = Generations(path, {f"name {number}": number for number in range(1000)})
        votes = Votes({})
        results = [
            ("call of a method in Rust", seconds(lambda: votes.add("Ada"), 1000)),
            ("call of a plugin in the process", seconds(lambda: plugin.handle("Ada"), 1000)),
            ("call of a plugin in a child", seconds(lambda: host.ask("Ada"), 1000)),
            ("`importlib.reload`, 10 lines", seconds(lambda: importlib.reload(module), 200)),
            ("start of an empty Python", seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 50)),
            ("next generation, 1000 entries", seconds(host.renew, 50)),
        ]
        host.child.stop()
    for name, duration in results:
        print(f"{name:34}{duration * 1e6:10.1f} us")


if __name__ == "__main__":
    main()
