"""The tool `type_converter`: what it writes compiles, and values come back as they went."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys
import zipfile
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import CHECKOUT
from tests.skills import models
from tests.skills.models import Trade
from tests.skills.test_examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.conftest import Command
    from tests.skills.conftest import Run

CLASSES = Path(models.__file__).read_text(encoding="utf-8")
SCHEMA = json.loads((CHECKOUT / "scaffolder/tool-result.schema.json").read_text(encoding="utf-8"))

# Converted, compiled and called: every kind of annotation that the tool knows.
ANNOTATIONS: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "bytes": bytes,
    "complex": complex,
    "int | None": int | None,
    "list[int]": list[int],
    "list[list[str]]": list[list[str]],
    "list[bytes]": list[bytes],
    "list[float | None]": list[float | None],
    "tuple[int, str]": tuple[int, str],
    "tuple[int]": tuple[int],
    "set[str]": set[str],
    "frozenset[int]": frozenset[int],
    "set[tuple[int, str]]": set[tuple[int, str]],
    "dict[str, int]": dict[str, int],
    "dict[int, list[str]]": dict[int, list[str]],
    "typing.Optional[str]": str | None,
    "typing.Union[bool, int, float]": bool | int | float,
    "int | str": int | str,
    "str | list[str]": str | list[str],
    "dict[str, int | str | None]": dict[str, int | str | None],
    "typing.Literal['buy', 'sell', 'good till {date}']": Literal["buy", "sell", "good till {date}"],
    "typing.Literal[1, -1, 0]": Literal[1, -1, 0],
    "pathlib.Path": Path,
    "decimal.Decimal": Decimal,
    "uuid.UUID": UUID,
    "datetime.datetime": datetime,
    "datetime.date": date,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "date | datetime": date | datetime,
    "list[datetime.datetime | None]": list[datetime | None],
}

SAMPLE = """
{"id": 7, "user-name": "ada", "type": "x", "total": 1, "lines": [
    {"sku": "a", "price": 1.5, "tags": []}, {"sku": "b", "price": 2, "tags": ["new"], "gift": true, "to": null}
], "mixed": [1, "two"], "grid": [[1, 2], [3]], "nothing": null}
"""


# What the type of the whole may name, where no type of the module does.
STANDARD = ["collections::HashMap", "collections::HashSet", "path::PathBuf"]


st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(complex, st.complex_numbers(allow_nan=False))
st.register_type_strategy(Decimal, st.decimals(-(10**9), 10**9, places=4))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(timezone.utc)))
st.register_type_strategy(time, st.times())
st.register_type_strategy(Path, st.builds(Path, st.text("abc/._ é")))


@pytest.fixture
def convert(pyo3_new: Command) -> Callable[..., dict[str, Any]]:
    """Run the tool with `--json` and return what it says."""

    def convert(*arguments: str, cwd: Path | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(pyo3_new("tool", "type_converter", *arguments, "--json", cwd=cwd).stdout)
        jsonschema.validate(found, SCHEMA)
        return found

    return convert


def code(found: dict[str, Any], language: str) -> str:
    """Return the document in a language."""
    return next((str(document["text"]) for document in found["documents"] if document["language"] == language), "")


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> ModuleType:
    """Everything above as one extension: a function `echo_N` for each annotation, and one for each class."""
    from conversion.annotations import Annotations
    from conversion.json_sample import convert_sample
    from conversion.model import RustCode
    from conversion.python_source import convert_module

    project = tmp_path_factory.mktemp("converted") / "types"
    (project / "src").mkdir(parents=True)
    modules, echoes, crates, features = [], [], set(), set()
    for number, annotation in enumerate(ANNOTATIONS):
        one = RustCode()
        found = Annotations(one).parse(annotation)
        argument = found.argument.replace("&", "&'a ")
        borrowed = f"pub type Argument<'a> = {argument};" if "&" in argument else ""
        imports = [f"use std::{path};" for path in STANDARD if path.rpartition("::")[2] not in one.text]
        aliases = f"{' '.join(imports)}\npub type Whole = {found.owned};\n{borrowed}"
        modules.append((f"annotation_{number}", one, aliases))
        echoes.append((f"echo_{number}", f"crate::annotation_{number}::Whole"))
    modules += [("classes", convert_module(CLASSES), ""), ("sample", convert_sample(SAMPLE, "Order"), "")]
    echoes += [("echo_trade", "crate::classes::Trade"), ("echo_row", "crate::classes::Row")]
    echoes += [("echo_order", "crate::sample::Order")]
    for name, one, more in modules:
        (project / f"src/{name}.rs").write_text(one.text + more, encoding="utf-8")
        crates |= one.crates
        features |= one.features
    mods = "\n".join(f"#[allow(unused_imports)]\npub mod {name};" for name, *_ in modules)
    functions = "\n".join(
        f"#[pyo3::pyfunction]\nfn {name}(value: {kind}) -> {kind} {{\n    value\n}}" for name, kind in echoes
    )
    (project / "src/lib.rs").write_text(
        f"#![deny(warnings)]\n{mods}\n#[pyo3::pymodule]\nmod converted_types {{\n{functions}\n}}\n"
    )
    listed = ", ".join(f'"{feature}"' for feature in ["abi3-py310", *sorted(features)])
    (project / "Cargo.toml").write_text(
        '[package]\nname = "converted-types"\nversion = "0.1.0"\nedition = "2024"\n[lib]\nname = "converted_types"\n'
        f'crate-type = ["cdylib"]\n[dependencies]\npyo3 = {{ version = "0.30", features = [{listed}] }}\n'
        + "\n".join(sorted(crates))
    )
    build_run("maturin", "build", "--profile", "dev", "--out", "wheels", folder=project)
    zipfile.ZipFile(next(project.glob("wheels/*.whl"))).extractall(project / "installed")
    sys.path.insert(0, str(project / "installed"))
    return importlib.import_module("converted_types")


@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("number", range(len(ANNOTATIONS)), ids=list(ANNOTATIONS))
def test_values_come_back_as_they_went(converted: ModuleType, number: int, data: st.DataObject) -> None:
    annotation = list(ANNOTATIONS.values())[number]
    value = data.draw(st.from_type(annotation))
    found = getattr(converted, f"echo_{number}")(value)
    assert found == value
    if not isinstance(value, frozenset):
        assert type(found) is type(value)


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(trade=st.from_type(Trade))
def test_an_object_comes_back_as_a_dictionary(converted: ModuleType, trade: Trade) -> None:
    expected = {**dataclasses.asdict(trade), "side": trade.side.value, "where": trade.where._asdict()}
    assert converted.echo_trade(trade) == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.text(),
    value=st.one_of(st.from_type(int), st.text()),
    trades=st.lists(st.from_type(Trade), max_size=2),
    count=st.integers(0, 9),
)
def test_a_typed_dictionary_comes_back(
    converted: ModuleType, name: str, value: int | str, trades: list[Trade], count: int
) -> None:
    row = {"name": name, "value": value, "trades": trades, "extra": object()}
    found = converted.echo_row({**row, "self": count})
    assert found["self"] == count
    assert found["extra"] is row["extra"]
    assert (found["name"], found["value"], len(found["trades"])) == (name, value, len(trades))
    assert converted.echo_row(row)["self"] is None


@pytest.mark.slow
def test_a_sample_comes_back_with_its_keys(converted: ModuleType) -> None:
    order = json.loads(SAMPLE)
    found = converted.echo_order(order)
    assert found["user-name"] == "ada"
    assert found["lines"][1]["gift"] is True
    assert found == {**order, "lines": [{"gift": None, "to": None} | line for line in order["lines"]]}


@pytest.mark.slow
def test_values_of_other_types_are_refused(converted: ModuleType) -> None:
    numbers = {annotation: getattr(converted, f"echo_{number}") for number, annotation in enumerate(ANNOTATIONS)}
    with pytest.raises(OverflowError):
        numbers["int"](2**63)
    with pytest.raises(TypeError):
        numbers["list[int]"](["one"])
    with pytest.raises(ValueError, match="is none of"):
        numbers["typing.Literal[1, -1, 0]"](2)
    with pytest.raises(ValueError, match=r"good till \{date\}"):
        numbers["typing.Literal['buy', 'sell', 'good till {date}']"]("hold")
    with pytest.raises((ValueError, TypeError)):
        numbers["tuple[int, str]"]((1,))
    with pytest.raises(UnicodeEncodeError):
        numbers["str"]("\ud800")


def test_an_annotation_is_one_line_with_its_cost(convert: Callable[..., dict[str, Any]], pyo3_new: Command) -> None:
    found = convert("list[str]")
    assert found["summary"].startswith("`list[str]` is `Vec<String>`")
    assert found["tables"][0]["rows"][0][:4] == ["list[str]", "Vec<String>", "Vec<String>", "copied"]
    assert not found["documents"]
    assert "Vec<String>" in pyo3_new("tool", "type_converter", "list[str]").stdout


def test_what_needs_a_crate_comes_with_its_dependency(convert: Callable[..., dict[str, Any]]) -> None:
    text = code(convert("dict[uuid.UUID, decimal.Decimal]"), "toml")
    assert 'features = ["rust_decimal", "uuid"]' in text
    assert 'uuid = "1"' in text


RUST = """
type Cents = u32;

