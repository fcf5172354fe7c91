"""Write the chapter on troubleshooting from the catalogue; its document calls `write` through cog."""

from __future__ import annotations

from pathlib import Path

from debugging.catalogue import Problem, load
from debugging.explaining import recognise
from debugging.reading import decode

FAILURES = Path(__file__).resolve().parents[4] / "tests/skills/failures"
OWNERS = {
    "cargo-zigbuild": "rust-cross/cargo-zigbuild",
    "maturin": "PyO3/maturin",
    "maturin-action": "PyO3/maturin-action",
    "mimalloc": "microsoft/mimalloc",
    "pyo3": "PyO3/pyo3",
    "pyo3-async-runtimes": "PyO3/pyo3-async-runtimes",
    "pyo3-log": "vorner/pyo3-log",
    "rust-numpy": "PyO3/rust-numpy",
    "rye": "astral-sh/rye",
    "setuptools-rust": "PyO3/setuptools-rust",
    "twine": "pypa/twine",
    "uv": "astral-sh/uv",
}


def write(group: str) -> None:
    """Write the sections of a group; called by cog."""
    import cog  # type: ignore[import-not-found]

    for problem in load():
        if problem.group == group:
            cog.outl(section(problem))


def section(problem: Problem) -> str:
    """Return a problem's section: what one sees, why, what to do, and where more is said.

    Args:
        problem: It has a failing output in the tests' folder, which is the excerpt.
    """
    file = min(FAILURES.glob(f"{problem.id}--*.txt"))
    first, _, text = decode(file.read_bytes()).partition("\n")
    seen = next(each for each in recognise(text) if each.problem.id == problem.id)
    excerpt = f"{first}\n{seen.evidence}"
    cause = problem.fill(problem.cause, seen.found)
    asked = f"; people ask in {', '.join(map(thread_link, problem.threads))}" if problem.threads else ""
    return "\n".join([
        f"### {problem.id}\n",
        f"**{problem.level}:** {problem.fill(problem.title, seen.found)}\n",
        f"{fenced(excerpt)}\n",
        f"{cause}\n",
        f"{fenced(problem.fill(problem.fix, seen.found))}\n",
        f"More in {chapter_link(problem.chapter)}{asked}.\n",
    ])  # fmt: skip


def fenced(text: str) -> str:
    """Return a block of text."""
    return f"```text\n{text}\n```"


def chapter_link(chapter: str) -> str:
    """Link to a chapter, or to a section of it."""
    name, _, anchor = chapter.partition("#")
    shown = f"{name.replace('-', ' ')}: {anchor.replace('-', ' ')}" if anchor else name.replace("-", " ")
    return f"[{shown}]({name}.md{'#' if anchor else ''}{anchor})"


def thread_link(thread: str) -> str:
    """Link to a thread such as `pyo3#340`."""
    project, _, number = thread.partition("#")
    return f"[{thread}](https://github.com/{OWNERS[project]}/issues/{number})"
