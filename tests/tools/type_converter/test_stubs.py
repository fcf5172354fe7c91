"""The tool `type_converter`: stubs of Rust code are right, valid, and say what is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.tools.type_converter.json_sample import convert_sample
from scaffolder.tools.type_converter.python_source import convert_module
from scaffolder.tools.type_converter.rust_source import convert_rust
from tests.tools.type_converter import models

if TYPE_CHECKING:
    from tests.conftest import Command

CLASSES = Path(models.__file__).read_text(encoding="utf-8")
# Rust code, and lines that its stub has.
CASES: dict[str, tuple[str, str]] = {
    "union": (
        "#[derive(FromPyObject, IntoPyObject)] enum U { A(i32), B(String) } #[pyfunction] fn f(u: U) -> U {}",
        "U: TypeAlias = int | str\ndef f(u: U) -> U: ...",
    ),
    "union of lists": (
        (
            "#[derive(FromPyObject, IntoPyObject)] enum U { A(Vec<i32>), B(String, i32), C { c: Option<bool> } }\n"
            "#[pyfunction] fn f(u: U) -> Option<U> {}"
        ),
        (
            "U: TypeAlias = Sequence[int] | tuple[str, int] | UC\nUResult: TypeAlias = list[int] |"
            " tuple[str, int] | UResultC"
            "\nclass UC(Protocol):\n    def c(self) -> bool | None: ...\nclass UResultC(TypedDict):\n   "
            " c: bool | None\n"
            "def f(u: U) -> UResult | None: ..."
        ),
    ),
    "struct": (
        "#[derive(FromPyObject, IntoPyObject)] struct S { a: i32 } #[pyfunction] fn f(s: Vec<S>) -> Vec<S> {}",
        (
            "class S(Protocol):\n    def a(self) -> int: ...\nclass SResult(TypedDict):\n    a: int\n"
            "def f(s: Sequence[S]) -> list[SResult]: ..."
        ),
    ),
    "dictionary": (
        (
            "#[derive(FromPyObject, IntoPyObject)] #[pyo3(from_item_all)] struct S { a: i32,"
            ' #[pyo3(item("b c"))] b: i8 }\n'
            "#[pyfunction] fn f(s: S) -> S {}"
        ),
        "S = TypedDict('S', {'a': int, 'b c': int})\ndef f(s: S) -> S: ...",
    ),
    "default": (
        "#[derive(FromPyObject)] #[pyo3(from_item_all)] struct S { a: i32, #[pyo3(default)] b: Option<i8> }",
        "class S(TypedDict):\n    a: int\n    b: NotRequired[int | None]",
    ),
    "tuples": (
        (
            "#[derive(FromPyObject)] struct A(i32); #[derive(FromPyObject)] #[pyo3(transparent)] struct B { x: A }\n"
            "#[derive(FromPyObject)] struct C(#[pyo3(from_py_with = x)] i32, String); #[pyfunction] fn"
            " f(a: A, b: B, c: C)"
            " {}"
        ),
        "def f(a: int, b: int, c: tuple[int, str]) -> None: ...",
    ),
    "recursive": (
        "#[derive(FromPyObject, IntoPyObject)] enum J { A(i32), B(Vec<J>) } #[pyfunction] fn f(j: J) -> J {}",
        "J: TypeAlias = int | Sequence[J]\nJResult: TypeAlias = int | list[JResult]\ndef f(j: J) -> JResult: ...",
    ),
    "trait": (
        "#[pyclass] struct A; impl Display for A { fn fmt(&self) {} } #[pymethods] impl A { fn a(&self) {} }",
        "class A:\n    def a(self) -> None: ...",
    ),
    "keywords": (
        (
            "#[pyfunction] #[pyo3(signature = (from, r#in = 1, **lambda))] fn f(from: i32, r#in: u8,"
            " lambda: Option<&Bound<'_, PyDict>>) {}"
        ),
        "def f(from_: int, in_: int = 1, **lambda_: Any) -> None: ...",
    ),
    "bases": (
        "#[pyclass(extends = pyo3::exceptions::PyException)] struct E; #[pyclass(extends = PyDict)] struct D;",
        "class E(Exception): ...\nclass D(dict[Any, Any]): ...",
    ),
    "setters": (
        (
            "#[pyclass] struct A { #[pyo3(get)] c: i32 } #[pymethods] impl A { #[setter] fn set_a(&mut self, v: i32) {}"
            " #[setter] fn set_b(&mut self, v: i32) {} #[getter] fn get_b(&self) -> i32 {}"
            ' #[deleter(b)] fn gone(&mut self) {} #[setter("c")] fn other(&mut self, v: Option<i32>) {} }'
        ),
        (
            "    a: int\n    @b.setter\n    def b(self, value: int) -> None: ...\n    @b.deleter\n"
            "    def b(self) -> int: ...\n    def c(self) -> int: ...\n    @c.setter\n"
            "    def c(self, value: int | None) -> None: ..."
        ),
    ),
    "shadows": (
        (
            "#[pyclass] struct A; #[pymethods] impl A { fn list(&self) -> Vec<i32> {} #[getter] fn"
            " property(&self) -> i32"
            " {} #[getter] fn str(&self) -> String {} #[setter] fn set_str(&mut self, v: &str) {} }\n"
            "#[pyfunction] fn dict() -> HashMap<i32, i32> {}"
        ),
        (
            "    def list(self) -> builtins.list[int]: ...\n    @builtins.property\n"
            "    def str(self) -> builtins.str: ...\n    @str.setter\n    def str(self, value:"
            " builtins.str) -> None: ...\n"
            "def dict() -> builtins.dict[int, int]: ..."
        ),
    ),
    "operators": (
        (
            "#[pyclass(eq)] struct A; #[pymethods] impl A { fn __eq__(&self, o: &Self) -> bool {} fn"
            " __ne__(&self, o: &A)"
            " -> bool {} fn __iadd__(&mut self, o: i32) {} }"
        ),
        (
            "    def __eq__(self, other: object) -> bool: ...\n    def __ne__(self, o: object) -> bool: ...\n"
            "    def __iadd__(self, o: int) -> Self: ..."
        ),
    ),
    "signature": (
        '#[pyfunction(signature = (a, *, b = "x"), name = "g")] fn f(a: i32, b: &str) {}',
        "def g(a: int, *, b: str = 'x') -> None: ...",
    ),
    "renamed": (
        (
            '#[pyclass(get_all, rename_all = "camelCase")] struct A { first_name: i32 }\n'
            '#[pyclass(rename_all = "SCREAMING_SNAKE_CASE")] enum E { FooBar }\n'
            '#[derive(IntoPyObject)] #[pyo3(rename_all = "kebab-case")] struct D { first_name: i32 }'
        ),
        "    def firstName(self) -> int: ...\n    FOO_BAR: ClassVar[E]\nD = TypedDict('D', {'first-name': int})",
    ),
    "exception": (
        'create_exception!(m, MyError, PyValueError, "An \\"error\\"."); pyo3::create_exception!(m, Other, MyError);',
        'class MyError(ValueError):\n    """An "error"."""\nclass Other(MyError): ...',
    ),
    "marks": (
        (
            '#[cfg_attr(feature = "py", pyclass(frozen), pyo3(name = "B"))] struct A; #[cfg(test)] mod tests {'
            " #[pyfunction] fn t() {} } #[cfg(test)] #[pyfunction] fn u() {}"
        ),
        "class B: ...",
    ),
    "documents": (
        (
            '/// Adds "it".\n///\n/// As `\\n`.\n#[pyfunction] fn f() {}\n/** Counts. */ #[pyclass] struct C;\n'
            "#[pymethods] impl C {\n/// Says it.\n#[getter] fn x(&self) -> i32 {} }"
        ),
        (
            'def f() -> None:\n    """Adds "it".\n    As `\\\\n`.\n    """\nclass C:\n    """Counts."""\n'
            '    def x(self) -> int:\n        """Says it."""'
        ),
    ),
    "enum": (
        (
            "#[pyclass(eq, eq_int)] enum E { A, B = 5 }\n"
            "#[pyclass] enum S { P(), L(f64, String), #[pyo3(constructor = (a = 1.0, *, b))] D { a: f64,"
            " b: Vec<i32> } }"
        ),
        (
            "    def __int__(self) -> int: ...\n        def __new__(cls) -> Self: ...\n"
            "        __match_args__ = ('a', 'b')\n        def __getitem__(self, key: int) -> float | str: ...\n"
            "        def __new__(cls, a: float = 1.0, *, b: Sequence[int]) -> Self: ..."
        ),
    ),
    "from_py_with": (
        (
            "fn c(py: Python<'_>, x: &Bound<'_, PyList>) -> PyResult<i32> {}\n"
            "#[pyfunction] fn f(#[pyo3(from_py_with = c)] x: i32, y: i32) {}"
        ),
        "def f(x: list[Any], y: int) -> None: ...",
    ),
    "given annotations": (
        (
            '#[pyfunction] #[pyo3(signature = (a: "list[int]", b = 1, *c: "str") -> "set[int]")]'
            " fn f(a: Vec<i32>, b: i32, c: &Bound<'_, PyTuple>) -> Py<PyAny> {}"
        ),
        "def f(a: list[int], b: int = 1, *c: str) -> set[int]: ...",
    ),
    "power": (
        "#[pyclass] struct A; #[pymethods] impl A { fn __pow__(&self, o: i32, m: Option<i32>) -> i32 {} }",
        "    def __pow__(self, o: int, m: int | None = None) -> int: ...",
    ),
    "long document": (
        'create_exception!(m, E, PyException, "One\n and \\\n   two.");',
        'class E(Exception):\n    """One\n     and two.',
    ),
    "raw names": (
        (
            "#[pyclass] struct r#A; #[pymethods] impl r#A { fn r#match(&self, r#type: r#A) {}"
            " #[getter(r#type)] fn t(&self) -> i32 {} }"
        ),
        "class A:\n    def match(self, type: A) -> None: ...\n    def type(self) -> int: ...",
    ),
    "none": (
        "#[pyfunction] fn f(a: Option<Option<i32>>) -> (Option<()>, ()) {}",
        "def f(a: int | None) -> tuple[None, None]: ...",
    ),
    "constant": (
        '#[pymodule] mod m { #[pymodule_export] const VERSION: &str = "1"; const HIDDEN: i32 = 1; }',
        "VERSION: Final[str]",
    ),
    "code of this tool": (
        convert_module(CLASSES).text,
        (
            "Side: TypeAlias = Literal['buy', 'sell']\nVenue: TypeAlias = Literal['XETR', 'XLON']\n"
            "Mode: TypeAlias = Literal['a', '\\x07']\nclass Trade(Protocol):\nclass TradeResult(TypedDict):\n"
            "    colour: NotRequired[str | None]\n    size: NotRequired[int | None]\n    def crate(self)"
            " -> int | None: ...\n"
            "    crate: int | None\n    title: str"
        ),
    ),
    "a sample of this tool": (
        convert_sample('{"a b": 1, "c": [{"d": [1, "x"]}, {"d": null}]}', "Whole").text,
        (
            "class CItem(TypedDict):\nWhole = TypedDict('Whole', {'a b': int, 'c': Sequence[CItem]})\n"
            "DItemValue: TypeAlias = int | str\n    d: Sequence[DItemValue] | None"
        ),
    ),
}