/// A price.
#[pyclass(frozen, eq, ord, hash, get_all, name = "Price")]
struct RustPrice { cents: i64, /* shown by get_all */ currency: String, #[pyo3(set)] note: Option<String> }

#[pymethods]
impl RustPrice {
    #[classattr]
    const DIGITS: usize = 2;
    #[new]
    #[pyo3(signature = (cents, currency = "EUR", *, note = None))]
    fn new(cents: i64, currency: &str, note: Option<String>) -> PyResult<Self> { todo!() }
    #[getter]
    fn amount(&self) -> f64 { 0.0 }
    #[staticmethod]
    fn parse(text: &str) -> PyResult<RustPrice> { todo!() }
    #[classmethod]
    fn zero(cls: &Bound<'_, PyType>) -> Self { todo!() }
    fn __next__(&mut self, py: Python) -> PyResult<Option<Cents>> { todo!() }
    fn __add__(&self, py: Python<'_>, other: PyRef<'_, Self>) -> Self { todo!() }
    fn history(slf: PyRef<'_, Self>) -> Vec<(i64, Option<f64>)> { todo!() }
}

#[pyclass(eq, eq_int)]
enum Side { Buy, #[pyo3(name = "SELL")] Sell }

#[pyclass]
enum Shape { Circle { radius: f64 }, Square(f64) }

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Row { name: String, #[pyo3(item("unit price"))] price: u64 }

mod inner {
    #[pyfunction]
    #[pyo3(signature = (rows, /, *args, scale = 1.5f64, strict = true, side = Side::Buy, **kwargs))]
    fn report(py: Python<'_>, rows: Vec<Row>, args: &Bound<'_, PyTuple>, scale: f64, strict: bool,
              side: PyRef<'_, Side>,
              kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<HashMap<String, BTreeMap<PathBuf, [u8; 4]>>> { todo!() }
}

#[pyfunction]
async fn fetch(url: String, r#type: Mystery) -> PyResult<Py<PyAny>> { todo!() }

fn not_exported(x: i64) {}
"""

STUB = """\
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, TypedDict

class Price:
    @property
    def cents(self) -> int: ...
    @property
    def currency(self) -> str: ...
    note: str | None
    def __eq__(self, other: object) -> bool: ...
    def __lt__(self, other: Price) -> bool: ...
    def __le__(self, other: Price) -> bool: ...
    def __gt__(self, other: Price) -> bool: ...
    def __ge__(self, other: Price) -> bool: ...
    def __hash__(self) -> int: ...
    DIGITS: ClassVar[int]
    def __new__(cls, cents: int, currency: str = 'EUR', *, note: str | None = None) -> Self: ...
    @property
    def amount(self) -> float: ...
    @staticmethod
    def parse(text: str) -> Price: ...
    @classmethod
    def zero(cls) -> Self: ...
    def __next__(self) -> int: ...
    def __add__(self, other: Self) -> Self: ...
    def history(self) -> list[tuple[int, float | None]]: ...
class Side:
    Buy: ClassVar[Side]
    SELL: ClassVar[Side]
    def __eq__(self, other: object) -> bool: ...
class Shape:
    class Circle(Shape):
        @property
        def radius(self) -> float: ...
        def __new__(cls, radius: float) -> Self: ...
    class Square(Shape):
        @property
        def _0(self) -> float: ...
        def __new__(cls, _0: float) -> Self: ...
"""


def test_rust_becomes_a_stub(convert: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "lib.rs").write_text(RUST, encoding="utf-8")
    found = convert("lib.rs")
    stub = code(found, "python")
    for line in STUB.splitlines():
        assert line in stub.splitlines(), f"{line}\n{stub}"
    assert (
        "def report(rows: Sequence[Row], /, *args: Any, scale: float = 1.5, strict: bool = True, side: Side = ..., "
        in stub
    )
    assert "**kwargs: Any) -> dict[str, dict[Path, bytes]]: ..." in stub
    assert "async def fetch(url: str, type: Any) -> Any: ..." in stub
    assert "not_exported" not in stub
    assert [finding["id"] for finding in found["findings"]] == ["unknown-type"]
    assert "Mystery" in found["findings"][0]["message"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.path.name)
def test_stubs_of_real_code_are_valid(convert: Callable[..., dict[str, Any]], tmp_path: Path, example: Any) -> None:
    sources = [path for path in example.path.glob("src/**/*.rs") if "pyfunction" in path.read_text(encoding="utf-8")]
    sources += [path for path in example.path.glob("src/**/*.rs") if "#[pymethods]" in path.read_text(encoding="utf-8")]
    assert sources
    for number, path in enumerate(dict.fromkeys(sources)):
        (tmp_path / f"stub_{number}.pyi").write_text(code(convert(str(path)), "python"), encoding="utf-8")
    done = subprocess.run(
        ["mypy", "--strict", "--python-version=3.11", "--cache-dir=/dev/null", "."], cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    # Classes of other files are not known to a stub of one file, and become `Any`.
    assert done.returncode == 0, done.stdout


def test_a_single_signature_is_enough(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scaffolder", "tool", "type_converter", "-", "--from", "rust"],
        input="pub fn mean(values: &[f64], by: Option<&str>) -> PyResult<f64>", env=environment, capture_output=True,
        encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout.startswith("from collections.abc import Sequence\n")
    assert "def mean(values: Sequence[float], by: str | None) -> float: ..." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Widget"], "`Widget` has no Rust type"),
        (["None"], "PyO3 takes no `None` alone"),
        (["list"], "`list` does not say what it holds"),
        (["dict[str"], "`dict[str` is no annotation"),
        (["set[float]"], "`float` can't be a key"),
        (["decimal.Decimal | str"], "`rust_decimal::Decimal` takes what is meant for"),
        (["missing.py"], "`missing.py` can't be read"),
        (["-"], "standard input may be anything"),
        (["int", "--output", "x.rs"], "there is no code to write"),
        (["broken.json"], "`broken.json` is no JSON"),
        (["broken.rs"], "`broken.rs` is no Rust: line 2"),
        (["broken.py"], "`broken.py` is no Python"),
        (["empty.py"], "`empty.py` has no dataclass"),
        (["recursive.py"], "`Node.next`"),
        ([], "missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_error(pyo3_new: Command, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "broken.rs").write_text("fn fine() {}\nstruct }{")
    (tmp_path / "broken.py").write_text("class:")
    (tmp_path / "empty.py").write_text("x = 1")
    (tmp_path / "recursive.py").write_text("@dataclass\nclass Node:\n    next: 'Node | None'\n")
    before = sorted(tmp_path.iterdir())
    stderr = pyo3_new("tool", "type_converter", *arguments, code=2).stderr
    assert stderr.startswith(f"error: {message}"), stderr
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
