"""Turn Python types or a JSON sample into Rust types, and Rust into a Python stub."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.tools.type_converter.model import RustCode
    from scaffolder.tools.type_converter.stub_text import Stub

app = toolkit.program("Turn Python types or a JSON sample into Rust types, and Rust into a Python stub.")
SKILL = "pyo3-fundamentals"
WIDEST = 29


class Kind(StrEnum):
    """What the input is."""

    annotation = "annotation"
    python = "python"
    json = "json"
    rust = "rust"


SUFFIXES = {".py": Kind.python, ".pyi": Kind.python, ".json": Kind.json, ".rs": Kind.rust}


@app.command()
def type_converter(  # noqa: PLR0913, PLR0917
    source: Annotated[
        str,
        typer.Argument(
            metavar="ANNOTATION|FILE|-",
            help="A Python annotation, a file that ends in `.py`, `.json` or `.rs`, or `-` for standard input.",
        ),
    ],
    kind: Annotated[
        Kind | None,
        typer.Option("--from", help="What the input is.  [default: by the file's name]", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="The name of the whole of a JSON sample.  [default: Record]", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the code to this file.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    dry_run: toolkit.DryRun = False,
    verbose: toolkit.Verbose = False,
    as_data: toolkit.AsData = False,
) -> None:
    """Turn Python types or a JSON sample into Rust types, and Rust into a Python stub.

    \b
    Examples:
      pyo3-new tool type_converter 'dict[str, list[float]]'
      pyo3-new tool type_converter models.py -o src/models.rs
      pyo3-new tool type_converter sample.json --name Order
      pyo3-new tool type_converter src/lib.rs
    """
    text, label, found = read(source, kind)
    if name is not None and found is not Kind.json:
        raise UsageError("`--name` is the name of a JSON sample, and this is none", "leave out `--name`")
    result = from_rust(text, label) if found is Kind.rust else to_rust(text, label, found, name or "Record")
    if output is not None:
        result = written(result, output, force=force, dry_run=dry_run)
    toolkit.show(result if as_data else narrowed(result), as_data=as_data, verbose=verbose)


def read(source: str, kind: Kind | None) -> tuple[str, str, Kind]:
    """Return the input with what it is called and what it is.

    Raises:
        UsageError: It can't be read, or it is not clear what it is.
    """
    if source == "-":
        if kind is None:
            raise UsageError("standard input may be anything", "say what it is: `--from python`, `json` or `rust`")
        return content_of(source), "standard input", kind
    guess = kind or SUFFIXES.get(Path(source).suffix)
    if guess is None and is_path(source):
        raise UsageError(f"`{source}` does not say by its name what it is", "say what it is: `--from python`, say")
    if guess is None or guess is Kind.annotation:
        return source, source, Kind.annotation
    return content_of(source), source, guess


def is_path(source: str) -> bool:
    """Whether it is meant for a file: there is one, or it is no annotation but has a slash."""
    try:
        return Path(source).is_file() or re.fullmatch(r"[\w.~-]*[/\\][\w./\\~-]*", source) is not None
    except (OSError, ValueError):
        return False


def content_of(source: str) -> str:
    """Return the text of a file, or of standard input.

    Raises:
        UsageError: It can't be read.
    """
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        label = "standard input" if source == "-" else f"`{source}`"
        raise UsageError(f"{label} can't be read: {reason}", "name a file of text") from error


def to_rust(text: str, label: str, kind: Kind, name: str) -> toolkit.Result:
    """Turn Python or JSON into Rust.

    Raises:
        UsageError: It has no Rust type.
    """
    try:
        return rust_result(*rust_code(text, label, kind, name))
    except RecursionError:
        raise UsageError(f"{shortened(label)} has too many types inside each other", "use `object`") from None


def shortened(text: str) -> str:
    """Return a text in backquotes, cut if it is long."""
    return f"`{text[:80]}...`" if len(text) > 80 else f"`{text}`"


def rust_code(text: str, label: str, kind: Kind, name: str) -> tuple[RustCode, str]:
    """Turn Python or JSON into Rust code, with a line that says what it is."""
    from scaffolder.tools.type_converter.annotations import Annotations
    from scaffolder.tools.type_converter.json_sample import convert_sample
    from scaffolder.tools.type_converter.model import RustCode
    from scaffolder.tools.type_converter.python_source import convert_module

    if kind is Kind.annotation:
        code = RustCode()
        found = Annotations(code).parse(text)
        code.rows = {found.row: None} | {row: None for row in code.rows if row != found.row}
        owned = "" if found.owned == found.argument else f" as an argument, and `{found.owned}` as a field or result"
        summary = f"`{text}` is `{found.argument}`{owned}"
    else:
        code = convert_sample(text, name, label) if kind is Kind.json else convert_module(text, label)
        summary = f"{len(code.items)} type{'s' if len(code.items) != 1 else ''} from {label}"
    return code, summary


def rust_result(code: RustCode, summary: str) -> toolkit.Result:
    """Return Rust code with its table and notes."""
    from scaffolder.tools.type_converter.model import COLUMNS

    documents = [toolkit.Document("rust", code.text)] if code.items else []
    if code.crates:
        documents.append(toolkit.Document("toml", code.dependencies))
    page = toolkit.reference(SKILL, "types")
    notes = (toolkit.Finding("conversion", "note", text, reference=page) for text in code.notes)
    table = toolkit.Table("Conversions", COLUMNS, tuple(code.rows))
    return toolkit.Result("type_converter", summary, tuple(notes), (table,), tuple(documents))


def from_rust(text: str, label: str) -> toolkit.Result:
    """Turn Rust into a stub."""
    from scaffolder.tools.type_converter.rust_source import convert_rust

    stub = convert_rust(text, label)
    main, *more = stub.texts.items()
    documents = [toolkit.Document("python", main[1])]
    documents += [toolkit.Document("python", text, f"{'/'.join(path)}.pyi") for path, text in more]
    if more:
        files = ", ".join(f"`{document.path}`" for document in documents[1:])
        stub.types.notes[
            f"a submodule has a stub of its own: the texts are `__init__.pyi`, and {files} beside it; "
            "`--output` writes the first one only"
        ] = None
    summary = f"a stub of {stub.size} name{'s' if stub.size != 1 else ''} from {label}"
    return toolkit.Result("type_converter", summary, tuple(stub_notes(stub)), (), tuple(documents))


def stub_notes(stub: Stub) -> Iterator[toolkit.Finding]:
    """Return what a reader of a stub should know."""
    page = toolkit.reference(SKILL, "documentation")
    if stub.types.unknown:
        unknown = ", ".join(f"`{name}`" for name in stub.types.unknown)
        message = f"not known here, and therefore `Any`: {unknown}"
        yield toolkit.Finding("unknown-type", "note", message, reference=page)
    for note in stub.types.notes:
        yield toolkit.Finding("stub", "note", note, reference=page)


def narrowed(result: toolkit.Result) -> toolkit.Result:
    """Cut what is long in the tables, which the code has in full."""
    from dataclasses import replace

    tables = (
        replace(table, rows=tuple(tuple(cut(cell) for cell in row) for row in table.rows)) for table in result.tables
    )
    return replace(result, tables=tuple(tables))


def cut(text: str) -> str:
    """Return a text of at most `WIDEST` characters."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def written(result: toolkit.Result, output: Path, *, force: bool, dry_run: bool) -> toolkit.Result:
    """Write the first document to a file, in one step.

    Raises:
        UsageError: There is nothing to write, the file is there already, or it can't be written.
    """
    from dataclasses import replace

    if not result.documents:
        raise UsageError("there is no code to write: the type needs none", "leave out `--output`")
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(f"`{output}` can't be written: it is no file in a folder that is there", "name another file")
    if output.exists() and not force:
        raise UsageError(f"`{output}` is there already", "pass `--force` to replace it")
    document = replace(result.documents[0], path=str(output))
    if not dry_run:
        try:
            toolkit.replace_file(output, document.text)
        except OSError as error:
            raise UsageError(f"`{output}` can't be written: {error.strerror}", "name another file") from error
    documents = (document, *result.documents[1:])
    return replace(result, documents=documents, dry_run=dry_run, summary=f"{result.summary}, in {output}")
