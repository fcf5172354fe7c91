"""What came of all calls, as findings, a table and a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.errors import listing
from scaffolder.toolkit import Document, Finding, Result, Table, reference
from scaffolder.tools.numpy_validator import cases, printing, trying

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.runtime.calls import Target
    from scaffolder.toolkit import Level
    from scaffolder.tools.numpy_validator.trying import Flaw, Trials

TOOL = "numpy_validator"
WARNINGS = {"result-aliases", "wrong-dtype", "input-kept", "thread-fails"}
# Python code looks up attributes of any argument, and PyO3's buffers refuse by `BufferError`; that is no danger.
MILD = {"AttributeError", "BufferError", "NameError", "AssertionError", "RecursionError", "MemoryError"}
SAYS = {
    "crashes": "it crashes", "hangs": "it hangs", "panic": "it panics",
    "read-only-written": "a read-only array is written", "input-changed": "an input is changed",
    "wrong-result": "the result is wrong", "wrong-dtype": "the result has the wrong type",
    "result-overwritten": "a result is overwritten", "unstable": "two calls with one input differ",
    "thread-race": "threads disturb each other", "thread-fails": "a call fails only while several threads call",
    "memory-grows": "memory grows", "wrong-exception": "it raises neither `TypeError` nor `ValueError`",
    "result-aliases": "a result is a view of an input", "input-kept": "an input is kept",
}  # fmt: skip
SKILL = "pyo3-type-conversion-advanced"
# The chapter that explains a failure; what is wrong with some arrays only is explained where these are.
CHAPTERS = {
    "read-only-written": "in-place", "input-changed": "in-place", "thread-race": "in-place", "wrong-dtype": "dtypes",
    "result-overwritten": "returning-arrays", "result-aliases": "returning-arrays", "thread-fails": "borrowing-arrays",
    "memory-grows": "proving", "input-kept": "proving", "wrong-exception": "borrowing-arrays",
}  # fmt: skip
# The order of findings, and the colours of cells in the drawing.
ORDER = list(trying.WORDS)
COLOURS = {"ok": "#b7e4c7", "refuses": "#e9ecef", "not tried": "#ffffff", "?": "#ffffff", "": "#ffffff"}
BAD, ODD = "#f28482", "#ffe08a"
ODD_WORDS = {"aliases", "dtype", "keeps", "fails"}
COLUMNS, ROWS = 5, 12


def describe(trials: Trials, target: Target, dtypes: list[str], *, in_full: bool) -> Result:
    """Return the result of the tool."""
    flaws = sorted(trials.flaws, key=lambda flaw: ORDER.index(flaw.id))
    findings = (*(finding_of(flaw) for flaw in flaws), *remarks(trials, target))
    sources = [flaw.test for flaw in flaws if flaw.test]
    tests = (Document("python", printing.join(sources)),) if sources else ()
    count = len(trials.cells)
    errors = sum(finding.level == "error" for finding in findings)
    problems = f"{errors or 'no'} error{'s' if errors != 1 else ''}"
    summary = f"`{target.module}:{target.function}` with {count} kinds of arrays: {problems}"
    versions = f"NumPy {trials.versions['numpy']}, Python {trials.versions['python']}"
    tables = [full_table(trials, dtypes)] if in_full else list(grouped_tables(trials, dtypes))
    return Result(TOOL, f"{summary}, by {versions}", findings, tuple(tables), tests)


def finding_of(flaw: Flaw) -> Finding:
    """Return a flaw as a finding."""
    level: Level = "warning" if flaw.id in WARNINGS or flaw.facts.get("type") in MILD else "error"
    where, evidence = f"{flaw.case.layout}, {flaw.case.dtype}", flaw.facts.get("evidence")
    rows = [row for row in flaw.rows if row != f"{flaw.case.layout} {flaw.case.dtype}"]
    if rows:
        evidence = "\n".join(filter(None, [evidence, f"the same with {shorten(rows)}"]))
    text = f"{SAYS[flaw.id]}: {flaw.facts['text']}"
    if not flaw.test and trying.is_printable(flaw):
        text += "; it fails only after other calls, so there is no test"
    fix = "mend it until its test passes" if flaw.test else None
    return Finding(flaw.id, level, text, where, evidence=evidence, fix=fix, reference=chapter_of(flaw))


def chapter_of(flaw: Flaw) -> str | None:
    """Return the chapter that explains a failure."""
    if flaw.id in {"panic", "crashes"}:
        return reference("pyo3-fundamentals", "panics")
    layout = flaw.case.layout
    chapter = CHAPTERS.get(flaw.id)
    if chapter is None and layout in cases.PAIRS:
        chapter = "in-place"
    elif chapter is None and layout not in {"contiguous", "large", *cases.VALUES, *cases.RUNS, *cases.OBJECTS}:
        chapter = "dtypes" if layout == "swapped bytes" else "layouts"
    return reference(SKILL, chapter) if chapter else None


def remarks(trials: Trials, target: Target) -> Iterator[Finding]:
    """Yield what was not tried or not compared."""
    texts = {
        "reference-refuses": "not compared, because the reference raises an exception",
        "not-compared": "not compared, because the result is no array, number, text or bytes",
        "not-tried": "not tried, because the arrays could not be read again",
    }
    for kind, rows in trials.remarks.items():
        yield Finding(kind, "note", f"{texts[kind]}: {shorten(dict.fromkeys(rows))}")
    skipped = [f"{layout} {dtype}" for (layout, dtype), word in trials.cells.items() if word in {"not tried", "?"}]
    if skipped:
        yield Finding("skipped", "note", f"not tried: {shorten(skipped)}")
    if target.reference is None:
        text = "results were compared only with those for contiguous copies: pass `--reference` to compare the values"
        yield Finding("no-reference", "note", text)
    if not trials.versions["free_threaded"]:
        yield Finding("free-threading", "note", "not tried: a free-threaded Python, where threads run at the same time")
    if all(word == "refuses" for word in trials.cells.values()):
        text = "every call was refused, so nothing was compared: the expression may be wrong"
        yield Finding("all-refused", "warning", text, fix="look at `--call`, `--shape` and `--dtypes`")


def shorten(rows: Iterable[str]) -> str:
    """Return rows for a sentence, the first of many."""
    names = list(rows)
    count = len(names) - ROWS
    return f"{', '.join(f'`{name}`' for name in names[:ROWS])} and {count} more" if count > 0 else listing(names, "and")


def full_table(trials: Trials, dtypes: list[str]) -> Table:
    """Return what happened, a column for each type."""
    rows = ((layout, *(trials.cells.get((layout, dtype), "") for dtype in dtypes)) for layout in cases.LAYOUTS)
    return Table("What happened", ("arrays", *dtypes), tuple(row for row in rows if any(row[1:])))


def grouped_tables(trials: Trials, dtypes: list[str]) -> Iterator[Table]:
    """Yield what happened, types of which the same is true in one column."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for dtype in dtypes:
        # A type that a row does not have joins those that have it.
        outcomes = tuple(trials.cells.get((layout, dtype), "") for layout in cases.LAYOUTS)
        fits = [key for key in groups if all(a == b or "" in {a, b} for a, b in zip(key, outcomes, strict=True))]
        key = fits[0] if fits else outcomes
        names = groups.pop(key, [])
        groups[tuple(a or b for a, b in zip(key, outcomes, strict=True))] = [*names, dtype]
    columns = list(groups.items())
    for start in range(0, len(columns), COLUMNS):
        part = columns[start : start + COLUMNS]
        rows = ((layout, *(words[place] for words, _ in part)) for place, layout in enumerate(cases.LAYOUTS))
        heads = (" ".join(dtypes) for _, dtypes in part)
        yield Table("What happened", ("arrays", *heads), tuple(row for row in rows if any(row[1:])))


def draw(trials: Trials, target: Target, dtypes: list[str]) -> str:
    """Return the table as an SVG image."""
    table = full_table(trials, dtypes)
    cell, row, left, top = 66, 20, 130, 90
    width, height = left + cell * len(dtypes) + 60, top + row * len(table.rows) + 16
    lines = [svg_head(width, height, f"{target.module}:{target.function}", letters=11)]
    for number, dtype in enumerate(dtypes):
        x = left + number * cell + cell // 2
        lines.append(f'<text transform="translate({x} {top - 8}) rotate(-40)">{escape_text(dtype)}</text>\n')
    for place, (layout, *words) in enumerate(table.rows):
        y = top + place * row
        lines.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape_text(layout)}</text>\n')
        for number, word in enumerate(words):
            fill = COLOURS.get(word) or (ODD if word in ODD_WORDS else BAD)
            x = left + number * cell
            lines.append(f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{row - 2}" fill="{fill}"/>\n')
            lines.append(f'<text x="{x + cell // 2}" y="{y + 14}" text-anchor="middle">{escape_text(word)}</text>\n')
    return "".join([*lines, "</svg>\n"])
