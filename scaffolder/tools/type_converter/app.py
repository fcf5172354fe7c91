"""Turn Python types or a JSON sample into Rust types that PyO3 converts."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.textfiles import is_path, read_text, write_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.tools.type_converter.model import RustCode

app = toolkit.program("Turn Python types or a JSON sample into Rust types that PyO3 converts.")
SKILL = "pyo3-fundamentals"


class Kind(StrEnum):
    """What the input is."""

    annotation = "annotation"
    python = "python"
    json = "json"


SUFFIXES = {".py": Kind.python, ".pyi": Kind.python, ".json": Kind.json}


@app.command()
def type_converter(  # noqa: PLR0913, PLR0917
    source: Annotated[
        str,
        typer.Argument(
            metavar="ANNOTATION|FILE|-",
            help="A Python type such as `list[int]`, a file that ends in `.py`, `.pyi` or `.json`, or `-` for "
            "standard input.",
            show_default=False,
        ),
    ],
    kind: Annotated[
        Kind | None,
        typer.Option("--from", help="What the input is.  [default: by the file's name]", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The name of the outermost type of a JSON sample.  [default: Record]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the code to this file.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    dry_run: toolkit.DryRun = False,
    verbose: toolkit.Verbose = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Turn Python types or a JSON sample into Rust types that PyO3 converts.

    For a Python type it prints the Rust type and the cost of the conversion. A file becomes Rust code: a struct for
    each dataclass, model of pydantic or attrs, TypedDict and NamedTuple, and an enum for each Enum; it is read and
    never run. What has no Rust type stays a Python object, with a note.

    \b
    Examples:
      pyo3-new tool type_converter 'dict[str, list[float]]'
      pyo3-new tool type_converter models.py --output src/models.rs
      pyo3-new tool type_converter order.json --name Order
    """
    text, label, kind = read_input(source, kind)
    if name is not None and kind is not Kind.json:
        raise UsageError("`--name` is for a JSON sample only", "leave out `--name`")
    result = convert(text, label, kind, name or "Record")
    if output is not None:
        result = write_document(result, output, force=force, dry_run=dry_run)
    tables = result.tables if as_data or verbose or kind is Kind.annotation else ()
    toolkit.show(replace(result, tables=tables), as_data=as_data, verbose=verbose)


def read_input(source: str, kind: Kind | None) -> tuple[str, str, Kind]:
    """Return the input, its label and its kind."""
    if source == "-":
        if kind is None:
            raise UsageError("cannot tell what is on standard input", "pass `--from python` or `--from json`")
        return read_text(source), "standard input", kind
    if Path(source).suffix == ".rs":
        raise UsageError(f"`{source}` is already Rust", "run `maturin generate-stubs -o DIR` for a stub of a module")
    guess = kind or SUFFIXES.get(Path(source).suffix)
    if guess is None and is_path(source):
        raise UsageError(f"cannot tell what `{source}` is", "pass `--from python` or `--from json`")
    if guess is None or guess is Kind.annotation:
        return source, source, Kind.annotation
    return read_text(source), source, guess


def convert(text: str, label: str, kind: Kind, name: str) -> toolkit.Result:
    """Convert Python or JSON to Rust."""
    from scaffolder.tools.type_converter.classes import convert_module, convert_sample
    from scaffolder.tools.type_converter.model import COLUMNS

    if kind is Kind.annotation:
        return convert_annotation(text)
    code = convert_sample(text, name, label) if kind is Kind.json else convert_module(text, label)
    count = len(code.finished)
    summary = f"converted {count} type{'s' if count != 1 else ''} from {label}"
    return describe(code, summary, toolkit.Table("Conversions", COLUMNS, tuple(code.rows)))


def convert_annotation(text: str) -> toolkit.Result:
    """Convert an annotation to a Rust type."""
    from scaffolder.python.annotations import parse_annotation
    from scaffolder.tools.type_converter.annotations import Annotations
    from scaffolder.tools.type_converter.model import COLUMNS, LeftOut, RustCode

    code = RustCode()
    annotation = parse_annotation(text)
    rust_type = Annotations(code).convert(annotation)
    code.left_out |= {LeftOut(annotation.text, reason, is_field=True): None for reason in rust_type.needs.reasons}
    same = rust_type.owned == rust_type.argument
    summary = f"`{annotation.text}` is `{rust_type.argument}`"
    summary += "" if same else f" as an argument, and `{rust_type.owned}` as a field or result"
    # One type fills a few lines better than many columns.
    rows = tuple(zip(COLUMNS, rust_type.row, strict=True))
    return describe(code, summary, toolkit.Table("Conversion", ("Fact", "Value"), rows))


def describe(code: RustCode, summary: str, table: toolkit.Table) -> toolkit.Result:
    """Return Rust code with a table and notes."""
    from scaffolder.tools.type_converter.known_types import CRATES
    from scaffolder.tools.type_converter.model import dependencies

    documents = [toolkit.Document("rust", code.text)] if code.finished else []
    if code.crates:
        documents.append(toolkit.Document("toml", dependencies(code.crates, CRATES)))
    return toolkit.Result("type_converter", summary, tuple(findings(code)), (table,), tuple(documents))


def findings(code: RustCode) -> Iterator[toolkit.Finding]:
    """Return the notes on the code; the last one names the chapter that explains them."""
    notes = [("conversion", text) for text in code.notes]
    for item in reversed(code.left_out):
        message = f"`{item.name}` {'holds a Python object: ' if item.is_field else 'is left out: it '}{item.reason}"
        notes.insert(0, ("python-object" if item.is_field else "left-out", message))
    for number, (identifier, message) in enumerate(notes, 1):
        page = toolkit.reference(SKILL, "types") if number == len(notes) else None
        yield toolkit.Finding(identifier, "note", message, reference=page)
