"""Write the chapters on troubleshooting from the catalogue; their documents call `write` through cog."""

from __future__ import annotations

from pathlib import Path

from scaffolder.output.transcript import transcript
from scaffolder.tools.debugger.catalogue import SKILL, Problem, load_problems
from scaffolder.tools.debugger.recognition import Recognised, recognise

ROOT = Path(__file__).resolve().parents[1]
FAILURES = ROOT / "tests/tools/debugger/failures"
# So many characters of a message are shown.
SHOWN = 120
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


def write(group: str, skill: str = SKILL) -> None:
    """Write the entries of a group that are listed by a skill; called by cog."""
    import cog  # type: ignore[import-not-found]

    for problem in load_problems():
        if (problem.group, page(problem).parts[-3]) == (group, skill):
            cog.outl(entry(problem))


def page(problem: Problem) -> Path:
    """Return the chapter that lists a problem: of the skill that explains it, if that has one on troubleshooting."""
    skill = problem.chapter.rpartition("/")[0] or SKILL
    own, general = (ROOT / "skills" / name / "references/troubleshooting.md" for name in (skill, SKILL))
    return own if own.exists() else general


def entry(problem: Problem) -> str:
    """Return a problem's line: what one sees, what it means and why, and where more is said.

    Args:
        problem: It has a failing output in the tests' folder, which the message is from.
    """
    text, seen = example(problem)
    message = text[seen.start :].lstrip(": \n\t").partition("\n")[0].rstrip()
    shown = f"{message[:SHOWN].rstrip()}…" if len(message) > SHOWN else message
    title, cause = (problem.fill(part, seen.values) for part in (problem.title, problem.cause))
    links = [
        *([f" More in {chapter_link(problem.chapter)}."] if problem.chapter else []),
        *([f" People ask in {', '.join(map(thread_link, problem.threads))}."] if problem.threads else []),
    ]
    return f'- <a id="{problem.id}"></a>**{problem.id}**: {code(shown)}: {title}. {cause}{"".join(links)}'


def example(problem: Problem) -> tuple[str, Recognised]:
    """Return a problem's failing output, and what is recognised in it."""
    file = min(FAILURES.glob(f"{problem.id}--*.txt"))
    output = transcript(file.read_bytes().partition(b"\n")[2])
    return output.text, next(match for match in recognise(output).problems if match.problem.id == problem.id)


def code(text: str) -> str:
    """Return a line as code."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def chapter_link(chapter: str) -> str:
    """Link to a chapter, or to a section of it."""
    page, _, anchor = chapter.partition("#")
    skill, _, name = page.rpartition("/")
    shown = f"{name.replace('-', ' ')}: {anchor.replace('-', ' ')}" if anchor else name.replace("-", " ")
    folder = f"../../{skill}/references/" if skill else ""
    return f"[{shown}]({folder}{name}.md{'#' if anchor else ''}{anchor})"


def thread_link(thread: str) -> str:
    """Link to a thread such as `pyo3#340`."""
    project, _, number = thread.partition("#")
    return f"[{thread}](https://github.com/{OWNERS[project]}/issues/{number})"
