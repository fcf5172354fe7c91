"""Call a built module from many threads, and look in Rust source for what goes wrong between them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import ScaffolderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.files import Reader
    from scaffolder.runtime.hammering import ModuleRunner
    from scaffolder.rust.threads import Scan
    from scaffolder.tools.thread_safety_checker.trying import Trials

TOOL = "thread_safety_checker"
UNREAD = {"tests", "benches", "examples", "venv", "fuzz"}
MODULE = re.compile(r"\w+(\.\w+)*")
app = toolkit.program("Call a built module from many threads, and look in its Rust source.")


@app.command()
def thread_safety_checker(  # noqa: PLR0913, PLR0917
    module: Annotated[
        str | None,
        typer.Argument(
            metavar="MODULE", show_default=False,
            help="A built extension, or a package that imports one. Without it source is read, and nothing is run.",
        ),
    ] = None,
    call: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPRESSION", show_default=False,
            help="A call to make, with the names of the module: `total([1, 2])`; repeatable. `callback` is an object "
            "that lets other threads run when it is called, compared, hashed or printed.  [default: all that succeed]",
        ),
    ] = None,
    make: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=EXPRESSION", show_default=False,
            help="How to make an object that the threads share: `cache=Cache(10)`; repeatable. Without `--call` its "
            "methods are called.",
        ),
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", show_default=False,
            help="Rust source to read, a folder or a file; repeatable.  [default: this folder, if no module is named]",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=2, max=64, help="How many threads make the calls.")] = 4,
    seconds: Annotated[
        float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="How long to try; what is left is listed.")
    ] = 120,
    python: toolkit.PythonToImport = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.5, max=1e6, metavar="SECONDS",
            help="How long to wait before it is looked at whether calls still come to an end.",
        ),
    ] = 10,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print all calls that were made.")] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Call a built module from many threads, and look in its Rust source for what goes wrong between them.

    Functions and classes are called with made arguments, unless you pass `--call` or `--make`: leave that to
    modules that neither delete nor send anything. They run in child processes, in an empty folder. All threads make
    the same calls at the same time, with a short switch interval; the same calls in one thread say what is right.
    Reported are results and states that one thread does not get, lost updates, exceptions, panics, failed borrows,
    objects that refuse other threads, deadlocks with the frames of all threads (those of Rust need `gdb`), crashes,
    and memory that grows. Methods of an object are also called in pairs.

    Source is read with tree-sitter: files below the folder, but for tests, benches and examples; what macros write is
    not seen. What is reported there are patterns to look at. Neither finds all races, and a clean result is no proof.

    \b
    Examples:
      pyo3-new tool thread_safety_checker
      pyo3-new tool thread_safety_checker my_package --source .
      pyo3-new tool thread_safety_checker my_package --make 'cache=Cache(10)' --call 'cache.get("a", callback)'
    """
    from scaffolder.runtime.calls import read_make

    makes = tuple(read_make(text, "cache=Cache(10)") for text in make or [])
    calls = tuple(call or [])
    check_usage(module, calls, makes)
    sources = read_sources(source, module)
    program = choose_python(module, python)
    if dry_run:
        return toolkit.show(describe_plan(module, calls, sources, program, threads), as_data=as_data)
    from scaffolder.folders import temporary_folder
    from scaffolder.runtime.hammering import ModuleRunner
    from scaffolder.terminal import progress
    from scaffolder.tools.thread_safety_checker.trying import Plan, try_module

    scan = scan_sources(sources, visible=not as_data) if sources else None
    if module is None or program is None:
        return toolkit.show(describe(scan, None, None), as_data=as_data, verbose=verbose)
    plan = Plan(calls, makes, threads, seconds)
    with temporary_folder() as scratch:
        runner = ModuleRunner(module, program, scratch, timeout)
        try:
            trials = try_module(runner, plan, lambda text: progress(text, visible=not as_data))
        finally:
            runner.close()
    return toolkit.show(describe(scan, trials, runner, in_full=verbose or as_data), as_data=as_data, verbose=verbose)


def check_usage(module: str | None, calls: Sequence[str], makes: Sequence[tuple[str, str]]) -> None:
    """Refuse what can't be tried.

    Raises:
        UsageError: A name or an expression is wrong.
    """
    from scaffolder.runtime.calls import free_names

    if module is None and (calls or makes):
        raise UsageError("`--call` and `--make` need a module", "name it first: `thread_safety_checker my_package`")
    if module is not None and not MODULE.fullmatch(module):
        hint = "name it as `import` does: `my_package._core`"
        if module.endswith(".rs") or Path(module).is_dir():
            hint = f"pass source by `--source {module}`"
        raise UsageError(f"`{module}` is not the name of a module", hint)
    for text in calls:
        free_names("--call", text)
    for _, text in makes:
        free_names("--make", text)


def read_sources(source: list[Path] | None, module: str | None) -> list[Path]:
    """Return the source to read.

    Raises:
        UsageError: There is no such source.
    """
    for path in source or []:
        if not path.exists():
            raise UsageError(f"`--source {path}` does not exist", "name a folder, or a file that ends in `.rs`")
        if path.is_file() and path.suffix != ".rs":
            raise UsageError(f"`--source {path}` is not Rust source", "name a folder, or a file that ends in `.rs`")
    return source or ([] if module else [Path()])


