"""What the macros of a project are made of is migrated, too."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import Message, apply_rules
from scaffolder.migration.rules import load_rules

RULES = {rule.name: rule for release in ("0.21", "0.23", "0.26") for rule in load_rules(release)}
IMPORTS = "use pyo3::prelude::*;\nuse pyo3::types::PyDict;\n"
BODIES = {
    "a whole body": (
        "gil-ref-type",
        "macro_rules! get { ($name:ident, $t:ty) => { fn $name(x: &PyAny, y: $t) -> $t { y } }; }",
        "macro_rules! get { ($name:ident, $t:ty) => { fn $name(x: &Bound<'_, PyAny>, y: $t) -> $t { y } }; }",
    ),
    "what is repeated": (
        "gil-ref-type",
        "macro_rules! all { ($($name:ident),*) => { $( fn $name(x: &PyAny) {} )* }; }",
        "macro_rules! all { ($($name:ident),*) => { $( fn $name(x: &Bound<'_, PyAny>) {} )* }; }",
    ),
    "beside what is repeated": (
        "py-object",
        "macro_rules! all { ($($n:ident),*) => { fn f() { let x: PyObject = g(); h($($n),*); } }; }",
        "macro_rules! all { ($($n:ident),*) => { fn f() { let x: Py<PyAny> = g(); h($($n),*); } }; }",
    ),
    "a variable that stays": (
        "with-gil",
        "macro_rules! run { ($f:expr) => { Python::with_gil(|py| $crate::call(py, $f)) }; }",
        "macro_rules! run { ($f:expr) => { Python::attach(|py| $crate::call(py, $f)) }; }",
    ),
    "no code": (
        "gil-ref-type",
        'macro_rules! text { ($x:ident) => { concat!("&PyAny", stringify!($x => &PyAny)) }; }',
        'macro_rules! text { ($x:ident) => { concat!("&PyAny", stringify!($x => &PyAny)) }; }',
    ),
}


@pytest.mark.parametrize(("name", "before", "after"), BODIES.values(), ids=BODIES)
def test_a_macro_is_made_of_code(name: str, before: str, after: str) -> None:
    assert apply_rules(IMPORTS + before, [RULES[name]]).text == IMPORTS + after


def test_new_code_names_the_variables_of_a_macro() -> None:
    before = "macro_rules! get { ($owner:expr, $i:expr) => { if $owner.$method[$i].is_none() { 1 } else { 2 } }; }"
    place = "$owner.$method[$i]"
    rule = RULES["list-index"]
    assert rule.trigger
    start = before.index(place)
    message = Message(rule.trigger.codes[0], " ".join(rule.trigger.mentions), start, start + len(place))
    after = before.replace(place, "$owner.$method.get_item($i).unwrap()")
    assert apply_rules(before, [rule], [message]).text == after
