# /// script
# requires-python = ">=3.10"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Turn Python types or a JSON sample into Rust types, and Rust into a Python stub."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import ScaffolderError, UsageError

if TYPE_CHECKING:
    from conversion.model import RustCode

app = toolkit.program("Turn Python types or a JSON sample into Rust types, and Rust into a Python stub.")
SKILL = "pyo3-fundamentals"


class Kind(str, Enum):
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
    name: Annotated[str, typer.Option(help="The name of the whole of a JSON sample.")] = "Record",
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
    result = from_rust(text, label) if found is Kind.rust else to_rust(text, label, found, name)
    if output is not None:
        result = written(result, output, force=force, dry_run=dry_run)
    toolkit.show(result, as_data=as_data, verbose=verbose)


def read(source: str, kind: Kind | None) -> tuple[str, str, Kind]:
    """Return the input with what it is called and what it is.

    Raises:
        UsageError: It can't be read, or it is not clear what it is.
    """
    if source == "-":
        if kind is None:
            raise UsageError("standard input may be anything", "say what it is: `--from python`, `json` or `rust`")
        return sys.stdin.read(), "standard input", kind
    path = Path(source)
    guess = kind or SUFFIXES.get(path.suffix)
    if guess is None or guess is Kind.annotation:
        return source, source, Kind.annotation
    try:
        return path.read_text(encoding="utf-8"), source, guess
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"`{source}` can't be read: {reason}", "name a file of text") from error


def to_rust(text: str, label: str, kind: Kind, name: str) -> toolkit.Result:
    """Turn Python or JSON into Rust."""
    from conversion.annotations import Annotations
    from conversion.json_sample import convert_sample
    from conversion.model import RustCode
    from conversion.python_source import convert_module

    if kind is Kind.annotation:
        code = RustCode()
        found = Annotations(code).parse(text)
        code.rows = {found.row: None} | {row: None for row in code.rows if row != found.row}
        owned = "" if found.owned == found.argument else f" as an argument, and `{found.owned}` as a field or result"
        summary = f"`{text}` is `{found.argument}`{owned}"
    else:
        code = convert_sample(text, name, label) if kind is Kind.json else convert_module(text, label)
        summary = f"{len(code.items)} type{'s' if len(code.items) != 1 else ''} from {label}"
    return rust_result(code, summary)


def rust_result(code: RustCode, summary: str) -> toolkit.Result:
    """Return Rust code with its table and notes."""
    from conversion.model import COLUMNS

    documents = [toolkit.Document("rust", code.text)] if code.items else []
    if code.crates:
        documents.append(toolkit.Document("toml", code.dependencies))
    page = toolkit.reference(SKILL, "types")
    notes = (toolkit.Finding("conversion", "note", text, reference=page) for text in code.notes)
    table = toolkit.Table("Conversions", COLUMNS, tuple(code.rows))
    return toolkit.Result("type_converter", summary, tuple(notes), (table,), tuple(documents))


def from_rust(text: str, label: str) -> toolkit.Result:
    """Turn Rust into a stub."""
    from conversion.rust_source import convert_rust

    stub = convert_rust(text, label)
    page = toolkit.reference(SKILL, "documentation")
    unknown = ", ".join(f"`{name}`" for name in stub.types.unknown)
    message = f"not known here, and therefore `Any`: {unknown}"
    notes = (toolkit.Finding("unknown-type", "note", message, reference=page),) if unknown else ()
    count = len(stub.classes) + len(stub.functions)
    summary = f"a stub of {count} name{'s' if count != 1 else ''} from {label}"
    return toolkit.Result("type_converter", summary, notes, (), (toolkit.Document("python", stub.text),))


def written(result: toolkit.Result, output: Path, *, force: bool, dry_run: bool) -> toolkit.Result:
    """Write the first document to a file, in one step.

    Raises:
        UsageError: There is nothing to write, or the file is there already.
        ScaffolderError: The file can't be written.
    """
    from dataclasses import replace

    if not result.documents:
        raise UsageError("there is no code to write: the type needs none", "leave out `--output`")
    if output.exists() and not force:
        raise UsageError(f"`{output}` is there already", "pass `--force` to replace it")
    document = replace(result.documents[0], path=str(output))
    if not dry_run:
        try:
            toolkit.replace_file(output, document.text)
        except OSError as error:
            raise ScaffolderError(f"`{output}` can't be written: {error.strerror}") from error
    documents = (document, *result.documents[1:])
    return replace(result, documents=documents, dry_run=dry_run, summary=f"{result.summary}, in {output}")


if __name__ == "__main__":
    toolkit.main(app, "type_converter")