def choose_python(module: str | None, python: str | None) -> Path | None:
    """Return the Python that imports the module."""
    from scaffolder.machine.choices import python_for_import

    return python_for_import(python) if module is not None else None


def describe_plan(
    module: str | None, calls: Sequence[str], sources: Sequence[Path], program: Path | None, threads: int
) -> toolkit.Result:
    """Return what would be done."""
    steps = [f"read the Rust source in `{path}`" for path in sources]
    if module:
        what = " and ".join(f"`{text}`" for text in calls) if calls else "what is in it"
        steps.append(f"import `{module}` with {program}, and call {what} in {threads} threads")
    return toolkit.Result(TOOL, f"would {'; '.join(steps)}", dry_run=True)


def scan_sources(sources: list[Path], *, visible: bool) -> Scan:
    """Read the source.

    Raises:
        ScaffolderError: There is none, or it can't be read.
    """
    from scaffolder.files import Reader
    from scaffolder.rust.threads import scan
    from scaffolder.terminal import progress

    reader = Reader()
    with progress("Reading Rust source", visible=visible):
        result = scan(rust_files(sources, reader), reader)
    if not result.files:
        reasons = [f"`{problem.path}`: {problem.reason}" for problem in reader.problems]
        names = ", ".join(f"`{path}`" for path in sources)
        raise ScaffolderError(f"there is no Rust source in {reasons[0] if reasons else names}", "pass `--source PATH`")
    return result


def rust_files(sources: list[Path], reader: Reader) -> Iterator[Path]:
    """Yield the Rust files that are named, or in folders, but for tests, examples and what is built."""
    from scaffolder.anatomy.layout import SKIPPED

    names = SKIPPED | UNREAD
    for path in sources:
        if path.is_dir():
            yield from reader.walk(path, (".rs",), lambda entry: entry.name in names or entry.name.startswith("."))
        else:
            yield path


def describe(
    scan: Scan | None, trials: Trials | None, runner: ModuleRunner | None, *, in_full: bool = False
) -> toolkit.Result:
    """Return what was seen."""
    findings = [*scan_findings(scan), *trial_findings(scan, trials, runner)]
    parts = []
    if trials and runner:
        mixed = f" and {number_of(trials.mixes, 'combination')} of them" if trials.mixes else ""
        calls = f"{number_of(len(trials.comparisons), 'call')} of `{runner.module}`{mixed}"
        parts.append(f"{calls} in {trials.threads} threads, by Python {runner.facts['python']}")
    if scan:
        parts.append(f"{number_of(scan.files, 'file')} of Rust with {number_of(scan.lines, 'line')}")
    wrong = sum(finding.level in {"error", "warning"} for finding in findings)
    outcome = number_of(wrong, "finding") if wrong else describe_silence(scan, trials)
    tables = tuple(tables_of(trials)) if trials and in_full else ()
    return toolkit.Result(TOOL, f"{'; '.join(parts)}: {outcome}", toolkit.by_level(findings), tables)


def describe_silence(scan: Scan | None, trials: Trials | None) -> str:
    """Return what it means that nothing was found."""
    if trials and not trials.comparisons:
        return "nothing found in source, and no call was tried" if scan else "no call was tried"
    is_late = trials and ("time" in trials.omissions or trials.unmixed)
    return "nothing found, but there was no time for all of it" if is_late else "nothing found, which is no proof"


def number_of(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def scan_findings(scan: Scan | None) -> Iterator[toolkit.Finding]:
    """Yield what was seen in source."""
    from scaffolder.tools.thread_safety_checker.hazards import describe_spots

    if scan:
        yield from describe_spots(scan)
        if scan.unread:
            text = f"{number_of(len(scan.unread), 'file')} could not be read"
            lines = "\n".join(f"{problem.path}: {problem.reason}" for problem in scan.unread)
            yield toolkit.Finding("unread", "warning", text, None, lines)
        if scan.unparsed:
            text = f"{number_of(len(scan.unparsed), 'place')} could not be parsed: what is around may be missing here"
            yield toolkit.Finding("unparsed", "note", text, scan.unparsed[0], "\n".join(scan.unparsed))


def trial_findings(scan: Scan | None, trials: Trials | None, runner: ModuleRunner | None) -> Iterator[toolkit.Finding]:
    """Yield what calls showed, and what they can't show."""
    from scaffolder.tools.thread_safety_checker.findings import describe_limits, describe_problem, merge_problems

    if trials and runner:
        yield from (describe_problem(problem, trials, runner, scan) for problem in merge_problems(trials.problems))
        yield from describe_limits(trials, runner)


def tables_of(trials: Trials) -> Iterator[toolkit.Table]:
    """Yield the calls that were made, and what was compared."""
    from scaffolder.tools.thread_safety_checker.findings import names_of

    words = {
        "results": "results and state", "numbers": "numbers that grow", "errors": "errors only",
        "thread": "errors: results differ by thread", "nothing": "errors: results change",
    }  # fmt: skip
    rows = tuple((names_of(call), words[basis]) for call, basis in trials.comparisons)
    if rows:
        yield toolkit.Table("Calls", ("call", "compared"), rows)
