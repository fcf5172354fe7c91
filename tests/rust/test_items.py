"""The reader of Rust items: what it says of a file, and that no input stops it."""

from __future__ import annotations

import pytest

from scaffolder.rust.items import Enum, Field, Function, Impl, Item, MacroCall, Module, Parameter, Struct, read_items
from scaffolder.rust.source import parse, syntax_errors

SOURCE = """
/// A price.
///
/// In euro.
#[pyclass(frozen, name = "Price", eq)]
#[cfg_attr(feature = "json", pyo3(get_all), derive(serde::Serialize))]
#[derive(Clone, pyo3::FromPyObject)]
pub struct RustPrice<T> {
    /** How many
     * cents. */
    #[pyo3(get, item("a, b"))]
    pub cents: i64,
    r#type: Option<T>,
}

pub(crate) struct Point(#[pyo3(get)] pub f64, i64);

enum Shape { #[default] Empty = 1, Circle { radius: f64 }, Square(f64, u8) }

impl<'a> Area for shapes::Grid<f64> {
    const SIDES: usize = 4;
    fn fill(&mut self, mut values: Vec<(u8, u8)>, py: Python<'_>) -> PyResult<()> { todo!() }
}

#[pymodule]
mod prices {
    #[pyfunction]
    #[pyo3(signature = (a, b = 1, /, *rest))]
    pub async unsafe extern "C" fn total(a: u8) -> u8 { a }
    mod apart;
}

create_exception!(prices, PriceError, PyException);
"""


def item(name: str) -> Item:
    """Return the item of a name."""
    return next(item for item in read_items(SOURCE).walk() if item.name == name)


def test_a_struct_has_its_attributes_fields_and_documentation() -> None:
    struct = item("RustPrice")
    assert isinstance(struct, Struct)
    assert (struct.visibility, struct.generics, struct.line) == ("pub", "<T>", 8)
    assert struct.document == "A price.\n\nIn euro."
    pyclass = struct.attribute("pyclass")
    assert pyclass is not None
    assert (pyclass.setting("name"), pyclass.setting("frozen"), pyclass.setting("ord")) == ('"Price"', "", None)
    assert struct.attribute("pyo3", "pyfunction") is not None
    assert [struct.derives(trait) for trait in ("FromPyObject", "Serialize", "Copy")] == [True, True, False]
    cents, kind = struct.fields
    assert (cents.name, cents.type, cents.document) == ("cents", "i64", "How many\ncents.")
    assert cents.attributes[0].setting("item") == '"a, b"'
    assert (kind.name, kind.type, kind.visibility) == ("type", "Option<T>", "")


def test_tuple_fields_have_their_numbers() -> None:
    point = item("Point")
    assert isinstance(point, Struct)
    assert point.visibility == "pub(crate)"
    assert [(field.name, field.type, field.visibility) for field in point.fields] == [
        ("0", "f64", "pub"),
        ("1", "i64", ""),
    ]
    assert point.fields[0].attribute("pyo3") is not None


def test_an_enum_has_its_variants() -> None:
    shape = item("Shape")
    assert isinstance(shape, Enum)
    empty, circle, square = shape.variants
    assert (empty.value, empty.fields, empty.attributes[0].name) == ("1", (), "default")
    assert circle.fields == (Field(name="radius", line=circle.line, type="f64"),)
    assert [field.type for field in square.fields] == ["f64", "u8"]


def test_an_impl_has_its_type_trait_and_methods() -> None:
    block = item("Grid")
    assert isinstance(block, Impl)
    assert (block.type, block.trait) == ("shapes::Grid<f64>", "Area")
    fill = block.items[1]
    assert isinstance(fill, Function)
    assert (fill.receiver, fill.result) == ("&mut self", "PyResult<()>")
    assert fill.parameters == (Parameter("values", "Vec<(u8, u8)>"), Parameter("py", "Python<'_>"))


def test_a_module_has_its_items() -> None:
    module = item("prices")
    assert isinstance(module, Module)
    total, apart = module.items
    assert isinstance(total, Function)
    assert total.modifiers == ("async", "unsafe", 'extern "C"')
    settings = total.attribute("pyo3")
    assert settings is not None
    assert settings.setting("signature") == "(a, b = 1, /, *rest)"
    assert isinstance(apart, Module)
    assert (module.inline, apart.inline) == (True, False)
    exception = item("create_exception")
    assert isinstance(exception, MacroCall)
    assert exception.arguments == "prices, PriceError, PyException"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("fn good() {}\nstruct }{\nfn last() {}", {"good", "last"}),
        (b"\xff\xfe fn good() {}", {"good"}),
        ("", set()),
    ],
)
def test_what_is_around_an_error_is_there(source: str | bytes, names: set[str]) -> None:
    file = read_items(source)
    assert names <= {item.name for item in file.walk()}
    assert bool(file.errors) == bool(source)


@pytest.mark.parametrize(
    "source", ["mod a {" * 5000 + "}" * 5000, "struct A(" * 5000, "#[a(" * 5000, "fn f(a: " * 5000]
)
def test_deep_source_is_read_to_a_bound(source: str) -> None:
    assert len(list(read_items(source).walk())) <= 100
    assert all(line == 1 for line in syntax_errors(parse(source)))
