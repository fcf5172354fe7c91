"""Build a crate, run a program as on a bare machine, and say what came of it."""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.files import is_file, real
from scaffolder.folders import temporary_folder
from scaffolder.machine.children import kill_tree
from scaffolder.machine.recording import end_of
from scaffolder.toolkit import Table
from scaffolder.tools.embed_doctor.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.anatomy.host_crates import HostCrate
    from scaffolder.toolkit import Finding

OUTPUT_LIMIT = 256 * 1024
SHOWN = 15
STDLIB = "standard library"
# What a failed start or build prints, what it means, and the chapter about it.
MEANINGS = (
    (
        r"error while loading shared libraries: (\S+?): cannot open|Library not loaded: (\S+)",
        "the loader does not find `{}`",
        "distribution",
    ),
    (r"version `(GLIBC_\S+)' not found", "the program was built on a newer system: it needs `{}`", "distribution"),
    (r"No module named '(encodings)'", "Python finds no standard library, and so no `{}`", "standard-library"),
    (r"(Python) interpreter is not initialized", "`{}` was not started before the program attached to it", "hosting"),
    (r"called `(append_to_inittab)` but", "`{}!` comes after the start of Python", "host-types"),
    (
        r"ImportError: .*undefined symbol: (_?Py\w+)",
        "an extension module does not find `{}`, because the program does not offer Python's functions",
        "hosting",
    ),
    (r"undefined (?:reference to|symbol:?)\W+(_?Py[A-Z_]\w+)", "`{}` is undefined", "hosting"),
    (r'Undefined symbols[^"]*"_(_?Py[A-Z_]\w+)"', "`{}` is undefined", "hosting"),
    (r"(?:cannot find|library not found for|unable to find library) -l(python[\w.]+)", "it lacks lib{}", "hosting"),
    (r"library '(python[\w.]+)' not found", "it lacks lib{}", "hosting"),
    (r"Fatal Python error: (.*)", "Python does not start: `{}`", "configuration"),
)
# What the Python of a program runs as its `sitecustomize`; it may be of any version.
TELLING = r"""
import json, os, sys
if not os.path.exists(os.environ["EMBED_DOCTOR"]):
    with open(os.environ["EMBED_DOCTOR"], "w") as file:
        json.dump({
            "version": "%d.%d.%d" % sys.version_info[:3],
            "sys.prefix": sys.prefix,
            "sys.executable": sys.executable or "",
            "standard library": os.path.dirname(os.__file__),
            "encoding of file names": sys.getfilesystemencoding(),
            "encoding of stdout": getattr(sys.stdout, "encoding", None) or "none",
        }, file)
"""


@dataclass
class Run:
    """What came of a program.

    Attributes:
        code: Its exit code; none if it still ran when its time was over.
        output: What it printed.
        facts: What its Python said of itself.
        strays: Whether it read the standard library from outside of the folder that it was moved in.
    """

    code: int | None
    output: str
    facts: dict[str, str] = field(default_factory=dict)
    strays: bool = False


