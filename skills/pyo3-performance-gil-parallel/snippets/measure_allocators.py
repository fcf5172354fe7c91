"""Measure what another allocator brings, with the crate `word-counts`: time, memory and size.

Each library is built in the release profile, and runs in processes of its own, in turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from timeit import Timer

from variants import Build, Variant, build

ALLOCATORS = {"system": (), "mimalloc": ("mimalloc",)}
STATEMENTS = {
    "a `String` for each word": "Counter().add(text)",
    "the same, 2 threads at once": "Counter.add_in_threads(text, 2)",
    "one buffer for all words": "Counter().add_with_buffer(text)",
    "words in an arena": "Counter().add_in_arena(text)",
    "freed by another thread": "churn(100_000, 48)",
    "100,000 words, all new": "Counter().add(new)",
    "a call": "for _ in range(1000): nothing()",
}
ROUNDS = 5


def run(library: str) -> None:
    """Print the times of one library, and the memory that its process needed at most, as JSON."""
    import resource

    module = Build(Path(library)).load()
    names = {name: getattr(module, name) for name in ("Counter", "churn", "nothing")}
    names["text"] = "The quick brown Fox jumps over the lazy Dog while 1984 other Animals watch. " * 2000
    names["new"] = " ".join(f"Word{number:07}" for number in range(100_000))
    times = {name: min(Timer(text, globals=names).repeat(5, 1)) for name, text in STATEMENTS.items()}
    print(json.dumps(times | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main() -> None:
    """Print a line for each statement, with a column for each allocator."""
    with tempfile.TemporaryDirectory() as folder:
        builds: dict[str, Build] = {}
        for name, features in ALLOCATORS.items():
            place = Path(folder, name)
            place.mkdir()
            builds[name] = build(Variant(features=features), place)
        results: dict[str, list[dict[str, float]]] = {name: [] for name in builds}
        for _ in range(ROUNDS):
            for name, made in builds.items():
                command = [sys.executable, __file__, str(made.library)]
                results[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
        sizes = [made.library.stat().st_size // 1024 for made in builds.values()]
    print(f"{'':<30}" + "".join(f"{name:>20}" for name in ALLOCATORS))
    for row in STATEMENTS:
        best = [min(result[row] for result in results[name]) for name in ALLOCATORS]
        print(f"{row:<30}" + "".join(f"{time * 1e3:>10.2f} ms{time / best[0]:>6.2f}x" for time in best))
    peaks = [min(result["memory"] for result in results[name]) for name in ALLOCATORS]
    print(f"{'most memory':<30}" + "".join(f"{peak:>17.0f} MB" for peak in peaks))
    print(f"{'library':<30}" + "".join(f"{size:>17} KB" for size in sizes))
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    run(sys.argv[1]) if len(sys.argv) > 1 else main()