@pytest.mark.parametrize(("rust", "lines"), CASES.values(), ids=CASES)
def test_a_stub_says_what_python_sees(rust: str, lines: str) -> None:
    stub = convert_rust(rust).text
    for line in lines.splitlines():
        assert line in stub.splitlines(), f"{line}\n{stub}"


@pytest.mark.slow
def test_stubs_pass_the_type_checker(tmp_path: Path) -> None:
    for number, (rust, _) in enumerate(CASES.values()):
        (tmp_path / f"stub_{number}.pyi").write_text(convert_rust(rust).text, encoding="utf-8")
    done = subprocess.run(
        ["mypy", "--strict", "--python-version=3.11", "--cache-dir=/dev/null", "."], cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["marks", "trait", "constant", "tuples"])
def test_what_python_does_not_see_is_left_out(name: str) -> None:
    stub = convert_rust(CASES[name][0]).text
    for word in ("def t(", "def u(", "fmt", "HIDDEN", "class T", "class C"):
        assert word not in stub


def test_classes_and_documents_stand_apart() -> None:
    documented = convert_rust("/// One.\n#[pyfunction] fn one() {}\n#[pyfunction] fn two() {}").text
    assert documented == 'def one() -> None:\n    """One."""\n\ndef two() -> None: ...\n'
    assert convert_rust("#[pyclass] struct A; #[pyclass] struct B;").text == "class A: ...\n\nclass B: ...\n"


