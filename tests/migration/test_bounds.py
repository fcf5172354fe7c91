"""A function takes over what it converts, where that is one value that it converts once."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import apply_rules
from scaffolder.migration.rules import load_rules

RULES = {rule.name: rule for rule in load_rules("0.23")}
IMPORT = "use pyo3::prelude::*;\n\n"
LEFT = {
    "a value that is converted twice": "fn f<T: ToPyObject>(x: &T) { g(x.to_object(py), x.to_object(py)); }",
    "a value that a loop converts": "fn f<T: ToPyObject>(x: T) { for i in 0..2 { g(x.to_object(py)); } }",
    "a value that is lent": "fn f<T: ToPyObject>(d: &Bound<'_, PyAny>, x: T) { d.set_item(1, &x); }",
    "what is in a collection that is lent": "fn f<T: ToPyObject>(list: &[T]) { g(list); }",
    "what a lifetime is of": "fn f<'a, T: ToPyObject>(x: &'a T) -> &'a T { x }",
    "no value": "fn f<T: ToPyObject>() {}",
    "a trait": "trait Named { fn f<T: ToPyObject>(&self, x: T); }",
    "what others implement": "struct Owner<T: ToPyObject>(T);",
    "an associated type": "fn f<I: Iterator>(x: I) where I::Item: ToPyObject {}",
}


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT)
def test_a_bound_is_left_where(code: str) -> None:
    assert apply_rules(IMPORT + code, [RULES["borrowing-bounds"]]).text == IMPORT + code


def test_a_value_that_is_converted_once_is_taken_over() -> None:
    before = "fn f<'py, T>(py: Python<'py>, x: T) -> PyObject where T: Clone + pyo3::ToPyObject { x.to_object(py) }"
    after = "fn f<'py, T>(py: Python<'py>, x: T) -> PyObject where T: Clone + IntoPyObject<'py> { x.into_py(py) }"
    assert apply_rules(IMPORT + before, [RULES["borrowing-bounds"]]).text == IMPORT + after
