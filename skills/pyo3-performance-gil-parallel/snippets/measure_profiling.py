"""Profile `spelling.py` in three ways, and print what each says.

It needs Linux, Python 3.12 or later, perf, valgrind, py-spy, and a build with the profile `profiling`:
`maturin build --profile profiling --config profiles/profiling.toml`, install the wheel, and run this file.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PYTHON = sys.executable
SHORT = {
    "performance_snippets_core::profiling::distance": "distance",
    "extract_sequence<pyo3::pybacked::PyBackedStr>": "extract_sequence",
}
PROGRAM = str(Path(__file__).with_name("spelling.py"))


def shares(stacks: str) -> dict[str, float]:
    """Return in which share of the samples each function is on the stack: the lines are `outer;inner count`."""
    samples: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        # A set: a function that calls itself is on the stack once.
        for name in {frame.partition(" (")[0] for frame in stack.split(";")}:
            samples[name] += int(count)
    total = sum(int(line.rpartition(" ")[2]) for line in stacks.splitlines())
    return {name: count / total for name, count in samples.most_common()}


def run(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def print_perf(folder: Path) -> None:
    """Print the functions in which `perf` saw the program, with what they call."""
    data = str(folder / "perf.data")
    run(
        "perf",
        "record",
        "-q",
        "-F",
        "499",
        "--call-graph",
        "dwarf,16384",
        "-o",
        data,
        PYTHON,
        "-X",
        "perf",
        PROGRAM,
        "60",
    )
    report = run(
        "perf", "report", "-i", data, "--stdio", "--children", "--no-inline", "-g", "none", "--percent-limit=4"
    )
    print("$ perf record -F 499 --call-graph dwarf,16384 python -X perf spelling.py 60")
    print("$ perf report --children --no-inline -g none --percent-limit=4")
    for line in report.splitlines():
        row = re.match(r"\s+([\d.]+%)\s+([\d.]+%)\s+\S+\s+(.*?)\s+\[\.\]\s+(.*)", line)
        if row:
            name = re.sub(r"(py::\w+):.*/", r"\1:", row[4])
            print(f"{row[1]:>8}{row[2]:>8}  {row[3].partition(' tid')[0]:<22}{name[:70]}")


def print_spy(folder: Path) -> None:
    """Print in which share of the samples of `py-spy` a function was at work."""
    print("\n$ py-spy record --native -r 500 -f raw -o stacks.txt -- python spelling.py 100")
    stacks = folder / "stacks.txt"
    for way in ("list", "dictionary"):
        run(
            "py-spy",
            "record",
            "--native",
            "-r",
            "500",
            "-f",
            "raw",
            "-o",
            str(stacks),
            "--",
            PYTHON,
            PROGRAM,
            "100",
            way,
        )
        by_name = shares(stacks.read_text(encoding="utf-8"))
        wanted = ["correct", "correct_with_dictionary", "nearest", "performance_snippets_core::profiling::distance"]
        wanted += ["extract_sequence<pyo3::pybacked::PyBackedStr>", "distance"]
        print("".join(f"  {SHORT.get(name, name)} {by_name[name]:.0%}" for name in wanted if name in by_name))


def print_callgrind(folder: Path) -> None:
    """Print the functions that executed most instructions."""
    out = str(folder / "callgrind.out")
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", PYTHON, PROGRAM, "3")
    report = run("callgrind_annotate", "--threshold=100", out)
    needed: Counter[str] = Counter()
    for count, name in re.findall(r"^\s*([\d,]+) \([\s\d.]+%\)\s+\S+?:(\S[^\[\n]*)", report, re.MULTILINE):
        needed[name.strip()] += int(count.replace(",", ""))
    print("\n$ valgrind --tool=callgrind --callgrind-out-file=callgrind.out python spelling.py 3")
    print("$ callgrind_annotate callgrind.out     # each function's lines added up")
    for name, count in needed.most_common(6):
        print(f"{count:>14,}  {name[:80]}")


def main() -> None:
    """Print all three."""
    with tempfile.TemporaryDirectory() as folder:
        print_perf(Path(folder))
        print_spy(Path(folder))
        print_callgrind(Path(folder))


if __name__ == "__main__":
    main()