def build_host(host: HostCrate, program: str | None) -> tuple[Path | None, Finding]:
    """Build a program of a crate with cargo, in debug mode; return it, and what came of it.

    Raises:
        UsageError: The crate has no such program, or several.
        ScaffolderError: There is no cargo.
    """
    names = [program] if program else list(host.programs)
    if program and program not in host.programs:
        raise UsageError(f"`{host.name}` has no program `{program}`", f"it has {listing(host.programs, 'and')}")
    if len(names) > 1:
        raise UsageError(
            f"`{host.name}` has several programs: {listing(names, 'and')}", f"choose one: `--bin {names[0]}`"
        )
    command = ["cargo", "build", "--package", host.name, "--bin", names[0]]
    try:
        done = subprocess.run(
            [*command, "--message-format", "json-render-diagnostics"], cwd=host.crate.folder, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
    except OSError as error:
        raise ScaffolderError(f"`cargo` can't be run: {error.strerror}", "install Rust: https://rustup.rs") from error
    shown = " ".join(command)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    files = [message["executable"] for message in messages if message.get("executable")]
    if done.returncode == 0 and files:
        return Path(files[-1]), finding("sound", shown, what=f"`{names[0]}` was built")
    return None, _explain_build(done.stderr, shown)


def _explain_build(output: str, shown: str) -> Finding:
    meaning = _meaning(output)
    what = f"the program can't be linked: {meaning[0]}" if meaning else "the program can't be built"
    chapter = meaning[1] if meaning else "hosting"
    return finding("build-fails", shown, last_lines(output), what=what, chapter=chapter)


def run_program(program: Path, arguments: Sequence[str], timeout: float, root: Path | None) -> Run:
    """Run a program as on a bare machine: without PATH, in another folder, and moved if it is in a bundle.

    Args:
        program: The program.
        arguments: Its arguments.
        timeout: When to end it, in seconds.
        root: The bundle's folder.
    """
    with temporary_folder() as scratch:
        moved = scratch / "moved" if root else None
        if root and moved:
            shutil.copytree(root, moved, symlinks=True)
            program = moved / program.relative_to(root)
        for name in ("telling", "elsewhere"):
            (scratch / name).mkdir()
        (scratch / "telling/sitecustomize.py").write_text(TELLING, encoding="utf-8")
        variables = {"HOME": str(scratch), "PYTHONPATH": str(scratch / "telling")}
        variables |= {"EMBED_DOCTOR": str(scratch / "facts.json"), "PYTHONDONTWRITEBYTECODE": "1"}
        if sys.platform == "win32":
            variables["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        code = _run([str(real(program)), *arguments], variables, scratch, timeout)
        with (scratch / "output").open("rb") as file:
            file.seek(max(0, (scratch / "output").stat().st_size - OUTPUT_LIMIT))
            text = file.read().decode("utf-8", "replace")
        facts: dict[str, Any] = {}
        if is_file(scratch / "facts.json"):
            with suppress(ValueError):
                facts = json.loads((scratch / "facts.json").read_text(encoding="utf-8"))
        strays = moved is not None and not real(Path(facts.get(STDLIB, moved))).is_relative_to(real(moved))
        shown = {name: str(value).replace(str(moved), "BUNDLE") for name, value in facts.items()}
        return Run(code, text, shown, strays)


def _run(command: list[str], variables: dict[str, str], scratch: Path, timeout: float) -> int | None:
    """Run a program, and end it and what it has started when its time is over."""
    with (scratch / "output").open("wb") as output:
        try:
            process = subprocess.Popen(
                command, cwd=scratch / "elsewhere", env=variables, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ScaffolderError(f"`{command[0]}` can't be run: {error.strerror}") from error
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            kill_tree(process)
            process.wait()


def judge_run(run: Run, where: str, timeout: float) -> Iterator[Finding]:
    """Yield what a run shows."""
    if run.code and (meaning := _meaning(run.output)):
        yield finding("does-not-start", where, last_lines(run.output), what=meaning[0], chapter=meaning[1])
        return
    if run.code:
        yield finding("fails", where, last_lines(run.output), ending=end_of(run.code))
    else:
        ending = f"it still ran after {timeout:g} s" if run.code is None else "it ended with exit code 0"
        yield finding("starts", where, what=f"the program starts without PATH and in another folder: {ending}")
    if not run.facts:
        yield finding("unasked", where)
        return
    if run.strays:
        yield finding("prefix-outside", where, folder=run.facts[STDLIB])
    odd = [name for name, value in run.facts.items() if name.startswith("encoding") and not _is_utf8(value)]
    if odd:
        yield finding("encoding", where, name=odd[0], value=run.facts[odd[0]])


def _is_utf8(name: str) -> bool:
    try:
        return name == "none" or codecs.lookup(name).name == "utf-8"
    except LookupError:
        return False


def _meaning(output: str) -> tuple[str, str] | None:
    """Return what an output means, and the chapter about it."""
    for pattern, text, chapter in MEANINGS:
        if match := re.search(pattern, output):
            return text.format(match[match.lastindex or 0]), chapter
    return None


def describe_run(run: Run) -> Table | None:
    """Return what a program's Python said of itself as a table."""
    return Table("Python as it was started", ("what", "is"), tuple(run.facts.items())) if run.facts else None


def last_lines(output: str) -> str | None:
    """Return the last lines of an output, without empty ones, and shortened."""
    lines = [line[:300] for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-SHOWN:]) or None