@pytest.mark.parametrize(
    ("rust", "note"),
    [
        ("#[pyfunction] fn f(from: i32) {}", "the parameter `from` of `f` is a keyword"),
        ("#[pyfunction] fn import() {} #[pyclass] struct A;", "`import` is left out"),
        ("#[pyclass] enum E { None, A }", "`E.None` is left out"),
        ('#[pyclass] struct A; #[pymethods] impl A { #[pyo3(name = "import")] fn i(&self) {} }', "`A.import` is left"),
        ("#[pyclass(extends = Other)] struct A;", "`Other` is not known here and is left out as a base"),
        ("#[pyclass] struct A; #[pymethods] impl A { #[setter] fn set_a(&mut self, v: i32) {} }", "`A.a` can be set"),
        ("#[pyclass] struct A; #[pymethods] impl A { #[deleter] fn delete_a(&mut self) {} }", "`A.a` can only be"),
        ("#[pyfunction] fn f((a, b): (i32, i32)) {}", "PyO3 takes no pattern as a parameter, and `f` has `(a, b)`"),
        ("#[pyfunction] fn f(_: i32) {}", "PyO3 takes no pattern as a parameter, and `f` has `_`"),
        ("#[pyclass] struct Path; #[pyfunction] fn f() -> PathBuf {}", "`Path` is in this file, and is `pathlib.Path`"),
        ("mod a { #[pyclass] struct A; } mod b { #[pyclass] struct A; }", "`A` is there more than once"),
        ("mod a { #[pyfunction] fn f() {} } mod b { #[pyfunction] fn f() {} }", "`f` is there more than once"),
        (CASES["code of this tool"][0], "an argument `Side` is a member of Python's `Enum`"),
    ],
)
def test_what_a_stub_can_not_say_has_a_note(rust: str, note: str) -> None:
    stub = convert_rust(rust)
    assert stub.text
    assert any(each.startswith(note) for each in stub.types.notes), stub.types.notes


def test_a_submodule_has_a_stub_of_its_own(pyo3_new: Command, tmp_path: Path) -> None:
    rust = """#[pymodule] mod m {
        #[pyclass] struct A;
        #[pyfunction] fn f() -> C {}
        #[pymodule] mod sub { #[pyfunction] fn f(a: PyRef<'_, A>) -> i32 {} #[pyclass] struct C; }
        mod plain { #[pyfunction] fn g() {} }
    }"""
    stub = convert_rust(rust)
    assert stub.texts == {
        (): "from .sub import C\n\nclass A: ...\n\ndef f() -> C: ...\ndef g() -> None: ...\n",
        ("sub",): "from . import A\n\nclass C: ...\n\ndef f(a: A) -> int: ...\n",
    }
    (tmp_path / "lib.rs").write_text(rust)
    assert (
        "the texts are `__init__.pyi`, and `sub.pyi` beside it" in pyo3_new("tool", "type_converter", "lib.rs").stdout
    )
