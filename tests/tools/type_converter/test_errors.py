"""The tool `type_converter`: what it says to input that it can't convert, and where it writes."""

from __future__ import annotations

import json
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
    "large.json": json.dumps({"a": 2**127}).encode(),
    "twice.json": b'{"a": 1, "a": "x"}',
    "broken.rs": b"fn fine() {}\nstruct }{",
    "empty.rs": b"use x::y;",
    "latin.py": "é".encode("latin-1"),
    "broken.py": b"class:",
    "null.py": b"x\0",
    "empty.py": b"x = 1",
    "plain.py": b"class A:\n    x: int",
    "fieldless.py": b"@dataclass\nclass A:\n    pass",
    "recursive.py": b"@dataclass\nclass Node:\n    next: 'Node | None'\n",
    "mutual.py": b"@dataclass\nclass A:\n    b: 'Optional[B]'\n@dataclass\nclass B:\n    a: A\n",
    "pair.py": b"@dataclass\nclass A:\n    pair: tuple['A', int] | None\n",
    "alias.py": b"Json = dict[str, 'Json']\n@dataclass\nclass A:\n    json: Json\n",
    "aliases.py": b"M = list[Union['M', int]]\n@dataclass\nclass A:\n    m: M | None\n",
    "union.py": b"U = int | list['U']\n@dataclass\nclass A:\n    u: U | None\n",
    "memberless.py": b"class A(Enum):\n    pass\n",
    "computed.py": b"class A(Enum):\n    X = 1 << 2\n",
    "auto.py": b"class A(Enum):\n    X = 3\n    Y = 1\n    Z = auto()\n",
    "mixed.py": b"class A(str, Enum):\n    X = 'x'\n    Y = auto()\n",
    "number.py": b"class A(str, Enum):\n    X = 1\n",
    "member.py": b"class A(Enum):\n    X = 2**70\n",
    "values.py": b"class A(Enum):\n    X = 1.5\n",
    "huge.py": b"class A(Enum):\n    X = 9223372036854775808\n",
    "called.py": b"B = TypedDict('B', {'a': int})\n@dataclass\nclass A:\n    b: B\n",
    "bad.toml": b"",
}
ERRORS = [
    (["Widget"], "`Widget` has no Rust type"),
    (["None"], "PyO3 takes no `None` alone"),
    (["list"], "`list` does not say what it holds"),
    (["dict"], "`dict` does not say what it holds"),
    (["dict[str"], "`dict[str` is no annotation"),
    (["list[int, str]"], "`list` takes 1 type, and got 2"),
    (["dict[str]"], "`dict` takes 2 types, and got 1"),
    (["Optional[int, str]"], "`Optional` takes 1 type, and got 2"),
    (["Optional[()]"], "`Optional` takes 1 type, and got 0"),
    (["Union[()]"], "PyO3 takes no `None` alone"),
    (["Annotated[()]"], "`Annotated[()]` has no Rust type"),
    (["tuple[()]"], "PyO3 takes no tuple of 0 elements"),
    (["Literal[None]"], "`Literal[None]` has no value besides"),
    (["Literal[Side.BUY]"], "`Literal[Side.BUY]` has a value that is neither"),
    (["Literal[1, 'a']"], "`Literal[1, 'a']` has values that are neither all `str` nor all `int`"),
    (["Literal[9223372036854775808]"], "9223372036854775808 is outside 64 bits"),
    (["Literal['\\ud800']"], "'\\ud800' has a lone surrogate"),
    (["set[float]"], "`float` can't be a key"),
    (["dict[tuple[int, ...], int]"], "`tuple[int, ...]` can't be a key"),
    (["dict[list[int], int]"], "`list[int]` can't be a key"),
    (["decimal.Decimal | str"], "`rust_decimal::Decimal` takes what is meant for"),
    (["bytes | list[int]"], "`Vec<u8>` takes what is meant for `Vec<i64>`"),
    ([" | ".join(["int"] * 5000)], "`int | int"),
    (["list[" * 5000 + "int" + "]" * 5000], "`list["),
    (["int", "--name", "a b"], "`--name` is the name of a JSON sample"),
    (["missing.py"], "`missing.py` can't be read"),
    (["nowhere/models"], "`nowhere/models` does not say by its name what it is"),
    (["bad.toml"], "`bad.toml` does not say by its name what it is"),
    (["-"], "standard input may be anything"),
    (["int", "--output", "x.rs"], "there is no code to write"),
    (["Literal[1]", "--output", "nowhere/x.rs"], "`nowhere/x.rs` can't be written"),
    (["Literal[1]", "--output", "."], "`.` can't be written"),
    (["broken.json"], "`broken.json` is no JSON"),
    (["empty.json"], "`empty.json` is empty"),
    (["list.json"], "`list.json` has no object"),
    (["numbers.json"], "`numbers.json` has no object"),
    (["null.json"], "`null.json` has no object"),
    (["deep.json"], "`deep.json` has too many values inside each other"),
    (["deeper.json"], "`deeper.json` has too many values inside each other"),
    (["long.json"], "`long.json` has a number that is too long"),
    (["large.json"], "`A` has a number that no 128 bits hold"),
    (["twice.json"], "`twice.json` has an object with two keys 'a'"),
    (["broken.rs"], "`broken.rs` is no Rust: line 2"),
    (["empty.rs"], "`empty.rs` has no struct"),
    (["latin.py"], "`latin.py` can't be read: it is not UTF-8"),
    (["broken.py"], "`broken.py` is no Python"),
    (["null.py"], "`null.py` is no Python"),
    (["empty.py"], "`empty.py` has no dataclass"),
    (["plain.py"], "`plain.py` has no dataclass"),
    (["fieldless.py"], "`fieldless.py` has no dataclass, TypedDict, NamedTuple or Enum with a field"),
    (["recursive.py"], "`Node.next` holds its own class"),
    (["mutual.py"], "`A.b` holds its own class"),
    (["pair.py"], "`A.pair` holds its own class"),
    (["alias.py"], "`A.json`: `Json` stands for a type with `Json` inside"),
    (["aliases.py"], "`A.m`: `M` stands for a type with `M` inside"),
    (["union.py"], "`A.u`: `U` stands for a type with `U` inside"),
    (["memberless.py"], "`memberless.py` has no dataclass, TypedDict, NamedTuple or Enum with a field; `A` has no"),
    (["computed.py"], "the value of `A.X` is no literal"),
    (["auto.py"], "what `auto()` is for `A.Z` depends on Python's version"),
    (["mixed.py"], "what `auto()` is for `A.Y` can't be told"),
    (["number.py"], "the value of `A.X` is no text"),
    (["member.py"], "the value of `A.X` is no literal"),
    (["values.py"], "`A` has values that are neither"),
    (["huge.py"], "9223372036854775808 is outside 64 bits"),
    (["called.py"], "`A.b`: `B` is left out: write it as `class B`"),
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
    assert "is there already" in pyo3_new(*command, code=2).stderr
    assert (tmp_path / "models.rs").read_text() == "mine"
    pyo3_new(*command, "--force")
    assert (tmp_path / "models.rs").read_text(encoding="utf-8") == written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models.py", "models.rs"]


def test_the_table_fits_a_line(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(CLASSES + "\n\n@dataclass\nclass A:\n    " + "a" * 80 + ": Literal['a']\n")
    for source in ("models.py", "Literal['a rather long value', 'another that is as long as the first', 'b', 'c']"):
        table = pyo3_new("tool", "type_converter", source).stdout.partition("note:")[0].partition("use ")[0]
        assert "Conversions" in table
        assert max(map(len, table.splitlines())) <= 180
