"""The tool `type_converter` as a command: what it prints, and stubs of all the code in the examples."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.conftest import CHECKOUT
from tests.skills.test_examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command

SCHEMA = json.loads((CHECKOUT / "scaffolder/tool-result.schema.json").read_text(encoding="utf-8"))


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
