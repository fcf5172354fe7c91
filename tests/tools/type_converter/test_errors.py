"""The tool `type_converter`: what it says to input that it can't convert, and where it writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tools.type_converter import models

if TYPE_CHECKING:
    from tests.conftest import Command

CLASSES = Path(models.__file__).read_text(encoding="utf-8")
FILES = {
    "broken.json": b"{",
    "empty.json": b"",
    "list.json": b"[]",
    "numbers.json": b"[1, 2, 3]",
    "null.json": b"null",
    "deep.json": b"[" * 100_000 + b"]" * 100_000,
    "deeper.json": b'{"a":' * 900 + b"1" + b"}" * 900,
    "long.json": b'{"a": ' + b"1" * 5000 + b"}",
    "twice.json": b'{"a": 1, "a": "x"}',
    "surrogate.json": b'{"\\ud800": 1}',
    "deep.py": b"x = " + b"(" * 100_000,
    "latin.py": "é".encode("latin-1"),
    "broken.py": b"class:",
    "null.py": b"x\0",
    "empty.py": b"x = 1",
    "plain.py": b"class A:\n    x: int",
    "fieldless.py": b"@dataclass\nclass A:\n    pass",
    "bad.toml": b"",
}
ERRORS = [
    (["dict[str"], "`dict[str` is not a valid type annotation"),
    (["1 + 2"], "`1 + 2` is not a valid type annotation"),
    (["Optional[int, str]"], "`Optional[int, str]` gives `Optional` 2 types"),
    (["Union[()]"], "`Union[()]` gives `Union` 0 types"),
    (["Literal[1 + 2]"], "`Literal[1 + 2]` has a value that is not a literal"),
    (["list[" * 5000 + "int" + "]" * 5000], "`list["),
    (["int", "--name", "a b"], "`--name` is for a JSON sample only"),
    (["missing.py"], "`missing.py` can't be read"),
    (["nowhere/models"], "cannot tell what `nowhere/models` is"),
    (["bad.toml"], "cannot tell what `bad.toml` is"),
    (["-"], "cannot tell what is on standard input"),
    (["src/lib.rs"], "`src/lib.rs` is already Rust"),
    (["int", "--output", "x.rs"], "there is no code to write"),
    (["Literal[1]", "--output", "nowhere/x.rs"], "`nowhere/x.rs` can't be written: its folder does not exist"),
    (["Literal[1]", "--output", "."], "`.` can't be written: it is a folder"),
    (["broken.json"], "`broken.json` is not valid JSON"),
    (["empty.json"], "`empty.json` is empty"),
    (["list.json"], "`list.json` has no object"),
    (["numbers.json"], "`numbers.json` has no object, so it needs no type: it is `list[int]`"),
    (["null.json"], "`null.json` has no object"),
    (["deep.json"], "`deep.json` is nested too deeply"),
    (["deeper.json"], "`deeper.json` is nested too deeply"),
    (["long.json"], "`long.json` has a number that is too long"),
    (["twice.json"], "`twice.json` has an object with the key 'a' twice"),
    (["surrogate.json"], "'\\ud800' has a lone surrogate"),
    (["latin.py"], "`latin.py` can't be read: it is not UTF-8"),
    (["broken.py"], "`broken.py` is not valid Python"),
    (["null.py"], "`null.py` is not valid Python"),
    (["deep.py"], "`deep.py` is not valid Python"),
    (["empty.py"], "`empty.py` has no class to convert"),
    (["plain.py"], "`plain.py` has no class to convert: `A` is not a dataclass"),
    (["fieldless.py"], "`fieldless.py` has no class to convert: `A` has no fields"),
    ([], "missing argument"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), ERRORS,
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_input_is_one_error(pyo3_new: Command, tmp_path: Path, arguments: list[str], message: str) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.iterdir())
    lines = filter(None, pyo3_new("tool", "type_converter", *arguments, code=2).stderr.splitlines())
    first, second, *more = lines
    assert first.startswith(f"error: {message}")
    assert second.startswith("hint: ")
    assert not more
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_is_written_once_and_never_replaced_unasked(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(CLASSES, encoding="utf-8")
    command = ["tool", "type_converter", "models.py", "--output", "models.rs"]
    assert "pub struct Trade" in pyo3_new(*command, "--dry-run").stdout
    assert not (tmp_path / "models.rs").exists()
    pyo3_new(*command)
    written = (tmp_path / "models.rs").read_text(encoding="utf-8")
    assert "pub struct Trade" in written
    (tmp_path / "models.rs").write_text("mine")
    assert "already exists" in pyo3_new(*command, code=2).stderr
    assert (tmp_path / "models.rs").read_text() == "mine"
    pyo3_new(*command, "--force")
    assert (tmp_path / "models.rs").read_text(encoding="utf-8") == written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models.py", "models.rs"]


@pytest.mark.parametrize("annotation", ["dict[str, list[float]]", "Optional[datetime.datetime]", "int"])
def test_the_table_fits_a_terminal(pyo3_new: Command, annotation: str) -> None:
    table = pyo3_new("tool", "type_converter", annotation).stdout.partition("note:")[0].partition("[dep")[0]
    assert "Conversion" in table
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 80
