"""Write the chapter on troubleshooting from the catalogue; its document calls `write` through cog."""

from __future__ import annotations

from pathlib import Path

from scaffolder.output.transcript import transcript
from scaffolder.tools.debugger.catalogue import GROUPS, Problem, load_problems
from scaffolder.tools.debugger.recognition import Recognised, recognise

FAILURES = Path(__file__).resolve().parents[1] / "tests/tools/debugger/failures"
# So many characters of a message are in the index.
SHOWN = 80
# And so many lines of it in a section.
MOST_LINES = 4
OWNERS = {
    "cargo-zigbuild": "rust-cross/cargo-zigbuild",
    "delta-rs": "delta-io/delta-rs",
    "icechunk": "earth-mover/icechunk",
    "maturin": "PyO3/maturin",
    "maturin-action": "PyO3/maturin-action",
    "mimalloc": "microsoft/mimalloc",
    "pyo3": "PyO3/pyo3",
    "pyo3-asyncio": "awestlake87/pyo3-asyncio",
    "pyo3-async-runtimes": "PyO3/pyo3-async-runtimes",
    "pyo3-log": "vorner/pyo3-log",
    "pywin32": "mhammond/pywin32",
    "ring": "briansmith/ring",
    "rust-numpy": "PyO3/rust-numpy",
    "rust-openssl": "sfackler/rust-openssl",
    "rye": "astral-sh/rye",
    "setuptools-rust": "PyO3/setuptools-rust",
    "startinpy": "hugoledoux/startinpy",
    "tokenizers": "huggingface/tokenizers",
    "tokio": "tokio-rs/tokio",
    "twine": "pypa/twine",
    "uv": "astral-sh/uv",
}


def write(group: str) -> None:
    """Write the sections of a group; called by cog."""
    import cog  # type: ignore[import-not-found]

    for problem in load_problems():
        if problem.group == group:
            cog.outl(section(problem))


def index() -> None:
    """Write a table of a line for each section, by what one sees; called by cog."""
    import cog

    cog.outl("| Message | Section |\n| --- | --- |")
    for group, title in GROUPS.items():
        cog.outl(f"| **{title}** | |")
        for problem in load_problems():
            if problem.group == group:
                cog.outl(row(problem))


def row(problem: Problem) -> str:
    """Return a problem's line in the index: what is recognised, from where it begins, and the title as a link."""
    _, text, seen = example(problem)
    message = text[seen.start :].lstrip(": \n\t").partition("\n")[0].rstrip()
    shown = f"{message[:SHOWN].rstrip()}…" if len(message) > SHOWN else message
    title = problem.fill(problem.title, seen.values)
    return f"| {code(shown)} | [{title}](#{problem.id}) |"


def section(problem: Problem) -> str:
    """Return a problem's section: what one sees, why, what to do, and where more is said.

    Args:
        problem: It has a failing output in the tests' folder, which is the excerpt.
    """
    first, _, seen = example(problem)
    lines = seen.evidence.splitlines()
    excerpt = "\n".join([first, *lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])])
    cause = problem.fill(problem.cause, seen.values)
    links = [
        *([f"More in {chapter_link(problem.chapter)}."] if problem.chapter else []),
        *([f"People ask in {', '.join(map(thread_link, problem.threads))}."] if problem.threads else []),
    ]
    return "\n".join([
        f"### {problem.id}\n",
        f"**{problem.level}:** {problem.fill(problem.title, seen.values)}\n",
        f"{fenced(excerpt)}\n",
        f"{cause}\n",
        f"{fenced(problem.fill(problem.fix, seen.values))}\n",
        *([" ".join(links) + "\n"] if links else []),
    ])  # fmt: skip


def example(problem: Problem) -> tuple[str, str, Recognised]:
    """Return where a problem's failing output is from, the output, and what is recognised in it."""
    file = min(FAILURES.glob(f"{problem.id}--*.txt"))
    first, _, rest = file.read_bytes().partition(b"\n")
    output = transcript(rest)
    seen = next(match for match in recognise(output).problems if match.problem.id == problem.id)
    return first.decode("utf-8"), output.text, seen


def code(text: str) -> str:
    """Return a line as code in a table's cell."""
    escaped = text.replace("|", "\\|")
    return f"`` {escaped} ``" if "`" in escaped else f"`{escaped}`"


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
